// OpenSSL calls these functions deprecated in favour of EVP, which takes 45 ns more for each hash: half of what a short one costs, and there
// are a dozen to a scan (measured: OpenSSL 3.0, SHA extensions).
#define OPENSSL_SUPPRESS_DEPRECATED

#include "evidence/sha256.hpp"

#include <openssl/sha.h>

namespace onecode::evidence {

Hash sha256(std::initializer_list<std::string_view> pieces) {
  SHA256_CTX context;
  SHA256_Init(&context);
  for (const auto piece : pieces) SHA256_Update(&context, piece.data(), piece.size());
  Hash out;
  SHA256_Final(out.data(), &context);
  return out;
}

} // namespace onecode::evidence
