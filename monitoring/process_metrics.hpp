// What every Prometheus client tells about its process, under the names that dashboards expect:
// process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds, process_max_fds,
// process_start_time_seconds. Read from /proc when asked.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace onecode::monitoring {

/// Empty where there is no /proc.
std::vector<prometheus::MetricFamily> process_metrics();

} // namespace onecode::monitoring
