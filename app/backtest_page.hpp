// What `backtest` prints for people, from its report.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace onecode::app {

std::string backtest_page(const nlohmann::ordered_json& report, bool chinese);

} // namespace onecode::app
