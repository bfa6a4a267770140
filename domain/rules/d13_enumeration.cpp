#include "domain/rules/d13_enumeration.hpp"

#include <algorithm>
#include <utility>

#include "domain/device_findings.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::d13;
constexpr std::int64_t kLargestStep = 3;
constexpr std::size_t kFew = 5; // subjects: who asks for more at once pages through what is listed

struct Numbered {
  std::uint64_t prefix = 0;
  std::int64_t number = 0;
  std::uint64_t digits = 0;
};

/// The number at the end of an id; nullopt: it has none.
std::optional<Numbered> numbered(std::string_view id) {
  std::size_t digits = 0;
  while (digits < id.size() && digits < 15 && id[id.size() - 1 - digits] >= '0' && id[id.size() - 1 - digits] <= '9')
    ++digits;
  if (digits == 0) return std::nullopt;
  Numbered n{hash64(id.substr(0, id.size() - digits)) | 1, 0, digits};
  for (const char c : id.substr(id.size() - digits)) n.number = n.number * 10 + (c - '0');
  return n;
}

/// Single look-ups in a row, in one direction, close to each other.
std::optional<Hit> counting(IntegrationState::DataUse& use, const DataAccess& access, const RuleSettings& s) {
  if (access.subjects.size() != 1) return std::nullopt;
  const auto id = numbered(access.subjects.front());
  if (!id) return std::nullopt;
  const Time t = access.origin.time;
  const std::int64_t step = id->number - use.number;
  const bool same = id->prefix == use.prefix;
  if (same && step == 0) return std::nullopt; // the same person again
  const bool goes_on =
      same && step >= -kLargestStep && step <= kLargestStep && (use.run == 0 || (step > 0) == (use.step > 0));
  // The run is counted anew in every window, so that only its pace matters.
  if (!goes_on || apart(use.run_since, t).ms > s[p::window_ms]) {
    use.run = 0;
    use.run_since = t;
    use.run_first = ref(access.origin);
  } else {
    ++use.run;
  }
  use.prefix = id->prefix;
  use.number = id->number;
  use.step = step;
  if (use.run + 1 < s[p::ids]) return std::nullopt;
  const std::string n = std::to_string(use.run + 1);
  Hit hit = make_hit(RuleId::D13, s, t,
                     {"连续查询 " + n + " 个相邻编号", "it looked up " + n + " neighbouring ids in a row"},
                     ref(access.origin));
  hit.events.push_back(use.run_first); // the run from its first to its last
  return hit;
}

using Asked = IntegrationState::DataUse::Asked;

bool neighbours(const Asked& a, const Asked& b) { return a.prefix == b.prefix && b.number - a.number == 1; }

/// Takes an id among the last ones, or the time at which it was asked for again.
void remember(std::vector<Asked>& list, Asked asked) {
  const auto place = [](const Asked& a) { return std::pair(a.prefix, a.number); };
  const auto it = std::ranges::lower_bound(list, place(asked), {}, place);
  if (it != list.end() && place(*it) == place(asked)) {
    it->at = std::max(it->at, asked.at);
    return;
  }
  list.insert(it, std::move(asked));
  if (list.size() > IntegrationState::DataUse::kAskedApart)
    list.erase(std::ranges::min_element(list, {}, &Asked::at));
}

/// Of the last ids that were asked for by few at once, many lie next to each other: in whatever order, and whoever else was asked
/// for in between.
std::optional<Hit> gathering(IntegrationState::DataUse& use, const DataAccess& access, const RuleSettings& s) {
  if (access.subjects.empty() || access.subjects.size() > kFew) return std::nullopt;
  const Time t = access.origin.time;
  auto& list = use.asked_apart;
  for (const auto& subject : access.subjects) {
    const auto id = numbered(subject);
    if (!id) continue;
    Asked asked{mix64(id->prefix, id->digits) >> 32, id->number, t, ref(access.origin)};
    asked.event.id.clear(); // its place says which it is
    remember(list, std::move(asked));
  }
  if (list.empty()) return std::nullopt;
  const Time newest = std::ranges::max_element(list, {}, &Asked::at)->at;
  std::erase_if(list, [&](const Asked& a) { return (newest - a.at).ms > s[p::window_ms]; });
  std::int64_t n = 0;
  const Asked* first = nullptr;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool beside =
        (i > 0 && neighbours(list[i - 1], list[i])) || (i + 1 < list.size() && neighbours(list[i], list[i + 1]));
    if (!beside) continue;
    ++n;
    if (first == nullptr || list[i].at < first->at) first = &list[i];
  }
  if (n < s[p::ids]) return std::nullopt;
  const std::string count = std::to_string(n);
  Hit hit = make_hit(
      RuleId::D13, s, t,
      {"分散查询了 " + count + " 个相邻编号", "it looked up " + count + " neighbouring ids, a few at a time"},
      ref(access.origin));
  if (first->event != hit.events.front()) hit.events.push_back(first->event);
  return hit;
}

std::optional<Hit> guessing(IntegrationState::DataUse& use, const DataAccess& access, const RuleSettings& s) {
  const Time t = access.origin.time;
  if (apart(use.lookups_since, t).ms > s[p::window_ms]) {
    use.lookups_since = t;
    use.lookups = use.not_found = 0;
  }
  constexpr std::int64_t kMost = 1'000'000'000; // keeps every product below inside 64 bits
  // A gateway may count only what it did not find: whom it asked for counts as well.
  const std::int64_t counted = std::min(access.result_count, kMost) + std::min(access.not_found_count, kMost);
  use.lookups = std::min(use.lookups + std::max(counted, std::min(access.subject_count, kMost)), kMost);
  use.not_found = std::min({use.not_found + access.not_found_count, use.lookups, kMost});
  if (use.lookups < s[p::ids] || use.not_found <= use.lookups * s[p::not_found_permille] / 1000) return std::nullopt;
  const std::string share = std::to_string(use.not_found * 100 / use.lookups), n = std::to_string(use.lookups);
  return make_hit(RuleId::D13, s, t,
                  {n + " 次查询中有 " + share + "% 查无此人", share + " % of " + n + " look-ups found nobody"},
                  ref(access.origin));
}

} // namespace

std::optional<Hit> enumeration(IntegrationState::DataUse& use, const DataAccess& access, const RuleSettings& s) {
  auto run = counting(use, access, s);
  auto gathered = gathering(use, access, s);
  auto guesses = guessing(use, access, s);
  return run ? run : gathered ? gathered : guesses;
}

} // namespace onecode::rules
