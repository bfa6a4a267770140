// Lists of what was seen, kept in the order in which it happened, so that late and out of order events change nothing.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace onecode {

/// Puts x at its place by `at`, equal times by `event`; beyond `most` the oldest leaves. False: x is older than all that are
/// kept.
template <class T>
bool keep_newest(std::vector<T>& list, T x, std::size_t most) {
  const auto place = std::ranges::upper_bound(
      list, x, [](const T& a, const T& b) { return a.at != b.at ? a.at < b.at : a.event < b.event; });
  if (place == list.begin() && list.size() == most) return false;
  list.insert(place, std::move(x));
  if (list.size() > most) list.erase(list.begin());
  return true;
}

} // namespace onecode
