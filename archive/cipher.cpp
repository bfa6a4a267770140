#include "archive/cipher.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace onecode::archive {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

class Gcm {
public:
  Gcm(std::string_view key, std::string_view nonce, std::string_view about, bool encrypting)
      : context_(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free) {
    int size = 0;
    if (key.size() != 32 || nonce.size() != kNonceBytes ||
        EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, bytes(key), bytes(nonce), encrypting ? 1 : 0) !=
            1 ||
        EVP_CipherUpdate(context_.get(), nullptr, &size, bytes(about), static_cast<int>(about.size())) != 1)
      throw std::runtime_error("AES-256-GCM does not take this key");
  }
  void run(std::string_view in, unsigned char* out) {
    int size = 0;
    if (!in.empty() && EVP_CipherUpdate(context_.get(), out, &size, bytes(in), static_cast<int>(in.size())) != 1)
      throw std::runtime_error("AES-256-GCM does not work");
  }
  bool finish() {
    int size = 0;
    unsigned char none = 0;
    return EVP_CipherFinal_ex(context_.get(), &none, &size) == 1;
  }
  void tag(int operation, unsigned char* at) {
    if (EVP_CIPHER_CTX_ctrl(context_.get(), operation, static_cast<int>(kTagBytes), at) != 1)
      throw std::runtime_error("AES-256-GCM does not work");
  }

private:
  Context context_;
};

} // namespace

std::string encrypt(std::string_view key, std::string_view nonce, std::string_view about, std::string_view text) {
  Gcm gcm(key, nonce, about, true);
  std::string out(kTagBytes + text.size(), '\0');
  gcm.run(text, bytes(out) + kTagBytes);
  if (!gcm.finish()) throw std::runtime_error("AES-256-GCM does not work");
  gcm.tag(EVP_CTRL_GCM_GET_TAG, bytes(out));
  return out;
}

std::optional<std::string> decrypt(std::string_view key, std::string_view nonce, std::string_view about,
                                   std::string_view sealed) {
  if (sealed.size() < kTagBytes) return std::nullopt;
  Gcm gcm(key, nonce, about, false);
  std::string out(sealed.size() - kTagBytes, '\0'), tag(sealed.substr(0, kTagBytes));
  gcm.run(sealed.substr(kTagBytes), bytes(out));
  gcm.tag(EVP_CTRL_GCM_SET_TAG, bytes(tag));
  return gcm.finish() ? std::optional(std::move(out)) : std::nullopt;
}

} // namespace onecode::archive
