// D2 cloned sequence (R11.1a, Article 11(1); family clone). A reader numbers what it sends and a number is given once
// (CONTRACT §4.1). One number with two contents: two readers count in one name, conclusive. A number from below the
// window of its boot, or from a boot long over: a copy of an old state, `regression_weight`.
//   Innocent   a retransmission (same content) and everything late inside the window of 256: no hit. An upload marked
//              offline: from an older boot no hit, from below the window half quality, because a backlog may be sent
//              after newer scans. A restart (boot + 1) begins anew. A device that always sends 0 cannot count. A
//              restored backup that forgot its boot counter does look like a clone: certify the reader anew.
//   Strangers  a scan with a bad MAC never comes here (device_scan.cpp). Without a MAC key whoever may write to the
//   topic
//              can write in a reader's name; give every reader a key.
#pragma once

#include <optional>

#include "domain/device_sequence.hpp"

namespace onecode::rules {

std::optional<Hit> cloned_sequence(const SequencePlace& place, const Scan& scan, const RuleSettings& settings);
/// The same for a numbered report.
std::optional<Hit> cloned_report(Arrival arrival, const DeviceReport& report, const RuleSettings& settings);

} // namespace onecode::rules
