#include "app/policy_file.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "streams/policy_document.hpp"

namespace onecode::app {

std::string read_policy_document(const std::string& file) {
  if (file == "builtin") return streams::write_policy(builtin_policy());
  auto text = read_file(file);
  try {
    const auto json = nlohmann::ordered_json::parse(text);
    if (!json.is_object()) throw InputError(fmt::format("{}: must be a JSON object, the policy document", file));
    if (json.contains("specversion") && json.contains("data")) return json["data"].dump();
  } catch (const nlohmann::ordered_json::parse_error& e) {
    throw InputError(fmt::format("{}: is not JSON: {}", file, e.what()));
  }
  return text;
}

Policy read_policy_file(const std::string& file) {
  auto result = streams::read_policy(read_policy_document(file));
  if (result.policy) return std::move(*result.policy);
  for (auto& e : result.errors) e = file + ": " + e;
  throw InputError(result.errors);
}

} // namespace onecode::app
