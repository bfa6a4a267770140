// Would catch: a command that the engine's decoder refuses, a signature over other bytes than were sent, a key file
// that others can read, an id that turned into a number on its way.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/command_words.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/signing.hpp"
#include "streams/authenticate.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;
using Json = nlohmann::json;

namespace {

Json args(const char* command, const std::vector<std::string>& words) {
  return Json::parse(arguments_json(find_command(command), words));
}

std::string usage_error(const char* command, const std::vector<std::string>& words) {
  try {
    arguments_json(find_command(command), words);
  } catch (const UsageError& e) {
    return e.what();
  }
  return "";
}

CommandDraft freeze() {
  CommandDraft d;
  d.source = "/test";
  d.id = "1";
  d.time = *parse_time("2026-03-02T08:00:00+08:00");
  d.name = "account.freeze";
  d.target = "a-1";
  d.actor = "officer-7";
  d.role = "security-officer";
  d.nonce = "n1";
  d.reason = "“case” 17";
  d.args_json = R"({"article":"8","functions":["payment"]})";
  return d;
}

Policy trusting(const SigningKey& key, const char* role) {
  Policy policy = builtin_policy();
  TrustedKey trusted;
  trusted.key = key.id;
  trusted.public_key = key.public_key;
  trusted.algorithm = key.algorithm;
  policy.roles[role].push_back(trusted);
  return policy;
}

Command decoded(const std::string& value) {
  const streams::Secrets none;
  streams::Decoder decoder(none);
  streams::Record record;
  record.key = "a-1";
  record.value = value;
  streams::Event event;
  const auto error = decoder.event({Topic::commands, 0}, record, event);
  if (error) FAIL(error->text);
  return std::get<Command>(event);
}

} // namespace

TEST_CASE("command: words become typed arguments") {
  CHECK(args("account.freeze", {"article=8", "functions=payment,access"}) ==
        Json{{"article", "8"}, {"functions", {"payment", "access"}}});
  CHECK(args("account.freeze", {"article=8", "functions=[\"payment\"]", "case=2026"}) ==
        Json{{"article", "8"}, {"functions", {"payment"}}, {"case", "2026"}});
  CHECK(args("handset.bind", {"handset=007", "secondary=true"}) == Json{{"handset", "007"}, {"secondary", true}});
  const auto install =
      args("device.install", {"integration=i", "zone=z", "kind=fixed", "position.lat=29.5", "position.lon=113",
                              "position.accuracy_m=5", "network.src_ip=10.0.0.1"});
  CHECK(install["position"] == Json{{"lat", 29.5}, {"lon", 113}, {"accuracy_m", 5}});
  CHECK(install["network"] == Json{{"src_ip", "10.0.0.1"}});
  CHECK(args("device.activate", {}) == Json::object());
}

TEST_CASE("command: words that cannot be meant are refused by name") {
  CHECK(usage_error("account.freeze", {"artcle=8"}).find("did you mean 'article'?") != std::string::npos);
  CHECK(usage_error("account.freeze", {}).find("needs --arg article=") != std::string::npos);
  CHECK(usage_error("account.freeze", {"article"}).find("NAME=VALUE") != std::string::npos);
  CHECK(usage_error("account.freeze", {"article=8", "article=8"}).find("twice") != std::string::npos);
  CHECK(usage_error("account.freeze", {"article.x=8"}).find("no members") != std::string::npos);
}

TEST_CASE("command: help comes from the same lists as the decoder") {
  for (const auto& c : kCommands) {
    const auto help = command_help(c);
    CHECK(help.find(c.summary) != std::string::npos);
    for (const auto& a : command_arguments(c)) CHECK(help.find("  " + a.name) != std::string::npos);
    CHECK(list_commands().find(c.name) != std::string::npos);
  }
}

TEST_CASE("command: signed, decoded, verified") {
  const auto key = new_signing_key(std::nullopt, GENERATE(KeyAlgorithm::ed25519, KeyAlgorithm::sm2));
  CHECK(valid_id(key.id));
  const auto value = command_event(freeze(), &key);
  CHECK_FALSE(check_event(Topic::commands, "a-1", value).has_value());
  const auto command = decoded(value);
  CHECK(command.actor == "officer-7");
  CHECK(command.reason == "“case” 17");
  CHECK_FALSE(streams::check_signature(command, trusting(key, "security-officer")).has_value());

  SECTION("another role's key") {
    const auto refusal = streams::check_signature(command, trusting(key, "registrar"));
    REQUIRE(refusal.has_value());
    CHECK(refusal->code == "FORBIDDEN_ROLE");
  }
  SECTION("one changed character") {
    auto changed = value;
    changed.replace(changed.find("officer-7"), 9, "officer-8");
    const auto refusal = streams::check_signature(decoded(changed), trusting(key, "security-officer"));
    REQUIRE(refusal.has_value());
    CHECK(refusal->code == "BAD_SIGNATURE");
  }
}

TEST_CASE("command: publish --sign signs what has no signature and nothing else") {
  const auto key = new_signing_key("k1");
  const auto open = command_event(freeze(), nullptr);
  CHECK(Json::parse(open)["data"].contains("signature") == false);
  const auto value = sign_command_event(open, key);
  REQUIRE(value.has_value());
  CHECK_FALSE(streams::check_signature(decoded(*value), trusting(key, "security-officer")).has_value());
  CHECK_FALSE(sign_command_event(*value, key).has_value());
  CHECK_FALSE(sign_command_event(R"({"type":"onecode.scan.v1","data":{}})", key).has_value());
  CHECK_FALSE(sign_command_event("not JSON", key).has_value());
}

TEST_CASE("command: the decoder's refusal is known before sending") {
  auto draft = freeze();
  draft.args_json = R"({"article":"9"})";
  const auto error = check_event(Topic::commands, "a-1", command_event(draft, nullptr));
  REQUIRE(error.has_value());
  CHECK(error->text.find("article") != std::string::npos);
}

TEST_CASE("keys: a key file is private, and what is wrong with one is said") {
  char directory[] = "/tmp/onecode-keys-XXXXXX";
  REQUIRE(mkdtemp(directory) != nullptr);
  const std::string path = std::string(directory) + "/k.json";
  const auto key = new_signing_key("ic-1", GENERATE(KeyAlgorithm::ed25519, KeyAlgorithm::sm2));
  write_file(path, key_file_text(key), 0600);
  struct stat facts {};
  REQUIRE(stat(path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  const auto read = read_key_file(path);
  CHECK(read.id == "ic-1");
  CHECK(read.private_key == key.private_key);
  CHECK(read.public_key == key.public_key);
  CHECK(read.algorithm == key.algorithm);
  CHECK(public_key_text(key).find("private") == std::string::npos);

  const auto refusal = [&](const std::string& text) -> std::string {
    write_file(path, text, 0600);
    try {
      read_key_file(path);
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  };
  CHECK(refusal("{").find(path + ": is no key file") == 0);
  CHECK(refusal(public_key_text(key)).find("cannot sign") != std::string::npos);
  auto json = Json::parse(key_file_text(key));
  json["alg"] = "rsa";
  CHECK(refusal(json.dump()).find("alg: must be ed25519 or sm2") != std::string::npos);
  json["alg"] = key.algorithm == KeyAlgorithm::sm2 ? "ed25519" : "sm2";
  CHECK(refusal(json.dump()).find(key.algorithm == KeyAlgorithm::sm2 ? "public: must be 32" : "public: must be 65") !=
        std::string::npos);
  json["alg"] = "ed25519";
  json["private"] = streams::base64url(std::string(32, '\7'));
  json["public"] = std::string(43, 'A');
  CHECK(refusal(json.dump()).find("public: does not belong") != std::string::npos);
  json["private"] = "AA";
  CHECK(refusal(json.dump()).find("private: must be 32 bytes") != std::string::npos);
  std::remove(path.c_str());
  rmdir(directory);
}
