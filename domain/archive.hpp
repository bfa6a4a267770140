// The bytes of state, of messages between nodes and of commit records. Each struct lists its fields once:
//   template <class Self, class V> static void fields(Self& s, V& v) { v("time", s.time); v("zone", s.zone); }
// and every visitor works from that list: Writer and Reader here (names unused), the JSON reader of commands and the
// JSON printer of `onecode state` in streams/.
//   Format  integers: zig-zag LEB128; strings: length, bytes; sequences: count, items; optional: 0|1, item;
//           variant: index, item; struct: its fields in order.
//   Growth  a field may be appended to a struct that ends a part or a message: Reader leaves what is not there at its
//           default. Fields are never removed or reordered.
//   Errors  Reader throws Corrupt; it never reads beyond its bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "domain/byte_buffer.hpp"
#include "domain/event_id.hpp"
#include "domain/leb128.hpp"
#include "domain/time.hpp"

namespace onecode {

struct Corrupt : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T, class V>
concept HasFields = requires(T& t, V& v) {
  std::remove_const_t<T>::fields(t, v);
};

/// Counts what would be written.
struct ByteCount {
  std::size_t bytes = 0;
  ByteCount& operator+=(const std::string& s) {
    bytes += s.size();
    return *this;
  }
  void append(const char*, std::size_t n) { bytes += n; }
};

template <class Out>
class BasicWriter {
public:
  explicit BasicWriter(Out& out) : out_(out) {}

  template <class T>
  void operator()(std::string_view, const T& x) {
    put(x);
  }

  void put_unsigned(std::uint64_t v) {
    if constexpr (std::is_same_v<Out, ByteCount>) {
      out_.bytes += leb128_bytes(v);
    } else if constexpr (std::is_same_v<Out, ByteBuffer>) {
      char* const to = out_.room(kMostLeb128);
      if (v < 0x80) {
        *to = static_cast<char>(v);
        return out_.finish(to + 1);
      }
      put_large(to, v);
    } else if (v < 0x80) {
      out_ += static_cast<char>(v);
    } else {
      std::array<char, kMostLeb128> buffer;
      out_.append(buffer.data(), static_cast<std::size_t>(put_leb128(buffer.data(), v) - buffer.data()));
    }
  }

  void put(const std::string& s) {
    put_unsigned(s.size());
    out_ += s;
  }
  template <class String>
  void put(const PackedId<String>& id) {
    const auto bytes = [this](const std::array<char, 16>& b) { out_.append(b.data(), b.size()); };
    if (is_uuid(id.text)) {
      put_unsigned(1);
      bytes(uuid_bytes(id.text));
    } else if (is_ulid(id.text)) {
      put_unsigned(3);
      bytes(ulid_bytes(id.text));
    } else {
      put_unsigned(2 * std::uint64_t{id.text.size()});
      out_ += id.text;
    }
  }
  void put(Time t) { put(t.ms); }
  void put(Duration d) { put(d.ms); }
  template <class T>
  requires std::is_enum_v<T>
  void put(T e) { put_unsigned(static_cast<std::uint64_t>(e)); }
  template <class T>
  requires std::is_unsigned_v<T>
  void put(T n) { put_unsigned(n); }
  template <class T>
  requires(std::is_integral_v<T>&& std::is_signed_v<T>) void put(T n) {
    const auto v = static_cast<std::int64_t>(n);
    put_unsigned((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63));
  }
  template <class T>
  void put(const std::optional<T>& o) {
    put_unsigned(o ? 1 : 0);
    if (o) put(*o);
  }
  template <class T>
  void put(const std::vector<T>& xs) {
    put_unsigned(xs.size());
    for (const auto& x : xs) put(x);
  }
  template <class T>
  void put(const std::set<T>& xs) {
    put_unsigned(xs.size());
    for (const auto& x : xs) put(x);
  }
  template <class K, class T>
  void put(const std::map<K, T>& xs) {
    put_unsigned(xs.size());
    for (const auto& [k, x] : xs) {
      put(k);
      put(x);
    }
  }
  template <class T, std::size_t N>
  void put(const std::array<T, N>& xs) {
    if constexpr (std::is_unsigned_v<T> && !std::is_same_v<Out, std::string>) {
      T any{};
      for (const T x : xs) any = static_cast<T>(any | x);
      if (any < 0x80) return put_small(xs); // as most counts are
    }
    for (const auto& x : xs) put(x);
  }
  template <class... Ts>
  void put(const std::variant<Ts...>& x) {
    put_unsigned(x.index());
    std::visit([this](const auto& alt) { put(alt); }, x);
  }
  template <class T>
  requires HasFields<const T, BasicWriter>
  void put(const T& x) { T::fields(x, *this); }

private:
  /// Numbers of seven bits, a byte each.
  template <class T, std::size_t N>
  void put_small(const std::array<T, N>& xs) {
    if constexpr (std::is_same_v<Out, ByteCount>) {
      out_.bytes += N;
    } else {
      char* const to = out_.room(N);
      for (std::size_t i = 0; i < N; ++i) to[i] = static_cast<char>(xs[i]);
      out_.finish(to + N);
    }
  }
  [[gnu::noinline]] void put_large(char* to, std::uint64_t v) { out_.finish(put_leb128(to, v)); }

  Out& out_;
};
using Writer = BasicWriter<std::string>;

class Reader {
public:
  explicit Reader(std::string_view in) : in_(in) {}

  bool at_end() const { return at_ == in_.size(); }

  template <class T>
  void operator()(std::string_view, T& x) {
    if (!at_end()) get(x);
  }

  std::uint64_t get_unsigned() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ >= in_.size()) throw Corrupt("number cut short");
      const auto b = static_cast<unsigned char>(in_[at_++]);
      v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) return v;
    }
    throw Corrupt("number too long");
  }

  void get(std::string& s) { s.assign(take(get_unsigned())); }
  void get(PackedId<std::string>& id) {
    const std::uint64_t tag = get_unsigned();
    if (tag % 2 == 1 && tag > 3) throw Corrupt("unknown form of an id");
    const std::string_view bytes = take(tag % 2 == 1 ? 16 : tag / 2);
    if (tag == 1) {
      id.text = uuid_text(bytes);
    } else if (tag == 3) {
      id.text = ulid_text(bytes);
    } else {
      id.text.assign(bytes);
    }
  }
  void get(Time& t) { get(t.ms); }
  void get(Duration& d) { get(d.ms); }
  template <class T>
  requires std::is_enum_v<T>
  void get(T& e) { e = static_cast<T>(get_unsigned()); }
  template <class T>
  requires std::is_unsigned_v<T>
  void get(T& n) { n = static_cast<T>(get_unsigned()); }
  template <class T>
  requires(std::is_integral_v<T>&& std::is_signed_v<T>) void get(T& n) {
    const std::uint64_t v = get_unsigned();
    n = static_cast<T>(static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1));
  }
  template <class T>
  void get(std::optional<T>& o) {
    o.reset();
    if (get_unsigned() != 0) get(o.emplace());
  }
  template <class T>
  void get(std::vector<T>& xs) {
    xs.clear();
    for (auto n = count(); n > 0; --n) get(xs.emplace_back());
  }
  template <class T>
  void get(std::set<T>& xs) {
    xs.clear();
    for (auto n = count(); n > 0; --n) {
      T x{};
      get(x);
      xs.insert(std::move(x));
    }
  }
  template <class K, class T>
  void get(std::map<K, T>& xs) {
    xs.clear();
    for (auto n = count(); n > 0; --n) {
      K k{};
      get(k);
      get(xs[std::move(k)]);
    }
  }
  template <class T, std::size_t N>
  void get(std::array<T, N>& xs) {
    for (auto& x : xs) get(x);
  }
  template <class... Ts>
  void get(std::variant<Ts...>& x) {
    get_alternative<0>(get_unsigned(), x);
  }
  template <class T>
  requires HasFields<T, Reader>
  void get(T& x) { T::fields(x, *this); }

private:
  std::string_view take(std::uint64_t n) {
    if (n > in_.size() - at_) throw Corrupt("length beyond the end");
    at_ += static_cast<std::size_t>(n);
    return in_.substr(at_ - static_cast<std::size_t>(n), static_cast<std::size_t>(n));
  }
  /// A count of things that each take at least one byte, so it cannot exceed what is left.
  std::size_t count() {
    const auto n = get_unsigned();
    if (n > in_.size() - at_) throw Corrupt("length beyond the end");
    return static_cast<std::size_t>(n);
  }
  template <std::size_t I, class... Ts>
  void get_alternative(std::uint64_t index, std::variant<Ts...>& x) {
    if constexpr (I < sizeof...(Ts)) {
      if (index == I) return get(x.template emplace<I>());
      get_alternative<I + 1>(index, x);
    } else {
      throw Corrupt("unknown alternative");
    }
  }

  std::string_view in_;
  std::size_t at_ = 0;
};

/// `out` gets the bytes of x appended.
template <class T>
void encode(std::string& out, const T& x) {
  Writer w(out);
  w.put(x);
}

template <class T>
void encode(ByteBuffer& out, const T& x) {
  BasicWriter<ByteBuffer> w(out);
  w.put(x);
}

/// How many they would be.
template <class T>
std::size_t stored_bytes(const T& x) {
  ByteCount count;
  BasicWriter<ByteCount>(count).put(x);
  return count.bytes;
}

template <class T>
void decode(std::string_view in, T& x) {
  Reader r(in);
  r.get(x);
}

} // namespace onecode
