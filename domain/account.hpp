// A person's account: who may use the code, what stands against it, and what every scan of it means.
//   Regulation R2.1 R2.2 R8.1-R8.4 R9.1 R9.3 R10.1-R10.3; rules A1 to A18.
//   Always     same state, events, policies and times give the same effects, on any thread and any node. Rules compare a
//              scan with every other of the last 16 by event time, so that each pair is looked at once, whichever of the
//              two arrives last; a scan older than all 16 is decided but is no evidence.
//   Parts      the state is stored in parts, so that a scan rewrites little: `hot` and one slot of the ring.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/boxed.hpp"
#include "domain/case_file.hpp"
#include "domain/effects.hpp"
#include "domain/evidence.hpp"
#include "domain/finding.hpp"
#include "domain/habits.hpp"
#include "domain/hash.hpp"
#include "domain/holds.hpp"
#include "domain/messages.hpp"
#include "domain/overdraft.hpp"
#include "domain/policy.hpp"

namespace onecode {

/// A handset's id as state keeps it: anybody may send any, and up to 64 characters. Longer ones keep their beginning and a hash.
std::string kept_handset(const std::string& handset);
/// What tells an account's codes apart.
inline std::uint64_t code_print(const std::string& nonce) { return hash64(nonce) >> 8; } // eight bytes in state

/// One scan of an account, as later scans look back on it.
struct Sighting {
  // What a scan of other days is passed over by comes first: every rule looks at all sixteen.
  Time time;
  std::int64_t accuracy_ms = 0;
  bool used = false;        // the slot holds something
  bool clock_sound = false; // synced, and not an upload of a free-running clock: may be compared in time
  std::string zone;
  HandsetPrint handset = 0;
  std::string device;
  EventRef event;
  Direction direction = Direction::none;
  std::uint32_t meal = 0; // a payment as for a meal: hash of the integration that it was paid to (A10)

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("used", s.used);
    v("time", s.time);
    v("zone", s.zone);
    v("device", s.device);
    v("handset", s.handset);
    v("event", s.event);
    v("accuracy_ms", s.accuracy_ms);
    v("clock_sound", s.clock_sound);
    v("direction", s.direction);
    v("meal", s.meal);
  }
};

/// The last 16 sightings by event time. Slots do not move: a new sighting takes a free slot or that of the oldest.
class SightingRing {
public:
  static constexpr std::size_t kSlots = 16;

  /// The slot for a scan of that time: a free one, or the oldest sighting's. nullopt: older than all 16. The caller
  /// fills it in place, so that a slot's strings keep their memory.
  std::optional<std::size_t> room_for(Time t) const;
  /// Takes memory with its first use: most people show their code less often than sixteen times.
  Sighting& at(std::size_t slot) {
    if (slot >= sightings_.capacity())
      sightings_.reserve(slot / 2 * 2 + 2); // two at a time: a million accounts have few
    if (slot >= sightings_.size()) sightings_.resize(slot + 1);
    return sightings_[slot];
  }
  template <class F>
  void each(F&& f) const {
    for (const auto& s : sightings_)
      if (s.used) f(s);
  }
  /// By slot; as many as were ever used.
  const std::vector<Sighting>& sightings() const { return sightings_; }

private:
  std::vector<Sighting> sightings_;
};

/// Two sightings in event time, so that what is said of them is the same whichever arrived first.
struct InEventTime {
  const Sighting& first;
  const Sighting& second;
};
inline InEventTime in_event_time(const Sighting& a, const Sighting& b) {
  const bool swap = b.time < a.time || (a.time == b.time && b.event < a.event);
  return swap ? InEventTime{b, a} : InEventTime{a, b};
}

struct BoundHandset {
  std::string handset;
  bool secondary = false;
  Time since;
  std::optional<Time> until;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("handset", s.handset);
    v("secondary", s.secondary);
    v("since", s.since);
    v("until", s.until);
  }
};

struct AccountState {
  /// Changed by commands.
  struct Profile {
    bool opened = false;
    std::string category;
    Time valid_from;
    std::optional<Time> valid_to;
    std::string approver, holder;
    bool test = false;
    bool cancelled = false;
    std::vector<BoundHandset> handsets;
    std::optional<Time> cancelled_at;
    std::optional<Time> forgotten; // since then nothing else of the account is kept, so that its id is not used again

    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("opened", s.opened);
      v("category", s.category);
      v("valid_from", s.valid_from);
      v("valid_to", s.valid_to);
      v("approver", s.approver);
      v("holder", s.holder);
      v("test", s.test);
      v("cancelled", s.cancelled);
      v("handsets", s.handsets);
      v("cancelled_at", s.cancelled_at);
      v("forgotten", s.forgotten);
    }
  };

  /// Changed by every scan: small.
  struct Hot {
    std::optional<Time> first_scan; // earliest event time: the learning period counts from here
    std::uint64_t scans = 0;
    // A11: scans per 5 minutes of the last hour by event time, newest slot at `bucket_start`.
    Time bucket_start;
    std::array<std::uint8_t, 12> buckets{};
    // A11: running mean and variance of payments, fen scaled by 2^8 (EWMA, lambda 0.1).
    std::int64_t spend_mean_q8 = 0;
    std::int64_t spend_var_q8 = 0;
    std::uint32_t payments = 0;

    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("first_scan", s.first_scan);
      v("scans", s.scans);
      v("bucket_start", s.bucket_start);
      v("buckets", s.buckets);
      v("spend_mean_q8", s.spend_mean_q8);
      v("spend_var_q8", s.spend_var_q8);
      v("payments", s.payments);
    }
  };

  /// A5: a nonce that was used. Kept while its code could still be shown, at most 16.
  struct UsedNonce {
    std::uint64_t nonce_hash = 0; // code_print()
    Time first_use;
    Time expires;
    std::string device;
    bool accepted = false; // the first attempt served somebody
    EventRef event;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("nonce_hash", s.nonce_hash);
      v("first_use", s.first_use);
      v("expires", s.expires);
      v("device", s.device);
      v("accepted", s.accepted);
      v("event", s.event);
    }
  };

  /// Which handsets this account reported to their actors, and when (so that a scan seldom sends a message).
  struct HandsetSeen {
    HandsetPrint print = 0;
    std::string handset; // as kept_handset() says
    Time reported;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("print", s.print);
      v("handset", s.handset);
      v("reported", s.reported);
    }
  };
  /// Where the holder scanned lately, by integration: to the day (D12).
  struct Visits {
    static constexpr std::size_t kMost = 16;
    struct Visit {
      std::uint32_t integration = 0; // short_print()
      std::uint32_t hour = 0;        // of the last, since 1970
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("integration", s.integration);
        v("hour", s.hour);
      }
    };
    std::vector<Visit> list; // at most 16, the longest ago leaves
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("list", s.list);
    }
  };
  /// A4: a code that was made where its holder's phone was then. Kept while the code could still be shown.
  struct MadeCode {
    std::uint64_t nonce_hash = 0; // code_print()
    Time made, expires;
    std::string zone;     // empty: not known
    bool foreign = false; // in a network outside the campus, at an access point of others
    bool outside = false; // in a network outside the campus, no access point known: mobile data, or far away
    EventRef event;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("nonce_hash", s.nonce_hash);
      v("made", s.made);
      v("expires", s.expires);
      v("zone", s.zone);
      v("foreign", s.foreign);
      v("outside", s.outside);
      v("event", s.event);
    }
  };
  struct MadeCodes {
    static constexpr std::size_t kMost = 4; // a phone makes one a minute
    std::vector<MadeCode> list;             // the one that ends first leaves
    /// How old this person's codes are when shown, of those that their maker can have carried there: running mean and mean
    /// deviation, ms.
    std::int64_t age_mean_ms = 0, age_off_ms = 0;
    std::uint32_t ages = 0;              // up to 64
    std::uint32_t outside = 0, late = 0; // codes made outside, and those of them that were shown late for this person
    /// Where a code came from that was shown later than this person ever needs; the stronger the higher.
    enum From : std::uint8_t { nearby, outside_network, fast_way, far_off };
    struct Late {
      Time at;
      std::uint8_t from = nearby;
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("at", s.at);
        v("from", s.from);
      }
    };
    static constexpr std::size_t kLate = 4;
    std::vector<Late> late_ones; // sorted by time; the weakest leaves, of these the earliest
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("list", s.list);
      v("age_mean_ms", s.age_mean_ms);
      v("age_off_ms", s.age_off_ms);
      v("ages", s.ages);
      v("outside", s.outside);
      v("late", s.late);
      v("late_ones", s.late_ones);
    }
  };

  struct Usage {
    std::vector<UsedNonce> nonces;
    std::vector<HandsetSeen> handsets; // at most 8, least recently reported leaves
    std::optional<Time> early;         // when an early use was reported last (R6.4)
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("nonces", s.nonces);
      v("handsets", s.handsets);
      v("early", s.early);
    }
  };

  /// What a version in shadow holds against the account by the rules that it judges itself (domain/account_candidate.hpp).
  struct CandidateBook {
    std::string policy; // whose it is
    EvidenceBook evidence;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("policy", s.policy);
      v("evidence", s.evidence);
    }
  };

  /// The reader of a scan that evidence cites: it may turn out to have been wrong then (domain/account_readers.hpp).
  struct Reader {
    std::string device;
    Time at;
    EventRef event;    // its place alone
    bool told = false; // that something rests on it
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("device", s.device);
      v("at", s.at);
      v("event", s.event);
      v("told", s.told);
    }
  };

  /// What stands against the account.
  struct Case {
    EvidenceBook evidence;
    std::optional<Finding> finding;
    HoldSet holds;
    std::uint64_t revision = 0; // of the freezes record
    bool freeze_wanted = false; // a permit was asked for and not answered yet
    bool auto_frozen = false;   // this finding had its automatic freeze: 72 h are not renewed by the engine (R8.4)
    EvidenceBook shadow;        // what rules in shadow mode would have added
    /// A case was not upheld: what happened up to here is no evidence any more (DETECTION §6, cooldown).
    std::optional<Time> settled;
    /// Evidence up to here was answered by a check of the person: it asks for no other.
    std::optional<Time> checked;
    std::string tip;                               // the act that a tip-off named last (A17)
    std::optional<Boxed<CandidateBook>> candidate; // only while there is a candidate
    std::vector<Reader> readers;                   // of the evidence that rests on one
    Time ask; // engine time at which they are asked whether they are believed still; 0: they are not
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("evidence", s.evidence);
      v("finding", s.finding);
      v("holds", s.holds);
      v("revision", s.revision);
      v("freeze_wanted", s.freeze_wanted);
      v("auto_frozen", s.auto_frozen);
      v("shadow", s.shadow);
      v("settled", s.settled);
      v("checked", s.checked);
      v("tip", s.tip);
      v("candidate", s.candidate);
      v("readers", s.readers);
      v("ask", s.ask);
    }
  };

  /// Art. 9, 10: what the payment system posted.
  struct Ledger {
    bool started = false; // a posting came
    Fen balance;
    std::uint64_t postings = 0;
    Seldom<Overdraft> overdraft;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("started", s.started);
      v("balance", s.balance);
      v("postings", s.postings);
      v("overdraft", s.overdraft);
    }
  };

  /// One of the last postings, so that it counts once and can be reversed.
  struct PostingSeen {
    static constexpr std::size_t kSlots = 64;
    static constexpr std::size_t kGroup = 8; // slots stored together
    static constexpr std::size_t kGroups = kSlots / kGroup;
    std::uint64_t id = 0; // hash of the posting's id; 0: empty
    std::uint64_t content = 0;
    std::int64_t effect = 0; // fen that it added
    bool reversed = false;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("id", s.id);
      v("content", s.content);
      v("effect", s.effect);
      v("reversed", s.reversed);
    }
  };

  /// Help with consent (REGULATION §4): scans of this handset in its window are no evidence of misuse.
  struct Delegation {
    std::string delegate, handset;
    Time from, to;
    std::vector<std::string> functions; // empty: all
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("delegate", s.delegate);
      v("handset", s.handset);
      v("from", s.from);
      v("to", s.to);
      v("functions", s.functions);
    }
  };
  struct Absence {
    std::string kind; // leave | internship | abroad
    Time from, to;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("kind", s.kind);
      v("from", s.from);
      v("to", s.to);
    }
  };
  /// An application to end the holds of Article 8.
  struct Application {
    std::string by;
    Time at;
    std::vector<std::string> holds; // that it is about; when they are gone, so is it
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("by", s.by);
      v("at", s.at);
      v("holds", s.holds);
    }
  };
  struct Check {
    std::string kind, outcome; // face | sms | staff; passed | failed | ignored
    Time at;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("kind", s.kind);
      v("outcome", s.outcome);
      v("at", s.at);
    }
  };
  struct Liability {
    std::string case_id, party, text_ref;
    Fen amount;
    Time at;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("case", s.case_id);
      v("party", s.party);
      v("text_ref", s.text_ref);
      v("amount", s.amount);
      v("at", s.at);
    }
  };
  /// Somebody proposed to forget the account; another person has not confirmed it yet.
  struct Forgetting {
    std::string by, command; // who, and the id of their command
    Time at;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("by", s.by);
      v("command", s.command);
      v("at", s.at);
    }
  };
  /// What people have in hand about this account.
  struct Procedures {
    static constexpr std::size_t kMaxCases = 16, kMaxDelegations = 16, kMaxAbsences = 16, kMaxChecks = 8,
                                 kMaxLiabilities = 16;
    std::vector<CaseRecord> cases; // in the order of their opening
    std::optional<Application> application;
    std::vector<Delegation> delegations;
    std::vector<Absence> absences;
    std::vector<Check> checks; // of the person, the last 8
    std::vector<Liability> liabilities;
    std::optional<Forgetting> forgetting;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("cases", s.cases);
      v("application", s.application);
      v("delegations", s.delegations);
      v("absences", s.absences);
      v("checks", s.checks);
      v("liabilities", s.liabilities);
      v("forgetting", s.forgetting);
    }
  };

  std::string id;
  Profile profile;
  Hot hot;
  SightingRing ring;
  Usage usage;
  MadeCodes codes;
  Visits visits;
  Habits habits;   // A12, A14
  Hands hands;     // A14, A18
  Company company; // A15
  Case file;
  Ledger ledger;
  std::vector<PostingSeen> postings; // takes memory with its first use; slot = number % kSlots
  Seldom<Procedures> procedures;

  /// Which parts a step changed; the shard stores these and clears them.
  struct Dirty {
    bool profile = false, hot = false, usage = false, codes = false, visits = false, habits = false, hands = false,
         company = false, file = false, ledger = false, procedures = false;
    std::array<bool, SightingRing::kSlots> ring{};
    std::array<bool, PostingSeen::kGroups> postings{};
    bool forgotten = false; // whatever is stored besides the profile goes
    bool any() const {
      bool r = forgotten || profile || hot || usage || codes || visits || habits || hands || company || file ||
               ledger || procedures;
      for (const bool slot : ring) r = r || slot;
      for (const bool group : postings) r = r || group;
      return r;
    }
  };
  Dirty dirty;

  /// Bytes that parts take as stored, as far as they are known (domain/account_size.hpp): a scan changes few of them. They follow from the
  /// state and are no part of it.
  struct Sizes {
    static constexpr std::uint16_t kUnknown = 0xffff;
    std::uint16_t hot = kUnknown, usage = kUnknown, codes = kUnknown, visits = kUnknown, habits = kUnknown,
                  hands = kUnknown, company = kUnknown, file = kUnknown;
    std::array<std::uint16_t, SightingRing::kSlots> ring;
    Sizes() { ring.fill(kUnknown); }
  };
  Sizes sizes;
};

/// The states of REGULATION §3, as they hold at a time. A stored account is never "pending" or "expired": both follow
/// from its validity at the event's time.
enum class AccountLife : std::uint8_t { unknown, pending, active, frozen, expired, cancelled, forgotten };
/// Is there such an account, for whoever shows its code or posts to it?
constexpr bool is_known(AccountLife l) { return l != AccountLife::unknown && l != AccountLife::forgotten; }
std::string_view to_string(AccountLife s);
/// For people; of one that was not seen lately only its print is known.
std::string handset_name(const AccountState& a, HandsetPrint handset);
AccountLife life_at(const AccountState& a, Time t);

/// A scan that the device has looked at: leaves exactly one Decision.
void step(AccountState& a, const msg::ScanSeen& seen, const Context& context, Effects& out);
/// A command for this account, already authenticated and its role checked (domain/authority.hpp).
void step(AccountState& a, const Command& command, const Context& context, Effects& out);
void step(AccountState& a, const CodeIssued& issued, const Context& context, Effects& out);
void step(AccountState& a, const Posting& posting, const Context& context, Effects& out);
void step(AccountState& a, const msg::DataRead& read, const Context& context, Effects& out);
void step(AccountState& a, const msg::EvidenceWithdrawn& gone, const Context& context, Effects& out);
void step(AccountState& a, const msg::WayTold& told, const Context& context, Effects& out);
void step(AccountState& a, const msg::HandsetCrowded& crowded, const Context& context, Effects& out);
void step(AccountState& a, const msg::FreezePermit& permit, const Context& context, Effects& out);
void step(AccountState& a, const msg::TimerFired& timer, const Context& context, Effects& out);

/// The decision of a scan whose account step failed (ENGINE_FAULT): deny, or allow where nothing may be blocked.
Decision engine_fault_decision(const Scan& scan, const DeviceOpinion& opinion, const Context& context);
/// Egress, clinic, exam: never blocked (REGULATION §4).
bool never_blocked(const Scan& scan, const Policy& policy);

} // namespace onecode
