// What only a store on disk can meet: damage, strangers, another version, a second process.
#include "storage/rocks_store.hpp"

#include <rocksdb/db.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/unit/storage/temp_folder.hpp"

using namespace onecode::storage;
using onecode_test::TempFolder;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  TempFolder folder;
  std::vector<Damage> damages;
  std::vector<std::string> lines;

  RocksOptions options() {
    RocksOptions o;
    o.directory = folder.path();
    o.cache_bytes = 8U << 20;
    o.write_buffer_bytes = 8U << 20;
    o.on_damage = [this](const Damage& d) { damages.push_back(d); };
    return o;
  }
  fs::path shard(int n) const { return folder.path() / ("shard-" + std::to_string(n)); }

  /// Shard 3 with entries on disk, closed again.
  void fill() {
    const auto store = rocks_stores(options())->open(3);
    WriteBatch b;
    for (int i = 0; i < 5000; ++i)
      b.put("k" + std::to_string(100000 + i), std::string(100, static_cast<char>('a' + i % 26)));
    store->write(b.bytes(), {42});
  }

  fs::path file(const std::string& start, const std::string& end) const {
    for (const auto& f : fs::directory_iterator(shard(3))) {
      const auto name = f.path().filename().string();
      if (name.starts_with(start) && name.ends_with(end)) return f.path();
    }
    return {};
  }

  void overwrite_table(int at) const {
    std::fstream table(file("", ".sst"), std::ios::in | std::ios::out | std::ios::binary);
    table.seekp(at);
    table << std::string(500, '\x5a');
  }

  static std::size_t count(Store& store) {
    std::size_t n = 0;
    store.scan("", [&](auto, auto) { return ++n, true; });
    return n;
  }

  static std::string message(const std::function<void()>& f) {
    try {
      f();
    } catch (const StoreError& e) {
      return e.what();
    }
    return "nothing was thrown";
  }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("a damaged store is set aside, reported and replaced by an empty one") {
  Fixture f;
  f.fill();
  SECTION("CURRENT is garbage") { std::ofstream(f.shard(3) / "CURRENT") << "garbage"; }
  SECTION("the manifest is cut") {
    const auto manifest = f.file("MANIFEST-", "");
    fs::resize_file(manifest, 10);
  }
  SECTION("the manifest is gone") { fs::remove(f.file("MANIFEST-", "")); }
  SECTION("a table is gone") { fs::remove(f.file("", ".sst")); }
  SECTION("a table is cut") {
    const auto table = f.file("", ".sst");
    fs::resize_file(table, fs::file_size(table) / 2);
  }
  SECTION("the entries of the store itself cannot be read") { f.overwrite_table(2000); }
  const auto stores = rocks_stores(f.options());
  {
    const auto store = stores->open(3);
    CHECK_FALSE(store->journal_next().has_value()); // so the engine restores it from the journal
    CHECK(Fixture::count(*store) == 0);
    WriteBatch b;
    b.put("again", "1");
    store->write(b.bytes(), {43});
  }
  REQUIRE(f.damages.size() == 1);
  CHECK(f.damages[0].shard == 3);
  CHECK(f.damages[0].store == f.shard(3));
  CHECK(f.damages[0].moved_to == fs::path(f.shard(3).string() + ".damaged-1"));
  CHECK_FALSE(f.damages[0].error.empty());
  CHECK(fs::exists(f.damages[0].moved_to / "IDENTITY")); // kept whole
  CHECK(stores->open(3)->journal_next() == 43);
  CHECK(f.damages.size() == 1);

  // And again: the first one is not overwritten.
  std::ofstream(f.shard(3) / "CURRENT") << "garbage";
  stores->open(3);
  REQUIRE(f.damages.size() == 2);
  CHECK(f.damages[1].moved_to == fs::path(f.shard(3).string() + ".damaged-2"));
}

TEST_CASE("an outdated store is set aside without a word of damage, and only the last one is kept") {
  Fixture f;
  const auto stores = rocks_stores(f.options());
  for (const std::int64_t stands : {42, 43}) {
    {
      WriteBatch b;
      b.put("k", "1");
      stores->open(3)->write(b.bytes(), {stands});
    }
    stores->set_aside(3, Aside::outdated, "the journal begins behind it");
    CHECK_FALSE(stores->open(3)->journal_next().has_value());
    const auto aside = f.shard(3).string() + ".outdated";
    // Looked into as a store of its own, under the name that it had.
    TempFolder look;
    fs::copy(aside, look.path() / "shard-3", fs::copy_options::recursive);
    auto o = f.options();
    o.directory = look.path();
    CHECK(rocks_stores(o)->open(3)->journal_next() == stands);
  }
  CHECK(f.damages.empty());
}

TEST_CASE("damage that only a read meets stops the shard, and is set aside at the next start") {
  Fixture f;
  f.fill();
  f.overwrite_table(200'000);
  {
    const auto store = rocks_stores(f.options())->open(3); // opens: the file's end is whole
    const auto text = Fixture::message([&] { Fixture::count(*store); });
    CHECK(contains(text, f.shard(3).string()));
    CHECK(contains(text, "Corruption"));
    CHECK(f.damages.empty());
  }
  const auto store = rocks_stores(f.options())->open(3);
  CHECK(f.damages.size() == 1);
  CHECK_FALSE(store->journal_next().has_value());
}

TEST_CASE("a store of another format or another shard is refused, and left as it is") {
  Fixture f;
  f.fill();
  SECTION("another format") {
    rocksdb::DB* raw = nullptr;
    REQUIRE(rocksdb::DB::Open({}, f.shard(3).string(), &raw).ok());
    const std::unique_ptr<rocksdb::DB> db(raw);
    REQUIRE(db->Put({}, rocksdb::Slice("\0format", 7), "onecode-state 9 shard 3").ok());
  }
  SECTION("another shard") {
    fs::rename(f.shard(3), f.shard(4));
    const auto text = Fixture::message([&] { rocks_stores(f.options())->open(4); });
    CHECK(contains(text, "says 'onecode-state 7 shard 3'"));
    CHECK(contains(text, "renamed or copied"));
    CHECK(f.damages.empty());
    return;
  }
  const auto text = Fixture::message([&] { rocks_stores(f.options())->open(3); });
  CHECK(contains(text, f.shard(3).string()));
  CHECK(contains(text, "onecode-state 9"));
  CHECK(contains(text, "another version"));
  CHECK(f.damages.empty());
}

TEST_CASE("a RocksDB of somebody else is refused") {
  Fixture f;
  {
    rocksdb::Options o;
    o.create_if_missing = true;
    rocksdb::DB* raw = nullptr;
    REQUIRE(rocksdb::DB::Open(o, f.shard(3).string(), &raw).ok());
    const std::unique_ptr<rocksdb::DB> db(raw);
    REQUIRE(db->Put({}, "theirs", "1").ok());
  }
  CHECK(contains(Fixture::message([&] { rocks_stores(f.options())->open(3); }), "not a store of ours"));
}

TEST_CASE("a store that cannot be opened for now is an error, not damage") {
  Fixture f;
  f.fill();
  SECTION("somebody has it open") {
    const auto first = rocks_stores(f.options())->open(3);
    CHECK(contains(Fixture::message([&] { rocks_stores(f.options())->open(3); }), f.shard(3).string()));
  }
  SECTION("a file stands in its place") {
    fs::remove_all(f.shard(3));
    std::ofstream(f.shard(3)) << "x";
    CHECK(contains(Fixture::message([&] { rocks_stores(f.options())->open(3); }), f.shard(3).string()));
  }
  SECTION("a file stands in the place of the folder") {
    auto o = f.options();
    std::ofstream(f.folder.path() / "file") << "x";
    o.directory = f.folder.path() / "file";
    CHECK(contains(Fixture::message([&] { rocks_stores(o); }), o.directory.string()));
  }
  CHECK(f.damages.empty());
}

TEST_CASE("a store opened for reading only changes nothing") {
  Fixture f;
  auto o = f.options();
  o.read_only = true;
  CHECK_THROWS_AS(rocks_stores(o)->open(3), StoreError); // none there, none made
  CHECK_FALSE(fs::exists(f.shard(3)));
  f.fill();
  const auto writer = rocks_stores(f.options())->open(3); // also while a node runs
  const auto reader = rocks_stores(o)->open(3);
  CHECK(reader->journal_next() == 42);
  CHECK(Fixture::count(*reader) == 5000);
  WriteBatch b;
  b.put("k", "v");
  CHECK_THROWS_AS(reader->write(b.bytes(), {43}), StoreError);
  CHECK_NOTHROW(reader->flush());
}

TEST_CASE("RocksDB's own log goes to the callback, and nowhere else") {
  Fixture f;
  auto o = f.options();
  o.log = [&](std::int32_t shard, bool error, std::string_view line) {
    f.lines.push_back(std::to_string(shard) + (error ? " error " : " warning ") + std::string(line));
  };
  rocks_stores(o)->open(3);
  CHECK(f.lines.empty()); // a new store is nothing to warn about
  CHECK_FALSE(fs::exists(f.shard(3) / "LOG"));
}
