// What one entity says to another. Every message stands here with its four facts: from, to, answered by, and what if it
// comes twice or not at all. Delivery is exactly once (within a turn directly, between nodes by `inbox` in the same
// transaction), so "twice" means: sent again by a later event.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "domain/boxed.hpp"
#include "domain/commands.hpp"
#include "domain/decision.hpp"
#include "domain/events.hpp"
#include "domain/evidence.hpp"
#include "domain/ways.hpp"

namespace onecode {

/// What the holder's account needs to know of the place where the code was shown.
struct DeviceOpinion {
  Reasons reasons;      // why the device or its integration may not serve this scan
  bool trusted = false; // the device is who and where it claims to be: its scans are evidence about people
  bool test_only = false;
  Reasons for_people; // while test accounts only are served: why nobody else is
  std::string early;  // the state of the integration then, where it is not live yet
  std::string zone;
  std::string integration;
  std::vector<std::string> categories; // the integration's scope; empty: all
  std::vector<std::string> findings;   // open findings of the device that speak about this scan
  std::uint64_t companion = 0;         // hash of the account that was scanned just before; 0: nobody (A15)
  bool clock_wrong = false;            // known or found to be: its times are no evidence
  LearnedWays ways;                    // to the zones that its people come from (A1)
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("reasons", s.reasons);
    v("trusted", s.trusted);
    v("test_only", s.test_only);
    v("zone", s.zone);
    v("integration", s.integration);
    v("categories", s.categories);
    v("findings", s.findings);
    v("for_people", s.for_people);
    v("early", s.early);
    v("companion", s.companion);
    v("clock_wrong", s.clock_wrong);
    v("ways", s.ways);
  }
};

namespace msg {

/// device → account: a scan that the device has looked at. Answered by the scan's one decision.
struct ScanSeen {
  const Scan* scan = nullptr; // lives as long as the turn
  DeviceOpinion opinion;
};

/// account → handset: this account's code was shown from this handset (first time, then at most daily).
/// Answered by HandsetCrowded where rule A9 has something to say.
struct HandsetUsed {
  std::string account;
  Time at;
  EventRef event;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("account", s.account);
    v("at", s.at);
    v("event", s.event);
  }
};

/// handset → account: `accounts` different accounts used this handset lately (rule A9). No answer. Again: same evidence.
struct HandsetCrowded {
  std::string handset;
  std::uint32_t accounts = 0; // 0: told for the version in shadow only
  Time at;
  std::vector<EventRef> events;
  std::uint32_t for_candidate = 0; // as many by its window, where it judges A9 itself
  std::vector<Time> uses = {};     // when those events were
  Time own = {};                   // of these, that of the account that is told
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("handset", s.handset);
    v("accounts", s.accounts);
    v("at", s.at);
    v("events", s.events);
    v("for_candidate", s.for_candidate);
    v("uses", s.uses);
    v("own", s.own);
  }
};

/// account → campus:breaker: may this account be frozen automatically (R8.4)? Answered by FreezePermit.
struct FreezeWanted {
  std::string account;
  std::string finding;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("account", s.account);
    v("finding", s.finding);
  }
};

/// campus:breaker → account. Refused: the freeze stays a proposal for people.
struct FreezePermit {
  std::string finding;
  bool granted = false;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("finding", s.finding);
    v("granted", s.granted);
  }
};

/// shard, account → campus:breaker: accounts opened in this turn, or one that was forgotten (the base of the daily limit). No
/// answer.
struct AccountsOpened {
  std::int64_t count = 0;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("count", s.count);
  }
};

/// device → integration: this device belongs to you now (or no more), and stands at its place or not. Answered by
/// IntegrationView, now and whenever the integration changes.
struct DeviceJoined {
  std::string device;
  bool leaves = false;
  bool installed = false;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("device", s.device);
    v("leaves", s.leaves);
    v("installed", s.installed);
  }
};

/// integration → device: what a device must know of its integration at every scan (R6.4, R7.2). The newest replaces.
struct IntegrationView {
  std::string integration;
  std::string state;  // as in REGULATION §3; empty: nobody adopted or planned it
  std::string access; // open | suspended | terminated
  Manifest scope;
  std::vector<std::string> owners; // actors who may install and activate its devices
  std::string unit;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("integration", s.integration);
    v("state", s.state);
    v("access", s.access);
    v("scope", s.scope);
    v("owners", s.owners);
    v("unit", s.unit);
  }
};

/// integration → device: Article 11 stops this device, until the order is closed (`stopped` false). No answer; again: the
/// same.
struct DeviceStopped {
  std::string integration;
  std::string order;
  bool stopped = false;
  std::string reasons;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("integration", s.integration);
    v("order", s.order);
    v("stopped", s.stopped);
    v("reasons", s.reasons);
  }
};

/// integration → device: an order of Article 11 was given, got another deadline, or is over. Findings under its clause say so
/// (CONTRACT §5.4). No answer; again: the newest counts.
struct OrderMoved {
  std::string integration;
  std::string order, control;
  Time due;
  bool over = false;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("integration", s.integration);
    v("order", s.order);
    v("control", s.control);
    v("due", s.due);
    v("over", s.over);
  }
};

/// device → integration: something was seen that the plan does not cover, or while not live (D15, R6.4); a device sends
/// each detail at most once a day. No answer.
struct DriftSeen {
  RuleId rule{};
  std::string detail; // e.g. `function library`
  Time at;
  EventRef event;
  std::string device;
  bool by_clock = false; // it rests on the time that the device stated
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("rule", s.rule);
    v("detail", s.detail);
    v("at", s.at);
    v("event", s.event);
    v("device", s.device);
    v("by_clock", s.by_clock);
  }
};

/// device → integration: the times that I stated from `from` to `to` are wrong; what you hold against yourself by them falls. No
/// answer; again: nothing is left to take back.
struct TimesWithdrawn {
  std::string device;
  Time from, to;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("device", s.device);
    v("from", s.from);
    v("to", s.to);
  }
};

/// device → serial:<serial> or se:<secure element>: I carry this. Answered by SerialShared to both when two devices or
/// two integrations carry it (rule D8).
struct SerialClaimed {
  std::string device;
  std::string integration;
  EventRef event;
  Time at;
  bool leaves = false; // it carries it no more
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("device", s.device);
    v("integration", s.integration);
    v("event", s.event);
    v("at", s.at);
    v("leaves", s.leaves);
  }
};

/// serial:<serial> → device: another device or integration carries it as well (rule D8). No answer.
struct SerialShared {
  std::string other_device;
  std::string other_integration;
  std::string what; // the serial entity's id
  Time at;
  std::vector<EventRef> events;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("other_device", s.other_device);
    v("other_integration", s.other_integration);
    v("what", s.what);
    v("at", s.at);
    v("events", s.events);
  }
};

/// device → issuer:<kid>: a code of a foreign scheme was shown (R2.4). No answer; again: the same person once.
struct ForeignCode {
  std::uint64_t subject = 0; // hash of whom it names
  Time at;
  EventRef event;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("subject", s.subject);
    v("at", s.at);
    v("event", s.event);
  }
};

/// integration → account: it read your data (R11.4, rule D12). Answered by StrangerRead where the holder did not use it
/// within `unseen_days`.
struct DataRead {
  std::string integration;
  Time at;
  EventRef event;
  std::int64_t unseen_days = 0;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("integration", s.integration);
    v("at", s.at);
    v("event", s.event);
    v("unseen_days", s.unseen_days);
  }
};

/// account → integration: you read data of somebody who did not scan with you lately. No answer; again: counted once.
struct StrangerRead {
  std::uint64_t account = 0; // hash
  Time at;
  EventRef event;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("account", s.account);
    v("at", s.at);
    v("event", s.event);
  }
};

/// account → device: something against somebody rests on your scan's time or place (domain/rules/rests_on.hpp). Answered by
/// EvidenceWithdrawn where that is wrong, now or when it turns out. Again, with nothing new: it asks whether it is wrong by now.
struct ScanDoubted {
  std::string account;
  RuleId rule{};
  std::uint64_t partner = 0; // hash of the reader of the other scan; 0: none
  Time at;
  EventRef event; // your scan
  std::int64_t shift_ms =
      0; // A1: the least error of your clock that explains it, positive: it is ahead; 0: not known
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("account", s.account);
    v("rule", s.rule);
    v("partner", s.partner);
    v("at", s.at);
    v("event", s.event);
    v("shift_ms", s.shift_ms);
  }
};

/// device → account: my time or place was wrong at that scan: it is no evidence. No answer; again: nothing is left to take back.
struct EvidenceWithdrawn {
  std::string device;
  RuleId rule{};
  EventRef event;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("device", s.device);
    v("rule", s.rule);
    v("event", s.event);
  }
};

/// account → device: a scan arrived late, from before this one of yours. How long do people take at least from there to you (A1)?
/// Answered by WayTold where you know. Again: the same answer.
struct WayAsked {
  std::string account;
  std::uint64_t zone = 0; // hash of where the other scan was
  EventRef event, other;  // your scan, and the one before
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("account", s.account);
    v("zone", s.zone);
    v("event", s.event);
    v("other", s.other);
  }
};

/// device → account: so long. No answer; again: it was weighed already.
struct WayTold {
  EventRef event, other; // as asked
  LearnedWay way;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("event", s.event);
    v("other", s.other);
    v("way", s.way);
  }
};

/// account → device: where its holder was within ten minutes of your scan (rule D5). No answer; again: counted once a day.
struct NeighbourSeen {
  std::uint64_t account = 0; // hash
  std::string zone;
  Time at;
  EventRef event;
  std::int64_t apart_ms = 0; // between the two, where nothing speaks against the way; 0: not to be learnt from
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("account", s.account);
    v("zone", s.zone);
    v("at", s.at);
    v("event", s.event);
    v("apart_ms", s.apart_ms);
  }
};

/// device → integration: so many scans of yours on that campus day (R5.1). No answer; a device sends each day once, and once
/// more with as many below zero where it had the wrong time.
struct DayCounted {
  std::string device;
  Time day; // its midnight on campus
  std::int64_t scans = 0;
  EventRef event; // one of that day, or where it cannot be told the first of the next
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("device", s.device);
    v("day", s.day);
    v("scans", s.scans);
    v("event", s.event);
  }
};

/// account → integration: postings in your name were accepted, or refused (R5.2). No answer.
struct ExchangeSeen {
  std::int64_t accepted = 0, rejected = 0;
  Time at;
  EventRef event;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("accepted", s.accepted);
    v("rejected", s.rejected);
    v("at", s.at);
    v("event", s.event);
  }
};

/// account → rule:<id>: a case that rested on it was decided. No answer. `taken_back`: it had counted as upheld, and an appeal was
/// granted.
struct RuleJudged {
  RuleId rule{};
  std::int64_t version = 1;
  bool upheld = false, taken_back = false;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("rule", s.rule);
    v("version", s.version);
    v("upheld", s.upheld);
    v("taken_back", s.taken_back);
  }
};

/// rule:<id> → every shard's facts: it was wrong too often, or not any more. No answer; again: the same.
struct RuleDoubted {
  RuleId rule{};
  bool doubted = false;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("rule", s.rule);
    v("doubted", s.doubted);
  }
};

/// device → switch:<id>: it is installed behind you, or no more. No answer; again: the same.
struct SwitchJoined {
  std::string device;
  bool leaves = false;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("device", s.device);
    v("leaves", s.leaves);
  }
};

/// device → switch:<id>: my network is not the approved one (D7). Answered by NetworkExcused where many say so at once, by
/// NetworkAlone where that can never be.
struct NetworkTripped {
  std::string device;
  Time at;
  EventRef event;
  std::uint64_t print = 0; // of the network that it has now
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("device", s.device);
    v("at", s.at);
    v("event", s.event);
    v("print", s.print);
  }
};

/// switch:<id> → device: it was the network that changed, and not you. No answer; again: the same.
struct NetworkExcused {
  std::string by;
  std::uint64_t print = 0; // of the network that is no fault
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("by", s.by);
    v("print", s.print);
  }
};

/// switch:<id> → device: too few stand behind me for me to be the cause. No answer; again: nothing is held back any more.
struct NetworkAlone {
  std::uint64_t print = 0; // of the network that was asked about
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("print", s.print);
  }
};

/// account → handset, device: I was forgotten; forget my name. No answer; again: it is forgotten.
struct AccountForgotten {
  std::string account;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("account", s.account);
  }
};

/// An entity's own timer: due at `due`, named so that it can be set again or taken back.
struct TimerFired {
  std::string name;
  Time due;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("name", s.name);
    v("due", s.due);
  }
};

} // namespace msg

/// Events that reach an entity, and messages between entities. Pointers are to events that live as long as the turn.
using Message =
    std::variant<const Scan*, const DeviceReport*, const CodeIssued*, const Posting*, const DataAccess*,
                 const Command*, msg::ScanSeen, msg::HandsetUsed, msg::HandsetCrowded, msg::FreezeWanted,
                 msg::FreezePermit, msg::AccountsOpened, msg::DeviceJoined, Boxed<msg::IntegrationView>,
                 msg::DriftSeen, msg::SerialClaimed, msg::SerialShared, msg::TimerFired, msg::DeviceStopped,
                 msg::ForeignCode, msg::DataRead, msg::StrangerRead, msg::NeighbourSeen, msg::DayCounted,
                 msg::ExchangeSeen, msg::OrderMoved, msg::ScanDoubted, msg::EvidenceWithdrawn, msg::RuleJudged,
                 msg::RuleDoubted, msg::SwitchJoined, msg::NetworkTripped, msg::NetworkExcused, msg::NetworkAlone,
                 msg::WayAsked, msg::WayTold, msg::TimesWithdrawn, msg::AccountForgotten>;

} // namespace onecode
