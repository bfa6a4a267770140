// What happens on the campus, before it has become lines of a file.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "domain/time.hpp"
#include "domain/topics.hpp"

namespace onecode::app::simulate {

constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();
constexpr std::int64_t kSecond = 1000, kMinute = 60'000, kHour = 3'600'000, kDay = 86'400'000;

enum class What : std::uint8_t { scan, issued, report, record };
enum class Function : std::uint8_t { access, payment, identity, library, clinic };
enum class Way : std::uint8_t { none, in, out };
enum class Result : std::uint8_t { accepted, denied, unknown };
enum class Net : std::uint8_t { campus, external, unknown };
enum class Report : std::uint8_t { heartbeat, tamper, boot, network };

struct Event {
  std::int64_t at = 0;      // when it happened
  std::int64_t stamp = 0;   // what the device's clock said
  std::int64_t arrives = 0; // at the gateway
  std::uint64_t number = 0; // names the event; a copy of it keeps the name
  std::uint64_t nonce = 0;  // of a dynamic code; 0: the account stands in the scan itself
  std::int64_t issued = 0;  // iat of that code
  std::uint32_t account = kNobody, handset = kNobody, device = kNobody;
  std::uint32_t seq = 0, boot = 0;
  std::uint32_t story = 0;  // that it belongs to; 0: none
  std::int32_t amount = -1; // fen; of a report its clock offset in ms
  std::uint32_t place = 0;  // zone of a code that was issued; look of a report; number of a finished record
  std::uint16_t clerk = 0;  // operator of a till; 0: none
  What what = What::scan;
  Function function = Function::access;
  Way way = Way::none;
  Result result = Result::accepted;
  Net net = Net::campus;
  Report report = Report::heartbeat;
  bool offline = false, clock_known = false; // uploaded later; the device says that its clock was set all the same
  bool repeated = false;                     // a copy: has its number and sequence already
  bool twin = false;                         // from the second unit of a cloned device
  bool exact = false;                        // does not queue at the reader
};

/// A record that is rare enough to be written out at once: commands and reads of data.
struct Finished {
  Topic topic = Topic::commands;
  std::string key, value;
};

} // namespace onecode::app::simulate
