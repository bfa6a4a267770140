// Which findings somebody wants to see. What is not asked for lets everything pass.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/alerts/news.hpp"

namespace onecode::app {

struct NewsFilter {
  int least_severity = 0;
  std::vector<int> bands, statuses;
  std::vector<std::string> rules, articles, accounts, devices, integrations;
  std::optional<Time> since, until;
  bool open = false; // no closings

  bool passes(const News& news) const;
};

/// `informational`, `low`, ... (any case, or its number 1 to 5); nullopt: none of them.
std::optional<int> severity_of(std::string_view word);
std::string_view severity_name(int severity);
/// `new`, `in-progress`, `resolved`: OCSF's status_id.
std::optional<int> status_of(std::string_view word);
/// `90s`, `30m`, `12h`, `7d`.
std::optional<Duration> span_of(std::string_view word);
/// A span before `now`, a day or minute on campus (2026-03-02, 2026-03-02T08:00), or RFC 3339.
std::optional<Time> moment_of(std::string_view word, Time now);

} // namespace onecode::app
