#include "evidence/sha256.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <new>

namespace onecode::evidence {

Hash sha256(std::initializer_list<std::string_view> pieces) {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local struct Context {
    EVP_MD_CTX* md = EVP_MD_CTX_new();
    Context() = default;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { EVP_MD_CTX_free(md); }
  } context;
  Hash out;
  bool done = context.md != nullptr && EVP_DigestInit_ex2(context.md, method, nullptr) == 1;
  for (const auto piece : pieces) done = done && EVP_DigestUpdate(context.md, piece.data(), piece.size()) == 1;
  if (!done || EVP_DigestFinal_ex(context.md, out.data(), nullptr) != 1) throw std::bad_alloc();
  return out;
}

Hash hmac_sha256(std::string_view key, std::string_view text) {
  std::array<char, 64> inner{}, outer{};
  if (key.size() > inner.size())
    std::ranges::copy(sha256({key}), inner.begin());
  else
    key.copy(inner.data(), key.size());
  outer = inner;
  for (auto& c : inner) c = static_cast<char>(c ^ 0x36);
  for (auto& c : outer) c = static_cast<char>(c ^ 0x5c);
  const Hash first = sha256({{inner.data(), inner.size()}, text});
  return sha256({{outer.data(), outer.size()}, view(first)});
}

} // namespace onecode::evidence
