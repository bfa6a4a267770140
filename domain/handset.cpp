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
  const RuleSettings& a9 = context.policy_at(used.at).rule(RuleId::A9);
  if (a9.mode == Mode::off || r.users.empty()) return;

  const Time newest = std::ranges::max_element(r.users, {}, &HandsetState::User::last)->last;
  const Time since = newest - days(a9[param::a9::window_days]);
  std::vector<const HandsetState::User*> lately;
  for (const auto& u : r.users)
    if (u.last > since) lately.push_back(&u);

  const auto accounts = static_cast<std::uint32_t>(lately.size());
  if (accounts < r.told) r.told = accounts; // some left the window: the same number again would be news
  if (accounts < a9[param::a9::watch_accounts]) return;
  if (accounts <= r.told && newest < r.told_at + kTellAgain) return;
  r.told = accounts;
  r.told_at = newest;

  msg::HandsetCrowded crowded{h.id, accounts, newest, {}};
  for (const auto* u : lately) crowded.events.push_back(u->event);
  for (const auto* u : lately) out.sends.push_back({{Kind::account, u->account}, crowded});
}

} // namespace onecode
