// The commands of COMMANDS.md: name, target, roles. Their arguments stand in domain/commands/, one struct per command; its
// `fields` list is what decodes the JSON, encodes the inbox message and prints the help.
#pragma once

#include <iterator>
#include <string>
#include <string_view>
#include <variant>

#include "domain/commands/accounts.hpp"
#include "domain/commands/devices.hpp"
#include "domain/commands/integrations.hpp"
#include "domain/events.hpp"

namespace onecode {

/// Alternatives are only ever appended: their numbers stand in inbox messages.
using CommandArgs =
    std::variant<AccountOpen, AccountRenew, AccountClose, HandsetBind, HandsetUnbind, DelegationRegister,
                 HolderAbsence, StepUpResult, TipoffFile, AccountFreeze, AccountLift, UnfreezeApply, UnfreezeReview,
                 CaseOpen, CaseStatement, CaseDecide, AppealFile, AppealDecide, CancelPropose, CancelConfirm,
                 DeviceRegister, DeviceCertify, DeviceRevoke, DeviceInstall, DeviceActivate, MaintenanceRequest,
                 MaintenanceApprove, MaintenanceClose, DeviceQuarantine, DeviceRelease, DeviceRetire,
                 IntegrationPlanSubmit, IntegrationAdopt, IntegrationPlanAccept, IntegrationPlanReturn,
                 IntegrationApply, IntegrationReviewRecord, IntegrationApprove, IntegrationBuildStart,
                 IntegrationJointDebugRecord, IntegrationAcceptanceRequest, IntegrationAcceptanceRecord,
                 IntegrationSuspend, IntegrationResume, IntegrationTerminate, RectificationOrder, RectificationExtend,
                 RectificationSubmit, RectificationAccept, RectificationReject, IntegrationDocumentFile,
                 IntegrationScopeSet, IntegrationHandover, IntegrationRetire, ProjectRegister, SchemeApprove,
                 InterpretationIssue, LiabilityRecord, AccountForgetPropose, AccountForgetConfirm>;

struct CommandInfo {
  std::string_view name;
  Kind target;
  std::string_view roles; // comma-separated
  std::string_view summary;
};

/// In the order of CommandArgs' alternatives. Roles: COMMANDS.md, "Who may"; a registrar may send a holder's command.
inline constexpr CommandInfo kCommands[] = {
    {"account.open", Kind::account, "registrar", "opens a person's account"},
    {"account.renew", Kind::account, "registrar", "moves the end of an account's validity"},
    {"account.close", Kind::account, "registrar", "ends an account in the ordinary way: the person left"},
    {"handset.bind", Kind::account, "holder,registrar", "binds a handset to an account"},
    {"handset.unbind", Kind::account, "holder,registrar", "ends a handset's binding"},
    {"delegation.register", Kind::account, "holder,registrar",
     "lets somebody use the code for the holder for a while"},
    {"holder.absence", Kind::account, "registrar", "says that the holder is away from the campus"},
    {"step-up.result", Kind::account, "security-officer", "says how a check of the person ended"},
    {"tipoff.file", Kind::account, "security-officer", "files a signed report about misuse"},
    {"account.freeze", Kind::account, "security-officer", "adds a hold"},
    {"account.lift", Kind::account, "security-officer", "ends a hold that no upheld case has confirmed"},
    {"unfreeze.apply", Kind::account, "holder,registrar", "applies for the end of a hold"},
    {"unfreeze.review", Kind::account, "reviewer", "decides on an application to end a hold"},
    {"case.open", Kind::account, "security-officer", "opens a case of misuse and tells the holder"},
    {"case.statement", Kind::account, "holder,registrar", "records the holder's statement on a case"},
    {"case.decide", Kind::account, "security-officer", "decides a case"},
    {"appeal.file", Kind::account, "holder,registrar", "appeals against the decision of a case"},
    {"appeal.decide", Kind::account, "reviewer", "decides an appeal for good"},
    {"account.cancel.propose", Kind::account, "security-officer", "proposes to cancel an account in a severe case"},
    {"account.cancel.confirm", Kind::account, "information-centre", "confirms a proposed cancellation: for good"},
    {"device.register", Kind::device, "information-centre", "enters a device in the register"},
    {"device.certify", Kind::device, "information-centre", "certifies a registered device"},
    {"device.revoke", Kind::device, "information-centre", "takes a device's certification back"},
    {"device.install", Kind::device, "integration-owner", "installs a certified device at its place"},
    {"device.activate", Kind::device, "integration-owner", "puts an installed device to work"},
    {"device.maintenance.request", Kind::device, "integration-owner", "asks for a maintenance window"},
    {"device.maintenance.approve", Kind::device, "information-centre", "approves a maintenance window"},
    {"device.maintenance.close", Kind::device, "integration-owner", "ends maintenance and says what changed"},
    {"device.quarantine", Kind::device, "information-centre", "takes a device out of use"},
    {"device.release", Kind::device, "information-centre", "returns a quarantined device to where it was"},
    {"device.retire", Kind::device, "information-centre", "retires a device for good"},
    {"integration.plan.submit", Kind::integration, "integration-owner", "submits the plan of an integration"},
    {"integration.adopt", Kind::integration, "information-centre", "takes over an integration that existed before"},
    {"integration.plan.accept", Kind::integration, "information-centre", "accepts a plan"},
    {"integration.plan.return", Kind::integration, "information-centre", "returns a plan to its author"},
    {"integration.apply", Kind::integration, "integration-owner", "hands in the written application"},
    {"integration.review.record", Kind::integration, "expert", "records the experts' review"},
    {"integration.approve", Kind::integration, "leading-group", "records the leading group's decision"},
    {"integration.build.start", Kind::integration, "integration-owner", "begins to build what was approved"},
    {"integration.joint-debug.record", Kind::integration, "integration-owner", "records results of joint debugging"},
    {"integration.acceptance.request", Kind::integration, "integration-owner", "asks for the acceptance inspection"},
    {"integration.acceptance.record", Kind::integration, "information-centre", "records the acceptance inspection"},
    {"integration.suspend", Kind::integration, "information-centre", "suspends a live integration"},
    {"integration.resume", Kind::integration, "information-centre", "resumes a suspended integration"},
    {"integration.terminate", Kind::integration, "information-centre",
     "terminates access under Article 11 and orders rectification"},
    {"rectification.order", Kind::integration, "information-centre", "orders rectification without ending access"},
    {"rectification.extend", Kind::integration, "information-centre", "moves an order's deadline, at most twice"},
    {"rectification.submit", Kind::integration, "integration-owner", "hands in what was rectified"},
    {"rectification.accept", Kind::integration, "information-centre",
     "accepts what was rectified and closes the order"},
    {"rectification.reject", Kind::integration, "information-centre",
     "sends the rectification back with a new deadline"},
    {"integration.document.file", Kind::integration, "integration-owner", "files a document with its review date"},
    {"integration.scope.set", Kind::integration, "integration-owner", "narrows what the integration may do"},
    {"integration.handover", Kind::integration, "information-centre", "gives an integration to another unit"},
    {"integration.retire", Kind::integration, "information-centre", "retires an integration for good"},
    {"project.register", Kind::campus, "information-centre", "registers a campus IT project"},
    {"scheme.approve", Kind::campus, "leading-group", "approves a credential scheme of another issuer"},
    {"interpretation.issue", Kind::campus, "information-centre", "issues an interpretation of a rule or an article"},
    {"liability.record", Kind::account, "information-centre", "records a claim and who is liable for it"},
    {"account.forget.propose", Kind::account, "registrar",
     "proposes to destroy what is kept of an account that ended"},
    {"account.forget.confirm", Kind::account, "information-centre", "destroys what is kept of an account: for good"},
};
static_assert(std::size(kCommands) == std::variant_size_v<CommandArgs>);

struct Command {
  Origin origin;
  std::string name;
  std::string target;
  std::string actor;
  std::string role;
  Time issued_at;
  std::string nonce;
  std::string reason;
  std::string key;          // key id
  std::string signature;    // raw bytes
  std::string signed_bytes; // RFC 8785 canonical JSON of `data` without `signature`
  CommandArgs args;

  const CommandInfo& info() const { return kCommands[args.index()]; }

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("origin", s.origin);
    v("name", s.name);
    v("target", s.target);
    v("actor", s.actor);
    v("role", s.role);
    v("issued_at", s.issued_at);
    v("nonce", s.nonce);
    v("reason", s.reason);
    v("key", s.key);
    v("signature", s.signature);
    v("signed_bytes", s.signed_bytes);
    v("args", s.args);
  }
};

/// The entity that a command is for. Registers of the campus have names of their own: `project:<id>`, `issuer:<kid>`,
/// `interpretation:<rule or article>`; a liability belongs to a case of an account or to an order of an integration.
EntityId target_of(const Command& command);

} // namespace onecode
