// One account on a small campus, for tests: show its code somewhere, get the decision, look at what followed.
#pragma once

#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "domain/account.hpp"
#include "domain/account_response.hpp"
#include "domain/campus.hpp"
#include "tests/unit/domain/marked.hpp"

namespace onecode::test {

inline constexpr Time kNoon{1'772'424'000'000}; // 2026-03-02 12:00 campus time

/// The seed of everything random: ONECODE_SEED repeats a run.
inline unsigned seed() {
  const char* s = std::getenv("ONECODE_SEED");
  return s != nullptr ? static_cast<unsigned>(std::strtoul(s, nullptr, 10)) : 20260302U;
}

/// A place so many metres east and north of the main gate (29.37° N, where a degree of longitude is 96.9 km).
inline Zone place(std::int64_t east_m, std::int64_t north_m, std::string building = "", std::string campus = "main") {
  return {293'700'000 + north_m * 8993 / 100, 1'131'000'000 + east_m * 10319 / 100, std::move(building),
          std::move(campus)};
}

inline Policy campus_policy() {
  Policy p = builtin_policy();
  p.version = "test-1";
  p.zones = {{"gate", place(0, 0)},
             {"hall", place(140, 0)},
             {"canteen", place(800, 0)},
             {"dorm", place(2400, 0)},
             {"lab-a", place(400, 0, "lab")},
             {"lab-b", place(560, 0, "lab")},
             {"city", place(20'000, 0, "", "city")},
             {"nowhere", {0, 0, "", "main"}},
             {"hill", place(300, 0)},
             {"steps", place(280, 0)}};
  p.walking_seconds = {{{"gate", "hill"}, 1200}}; // up a winding path
  return p;
}

struct Code {
  std::string nonce;
  Duration age = seconds(10);
  std::int64_t ttl_s = 60;
};

/// One showing of the code.
struct Shown {
  std::string zone = "gate";
  Time time = kNoon;
  std::string handset = {};
  std::string device = {}; // by default one per zone
  std::string function = "access";
  Direction direction = Direction::in;
  Outcome outcome = Outcome::accepted;
  std::optional<std::int64_t> fen = {};
  std::optional<Code> code = {};
  Clock clock = Clock::synced;
  bool offline = false;
  std::int64_t accuracy_ms = 0;
  bool trusted = true;
  bool test_only = false;
  std::vector<std::string> categories = {};
  Reasons device_reasons = {};
  std::int64_t offset = 0; // 0: the next
  std::uint64_t companion = 0;
  bool clock_wrong = false;
  LearnedWays ways = {};
};

/// A code as its holder's phone asked for it.
struct Made {
  std::string zone = {};
  Time time = kNoon;
  std::string nonce = "n-1";
  std::int64_t ttl_s = 60;
  std::string network = "campus";
  std::string ap = "ap-1";
  std::string handset = "h-1";
};

struct World {
  PolicyHistory policies;
  AccountState a;
  Time now = kNoon;
  Effects out;
  std::deque<Scan> scans;
  std::int64_t offset = 0;

  explicit World(Policy p = campus_policy()) : policies(std::move(p)) {
    a.id = "a-1";
    a.profile.opened = true;
    a.profile.category = "student";
    a.profile.valid_from = kNoon - days(400);
    a.profile.holder = "p-1";
    a.hot.first_scan = kNoon - days(100);
  }

  const CampusFacts* facts = nullptr;

  Context context() const { return {policies, now, facts, 1}; }

  Decision show(const Shown& s) {
    Scan& scan = scans.emplace_back();
    scan.origin = {{Topic::scans, 0}, s.offset != 0 ? s.offset : ++offset, "gw", {}, s.time};
    scan.origin.id = "s" + std::to_string(scan.origin.offset);
    scan.device = s.device.empty() ? "d-" + s.zone : s.device;
    scan.account = a.id;
    scan.function = s.function;
    scan.auth = "present";
    scan.direction = s.direction;
    scan.outcome = s.outcome;
    if (s.fen) scan.amount = Fen{*s.fen};
    scan.handset = s.handset;
    scan.clock = s.clock;
    scan.offline = s.offline;
    scan.time_accuracy_ms = s.accuracy_ms;
    if (s.code)
      scan.token = {TokenState::genuine, "k1", s.handset, s.code->nonce, s.time - s.code->age, s.code->ttl_s, ""};
    msg::ScanSeen seen{&scan, {}};
    seen.opinion.trusted = s.trusted;
    seen.opinion.test_only = s.test_only;
    seen.opinion.zone = s.zone;
    seen.opinion.integration = "gates";
    seen.opinion.categories = s.categories;
    seen.opinion.reasons = s.device_reasons;
    seen.opinion.companion = s.companion;
    seen.opinion.clock_wrong = s.clock_wrong;
    seen.opinion.ways = s.ways;
    if (s.time > now) now = s.time;
    out.clear();
    take(a, [&] { step(a, seen, context(), out); });
    return last<Decision>();
  }

  void issue(const Made& m) {
    CodeIssued c;
    c.origin = {{Topic::codes_issued, 0}, ++offset, "issuer", "i" + std::to_string(offset), m.time};
    c.account = a.id;
    c.handset = m.handset;
    c.nonce = m.nonce;
    c.ttl_s = m.ttl_s;
    c.zone = m.zone;
    c.network = m.network;
    c.ap = m.ap;
    if (m.time > now) now = m.time;
    out.clear();
    take(a, [&] { step(a, c, context(), out); });
  }

  /// A reader says that this scan's time or place was wrong.
  void withdraw(RuleId rule, const EventRef& event, const std::string& device = "d-gate") {
    out.clear();
    take(a, [&] { step(a, msg::EvidenceWithdrawn{device, rule, event}, context(), out); });
  }

  template <class Args>
  void command(Args args, std::string role = "registrar", std::string actor = "clerk-1",
               std::string reason = "because") {
    Command c;
    c.origin = {{Topic::commands, 0}, ++offset, "desk", "c" + std::to_string(offset), now};
    c.args = std::move(args);
    c.name = c.info().name;
    c.target = a.id;
    c.role = std::move(role);
    c.actor = std::move(actor);
    c.reason = std::move(reason);
    c.issued_at = now;
    out.clear();
    take(a, [&] { step(a, c, context(), out); });
  }

  void permit(bool granted) {
    out.clear();
    take(a, [&] { step(a, msg::FreezePermit{a.file.finding ? a.file.finding->uid : "", granted}, context(), out); });
  }

  void fire(const std::string& timer, Time due) {
    if (due > now) now = due;
    out.clear();
    take(a, [&] { step(a, msg::TimerFired{timer, due}, context(), out); });
  }

  /// Enough misuse for an automatic freeze: A2 (900) and A8 (650), two families.
  void misuse(Time t = kNoon) {
    show({.zone = "gate", .time = t, .handset = "h-1"});
    show({.zone = "dorm", .time = t + seconds(1), .handset = "h-2"});
    show({.zone = "gate", .time = t + seconds(2), .handset = "h-1"});
  }

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& o : out.outputs)
      if (const T* x = std::get_if<T>(&o)) found.push_back(*x);
    return found;
  }
  template <class T>
  T first() const {
    const auto found = all<T>();
    return found.empty() ? T{} : found.front();
  }
  template <class T>
  T last() const {
    const auto found = all<T>();
    return found.empty() ? T{} : found.back();
  }
  template <class T>
  std::vector<T> messages() const {
    std::vector<T> found;
    for (const auto& s : out.sends)
      if (const T* x = std::get_if<T>(&s.message)) found.push_back(*x);
    return found;
  }
  std::string refusal() const { return out.refusal ? std::string(out.refusal->code) : ""; }
  std::optional<Time> timer(const std::string& name) const {
    for (const auto& t : out.timers)
      if (t.name == name) return t.due;
    return std::nullopt;
  }
  /// Points of one rule's entry, 0 without one.
  int weight(RuleId rule) const {
    for (const auto& e : a.file.evidence.entries())
      if (e.rule == rule) return e.weight;
    return 0;
  }
};

inline std::string text(Reasons reasons) {
  std::string s;
  reasons.each([&](Reason r) { s += (s.empty() ? "" : " ") + std::string(to_string(r)); });
  return s;
}

} // namespace onecode::test
