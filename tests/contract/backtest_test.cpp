// Would catch: an answer of `backtest` that a script cannot rely on: exit codes, JSON, which policy is A.
#include "tests/contract/contract.hpp"

using namespace contract;

namespace {

struct Files {
  Folder folder;
  std::string in, a, b;
  Files() {
    Campus campus = ordinary();
    campus.policy["response"]["learning_days"] = 0;
    campus.scan("1", "d-1", 1, "a-1", 0, {{"handset", "h-1"}});
    campus.scan("2", "d-1", 2, "a-1", 20 * kSecond, {{"handset", "friend"}});
    campus.scan("3", "d-1", 3, "a-1", 40 * kSecond, {{"handset", "h-1"}});
    in = folder.write("in.ndjson", campus.text()).string();
    a = folder.write("a.json", campus.policy.dump()).string();
    campus.policy["version"] = "t-2";
    campus.policy["rules"]["A8"]["mode"] = "off";
    b = folder.write("b.json", campus.policy.dump()).string();
  }
  Exit run(std::vector<std::string> more) const {
    more.insert(more.begin(), {"backtest", in, "--unsigned-commands"});
    return onecode(more);
  }
};

} // namespace

TEST_CASE("backtest: 0 when nobody is treated differently, 1 when somebody is", "[contract]") {
  const Files files;
  const auto same = files.run({"--policy", files.a, "--policy", files.a});
  CHECK(same.code == 0);
  const auto other = files.run({"--policy", files.a, "--policy", files.b, "--json"});
  CHECK(other.code == 1);
  const auto report = json::parse(other.out);
  CHECK(report["policies"] == json{{"a", "t-1"}, {"b", "t-2"}});
  CHECK(report["different"] == true);
  CHECK(report["scans"] == 3);
  REQUIRE(report["people"]["listed"].size() == 1);
  CHECK(report["people"]["listed"][0]["account"] == "a-1");
  CHECK(report["people"]["listed"][0]["worse_under"] == "a");
  const auto turned = json::parse(files.run({"--policy", files.b, "--policy", files.a, "--json"}).out);
  CHECK(turned["people"]["listed"][0]["worse_under"] == "b");
}

TEST_CASE("backtest: what cannot be read is 3, what makes no sense 2", "[contract]") {
  const Files files;
  CHECK(files.run({"--policy", files.a}).code == 2);
  CHECK(files.run({"--policy", files.a, "--policy", files.a, "--policy", files.b}).code == 2);
  CHECK(files.run({"--policy", files.a, "--policy", files.b, "--lang", "fr"}).code == 2);
  const auto missing = files.run({"--policy", files.a, "--policy", files.b + "x"});
  CHECK(missing.code == 3);
  CHECK(missing.err.find("b.jsonx") != std::string::npos);
  const auto wrong =
      files.folder.write("w.json", R"({"version":"w","effective_from":"2026","rules":{"A8":{"weight":2000}}})");
  const auto refused = files.run({"--policy", files.a, "--policy", wrong.string()});
  CHECK(refused.code == 3);
  CHECK(refused.err.find("w.json: effective_from") != std::string::npos);
  CHECK(refused.err.find("rules.A8.weight") != std::string::npos);
  files.folder.write("in.ndjson", "{\"topic\":\"scans\"\n");
  const auto broken = files.run({"--policy", files.a, "--policy", files.b});
  CHECK(broken.code == 3);
  CHECK(broken.err.find("in.ndjson:1") != std::string::npos);
}
