#include "domain/rules/a11_velocity.hpp"

#include <algorithm>
#include <numeric>

#include "domain/integer.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::a11;

constexpr Duration kBucket = minutes(5);
constexpr std::int64_t kBuckets = 12;
constexpr std::int64_t kMaxFen = 10'000'000; // 100,000 yuan: keeps the variance inside 64 bits

std::int64_t amount_q8(Fen amount) { return std::clamp<std::int64_t>(amount.value, 0, kMaxFen) * 256; }

/// The busiest minute that this sighting is part of, told by the minute's end.
std::optional<Hit> busy_minute(const AccountState& a, const Sighting& now, const RuleSettings& s) {
  constexpr Duration kMinute = minutes(1);
  std::int64_t near = 0;
  a.ring.each([&](const Sighting& other) { near += other.clock_sound && apart(other.time, now.time) < kMinute; });
  if (near <= s[p::per_minute]) return std::nullopt; // nearly always

  std::optional<Hit> best;
  a.ring.each([&](const Sighting& last) {
    if (!last.clock_sound || last.time < now.time || last.time - now.time >= kMinute) return;
    Hit hit{RuleId::A11, s.weight, 1000, last.time, {}, {}};
    a.ring.each([&](const Sighting& other) {
      if (other.clock_sound && other.time <= last.time && last.time - other.time < kMinute)
        hit.events.push_back(other.event);
    });
    if (static_cast<std::int64_t>(hit.events.size()) <= s[p::per_minute]) return;
    keep_weightier(best, std::move(hit), hours(s.half_life_h));
  });
  if (best) best->facts = {Form::busy_minute, {std::to_string(s[p::per_minute])}};
  return best;
}

std::optional<Hit> busy_hour(const AccountState& a, const Sighting& now, const RuleSettings& s) {
  const auto& b = a.hot.buckets;
  if (std::accumulate(b.begin(), b.end(), std::int64_t{0}) <= s[p::per_hour]) return std::nullopt;
  return Hit{RuleId::A11, s.weight, 1000, now.time, {Form::busy_hour, {std::to_string(s[p::per_hour])}}, {now.event}};
}

std::optional<Hit> unusual_payment(const AccountState& a, const Scan& scan, const RuleSettings& s) {
  const auto& hot = a.hot;
  if (scan.function != "payment" || !scan.amount || hot.payments < s[p::spend_warmup]) return std::nullopt;
  const auto sigma_q8 = static_cast<std::int64_t>(square_root(static_cast<u128>(hot.spend_var_q8) << 8));
  const i128 limit = i128{s[p::spend_factor]} * hot.spend_mean_q8 + i128{s[p::spend_sigmas]} * sigma_q8;
  if (amount_q8(*scan.amount) <= limit) return std::nullopt;
  return Hit{RuleId::A11,
             s.weight,
             1000,
             scan.origin.time,
             {Form::large_payment, {std::to_string(scan.amount->value), std::to_string(hot.spend_mean_q8 / 256)}},
             {ref(scan.origin)}};
}

} // namespace

std::optional<Hit> velocity(const AccountState& a, const Scan& scan, const Sighting& now, const RuleSettings& s) {
  std::optional<Hit> best = busy_minute(a, now, s);
  const auto consider = [&](std::optional<Hit> hit) {
    if (hit) keep_weightier(best, std::move(*hit), hours(s.half_life_h));
  };
  consider(busy_hour(a, now, s));
  consider(unusual_payment(a, scan, s));
  return best;
}

void count_use(AccountState::Hot& hot, Time t) {
  const Time slot{t.ms - t.ms % kBucket.ms};
  const std::int64_t ahead = (slot - hot.bucket_start).ms / kBucket.ms;
  if (ahead <= -kBuckets) return;
  if (ahead > 0) {
    // Bucket 0 is the newest.
    const auto by = static_cast<std::size_t>(std::min(ahead, kBuckets));
    std::copy_backward(hot.buckets.begin(), hot.buckets.end() - by, hot.buckets.end());
    std::fill_n(hot.buckets.begin(), by, std::uint8_t{0});
    hot.bucket_start = slot;
  }
  auto& bucket = hot.buckets[static_cast<std::size_t>(ahead > 0 ? 0 : -ahead)];
  if (bucket < 255) ++bucket;
}

void learn_payment(AccountState::Hot& hot, Fen amount) {
  const std::int64_t x = amount_q8(amount);
  if (hot.payments == 0) {
    hot.spend_mean_q8 = x;
  } else {
    const std::int64_t off = x - hot.spend_mean_q8;
    hot.spend_mean_q8 += off / 10;
    hot.spend_var_q8 = (hot.spend_var_q8 + off * off / 256 / 10) * 9 / 10;
  }
  if (hot.payments < 1'000'000) ++hot.payments;
}

} // namespace onecode::rules
