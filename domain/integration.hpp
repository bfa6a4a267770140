// An integration: a unit's subsystem on the one-code, its declared scope and its state (Art. 4-7). Here: adoption of one
// that existed before, pushing state and scope to its devices, and the findings D15 and R6.4 about it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/device.hpp"
#include "domain/effects.hpp"

namespace onecode {

struct IntegrationState {
  struct Record {
    std::string state; // as in REGULATION §3, lower case with hyphens; empty: unknown
    std::string access = "open";
    std::string unit;
    std::vector<std::string> owners;
    Plan plan;
    Manifest manifest;
    std::uint64_t revision = 0;
    std::vector<std::string> drift; // the last 10 texts
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("state", s.state);
      v("access", s.access);
      v("unit", s.unit);
      v("owners", s.owners);
      v("plan", s.plan);
      v("manifest", s.manifest);
      v("revision", s.revision);
      v("drift", s.drift);
    }
  };
  struct Devices {
    std::set<std::string> ids;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("ids", s.ids);
    }
  };
  std::string id;
  Record record;
  Devices devices;
  DeviceState::File file;

  struct Dirty {
    bool record = false, devices = false, file = false;
    bool any() const { return record || devices || file; }
  };
  Dirty dirty;
};

void step(IntegrationState& i, const Command& command, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::DeviceJoined& joined, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::DriftSeen& drift, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::TimerFired& timer, const Context& context, Effects& out);

} // namespace onecode
