// Mistakes that the simulation must find, one at a time. They exist in a build with -DONECODE_PLANTED=ON only (`./dev sim
// --planted`); everywhere else planted() is the constant false.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace onecode::actors {

enum class Mistake : std::uint8_t {
  none,
  offset_off_by_one,
  store_before_commit,
  abort_keeps_state,
  decision_after_unknown_outcome,
  lost_assignment,
  timer_turn_without_offsets,
  restore_to_stable_offset,
  sweep_over_newer,
  trim_before_flush,
  double_local_delivery,
  head_signed_before_commit,
  erasure_not_staged,
  erasure_not_put_again,
  erasure_not_stored,
  sm3_not_recorded,
};

inline constexpr std::array<std::string_view, 16> kMistakes{
    "none",
    "committed offset off by one",
    "store written before the commit",
    "abort that keeps staged state",
    "going on after an unknown outcome as if it were committed",
    "offsets of a lost assignment",
    "a timer turn without offsets",
    "restore only to the last stable offset",
    "sweep over a newer value",
    "trim before flush",
    "double local delivery",
    "head signed before its turn is committed",
    "a forgetting whose deletion is not staged with the rest",
    "an erasure that the sweep does not put into the journal again",
    "an erasure that the journal has and the store does not get",
    "SM3 in the leaves, and not in the commit record",
};

#ifdef ONECODE_PLANTED
inline Mistake planted_mistake = Mistake::none;
inline bool planted(Mistake m) { return planted_mistake == m; }
#else
constexpr bool planted(Mistake) { return false; }
#endif

} // namespace onecode::actors
