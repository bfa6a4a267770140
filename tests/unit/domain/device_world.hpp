// One reader of one integration, for tests: send it scans, reports and commands, look at what followed.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "domain/device.hpp"
#include "domain/device_commands.hpp"
#include "domain/device_standing.hpp"
#include "domain/integration.hpp"
#include "domain/rules/params.hpp"
#include "tests/unit/domain/account_world.hpp"

namespace onecode::test {

inline msg::IntegrationView live_view(std::string state = "live", std::string access = "open") {
  msg::IntegrationView v;
  v.integration = "gates";
  v.state = std::move(state);
  v.access = std::move(access);
  v.owners = {"owner-1"};
  v.unit = "logistics";
  return v;
}

inline std::vector<std::string> names(const Reasons& reasons) {
  std::vector<std::string> out;
  reasons.each([&](Reason r) { out.emplace_back(to_string(r)); });
  return out;
}

/// What a test varies about a scan.
struct Reading {
  std::uint64_t seq = 0;
  std::uint32_t boot = 1;
  std::uint64_t content = 0; // 0: by boot and number
  Time time = kNoon;
  std::string id = {}; // by boot, number and content
  MacCheck mac = MacCheck::ok;
  std::string account = "a-1";
  TokenState token = TokenState::none;
  std::string function = "access";
  Direction direction = Direction::in;
  std::string integration = {};
  std::string operator_id = {};
  bool offline = false;
  Clock clock = Clock::synced;
  std::int64_t accuracy_ms = 0;
};

struct DeviceWorld {
  PolicyHistory policies;
  DeviceState d;
  Time now = kNoon;
  Effects out;
  std::deque<Scan> scans;
  std::deque<Command> commands;
  std::deque<DeviceReport> reports;
  std::int64_t offset = 0;

  explicit DeviceWorld(Policy p = campus_policy()) : policies(std::move(p)) { d.id = "d-1"; }

  /// A certified reader with a MAC key at work at the gate; everything saved.
  static DeviceWorld at_work(Policy p = campus_policy()) {
    DeviceWorld w(std::move(p));
    w.work();
    return w;
  }
  void work() {
    command(DeviceRegister{"SN-1", "X200", "gates", {}, {}});
    view(live_view());
    command(DeviceCertify{"cert-1", kNoon + days(365), "key-1"});
    command(DeviceInstall{"gates", "gate", {}, {}, {}, "fixed"}, "owner-1");
    command(DeviceActivate{}, "owner-1");
    saved(d);
    out.clear();
  }

  Context context() const { return {policies, now}; }

  Effects& scan(const Reading& r) {
    Scan& s = scans.emplace_back();
    const std::uint64_t content = r.content != 0 ? r.content : mix64(r.boot, r.seq);
    s.origin = {{Topic::scans, 3}, ++offset, "gw", {}, r.time};
    s.origin.id =
        !r.id.empty() ? r.id : std::to_string(r.boot) + "/" + std::to_string(r.seq) + "/" + std::to_string(content);
    s.device = d.id;
    s.boot = r.boot;
    s.seq = r.seq;
    s.content = content;
    s.account = r.account;
    s.token.state = r.token;
    s.function = r.function;
    s.direction = r.direction;
    s.integration = r.integration;
    s.operator_id = r.operator_id;
    s.offline = r.offline;
    s.clock = r.clock;
    s.time_accuracy_ms = r.accuracy_ms;
    if (!d.reg.secret.empty()) s.mac = "mac of " + std::to_string(content); // it covers the content
    out.clear();
    take(d, [&] { step(d, s, d.reg.secret.empty() ? MacCheck::not_required : r.mac, context(), out); });
    return out;
  }
  /// What the account hears of this scan; nullptr: nothing was sent to one.
  const DeviceOpinion* opinion(const Reading& r) {
    scan(r);
    return opinion();
  }
  const DeviceOpinion* opinion() const {
    for (const auto& s : out.sends)
      if (const auto* seen = std::get_if<msg::ScanSeen>(&s.message)) return &seen->opinion;
    return nullptr;
  }

  Effects& command(CommandArgs args, std::string actor = "centre-1", std::string reason = {}) {
    Command& c = commands.emplace_back();
    c.args = std::move(args);
    c.name = c.info().name;
    c.target = d.id;
    c.actor = std::move(actor);
    c.role = c.info().roles;
    c.reason = std::move(reason);
    c.origin = {{Topic::commands, 3}, ++offset, "desk", {}, now};
    c.origin.id = "c" + std::to_string(offset);
    out.clear();
    take(d, [&] { step(d, c, context(), out); });
    return out;
  }
  Effects& view(const msg::IntegrationView& v) {
    out.clear();
    take(d, [&] { step(d, v, context(), out); });
    return out;
  }
  Effects& timer(std::string name, Time due) {
    if (due > now) now = due;
    out.clear();
    take(d, [&] { step(d, msg::TimerFired{std::move(name), due}, context(), out); });
    return out;
  }
  Effects& report(Time time, std::string address, std::uint32_t boot = 1, std::optional<std::uint64_t> seq = {},
                  std::string tls = "t", std::uint64_t content = 0) {
    DeviceReport& r = reports.emplace_back();
    r.origin = {{Topic::device_reports, 3}, ++offset, "gw", {}, time};
    r.origin.id = "r" + std::to_string(offset);
    r.device = d.id;
    r.boot = boot;
    r.seq = seq;
    if (!address.empty()) r.network = NetworkFacts{std::move(address), {}, {}, {}, {}, {}, 0};
    r.tls_fingerprint = std::move(tls);
    r.content = content != 0 ? content : mix64(boot, seq.value_or(static_cast<std::uint64_t>(offset)));
    out.clear();
    take(d, [&] { step(d, r, context(), out); });
    return out;
  }

  template <class T>
  std::vector<T> outputs() const {
    std::vector<T> all;
    for (const auto& o : out.outputs)
      if (const auto* t = std::get_if<T>(&o)) all.push_back(*t);
    return all;
  }
  template <class T>
  std::vector<T> messages() const {
    std::vector<T> all;
    for (const auto& s : out.sends)
      if (const auto* t = std::get_if<T>(&s.message)) all.push_back(*t);
    return all;
  }
  const DeviceState::OpenFinding* finding(RuleId rule) const {
    for (const auto& f : d.file.findings)
      if (f.finding.rule == rule) return &f;
    return nullptr;
  }
  std::string refused() const { return out.refusal ? std::string(out.refusal->code) : ""; }
  bool silent() const {
    return out.outputs.empty() && out.sends.empty() && out.timers.empty() && !out.refusal && out.tally.hits.empty();
  }
};

} // namespace onecode::test
