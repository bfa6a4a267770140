// Bytes that are written and used again: room is asked for once for each number or text, not for each byte of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace onecode {

class ByteBuffer {
public:
  ByteBuffer() = default;
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;

  std::string_view view() const { return {bytes_.get(), size()}; }
  void clear() { end_ = bytes_.get(); }

  /// Room for n more bytes; finish() with the end of what was written there.
  char* room(std::size_t n) {
    if (static_cast<std::size_t>(limit_ - end_) < n) [[unlikely]]
      grow(n);
    return end_;
  }
  void finish(char* end) { end_ = end; }

  /// Always inlined: of a literal the length is known, and the copy a move or two.
  [[gnu::always_inline]] ByteBuffer& append(const char* from, std::size_t n) {
    char* const to = room(n);
    if (n > 0) std::memcpy(to, from, n);
    end_ = to + n;
    return *this;
  }
  [[gnu::always_inline]] ByteBuffer& append(std::string_view text) { return append(text.data(), text.size()); }
  ByteBuffer& operator+=(std::string_view text) { return append(text); }
  ByteBuffer& operator+=(char c) {
    char* const to = room(1);
    *to = c;
    end_ = to + 1;
    return *this;
  }

private:
  std::size_t size() const { return static_cast<std::size_t>(end_ - bytes_.get()); }
  [[gnu::cold, gnu::noinline]] void grow(std::size_t n) {
    const std::size_t used = size(), most = static_cast<std::size_t>(limit_ - bytes_.get());
    const std::size_t more = std::max({2 * most, used + n, std::size_t{64}});
    auto larger = std::make_unique_for_overwrite<char[]>(more);
    if (used > 0) std::memcpy(larger.get(), bytes_.get(), used);
    bytes_ = std::move(larger);
    end_ = bytes_.get() + used;
    limit_ = bytes_.get() + more;
  }

  std::unique_ptr<char[]> bytes_;
  char* end_ = nullptr;
  char* limit_ = nullptr;
};

} // namespace onecode
