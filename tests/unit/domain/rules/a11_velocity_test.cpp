// Catches: a shared code in heavy use unnoticed, and a busy but ordinary person noted.
#include "domain/rules/a11_velocity.hpp"

#include "domain/rules/params.hpp"
#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

std::vector<Shown> every(Duration gap, int times) {
  std::vector<Shown> shown;
  for (int i = 0; i < times; ++i) shown.push_back({.time = kNoon + gap * i, .direction = Direction::none});
  return shown;
}

int after_payments(std::vector<std::int64_t> fen) {
  World w;
  Time t = kNoon;
  for (const auto f : fen) w.show({.time = t = t + hours(3), .function = "payment", .fen = f});
  return w.weight(RuleId::A11);
}

std::vector<std::int64_t> lunches(int n, std::int64_t last) {
  std::vector<std::int64_t> fen;
  for (int i = 0; i < n; ++i) fen.push_back(i % 2 == 0 ? 1000 : 1400);
  fen.push_back(last);
  return fen;
}

} // namespace

TEST_CASE("A11: velocity", "[rules][A11][R8.1]") {
  check_stories(RuleId::A11, {
                                 {"seven in a minute", every(seconds(9), 7), 200},
                                 {"six in a minute", every(seconds(9), 6), 0},
                                 {"seven in exactly a minute and more", every(seconds(10), 7), 0},
                                 {"forty in an hour", every(seconds(80), 40), 0},
                             });
  World w;
  for (const auto& s : every(seconds(80), 41)) w.show(s);
  CHECK(w.weight(RuleId::A11) == 200);
  CHECK_FALSE(w.a.file.finding); // alone below watch
}

TEST_CASE("A11: a payment far above what this person is used to", "[rules][A11]") {
  CHECK(after_payments(lunches(30, 20'000)) == 200);
  CHECK(after_payments(lunches(30, 3'000)) == 0);
  CHECK(after_payments(lunches(29, 20'000)) == 0); // not known well enough yet
  CHECK(after_payments(lunches(40, INT64_MAX)) == 200);
}

TEST_CASE("A11: what a person is used to pay", "[rules][A11]") {
  AccountState::Hot hot;
  rules::learn_payment(hot, Fen{1000});
  CHECK(hot.spend_mean_q8 == 1000 * 256);
  CHECK(hot.spend_var_q8 == 0);
  rules::learn_payment(hot, Fen{1400}); // 400 above: a tenth of it, and a tenth of nine tenths of its square
  CHECK(hot.spend_mean_q8 == 1040 * 256);
  CHECK(hot.spend_var_q8 == 14'400 * 256);
  CHECK(hot.payments == 2);
}

TEST_CASE("A11: far above is three times the mean and four deviations", "[rules][A11]") {
  const auto weight = [](std::int64_t fen, std::int64_t deviation_fen, const char* function = "payment") {
    World w;
    w.a.hot.payments = 30;
    w.a.hot.spend_mean_q8 = 1000 * 256;
    w.a.hot.spend_var_q8 = deviation_fen * deviation_fen * 256;
    w.show({.function = function, .direction = Direction::none, .fen = fen});
    return w.weight(RuleId::A11);
  };
  CHECK(weight(3001, 0) == 200);
  CHECK(weight(3000, 0) == 0);
  CHECK(weight(3401, 100) == 200);
  CHECK(weight(3400, 100) == 0);
  CHECK(weight(3001, 0, "library") == 0);
}

TEST_CASE("A11: refused payments are not what a person is used to", "[rules][A11]") {
  World w;
  w.show({.function = "payment", .outcome = Outcome::denied, .fen = 1000});
  w.show({.function = "payment", .fen = 1000, .device_reasons = Reason::DEVICE_NOT_ACTIVE});
  CHECK(w.a.hot.payments == 0);
  w.show({.function = "payment", .fen = 1000});
  CHECK(w.a.hot.payments == 1);
}

TEST_CASE("A11: the hour moves on in five-minute steps", "[rules][A11]") {
  AccountState::Hot hot;
  const auto sum = [&] {
    int n = 0;
    for (const auto b : hot.buckets) n += b;
    return n;
  };
  for (int i = 0; i < 12; ++i) rules::count_use(hot, kNoon + minutes(5 * i));
  CHECK(sum() == 12);
  rules::count_use(hot, kNoon + minutes(60));
  CHECK(sum() == 12); // the first has left
  rules::count_use(hot, kNoon + minutes(30));
  CHECK(sum() == 13); // late, inside the hour
  rules::count_use(hot, kNoon);
  CHECK(sum() == 13); // late, before it
  for (int i = 0; i < 300; ++i) rules::count_use(hot, kNoon + minutes(60));
  CHECK(hot.buckets[0] == 255);
  rules::count_use(hot, kNoon + days(2));
  CHECK(sum() == 1);
}
