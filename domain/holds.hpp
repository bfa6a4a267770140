// Holds are a set: each stands on its own article and ends on its own path; lifting one leaves the others (REGULATION §3).
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/functions.hpp"
#include "domain/grounds.hpp"
#include "domain/time.hpp"

namespace onecode {

struct Hold {
  std::string id;
  std::string article;                // 8 | 10 | protective
  std::string reason;                 // of a person, or of the ledger
  std::optional<Grounds> grounds;     // of the engine, instead
  std::vector<std::string> functions; // what is blocked, sorted
  Time since;
  std::optional<Time> expires;
  std::string case_id;
  std::string actor, role, policy;   // decided by
  std::vector<std::string> evidence; // finding ids
  bool provisional = false;          // R8.4: by the response policy, until a person confirms it

  bool blocks(std::string_view function) const { return lists_function(functions, function); }

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("id", s.id);
    v("article", s.article);
    v("reason", s.reason);
    v("grounds", s.grounds);
    v("functions", s.functions);
    v("since", s.since);
    v("expires", s.expires);
    v("case", s.case_id);
    v("actor", s.actor);
    v("role", s.role);
    v("policy", s.policy);
    v("evidence", s.evidence);
    v("provisional", s.provisional);
  }
};

class HoldSet {
public:
  bool empty() const { return holds_.empty(); }
  const std::vector<Hold>& all() const { return holds_; }
  const Hold* find(std::string_view id) const {
    const auto it = std::ranges::find(holds_, id, &Hold::id);
    return it == holds_.end() ? nullptr : &*it;
  }
  /// Kept in id order, so that the set is the same whatever the order of arrival. False: that id is there already.
  bool add(Hold hold) {
    const auto it = std::ranges::lower_bound(holds_, hold.id, {}, &Hold::id);
    if (it != holds_.end() && it->id == hold.id) return false;
    holds_.insert(it, std::move(hold));
    return true;
  }
  /// Ends the holds that `which` names; how many.
  template <class F>
  std::size_t lift(F&& which) {
    return std::erase_if(holds_, which);
  }
  /// Lets `change` edit every hold but its id; it says which it changed. How many.
  template <class F>
  std::size_t change(F&& change) {
    return static_cast<std::size_t>(std::ranges::count_if(holds_, change));
  }
  /// Does a hold that began at or before `event_time` block this function?
  bool blocks(std::string_view function, Time event_time) const {
    return std::ranges::any_of(holds_, [&](const Hold& h) { return h.since <= event_time && h.blocks(function); });
  }

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("holds", s.holds_);
  }

private:
  std::vector<Hold> holds_;
};

} // namespace onecode
