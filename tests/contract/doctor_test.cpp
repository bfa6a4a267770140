// Would catch: a doctor that is silent about what it could not reach, that calls a broken installation healthy, or that
// leaves its patient changed.
#include "tests/contract/contract.hpp"

using namespace contract;

namespace {

constexpr const char* kNobody = "127.0.0.1:1";

std::string configuration(const Folder& folder, const std::string& more = "") {
  return "[node]\nid = \"n1\"\ndata_dir = \"" + (folder / "data").string() + "\"\n[kafka]\nbrokers = \"" + kNobody +
         "\"\n[http]\nlisten = \"127.0.0.1:0\"\n" + more;
}

json checks(const Exit& exit) { return json::parse(exit.out)["checks"]; }

json named(const json& all, const std::string& check, const std::string& health) {
  json out = json::array();
  for (const auto& c : all)
    if (c["check"] == check && c["health"] == health) out.push_back(c);
  return out;
}

} // namespace

TEST_CASE("doctor says that no broker answers, after all that it can look at without one", "[contract][cli]") {
  const Folder folder;
  const auto config = folder.write("node.toml", configuration(folder)).string();
  const auto exit = onecode({"doctor", "--config", config, "--json"});
  CHECK(exit.code == 1);
  CHECK(json::parse(exit.out)["ok"] == false);
  const auto all = checks(exit);
  const auto broker = named(all, "broker", "fail");
  REQUIRE(broker.size() == 1);
  CHECK(broker[0]["found"].get<std::string>().find(kNobody) != std::string::npos);
  CHECK(broker[0]["fix"].get<std::string>().find("[kafka] brokers") != std::string::npos);
  CHECK(named(all, "configuration", "ok").size() == 1);
  CHECK(named(all, "port", "ok").size() == 1);
  CHECK_FALSE(fs::exists(folder / "data")); // it looked, and made nothing
}

TEST_CASE("doctor names everything that is wrong in a configuration, and goes no further", "[contract][cli]") {
  const Folder folder;
  const auto config = folder.write("node.toml", "[node]\nid = \"\"\n[kafka]\nbroker = \"x\"\n").string();
  const auto exit = onecode({"doctor", "--config", config});
  CHECK(exit.code == 1);
  CHECK(exit.out.find("node.toml:2") != std::string::npos);
  CHECK(exit.out.find("node.toml:4") != std::string::npos);
  CHECK(exit.out.find("fix: correct it, then: onecode config check " + config) != std::string::npos);
  CHECK(exit.out.find("0 ok, 0 warnings, 2 failures") != std::string::npos);
  CHECK(onecode({"doctor", "--config", (folder / "nowhere.toml").string()}).code == 1);
  CHECK(onecode({"doctor", "--colour"}).code == 2);
}

TEST_CASE("doctor reports a token and secrets that others can read", "[contract][cli]") {
  const Folder folder;
  const auto token = folder.write("token", "t");
  fs::create_directory(folder / "secrets");
  const auto secret = folder.write("secrets/app", "s");
  for (const auto& open : {token, secret})
    fs::permissions(open, fs::perms::owner_read | fs::perms::others_read, fs::perm_options::replace);
  const auto config =
      folder
          .write("node.toml", configuration(folder, "token_file = \"" + token.string() + "\"\n[secrets]\ndir = \"" +
                                                        (folder / "secrets").string() + "\"\n"))
          .string();
  auto all = checks(onecode({"doctor", "--config", config, "--json"}));
  REQUIRE(named(all, "token", "fail").size() == 1);
  CHECK(named(all, "token", "fail")[0]["fix"] == "chmod o-rwx " + token.string());
  CHECK(named(all, "secrets", "fail").size() == 1);
  for (const auto& open : {token, secret}) fs::permissions(open, fs::perms::others_all, fs::perm_options::remove);
  all = checks(onecode({"doctor", "--config", config, "--json"}));
  CHECK(named(all, "token", "ok").size() == 1);
  CHECK(named(all, "secrets", "ok").size() == 1);
}
