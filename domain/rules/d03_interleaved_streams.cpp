#include "domain/rules/d03_interleaved_streams.hpp"

#include <algorithm>

#include "domain/by_event_time.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

using Seen = DeviceState::ReportSeen;
constexpr std::size_t kSeen = 8;

template <class T>
bool conflict(T a, T b) {
  return a != 0 && b != 0 && a != b;
}

bool different(const Seen& a, const Seen& b) {
  return conflict(a.address, b.address) || conflict(a.tls, b.tls) || conflict(a.boot, b.boot);
}

bool before(const Seen& a, const Seen& b) { return a.at < b.at && a.event < b.event; }

} // namespace

std::optional<Seen> stream_of(const DeviceReport& report) {
  const auto print = [](const std::string& said) {
    return said.empty() ? 0 : static_cast<std::uint32_t>(print_of<Seen::kBits>(hash64(said)));
  };
  Seen seen{report.origin.time, report.network ? print(report.network->src_ip) : 0, print(report.tls_fingerprint),
            report.boot, ref(report.origin)};
  if (seen.address == 0 && seen.tls == 0) return std::nullopt;
  return seen;
}

bool remember_stream(std::vector<Seen>& seen, Seen report) { return keep_newest(seen, std::move(report), kSeen); }

std::optional<Hit> interleaved_streams(const std::vector<Seen>& seen, const Seen& newest, const RuleSettings& s) {
  const std::int64_t window = s[param::d3::window_ms];
  for (const auto& a : seen)
    for (const auto& b : seen) {
      if (!before(a, b) || !different(a, b)) continue;
      for (const auto& again : seen) {
        if (!before(b, again) || !different(b, again) || different(a, again)) continue;
        if ((again.at - a.at).ms > window) continue;
        if (a.event != newest.event && b.event != newest.event && again.event != newest.event) continue;
        const std::string seconds = std::to_string(((again.at - a.at).ms + 999) / 1000);
        return Hit{RuleId::D3,
                   s.weight,
                   1000,
                   newest.at,
                   {"两个来源(地址、启动次数或 TLS 指纹不同)在 " + seconds + " 秒内交替上报",
                    "two sources (by address, boot or TLS fingerprint) reported in turn within " + seconds + " s"},
                   {a.event, b.event, again.event}};
      }
    }
  return std::nullopt;
}

} // namespace onecode::rules
