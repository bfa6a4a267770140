// Findings out of event files, in the order of their time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/alerts/news.hpp"

namespace onecode::app {

/// The files that hold findings among what was named: a file itself, and of a folder (`replay --out`) its alerts.ndjson
/// and compliance.ndjson. Throws InputError: there is no such file, or the folder is no output of a replay.
std::vector<std::string> news_files(const std::vector<std::string>& paths);

/// Merges the files by the time of their findings; records of other topics are passed over. Stops when `give` says
/// false. Throws EventFileError, and InputError for a record of these topics that is no finding.
void each_news(const std::vector<std::string>& files, const std::function<bool(News)>& give);

} // namespace onecode::app
