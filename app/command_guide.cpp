#include "app/command_guide.hpp"

#include <algorithm>

namespace onecode::app {
namespace {

constexpr std::string_view kFunctions = "identity,payment,access,library,other:*";
constexpr std::string_view kCategories = "staff,student,retired,temporary,approved-other";
constexpr std::string_view kActs = "lend,rent,transfer,pledge,relay,copy,collusion,unknown";
constexpr std::string_view kControls = "11(1),11(2),11(3),11(4)";

constexpr ArgGuide kCase{"case", "c-2026-17", "id of the case"};
constexpr ArgGuide kOptionalCase{"case", "", "the case that it belongs to"};
constexpr ArgGuide kOrder{"order", "o-2026-03", "id of the order"};
constexpr ArgGuide kReasons{"reasons", "see the minutes of 3 September",
                            "written reasons, for the record and the notice"};
constexpr ArgGuide kOptionalReasons{"reasons", "", "written reasons, for the record and the notice"};
constexpr ArgGuide kAct{"act", "lend", "what happened, by its legal name; an upheld case must name it", kActs};
constexpr ArgGuide kHandset{"handset", "h-77", "id of the handset"};
constexpr ArgGuide kTextRef{"text_ref", "archive/2026/0417",
                            "where the text is kept; the text itself never goes on a topic"};
constexpr ArgGuide kFrom{"from", "2026-09-07T08:00:00+08:00", "begins"};
constexpr ArgGuide kTo{"to", "2026-09-11T18:00:00+08:00", "ends"};
constexpr ArgGuide kDays{"days", "15", "days until the deadline"};
constexpr ArgGuide kOptionalDays{"days", "", "days until the deadline; left out: the policy's"};
constexpr ArgGuide kItems{"items", R"(["readers back in zone z-dorm-3","network as approved"])",
                          "what was or must be done, one by one"};
constexpr ArgGuide kUnit{"unit", "logistics", "the one responsible unit"};
constexpr ArgGuide kZone{"zone", "z-dorm-3", "a zone of the policy"};
constexpr ArgGuide kPlace{"position.lat", "29.3623", "degrees"};
constexpr ArgGuide kPlaceLon{"position.lon", "113.1287", "degrees"};
constexpr ArgGuide kPlaceAccuracy{"position.accuracy_m", "5", "metres"};
constexpr ArgGuide kVlan{"network.vlan", "417",
                         "the network where it stands: give what is known, it becomes the baseline"};

/// A plan with its manifest, as plan.submit and adopt take it.
std::vector<ArgGuide> plan_arguments() {
  return {kUnit,
          {"owners", "owner-1", "actor ids that may act for it; left out: the sender"},
          {"plan.purpose", "entry to dormitory 3", "对接目的"},
          {"plan.architecture", "readers, one gateway, no store of its own", "技术架构"},
          {"plan.data_security", "nothing is kept on the readers", "数据安全保障措施"},
          {"plan.expected_effect", "entry in less than a second", "预期效果"},
          {"manifest.devices", "d-0417,d-0418", "ids of its devices"},
          {"manifest.zones", "z-dorm-3", "where they stand"},
          {"manifest.functions", "access", "what codes are used for", kFunctions},
          {"manifest.fields", R"([{"name":"account","purpose":"entry","retention_days":30}])",
           "data it reads: name, purpose, retention_days"},
          {"manifest.endpoints", "/v1/accounts/status", "interfaces it calls"},
          {"manifest.volumes.subjects_per_day", "800", "people a day"},
          {"manifest.volumes.scans_per_day", "4000", "scans a day"},
          {"manifest.network", "10.41.7.0/24", "its network segment"},
          {"manifest.hours.from", "", "HH:MM, campus time"},
          {"manifest.hours.to", "", "HH:MM, campus time"},
          {"manifest.categories", "", "whom it serves; left out: everybody", kCategories, false},
          {"manifest.operators", "", "operator ids; left out: anybody"}};
}

// A command's row begins with its name; clang-format would give each of its words a line.
// clang-format off
std::vector<CommandGuide> make_table() {
  return {
      // -- accounts
      {"account.open", "开户", "a-0012345",
       "The person's code works from valid_from on, for what the policy gives the category.",
       {{"category", "student", "decides what the code may be used for", kCategories, false},
        {"valid_from", "2026-09-01T00:00:00+08:00", "first moment"},
        {"valid_to", "2030-07-31T23:59:59+08:00",
        "last moment; temporary needs it, approved-other has a year at most"},
        {"approver", "", "who approved; approved-other needs it"},
        {"holder", "s-0012345", "actor id under which the holder sends commands"},
        {"test", "", "true: for joint debugging and maintenance only"}},
       {{"category", "temporary", "valid_to"}, {"category", "approved-other", "approver"}}},
      {"account.renew", "续期", "a-0012345", "An expired account works again; holds that remain keep it frozen.",
       {{"valid_to", "2031-07-31T23:59:59+08:00", "the new last moment"}}},
      {"account.close", "注销(离校)", "a-0012345",
       "The account expires now. It can be renewed; this is no punishment.", {}},
      {"handset.bind", "绑定手机", "a-0012345",
       "Codes shown on this handset are the holder's. A new handset in the place of a lost one lifts a protective "
       "hold.",
       {kHandset,
        {"secondary", "", "true: beside the first one"},
        {"replaces", "", "handset whose binding ends with this"}}},
      {"handset.unbind", "解绑手机", "a-0012345",
       "Codes from this handset count as somebody else's from now on.", {kHandset}},
      {"delegation.register", "登记代办", "a-0012345",
       "Somebody helps the holder with consent: misuse rules are silent for this handset, these functions and "
       "this time.",
       {{"delegate", "a-0054321", "account of the helper"},
        kHandset, kFrom, kTo,
        {"functions", "payment", "what they may do", kFunctions}},
       {{"", "", "functions"}}},
      {"holder.absence", "登记离校", "a-0012345", "Scans on the campus during the absence are a sign of misuse.",
       {{"kind", "internship", "why", "leave,internship,abroad"}, kFrom, kTo}},
      {"step-up.result", "身份核验结果", "a-0012345",
       "Ends a challenge, or adds evidence when the person did not pass it.",
       {{"kind", "face", "how it was checked", "face,sms,staff"},
        {"outcome", "passed", "how it ended", "passed,failed,ignored"}}},
      {"tipoff.file", "登记举报", "a-0012345",
       "A signed report becomes evidence, weighed by how far its source can be relied on.",
       {{"kind", "lend", "what is reported", kActs, false},
        {"reliability", "600", "0 to 1000"},
        {"text_ref", "archive/2026/0417", kTextRef.note}}},
      {"account.freeze", "冻结", "a-0012345",
       "Blocks functions under an article. Leaving a building, clinic and exam identity are never blocked. "
       "The holder gets a notice.",
       {{"article", "8", "8: misuse; protective: the holder may be the victim", "8,protective"},
        {"functions", "payment,access", "what is blocked; left out: payment, access in, library", kFunctions},
        kOptionalCase,
        {"expires", "", "when it ends by itself"}}},
      {"account.lift", "解除冻结", "a-0012345",
       "Ends holds under this article that no upheld case has confirmed. Others end by application and review.",
       {{"article", "8", "of the hold; Article 10 ends by repayment and review only", "8,protective"},
        kOptionalCase}},
      {"unfreeze.apply", "申请解除冻结", "a-0012345",
       "Asks for the end of a hold; under Article 10 only when nothing is outstanding.",
       {{"article", "10", "of the hold", "8,10"}}},
      {"unfreeze.review", "审核解冻申请", "a-0012345",
       "Lifts that hold and no other, or refuses. The reviewer is another person than the applicant.",
       {{"article", "10", "of the hold", "8,10"},
        {"outcome", "approved", "the decision", "approved,refused"},
        {"reasons", "debt repaid", kReasons.note}}},
      {"case.open", "立案", "a-0012345",
       "The holder is told and may make a statement; a provisional hold waits for the decision.",
       {kCase, kAct, {"findings", "", "ids of the findings that it rests on"}}},
      {"case.statement", "陈述申辩", "a-0012345", "What the holder says on the case, or that they do not want to.",
       {kCase, kTextRef, {"waived", "", "true: the holder makes none"}},
       {{"", "", "text_ref,waived"}}},
      {"case.decide", "案件决定", "a-0012345",
       "After the statement, or three days after the notice. Upheld confirms the hold; not upheld lifts it.",
       {kCase, {"outcome", "upheld", "the decision", "upheld,not_upheld"}, kAct, kReasons,
        {"term_days", "30", "days that the hold lasts"}}},
      {"appeal.file", "申诉", "a-0012345", "Within ten days of the decision.", {kCase, kTextRef}},
      {"appeal.decide", "申诉复核决定", "a-0012345", "Final. The reviewer is another person than the one who decided.",
       {kCase, {"outcome", "upheld", "upheld: the decision stands; overturned: the hold is lifted",
        "upheld,overturned"}, kReasons}},
      {"account.cancel.propose", "提议销户", "a-0012345",
       "Severe cases only: an upheld case with a statement or its waiver.",
       {kCase, kReasons, {"points", "12", "sum of the rubric by which it is severe"}}},
      {"account.cancel.confirm", "确认销户", "a-0012345",
       "Another person than the proposer cancels the account for good.",
       {kCase, kReasons}},
      // -- devices
      {"device.register", "设备登记", "d-0417",
       "Enters the device; certification follows. A retired id is never used again.",
       {{"serial", "SN-20260417", "of the maker"},
        {"model", "QR-300", "of the maker"},
        {"integration", "dorm-gates", "the integration it belongs to"},
        {"secure_element", "", "id of its secure element"},
        {"operators", "", "operator ids that may use it"}}},
      {"device.certify", "设备认证", "d-0417",
       "The device may be installed. Where a secret is named, its scans need a MAC.",
       {{"certificate", "cert-2026-0417", "number of the certificate"},
        {"valid_to", "2028-08-31T23:59:59+08:00", "after this its scans are denied"},
        {"secret", "", "name of its MAC key in the nodes' secret stores, never the key"}}},
      {"device.revoke", "撤销设备认证", "d-0417", "Access ends at once; the device is only registered again.", {}},
      {"device.install", "设备安装", "d-0417",
       "Place and network as they are now become the baseline that later reports are held against.",
       {{"integration", "dorm-gates", "the integration it belongs to"}, kZone, kPlace, kPlaceLon, kPlaceAccuracy,
        kVlan,
        {"network.switch_port", "sw3/17", "where it is plugged in"},
        {"aps", "", "access points in sight"},
        {"kind", "fixed", "does it move?", "fixed,mobile"}}},
      {"device.activate", "设备启用", "d-0417",
       "Scans are served: in joint debugging for test accounts only. Going live activates all installed devices.",
        {}},
      {"device.maintenance.request", "申请维护", "d-0417",
       "Asks for a window in which changes of place or network are no finding.",
       {{"order", "m-2026-05", "id of the maintenance order"},
        {"kind", "network", "what is done", "relocate,network,repair,firmware"},
        kFrom, kTo, {"zone", "", "where it goes, when it is moved"}}},
      {"device.maintenance.approve", "批准维护", "d-0417",
       "From the window's begin on the device serves test accounts only.",
       {{"order", "m-2026-05", "id of the maintenance order"}}},
      {"device.maintenance.close", "结束维护", "d-0417",
       "Back to work; what is given here becomes the new baseline, the rest stays.",
       {{"order", "m-2026-05", "id of the maintenance order"},
        {"zone", "", kZone.note}, {"position.lat", "", kPlace.note}, {"position.lon", "", kPlace.note},
        {"position.accuracy_m", "", "metres"}, {"network.vlan", "418", "what changed in its network"},
        {"aps", "", "access points in sight"}}},
      {"device.quarantine", "设备隔离", "d-0417", "Out of use at once, whatever state it is in.", {}},
      {"device.release", "解除隔离", "d-0417", "Back to the state from which it was quarantined.", {}},
      {"device.retire", "设备报废", "d-0417", "For good: the id is never used again.", {}},
      // -- integrations
      {"integration.plan.submit", "提交技术对接方案", "dorm-gates",
       "The plan with its four mandatory parts and the manifest. Long ones are easier as JSON: --arg plan='{…}'.",
       plan_arguments()},
      {"integration.adopt", "存量系统纳管", "dorm-gates",
       "An integration that ran before onecode goes live with its manifest.",
       plan_arguments()},
      {"integration.plan.accept", "受理方案", "dorm-gates",
       "The plan is complete; the unit may apply.", {kOptionalReasons}},
      {"integration.plan.return", "退回方案", "dorm-gates", "The unit mends the plan and submits it again.",
       {{"reasons", "the retention of field account is missing", kReasons.note}}},
      {"integration.apply", "书面申请", "dorm-gates", "The written application of Article 4.",
       {{"application", "archive/2026/0501", "where the application is kept"}}},
      {"integration.review.record", "专家论证结论", "dorm-gates", "Passed: to the leading group. Failed: back to the plan.",
       {{"outcome", "passed", "of the review", "passed,failed"}, {"experts", "expert-1,expert-2", "who reviewed"}},
       {{"", "", "experts"}}},
      {"integration.approve", "领导小组审批", "dorm-gates", "Approved: building may begin. Refused: back to the plan.",
       {{"outcome", "approved", "the decision", "approved,refused"}}},
      {"integration.build.start", "开始建设", "dorm-gates", "Only after approval.", {}},
      {"integration.joint-debug.record", "联调记录", "dorm-gates",
       "Results of the test matrix; complete when all are green.",
       {{"tests", R"([{"id":"entry-1","result":"green"},{"id":"entry-2","result":"green"}])",
        "each with id and result"},
        {"tests.result", "", "", "green,red"}},
       {{"", "", "tests"}}},
      {"integration.acceptance.request", "申请接入验收", "dorm-gates", "All tests green and all devices installed.", {}},
      {"integration.acceptance.record", "验收结论", "dorm-gates",
       "Accepted: live, with its devices. Rejected: an order for what is missing.",
       {{"outcome", "accepted", "of the inspection", "accepted,rejected"}, {"items", "",
        "what must be rectified, when rejected"}},
       {{"outcome", "rejected", "items"}}},
      {"integration.suspend", "暂停接入", "dorm-gates", "Scans are denied until it is resumed.", {kReasons}},
      {"integration.resume", "恢复接入", "dorm-gates", "Live again.", {kReasons}},
      {"integration.terminate", "终止接入服务", "dorm-gates",
       "Access ends at once and an order with a deadline begins. scope device or subsystem quarantines the named "
       "devices only.",
       {{"scope", "integration", "how much of it", "device,subsystem,integration"},
        {"devices", "", "which devices, for scope device or subsystem"},
        {"control", "11(1)", "the clause of Article 11", kControls},
        kReasons, kOptionalDays},
       {{"scope", "device", "devices"}, {"scope", "subsystem", "devices"}}},
      {"rectification.order", "责令限期整改", "dorm-gates", "An order without end of access.",
       {kOrder, {"violation", "moved-device", "what is wrong; the policy may give it days of its own"},
        {"control", "11(1)", "the clause that is broken", kControls, false}, kOptionalDays}},
      {"rectification.extend", "整改延期", "dorm-gates", "At most twice.", {kOrder, kDays, kReasons}},
      {"rectification.submit", "提交整改", "dorm-gates",
       "Also when it is late; lateness stays on record.", {kOrder, kItems},
       {{"", "", "items"}}},
      {"rectification.accept", "整改通过", "dorm-gates",
       "Closes the order. After the last one acceptance may be requested again.",
       {kOrder, kOptionalReasons}},
      {"rectification.reject", "整改退回", "dorm-gates", "The order stays, with a new deadline.",
       {kOrder, kOptionalDays, {"reasons", "two readers still stand elsewhere", kReasons.note}}},
      {"integration.document.file", "提交制度文件", "dorm-gates",
       "Security system and emergency plan, with the day of their next review.",
       {{"document", "emergency-plan", "which one", "security-system,emergency-plan", false},
        {"review_due", "2027-03-01T00:00:00+08:00", "next review; reminders come before"},
        {"hash", "", "SHA-256 of the document"}}},
      {"integration.scope.set", "收窄使用范围", "dorm-gates",
       "Members of the manifest, only narrower. Wider takes a new plan.",
       {{"scope.functions", "access", "what codes are used for", kFunctions}, {"scope.zones", "z-dorm-3", "where"},
        {"scope.hours.from", "", "HH:MM, campus time"}, {"scope.hours.to", "", "HH:MM, campus time"},
        {"scope.categories", "", "whom it serves", kCategories, false}}},
      {"integration.handover", "移交管理部门", "dorm-gates", "Another unit is responsible from now on.",
       {{"unit", "library", "the one responsible unit"}, {"owners", "owner-2", "actor ids that may act for it"}}, {{"", "", "owners"}}},
      {"integration.retire", "停用系统", "dorm-gates", "For good; its traffic is denied.", {}},
      // -- others
      {"project.register", "信息化项目登记", "it-2026-07",
       "A campus IT project and which of the three triggers of Article 2 it has.",
       {kUnit, {"identity", "true", "checks who people are"}, {"fees", "false", "takes fees"},
        {"permissions", "true", "manages permissions"}, {"integration", "",
        "the integration through which it uses the one code"}},
       {{"", "", "identity"}, {"", "", "fees"}, {"", "", "permissions"}}, "project id"},
      {"scheme.approve", "批准类似凭证", "k-library", "Codes of this issuer are no finding until the given day.",
       {{"name", "library day tickets", "of the scheme"}, {"to", "2027-08-31T23:59:59+08:00", "last moment"}},
       {}, "key id of the issuer"},
      {"interpretation.issue", "发布解释", "A1", "How a rule or an article is to be read; cases from then on cite it.",
       {{"note", "two gates of one building are one place", "the interpretation in a sentence"},
        {"hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "SHA-256 of the full text"}},
       {}, "rule id or article"},
      {"liability.record", "责任与赔偿记录", "a-0012345",
       "A claim and who is liable: with case the target is an account, with order an integration.",
       {{"case", "c-2026-17", "the case of the account"}, {"order", "", "the order of the integration"},
        {"party", "a-0054321", "who is liable"}, {"amount", "12500", "in fen"}, kTextRef},
       {{"", "", "case,order"}}},
      {"account.forget.propose", "提议清除账户", "a-0012345",
       "Only of an account that ended, that nothing keeps, and whose time in the policy is over. What is not confirmed "
       "within 30 days lapses.", {}, {}, {}, "left in 2022"},
      {"account.forget.confirm", "确认清除账户", "a-0012345",
       "Another person than the proposer destroys everything kept of the account. The id stays, and is not used again.",
       {}, {}, {}, "nothing is open"},
  };
}
// clang-format on

} // namespace

const std::vector<CommandGuide>& command_guides() {
  static const auto table = make_table();
  return table;
}

const CommandGuide* command_guide(std::string_view name) {
  const auto it = std::ranges::find(command_guides(), name, &CommandGuide::name);
  return it == command_guides().end() ? nullptr : &*it;
}

const std::vector<RoleGuide>& role_guides() {
  static const std::vector<RoleGuide> table{{"registrar", "登记员", "reg-1"},
                                            {"holder", "持有人", "s-0012345"},
                                            {"security-officer", "保卫干事", "officer-7"},
                                            {"reviewer", "复核人", "rev-1"},
                                            {"information-centre", "信息中心", "ic-1"},
                                            {"integration-owner", "集成系统负责人", "owner-1"},
                                            {"expert", "专家", "expert-1"},
                                            {"leading-group", "领导小组", "lead-1"}};
  return table;
}

} // namespace onecode::app
