#include "domain/account_size.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "domain/account_readers.hpp"
#include "domain/archive.hpp"

namespace onecode {
namespace {

using Sizes = AccountState::Sizes;

/// Calls `each(dirty, size, bytes)` for each part that counts: was it changed, what is known of its size, what it takes.
template <class Account, class F>
void each_part(Account& a, F&& each) {
  const auto part = [&](bool dirty, auto& size, const auto& of) {
    each(dirty, size, [&] { return stored_bytes(of); });
  };
  part(a.dirty.hot, a.sizes.hot, a.hot);
  for (std::size_t i = 0; i < a.ring.sightings().size(); ++i)
    part(a.dirty.ring[i], a.sizes.ring[i], a.ring.sightings()[i]);
  part(a.dirty.usage, a.sizes.usage, a.usage);
  part(a.dirty.codes, a.sizes.codes, a.codes);
  part(a.dirty.visits, a.sizes.visits, a.visits);
  part(a.dirty.habits, a.sizes.habits, a.habits);
  part(a.dirty.hands, a.sizes.hands, a.hands);
  part(a.dirty.company, a.sizes.company, a.company);
  each(a.dirty.file, a.sizes.file, [&] {
    const auto& file = a.file;
    std::size_t bytes = stored_bytes(file.evidence) + stored_bytes(file.shadow) + stored_bytes(file.finding) +
                        stored_bytes(file.readers);
    for (const auto& h : file.holds.all())
      if (h.grounds) bytes += stored_bytes(h);
    return bytes;
  });
}

// Each makes the account smaller by a little; false: there is no more to give.

bool side_ids(AccountState& a) {
  bool any = false;
  const auto forget = [&](EventRef& event, bool& dirty) {
    if (std::exchange(event.id, {}).empty()) return;
    any = dirty = true;
  };
  for (auto& n : a.usage.nonces) forget(n.event, a.dirty.usage);
  for (auto& c : a.codes.list) forget(c.event, a.dirty.codes);
  for (auto& h : a.hands.list) forget(h.event, a.dirty.hands);
  forget(a.habits.changed_by, a.dirty.habits);
  return any;
}

/// The slot of the oldest sighting that `which` is true of.
template <class F>
std::optional<std::size_t> oldest(const AccountState& a, F&& which) {
  const auto& all = a.ring.sightings();
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].used && which(all[i]) && (!found || all[i].time < all[*found].time)) found = i;
  return found;
}

bool sighting_id(AccountState& a) {
  const auto slot = oldest(a, [](const Sighting& s) { return !s.event.id.empty(); });
  if (!slot) return false;
  a.ring.at(*slot).event.id.clear();
  return a.dirty.ring[*slot] = true;
}

bool company(AccountState& a) {
  if (a.company.peers.empty() && a.company.circles.empty()) return false;
  a.company = {};
  return a.dirty.company = true;
}

template <class List, class Member>
bool first_of(List& list, Member member, std::size_t least, bool& dirty) {
  if (list.size() <= least) return false;
  list.erase(std::ranges::min_element(list, {}, member));
  return dirty = true;
}

bool used_code(AccountState& a) {
  return first_of(a.usage.nonces, &AccountState::UsedNonce::expires, 8, a.dirty.usage);
}
bool made_code(AccountState& a) { return first_of(a.codes.list, &AccountState::MadeCode::expires, 2, a.dirty.codes); }
bool handset(AccountState& a) {
  return first_of(a.usage.handsets, &AccountState::HandsetSeen::reported, 3, a.dirty.usage);
}
bool evidence_ids(AccountState& a) { return a.file.evidence.forget_ids() && (a.dirty.file = true); }
bool evidence_beyond(AccountState& a, std::size_t least) {
  if (!a.file.evidence.forget_weakest(least)) return false;
  drop_readers(a);
  return a.dirty.file = true;
}
bool evidence(AccountState& a) { return evidence_beyond(a, 3); }
/// Evidence whose readers cannot be asked is not kept.
bool all_but_strongest(AccountState& a) { return evidence_beyond(a, 1); }

bool sighting(AccountState& a) {
  const auto slot = oldest(a, [](const Sighting&) { return true; });
  if (!slot) return false;
  a.ring.at(*slot) = {};
  return a.dirty.ring[*slot] = true;
}

/// A version in shadow has the room that the one in force leaves: what people meet must not depend on it.
void forget_as_candidate(AccountState& a) {
  if (!(**a.file.candidate).evidence.forget_weakest(0)) a.file.candidate.reset();
  a.dirty.file = true;
}

} // namespace

std::size_t counted_bytes(const AccountState& a) {
  std::size_t all = 0;
  each_part(a, [&](bool, std::uint16_t, auto&& bytes) { all += bytes(); });
  return all;
}

std::size_t known_bytes(AccountState& a) {
  std::size_t all = 0;
  each_part(a, [&](bool dirty, std::uint16_t& size, auto&& bytes) {
    if (!dirty && size != Sizes::kUnknown) {
      all += size;
      return;
    }
    const std::size_t now = bytes();
    all += now;
    size = dirty || now >= Sizes::kUnknown ? Sizes::kUnknown : static_cast<std::uint16_t>(now);
  });
  return all;
}

void saved(AccountState& a) {
  each_part(a, [](bool dirty, std::uint16_t& size, auto&&) {
    if (dirty) size = Sizes::kUnknown;
  });
  a.dirty = {};
}

void keep_small(AccountState& a) {
  std::size_t size = known_bytes(a);
  if (size <= kMaxAccountBytes && !a.file.candidate) return;
  for (const auto give_up : {side_ids, sighting_id, company, made_code, handset, evidence_ids, evidence, used_code,
                             sighting, all_but_strongest})
    while (size > kMaxAccountBytes && give_up(a)) size = known_bytes(a);
  while (a.file.candidate && size + stored_bytes(*a.file.candidate) > kMaxAccountBytes) forget_as_candidate(a);
}

} // namespace onecode
