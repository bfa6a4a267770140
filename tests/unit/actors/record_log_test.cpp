// Would catch: a kept record that is overwritten or moved while somebody may still read it, records of an aborted turn that stay,
// a count of bytes that drifts.
#include "actors/record_log.hpp"

#include <deque>
#include <random>
#include <string>
#include <vector>

#include "tests/catch.hpp"

using namespace onecode::actors;

TEST_CASE("kept records stay as they are, whatever comes, goes and is aborted") {
  constexpr unsigned kSeed = 20'261'201;
  INFO("seed " << kSeed);
  std::mt19937 random(kSeed);
  struct Kept {
    std::int64_t offset;
    std::string_view view;
    std::string copy;
  };
  RecordLog log;
  std::deque<Kept> kept;
  std::int64_t offset = 0;
  std::size_t bytes = 0;
  for (int turn = 0; turn < 600; ++turn) {
    offset += 1 + static_cast<std::int64_t>(random() % 3);
    std::vector<Kept> staged;
    for (auto n = random() % 6; n > 0; --n) {
      const std::size_t size =
          random() % 40 == 0 ? 1'500'000 : 1 + random() % 200'000; // some have a block to themselves
      std::string record(size, static_cast<char>(random()));
      const auto view = log.add(record);
      staged.push_back({offset, view, std::move(record)});
    }
    if (random() % 4 == 0) {
      log.abort();
    } else {
      log.commit(offset);
      for (auto& s : staged) {
        bytes += s.copy.size();
        kept.push_back(std::move(s));
      }
    }
    if (random() % 3 == 0) {
      const auto before = offset - static_cast<std::int64_t>(random() % 40);
      log.drop_before(before);
      for (; !kept.empty() && kept.front().offset < before; kept.pop_front()) bytes -= kept.front().copy.size();
    }
    if (random() % 50 == 0) {
      log.drop_all();
      kept.clear();
      bytes = 0;
    }
    REQUIRE(log.bytes() == bytes);
    bool same = true;
    for (const auto& k : kept) same = same && k.view == k.copy;
    REQUIRE(same);
  }
}

TEST_CASE("an aborted turn's records leave nothing, and dropping stops at the first that is not older") {
  RecordLog log;
  log.add("one");
  log.abort();
  CHECK(log.bytes() == 0);
  log.add("two");
  log.commit(5);
  CHECK(log.bytes() == 3);
  log.add("three");
  log.drop_all(); // of the committed ones
  CHECK(log.bytes() == 0);
  log.commit(6);
  CHECK(log.bytes() == 5);
  log.drop_before(6);
  CHECK(log.bytes() == 5);
  log.drop_before(7);
  CHECK(log.bytes() == 0);
}

TEST_CASE("the memory of what was dropped or aborted is used again") {
  RecordLog log;
  const std::string record(700'000, 'r'); // one to a block
  const auto* const first = log.add(record).data();
  log.commit(1);
  const auto* const second = log.add(record).data();
  CHECK(second != first);
  log.abort();
  CHECK(log.add(record).data() == second);
  log.commit(2);
  log.drop_before(2);
  CHECK(log.add(record).data() == first);
  log.abort();
  const auto* const third = log.add("three").data();
  log.abort();
  CHECK(log.add("four").data() == third);
}
