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
  strong_factor,
  learned_permille
};
}
namespace a2 {
enum : std::size_t { window_ms };
}
namespace a3 {
enum : std::size_t { reentry_ms, retry_ms, reset_h };
}
namespace a4 {
enum : std::size_t { clock_skew_ms, again_weight, fast_mm_s, fast_weight, soon_weight, own_codes, window_days };
}
namespace a5 {
enum : std::size_t { retry_ms };
}
namespace a6 {
enum : std::size_t { clock_skew_ms };
}
namespace a7 {
enum : std::size_t { week_binds, quarter_binds, high_value_fen, after_bind_ms };
}
namespace a8 {
enum : std::size_t { window_h, registered_secondaries, many_handsets, regular_days, heavy_weight };
}
namespace a9 {
enum : std::size_t { watch_accounts, flag_accounts, window_days, watch_weight };
}
namespace a10 {
enum : std::size_t { meals, least_fen, most_fen };
}
namespace a11 {
enum : std::size_t { per_minute, per_hour, spend_factor, spend_sigmas, spend_warmup };
}
namespace a12 {
enum : std::size_t { visits, tail_permille };
}
namespace a14 {
enum : std::size_t {
  visits,
  slack_tenths,
  limit_tenths,
  handset_h,
  replaced_visits,
  home_permille,
  overlap_permille,
  strong_weight
};
}
namespace a15 {
enum : std::size_t { together_ms, peers, before_permille, after_permille };
}
namespace a16 {
enum : std::size_t { failures, window_h };
}
namespace a17 {
enum : std::size_t { least_weight };
}
namespace a18 {
enum : std::size_t { handsets, days, span_days, overlap_permille };
}
namespace d2 {
enum : std::size_t { reorder_window, regression_weight };
}
namespace d3 {
enum : std::size_t { window_ms };
}
namespace d4 {
enum : std::size_t { min_distance_m, sigmas, reports, position_weight, aps_weight, aps_share_permille };
}
namespace d5 {
enum : std::size_t { window_ms, accounts, agreement_permille, min_distance_m };
}
namespace d6 {
enum : std::size_t { firmware_weight, boot_weight, boot_jump, silence_h, silence_weight };
}
namespace d7 {
enum : std::size_t { single_weight, pair_weight, rtt_mads, rtt_floor_ms };
}
namespace d9 {
enum : std::size_t { divergence_permille, spread_times, days, scans, clients, overlap_permille, warmup_days };
}
namespace d11 {
enum : std::size_t { factor, warmup_days };
}
namespace d12 {
enum : std::size_t { unseen_days, share_permille, subjects, window_days };
}
namespace d13 {
enum : std::size_t { ids, window_ms, not_found_permille };
}
namespace r5_2 {
enum : std::size_t { rejected, rejected_permille };
}
namespace r2_4 {
enum : std::size_t { subjects, window_h };
}

} // namespace onecode::param
