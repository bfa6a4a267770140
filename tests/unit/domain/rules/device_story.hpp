// A reader installed with a baseline, what it reports, and the work that is approved on it: for tests of the device rules.
#pragma once

#include <string>
#include <utility>

#include "tests/unit/domain/device_world.hpp"

namespace onecode::test {

/// A reader at work since noon, installed as given.
inline DeviceWorld installed(DeviceInstall install) {
  DeviceWorld w;
  w.command(DeviceRegister{"SN-1", "X200", "gates", {}, {}});
  w.view(live_view());
  w.command(DeviceCertify{"cert-1", kNoon + days(365), {}});
  w.command(std::move(install), "owner-1");
  w.command(DeviceActivate{}, "owner-1");
  saved(w.d);
  w.out.clear();
  return w;
}

inline DeviceReport report_at(Time t, std::int64_t offset = 1) {
  DeviceReport r;
  r.origin = {{Topic::device_reports, 3}, offset, "gw", "r" + std::to_string(offset), t};
  r.device = "d-1";
  r.content = static_cast<std::uint64_t>(offset);
  return r;
}

inline Effects& send(DeviceWorld& w, DeviceReport r) {
  const Time t = r.origin.time;
  const std::int64_t offset = ++w.offset;
  r.origin = report_at(t, offset).origin;
  r.content = static_cast<std::uint64_t>(offset);
  w.out.clear();
  step(w.d, w.reports.emplace_back(std::move(r)), w.context(), w.out);
  return w.out;
}

/// The order m-1, asked for now; the device goes into maintenance when its time has come.
inline void ask(DeviceWorld& w, std::string kind, Time from, Time to) {
  w.command(MaintenanceRequest{"m-1", std::move(kind), from, to, {}}, "owner-1");
  REQUIRE(w.refused().empty());
}
inline void grant(DeviceWorld& w) {
  w.command(MaintenanceApprove{"m-1"});
  REQUIRE(w.refused().empty());
}
inline void finish(DeviceWorld& w, MaintenanceClose close, Time t) {
  const Time from = w.d.reg.maintenance->from;
  if (w.d.reg.life == DeviceLife::active) w.timer(std::string(kWindowTimer), from);
  w.now = t;
  close.order = "m-1";
  w.command(std::move(close), "owner-1");
  REQUIRE(w.refused().empty());
}

} // namespace onecode::test
