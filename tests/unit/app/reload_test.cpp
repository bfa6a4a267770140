// Would catch: a broken file that changes half of a running node, a change that is taken for applied and is not, a secret
// whose content is exchanged behind what was decided with it.
#include "app/reload.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/catch.hpp"

using namespace onecode;
using app::Reloader;
using monitoring::Reload;
using Words = std::vector<std::string>;

namespace {

namespace fs = std::filesystem;

class Folder {
public:
  Folder() : path_(fs::temp_directory_path() / ("onecode-reload-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_ / "secrets");
    write("node.toml", "");
  }
  ~Folder() { fs::remove_all(path_); }

  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name) << text; }
  void remove(const std::string& name) const { fs::remove(path_ / name); }
  std::string file() const { return (path_ / "node.toml").string(); }
  std::string secrets() const { return "[secrets]\ndir = \"" + (path_ / "secrets").string() + "\"\n"; }

  Reloader reloader() const {
    app::KafkaFlags flags;
    flags.config = file();
    flags.prefix = "flag.";
    const auto config = flags.load();
    return {flags, config};
  }

private:
  fs::path path_;
};

} // namespace

TEST_CASE("reload: what may change does, what may not is named and stays") {
  const Folder folder;
  folder.write("node.toml", "[kafka.properties]\n\"sasl.password\" = \"a\"\n");
  auto reloader = folder.reloader();
  auto outcome = reloader.reload();
  CHECK(outcome.result == Reload::applied);
  CHECK(outcome.changed.empty());

  folder.write("node.toml",
               "[node]\nresident_limit = 5\ndrain_s = 7\n[log]\nlevel = \"debug\"\n[kafka.properties]\n"
               "\"sasl.password\" = \"a\"\n");
  outcome = reloader.reload();
  CHECK(outcome.result == Reload::applied);
  CHECK(outcome.changed == Words{"log.level", "node.drain_s", "node.resident_limit"});
  CHECK(reloader.config().node.resident_limit == 5);
  CHECK(reloader.config().node.drain_s == 7);
  CHECK(reloader.config().log.level == "debug");
  CHECK(reloader.config().kafka.prefix == "flag.");

  // Also a password, which no dump shows; and again and again, as long as it is so.
  folder.write("node.toml",
               "[node]\nid = \"other\"\nresident_limit = 6\ndrain_s = 7\n[log]\nlevel = \"debug\"\n"
               "[kafka.properties]\n\"sasl.password\" = \"b\"\n");
  for (const auto& changed : {Words{"node.resident_limit"}, Words{}}) {
    outcome = reloader.reload();
    CHECK(outcome.result == Reload::restart);
    CHECK(outcome.changed == changed);
    CHECK(outcome.restart == Words{"kafka.properties.sasl.password", "node.id"});
  }
  CHECK(reloader.config().node.resident_limit == 6);
  CHECK(reloader.config().node.id == "node-1");
}

TEST_CASE("reload: a file that is wrong changes nothing, and every mistake is named") {
  const Folder folder;
  auto reloader = folder.reloader();
  folder.write("node.toml", "[node]\nresident_limit = 5\nresident_limitt = 5\n[log]\nlevel = \"loud\"\n");
  auto outcome = reloader.reload();
  CHECK(outcome.result == Reload::refused);
  REQUIRE(outcome.errors.size() == 2);
  CHECK(outcome.errors[0].starts_with(folder.file() + ":3: node.resident_limitt: unknown key"));
  CHECK(outcome.errors[1].starts_with(folder.file() + ":5: log.level: must be one of"));
  CHECK(reloader.config().node.resident_limit == 200'000);

  folder.write("node.toml", "[node]\nresident_limit = 5\n[secrets]\ndir = \"" + folder.file() + ".nowhere\"\n");
  outcome = reloader.reload();
  CHECK(outcome.result == Reload::refused);
  REQUIRE(outcome.errors.size() == 1);
  CHECK(outcome.errors[0].find(".nowhere: No such file") != std::string::npos);
  CHECK(reloader.config().node.resident_limit == 200'000);

  folder.remove("node.toml");
  CHECK(reloader.reload().result == Reload::refused);
}

TEST_CASE("reload: secrets that are new are known, and none is exchanged") {
  const Folder folder;
  folder.write("node.toml", folder.secrets());
  folder.write("secrets/old", "one\n");
  auto reloader = folder.reloader();

  folder.write("secrets/new", "two\n");
  auto outcome = reloader.reload();
  CHECK(outcome.result == Reload::applied);
  CHECK(outcome.added == Words{"new"});
  CHECK(outcome.kept.empty());
  CHECK(reloader.secrets().find("old") == "one");
  CHECK(reloader.secrets().find("new") == "two");

  folder.write("secrets/old", "another\n");
  folder.remove("secrets/new");
  outcome = reloader.reload();
  CHECK(outcome.result == Reload::restart);
  CHECK(outcome.added.empty());
  CHECK(outcome.kept == Words{"old"});
  CHECK(reloader.secrets().find("old") == "one");
  CHECK(reloader.secrets().find("new") == "two");
}
