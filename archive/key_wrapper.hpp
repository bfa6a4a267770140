// What wraps the keys of the archive, so that whoever takes the key store alone has nothing. An HSM or a key service stands behind the
// same interface.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace onecode::archive {

class KeyWrapper {
public:
  virtual ~KeyWrapper() = default;
  /// Which master key it is: stands beside each key that it wrapped.
  virtual std::string id() const = 0;
  virtual std::string wrap(std::string_view key) = 0;
  /// Throws std::runtime_error: wrapped by another master key, or changed since.
  virtual std::string unwrap(std::string_view wrapped) = 0;
};

/// AES-256 key wrap (RFC 3394) under 32 bytes; throws std::runtime_error for any other number of them. The id is "aes256-kw/" and the
/// first 8 hexadecimal digits of HMAC-SHA256(master, "id").
std::unique_ptr<KeyWrapper> aes_key_wrapper(std::string_view master);

} // namespace onecode::archive
