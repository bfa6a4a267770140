// Catches: a score that is off by a point, that differs between machines, or that depends on the order of arrival.
#include "domain/evidence.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/catch.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;

namespace {

constexpr Time kNow{1'772'000'000'000};

// One rule per family, so that hits add up.
constexpr RuleId kIndependent[] = {RuleId::A1, RuleId::A5, RuleId::A8, RuleId::A11,
                                   RuleId::D1, RuleId::D2, RuleId::D8, RuleId::D15};

Hit hit(RuleId rule, int weight, Time at = kNow, std::int64_t offset = 1) {
  return {rule, weight,           1000,
          at,   {"看到", "seen"}, {EventRef{{Topic::scans, 0}, offset, "e" + std::to_string(offset)}}};
}

} // namespace

TEST_CASE("evidence: the worked values of the noisy-OR", "[evidence]") {
  const struct {
    std::vector<int> weights;
    int score;
  } rows[] = {
      {{}, 0},           {{600}, 600}, {{600, 600}, 840}, {{600, 600, 500}, 920},
      {{900, 600}, 960}, {{970}, 970}, {{970, 600}, 988}, {{300, 300, 300, 300, 300, 300, 300, 300}, 942},
      {{1}, 1},          {{999}, 999}, {{1000}, 1000},    {{1000, 1000}, 1000},
  };
  for (const auto& row : rows) {
    EvidenceBook book;
    for (std::size_t i = 0; i < row.weights.size(); ++i) book.add(hit(kIndependent[i], row.weights[i]), 1, days(14));
    CAPTURE(row.weights);
    CHECK(book.score(kNow) == row.score);
  }
}

TEST_CASE("evidence: one weight comes back as its own points", "[evidence]") {
  for (int w = 0; w <= 1000; ++w) CHECK(points_of(nats_of(w)) == w);
  CHECK(nats_of(-5) == 0);
  CHECK(nats_of(2000) == nats_of(1000));
}

TEST_CASE("evidence: the tables agree with the real functions to the last digit", "[evidence]") {
  for (int w = 1; w < 1000; ++w)
    CHECK(nats_of(w) == static_cast<MicroNats>(std::llround(-1e6 * std::log1p(-w / 1e3))));
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    const Duration elapsed{static_cast<std::int64_t>(random() % 10'000'000'000)};
    const Duration half_life{static_cast<std::int64_t>(1 + random() % 3'000'000'000)};
    const long double real = std::exp2(-static_cast<long double>(elapsed.ms) / half_life.ms) * 4294967296.0L;
    CAPTURE(elapsed.ms, half_life.ms);
    CHECK(std::abs(static_cast<long double>(decay_q32(elapsed, half_life)) - real) <= 1.5L);
    const MicroNats l = random() % 60'000'000;
    const long double points = 1000.0L * (1 - std::exp(-static_cast<long double>(l) / 1e6L));
    if (std::abs(points - std::floor(points) - 0.5L) > 1e-6L) CHECK(points_of(l) == std::llround(points));
  }
}

TEST_CASE("evidence: values that may never change, because replay must give the same bytes", "[evidence]") {
  CHECK(nats_of(150) == 162'519);
  CHECK(nats_of(200) == 223'144);
  CHECK(nats_of(650) == 1'049'822);
  CHECK(nats_of(970) == 3'506'558);
  CHECK(decay_q32(days(1), days(14)) == 4'087'499'558);
  CHECK(decay_q32(hours(1), days(30)) == 4'290'834'502);
  CHECK(decay_q32(days(14), days(14)) == 2'147'483'648);
  CHECK(decay_q32(days(28), days(14)) == 1'073'741'824);
  CHECK(faded(916'291, days(7), days(14)) == 647'916);
}

TEST_CASE("evidence: the ends of fading", "[evidence]") {
  CHECK(decay_q32(days(-1), days(14)) == std::uint64_t{1} << 32);
  CHECK(decay_q32(days(1), {}) == std::uint64_t{1} << 32);
  CHECK(decay_q32({1}, {std::int64_t{1} << 53}) == std::uint64_t{1} << 32);
  CHECK(decay_q32(days(36'500), hours(1)) == 0);
  CHECK(decay_q32({std::int64_t{1} << 62}, {1}) == 0);
  CHECK(faded(13'815'511, hours(1), hours(1)) == 6'907'756); // half up
  CHECK(points_of(~std::uint64_t{0}) == 1000);
}

TEST_CASE("evidence: inside a family the strongest counts, not the sum", "[evidence]") {
  EvidenceBook book;
  CHECK(book.add(hit(RuleId::A1, 600), 1, days(14)));
  CHECK(book.add(hit(RuleId::A2, 900), 1, days(30)));
  CHECK(book.score(kNow) == 900);
  CHECK(book.families(kNow) == std::vector<std::pair<Family, int>>{{Family::spatial, 900}});
  CHECK(book.families_with(100, kNow) == 1);
  CHECK(book.strongest(kNow).rule == RuleId::A2);
  CHECK(book.add(hit(RuleId::A11, 200), 1, days(2)));
  CHECK(book.families_with(100, kNow) == 2);
  CHECK(book.families_with(100, kNow + days(4)) == 1);
  CHECK(book.family_nats(Family::replay, kNow) == 0);
}

TEST_CASE("evidence: a hit is news only when it is its rule's strongest", "[evidence]") {
  EvidenceBook book;
  CHECK(book.add(hit(RuleId::A1, 600, kNow, 5), 1, days(14)));
  CHECK_FALSE(book.add(hit(RuleId::A1, 600, kNow, 5), 1, days(14)));            // the very same
  CHECK_FALSE(book.add(hit(RuleId::A1, 600, kNow - hours(1), 6), 1, days(14))); // older
  CHECK(book.add(hit(RuleId::A1, 600, kNow + hours(1), 7), 1, days(14)));       // fresher
  CHECK(book.add(hit(RuleId::A1, 850, kNow, 8), 1, days(14)));                  // heavier
  CHECK_FALSE(book.add(hit(RuleId::A1, 600, kNow + days(14), 9), 1, days(14))); // .85 after one half-life is .613
  CHECK(book.add(hit(RuleId::A1, 600, kNow + days(15), 9), 1, days(14)));
  CHECK_FALSE(book.add(hit(RuleId::A6, 0), 1, days(1)));
  CHECK(book.entries().size() == 1);
  auto doubtful = hit(RuleId::A8, 650);
  doubtful.quality = 500;
  CHECK(book.add(doubtful, 1, days(30)));
  CHECK(book.entries().back().weight == 325);
}

TEST_CASE("evidence: at most four events, in their own order", "[evidence]") {
  auto many = hit(RuleId::A11, 200);
  many.events.clear();
  for (std::int64_t offset : {9, 3, 7, 3, 1, 8}) many.events.push_back({{Topic::scans, 0}, offset, "e"});
  EvidenceBook book;
  book.add(many, 1, days(2));
  const auto& events = book.entries()[0].events;
  REQUIRE(events.size() == kMaxEvents);
  CHECK(std::ranges::is_sorted(events));
  CHECK(events.front().offset == 1);
  CHECK(events.back().offset == 8);
}

TEST_CASE("evidence: the outcome does not depend on the order of arrival", "[evidence]") {
  const unsigned seed = test::seed();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::pair<Hit, Duration>> hits;
    for (int i = 0; i < 12; ++i) {
      const auto rule = kIndependent[random() % 3];
      // few weights and times, so that ties happen; two half-lives, as after a change of policy
      hits.emplace_back(hit(rule, 300 * static_cast<int>(1 + random() % 3), kNow + hours(random() % 4), random() % 3),
                        random() % 4 == 0 ? days(7) : days(14));
    }
    std::string first;
    for (int order = 0; order < 6; ++order) {
      std::ranges::shuffle(hits, random);
      EvidenceBook book;
      for (const auto& [h, half_life] : hits) book.add(h, 1, half_life);
      std::string bytes;
      for (const auto& e : book.entries())
        bytes += std::to_string(e.weight) + " " + std::to_string(e.at.ms) + " " + e.events[0].id + " " +
                 std::to_string(e.half_life.ms) + "\n";
      if (order == 0) first = bytes;
      REQUIRE(bytes == first);
    }
  }
}
