#include "domain/account_readers.hpp"

#include <algorithm>

#include "domain/rules/rests_on.hpp"

namespace onecode {
namespace {

using Reader = AccountState::Reader;

constexpr std::string_view kTimer = "readers";
constexpr Duration kOften = hours(1), kSeldom = days(1);

bool was_late(const AccountState& a, Time t) {
  return std::ranges::find(a.codes.late_ones, t, &AccountState::MadeCodes::Late::at) != a.codes.late_ones.end();
}

/// The rule of the evidence that cites the scan; of several one that contradicts the reader, for that counts there.
std::optional<RuleId> citing(const AccountState& a, const EventRef& event, Time at) {
  std::optional<RuleId> found;
  for (const auto& e : a.file.evidence.entries()) {
    if (!rules::rests_on_reader(e.rule) || std::ranges::find(e.events, event) == e.events.end()) continue;
    if (!found || rules::contradicts_reader(e.rule)) found = e.rule;
  }
  if (!found && was_late(a, at)) found = RuleId::A4;
  return found;
}

Reader& reader_of(AccountState& a, const Sighting& s) {
  auto& readers = a.file.readers;
  const auto it = std::ranges::find(readers, s.event, &Reader::event);
  if (it != readers.end()) return *it;
  a.dirty.file = true;
  return readers.emplace_back(Reader{s.device, s.time, {s.event.at, s.event.offset, {}}, false});
}

void tell(const AccountState& a, const Reader& reader, Effects& out) {
  const auto rule = citing(a, reader.event, reader.at);
  if (rule)
    out.sends.push_back(
        {{Kind::device, reader.device}, msg::ScanDoubted{a.id, *rule, 0, reader.at, reader.event, 0}});
}

/// How long after `t` they are asked: as long as it lies back what they would be asked about.
Duration interval(const AccountState& a, Time t) {
  if (std::ranges::any_of(a.file.holds.all(), &Hold::provisional)) return kOften;
  return std::clamp(t - a.file.finding->last_hit, kOften, kSeldom);
}

void ask_at(AccountState& a, Time due, Effects& out) {
  a.file.ask = due;
  a.dirty.file = true;
  out.timers.push_back({std::string(kTimer), due});
}

} // namespace

void remember_readers(AccountState& a, const Hit& hit) {
  if (!rules::rests_on_reader(hit.rule)) return;
  drop_readers(a); // of what this one replaced
  a.ring.each([&](const Sighting& s) {
    if (std::ranges::find(hit.events, s.event) == hit.events.end() || !citing(a, s.event, s.time)) return;
    // It hears of each hit that contradicts it, with what the scans say of its clock.
    if (Reader& reader = reader_of(a, s); rules::contradicts_reader(hit.rule)) reader.told = a.dirty.file = true;
  });
}

void remember_late(AccountState& a, const Sighting& shown) {
  if (was_late(a, shown.time)) reader_of(a, shown);
}

void drop_readers(AccountState& a) {
  const auto gone =
      std::erase_if(a.file.readers, [&](const Reader& r) { return !citing(a, r.event, r.at).has_value(); });
  a.dirty.file |= gone > 0;
}

void tell_readers(AccountState& a, const Context& context, Effects& out) {
  auto& file = a.file;
  if (!file.finding || file.readers.empty()) return;
  for (auto& reader : file.readers) {
    if (reader.told) continue;
    tell(a, reader, out);
    reader.told = a.dirty.file = true;
  }
  // Never later than before: hits without end must not put it off.
  const Time due = context.now + kOften;
  if (file.ask.ms == 0 || due < file.ask) ask_at(a, due, out);
}

void stop_readers_timer(Effects& out) { out.timers.push_back({std::string(kTimer), std::nullopt}); }

bool readers_timer(AccountState& a, const msg::TimerFired& timer, Effects& out) {
  if (timer.name != kTimer) return false;
  a.file.ask = {};
  a.dirty.file = true;
  drop_readers(a);
  if (!a.file.finding || a.file.readers.empty()) return true;
  for (const auto& reader : a.file.readers) tell(a, reader, out);
  ask_at(a, timer.due + interval(a, timer.due), out);
  return true;
}

} // namespace onecode
