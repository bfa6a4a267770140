#include "app/evaluate/fields.hpp"

#include <fmt/format.h>

#include "app/errors.hpp"

namespace onecode::app::evaluate {

Fields::Fields(std::string_view text, std::string where, std::string prefix)
    : object_(nlohmann::json::parse(text, nullptr, false)), where_(std::move(where)), prefix_(std::move(prefix)) {
  if (!object_.is_object())
    throw InputError(fmt::format("{}: {}must be a JSON object", where_, prefix_.empty() ? "" : prefix_ + ": "));
}

void Fields::wrong(std::string_view path, std::string_view why) const {
  throw InputError(fmt::format("{}: {}{}{}: {}", where_, prefix_, prefix_.empty() ? "" : ".", path, why));
}

const nlohmann::json& Fields::at(std::string_view path) const {
  const nlohmann::json* here = &object_;
  for (std::string_view rest = path; !rest.empty();) {
    const auto name = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    const auto it = here->is_object() ? here->find(std::string(name)) : here->end();
    if (it == here->end()) wrong(path, "is missing");
    here = &*it;
  }
  return *here;
}

std::string Fields::text(std::string_view path) const {
  const auto& value = at(path);
  if (!value.is_string() || value.get_ref<const std::string&>().empty())
    wrong(path, "must be a text that is not empty");
  return value.get<std::string>();
}

std::int64_t Fields::number(std::string_view path, std::int64_t least, std::int64_t most) const {
  const auto& value = at(path);
  if (value.is_number_integer()) {
    const bool huge = value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX;
    if (!huge && value.get<std::int64_t>() >= least && value.get<std::int64_t>() <= most)
      return value.get<std::int64_t>();
  }
  wrong(path, fmt::format("must be an integer between {} and {}", least, most));
}

Time Fields::time(std::string_view path) const {
  const auto written = text(path);
  const auto t = parse_time(written);
  if (!t) wrong(path, fmt::format("'{}' is not a time such as 2026-03-02T07:58:00.000+08:00", written));
  return *t;
}

Time Fields::stamp(std::string_view path) const { return {number(path, 0, kLatestEvent.ms + days(366).ms)}; }

const nlohmann::json& Fields::list(std::string_view path) const {
  const auto& value = at(path);
  if (!value.is_array()) wrong(path, "must be an array");
  return value;
}

} // namespace onecode::app::evaluate
