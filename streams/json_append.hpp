// JSON written straight into a string: what the hot path of encoding needs, and no tree. Internal to streams/.
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

template <class T>
void append_integer(std::string& out, T n) {
  char buf[24];
  out.append(buf, static_cast<std::size_t>(std::to_chars(buf, buf + sizeof buf, n).ptr - buf));
}

/// `,"name":` (name and its punctuation stand in the literal) and a value.
inline void member(std::string& out, std::string_view literal, std::string_view text) {
  out.append(literal);
  append_json_string(out, text);
}
/// null for what is not there.
inline void member_or_null(std::string& out, std::string_view literal, std::string_view text) {
  out.append(literal);
  if (text.empty()) {
    out.append("null");
  } else {
    append_json_string(out, text);
  }
}
inline void member(std::string& out, std::string_view literal, Time t) {
  out.append(literal);
  out += '"';
  append_time(out, t);
  out += '"';
}
inline void member(std::string& out, std::string_view literal, const std::optional<Time>& t) {
  if (t) {
    member(out, literal, *t);
  } else {
    out.append(literal).append("null");
  }
}
template <class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) void member(std::string& out, std::string_view literal,
                                                                        T n) {
  out.append(literal);
  append_integer(out, n);
}

/// `[a,b]`, each item written by `write`.
template <class Xs, class F>
void append_list(std::string& out, const Xs& xs, F&& write) {
  out += '[';
  bool first = true;
  for (const auto& x : xs) {
    if (!std::exchange(first, false)) out += ',';
    write(x);
  }
  out += ']';
}
template <class Xs>
void append_texts(std::string& out, const Xs& xs) {
  append_list(out, xs, [&](const auto& s) { append_json_string(out, s); });
}

} // namespace onecode::streams
