#include <string>

#include "domain/archive.hpp"
#include "storage/store.hpp"

namespace onecode::storage {

namespace {

constexpr char kErase = 0;
constexpr char kPut = 1;

/// Takes pieces off the front of a batch.
class Cursor {
public:
  explicit Cursor(std::string_view bytes) : all_(bytes) {}

  bool at_end() const { return at_ == all_.size(); }
  char flag() { return all_[at_++]; }

  std::string_view piece() {
    const std::uint64_t n = number();
    // Compared with what is left, never added to `at_`: a length near 2^64 would wrap around.
    if (n > all_.size() - at_) fail("a length that reaches beyond the end");
    const auto piece = all_.substr(at_, static_cast<std::size_t>(n));
    at_ += piece.size();
    return piece;
  }

  [[noreturn]] void fail(std::string_view what) const {
    throw StoreError("not a batch of changes: " + std::string(what) + " at byte " + std::to_string(at_) + " of " +
                     std::to_string(all_.size()));
  }

private:
  std::uint64_t number() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_end()) fail("a length cut short");
      const auto b = static_cast<unsigned char>(all_[at_++]);
      if (shift == 63 && b > 1) break;
      v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) return v;
    }
    fail("a length of more than 64 bits");
  }

  std::string_view all_;
  std::size_t at_ = 0;
};

} // namespace

std::size_t WriteBatch::put(std::string_view key, std::string_view value) {
  Writer w(bytes_);
  bytes_ += kPut;
  w.put_unsigned(key.size());
  bytes_ += key;
  w.put_unsigned(value.size());
  const std::size_t at = bytes_.size();
  bytes_ += value;
  ++count_;
  return at;
}

void WriteBatch::erase(std::string_view key) {
  Writer w(bytes_);
  bytes_ += kErase;
  w.put_unsigned(key.size());
  bytes_ += key;
  ++count_;
}

void WriteBatch::append(const WriteBatch& other) {
  bytes_ += other.bytes_;
  count_ += other.count_;
}

void WriteBatch::each(std::string_view bytes,
                      const std::function<void(std::string_view, std::optional<std::string_view>)>& change) {
  Cursor cursor(bytes);
  while (!cursor.at_end()) {
    const char flag = cursor.flag();
    if (flag != kPut && flag != kErase) cursor.fail("a flag that is neither put nor erase");
    const auto key = cursor.piece();
    // Every key of storage/keys.hpp begins with a letter; what begins with a zero byte belongs to the store itself.
    if (key.empty() || key.front() == '\0') cursor.fail("a key that is empty or reserved");
    if (flag == kPut) {
      change(key, cursor.piece());
    } else {
      change(key, std::nullopt);
    }
  }
}

} // namespace onecode::storage
