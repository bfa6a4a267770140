#include "app/evaluate/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace onecode::app::evaluate {
namespace {

constexpr double kZ = 1.959963984540054; // 97.5 % of the normal distribution lie below
constexpr double kTail = 0.025;

/// P(X <= events) where X has this mean.
double poisson_below(std::uint64_t events, double mean) {
  if (mean <= 0) return 1;
  double sum = 0;
  // Downwards: once past the greatest term, the rest vanishes quickly.
  for (std::uint64_t k = events + 1; k-- > 0;) {
    const auto x = static_cast<double>(k);
    const double term = std::exp(x * std::log(mean) - mean - std::lgamma(x + 1));
    sum += term;
    if (x < mean && term < sum * 1e-17) break;
  }
  return std::min(sum, 1.0);
}

/// The mean at which `below(mean)`, which falls, is `wanted`.
template <class F>
double solve(F below, double wanted, double high) {
  double low = 0;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (below(middle) > wanted ? low : high) = middle;
  }
  return (low + high) / 2;
}

} // namespace

std::optional<double> Share::value() const {
  if (n == 0) return std::nullopt;
  return static_cast<double>(hits) / static_cast<double>(n);
}

std::optional<Interval> wilson(const Share& share) {
  if (share.n == 0) return std::nullopt;
  const auto n = static_cast<double>(share.n);
  const double p = *share.value(), z2 = kZ * kZ;
  const double centre = p + z2 / (2 * n), width = kZ * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  Interval out{(centre - width) / (1 + z2 / n), (centre + width) / (1 + z2 / n)};
  // Exactly, where rounding would leave a trace.
  if (share.hits == 0) out.low = 0;
  if (share.hits == share.n) out.high = 1;
  return out;
}

Interval poisson(std::uint64_t events) {
  const double k = static_cast<double>(events), far = k + 10 * std::sqrt(k + 1) + 10;
  Interval out;
  if (events > 0) out.low = solve([&](double mean) { return poisson_below(events - 1, mean); }, 1 - kTail, far);
  out.high = solve([&](double mean) { return poisson_below(events, mean); }, kTail, far);
  return out;
}

std::optional<Duration> quantile(std::vector<Duration> values, double share) {
  if (values.empty()) return std::nullopt;
  const auto n = static_cast<double>(values.size());
  const auto rank = static_cast<std::size_t>(std::clamp(std::ceil(share * n - 1e-9), 1.0, n));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

} // namespace onecode::app::evaluate
