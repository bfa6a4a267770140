// Access to personal records is itself recorded. Would catch: a look that leaves no line, a line written after the record was shown,
// one without whom, whose or why, a chain that does not show what was changed, taken out or put in, somebody's number in a purpose.
#include "tests/contract/contract.hpp"

#include <fstream>
#include <sstream>

using namespace contract;

namespace {

struct Files {
  Folder folder;
  std::string in, policy, out;
  Files() {
    Campus campus = ordinary();
    campus.scan("s1", "d-1", 1, "a-1", 0);
    fs::create_directory(folder / "data");
    in = folder.write("data/in.ndjson", campus.text()).string();
    policy = folder.write("policy.json", campus.policy.dump()).string();
    out = (folder / "out").string();
    REQUIRE(onecode({"replay", in, "--out", out, "--policy", policy, "--unsigned-commands"}).code == 0);
  }
  Exit explain(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{
        "audit", "explain", "s1", in, "--outputs", out, "--policy", policy, "--unsigned-commands"};
    words.insert(words.end(), more.begin(), more.end());
    return onecode(words);
  }
  fs::path beside() const { return folder / "data/access.ndjson"; }
};

std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> out;
  std::istringstream in(read_file(path));
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

void write(const fs::path& path, const std::vector<std::string>& lines) {
  std::ofstream out(path, std::ios::binary);
  for (const auto& line : lines) out << line << "\n";
}

} // namespace

TEST_CASE("a look leaves a line beside what was read: who, when, whose, by which verb, why", "[contract]") {
  const Files files;
  REQUIRE(files.explain({"--purpose", "appeal 12, call 13812345678"}).code == 0);
  const auto lines = lines_of(files.beside());
  REQUIRE(lines.size() == 1);
  const json line = json::parse(lines[0]);
  CHECK(line.at("verb") == "audit explain");
  CHECK(line.at("kind") == "account");
  CHECK(line.at("subject") == "a-1");
  CHECK_FALSE(line.at("who").get<std::string>().empty());
  CHECK(line.at("purpose") == "appeal 12, call …");
  CHECK(line.at("before") == std::string(64, '0'));
  CHECK(line.at("at").get<std::string>().size() == 29);
  const auto mode = fs::status(files.beside()).permissions();
  CHECK((mode & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
}

TEST_CASE("lines are chained, and a chain that was touched says where", "[contract]") {
  const Files files;
  for (const char* purpose : {"one", "two", "three", "four"})
    REQUIRE(files.explain({"--purpose", purpose}).code == 0);
  const auto path = files.beside();
  const Exit whole = onecode({"audit", "access", path.string()});
  CHECK(whole.code == 0);
  for (const char* part : {"a-1", "audit explain", "one", "four", "4 lines, the chain is whole"})
    CHECK(whole.out.find(part) != std::string::npos);
  auto lines = lines_of(path);
  REQUIRE(lines.size() == 4);
  std::string where;
  SECTION("changed") {
    lines[1].replace(lines[1].find("two"), 3, "TWO");
    where = ":3: ";
  }
  SECTION("taken out") {
    lines.erase(lines.begin() + 2);
    where = ":3: ";
  }
  SECTION("the first taken out") {
    lines.erase(lines.begin());
    where = ":1: ";
  }
  SECTION("put in") {
    lines.insert(lines.begin() + 1, lines[0]);
    where = ":2: ";
  }
  SECTION("exchanged") {
    std::swap(lines[1], lines[2]);
    where = ":2: ";
  }
  SECTION("not JSON") {
    lines[3] = "nobody was here";
    where = ":4: ";
  }
  write(path, lines);
  const Exit broken = onecode({"audit", "access", path.string()});
  CHECK(broken.code == 1);
  CHECK(broken.out.find("access.ndjson" + where) != std::string::npos);
  const json machine = json::parse(onecode({"audit", "access", path.string(), "--json"}).out);
  CHECK_FALSE(machine.at("wrong").empty());
}

TEST_CASE("lines cut off at the end show to whoever noted the last digest", "[contract]") {
  const Files files;
  for (int i = 0; i < 3; ++i) REQUIRE(files.explain().code == 0);
  const auto last = [&] {
    return json::parse(onecode({"audit", "access", files.beside().string(), "--json"}).out).at("last");
  };
  const json noted = last();
  auto lines = lines_of(files.beside());
  lines.pop_back();
  write(files.beside(), lines);
  CHECK(last() != noted);
}

TEST_CASE("a torn line is told, and the next look does not glue itself to it", "[contract]") {
  const Files files;
  REQUIRE(files.explain().code == 0);
  std::ofstream(files.beside(), std::ios::binary | std::ios::app) << R"({"at":"2026-)";
  REQUIRE(files.explain().code == 0);
  const auto lines = lines_of(files.beside());
  REQUIRE(lines.size() == 3);
  CHECK(json::parse(lines[2]).at("verb") == "audit explain");
  CHECK(onecode({"audit", "access", files.beside().string()}).code == 1);
}

TEST_CASE("--access-log names the place, and without a line there is no look", "[contract]") {
  const Files files;
  const auto mine = files.folder / "mine.ndjson";
  REQUIRE(files.explain({"--access-log", mine.string()}).code == 0);
  CHECK(lines_of(mine).size() == 1);
  CHECK_FALSE(fs::exists(files.beside()));
  const Exit refused = files.explain({"--access-log", (files.folder / "nowhere/mine.ndjson").string()});
  CHECK(refused.code == 3);
  CHECK(refused.out.empty());
  CHECK(refused.err.find("nowhere/mine.ndjson") != std::string::npos);
}

TEST_CASE("a place that cannot be written does not stop a look that named none, and it is said", "[contract]") {
  const Files files;
  fs::create_directory(files.beside()); // where the file would be
  const Exit exit = files.explain();
  CHECK(exit.code == 0);
  CHECK(exit.err.find("--access-log") != std::string::npos);
}

TEST_CASE("a question about somebody who is not there leaves its line in a store's folder too", "[contract]") {
  const Folder folder;
  fs::create_directory(folder / "store");
  const Exit exit =
      onecode({"state", "account", "a-1", "--data-dir", (folder / "store").string(), "--purpose", "a test"});
  CHECK(exit.code != 0);
  const auto lines = lines_of(folder / "store/access.ndjson");
  REQUIRE(lines.size() == 1);
  const json line = json::parse(lines[0]);
  CHECK(line.at("verb") == "state");
  CHECK(line.at("subject") == "a-1");
  CHECK(line.at("purpose") == "a test");
}
