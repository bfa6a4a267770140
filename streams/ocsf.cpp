#include "streams/ocsf.hpp"

#include <algorithm>

#include "domain/rules/catalogue.hpp"
#include "streams/json_append.hpp"

namespace onecode::streams {
namespace {

constexpr std::string_view kSchemaVersion = "1.3.0";
constexpr std::string_view kStandard = "岳阳学院校园“一码通”管理办法";
// Of the rules' meaning, not of the build: a replay by a newer build writes the same bytes.
constexpr std::string_view kProductVersion = "1";

// docs/schemas/ocsf/extension: OCSF 1.3.0 has neither evidences nor a risk score in a compliance finding, nor a single
// standard. 999 is the number of extensions that are not registered with OCSF.
constexpr std::string_view kExtension = R"(},"extensions":[{"name":"onecode","uid":"999","version":"1.0.0"}])";

constexpr int kFindings = 2; // category_uid
constexpr int kComplianceFinding = 2003;
constexpr int kDetectionFinding = 2004;
constexpr int kRuleAnalytic = 1; // analytic.type_id

std::string_view activity_name(FindingActivity a) {
  switch (a) {
    case FindingActivity::create:
      return "Create";
    case FindingActivity::update:
      return "Update";
    default:
      return "Close";
  }
}

std::string_view severity(Band band) {
  constexpr std::string_view names[] = {"Informational", "Low", "Medium", "High", "Critical"};
  return names[static_cast<std::size_t>(band)];
}

/// Thousandths → 0-100, halves up.
int percent(int thousandths) { return std::clamp((thousandths + 5) / 10, 0, 100); }

std::string_view title_of(RuleId rule) {
  const RuleInfo* info = rule_info(rule);
  return info != nullptr ? info->title : to_string(rule);
}

int version_of(const FindingRecord& f) {
  for (const auto& r : f.rules)
    if (r.rule == f.rule) return r.version;
  return 1;
}

} // namespace

std::string_view control_of(RuleId rule) {
  if (const RuleInfo* info = rule_info(rule)) return info->control;
  return is_alert(rule) ? "8" : "11";
}

void append_ocsf(ByteBuffer& v, const FindingRecord& f) {
  const bool alert = is_alert(f.rule);
  const bool closed = f.activity == FindingActivity::close;
  const int class_uid = alert ? kDetectionFinding : kComplianceFinding;
  const int activity = static_cast<int>(f.activity);
  const std::string_view title = title_of(f.rule);

  member(v, R"({"activity_id":)", activity);
  member(v, R"(,"activity_name":)", activity_name(f.activity));
  member(v, R"(,"category_uid":)", kFindings);
  v.append(R"(,"category_name":"Findings")");
  member(v, R"(,"class_uid":)", class_uid);
  member(v, R"(,"class_name":)", alert ? "Detection Finding" : "Compliance Finding");
  member(v, R"(,"type_uid":)", class_uid * 100 + activity);
  member(v, R"(,"type_name":)",
         std::string(alert ? "Detection Finding: " : "Compliance Finding: ").append(activity_name(f.activity)));
  member(v, R"(,"severity_id":)", static_cast<int>(f.band) + 1);
  member(v, R"(,"severity":)", severity(f.band));
  // 1 new, 2 in progress, 4 resolved
  member(v, R"(,"status_id":)", closed ? 4 : f.activity == FindingActivity::create ? 1 : 2);
  member(v, R"(,"status":)", closed ? "Resolved" : f.activity == FindingActivity::create ? "New" : "In Progress");
  member(v, R"(,"time":)", f.recorded.ms);
  member(v, R"(,"message":)", f.explanation.en);
  member(v, R"(,"metadata":{"version":)", kSchemaVersion);
  v.append(R"(,"product":{"name":"onecode","vendor_name":"onecode")");
  member(v, R"(,"version":)", kProductVersion);
  v.append(alert ? "}" : kExtension);
  v.append(R"(},"finding_info":{)");
  member(v, R"("uid":)", f.uid);
  member(v, R"(,"title":)", title);
  member(v, R"(,"desc":)", f.explanation.en);
  member(v, R"(,"analytic":{"name":)", title);
  member(v, R"(,"uid":)", to_string(f.rule));
  member(v, R"(,"version":)", std::to_string(version_of(f)));
  member(v, R"(,"type_id":)", kRuleAnalytic);
  v.append(R"(,"type":"Rule"})");
  member(v, R"(,"created_time":)", f.first_seen.ms);
  member(v, R"(,"modified_time":)", f.recorded.ms);
  member(v, R"(,"first_seen_time":)", f.first_seen.ms);
  member(v, R"(,"last_seen_time":)", f.last_seen.ms);
  member(v, R"(},"risk_score":)", percent(f.score));
  member(v, R"(,"confidence_score":)", percent(f.confidence));
  v.append(R"(,"evidences":)");
  append_list(v, f.events, [&](const EventRef& e) {
    member(v, R"({"data":{"topic":)", name(e.at.topic));
    member(v, R"(,"partition":)", e.at.partition);
    member(v, R"(,"offset":)", e.offset);
    member(v, R"(,"event_id":)", e.id);
    v.append("}}");
  });
  member(v, R"(,"resources":[{"uid":)", f.subject_key);
  member(v, R"(,"type":)", to_string(f.subject.kind));
  v.append("}]");
  const std::string_view control = control_of(f.rule);
  if (!alert) {
    member(v, R"(,"compliance":{"standard":)", kStandard);
    member(v, R"(,"standards":[)", kStandard);
    member(v, R"(],"control":)", control);
    // 1 pass, 3 fail: a closed finding went quiet
    member(v, R"(,"status_id":)", closed ? 1 : 3);
    member(v, R"(,"status":)", closed ? "Pass" : "Fail");
    member(v, R"(,"status_detail":)", f.explanation.en);
    std::string remedy(f.action == ProposedAction::none ? "none" : to_string(f.action));
    if (f.order) remedy += "; order " + f.order->id + ", due " + format_time(f.order->due);
    member(v, R"(},"remediation":{"desc":)", remedy);
    v += '}';
  }
  member(v, R"(,"unmapped":{"onecode":{"subject":)", f.subject_key);
  member(v, R"(,"article":)", control);
  member(v, R"(,"act":)", f.act.empty() ? std::string_view("unknown") : std::string_view(f.act));
  member(v, R"(,"score":)", f.score);
  member(v, R"(,"band":)", static_cast<int>(f.band));
  member(v, R"(,"proposed_action":)", to_string(f.action));
  v.append(R"(,"families":)");
  append_list(v, f.families, [&](const auto& p) {
    member(v, R"({"family":)", to_string(p.first));
    member(v, R"(,"points":)", p.second);
    v += '}';
  });
  v.append(R"(,"rules":)");
  append_list(v, f.rules, [&](const FindingRecord::RulePoints& r) {
    member(v, R"({"id":)", to_string(r.rule));
    member(v, R"(,"version":)", r.version);
    member(v, R"(,"points":)", r.points);
    v += '}';
  });
  member(v, R"(,"policy":)", f.policy);
  if (!f.interpretations.empty()) {
    v.append(R"(,"interpretations":)");
    append_list(v, f.interpretations, [&](const FindingRecord::Reading& r) {
      member(v, R"({"of":)", r.of);
      member(v, R"(,"version":)", r.version);
      member(v, R"(,"hash":)", r.hash);
      v += '}';
    });
  }
  if (f.order) {
    member(v, R"(,"order":{"id":)", f.order->id);
    member(v, R"(,"due":)", f.order->due);
    v += '}';
  }
  member(v, R"(,"explanation":{"zh":)", f.explanation.zh);
  member(v, R"(,"en":)", f.explanation.en);
  v.append("}}}}");
}

} // namespace onecode::streams
