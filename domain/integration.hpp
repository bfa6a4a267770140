// An integration: a unit's subsystem on the one-code, its plan and scope, its way from draft to live and back (Articles 4-7), and
// its rectification orders (Article 11). R4.1-R7.2, R11.5.
//   Files   integration_machine.hpp (the table), integration (what reaches it besides commands), integration_plan (plans,
//           amendments, scope), integration_lifecycle (the way, one function per command), integration_orders (Article 11),
//           integration_documents (Article 7).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/device.hpp"
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
    std::vector<std::string> drift; // the last 10 texts
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
    std::string applicant, application;
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
  std::string id;
  Record record;
  Devices devices;
  Procedures procedures;
  DeviceState::File file;

  struct Dirty {
    bool record = false, devices = false, procedures = false, file = false;
    bool any() const { return record || devices || procedures || file; }
  };
  Dirty dirty;
};

void step(IntegrationState& i, const Command& command, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::DeviceJoined& joined, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::DriftSeen& drift, const Context& context, Effects& out);
void step(IntegrationState& i, const msg::TimerFired& timer, const Context& context, Effects& out);

} // namespace onecode
