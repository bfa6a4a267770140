#include "domain/rules/d02_sequence.hpp"

#include "domain/device_findings.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

constexpr int kBacklogQuality = 500;

Text numbered(std::uint32_t boot, std::uint64_t seq, std::string_view zh, std::string_view en) {
  const std::string b = std::to_string(boot), n = std::to_string(seq);
  return {"第 " + b + " 次启动的序号 " + n + std::string(zh), "number " + n + " of boot " + b + std::string(en)};
}

} // namespace

std::optional<Hit> cloned_sequence(const SequencePlace& place, const Scan& scan, const RuleSettings& s) {
  if (place.arrival == Arrival::clash) {
    Hit hit = make_hit(RuleId::D2, s, scan.origin.time,
                       numbered(scan.boot, scan.seq, " 出现了两种内容", " came with two contents"), ref(scan.origin));
    if (place.earlier) hit.events.push_back(*place.earlier);
    return hit;
  }
  const bool behind = place.arrival == Arrival::behind;
  if (!behind && (place.arrival != Arrival::old_boot || scan.offline)) return std::nullopt;
  Hit hit = make_hit(RuleId::D2, s, scan.origin.time,
                     behind ? numbered(scan.boot, scan.seq, " 早已过去", " came long after its turn")
                            : numbered(scan.boot, scan.seq, " 属于早已结束的启动", " came after that boot was over"),
                     ref(scan.origin));
  hit.weight = static_cast<int>(s[param::d2::regression_weight]);
  if (scan.offline) hit.quality = kBacklogQuality;
  return hit;
}

std::optional<Hit> cloned_report(Arrival arrival, const DeviceReport& report, const RuleSettings& s) {
  if (arrival != Arrival::clash) return std::nullopt;
  return make_hit(RuleId::D2, s, report.origin.time,
                  numbered(report.boot, report.seq.value_or(0), " 的状态上报出现了两种内容",
                           " came with two contents as a report"),
                  ref(report.origin));
}

} // namespace onecode::rules
