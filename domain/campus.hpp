// Facts that belong to the whole campus, each an entity of its own (kind `campus`), told apart by the prefix of its id:
//   campus:breaker   stops automatic freezing when too many happen at once (R8.4, DETECTION §6)
//   serial:<serial>, se:<secure element>   which device and integration carry it (rule D8)
//   project:<id>     a campus IT project, and whether it must integrate and has not (R2.3)
//   issuer:<kid>     a credential scheme of another issuer: approved by the leading group, or found in use (R2.4)
//   rule:<id>        how often it was right, by the cases that people decided (DETECTION §6)
//   facts:<shard>.n  a shard's copy of what every account must know (domain/campus_facts.hpp)
//   switch:<id>      the devices behind it, and whether they changed their network together (rule D7)
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
  struct Precision {
    std::int64_t version = 0; // of the rule
    std::int64_t upheld = 0, not_upheld = 0;
    bool doubted = false;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("version", s.version);
      v("upheld", s.upheld);
      v("not_upheld", s.not_upheld);
      v("doubted", s.doubted);
    }
  };
  struct Switch {
    static constexpr std::size_t kMembers = 512, kTrips = 128;
    struct Trip {
      std::string device;
      Time at;
      EventRef event;
      std::uint64_t print = 0; // of its new network
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("device", s.device);
        v("at", s.at);
        v("event", s.event);
        v("print", s.print);
      }
    };
    std::vector<std::uint64_t> members; // hashes, sorted; at most 512
    std::vector<Trip> trips;            // the last 128, one of each device, in event time
    std::optional<Time> incident;       // when they changed their network in one
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("members", s.members);
      v("trips", s.trips);
      v("incident", s.incident);
    }
  };
  std::string id;
  BreakerRecord breaker;
  Serial serial;
  Register registered;
  ForeignCodes foreign;
  DeviceState::File file; // findings
  Precision precision;
  CampusFacts facts;
  Switch network;
  bool dirty = false;
};

void step(CampusState& c, const msg::FreezeWanted& wanted, const Context& context, Effects& out);
void step(CampusState& c, const msg::AccountsOpened& opened, const Context& context, Effects& out);
void step(CampusState& c, const msg::SerialClaimed& claim, const Context& context, Effects& out);
void step(CampusState& c, const msg::ForeignCode& code, const Context& context, Effects& out);
void step(CampusState& c, const msg::RuleJudged& judged, const Context& context, Effects& out);
void step(CampusState& c, const msg::RuleDoubted& news, const Context& context, Effects& out);
void step(CampusState& c, const msg::SwitchJoined& joined, const Context& context, Effects& out);
void step(CampusState& c, const msg::NetworkTripped& tripped, const Context& context, Effects& out);
void step(CampusState& c, const Command& command, const Context& context, Effects& out);
void step(CampusState& c, const msg::TimerFired& timer, const Context& context, Effects& out);

} // namespace onecode
