// A device: is this reader who and where it claims to be, may it be used, and what did it send?
//   Regulation R6.4 R7.2 R11.1a R11.3; rules D1 D2 D3 D8 D15 and R6.4.
//   Sequence   the last 256 numbers of the newest boot and of the one before are remembered with a hash of their content:
//              a retransmission gets no second decision, other content is a clone (D2).
//   Unproven   a scan whose MAC is missing or wrong says nothing about this device: it is denied, it is a D1 finding, and
//              it touches neither the sequence nor any other evidence, so that nobody can get an honest reader
//              quarantined in its name.
//   Files      device_sequence (windows), device_scan, device_reports, device_commands (the state machine),
//              device_standing (reasons, status record, quarantine), device_findings, device_size (what fits).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "domain/distinct.hpp"
#include "domain/effects.hpp"
#include "domain/evidence.hpp"
#include "domain/finding.hpp"
#include "domain/id_group.hpp"
#include "domain/messages.hpp"

namespace onecode {

enum class DeviceLife : std::uint8_t {
  unknown,
  registered,
  certified,
  installed,
  active,
  maintenance,
  quarantined,
  retired
};

constexpr std::string_view to_string(DeviceLife s) {
  constexpr std::string_view n[] = {"unknown", "registered",  "certified",   "installed",
                                    "active",  "maintenance", "quarantined", "retired"};
  return n[static_cast<std::size_t>(s)];
}

constexpr std::string_view in_chinese(DeviceLife s) {
  constexpr std::string_view n[] = {"未登记", "已登记", "已认证", "已安装", "使用中", "维护中", "已隔离", "已报废"};
  return n[static_cast<std::size_t>(s)];
}

// A device takes 16 KiB at most, whatever is sent in its name (domain/device_size.hpp). So prints are as short as their use
// allows, in steps of the seven bits that a stored byte has, and ids are kept while there is room for them.

/// The lowest bits of a hash of something that was said: never 0.
template <int kBits>
constexpr std::uint64_t print_of(std::uint64_t hash) {
  const std::uint64_t bits = hash & ((std::uint64_t{1} << kBits) - 1);
  return bits == 0 ? 1 : bits;
}
/// An event by its place alone, for lists that are never evidence.
inline EventRef place_of(const EventRef& e) { return {e.at, e.offset, {}}; }

/// The last 256 sequence numbers of one boot. Which boot, and how far it has come, stands in DeviceState::Hot: a slot
/// holds the one number of the last 256 that belongs there, or nothing, so that it need not say which.
struct SequenceWindow {
  static constexpr std::uint64_t kNumbers = 256;
  static constexpr std::size_t kGroup = kIdGroup; // slots stored together: a small turn rewrites little
  static constexpr std::size_t kGroups = kNumbers / kGroup;
  /// One second content in 2^28 is taken for a retransmission; one scan in 2^33 is refused for an id that nobody used.
  static constexpr int kContentBits = 28, kEventBits = 42;
  struct Slot {
    std::uint32_t content = 0; // 0: empty
    std::uint64_t event = 0;   // of (source, id)
    std::int32_t partition = 0;
    std::int64_t offset = 0; // with the partition: a clone's evidence names both scans
  };
  /// Slot = seq % 256. Takes memory with its first number: most devices never use the window of the boot before.
  class Slots {
  public:
    Slot& operator[](std::size_t i) {
      if (slots_.empty()) slots_.resize(kNumbers);
      return slots_[i];
    }
    const Slot& operator[](std::size_t i) const {
      static const Slot empty;
      return slots_.empty() ? empty : slots_[i];
    }
    bool empty() const { return slots_.empty(); }

  private:
    std::vector<Slot> slots_;
  };
  Slots slots;
  /// The ids of each group of slots (domain/id_group.hpp), for evidence. Takes memory with the first.
  class Ids {
  public:
    std::string& operator[](std::size_t group) {
      if (groups_.empty()) groups_.resize(kGroups);
      return groups_[group];
    }
    const std::string& operator[](std::size_t group) const {
      static const std::string none;
      return groups_.empty() ? none : groups_[group];
    }

  private:
    std::vector<std::string> groups_;
  };
  Ids ids;

  // Not stored: made from the above when the device wakes (domain/device_sequence.cpp).
  /// 16 bits of each slot's event print side by side, so that looking for an id reads 512 bytes.
  std::array<std::uint16_t, kNumbers> prints{};
  std::array<std::uint8_t, kGroups> sizes{}; // of each group, as stored
  std::size_t bytes = 0;                     // of all groups
  bool derived = false;
};

/// Neighbouring slots as they are stored: numbers in a row lie near each other in their topic.
struct SequenceGroup {
  SequenceWindow* window = nullptr;
  std::size_t number = 0;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    std::uint32_t partition = 0;
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < SequenceWindow::kGroup; ++i) {
      auto& slot = s.window->slots[s.number * SequenceWindow::kGroup + i];
      v("content", slot.content);
      if (slot.content == 0) continue;
      v("event", slot.event);
      auto step = static_cast<std::int32_t>(static_cast<std::uint32_t>(slot.partition) - partition);
      auto way = static_cast<std::int64_t>(static_cast<std::uint64_t>(slot.offset) - offset);
      v("partition_step", step);
      v("offset_step", way);
      partition += static_cast<std::uint32_t>(step);
      offset += static_cast<std::uint64_t>(way);
      slot.partition = static_cast<std::int32_t>(partition);
      slot.offset = static_cast<std::int64_t>(offset);
    }
    if constexpr (std::is_const_v<Self>) { // is written; without ids the group ends here
      if (const std::string& ids = std::as_const(s.window->ids)[s.number]; !ids.empty()) v("ids", ids);
    } else {
      std::string ids;
      v("ids", ids);
      // A part may be read over an older one of itself.
      if (ids != std::as_const(s.window->ids)[s.number]) s.window->ids[s.number] = std::move(ids);
    }
  }
};

struct DeviceState {
  /// Changed by commands, by the integration and by findings.
  struct Register {
    DeviceLife life = DeviceLife::unknown;
    DeviceLife before_quarantine = DeviceLife::unknown;
    std::string serial, model, secure_element;
    std::string integration;
    std::vector<std::string> operators;
    std::string certificate;
    Time certified_to;
    std::string secret; // name of the MAC key; empty: none
    std::string zone, kind;
    Position position;
    NetworkFacts network;
    std::vector<std::string> aps;
    msg::IntegrationView view;
    std::uint64_t revision = 0;
    Reasons quarantine_reasons;
    bool usable = false;        // as the last device-status record said
    bool device_planned = true; // the plan names this device, or no device at all (R5.1)
    bool zone_planned = true;   // and its zone (R7.2)
    Time joined;                // engine time when it asked its integration for the view
    Reasons said;               // as the last device-status record said
    /// One at a time: asked for, approved, at work from `from` on (R11.1c, R11.2).
    struct Maintenance {
      std::string order, kind, zone; // relocate | network | repair | firmware; the zone it may move to
      Time from, to;
      bool approved = false;
      EventRef event; // of the request
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("order", s.order);
        v("kind", s.kind);
        v("zone", s.zone);
        v("from", s.from);
        v("to", s.to);
        v("approved", s.approved);
        v("event", s.event);
      }
    };
    std::optional<Maintenance> maintenance;
    std::vector<std::string> stopped_by; // open orders of Article 11 that keep it out of use
    Time placed;                         // since when place and network are the approved ones
    /// The last maintenance that was closed: what it explains stays explained when its reports come late.
    struct Work {
      std::string kind;
      Time from, to;
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("kind", s.kind);
        v("from", s.from);
        v("to", s.to);
      }
    };
    std::optional<Work> worked;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("life", s.life);
      v("before_quarantine", s.before_quarantine);
      v("serial", s.serial);
      v("model", s.model);
      v("secure_element", s.secure_element);
      v("integration", s.integration);
      v("operators", s.operators);
      v("certificate", s.certificate);
      v("certified_to", s.certified_to);
      v("secret", s.secret);
      v("zone", s.zone);
      v("kind", s.kind);
      v("position", s.position);
      v("network", s.network);
      v("aps", s.aps);
      v("view", s.view);
      v("revision", s.revision);
      v("quarantine_reasons", s.quarantine_reasons);
      v("usable", s.usable);
      v("device_planned", s.device_planned);
      v("zone_planned", s.zone_planned);
      v("joined", s.joined);
      v("said", s.said);
      v("maintenance", s.maintenance);
      v("stopped_by", s.stopped_by);
      v("placed", s.placed);
      v("worked", s.worked);
    }
  };

  /// D3: one report as its stream is recognised: address, boot and TLS fingerprint. 0: not said.
  struct ReportSeen {
    static constexpr int kBits = 28;
    Time at;
    std::uint32_t address = 0;
    std::uint32_t tls = 0;
    std::uint32_t boot = 0;
    EventRef event;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("at", s.at);
      v("address", s.address);
      v("tls", s.tls);
      v("boot", s.boot);
      v("event", s.event);
    }
  };

  /// Changed by every scan or report: small.
  struct Hot {
    std::uint64_t scans = 0;
    std::uint64_t lost = 0; // sequence numbers that never came
    std::uint32_t boots[2] = {0, 0};
    bool started[2] = {false, false};
    std::uint64_t highest[2] = {0, 0};
    std::uint64_t first[2] = {0, 0}; // lowest number seen of the boot
    /// Scans of the campus day that is being counted: eight spans of three hours, each by amount (none, below 30 yuan, more).
    static constexpr std::size_t kCells = 24;
    Time day;
    std::array<std::uint32_t, kCells> today{};
    std::uint64_t last_account = 0; // hash of whom it scanned last, and when (A15)
    Time last_at;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("scans", s.scans);
      v("lost", s.lost);
      v("today_began", s.day);
      v("today", s.today);
      for (int i = 0; i < 2; ++i) {
        v("boot", s.boots[i]);
        v("started", s.started[i]);
        v("highest", s.highest[i]);
        v("first", s.first[i]);
      }
      v("last_account", s.last_account);
      v("last_at", s.last_at);
    }
  };

  /// What reports say of the device's surroundings and body (D4, D6, D7), since it was last installed or worked on.
  /// Fixes and access points are in event time, round trips as they came.
  struct Environment {
    static constexpr std::size_t kFixes = 20, kAps = 10, kRoundTrips = 16;
    struct Fix {
      Time at;
      std::int64_t lat_e7 = 0, lon_e7 = 0, accuracy_m = 0;
      EventRef event;
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("at", s.at);
        v("lat_e7", s.lat_e7);
        v("lon_e7", s.lon_e7);
        v("accuracy_m", s.accuracy_m);
        v("event", s.event);
      }
    };
    struct Aps {
      Time at;
      std::int64_t share_permille = 0; // of access points in common with the baseline
      EventRef event;
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("at", s.at);
        v("share_permille", s.share_permille);
        v("event", s.event);
      }
    };
    std::vector<Fix> fixes;                         // the last 20
    std::vector<Aps> aps;                           // the last 10
    std::uint64_t firmware = 0, secure_element = 0; // hashes of what was said first; 0: nothing yet
    std::uint32_t boot = 0;                         // highest
    Time since;                                     // when it was opened with permission last
    Time heard;                                     // the newest report
    std::uint64_t network = 0, excused = 0;         // hashes: last seen to differ; differs, and not by its doing (D7)
    Time held; // engine time until which D4 by port and D7 wait for what its switch says; 0: they do not
    std::vector<std::int64_t> usual_rtt, recent_rtt; // ms: the first 16 and the last 16 after them
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("fixes", s.fixes);
      v("aps", s.aps);
      v("firmware", s.firmware);
      v("secure_element", s.secure_element);
      v("boot", s.boot);
      v("since", s.since);
      v("heard", s.heard);
      v("usual_rtt", s.usual_rtt);
      v("recent_rtt", s.recent_rtt);
      v("network", s.network);
      v("excused", s.excused);
      v("held", s.held);
    }
  };

  /// Clients of a time: enough to tell regulars from strangers (D9). Stored in groups of words.
  struct People : Bits<64> {
    static constexpr std::size_t kWords = 64, kGroup = 8, kGroups = kWords / kGroup;
  };

  /// Whom and when it usually serves (D9), learnt when a campus day is over.
  struct Habits {
    /// Days of one kind: ordinary ones, or others than usual. Learnt when it is over.
    struct Stretch {
      bool odd = false;                   // other hours and amounts
      std::int64_t days = 0, between = 0; // its days; ordinary ones since its last
      Time first, last;
      std::array<std::uint32_t, Hot::kCells> scans{};
      std::vector<People> people; // empty, or one
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("odd", s.odd);
        v("days", s.days);
        v("between", s.between);
        v("first", s.first);
        v("last", s.last);
        v("scans", s.scans);
        v("people", s.people);
      }
    };
    std::array<std::uint32_t, Hot::kCells>
        usual{};                              // sixteenths of scans, as Hot::today; each day the past counts 27/28
    std::int64_t days = 0;                    // that were learnt from
    std::int64_t spread = 0, spread_days = 0; // how far ordinary days are from usual: the mean, and of how many
    std::vector<People> known; // empty, or: of the last 14 to 28 days, and of those before the last change
    Time known_since;
    Stretch stretch;
    std::uint32_t carried_days = 0,
                  carried = 0;             // quiet days that are judged with the one being counted, and their scans
    Time odd_hours, odd_clients, stranger; // when each was seen last: hours, clientele, an operator nobody registered
    bool own_staff = false, other_staff = false; // today: an operator who is registered, one who is not
    std::uint32_t other_days = 0;                // in a row with others only
    Time other_last, other_only;                 // when such a day was counted last; when it had gone on for days
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("usual", s.usual);
      v("days", s.days);
      v("spread", s.spread);
      v("spread_days", s.spread_days);
      v("known", s.known);
      v("known_since", s.known_since);
      v("stretch", s.stretch);
      v("carried_days", s.carried_days);
      v("carried", s.carried);
      v("odd_hours", s.odd_hours);
      v("odd_clients", s.odd_clients);
      v("stranger", s.stranger);
      v("own_staff", s.own_staff);
      v("other_staff", s.other_staff);
      v("other_days", s.other_days);
      v("other_last", s.other_last);
      v("other_only", s.other_only);
    }
  };

  /// Where its clients were within ten minutes of using it (D5).
  struct Neighbours {
    static constexpr std::size_t kZones = 8, kZonesToday = 32;
    static constexpr int kZoneBits = 35;
    struct Count {
      std::uint64_t zone = 0; // print
      std::int64_t accounts = 0;
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("zone", s.zone);
        v("accounts", s.accounts);
      }
    };
    Time day;
    Bits<8> counted; // who was counted today
    std::vector<Count> today,
        yesterday; // at most 32 zones, the rarest makes room for a new one and leaves it its count
    std::int64_t all_today = 0, all_yesterday = 0;
    std::vector<Count> usual; // the 8 most frequent zones, in 28ths; each day the past counts 27/28
    std::int64_t all_usual = 0;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("day", s.day);
      v("counted", s.counted);
      v("today", s.today);
      v("yesterday", s.yesterday);
      v("all_today", s.all_today);
      v("all_yesterday", s.all_yesterday);
      v("usual", s.usual);
      v("all_usual", s.all_usual);
    }
  };

  /// Whether its time and place may be believed (domain/device_trust.hpp).
  struct Trust {
    /// So many doubts are kept whatever is sent, and so many where there is room (domain/device_size.hpp). Accounts ask about the
    /// others themselves.
    static constexpr std::size_t kDoubts = 16, kMostDoubts = 128, kFaults = 4;
    static constexpr int kPartnerBits = 28;
    /// Something against somebody rests on a scan of this device: once for the scan, whatever rules say it.
    struct Doubt {
      std::string account;
      RuleId rule{};
      std::uint32_t partner = 0; // print of the other reader; 0: none
      Time at;
      EventRef event;           // the scan here
      std::int32_t shift_s = 0; // least error of this clock that explains it; 0: not known
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("account", s.account);
        v("rule", s.rule);
        v("partner", s.partner);
        v("at", s.at);
        v("event", s.event);
        v("shift_s", s.shift_s);
      }
    };
    struct Fault {
      /// Of the clock: found by its people or declared, or said by the device itself. Of the place: it stood elsewhere, or was taken
      /// out of use.
      enum class Of : std::uint8_t { clock, reported_clock, place };
      Time from, to;
      Of of = Of::clock;
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("from", s.from);
        v("to", s.to);
        v("of", s.of);
      }
    };
    /// How wrong the clock is, as far as somebody says; positive: it is ahead.
    struct ClockError {
      std::int64_t offset_ms = 0, uncertain_ms = 0; // half-width
      std::int64_t people = 0;                      // whose scans say so; 0: a heartbeat does
      Time at;                                      // of the newest that it rests on
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("offset_ms", s.offset_ms);
        v("uncertain_ms", s.uncertain_ms);
        v("people", s.people);
        v("at", s.at);
      }
    };
    std::optional<ClockError> clock;
    std::optional<Time> right; // a heartbeat that said that the clock is right; to the hour
    Time wrong;                // the newest heartbeat that said that it is wrong
    std::vector<Doubt> doubts; // in event time
    std::vector<Fault> faults; // the last 4
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("right", s.right);
      v("doubts", s.doubts);
      v("faults", s.faults);
      v("wrong", s.wrong);
      v("clock", s.clock);
    }
  };

  /// How long people take between elsewhere and here.
  struct Ways {
    static constexpr std::size_t kZones = 12, kLeast = 4;
    struct Way {
      std::uint64_t zone = 0; // hash
      std::uint32_t count = 0;
      std::vector<std::int64_t> least; // ms, the shortest, ascending
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("zone", s.zone);
        v("count", s.count);
        v("least", s.least);
      }
    };
    std::vector<Way> list;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("list", s.list);
    }
  };

  struct Reports {
    std::vector<ReportSeen> streams; // the last 8 by event time
    std::uint32_t boot = 0;
    std::uint64_t highest = 0;
    bool started = false;
    static constexpr std::size_t kNumbers = 256;
    static constexpr int kContentBits = 21;
    std::vector<std::uint32_t> recent; // content prints of the last 256 numbers, by seq % 256; 0: it has not come
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("streams", s.streams);
      v("boot", s.boot);
      v("highest", s.highest);
      v("started", s.started);
      v("recent", s.recent);
    }
  };

  /// One open finding per rule, with its evidence (domain/device_findings.hpp).
  struct OpenFinding {
    /// A time that a reader stated.
    struct Stated {
      std::uint64_t device = 0; // hash; 0: a day's sum, of several
      Time at;
      EventRef event;
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("device", s.device);
        v("at", s.at);
        v("event", s.event);
      }
    };
    /// One of several things seen, each a clause of the explanation (drift from the plan).
    struct Detail {
      static constexpr std::size_t kMostTimes = 16;
      Text facts;
      EventRef event;
      Time at;
      std::vector<Stated> times; // the newest that it rests on, in event time; empty: it rests on no clock
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("facts", s.facts);
        v("event", s.event);
        v("at", s.at);
        v("times", s.times);
      }
    };
    EvidenceBook evidence;
    Finding finding; // no uid: below the watch threshold, nothing was published
    int score = 0;   // as last published
    std::vector<Detail> details;
    std::optional<FindingRecord::Order> order;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("order", s.order);
      v("evidence", s.evidence);
      v("finding", s.finding);
      v("score", s.score);
      v("details", s.details);
    }
  };
  /// What was already told to the integration, and at which event time.
  struct Reported {
    static constexpr int kBits = 35;
    std::uint64_t detail = 0; // print
    Time at;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("detail", s.detail);
      v("at", s.at);
    }
  };
  /// How many scans of a campus day were told to the integration.
  struct DayTold {
    Time day;
    std::int64_t scans = 0;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("day", s.day);
      v("scans", s.scans);
    }
  };
  /// A scan that was decided and stands in no window, as prints: a second content of its number, or a number below it.
  struct Outside {
    static constexpr int kNumberBits = 28;
    std::uint32_t number = 0; // of boot and number
    std::uint32_t content = 0;
    std::uint64_t event = 0;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("number", s.number);
      v("content", s.content);
      v("event", s.event);
    }
  };
  struct File {
    static constexpr std::size_t kMaxReported = 16, kMaxOutside = 12, kMaxDays = 7;
    std::vector<OpenFinding> findings; // by rule id
    std::vector<Reported> reported;    // at most kMaxReported, the earliest leaves
    std::vector<Outside> outside;      // the last kMaxOutside, so that their retransmissions are known
    std::vector<Outside> unproven;     // the last kMaxOutside scans with a bad MAC: they touch nothing else
    std::vector<DayTold> days;         // the last kMaxDays: as many as the integration keeps
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("findings", s.findings);
      v("reported", s.reported);
      v("outside", s.outside);
      v("unproven", s.unproven);
      v("days", s.days);
    }
  };

  std::string id;
  Register reg;
  Hot hot;
  std::array<SequenceWindow, 2> windows; // [0] the newest boot, [1] the boot before
  Reports reports;
  Environment environment;
  People clients; // of Hot::day
  Habits habits;
  Neighbours neighbours;
  Trust trust;
  Ways ways;
  File file;

  /// What parts take that every step asks about and few change: known as long as nobody does. Not stored.
  struct Sizes {
    static constexpr std::uint16_t kUnknown = 0xffff;
    std::uint16_t reg = kUnknown, trust = kUnknown;
  };
  Sizes sizes;

  struct Dirty {
    bool reg = false, hot = false, reports = false, environment = false, file = false, habits = false,
         neighbours = false, trust = false, ways = false;
    std::array<std::array<bool, SequenceWindow::kGroups>, 2> groups{};
    std::array<bool, People::kGroups> clients{};
    bool any() const {
      bool r = reg || hot || reports || environment || file || habits || neighbours || trust || ways;
      for (const bool c : clients) r = r || c;
      for (const auto& w : groups)
        for (const bool g : w) r = r || g;
      return r;
    }
  };
  Dirty dirty;
};

/// What the shell found out about the scan's MAC (it has the secrets, the domain has not).
enum class MacCheck : std::uint8_t { not_required, ok, missing, wrong };

/// A scan as it arrives. Leaves one ScanSeen for its account; or the Decision itself when the scan names no account; or
/// nothing for a retransmission; or the refusal DUPLICATE_ID.
/// A scan with the number 0 of a device that cannot count never comes here twice: the shard's deduplication knows it.
void step(DeviceState& d, const Scan& scan, MacCheck mac, const Context& context, Effects& out);
void step(DeviceState& d, const DeviceReport& report, const Context& context, Effects& out);
void step(DeviceState& d, const Command& command, const Context& context, Effects& out);
void step(DeviceState& d, const msg::IntegrationView& view, const Context& context, Effects& out);
void step(DeviceState& d, const msg::DeviceStopped& stopped, const Context& context, Effects& out);
void step(DeviceState& d, const msg::OrderMoved& moved, const Context& context, Effects& out);
void step(DeviceState& d, const msg::SerialShared& shared, const Context& context, Effects& out);
void step(DeviceState& d, const msg::NeighbourSeen& seen, const Context& context, Effects& out);
void step(DeviceState& d, const msg::NetworkExcused& excused, const Context& context, Effects& out);
void step(DeviceState& d, const msg::NetworkAlone& alone, const Context& context, Effects& out);
void step(DeviceState& d, const msg::ScanDoubted& doubted, const Context& context, Effects& out);
void step(DeviceState& d, const msg::AccountForgotten& gone);
void step(DeviceState& d, const msg::TimerFired& timer, const Context& context, Effects& out);

} // namespace onecode
