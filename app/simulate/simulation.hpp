// A labelled campus, day by day: everybody lives, the stories are played, devices count and stamp what they see, gateways pass
// it on; then the day is written in order of arrival. Memory holds one day and what arrives later.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "app/simulate/stage.hpp"

namespace onecode::app::simulate {

struct Summary {
  std::uint64_t records = 0, scans = 0;
  std::size_t accounts = 0, devices = 0, integrations = 0;
  std::map<std::string, std::size_t> misuse, look_alikes, faults, approved;
};

/// `lines` gets the event file, `progress` the days and records done (false: stop there, throws Failure(130)); `truth` the
/// truth file in the end.
Summary run(const Options& options, const std::function<void(std::string_view)>& lines, std::string& truth,
            const std::function<bool(int, std::uint64_t)>& progress);
/// The secrets file for `replay --secrets`.
std::string secrets_text(std::uint64_t seed);

} // namespace onecode::app::simulate
