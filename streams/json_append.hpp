// JSON written straight into a string or a ByteBuffer: what the hot path of encoding needs, and no tree. Internal to streams/.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "domain/time.hpp"
#include "streams/encode.hpp"

namespace onecode::streams {

template <class Out, class T>
void append_integer(Out& out, T n) {
  char buf[24];
  out.append(buf, static_cast<std::size_t>(std::to_chars(buf, buf + sizeof buf, n).ptr - buf));
}

/// `,"name":` (name and its punctuation stand in the literal) and a value. Inlined, so that the literal's length is known.
template <class Out>
[[gnu::always_inline]] inline void member(Out& out, std::string_view literal, std::string_view text) {
  out.append(literal);
  append_json_string(out, text);
}
/// null for what is not there.
template <class Out>
[[gnu::always_inline]] inline void member_or_null(Out& out, std::string_view literal, std::string_view text) {
  out.append(literal);
  if (text.empty()) {
    out.append("null");
  } else {
    append_json_string(out, text);
  }
}
template <class Out>
void member(Out& out, std::string_view literal, Time t) {
  out.append(literal);
  out += '"';
  append_time(out, t);
  out += '"';
}
template <class Out>
void member(Out& out, std::string_view literal, const std::optional<Time>& t) {
  if (t) {
    member(out, literal, *t);
  } else {
    out.append(literal).append("null");
  }
}
template <class Out, class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) void member(Out& out, std::string_view literal, T n) {
  out.append(literal);
  append_integer(out, n);
}

/// `[a,b]`, each item written by `write`.
template <class Out, class Xs, class F>
void append_list(Out& out, const Xs& xs, F&& write) {
  out += '[';
  bool first = true;
  for (const auto& x : xs) {
    if (!std::exchange(first, false)) out += ',';
    write(x);
  }
  out += ']';
}
template <class Out, class Xs>
void append_texts(Out& out, const Xs& xs) {
  append_list(out, xs, [&](const auto& s) { append_json_string(out, s); });
}

} // namespace onecode::streams
