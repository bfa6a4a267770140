// Ed25519 and SM2 by OpenSSL 3 (EVP), and what a signature under a command means.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
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
  void operator()(EC_GROUP* p) const { EC_GROUP_free(p); }
  void operator()(EC_POINT* p) const { EC_POINT_free(p); }
  void operator()(BIGNUM* p) const { BN_clear_free(p); }
  void operator()(OSSL_PARAM_BLD* p) const { OSSL_PARAM_BLD_free(p); }
  void operator()(OSSL_PARAM* p) const { OSSL_PARAM_free(p); }
};
using PKey = std::unique_ptr<EVP_PKEY, Free>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free>;

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kPointBytes = 65;                  // 04 || x || y
constexpr std::string_view kUserId = "1234567812345678"; // GM/T 0009: for whom no other was agreed

const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

PKey private_ed25519(std::string_view key) {
  PKey p(key.size() == kKeyBytes ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(key), key.size())
                                 : nullptr);
  if (!p) throw std::runtime_error("not an Ed25519 private key of 32 bytes");
  return p;
}

/// The point of a private number; empty: it is none.
std::string sm2_point(std::string_view private_key) {
  const std::unique_ptr<EC_GROUP, Free> group(EC_GROUP_new_by_curve_name(NID_sm2));
  const std::unique_ptr<BIGNUM, Free> number(
      private_key.size() == kKeyBytes ? BN_bin2bn(bytes(private_key), kKeyBytes, nullptr) : nullptr);
  if (!group || !number || BN_is_zero(number.get())) return {};
  // The standard leaves out n-1 and above: 1+d must have an inverse.
  const std::unique_ptr<BIGNUM, Free> last(BN_dup(EC_GROUP_get0_order(group.get())));
  if (!last || BN_sub_word(last.get(), 1) != 1 || BN_cmp(number.get(), last.get()) >= 0) return {};
  const std::unique_ptr<EC_POINT, Free> point(EC_POINT_new(group.get()));
  std::string out(kPointBytes, '\0');
  if (!point || EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes(out), out.size(), nullptr) !=
          out.size())
    return {};
  return out;
}

PKey private_sm2(std::string_view key) {
  const std::string point = sm2_point(key);
  if (point.empty()) throw std::runtime_error("not an SM2 private key of 32 bytes");
  const std::unique_ptr<BIGNUM, Free> number(BN_bin2bn(bytes(key), kKeyBytes, nullptr));
  const std::unique_ptr<OSSL_PARAM_BLD, Free> build(OSSL_PARAM_BLD_new());
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new_from_name(nullptr, "SM2", nullptr));
  EVP_PKEY* made = nullptr;
  if (number && build && context &&
      OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1 &&
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) == 1) {
    const std::unique_ptr<OSSL_PARAM, Free> params(OSSL_PARAM_BLD_to_param(build.get()));
    if (params && EVP_PKEY_fromdata_init(context.get()) == 1 &&
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, params.get()) == 1)
      return PKey(made);
  }
  throw std::runtime_error("OpenSSL: no SM2 key could be made");
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

/// DER → r||s; empty: it was none.
std::string plain_signature(std::string_view der) {
  const unsigned char* at = bytes(der);
  const std::unique_ptr<ECDSA_SIG, Free> s(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string out(kSignatureBytes, '\0');
  if (!s || BN_bn2binpad(ECDSA_SIG_get0_r(s.get()), bytes(out), 32) != 32 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(s.get()), bytes(out) + 32, 32) != 32)
    return {};
  return out;
}

std::string sign_sm2(std::string_view private_key, std::string_view text) {
  const PKey key = private_sm2(private_key);
  const DigestContext context(EVP_MD_CTX_new());
  const std::unique_ptr<EVP_PKEY_CTX, Free> options(EVP_PKEY_CTX_new(key.get(), nullptr));
  if (context && options) EVP_MD_CTX_set_pkey_ctx(context.get(), options.get());
  std::string der(80, '\0'); // two numbers of 33 bytes and what DER puts before them
  std::size_t n = der.size();
  if (!context || !options ||
      EVP_PKEY_CTX_set1_id(options.get(), kUserId.data(), static_cast<int>(kUserId.size())) != 1 ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sm3(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), bytes(der), &n, bytes(text), text.size()) != 1)
    throw std::runtime_error("OpenSSL: signing failed");
  return plain_signature(std::string_view(der).substr(0, n));
}

bool verify_sm2(std::string_view point, std::string_view text, std::string_view signature) {
  const PKey key = sm2_public(point);
  if (!key) return false;
  const std::string der = signature.size() == kSignatureBytes ? der_signature(signature) : std::string(signature);
  const DigestContext context(EVP_MD_CTX_new());
  const std::unique_ptr<EVP_PKEY_CTX, Free> options(EVP_PKEY_CTX_new(key.get(), nullptr));
  if (!context || !options) return false;
  EVP_MD_CTX_set_pkey_ctx(context.get(), options.get());
  return EVP_PKEY_CTX_set1_id(options.get(), kUserId.data(), static_cast<int>(kUserId.size())) == 1 &&
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

KeyPair new_key_pair(KeyAlgorithm algorithm) {
  if (algorithm == KeyAlgorithm::ed25519) return new_ed25519();
  const PKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "SM2"));
  BIGNUM* number = nullptr;
  if (!key || EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1)
    throw std::runtime_error("OpenSSL: no SM2 key could be made");
  const std::unique_ptr<BIGNUM, Free> owned(number);
  std::string raw(kKeyBytes, '\0');
  if (BN_bn2binpad(number, bytes(raw), kKeyBytes) != static_cast<int>(kKeyBytes))
    throw std::runtime_error("OpenSSL: no SM2 key could be made");
  return key_pair_from_private(algorithm, raw);
}

KeyPair key_pair_from_private(KeyAlgorithm algorithm, std::string_view private_key) {
  if (algorithm == KeyAlgorithm::ed25519) return ed25519_from_private(private_key);
  std::string point = sm2_point(private_key);
  if (point.empty()) throw std::runtime_error("not an SM2 private key of 32 bytes");
  return {std::string(private_key), std::move(point)};
}

std::string sign(KeyAlgorithm algorithm, std::string_view private_key, std::string_view text) {
  return algorithm == KeyAlgorithm::sm2 ? sign_sm2(private_key, text) : sign_ed25519(private_key, text);
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
