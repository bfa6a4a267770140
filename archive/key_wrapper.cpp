#include "archive/key_wrapper.hpp"

#include <openssl/evp.h>

#include <stdexcept>

#include "evidence/sha256_many.hpp"
#include "streams/authenticate.hpp"

namespace onecode::archive {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

constexpr std::size_t kMasterBytes = 32, kBlock = 8;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

class AesKeyWrapper final : public KeyWrapper {
public:
  explicit AesKeyWrapper(std::string_view master) : master_(master) {
    if (master.size() != kMasterBytes) throw std::runtime_error("a master key has 32 bytes");
    id_ = "aes256-kw/" + streams::to_hex(evidence::view(evidence::hmac_sha256(master, "id")).substr(0, 4));
  }
  std::string id() const override { return id_; }
  std::string wrap(std::string_view key) override { return run(key, 1); }
  std::string unwrap(std::string_view wrapped) override { return run(wrapped, 0); }

private:
  std::string run(std::string_view in, int encrypt) const {
    const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    std::string out(in.size() + 2 * kBlock, '\0');
    int size = 0;
    if (in.size() % kBlock != 0 ||
        EVP_CipherInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, bytes(master_), nullptr, encrypt) != 1 ||
        EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes(in),
                         static_cast<int>(in.size())) != 1)
      throw std::runtime_error("a key cannot be unwrapped by the master key " + id_);
    out.resize(static_cast<std::size_t>(size));
    return out;
  }

  std::string master_, id_;
};

} // namespace

std::unique_ptr<KeyWrapper> aes_key_wrapper(std::string_view master) {
  return std::make_unique<AesKeyWrapper>(master);
}

} // namespace onecode::archive
