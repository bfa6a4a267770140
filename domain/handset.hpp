// A handset: which accounts were shown from it lately (rule A9). Exact up to 64 accounts; more are only counted as 64. Who was
// not shown from it for kKept, and is outside the rule's window, leaves with the next use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/effects.hpp"

namespace onecode {

struct HandsetState {
  struct User {
    std::string account;
    Time last;
    EventRef event;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("account", s.account);
      v("last", s.last);
      v("event", s.event);
    }
  };
  static constexpr std::size_t kMaxUsers = 64;
  static constexpr Duration kKept = days(90);

  std::string id;
  struct Record {
    std::vector<User> users; // by account id
    std::uint32_t told = 0;  // accounts lately, as last told to them; falls when the window forgets some
    Time told_at;            // event time
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("users", s.users);
      v("told", s.told);
      v("told_at", s.told_at);
    }
  } record;
  bool dirty = false;
};

void step(HandsetState& h, const msg::HandsetUsed& used, const Context& context, Effects& out);
void step(HandsetState& h, const msg::AccountForgotten& gone);

} // namespace onecode
