// The policy document as JSON (CONTRACT §7): read with every error named, written back whole, signed and checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/policy.hpp"
#include "streams/authenticate.hpp"
#include "streams/broker.hpp"

namespace onecode::streams {

struct PolicyResult {
  std::optional<Policy> policy;    // set exactly when there are no errors
  std::vector<std::string> errors; // one sentence each: member path and what is wrong
};

/// A bare document or the `data` of a policy event (`signature` and `key` are ignored here). Left-out members keep
/// the built-in default, member by member and rule by rule. Unknown members and rules are errors.
PolicyResult read_policy(std::string_view json);
std::string write_policy(const Policy& policy);

/// A policy record with its envelope opened, in structured or binary mode (CONTRACT §3).
struct PolicyEvent {
  Time time;             // the envelope's: whoever sent it chose it, and no signature covers it
  std::string_view data; // the document as it was sent; lives as long as the record
};
/// nullopt: opened. Otherwise what is wrong with the envelope: its code and text.
std::optional<std::string> open_policy_event(const Record& record, PolicyEvent& event);
/// Signature (by a root key or an information-centre key of `in_force`, valid at `published`; skipped when
/// `unsigned_ok`) and document.
PolicyResult judge_policy(std::string_view data, Time published, const std::vector<TrustedKey>& roots,
                          const Policy& in_force, bool unsigned_ok);
/// Both for the value of a structured event, believing its time.
PolicyResult read_policy_event(std::string_view value, const std::vector<TrustedKey>& roots, const Policy& in_force,
                               bool unsigned_ok);

/// The names of shared secrets that the policy's issuers need and `secrets` lacks, each once, in order.
std::vector<std::string> missing_secrets(const Policy& policy, const Secrets& secrets);

/// The document with `signature` and `key` added (over the RFC 8785 form without them).
std::string sign_policy(std::string_view document, std::string_view private_key, const std::string& key_id,
                        KeyAlgorithm algorithm = KeyAlgorithm::ed25519);
/// The CloudEvent around a signed document. `time`: when it is published; nullopt: now.
std::string policy_event(std::string_view signed_document, std::optional<Time> time = std::nullopt);

} // namespace onecode::streams
