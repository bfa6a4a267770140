#include "app/audit/gaps.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace onecode::app {

std::uint64_t DeviceCount::missing() const {
  std::uint64_t n = 0;
  for (const auto& g : gaps) n += g.count();
  return n;
}

void Gaps::add(const std::string& device, Counted of, std::uint32_t boot, std::uint64_t number, Time time) {
  ++(of == Counted::scans ? scans : reports);
  auto& stretches = counts_[{device, of, boot}];
  auto next = stretches.upper_bound(number);
  const bool ends = next != stretches.begin() && std::prev(next)->second.last >= number;
  if (ends) return; // known
  const bool joins_before = next != stretches.begin() && std::prev(next)->second.last + 1 == number;
  const bool joins_next = next != stretches.end() && next->first == number + 1;
  if (joins_before) {
    auto& before = std::prev(next)->second;
    before.last = joins_next ? next->second.last : number;
    before.last_time = joins_next ? next->second.last_time : time;
    if (joins_next) stretches.erase(next);
  } else if (joins_next) {
    auto node = stretches.extract(next);
    node.key() = number;
    node.mapped().first_time = time;
    stretches.insert(std::move(node));
  } else {
    stretches.emplace_hint(next, number, Stretch{number, time, time});
  }
}

void NumberReader::read(TopicPartition at, const streams::Record& record) {
  if (at.topic == Topic::scans) {
    if (decoder_.scan(at, record, policies_, scan_))
      ++unreadable;
    else
      gaps_.add(scan_.device, Counted::scans, scan_.boot, scan_.seq, scan_.origin.time);
  } else if (at.topic == Topic::device_reports) {
    streams::Event event;
    const auto wrong = decoder_.event(at, record, event);
    const auto* report = wrong ? nullptr : std::get_if<DeviceReport>(&event);
    if (report == nullptr)
      ++unreadable;
    else if (!report->seq)
      ++numberless;
    else
      gaps_.add(report->device, Counted::reports, report->boot, *report->seq, report->origin.time);
  }
}

std::vector<DeviceCount> Gaps::found() const {
  std::vector<DeviceCount> out;
  for (const auto& [key, stretches] : counts_) {
    if (stretches.size() < 2) continue;
    auto& count = out.emplace_back(
        DeviceCount{key.device, key.of, key.boot, stretches.begin()->first, stretches.rbegin()->second.last, {}});
    for (auto it = stretches.begin(), next = std::next(it); next != stretches.end(); it = next++)
      count.gaps.push_back({it->second.last + 1, next->first - 1, it->second.last_time, next->second.first_time});
  }
  return out;
}

std::vector<Gaps::Uncounted> Gaps::uncounted() const {
  std::vector<Uncounted> out;
  for (auto it = counts_.begin(); it != counts_.end();) {
    const auto& [device, of] = std::tie(it->first.device, it->first.of);
    bool zero = true; // in every boot
    auto next = it;
    for (; next != counts_.end() && next->first.device == device && next->first.of == of; ++next)
      zero = zero && next->second.rbegin()->second.last == 0;
    if (zero) out.push_back({device, of});
    it = next;
  }
  return out;
}

} // namespace onecode::app
