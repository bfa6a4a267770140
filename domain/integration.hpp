// An integration: a unit's subsystem on the one-code, its plan and scope, its way from draft to live and back (Articles 4-7), and
// its rectification orders (Article 11). R4.1-R7.2, R11.5.
//   Files   integration_machine.hpp (the table), integration (what reaches it besides commands), integration_plan (plans,
//           amendments, scope), integration_lifecycle (the way, one function per command), integration_orders (Article 11),
//           integration_documents (Article 7), integration_data (what it reads of people: Article 11(4)).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/device.hpp"
#include "domain/distinct.hpp"
#include "domain/effects.hpp"
#include "domain/rectification.hpp"

namespace onecode {

enum class IntegrationLife : std::uint8_t {
  unknown,
  draft,
  plan_accepted,
  applied,
  review_passed,
  approved,
  building,
  joint_debug,
  acceptance,
  rectifying,
  live,
  suspended,
  terminated,
  retired
};

/// As on the wire.
constexpr std::string_view to_string(IntegrationLife s) {
  constexpr std::string_view n[] = {"unknown",  "draft",     "plan-accepted", "applied",    "review-passed",
                                    "approved", "building",  "joint-debug",   "acceptance", "rectifying",
                                    "live",     "suspended", "terminated",    "retired"};
  return n[static_cast<std::size_t>(s)];
}
constexpr std::string_view in_chinese(IntegrationLife s) {
  constexpr std::string_view n[] = {"未知",   "方案草稿", "方案已受理", "已申请", "论证通过", "已批准",     "建设中",
                                    "联调中", "验收中",   "整改中",     "已启用", "已暂停",   "已终止接入", "已停用"};
  return n[static_cast<std::size_t>(s)];
}

struct IntegrationState {
  struct Record {
    IntegrationLife life = IntegrationLife::unknown;
    std::string access = "open"; // open | suspended | terminated
    std::string unit;
    std::vector<std::string> owners;
    Plan plan;
    Manifest manifest; // as approved
    Manifest scope;    // in force: the manifest, or what the owner narrowed it to
    std::uint64_t revision = 0;
    std::vector<std::string> drift; // at most 10 texts, until they are settled
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("state", s.life);
      v("access", s.access);
      v("unit", s.unit);
      v("owners", s.owners);
      v("plan", s.plan);
      v("manifest", s.manifest);
      v("scope", s.scope);
      v("revision", s.revision);
      v("drift", s.drift);
    }
  };
  struct Devices {
    std::set<std::string> ids;
    std::set<std::string> installed; // of these
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("ids", s.ids);
      v("installed", s.installed);
    }
  };
  /// A new plan of an integration that is live meanwhile under the old one.
  struct Amendment {
    IntegrationLife life = IntegrationLife::draft;
    std::string unit;
    Plan plan;
    Manifest manifest;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("state", s.life);
      v("unit", s.unit);
      v("plan", s.plan);
      v("manifest", s.manifest);
    }
  };
  struct Document {
    std::string document;
    Time review_due;
    std::string hash;
    EventRef filed; // by which command
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("document", s.document);
      v("review_due", s.review_due);
      v("hash", s.hash);
      v("filed", s.filed);
    }
  };
  struct Liability {
    std::string order, party, text_ref;
    std::int64_t amount = 0; // fen
    Time at;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("order", s.order);
      v("party", s.party);
      v("text_ref", s.text_ref);
      v("amount", s.amount);
      v("at", s.at);
    }
  };
  /// What people have in hand about it.
  struct Procedures {
    static constexpr std::size_t kMaxClosedOrders = 10, kMaxOpenOrders = 32, kMaxDocuments = 32, kMaxTests = 256,
                                 kMaxLiabilities = 32;
    std::string applicant, application; // of a plan
    std::string inspection_asked_by;
    std::vector<std::string> experts;
    std::map<std::string, std::string> tests; // of joint debugging: id -> green | red
    std::optional<Amendment> amendment;
    std::vector<Document> documents;
    std::vector<RectificationRecord> orders; // open ones and the ten last closed, oldest first
    std::int64_t terminations = 0;           // ever
    std::int64_t rejections = 0;             // of acceptance, ever
    std::vector<Liability> liabilities;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("applicant", s.applicant);
      v("inspection_asked_by", s.inspection_asked_by);
      v("application", s.application);
      v("experts", s.experts);
      v("tests", s.tests);
      v("amendment", s.amendment);
      v("documents", s.documents);
      v("orders", s.orders);
      v("terminations", s.terminations);
      v("rejections", s.rejections);
      v("liabilities", s.liabilities);
    }
  };
  /// What it reads of people (R11.4). Days and windows are of event time.
  struct DataUse {
    Time day;                         // on campus, being counted
    DistinctCounter subjects;         // of that day, where the gateway named them
    std::int64_t counted = 0;         // of that day, where it only counted them
    std::int64_t counted_most = 0;    // at once: these at least were different people
    std::int64_t mean_q8 = 0;         // subjects per active day, EWMA with lambda .1
    std::int64_t days = 0;            // that were learnt from
    Time window;                      // D12: since when
    DistinctCounter asked, strangers; // whose data were read in it, and who of them never scanned here
    Time lookups_since;               // D13: ten minutes
    std::int64_t lookups = 0, not_found = 0;
    std::uint64_t prefix = 0; // of the last id that was read alone: what stands before its number
    std::int64_t number = 0, run = 0, step = 0;
    Time run_since;
    EventRef run_first;
    /// D13: the last different ids that were asked for by few at once, by prefix and number.
    struct Asked {
      std::uint64_t prefix = 0; // what stands before the number, and how many digits that has
      std::int64_t number = 0;
      Time at;
      EventRef event;
      template <class Self, class V>
      static void fields(Self& s, V& v) {
        v("prefix", s.prefix);
        v("number", s.number);
        v("at", s.at);
        v("event", s.event);
      }
    };
    static constexpr std::size_t kAskedApart = 128;
    std::vector<Asked> asked_apart;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("day", s.day);
      v("subjects", s.subjects);
      v("counted", s.counted);
      v("counted_most", s.counted_most);
      v("mean_q8", s.mean_q8);
      v("days", s.days);
      v("window", s.window);
      v("asked", s.asked);
      v("strangers", s.strangers);
      v("lookups_since", s.lookups_since);
      v("lookups", s.lookups);
      v("not_found", s.not_found);
      v("prefix", s.prefix);
      v("number", s.number);
      v("run", s.run);
      v("step", s.step);
      v("run_since", s.run_since);
      v("run_first", s.run_first);
      v("asked_apart", s.asked_apart);
    }
  };
  /// Per campus day, the last seven: scans of its devices (R5.1), and of its postings how many were accepted (about, from a
  /// sample) and refused (R5.2).
  struct Volume {
    Time day;
    std::int64_t scans = 0, accepted = 0, rejected = 0;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("day", s.day);
      v("scans", s.scans);
      v("accepted", s.accepted);
      v("rejected", s.rejected);
    }
  };
  struct Volumes {
    static constexpr std::size_t kDays = 7;
    std::vector<Volume> days; // the oldest first
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("days", s.days);
    }
  };
  std::string id;
  Record record;
  Devices devices;
  Procedures procedures;
  DataUse data;
  Volumes volumes;
  DeviceState::File file;

  struct Dirty {
    bool record = false, devices = false, procedures = false, data = false, volumes = false, file = false;
    bool any() const { return record || devices || procedures || data || volumes || file; }
  };
  Dirty dirty;
};

void step(IntegrationState& i, const Command& command, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::DeviceJoined& joined, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::DriftSeen& drift, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::TimesWithdrawn& gone, const Context& context, Effects& out);
void step(IntegrationState& i, const DataAccess& access, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::StrangerRead& read, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::DayCounted& counted, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::ExchangeSeen& seen, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::TimerFired& timer, const Context& context, Effects& out);

} // namespace onecode
