// D3 interleaved streams (R11.1a, Article 11(1); family clone). Reports in one device's name come from two places in
// turn: A, B, then A again within `window_ms` (10 minutes), told apart by address, boot and TLS fingerprint.
//   Test       three reports among the last eight, in this order by their own time and by their place in the topic: a
//   late
//              upload or a clock that was set does not make an alternation.
//   Innocent   a restart (the boot counts up and stays), a move to another address or certificate that does not
//   alternate:
//              no hit. A report that does not say its address, boot or fingerprint fits every stream. A reader behind
//              two uplinks that take turns looks like two: give it one address, or set the rule to shadow for that
//              time.
#pragma once

#include <optional>
#include <vector>

#include "domain/device.hpp"

namespace onecode::rules {

/// nullopt: the report says nothing about where it comes from.
std::optional<DeviceState::ReportSeen> stream_of(const DeviceReport& report);
/// Keeps the last eight by event time. False: older than all of them.
bool remember_stream(std::vector<DeviceState::ReportSeen>& seen, DeviceState::ReportSeen report);
/// An alternation in which `newest` takes part.
std::optional<Hit> interleaved_streams(const std::vector<DeviceState::ReportSeen>& seen,
                                       const DeviceState::ReportSeen& newest, const RuleSettings& settings);

} // namespace onecode::rules
