// The integration machine (REGULATION §3, Articles 4-7 and 11) as one table. A plan, an application, the experts and the
// leading group come before anything is built (R4.2), joint debugging before the inspection (R6.2), the inspection before
// traffic (R6.4). A rejection returns to the authoring state.
#pragma once

#include "domain/integration.hpp"
#include "domain/machine.hpp"

namespace onecode {

using enum IntegrationLife;
inline constexpr Move<IntegrationLife> kIntegrationMoves[] = {
    {"integration.plan.submit", unknown, draft},
    {"integration.plan.submit", draft, draft},
    {"integration.plan.submit", live,
     live}, // an amendment: it goes the same way below while the integration stays live
    {"integration.adopt", unknown, live},
    {"integration.plan.accept", draft, plan_accepted},
    {"integration.plan.return", draft, draft},
    {"integration.apply", plan_accepted, applied},
    {"integration.review.record", applied, review_passed}, // failed: draft
    {"integration.approve", review_passed, approved},      // refused: draft
    {"integration.build.start", approved, building},
    {"integration.joint-debug.record", building, joint_debug},
    {"integration.joint-debug.record", joint_debug, joint_debug},
    {"integration.acceptance.request", joint_debug, acceptance}, // all green, devices installed
    {"integration.acceptance.request", rectifying, acceptance},  // and every order closed
    {"integration.acceptance.record", acceptance, live},         // rejected: rectifying
    {"integration.suspend", live, suspended},
    {"integration.resume", suspended, live},
    {"integration.terminate", live, terminated}, // a device or subsystem alone: stays live
    {"integration.terminate", suspended, terminated},
};

/// In every life but unknown and retired. rectification.submit makes terminated rectifying; integration.retire retires.
inline constexpr std::string_view kIntegrationAnytime[] = {
    "integration.document.file", "integration.scope.set", "integration.handover", "integration.retire",
    "rectification.order",       "rectification.extend",  "rectification.submit", "rectification.accept",
    "rectification.reject",      "liability.record"};

} // namespace onecode
