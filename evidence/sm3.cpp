#include "evidence/sm3.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace onecode::evidence {
namespace {

struct Free {
  void operator()(EVP_MD* p) const { EVP_MD_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
};

} // namespace

Hash sm3(std::initializer_list<std::string_view> pieces) {
  static const std::unique_ptr<EVP_MD, Free> algorithm(EVP_MD_fetch(nullptr, "SM3", nullptr));
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  Hash out{};
  bool ok = algorithm && context && EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) == 1;
  for (const auto piece : pieces) ok = ok && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
  if (!ok || EVP_DigestFinal_ex(context.get(), out.data(), nullptr) != 1)
    throw std::runtime_error("this OpenSSL does not compute SM3");
  return out;
}

} // namespace onecode::evidence
