// Would catch: a help text or a page of docs/procedures/ whose command lines do not work as they stand, a command that the
// pages forgot, a wrong word, time or role that is only noticed by the engine.
#include <sys/wait.h>

#include <cstdlib>
#include <set>
#include <sstream>

#include "tests/contract/contract.hpp"

using namespace contract;

namespace {

const std::vector<std::string> kRoles{
    "registrar",         "holder", "security-officer", "reviewer", "information-centre",
    "integration-owner", "expert", "leading-group"};

// A folder with a key file per role, where command lines are run as a person would: by a shell.
struct Desk {
  Folder folder;

  Desk() {
    for (const auto& role : kRoles)
      REQUIRE(onecode({"keys", "new", "--out", (folder / (role + ".key.json")).string()}).code == 0);
    const std::string binary = std::getenv("ONECODE_BIN");
    std::error_code error;
    fs::create_symlink(fs::absolute(binary), folder / "onecode", error);
    REQUIRE_FALSE(error);
  }
  Exit run(const std::string& line) const {
    const std::string where = (folder / "").string();
    const int status =
        std::system(("cd " + where + " && PATH=.:$PATH && " + line + " >out 2>err </dev/null").c_str());
    return {WEXITSTATUS(status), read_file(folder / "out"), read_file(folder / "err")};
  }
};

// "a \<newline> b" is one line.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  std::string line, whole;
  while (std::getline(in, line)) {
    if (line.ends_with('\\')) {
      whole += line.substr(0, line.size() - 1);
      continue;
    }
    out.push_back(whole + line);
    whole.clear();
  }
  return out;
}

std::string trimmed(const std::string& line) {
  const auto first = line.find_first_not_of(' ');
  return first == std::string::npos ? "" : line.substr(first);
}

std::vector<std::string> command_names() {
  const Exit list = onecode({"command", "--list"});
  REQUIRE(list.code == 0);
  std::vector<std::string> out;
  for (const auto& line : lines_of(list.out))
    if (line.starts_with("  ")) out.push_back(trimmed(line).substr(0, trimmed(line).find(' ')));
  REQUIRE(out.size() >= 58);
  return out;
}

int code_of(std::vector<std::string> words, std::string* said = nullptr) {
  words.insert(words.begin(), "command");
  for (const char* w : {"--unsigned", "--actor", "me", "--dry-run"}) words.emplace_back(w);
  const Exit exit = onecode(words);
  if (said != nullptr) *said = exit.err;
  CHECK((exit.code == 0 ? exit.err : exit.out).empty());
  return exit.code;
}

} // namespace

TEST_CASE("the example of every command works as it stands", "[contract]") {
  const Desk desk;
  for (const auto& name : command_names()) {
    INFO(name);
    const Exit help = onecode({"command", name, "--help"});
    CHECK(help.code == 0);
    std::string example;
    for (const auto& line : lines_of(help.out))
      if (trimmed(line).starts_with("onecode command ")) example = trimmed(line);
    INFO(example);
    REQUIRE_FALSE(example.empty());
    const Exit exit = desk.run(example + " --dry-run");
    INFO(exit.err);
    REQUIRE(exit.code == 0);
    const json record = json::parse(exit.out);
    CHECK(record.at("topic") == "commands");
    const json& data = record.at("value").at("data");
    CHECK(data.at("command") == name);
    CHECK(record.at("key") == data.at("target"));
    CHECK(data.contains("signature"));
  }
}

TEST_CASE("the command lines of docs/procedures work as they stand, and name every command", "[contract]") {
  const char* source = std::getenv("ONECODE_SOURCE_DIR");
  REQUIRE(source != nullptr);
  const Desk desk;
  std::set<std::string> named;
  for (const auto& page : fs::directory_iterator(fs::path(source) / "docs" / "procedures")) {
    if (page.path().extension() != ".md") continue;
    const auto role = page.path().stem().string();
    for (const auto& text : lines_of(read_file(page.path()))) {
      const std::string line = trimmed(text);
      for (auto at = line.find("onecode command "); at != std::string::npos;
           at = line.find("onecode command ", at + 1)) {
        const auto rest = line.substr(at + 16);
        named.insert(rest.substr(0, rest.find_first_of(" `")));
      }
      if (!line.starts_with("onecode command ")) continue;
      INFO(page.path().filename().string() << ": " << line);
      const Exit exit = desk.run(line + " --dry-run");
      INFO(exit.err);
      REQUIRE(exit.code == 0);
      CHECK(json::parse(exit.out).at("value").at("data").at("actor").at("role") == role);
    }
  }
  for (const auto& role : kRoles) CHECK(fs::exists(fs::path(source) / "docs" / "procedures" / (role + ".md")));
  for (const auto& name : command_names()) {
    INFO(name << " is in no page");
    CHECK(named.contains(name));
  }
}

TEST_CASE("what the engine would refuse is said before anything is sent: exit 2 and the remedy", "[contract]") {
  const auto refused = [](std::vector<std::string> words, const char* text) {
    std::string said;
    CHECK(code_of(std::move(words), &said) == 2);
    INFO(said);
    CHECK(said.find(text) != std::string::npos);
  };
  refused({"account.frieze", "--target", "a-1"}, "did you mean 'account.freeze'?");
  refused({"account.freeze", "--target", "a-1", "--role", "registrar", "--arg", "article=8"},
          "only security-officer may");
  refused({"account.open", "--target", "a-1", "--role", "registar"}, "did you mean 'registrar'?");
  refused({"handset.bind", "--target", "a-1", "--arg", "handset=h"}, "--role is missing");
  refused({"account.freeze", "--target", "a-1"}, "needs --arg article=");
  refused({"account.freeze", "--target", "a-1", "--arg", "artcle=8"}, "did you mean 'article'?");
  refused({"account.freeze", "--target", "a-1", "--arg", "article=10"}, "must be 8 or protective");
  refused({"unfreeze.review", "--target", "a-1", "--arg", "article=8", "--arg", "outcome=aproved"},
          "did you mean 'approved'?");
  refused({"account.renew", "--target", "a-1", "--arg", "valid_to=tomorrow"}, "is no time such as");
  refused({"holder.absence", "--target", "a-1", "--arg", "kind=leave", "--arg", "from=2026-09-02T00:00:00+08:00",
           "--arg", "to=2026-09-01T00:00:00+08:00"},
          "must be after from");
  refused({"account.open", "--target", "a-1", "--arg", "category=temporary", "--arg",
           "valid_from=2026-09-01T00:00:00+08:00"},
          "needs --arg valid_to");
  refused({"integration.joint-debug.record", "--target", "i", "--arg", R"(tests=[{"id":"t","result":"blue"}])"},
          "must be green or red");
  refused({"rectification.extend", "--target", "i", "--arg", "order=o", "--arg", "days=soon", "--arg", "reasons=r"},
          "days");
  refused({"account.close"}, "--target is missing");
  refused({"account.forget.propose", "--target", "a-1", "--reason", " "}, "--reason is missing");
  CHECK(code_of({"account.freeze", "--target", "a-1", "--arg", "article=8", "--arg", "functions=other:gym"}) == 0);
  CHECK(code_of({"account.open", "--target", "a-1", "--arg", "category=visitor", "--arg",
                 "valid_from=2026-09-01T00:00:00+08:00"}) == 0); // the policy knows the categories
}

TEST_CASE("policy diff says in a line each what changes, and exits by it", "[contract]") {
  const Folder folder;
  json before = policy_document();
  json after = before;
  after["rules"]["A1"]["weight"] = 700;
  after["thresholds"]["freeze"] = 970;
  const auto a = folder.write("a.json", before.dump()).string();
  const auto b = folder.write("b.json", after.dump()).string();
  const Exit same = onecode({"policy", "diff", a, a});
  CHECK(same.code == 0);
  const Exit differ = onecode({"policy", "diff", a, b});
  CHECK(differ.code == 1);
  CHECK(differ.out == "rule A1: weight 600 -> 700\nthresholds.freeze 950 -> 970\n");
  const Exit machine = onecode({"policy", "diff", a, b, "--json"});
  CHECK(machine.code == 1);
  const json said = json::parse(machine.out);
  CHECK(said.at("same") == false);
  REQUIRE(said.at("differences").size() == 2);
  CHECK(said.at("differences")[0].at("member") == "rules.A1.weight");
  CHECK(said.at("differences")[0].at("text").at("zh") == "规则 A1:权重 600 -> 700");
  CHECK(onecode({"policy", "diff", a, (folder / "nowhere.json").string()}).code == 3);
  CHECK(onecode({"policy", "diff", a}).code == 2);
  CHECK(onecode({"policy", "diff", a, b, "--lang", "fr"}).code == 2);
}
