// What the command files of an integration share. Not for other folders: domain/integration.hpp is the door.
#pragma once

#include <string>
#include <string_view>

#include "domain/device_findings.hpp"
#include "domain/integration.hpp"
#include "domain/refusals.hpp"

namespace onecode {

inline FindingSubject subject(IntegrationState& i) { return {Kind::integration, i.id, i.file, i.dirty.file}; }

/// The next revision of the integration-status record (CONTRACT §5.3b), and what its devices must know.
void publish_status(IntegrationState& i, Effects& out);
void push_view(const IntegrationState& i, Effects& out);

/// A notice to the unit that answers for it.
struct TellUnit {
  std::string_view kind;
  std::string_view article;
  Text text;
  std::optional<Time> deadline = {};
  std::string remedy = {};
};
void tell(const IntegrationState& i, TellUnit what, Effects& out);

/// Everything that is wrong with a plan, named field by field (R4.1); nullopt: nothing. An adopted one may leave open what
/// nobody wrote down when it was built.
std::optional<Text> faults_of(const std::string& unit, const std::vector<std::string>& owners, const Plan& plan,
                              const Manifest& manifest, bool complete);
/// R7.2: does `scope` allow nothing that `manifest` does not? Otherwise what is wider, or that it says nothing.
std::optional<Text> wider_than(const Manifest& scope, const Manifest& manifest);
/// The manifest with the members that `scope` names.
Manifest narrowed(Manifest manifest, const Manifest& scope);

/// Something that the plan does not cover: the finding, and the text in the status record (R5.1).
void see_drift(IntegrationState& i, const msg::DriftSeen& drift, const Context& context, Effects& out);
/// Of D15 what rests on nothing but times for which `wrong` holds: out of the finding and the record; `why` completes the finding's
/// explanation (domain/device_findings.hpp).
void take_back(IntegrationState& i, const std::function<bool(const DeviceState::OpenFinding::Stated&)>& wrong,
               const Text& why, const Context& context, Effects& out);

// ---- orders (domain/integration_orders.cpp)

RectificationRecord* find_order(IntegrationState& i, std::string_view id);
/// The next id of an order that the engine creates: `<kind><n>`, never one that is taken.
std::string free_order_id(IntegrationState& i, const std::string& kind, std::int64_t& count);
/// A deadline in days that a person named; else refused.
bool is_days(std::int64_t n, Effects& out);
bool has_open_orders(const IntegrationState& i);
/// Creates an order with its deadline, timers and notice; `order` has id, violation, control and what it stops.
void give_order(IntegrationState& i, RectificationRecord order, std::optional<std::int64_t> days, const Text& why,
                const Policy& policy, const Context& context, Effects& out);
/// False: another timer.
bool order_timer(IntegrationState& i, const msg::TimerFired& timer, const Context& context, Effects& out);
/// A reminder of an older policy may stay: it finds the order handed in and says nothing.
void stop_order_timers(const RectificationRecord& order, const Policy& policy, Effects& out);

void apply(IntegrationState& i, const Command& command, const RectificationOrder& args, const Context& context,
           Effects& out);
void apply(IntegrationState& i, const Command& command, const RectificationExtend& args, const Context& context,
           Effects& out);
void apply(IntegrationState& i, const Command& command, const RectificationSubmit& args, const Context& context,
           Effects& out);
void apply(IntegrationState& i, const Command& command, const RectificationAccept& args, const Context& context,
           Effects& out);
void apply(IntegrationState& i, const Command& command, const RectificationReject& args, const Context& context,
           Effects& out);
void apply(IntegrationState& i, const Command& command, const LiabilityRecord& args, const Context& context,
           Effects& out);

// ---- documents (domain/integration_documents.cpp)

void apply(IntegrationState& i, const Command& command, const IntegrationDocumentFile& args, const Context& context,
           Effects& out);
/// The quiet period of R7.1 is over and a document is overdue still: the finding stays. False: another timer, or none is.
bool documents_still_overdue(IntegrationState& i, const msg::TimerFired& timer, Effects& out);
bool document_timer(IntegrationState& i, const msg::TimerFired& timer, const Context& context, Effects& out);

} // namespace onecode
