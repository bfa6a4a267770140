// What an account's scans usually look like, learnt from them: when and where its holder is (A12, A14), which handsets show it at
// which hours (A14, A18), and in whose company (A15). Small and of fixed size, whatever is sent; places, handsets and
// people are hashes. Learnt in the order of arrival: a late scan is learnt as well, and one older than what is kept changes
// nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/evidence.hpp"
#include "domain/time.hpp"

namespace onecode {

/// What tells an account's handsets apart; 0: none was said. Who wants to pass for another can name its handset.
using HandsetPrint = std::uint32_t;
HandsetPrint handset_print(const std::string& handset);

/// When and where. What counts is a visit: one zone in one span of three hours on one day, however often it was scanned there.
struct Habits {
  static constexpr std::size_t kSpans = 16;  // eight of three hours on work days, eight at weekends
  static constexpr std::size_t kPlaces = 12; // the rarest leaves
  static constexpr std::size_t kTail = 32;   // half bits
  struct Place {
    std::uint32_t zone = 0; // hash
    std::uint32_t visits = 0;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("zone", s.zone);
      v("visits", s.visits);
    }
  };
  std::array<std::uint32_t, kSpans> spans{}; // visits; halved every 30 days, like those of the places
  std::vector<Place> places;
  std::uint32_t visits = 0;              // sum of `spans`
  Time halved;                           // when they were halved last
  std::array<std::uint32_t, 8> recent{}; // hashes of the visits that were counted last, newest first
  /// How surprising past visits were, -log2 p, by half bits; halved with the rest.
  std::array<std::uint32_t, kTail> tail{};
  std::int64_t mean_q8 = 0, var_q8 = 0; // of the surprise, in bits: of all, then EWMA of the last 256
  std::int64_t drift_q8 = 0;            // CUSUM of it
  std::optional<Time> changed;          // when the CUSUM went off last (A14)
  EventRef changed_by;
  /// Where its holder mostly was when a new handset appeared, and how many of the visits since were there (A14).
  static constexpr std::size_t kMain = 8;
  struct Main {
    std::uint32_t zone = 0;  // hash
    std::uint32_t share = 0; // of the visits before, thousandths
    std::uint32_t since = 0; // visits
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("zone", s.zone);
      v("share", s.share);
      v("since", s.since);
    }
  };
  std::vector<Main> main; // the most frequent first
  std::uint32_t since = 0;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("spans", s.spans);
    v("places", s.places);
    v("visits", s.visits);
    v("halved", s.halved);
    v("recent", s.recent);
    v("tail", s.tail);
    v("mean_q8", s.mean_q8);
    v("var_q8", s.var_q8);
    v("drift_q8", s.drift_q8);
    v("changed", s.changed);
    v("changed_by", s.changed_by);
    v("main", s.main);
    v("since", s.since);
  }
};

/// What a visit says.
struct Surprise {
  std::uint32_t visits = 0; // learnt before this one
  std::int64_t bits_q8 = 0; // -log2 p
  std::int64_t as_rare = 0; // of past visits, how many were as surprising or more
  std::int64_t past = 0;    // of so many
};

/// Judges the visit by what is known so far, then learns it. nullopt: it was counted already, or is too old.
std::optional<Surprise> learn_visit(Habits& habits, const std::string& zone, Time t);
/// A new handset has appeared: from now on visits are compared with the places of before, of which the most frequent make up four
/// fifths of all visits.
void remember_main_places(Habits& habits);
/// Feeds the CUSUM: x above mean + slack sigmas adds up, and beyond limit sigmas it goes off and starts anew. Call after learn_visit(),
/// once enough is known. True: it went off.
bool watch_drift(Habits& habits, std::int64_t bits_q8, std::int64_t slack_tenths, std::int64_t limit_tenths);
/// Takes a surprise into its mean and variance, and into the tail.
void learn_surprise(Habits& habits, std::int64_t bits_q8);

/// Which handsets show the code at which hours of the day.
struct Hands {
  static constexpr std::size_t kMost = 5; // the one unseen for longest leaves
  struct Hand {
    HandsetPrint handset = 0;
    Time first, last;        // `last` to six hours
    std::uint32_t days = 0;  // on which it was seen
    std::uint32_t once = 0;  // hours of the day, one bit each: seen on an earlier day
    std::uint32_t today = 0; // seen on the day of `last`
    std::uint32_t again = 0; // seen on two days or more
    EventRef event;          // of the last that was learnt
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("handset", s.handset);
      v("first", s.first);
      v("last", s.last);
      v("days", s.days);
      v("once", s.once);
      v("today", s.today);
      v("again", s.again);
      v("event", s.event);
    }
  };
  std::vector<Hand> list;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("list", s.list);
  }
};

/// False: nothing new.
bool learn_hand(Hands& hands, const std::string& handset, Time t, const EventRef& event);

/// Was this handset seen for the first time at t, and others before?
bool is_new_hand(const Hands& hands, const std::string& handset, Time t);

/// When one handset took the place of all others, which had been in use on three days at least; nullopt: it did not.
std::optional<Time> handset_changed(const Hands& hands);

/// Who is scanned at the same reader just before: of each week, the people met on several days.
struct Company {
  static constexpr std::size_t kPeers = 16, kCircle = 6, kWeeks = 4;
  struct Peer {
    std::uint32_t who = 0; // hash
    std::uint32_t days = 0;
    std::int64_t last = 0; // day, counted from 1970
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("who", s.who);
      v("days", s.days);
      v("last", s.last);
    }
  };
  Time since;                                      // when the week began
  std::vector<Peer> peers;                         // of this week
  std::vector<std::vector<std::uint32_t>> circles; // of the last four weeks, oldest first; sorted
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("since", s.since);
    v("peers", s.peers);
    v("circles", s.circles);
  }
};

struct Meeting {
  bool changed = false;   // something was learnt
  bool week_over = false; // the circles are new
};
Meeting learn_company(Company& company, std::uint64_t who, Time t);

/// Of two sorted sets, in thousandths; 0 where both are empty.
std::int64_t jaccard_permille(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b);
std::vector<std::uint32_t> united(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b);

} // namespace onecode
