#include "actors/policy_book.hpp"

#include <nlohmann/json.hpp>

#include "streams/policy_document.hpp"

namespace onecode::actors {

PolicyBook::PolicyBook(Policy first, std::vector<TrustedKey> roots, bool unsigned_ok)
    : history_(std::make_shared<const PolicyHistory>(std::move(first))),
      roots_(std::move(roots)),
      unsigned_ok_(unsigned_ok) {}

bool PolicyBook::read(std::int64_t offset, const streams::Record& record) {
  offset_ = offset + 1;
  // A tombstone of the compacted topic: the version stays in force for the events that it judged.
  if (!record.value) return true;
  const auto event = nlohmann::json::parse(*record.value, nullptr, false);
  if (event.is_object() && event.contains("time") && event["time"].is_string())
    if (const auto time = parse_time(event["time"].get<std::string>())) times_[offset] = *time;
  auto result = streams::read_policy_event(*record.value, roots_, history_->newest(), unsigned_ok_);
  if (result.policy && history_->knows(result.policy->version))
    result.errors.push_back("version: " + result.policy->version + " was published before; versions are never replaced");
  if (!result.errors.empty()) {
    std::string text;
    for (const auto& e : result.errors) text += (text.empty() ? "" : "; ") + e;
    refusals_[offset] = std::move(text);
    return false;
  }
  auto next = std::make_shared<PolicyHistory>(*history_);
  next->add(std::move(*result.policy));
  history_ = std::move(next);
  return true;
}

const std::string* PolicyBook::refusal(std::int64_t offset) const {
  const auto it = refusals_.find(offset);
  return it == refusals_.end() ? nullptr : &it->second;
}

std::optional<Time> PolicyBook::time(std::int64_t offset) const {
  const auto it = times_.find(offset);
  return it == times_.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace onecode::actors
