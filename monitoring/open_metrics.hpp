// The OpenMetrics 1.0 form of what prometheus-cpp collects; it ships a writer for the older text format only.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

namespace onecode::monitoring {

std::string to_open_metrics(const std::vector<prometheus::MetricFamily>& families);

} // namespace onecode::monitoring
