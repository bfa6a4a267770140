#include "domain/handset.hpp"

#include <algorithm>

#include "domain/rules/params.hpp"

namespace onecode {
namespace {

constexpr Duration kTellAgain = hours(24);

/// False: nothing new.
bool remember(HandsetState& h, const msg::HandsetUsed& used) {
  auto& users = h.record.users;
  const auto it = std::ranges::lower_bound(users, used.account, {}, &HandsetState::User::account);
  if (it != users.end() && it->account == used.account) {
    if (used.at <= it->last) return false;
    it->last = used.at;
    it->event = used.event;
    return true;
  }
  users.insert(it, {used.account, used.at, used.event});
  if (users.size() > HandsetState::kMaxUsers) // the least recent leaves; it may be the new one
    users.erase(std::ranges::min_element(users, {}, &HandsetState::User::last));
  return true;
}

} // namespace

// Rule A9 (R8.1): the window ends with the newest use, whatever the order of arrival.
void step(HandsetState& h, const msg::HandsetUsed& used, const Context& context, Effects& out) {
  if (!remember(h, used)) return;
  h.dirty = true;
  auto& r = h.record;
  if (r.users.empty()) return;
  const RuleSettings& a9 = context.policy_at(used.at).rule(RuleId::A9);
  const Time newest = std::ranges::max_element(r.users, {}, &HandsetState::User::last)->last;
  const auto in_window = [&](const RuleSettings& s) {
    const Time since = newest - days(s[param::a9::window_days]);
    std::vector<const HandsetState::User*> lately;
    for (const auto& u : r.users)
      if (u.last > since) lately.push_back(&u);
    return lately;
  };
  const Candidate* candidate = context.candidate();
  if (candidate != nullptr && !candidate->judges(RuleId::A9)) candidate = nullptr;
  Duration kept = std::max(HandsetState::kKept, days(a9[param::a9::window_days]));
  if (candidate != nullptr) kept = std::max(kept, days(candidate->policy->rule(RuleId::A9)[param::a9::window_days]));
  std::erase_if(r.users, [&](const HandsetState::User& u) { return u.last <= newest - kept; });
  const auto crowded = [&](const std::vector<const HandsetState::User*>& lately, std::uint32_t accounts,
                           std::uint32_t for_candidate) {
    msg::HandsetCrowded message{h.id, accounts, newest, {}, for_candidate, {}, {}};
    for (const auto* u : lately) {
      message.events.push_back(u->event);
      message.uses.push_back(u->last);
    }
    for (const auto* u : lately) {
      message.own = u->last;
      out.sends.push_back({{Kind::account, u->account}, message});
    }
  };
  std::vector<const HandsetState::User*> by_candidate;
  if (candidate != nullptr) {
    const RuleSettings& other = candidate->policy->rule(RuleId::A9);
    by_candidate = in_window(other);
    if (static_cast<std::int64_t>(by_candidate.size()) < other[param::a9::watch_accounts]) by_candidate.clear();
  }
  const auto for_candidate = static_cast<std::uint32_t>(by_candidate.size());

  if (a9.mode == Mode::off) {
    if (for_candidate > 0) crowded(by_candidate, 0, for_candidate);
    return;
  }
  const auto lately = in_window(a9);
  const auto accounts = static_cast<std::uint32_t>(lately.size());
  if (accounts < r.told) r.told = accounts; // some left the window: the same number again would be news
  const bool many = accounts >= a9[param::a9::watch_accounts];
  if (many && (accounts > r.told || newest >= r.told_at + kTellAgain)) {
    r.told = accounts;
    r.told_at = newest;
    crowded(lately, accounts, for_candidate);
  } else if (for_candidate > 0 && !(many && accounts == for_candidate)) { // told already, where it is as many
    crowded(by_candidate, 0, for_candidate);
  }
}

void step(HandsetState& h, const msg::AccountForgotten& gone) {
  h.dirty |= std::erase_if(h.record.users, [&](const auto& u) { return u.account == gone.account; }) > 0;
}

} // namespace onecode
