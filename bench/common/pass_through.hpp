// The least that exactly-once costs on Kafka: one consumer, one transactional producer, no parsing, no state. Each scan becomes one
// record of a decision's size in a transaction every 20 ms. What a stream processor adds is measured against this.
#pragma once

#include <string>

namespace onecode::bench {

/// Works until SIGTERM. A record begins `{"scan":"<id of the scan>"`.
int pass_through(const std::string& brokers, const std::string& prefix);

} // namespace onecode::bench
