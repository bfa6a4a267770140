// The members of one line by their path (`data.finding_info.uid`). What is missing or of another kind is an InputError that
// names file, line and path.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "domain/time.hpp"

namespace onecode::app::evaluate {

class Fields {
public:
  /// `text` is one JSON object; `where` is `FILE:LINE`, `prefix` the path of the object in its line.
  Fields(std::string_view text, std::string where, std::string prefix = "");

  std::string text(std::string_view path) const;
  std::int64_t number(std::string_view path, std::int64_t least, std::int64_t most) const;
  /// RFC 3339.
  Time time(std::string_view path) const;
  /// Milliseconds since 1970, as OCSF has it.
  Time stamp(std::string_view path) const;
  const nlohmann::json& list(std::string_view path) const;
  [[noreturn]] void wrong(std::string_view path, std::string_view why) const;

private:
  const nlohmann::json& at(std::string_view path) const;

  nlohmann::json object_;
  std::string where_, prefix_;
};

} // namespace onecode::app::evaluate
