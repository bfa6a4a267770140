// Positions of the rules' parameters in their settings; the names and defaults stand in catalogue.cpp in this order.
#pragma once

#include <cstddef>

namespace onecode::param {

namespace a1 {
enum : std::size_t {
  campus_speed_mm_s,
  intercampus_speed_mm_s,
  min_distance_m,
  place_error_m,
  clock_skew_ms,
  strong_weight,
  strong_factor
};
}
namespace a2 {
enum : std::size_t { window_ms };
}
namespace a5 {
enum : std::size_t { retry_ms };
}
namespace a6 {
enum : std::size_t { clock_skew_ms };
}
namespace a8 {
enum : std::size_t { window_h, registered_secondaries };
}
namespace a9 {
enum : std::size_t { watch_accounts, flag_accounts, window_days, watch_weight };
}
namespace a11 {
enum : std::size_t { per_minute, per_hour, spend_factor, spend_sigmas, spend_warmup };
}
namespace a16 {
enum : std::size_t { failures };
}
namespace a17 {
enum : std::size_t { least_weight };
}
namespace d2 {
enum : std::size_t { reorder_window, regression_weight };
}
namespace d3 {
enum : std::size_t { window_ms };
}

} // namespace onecode::param
