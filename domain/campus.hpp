// Facts that belong to the whole campus, each an entity of its own (kind `campus`), told apart by the prefix of its id:
//   campus:breaker   stops automatic freezing when too many happen at once (R8.4, DETECTION §6)
//   serial:<serial>, se:<secure element>   which device and integration carry it (rule D8)
//   project:<id>     a campus IT project, and whether it must integrate and has not (R2.3)
//   issuer:<kid>     a credential scheme of another issuer: approved by the leading group, or found in use (R2.4)
//   interpretation:<rule or article>   what the information centre says it means, version by version (R12.1)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/device.hpp"
#include "domain/effects.hpp"

namespace onecode {

inline const EntityId kBreaker{Kind::campus, "campus:breaker"};

struct CampusState {
  struct BreakerRecord {
    std::int64_t accounts = 0;
    std::vector<Time> granted; // engine times of the last day's permits, oldest first
    bool open = false;         // open: no current flows, nothing is frozen automatically
    Time opened;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("accounts", s.accounts);
      v("granted", s.granted);
      v("open", s.open);
      v("opened", s.opened);
    }
  };
  struct Carrier {
    std::string device, integration;
    EventRef event;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("device", s.device);
      v("integration", s.integration);
      v("event", s.event);
    }
  };
  struct Serial {
    std::vector<Carrier> carriers; // at most 16
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("carriers", s.carriers);
    }
  };
  struct Project {
    std::string unit, integration; // empty: none
    bool identity = false, fees = false, permissions = false;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("unit", s.unit);
      v("integration", s.integration);
      v("identity", s.identity);
      v("fees", s.fees);
      v("permissions", s.permissions);
    }
  };
  struct Scheme {
    std::string name;
    Time to;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("name", s.name);
      v("to", s.to);
    }
  };
  struct Interpretation {
    std::int64_t version = 0;
    std::string note, hash, by;
    Time at;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("version", s.version);
      v("note", s.note);
      v("hash", s.hash);
      v("by", s.by);
      v("at", s.at);
    }
  };
  /// What people registered.
  struct Register {
    static constexpr std::size_t kMaxInterpretations = 20;
    std::optional<Project> project;
    std::optional<Scheme> scheme;
    std::vector<Interpretation> interpretations; // the last 20
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("project", s.project);
      v("scheme", s.scheme);
      v("interpretations", s.interpretations);
    }
  };
  /// Who was shown with a code of a scheme that nobody approved, lately.
  struct ForeignCodes {
    static constexpr std::size_t kMost = 16;
    struct Subject {
      std::uint64_t subject = 0;
      Time at;
      EventRef event;
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("subject", s.subject);
        v("at", s.at);
        v("event", s.event);
      }
    };
    std::vector<Subject> subjects; // the last 16, in event time
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("subjects", s.subjects);
    }
  };
  std::string id;
  BreakerRecord breaker;
  Serial serial;
  Register registered;
  ForeignCodes foreign;
  DeviceState::File file; // findings
  bool dirty = false;
};

void step(CampusState& c, const msg::FreezeWanted& wanted, const Context& context, Effects& out);
void step(CampusState& c, const msg::AccountsOpened& opened, const Context& context, Effects& out);
void step(CampusState& c, const msg::SerialClaimed& claim, const Context& context, Effects& out);
void step(CampusState& c, const msg::ForeignCode& code, const Context& context, Effects& out);
void step(CampusState& c, const Command& command, const Context& context, Effects& out);
void step(CampusState& c, const msg::TimerFired& timer, const Context& context, Effects& out);

} // namespace onecode
