// How evidence adds up (DETECTION §5), in fixed point: the same input gives the same bytes on every machine.
//   A hit of weight w and data quality q (both thousandths) is worth L = -ln(1 - w*q) micro-nats.
//   It fades: L(t) = L * 2^-((t - t0) / half-life).
//   Inside a family the strongest counts; families add up: S = 1 - exp(-sum of family L), the noisy-OR.
//   A certain hit (w = 1000) is held at 1 - 10^-6, so that arithmetic stays finite.
// Formats: nats in micro-nats (10^-6) in 64 bits; fractions in Q32 (2^-32); every step rounds to nearest.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "domain/event_id.hpp"
#include "domain/events.hpp"
#include "domain/facts.hpp"
#include "domain/rules/catalogue.hpp"
#include "domain/time.hpp"

namespace onecode {

using MicroNats = std::uint64_t;

/// -ln(1 - thousandths/1000); 0..1000, more is taken as 1000.
MicroNats nats_of(int thousandths);
/// 2^-(elapsed/half_life) in Q32; 2^32 for elapsed <= 0 or no half-life.
std::uint64_t decay_q32(Duration elapsed, Duration half_life);
MicroNats faded(MicroNats l, Duration elapsed, Duration half_life);
/// round(1000 * (1 - exp(-l))): 0..1000.
int points_of(MicroNats l);

/// A contributing event, as evidence names it. It is its place; the id is for those who read it.
struct EventRef {
  TopicPartition at;
  std::int64_t offset = 0;
  std::string id;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("topic", s.at.topic);
    v("partition", s.at.partition);
    v("offset", s.offset);
    auto id = packed_id(s.id);
    v("id", id);
  }
  friend bool operator==(const EventRef& a, const EventRef& b) { return a.at == b.at && a.offset == b.offset; }
  friend auto operator<=>(const EventRef& a, const EventRef& b) {
    return std::tie(a.at, a.offset) <=> std::tie(b.at, b.offset);
  }
};
/// A sender chooses its ids. UUIDs, ULIDs and short ones are kept; another is left out, for the place names the event as
/// well, and state stays small.
inline constexpr std::size_t kMaxEvidenceId = 24;
inline bool keeps_id(std::string_view id) { return id.size() <= kMaxEvidenceId || is_uuid(id) || is_ulid(id); }
inline EventRef ref(const Origin& o) { return {o.at, o.offset, keeps_id(o.id) ? o.id : std::string()}; }

/// What a rule found in one event.
struct Hit {
  RuleId rule{};
  int weight = 0;     // thousandths
  int quality = 1000; // thousandths
  Time at;            // event time
  Facts facts;        // what was seen
  std::vector<EventRef> events;
};

/// Where nobody reads what was seen: for books of rules and policies that only watch.
Hit without_words(Hit hit);

inline constexpr std::size_t kMaxEvents = 4;

/// The strongest standing hit of one rule.
struct Evidence {
  RuleId rule{};
  int version = 1;
  int weight = 0; // w*q, thousandths
  Time at;
  Duration half_life;
  Facts facts;
  std::vector<EventRef> events; // sorted, at most kMaxEvents
  int quality = 1000;           // of the data behind it, thousandths; already part of the weight

  MicroNats nats(Time t) const { return faded(nats_of(weight), t - at, half_life); }

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("rule", s.rule);
    v("version", s.version);
    v("weight", s.weight);
    v("at", s.at);
    v("half_life", s.half_life);
    v("facts", s.facts);
    v("events", s.events);
    v("quality", s.quality);
  }
};

/// Does `a` stand above `b`, a hit of the same rule? The one that will stand longest does, which for one half-life is
/// the stronger at any time; then the one with the earlier events. A total order.
bool outweighs(const Hit& a, const Hit& b, Duration half_life);

/// Keeps the hit in `best` where it outweighs what stands there.
void keep_weightier(std::optional<Hit>& best, Hit hit, Duration half_life);

/// All evidence against one subject. Its outcome does not depend on the order in which hits arrive.
class EvidenceBook {
public:
  /// True when the hit became its rule's strongest standing one (so that a finding has something new to say).
  bool add(const Hit& hit, int version, Duration half_life);
  /// The same for an entry of another book.
  bool take(Evidence e);
  /// Takes a rule's evidence away; false: there was none.
  bool remove(RuleId rule);
  void clear() { entries_.clear(); }
  /// False: there was none.
  bool forget_ids();
  /// Of more rules than `least`, the one that the score misses least: what is not the strongest of its family, then the weakest;
  /// false: there are no more.
  bool forget_weakest(std::size_t least);
  bool empty() const { return entries_.empty(); }

  MicroNats family_nats(Family f, Time t) const;
  /// S at time t in thousandths.
  int score(Time t) const;
  /// Families with at least `points` at time t.
  int families_with(int points, Time t) const;
  /// (family, points) for every family above zero, in family order.
  std::vector<std::pair<Family, int>> families(Time t) const;
  /// The rule with the most points at t, the lower id of equals; undefined when empty.
  const Evidence& strongest(Time t) const;
  /// Event time of the newest entry; the smallest time when empty.
  Time newest() const;
  const std::vector<Evidence>& entries() const { return entries_; }

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("entries", s.entries_);
  }

private:
  std::array<MicroNats, kFamilies> by_family(Time t) const;

  std::vector<Evidence> entries_; // by rule id, one per rule
};

} // namespace onecode
