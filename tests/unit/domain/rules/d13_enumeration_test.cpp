// Catches: ids that are tried out in another order than their own, a few at a time or among strangers, unnoticed; and a
// synchronisation, a desk or a busy canteen found.
#include "domain/rules/d13_enumeration.hpp"

#include <algorithm>
#include <random>

#include "tests/unit/domain/rules/data_story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

using Numbers = std::vector<std::int64_t>;

Numbers in_a_row(std::int64_t from, std::int64_t n, std::int64_t step = 1) {
  Numbers all;
  for (std::int64_t i = 0; i < n; ++i) all.push_back(from + i * step);
  return all;
}

Numbers shuffled(Numbers all) {
  std::mt19937 random(seed());
  for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random() % i]);
  return all;
}

/// One stranger, far from everybody, after every `each`.
Numbers among_strangers(const Numbers& all, std::size_t each) {
  Numbers mixed;
  for (std::size_t i = 0; i < all.size(); ++i) {
    mixed.push_back(all[i]);
    if (i % each == each - 1) mixed.push_back(500'000 + static_cast<std::int64_t>(i) * 137);
  }
  return mixed;
}

struct Look {
  std::size_t each = 1; // subjects of one request
  Duration pace = seconds(1);
};

struct Found {
  std::size_t at = 0; // which look-up it was; 0: none
  std::optional<Hit> hit;
  std::string words() const { return hit ? hit->facts.text().en : ""; }
};
Found found_by(const Numbers& numbers, const Look& look = {}, IntegrationState::DataUse* kept = nullptr) {
  IntegrationState::DataUse own;
  auto& use = kept != nullptr ? *kept : own;
  Time t = kNoon;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < numbers.size(); i += look.each) {
    std::vector<std::string> subjects;
    for (std::size_t k = i; k < std::min(i + look.each, numbers.size()); ++k) subjects.push_back(person(numbers[k]));
    if (auto hit = rules::enumeration(use, reads(subjects, t, ++offset), builtin(RuleId::D13)))
      return {i + 1, std::move(hit)};
    t = t + look.pace;
  }
  return {};
}
std::size_t found(const Numbers& numbers, const Look& look = {}, IntegrationState::DataUse* kept = nullptr) {
  return found_by(numbers, look, kept).at;
}

/// All of them at noon, one at a time, but for the last, which comes so much later.
bool found_late(const Numbers& numbers, Duration last) {
  IntegrationState::DataUse use;
  std::optional<Hit> hit;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    hit = rules::enumeration(
        use, reads({person(numbers[i])}, i + 1 < numbers.size() ? kNoon : kNoon + last, static_cast<std::int64_t>(i)),
        builtin(RuleId::D13));
  return hit.has_value();
}

Numbers joined(const std::vector<Numbers>& parts) {
  Numbers all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

} // namespace

TEST_CASE("D13: ninety ids in whatever order, a few at a time, among strangers", "[rules][D13][R11.4]") {
  const Numbers all = in_a_row(1000, 90);
  Numbers down = all;
  std::ranges::reverse(down);
  CHECK(found(all) == 50);
  CHECK(found(down) == 50);
  CHECK(found(in_a_row(1000, 90, 3)) == 50);
  CHECK(found(shuffled(all)) != 0);
  CHECK(found(all, {2}) != 0);
  CHECK(found(all, {5}) != 0);
  CHECK(found(shuffled(all), {2}) != 0);
  CHECK(found(among_strangers(all, 2)) != 0);
  CHECK(found(among_strangers(all, 1)) != 0);
  CHECK(found(among_strangers(shuffled(all), 2)) != 0);
  CHECK(found(shuffled(in_a_row(1000, 400))) != 0); // more than are remembered
}

TEST_CASE("D13: the innocent", "[rules][D13]") {
  CHECK(found(in_a_row(1000, 49)) == 0);
  CHECK(found(shuffled(in_a_row(1000, 49)), {2}) == 0);
  // A synchronisation that pages.
  CHECK(found(in_a_row(0, 600), {6}) == 0);
  CHECK(found(in_a_row(0, 600), {200}) == 0);
  // Slowly.
  CHECK(found(shuffled(in_a_row(1000, 90)), {1, seconds(13)}) == 0);
  // The same two people all day long.
  Numbers twice;
  for (int i = 0; i < 200; ++i) twice.push_back(1000 + i % 2);
  CHECK(found(twice) == 0);
  // A desk, and a canteen that looks up everybody who comes, of 2,000 and of 20,000 people.
  for (const std::int64_t campus : {2'000, 20'000}) {
    std::mt19937 random(seed());
    Numbers guests;
    for (int i = 0; i < 3000; ++i)
      guests.push_back(static_cast<std::int64_t>(random() % static_cast<unsigned>(campus)));
    CAPTURE(campus);
    CHECK(found(guests, {1, milliseconds(200)}) == 0);
  }
}

// Every third number has no neighbour among them: only the count of those in a row finds it.
TEST_CASE("D13: look-ups in a row go in one direction, by one to three", "[rules][D13][R11.4]") {
  const auto run = found_by(in_a_row(1000, 90, 3));
  CHECK(run.words() == "it looked up 50 neighbouring ids in a row");
  REQUIRE(run.hit);
  REQUIRE(run.hit->events.size() == 2); // the last and the first
  CHECK(run.hit->events[0].offset == 50);
  CHECK(run.hit->events[1].offset == 1);
  CHECK(found(in_a_row(1000, 90, -3)) == 50);
  CHECK(found(in_a_row(1000, 90, 4)) == 0);
  CHECK(found(in_a_row(1000, 90, -4)) == 0);
  Numbers one_and_three, twice;
  for (std::int64_t i = 0; i < 90; ++i) {
    one_and_three.push_back(1000 + i / 2 * 4 + i % 2);
    for (int k = 0; k < 2; ++k) twice.push_back(1000 + i * 3);
  }
  CHECK(found_by(one_and_three).words() == "it looked up 50 neighbouring ids in a row");
  CHECK(found(twice) == 99); // who is asked for again does not interrupt it, and counts once
  // the innocent
  CHECK(found(Numbers(200, 1000)) == 0);
  CHECK(found(joined({in_a_row(1000, 30, 3), in_a_row(1084, 29, -3)})) == 0); // there and back
  CHECK(found(joined({in_a_row(1000, 30, 3), in_a_row(9000, 30, 3)})) == 0);  // two rows
}

TEST_CASE("D13: ten minutes, to the moment", "[rules][D13]") {
  const Numbers row = in_a_row(1000, 50, 3), mixed = shuffled(in_a_row(1000, 50));
  CHECK(found_late(row, minutes(10)));
  CHECK_FALSE(found_late(row, Duration{minutes(10).ms + 1}));
  CHECK(found_late(mixed, minutes(10)));
  CHECK_FALSE(found_late(mixed, Duration{minutes(10).ms + 1}));
}

TEST_CASE("D13: of those asked for in any order each counts once, from when it was asked for last", "[rules][D13]") {
  const Numbers some = shuffled(in_a_row(1000, 49));
  CHECK(found(joined({some, shuffled(some), some})) == 0);
  const Numbers left = shuffled(in_a_row(1000, 25)), right = shuffled(in_a_row(1025, 25));
  CHECK(found(joined({left, Numbers(100, 500'000), right}), {1, seconds(5)}) == 0);
  CHECK(found(joined({left, Numbers(50, 500'000), left, Numbers(40, 500'000), right}), {1, seconds(5)}) == 165);
  // Nor do others who are remembered keep them out: those asked for longest ago make way.
  CHECK(found(joined({in_a_row(0, 200, 7), shuffled(in_a_row(5000, 90))})) != 0);
}

TEST_CASE("D13: what is a number in an id", "[rules][D13]") {
  const auto any = [](auto&& id_of, int n) {
    IntegrationState::DataUse use;
    bool hit = false;
    for (int i = 0; i < n; ++i)
      hit = rules::enumeration(use, reads({id_of(i)}, kNoon + seconds(i), i), builtin(RuleId::D13)) || hit;
    return hit;
  };
  CHECK(any([](int i) { return std::to_string(1000 + i); }, 50));                         // nothing but a number
  CHECK(any([](int i) { return "9223372036854775807" + std::to_string(1000 + i); }, 50)); // more than fits
  CHECK_FALSE(any([](int i) { return "desk-" + std::string(1, static_cast<char>('A' + i)); }, 58));
}

TEST_CASE("D13: neighbours have the same name before the number, and as many digits", "[rules][D13]") {
  IntegrationState::DataUse use;
  for (int i = 0; i < 90; ++i) {
    const std::string id = (i % 2 != 0 ? "s-" : "t-") + std::to_string(1000 + (i * 37) % 90);
    const std::string other = (i % 2 != 0 ? "s-0" : "t-00") + std::to_string(1001 + (i * 37) % 90);
    const auto hit =
        rules::enumeration(use, reads({i % 4 < 2 ? id : other}, kNoon + seconds(i), i), builtin(RuleId::D13));
    CHECK_FALSE(hit);
  }
  CHECK_FALSE(rules::enumeration(use, reads({"nobody", "no-number"}, kNoon, 99), builtin(RuleId::D13)));
}

TEST_CASE("D13: rests on the first of the neighbours and on the last look-up", "[rules][D13]") {
  IntegrationState::DataUse use;
  std::optional<Hit> hit;
  std::int64_t offset = 0;
  for (const auto n : shuffled(in_a_row(1000, 90))) {
    hit = rules::enumeration(use, reads({person(n)}, kNoon + seconds(offset), offset + 1), builtin(RuleId::D13));
    ++offset;
    if (hit) break;
  }
  REQUIRE(hit);
  REQUIRE(hit->events.size() == 2);
  CHECK(hit->events[0].offset == offset);
  CHECK(hit->events[1].offset < offset);
}

TEST_CASE("D13: what is remembered is bounded", "[rules][D13]") {
  IntegrationState::DataUse use;
  CHECK(found(in_a_row(0, 5000, 7), {5, milliseconds(1)}, &use) == 0);
  CHECK(use.asked_apart.size() == IntegrationState::DataUse::kAskedApart);
  CHECK(std::ranges::is_sorted(use.asked_apart, {}, [](const auto& a) { return std::pair(a.prefix, a.number); }));
  CHECK(std::ranges::all_of(use.asked_apart, [](const auto& a) { return a.event.id.empty(); }));
}

TEST_CASE("D13: nobody is there under most of the numbers", "[rules][D13][R11.4]") {
  const auto guess = [](int look_ups, int missing_of_ten) {
    IntegrationState::DataUse use;
    bool any = false;
    for (int i = 0; i < look_ups; ++i) {
      DataAccess access = reads({person(i * 7919 % 100'003)}, kNoon + seconds(i), i);
      access.result_count = i % 10 < missing_of_ten ? 0 : 1;
      access.not_found_count = 1 - access.result_count;
      any = rules::enumeration(use, access, builtin(RuleId::D13)).has_value() || any;
    }
    return any;
  };
  CHECK(guess(60, 5));
  CHECK_FALSE(guess(60, 1)); // a form in which people mistype
  CHECK_FALSE(guess(40, 9));
}

TEST_CASE("D13: how many look-ups found nobody, to the one", "[rules][D13][R11.4]") {
  struct Asked {
    std::int64_t of, result, not_found; // `of`: whom it named, or counted
    Duration after = {};
  };
  const auto guessed = [](const std::vector<Asked>& list) {
    IntegrationState::DataUse use;
    std::optional<Hit> hit;
    for (const auto& x : list) {
      DataAccess access = reads({}, kNoon + x.after);
      access.subject_count = x.of;
      access.result_count = x.result;
      access.not_found_count = x.not_found;
      hit = rules::enumeration(use, access, builtin(RuleId::D13));
    }
    return hit ? hit->facts.text().en : "";
  };
  CHECK(guessed({{50, 34, 16}}) == "32 % of 50 look-ups found nobody");
  CHECK(guessed({{0, 34, 16}}) == "32 % of 50 look-ups found nobody"); // a gateway that counts results only
  CHECK(guessed({{50, 0, 16}}) == "32 % of 50 look-ups found nobody"); // or only what it did not find
  CHECK(guessed({{0, 10, 40}, {0, 10, 0}}) == "66 % of 60 look-ups found nobody");
  CHECK(guessed({{0, 24, 25}, {0, 0, 1, minutes(10)}}) == "52 % of 50 look-ups found nobody");
  // the innocent
  CHECK(guessed({{50, 35, 15}}).empty());
  CHECK(guessed({{49, 0, 49}}).empty());
  CHECK(guessed({{0, 24, 25}, {0, 0, 1, Duration{minutes(10).ms + 1}}}).empty());
  CHECK(guessed({{0, 0, 49}, {0, 0, 49, minutes(11)}}).empty());
}
