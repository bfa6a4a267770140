// What every store promises, asked of the one in memory and the one on disk alike: the simulation runs on the first
// and proves something about the second only as far as they are the same.
#include <functional>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "storage/rocks_store.hpp"
#include "storage/store.hpp"
#include "tests/catch.hpp"
#include "tests/unit/storage/temp_folder.hpp"

using namespace onecode::storage;
using onecode_test::TempFolder;

namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;
using Values = std::vector<std::optional<std::string>>;

struct Subject {
  std::string name;
  std::function<std::unique_ptr<StoreFactory>(const std::filesystem::path&)> make;
};
const Subject kSubjects[] = {
    {"memory", [](const std::filesystem::path&) { return memory_stores(); }},
    {"rocks",
     [](const std::filesystem::path& folder) {
       RocksOptions options;
       options.directory = folder / "deep" / "state";
       options.cache_bytes = 8U << 20;
       options.write_buffer_bytes = 8U << 20;
       return rocks_stores(options);
     }},
};

Entries scan(Store& store, std::string_view prefix) {
  Entries out;
  store.scan(prefix, [&](std::string_view key, std::string_view value) {
    out.emplace_back(std::string(key), std::string(value));
    return true;
  });
  return out;
}

Values read(Store& store, std::vector<std::string> keys) {
  Values values{std::string("left over from the call before")};
  store.read(keys, values);
  return values;
}

void write(Store& store, std::int64_t next, std::function<void(WriteBatch&)> fill) {
  WriteBatch batch;
  fill(batch);
  store.write(batch.bytes(), {next});
}

} // namespace

TEST_CASE("every store: a new one is empty") {
  const auto& subject = kSubjects[GENERATE(0, 1)];
  INFO(subject.name);
  const TempFolder folder;
  const auto stores = subject.make(folder.path());
  const auto store = stores->open(3);
  CHECK_FALSE(store->journal_next().has_value());
  CHECK(scan(*store, "").empty());
  CHECK(read(*store, {}).empty());
  CHECK(read(*store, {"a", "b"}) == Values{std::nullopt, std::nullopt});
  CHECK_NOTHROW(store->flush());
}

TEST_CASE("every store: what was written is read, what was erased is not") {
  const auto& subject = kSubjects[GENERATE(0, 1)];
  INFO(subject.name);
  const TempFolder folder;
  const auto stores = subject.make(folder.path());
  const auto store = stores->open(0);
  const std::string binary("e\0\xff\n", 4);
  write(*store, 1, [&](WriteBatch& b) {
    b.put("a", "1");
    b.put("b", "2");
    b.put("c", "");
    b.put(binary, binary);
  });
  write(*store, 2, [&](WriteBatch& b) {
    b.put("a", "one");
    b.erase("b");
    b.erase("never there");
    b.put("d", "first");
    b.erase("d");
    b.put("d", "last of the batch");
    b.put("f", "x");
    b.erase("f");
  });
  CHECK(read(*store, {"a", "b", "c", "d", binary, "f"}) ==
        Values{"one", std::nullopt, "", "last of the batch", binary, std::nullopt});
  CHECK(store->journal_next() == 2);
  // An empty turn moves the position alone, and the journal may start anew.
  write(*store, 7, [](WriteBatch&) {});
  CHECK(store->journal_next() == 7);
  write(*store, 0, [](WriteBatch&) {});
  CHECK(store->journal_next() == 0);
}

TEST_CASE("every store: a scan visits a prefix in byte order and stops when told") {
  const auto& subject = kSubjects[GENERATE(0, 1)];
  INFO(subject.name);
  const TempFolder folder;
  const auto stores = subject.make(folder.path());
  const auto store = stores->open(0);
  const std::string high("\xff\xff", 2);
  write(*store, 1, [&](WriteBatch& b) {
    for (const char* key : {"e1b", "t2", "e1a", "e2", "e1", "e0\x7f", "e0\x80", "x"}) b.put(key, "1");
    b.put(high, "last");
  });
  const bool flushed = GENERATE(false, true);
  if (flushed) store->flush();
  write(*store, 2, [](WriteBatch& b) {
    b.put("e1ab", "2");
    b.erase("e1b");
  });
  CHECK(scan(*store, "e1") == Entries{{"e1", "1"}, {"e1a", "1"}, {"e1ab", "2"}});
  CHECK(scan(*store, "e0") == Entries{{"e0\x7f", "1"}, {"e0\x80", "1"}});
  CHECK(scan(*store, "nothing").empty());
  CHECK(scan(*store, "\xff") == Entries{{high, "last"}});
  CHECK(scan(*store, high) == Entries{{high, "last"}});
  CHECK(scan(*store, "").size() == 9); // nothing of the store's own
  int visits = 0;
  store->scan("e", [&](auto, auto) { return ++visits < 2; });
  CHECK(visits == 2);
}

TEST_CASE("every store: a batch that is none changes nothing") {
  const auto& subject = kSubjects[GENERATE(0, 1)];
  INFO(subject.name);
  const TempFolder folder;
  const auto stores = subject.make(folder.path());
  const auto store = stores->open(0);
  write(*store, 5, [](WriteBatch& b) { b.put("a", "1"); });
  WriteBatch good;
  good.put("a", "2");
  good.put("b", "2");
  const std::string broken = std::string(good.bytes()) + '\x07';
  CHECK_THROWS_AS(store->write(broken, {6}), StoreError);
  CHECK(scan(*store, "") == Entries{{"a", "1"}});
  CHECK(store->journal_next() == 5);
  store->write(good.bytes(), {6});
  CHECK(scan(*store, "") == Entries{{"a", "2"}, {"b", "2"}});
}

TEST_CASE("every store: closed and opened again it is the same; shards are apart") {
  const auto& subject = kSubjects[GENERATE(0, 1)];
  INFO(subject.name);
  const TempFolder folder;
  const auto stores = subject.make(folder.path());
  {
    const auto a = stores->open(1);
    const auto b = stores->open(12);
    write(*a, 10, [](WriteBatch& w) { w.put("k", "of 1"); });
    write(*b, 20, [](WriteBatch& w) { w.put("k", "of 12"); });
    CHECK_THROWS_AS(stores->open(1), StoreError); // one owner at a time
  }
  const auto a = stores->open(1);
  const auto b = stores->open(12);
  CHECK(scan(*a, "") == Entries{{"k", "of 1"}});
  CHECK(a->journal_next() == 10);
  CHECK(scan(*b, "") == Entries{{"k", "of 12"}});
  CHECK(b->journal_next() == 20);
}

TEST_CASE("every store: agrees with a map over many random turns") {
  const auto& subject = kSubjects[GENERATE(0, 1)];
  INFO(subject.name);
  const TempFolder folder;
  const auto stores = subject.make(folder.path());
  auto store = stores->open(0);
  std::map<std::string, std::string> model;
  std::mt19937 random(7);
  const auto key = [&] { return "k" + std::to_string(random() % 3000); };
  for (int turn = 1; turn <= 60; ++turn) {
    write(*store, turn, [&](WriteBatch& b) {
      for (int i = 0; i < 200; ++i) {
        const auto k = key();
        if (random() % 4 == 0) {
          b.erase(k);
          model.erase(k);
        } else {
          const auto v = std::to_string(random()) + std::string(random() % 100, 'v');
          b.put(k, v);
          model[k] = v;
        }
      }
    });
    if (turn % 13 == 0) store->flush();
    if (turn % 29 == 0) {
      store.reset();
      store = stores->open(0);
    }
    std::vector<std::string> keys;
    for (int i = 0; i < 700; ++i) keys.push_back(key()); // more than one piece of a MultiGet
    if (turn % 2 == 0) std::ranges::sort(keys);          // sorted is quicker, not required
    Values values;
    store->read(keys, values);
    REQUIRE(values.size() == keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto it = model.find(keys[i]);
      REQUIRE(values[i] == (it == model.end() ? std::nullopt : std::optional(it->second)));
    }
  }
  CHECK(scan(*store, "") == Entries(model.begin(), model.end()));
}

TEST_CASE("every store: a scan goes on from a key, within its prefix") {
  const auto& subject = kSubjects[GENERATE(0, 1)];
  INFO(subject.name);
  const TempFolder folder;
  const auto stores = subject.make(folder.path());
  const auto store = stores->open(0);
  write(*store, 1, [](WriteBatch& b) {
    for (const char* key : {"x1", "y1", "y2", "y3", "z1"}) b.put(key, key);
  });
  const auto from = [&](std::string_view key) {
    std::string seen;
    store->scan_from(key, "y", [&](std::string_view k, std::string_view) {
      seen += k;
      return true;
    });
    return seen;
  };
  CHECK(from("y2") == "y2y3");
  CHECK(from("y25") == "y3");
  CHECK(from("y4").empty());
  CHECK(from("") == "y1y2y3");
  CHECK(from("x1") == "y1y2y3"); // before the prefix begins
  CHECK(from("z1").empty());     // behind it
}

TEST_CASE("every store: says where it stands with its last write, digest or none, closed and opened again too") {
  for (const auto& subject : kSubjects) {
    INFO(subject.name);
    const TempFolder folder;
    const auto stores = subject.make(folder.path());
    auto store = stores->open(0);
    CHECK(store->standing() == std::nullopt);
    WriteBatch batch;
    batch.put("ea", "1");
    for (const auto& standing : {Standing{5, 77}, Standing{6, std::nullopt}, Standing{7, ~std::uint64_t{0}}}) {
      store->write(batch.bytes(), standing);
      CHECK(store->standing() == standing);
    }
    store->flush();
    store.reset();
    CHECK(stores->open(0)->standing() == Standing{7, ~std::uint64_t{0}});
  }
}

TEST_CASE("every store: knows how far a stop of the machine would take it back, never too far ahead") {
  for (const auto& subject : kSubjects) {
    INFO(subject.name);
    const TempFolder folder;
    const auto stores = subject.make(folder.path());
    auto store = stores->open(0);
    const auto turn = [&](std::int64_t next) { write(*store, next, [&](WriteBatch& b) { b.put("ea", "v"); }); };
    turn(5);
    store->flush();
    CHECK(store->durable_next() == 5);
    turn(6);
    store->flush_soon();
    turn(9); // not part of that flush
    while (store->durable_next() < 6) std::this_thread::yield();
    CHECK(store->durable_next().value() <= 9);
    if (subject.name == "rocks") CHECK(store->durable_next() == 6);
    store->flush();
    store.reset();
    CHECK(stores->open(0)->durable_next() == 9);
  }
}
