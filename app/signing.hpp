// Private keys of people: the key file, signatures on commands, and commands made from words (CONTRACT §6).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "domain/commands.hpp"
#include "domain/policy.hpp"
#include "streams/decode.hpp"

namespace onecode::app {

/// A key pair with the id by which policies and signatures name it. Raw bytes.
struct SigningKey {
  std::string id;
  std::string private_key, public_key;
  KeyAlgorithm algorithm = KeyAlgorithm::ed25519;
};

/// Without an id: `k-` and the first 16 hex digits of the public key's SHA-256, so that nobody has to invent one.
SigningKey new_signing_key(const std::optional<std::string>& id, KeyAlgorithm algorithm = KeyAlgorithm::ed25519);
/// The key file: {"key", "alg", "public", "private"}, base64url.
std::string key_file_text(const SigningKey& key);
/// The same without the private half: what goes into a policy's trust section.
std::string public_key_text(const SigningKey& key);
/// The same as [[trust.root]] of a node's configuration.
std::string public_key_toml(const SigningKey& key);
/// The public half as `openssl` reads it (SubjectPublicKeyInfo in PEM).
std::string public_key_pem(const SigningKey& key);
/// Throws InputError naming file and member; refuses a file whose two halves do not belong together.
SigningKey read_key_file(const std::string& path);

/// A command in the words of COMMANDS.md.
struct CommandDraft {
  std::string source; // CloudEvents source
  std::string id;     // CloudEvents id
  Time time;          // when it was given; also `issued_at`
  std::string name;
  std::string target;
  std::string actor;
  std::string role;
  std::string nonce;
  std::string reason;    // empty: left out
  std::string args_json; // an object; empty: none
};

/// The CloudEvent's value, signed when there is a key.
std::string command_event(const CommandDraft& draft, const SigningKey* key);
/// Signs the command in a CloudEvent's value. nullopt: it is no command, or carries a signature already.
std::optional<std::string> sign_command_event(std::string_view value, const SigningKey& key);
/// What the engine's decoder would say to this record; nullopt: it reads it.
std::optional<streams::DecodeError> check_event(Topic topic, std::string_view key, std::string_view value);

/// 128 random bits in hex.
std::string random_nonce();
/// The wall clock.
Time clock_now();

} // namespace onecode::app
