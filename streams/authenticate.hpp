// Signatures and MACs (OpenSSL): command and policy signatures (Ed25519), the MAC of a scan, the MAC of a dynamic
// code, and the secrets behind them, which never stand in a topic or in state: only their names do.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "domain/device.hpp"
#include "domain/effects.hpp"
#include "domain/events.hpp"
#include "domain/policy.hpp"

namespace onecode::streams {

/// Shared secrets by name. `derive:<master>/<id>` is HKDF-SHA256 of the master (salt empty, info = id, 32 bytes).
class Secrets {
public:
  Secrets() = default;
  /// name → raw bytes
  explicit Secrets(std::map<std::string, std::string> values)
      : values_(std::move(values)), generation_(next_generation()) {}
  /// A JSON object name → base64url; throws std::runtime_error naming file and member.
  static Secrets from_json_file(const std::string& path);
  /// One file per name in a directory, raw bytes (a trailing newline is cut).
  static Secrets from_directory(const std::string& path);
  std::optional<std::string> find(const std::string& name) const;
  /// The same for equal contents only: what was computed from a secret may be kept under this number.
  std::uint64_t generation() const { return generation_; }

private:
  static std::uint64_t next_generation();
  std::map<std::string, std::string> values_;
  std::uint64_t generation_ = 0; // 0: no secrets
};

std::string base64url(std::string_view bytes);
/// nullopt: not base64url without padding.
std::optional<std::string> from_base64url(std::string_view text);
std::string hmac(MacAlgorithm algorithm, std::string_view key, std::string_view text);
/// HKDF-SHA256 (RFC 5869).
std::string hkdf_sha256(std::string_view key, std::string_view salt, std::string_view info, std::size_t bytes);
std::string sha256(std::string_view bytes); // raw 32 bytes
std::string to_hex(std::string_view bytes);

/// Is the scan's MAC right? (CONTRACT §4.1)
MacCheck check_scan_mac(const Scan& scan, const std::string& secret_name, const Secrets& secrets);
/// The text that a scan's MAC is over.
std::string scan_mac_text(const Scan& scan);
/// Fills token, account and handset from `scan.code`; `issuers` of the policy in force.
void resolve_code(Scan& scan, const Policy& policy, const Secrets& secrets);
/// Makes a code token (issuer's side; demo, tests).
std::string make_code(const std::string& kid, const Issuer& issuer, std::string_view key, const std::string& account,
                      const std::string& handset, const std::string& nonce, Time issued_at, std::int64_t ttl_s,
                      const std::string& purpose);

/// Ed25519 key pairs; raw bytes, 32 each.
struct KeyPair {
  std::string private_key, public_key;
};
KeyPair new_ed25519();
KeyPair ed25519_from_private(std::string_view private_key);
std::string sign_ed25519(std::string_view private_key, std::string_view text);
bool verify_ed25519(std::string_view public_key, std::string_view text, std::string_view signature);

/// Either algorithm; raw bytes. Ed25519: 32 private, 32 public. SM2: 32 private, 65 public (04 || x || y).
KeyPair new_key_pair(KeyAlgorithm algorithm);
/// Throws std::runtime_error: no private key of this algorithm.
KeyPair key_pair_from_private(KeyAlgorithm algorithm, std::string_view private_key);
/// 64 bytes: Ed25519 as RFC 8032; SM2 as r||s (GB/T 32918.2: digest SM3, user id 1234567812345678).
std::string sign(KeyAlgorithm algorithm, std::string_view private_key, std::string_view text);

/// A signature by a key of the policy. SM2 takes what sign() makes, and the same two numbers as DER, which is what other
/// tools (openssl pkeyutl, hardware tokens) give.
bool verify_signature(const TrustedKey& key, std::string_view text, std::string_view signature);
bool valid_at(const TrustedKey& key, Time t);

/// Is the command signed by a key that the policy trusts for its role, actor and time? nullopt: yes. BAD_SIGNATURE
/// otherwise (FORBIDDEN_ROLE when the key is sound but of another role).
std::optional<Refusal> check_signature(const Command& command, const Policy& policy);
/// Does the policy trust the command's key for its role and actor at that time? Looks at no signature.
bool trusts(const Policy& policy, const Command& command, Time t);

/// RFC 8785 canonical form of a JSON text (numbers as ECMAScript prints them). Throws std::runtime_error: not JSON.
std::string canonical_json(std::string_view json);

} // namespace onecode::streams
