#include "domain/account_size.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "domain/account_readers.hpp"
#include "domain/archive.hpp"

namespace onecode {
namespace {

/// Never less than counted_bytes(); quick, for most accounts are far below the limit.
std::size_t at_most(const AccountState& a) {
  constexpr std::size_t kPlace = 17, kRest = 800; // of a reference; hot, habits, visits, company, finding
  const auto of = [](const EventRef& e) { return kPlace + (e.id.size() > kMaxEvidenceId ? 17 : e.id.size() + 1); };
  std::size_t n = kRest;
  for (const auto& s : a.ring.sightings()) n += 30 + s.zone.size() + s.device.size() + of(s.event);
  for (const auto& c : a.usage.nonces) n += 25 + c.device.size() + of(c.event);
  for (const auto& h : a.usage.handsets) n += 16 + h.handset.size();
  for (const auto& c : a.codes.list) n += 26 + c.zone.size() + of(c.event);
  for (const auto& h : a.hands.list) n += 35 + of(h.event);
  const auto books = [&](const EvidenceBook& book) {
    for (const auto& e : book.entries()) {
      n += 28;
      for (const auto& v : e.facts.values) n += v.size() + 2;
      for (const auto& event : e.events) n += of(event);
    }
  };
  books(a.file.evidence);
  books(a.file.shadow);
  for (const auto& r : a.file.readers) n += 10 + r.device.size() + kPlace;
  if (a.file.candidate) books((*a.file.candidate)->evidence);
  for (const auto& h : a.file.holds.all())
    if (h.grounds) return kMaxAccountBytes + 1;
  return n;
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
  std::size_t bytes = 0;
  const auto count = [&](const auto& part) { bytes += stored_bytes(part); };
  count(a.hot);
  for (const auto& s : a.ring.sightings()) count(s);
  count(a.usage);
  count(a.codes);
  count(a.visits);
  count(a.habits);
  count(a.hands);
  count(a.company);
  count(a.file.evidence);
  count(a.file.shadow);
  count(a.file.finding);
  count(a.file.readers);
  for (const auto& h : a.file.holds.all())
    if (h.grounds) count(h);
  return bytes;
}

void keep_small(AccountState& a) {
  if (at_most(a) <= kMaxAccountBytes) return;
  std::size_t size = counted_bytes(a);
  for (const auto give_up : {side_ids, sighting_id, company, made_code, handset, evidence_ids, evidence, used_code,
                             sighting, all_but_strongest})
    while (size > kMaxAccountBytes && give_up(a)) size = counted_bytes(a);
  while (a.file.candidate && size + stored_bytes(*a.file.candidate) > kMaxAccountBytes) forget_as_candidate(a);
}

} // namespace onecode
