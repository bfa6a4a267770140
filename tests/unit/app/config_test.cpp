// Would catch: a mistyped key that is silently ignored, an environment variable that does nothing, a password in a
// dump.
#include "app/config.hpp"

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

using namespace onecode;
using app::read_config;

namespace {

bool mentions(const std::vector<std::string>& errors, const std::string& text) {
  for (const auto& e : errors)
    if (e.find(text) != std::string::npos) return true;
  return false;
}

const std::string kPublic(43, 'A'); // 32 zero bytes

} // namespace

TEST_CASE("config: an empty file and no file give the defaults") {
  for (const auto& result : {read_config("node.toml", "", {}), read_config(std::nullopt, "", {})}) {
    CHECK(result.errors.empty());
    CHECK(result.config.kafka.brokers == "127.0.0.1:9092");
    CHECK(result.config.kafka.prefix == "onecode.");
    CHECK(result.config.http.listen == "127.0.0.1:9464");
    CHECK(result.config.node.resident_limit == 200'000);
  }
}

TEST_CASE("config: everything in a file") {
  const auto result =
      read_config("node.toml",
                  "[node]\nid = \"n-7\"\ndata_dir = \"/var/lib/onecode\"\nresident_limit = 5\n"
                  "[kafka]\nbrokers = \"k1:9092, k2:9092\"\nprefix = \"test.\"\ngroup = \"g\"\n"
                  "[kafka.properties]\nsecurity.protocol = \"SASL_SSL\"\n\"sasl.password\" = \"hush\"\n"
                  "linger.ms = 5\nsocket.keepalive.enable = true\n"
                  "[http]\nlisten = \"0.0.0.0:80\"\ntoken_file = \"t\"\n"
                  "[[trust.root]]\nkey = \"ic-1\"\nalg = \"ed25519\"\npublic = \"" +
                      kPublic + "\"\n[secrets]\ndir = \"s\"\n[log]\nlevel = \"debug\"\nformat = \"json\"\n",
                  {});
  CHECK(result.errors == std::vector<std::string>{});
  const auto& c = result.config;
  CHECK(c.node.id == "n-7");
  CHECK(c.node.resident_limit == 5);
  CHECK(c.kafka.properties.at("security.protocol") == "SASL_SSL");
  CHECK(c.kafka.properties.at("linger.ms") == "5");
  CHECK(c.kafka.properties.at("socket.keepalive.enable") == "true");
  REQUIRE(c.trust.root.size() == 1);
  CHECK(c.trust.root[0].key == "ic-1");
  CHECK(c.trust.root[0].public_key == std::string(32, '\0'));
  CHECK(c.log.format == "json");

  SECTION("the dump hides secrets and can be read again") {
    const auto dump = app::to_toml(c);
    CHECK(dump.find("hush") == std::string::npos);
    CHECK(app::to_json(c).find("hush") == std::string::npos);
    const auto again = read_config("dump.toml", dump, {});
    CHECK(again.errors == std::vector<std::string>{});
    CHECK(app::to_toml(again.config) == dump);
    CHECK(nlohmann::json::parse(app::to_json(c))["trust"]["root"][0]["public"] == kPublic);
  }
}

TEST_CASE("config: a switch is true or false, in the file and in the environment") {
  CHECK_FALSE(read_config(std::nullopt, "", {}).config.evidence.sm3);
  const auto file = read_config("node.toml", "[evidence]\nsm3 = true\n", {});
  CHECK(file.errors == std::vector<std::string>{});
  CHECK(file.config.evidence.sm3);
  CHECK(app::to_toml(file.config).find("sm3 = true\n") != std::string::npos);
  CHECK(app::differing_settings(file.config, {}) == std::vector<std::string>{"evidence.sm3"});
  CHECK_FALSE(read_config("node.toml", "[evidence]\nsm3 = true\n", {{"ONECODE__EVIDENCE__SM3", "false"}})
                  .config.evidence.sm3);
  CHECK(mentions(read_config(std::nullopt, "", {{"ONECODE__EVIDENCE__SM3", "yes"}}).errors,
                 "ONECODE__EVIDENCE__SM3: must be true or false, not \"yes\""));
  CHECK(mentions(read_config("node.toml", "[evidence]\nsm3 = 1\n", {}).errors, "evidence.sm3"));
}

TEST_CASE("config: a setting of Kafka's client may stand in a file of its own, and the dump shows the path") {
  const auto file = std::string("[kafka.property_files]\n\"sasl.password\" = \"/etc/onecode/pw\"\n");
  const auto result = read_config("node.toml", file, {});
  CHECK(result.errors == std::vector<std::string>{});
  CHECK(app::to_toml(result.config).find("\"sasl.password\" = \"/etc/onecode/pw\"") != std::string::npos);
  CHECK(mentions(read_config("node.toml", file + "[kafka.properties]\n\"sasl.password\" = \"x\"\n", {}).errors,
                 "node.toml:2: kafka.property_files.sasl.password: is set in [kafka.properties] as well"));
  CHECK(mentions(read_config("node.toml", "[kafka.property_files]\ngroup.id = \"x\"\n", {}).errors,
                 "node.toml:2: kafka.property_files.group.id: is set by onecode"));
}

TEST_CASE("config: what is wrong is named with file, line and key") {
  const auto errors = [](const std::string& text) { return read_config("node.toml", text, {}).errors; };
  CHECK(mentions(errors("[kafka]\nbrokers = \"h:1\"\nbrokerz = \"x\"\n"),
                 "node.toml:3: kafka.brokerz: unknown key; did you mean brokers?"));
  CHECK(mentions(errors("[kafk]\n"), "node.toml:1: kafk: unknown key; did you mean kafka?"));
  CHECK(mentions(errors("[node]\nresident_limit = \"many\"\n"),
                 "node.toml:2: node.resident_limit: must be a whole number, not text"));
  CHECK(mentions(errors("node = 3\n"), "node.toml:1: node: must be a table"));
  CHECK(mentions(errors("[node]\nid = \"a b\"\n"), "node.toml:2: node.id: "));
  CHECK(mentions(errors("\n[kafka]\nbrokers = \"nowhere\"\n"), "node.toml:3: kafka.brokers: must be HOST:PORT"));
  CHECK(mentions(errors("[node]\ndrain_s = 0\n"), "node.toml:2: node.drain_s: must be 1 to 3600 seconds"));
  CHECK(mentions(errors("[log]\nlevel = \"loud\"\n"), "node.toml:2: log.level: must be one of"));
  CHECK(mentions(errors("[kafka.properties]\ngroup.id = \"x\"\n"),
                 "node.toml:2: kafka.properties.group.id: is set by onecode"));
  CHECK(mentions(errors("[[trust.root]]\nkey = \"k\"\npublic = \"AA\"\n"),
                 "node.toml:3: trust.root.public: must be 32 bytes"));
  CHECK(mentions(errors("[[trust.root]]\nkey = \"k\"\n"), "trust.root.public: is missing"));
  CHECK(mentions(errors("[node\n"), "node.toml:1: "));

  SECTION("all at once") { CHECK(errors("[node]\nx = 1\n[log]\ny = 1\nlevel = 2\n").size() == 3); }
}

TEST_CASE("config: the environment overrides the file") {
  const std::string file = "[kafka]\nbrokers = \"file:1\"\n[node]\nresident_limit = 1\n";
  const auto result = read_config("node.toml", file,
                                  {{"ONECODE__KAFKA__BROKERS", "env:9"},
                                   {"ONECODE__NODE__RESIDENT_LIMIT", "77"},
                                   {"ONECODE__NODE__DATA_DIR", "/d"},
                                   {"ONECODE__KAFKA__PROPERTIES__SASL_PASSWORD", "pw"}});
  CHECK(result.errors == std::vector<std::string>{});
  CHECK(result.config.kafka.brokers == "env:9");
  CHECK(result.config.node.resident_limit == 77);
  CHECK(result.config.node.data_dir == "/d");
  CHECK(result.config.kafka.properties.at("sasl.password") == "pw");

  SECTION("also what files hold") {
    const auto files = read_config(std::nullopt, "", {{"ONECODE__KAFKA__PROPERTY_FILES__SASL_PASSWORD", "/run/pw"}});
    CHECK(files.errors == std::vector<std::string>{});
    CHECK(files.config.kafka.property_files.at("sasl.password") == "/run/pw");
  }
  SECTION("what does not fit names the variable") {
    CHECK(mentions(read_config("f", "", {{"ONECODE__NODE__RESIDENT_LIMIT", "x"}}).errors,
                   "ONECODE__NODE__RESIDENT_LIMIT: must be a whole number"));
    CHECK(mentions(read_config("f", "", {{"ONECODE__NODE__COLOUR", "x"}}).errors,
                   "ONECODE__NODE__COLOUR: there is no setting node.colour"));
    CHECK(
        mentions(read_config("f", "", {{"ONECODE__LOG__LEVEL", "x"}}).errors, "ONECODE__LOG__LEVEL: must be one of"));
  }
}
