#include "archive/about.hpp"

#include <nlohmann/json.hpp>

#include "streams/authenticate.hpp"

namespace onecode::archive {
namespace {

using nlohmann::json;

std::string text(const json& object, const char* member) {
  const auto it = object.is_object() ? object.find(member) : object.end();
  return object.is_object() && it != object.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

/// The account that a code token names (CONTRACT §4.3), genuine or not.
std::string account_of_code(const std::string& code) {
  const auto first = code.find('.'), second = code.find('.', first + 1);
  if (second == std::string::npos) return {};
  const auto body = streams::from_base64url(std::string_view(code).substr(first + 1, second - first - 1));
  return body ? text(json::parse(*body, nullptr, false), "account") : std::string{};
}

std::string first_of(std::initializer_list<std::string> candidates) {
  for (const auto& c : candidates)
    if (!c.empty()) return c;
  return {};
}

std::string actor_of(const json& data) {
  const auto actor = data.is_object() ? data.find("actor") : data.end();
  return data.is_object() && actor != data.end() ? text(*actor, "id") : std::string{};
}

std::string subject_of(Topic topic, const json& data, std::string_view key) {
  switch (topic) {
    case Topic::scans:
    case Topic::decisions:
      return first_of(
          {text(data, "account"), account_of_code(text(data, "code")), text(data, "device"), std::string(key)});
    case Topic::ledger:
    case Topic::freezes:
      return first_of({text(data, "account"), std::string(key)});
    case Topic::commands:
      if (text(data, "command").starts_with("account.forget."))
        return first_of({actor_of(data), text(data, "target"), std::string(key)});
      return first_of({text(data, "target"), std::string(key)});
    case Topic::policy:
      return policy_subject(key);
    default:
      return std::string(key); // of alerts, compliance and notices it is the subject (CONTRACT §2)
  }
}

} // namespace

std::string policy_subject(std::string_view version) { return "policy " + std::string(version); }

About about(Topic topic, const streams::Record& record) {
  About out{std::string(record.key), Time{std::max<std::int64_t>(record.timestamp_ms, 0)}, {}};
  const auto value = record.value ? json::parse(*record.value, nullptr, false) : json();
  std::string time;
  const auto header = [&](std::string_view name) {
    for (const auto& h : record.headers)
      if (h.name == name) return std::string(h.value);
    return std::string{};
  };
  const bool binary = !header("ce_specversion").empty();
  if (!value.is_object()) return out;
  const auto member = value.find("data");
  const json& data = binary || member == value.end() ? value : *member;
  out.id = binary ? header("ce_id") : text(value, "id");
  time = binary ? header("ce_time") : text(value, "time");
  if (const auto t = parse_time(time)) out.time = *t;
  out.subject = subject_of(topic, data, record.key);
  return out;
}

} // namespace onecode::archive
