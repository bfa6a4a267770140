#include "actors/policy_book.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "streams/policy_document.hpp"

namespace onecode::actors {
PolicyBook::PolicyBook(Policy first, std::vector<TrustedKey> roots, bool unsigned_ok)
    : first_(std::make_shared<const PolicyHistory>(std::move(first))),
      history_(first_),
      roots_(std::move(roots)),
      unsigned_ok_(unsigned_ok) {}

bool PolicyBook::refuse(std::int64_t offset, std::string_view code, std::string errors) {
  refused_[offset] = {code, std::move(errors)};
  return false;
}

bool PolicyBook::read(std::int64_t offset, const streams::Record& record, std::optional<Time> published) {
  offset_ = offset + 1;
  if (published) times_[offset] = *published;
  if (!record.value || record.value->empty())
    return refuse(offset, "BAD_ENVELOPE",
                  "value: is empty; a version that was accepted cannot be withdrawn, only followed by another");
  streams::PolicyEvent event;
  if (auto error = streams::open_policy_event(record, event)) return refuse(offset, "BAD_POLICY", std::move(*error));
  times_.try_emplace(offset, event.time);

  const Time at = published ? *published : std::max(event.time, published_);
  auto result = streams::judge_policy(event.data, at, roots_, history_->at(at), unsigned_ok_);
  if (result.policy && history_->knows(result.policy->version))
    result.errors.push_back("version: " + result.policy->version +
                            " was published before; versions are never replaced");
  if (result.policy && record.key != result.policy->version)
    result.errors.push_back("key: the record's key must be its version, " + result.policy->version);
  if (!result.errors.empty()) return refuse(offset, "BAD_POLICY", fmt::format("{}", fmt::join(result.errors, "; ")));

  published_ = at;
  std::string version = result.policy->version;
  auto next = std::make_shared<PolicyHistory>(*history_);
  next->add(std::move(*result.policy));
  history_ = std::move(next);
  accepted_[offset] = {std::move(version), history_};
  return true;
}

PolicyBook PolicyBook::below(std::int64_t offset) const {
  PolicyBook out = *this;
  if (offset < 0 || offset >= offset_) return out;
  const auto after = out.accepted_.lower_bound(offset);
  out.history_ = after == out.accepted_.begin() ? first_ : std::prev(after)->second.history;
  out.accepted_.erase(after, out.accepted_.end());
  out.offset_ = offset;
  return out;
}

const std::string* PolicyBook::accepted(std::int64_t offset) const {
  const auto it = accepted_.find(offset);
  return it == accepted_.end() ? nullptr : &it->second.version;
}

const std::string* PolicyBook::refusal(std::int64_t offset) const {
  const auto it = refused_.find(offset);
  return it == refused_.end() ? nullptr : &it->second.errors;
}

std::string_view PolicyBook::refusal_code(std::int64_t offset) const {
  const auto it = refused_.find(offset);
  return it == refused_.end() ? std::string_view{} : it->second.code;
}

std::optional<Time> PolicyBook::time(std::int64_t offset) const {
  const auto it = times_.find(offset);
  return it == times_.end() ? std::nullopt : std::optional(it->second);
}

std::string PolicyBook::objection(Time now, const streams::Secrets& secrets) const {
  const Policy& policy = history_->at(now);
  const auto missing = streams::missing_secrets(policy, secrets);
  if (missing.empty()) return {};
  return fmt::format("policy {} names secrets that this node does not have: {}", policy.version,
                     fmt::join(missing, ", "));
}

} // namespace onecode::actors
