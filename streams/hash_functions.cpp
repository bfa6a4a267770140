// Digests, HMAC and HKDF by OpenSSL 3 (EVP).
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>
#include <stdexcept>
#include <unordered_map>

#include "streams/authenticate.hpp"
#include "streams/keyed_mac.hpp"

namespace onecode::streams {
namespace {

struct Free {
  void operator()(EVP_MAC* p) const { EVP_MAC_free(p); }
  void operator()(EVP_MAC_CTX* p) const { EVP_MAC_CTX_free(p); }
  void operator()(EVP_KDF* p) const { EVP_KDF_free(p); }
  void operator()(EVP_KDF_CTX* p) const { EVP_KDF_CTX_free(p); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, Free>;

const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

[[noreturn]] void failed(const char* what) { throw std::runtime_error(std::string("OpenSSL: ") + what + " failed"); }

MacContext keyed(MacAlgorithm algorithm, std::string_view key) {
  // Fetched once: a fetch takes locks and walks the providers.
  static const std::unique_ptr<EVP_MAC, Free> hmac_method(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  if (!hmac_method) failed("HMAC");
  MacContext context(EVP_MAC_CTX_new(hmac_method.get()));
  char sha256_name[] = "SHA256";
  char sm3_name[] = "SM3";
  char* digest = algorithm == MacAlgorithm::hmac_sm3 ? sm3_name : sha256_name;
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  // OpenSSL takes a null key for "the key from before", so an empty key still needs an address.
  const unsigned char* k = key.empty() ? reinterpret_cast<const unsigned char*>("") : bytes(key);
  if (!context || EVP_MAC_init(context.get(), k, key.size(), params) != 1) failed("HMAC init");
  return context;
}

Mac finish(EVP_MAC_CTX* context, std::string_view text) {
  Mac mac{};
  std::size_t n = 0;
  if (EVP_MAC_update(context, bytes(text), text.size()) != 1 ||
      EVP_MAC_final(context, mac.data(), &n, mac.size()) != 1 || n != mac.size())
    failed("HMAC");
  return mac;
}

/// Enough for every device and issuer of a campus; a full one starts anew.
constexpr std::size_t kKeysPerThread = 16'384;

} // namespace

std::optional<Mac> mac_by_name(MacAlgorithm algorithm, const std::string& secret_name, const Secrets& secrets,
                               std::string_view text) {
  struct Cache {
    std::uint64_t generation = ~std::uint64_t{0};
    std::unordered_map<std::string, MacContext> keys[2];
  };
  thread_local Cache cache;
  if (cache.generation != secrets.generation()) {
    for (auto& k : cache.keys) k.clear();
    cache.generation = secrets.generation();
  }
  auto& keys = cache.keys[algorithm == MacAlgorithm::hmac_sm3 ? 1 : 0];
  auto it = keys.find(secret_name);
  if (it == keys.end()) {
    const auto key = secrets.find(secret_name);
    if (!key) return std::nullopt;
    if (keys.size() >= kKeysPerThread) keys.clear();
    it = keys.emplace(secret_name, keyed(algorithm, *key)).first;
  } else if (EVP_MAC_init(it->second.get(), nullptr, 0, nullptr) != 1) {
    failed("HMAC init");
  }
  return finish(it->second.get(), text);
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hmac(MacAlgorithm algorithm, std::string_view key, std::string_view text) {
  const Mac mac = finish(keyed(algorithm, key).get(), text);
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

std::string hkdf_sha256(std::string_view key, std::string_view salt, std::string_view info, std::size_t size) {
  const std::unique_ptr<EVP_KDF, Free> method(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  if (!method) failed("HKDF");
  const std::unique_ptr<EVP_KDF_CTX, Free> context(EVP_KDF_CTX_new(method.get()));
  char digest[] = "SHA256";
  const auto octets = [](const char* name, std::string_view s) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(s.data() == nullptr ? "" : s.data()), s.size());
  };
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                               octets(OSSL_KDF_PARAM_KEY, key), octets(OSSL_KDF_PARAM_SALT, salt),
                               octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  std::string out(size, '\0');
  if (!context || EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(out.data()), size, params) != 1)
    failed("HKDF");
  return out;
}

std::string sha256(std::string_view text) {
  std::string out(32, '\0');
  unsigned n = 0;
  if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &n, EVP_sha256(), nullptr) !=
      1)
    failed("SHA-256");
  return out;
}

} // namespace onecode::streams
