// Ed25519 and SM2 by OpenSSL 3 (EVP), and what a signature under a command means.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <memory>
#include <stdexcept>

#include "streams/authenticate.hpp"

namespace onecode::streams {
namespace {

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
};
using PKey = std::unique_ptr<EVP_PKEY, Free>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free>;

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

PKey private_ed25519(std::string_view key) {
  PKey p(key.size() == kKeyBytes ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(key), key.size())
                                 : nullptr);
  if (!p) throw std::runtime_error("not an Ed25519 private key of 32 bytes");
  return p;
}

PKey sm2_public(std::string_view point) {
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new_from_name(nullptr, "SM2", nullptr));
  char group[] = "SM2";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<char*>(point.data()), point.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
    return nullptr;
  return PKey(key);
}

/// r||s → DER
std::string der_signature(std::string_view rs) {
  const std::unique_ptr<ECDSA_SIG, Free> s(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(bytes(rs), 32, nullptr);
  BIGNUM* t = BN_bin2bn(bytes(rs) + 32, 32, nullptr);
  if (!s || ECDSA_SIG_set0(s.get(), r, t) != 1) {
    BN_free(r);
    BN_free(t);
    return {};
  }
  unsigned char* der = nullptr;
  const int n = i2d_ECDSA_SIG(s.get(), &der);
  std::string out = n > 0 ? std::string(reinterpret_cast<char*>(der), static_cast<std::size_t>(n)) : std::string();
  OPENSSL_free(der);
  return out;
}

bool verify_sm2(std::string_view point, std::string_view text, std::string_view signature) {
  constexpr std::string_view kDefaultId = "1234567812345678"; // GM/T 0009
  const PKey key = sm2_public(point);
  if (!key) return false;
  const std::string der = signature.size() == kSignatureBytes ? der_signature(signature) : std::string(signature);
  const DigestContext context(EVP_MD_CTX_new());
  const std::unique_ptr<EVP_PKEY_CTX, Free> options(EVP_PKEY_CTX_new(key.get(), nullptr));
  if (!context || !options) return false;
  EVP_MD_CTX_set_pkey_ctx(context.get(), options.get());
  return EVP_PKEY_CTX_set1_id(options.get(), kDefaultId.data(), static_cast<int>(kDefaultId.size())) == 1 &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sm3(), nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes(der), der.size(), bytes(text), text.size()) == 1;
}

Refusal refusal(std::string_view code, std::string zh, std::string en) {
  return {code, "authenticate", {std::move(zh), std::move(en)}};
}

} // namespace

KeyPair new_ed25519() {
  const PKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) throw std::runtime_error("OpenSSL: no Ed25519 key could be made");
  std::string raw(kKeyBytes, '\0');
  std::size_t n = raw.size();
  if (EVP_PKEY_get_raw_private_key(key.get(), bytes(raw), &n) != 1)
    throw std::runtime_error("OpenSSL: no Ed25519 key could be made");
  return ed25519_from_private(raw);
}

KeyPair ed25519_from_private(std::string_view private_key) {
  const PKey key = private_ed25519(private_key);
  KeyPair pair{std::string(private_key), std::string(kKeyBytes, '\0')};
  std::size_t n = kKeyBytes;
  if (EVP_PKEY_get_raw_public_key(key.get(), bytes(pair.public_key), &n) != 1)
    throw std::runtime_error("OpenSSL: no public key");
  return pair;
}

std::string sign_ed25519(std::string_view private_key, std::string_view text) {
  const PKey key = private_ed25519(private_key);
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  std::size_t n = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), bytes(signature), &n, bytes(text), text.size()) != 1)
    throw std::runtime_error("OpenSSL: signing failed");
  return signature;
}

bool verify_ed25519(std::string_view public_key, std::string_view text, std::string_view signature) {
  if (public_key.size() != kKeyBytes || signature.size() != kSignatureBytes) return false;
  const PKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(public_key), public_key.size()));
  const DigestContext context(EVP_MD_CTX_new());
  return key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
}

bool verify_signature(const TrustedKey& key, std::string_view text, std::string_view signature) {
  return key.algorithm == KeyAlgorithm::sm2 ? verify_sm2(key.public_key, text, signature)
                                            : verify_ed25519(key.public_key, text, signature);
}

bool valid_at(const TrustedKey& key, Time t) { return (!key.from || *key.from <= t) && (!key.to || t <= *key.to); }

std::optional<Refusal> check_signature(const Command& command, const Policy& policy) {
  if (command.signature.empty() || command.key.empty())
    return refusal("BAD_SIGNATURE", "指令未签名。",
                   "The command is not signed: `data.signature` and `data.key` are needed.");
  const auto sound = [&](const TrustedKey& key) {
    return key.key == command.key && valid_at(key, command.issued_at) &&
           (key.actor.empty() || key.actor == command.actor) &&
           verify_signature(key, command.signed_bytes, command.signature);
  };
  bool known = false;
  if (const auto role = policy.roles.find(command.role); role != policy.roles.end()) {
    for (const TrustedKey& key : role->second) {
      if (sound(key)) return std::nullopt;
      known = known || key.key == command.key;
    }
  }
  for (const auto& [role, keys] : policy.roles) {
    if (role == command.role) continue;
    for (const TrustedKey& key : keys)
      if (sound(key))
        return refusal("FORBIDDEN_ROLE", "该密钥属于角色 " + role + "，不属于 " + command.role + "。",
                       "The key belongs to the role " + role + ", not to " + command.role + ".");
  }
  if (known)
    return refusal("BAD_SIGNATURE", "签名无效，或密钥不属于该操作人，或已过有效期。",
                   "The signature does not match, or the key is not this actor's or not valid at `data.issued_at`.");
  return refusal("BAD_SIGNATURE", "当前策略不认可该签名密钥。",
                 "The policy in force does not know the key `data.key` for this role.");
}

bool trusts(const Policy& policy, const Command& command, Time t) {
  const auto role = policy.roles.find(command.role);
  return role != policy.roles.end() && std::ranges::any_of(role->second, [&](const TrustedKey& key) {
           return key.key == command.key && valid_at(key, t) && (key.actor.empty() || key.actor == command.actor);
         });
}

} // namespace onecode::streams
