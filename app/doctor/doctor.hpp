// Looks at everything that a node needs, in the order in which it needs it, and says what is wrong and how to mend it. It
// asks and reads; it changes nothing, on this machine or in Kafka.
#pragma once

#include <functional>

#include "app/config.hpp"
#include "app/doctor/findings.hpp"

namespace onecode::app {

/// `each` hears of every finding as soon as it is there.
Findings examine(const KafkaFlags& flags, const std::function<void(const Finding&)>& each);

} // namespace onecode::app
