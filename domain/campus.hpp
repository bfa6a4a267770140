// Facts that belong to the whole campus, each an entity of its own (kind `campus`), told apart by the prefix of its id:
//   campus:breaker   stops automatic freezing when too many happen at once (R8.4, DETECTION §6)
//   serial:<serial>, se:<secure element>   which device and integration carry it (rule D8)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
  std::string id;
  BreakerRecord breaker;
  Serial serial;
  bool dirty = false;
};

void step(CampusState& c, const msg::FreezeWanted& wanted, const Context& context, Effects& out);
void step(CampusState& c, const msg::AccountsOpened& opened, const Context& context, Effects& out);
void step(CampusState& c, const msg::SerialClaimed& claim, const Context& context, Effects& out);

} // namespace onecode
