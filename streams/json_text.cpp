#include "streams/json_text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "streams/authenticate.hpp"
#include "streams/encode.hpp"

namespace onecode::streams {
namespace {

constexpr std::size_t kMaxCanonicalDepth = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, unsigned cp) {
  if (cp < 0x80) {
    out += static_cast<char>(cp);
  } else if (cp < 0x800) {
    out += static_cast<char>(0xc0 | (cp >> 6));
    out += static_cast<char>(0x80 | (cp & 0x3f));
  } else if (cp < 0x10000) {
    out += static_cast<char>(0xe0 | (cp >> 12));
    out += static_cast<char>(0x80 | ((cp >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (cp & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (cp >> 18));
    out += static_cast<char>(0x80 | ((cp >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((cp >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (cp & 0x3f));
  }
}

/// RFC 8785 sorts keys by UTF-16 code units. UTF-8 bytes sort the same but for one thing: characters beyond the basic
/// plane (lead byte f0 and up, a surrogate pair in UTF-16) come before U+E000..U+FFFF (lead bytes ee, ef).
bool utf16_less(std::string_view a, std::string_view b) {
  const auto [x, y] = std::ranges::mismatch(a, b);
  if (x == a.end() || y == b.end()) return x == a.end() && y != b.end();
  const auto p = static_cast<unsigned char>(*x);
  const auto q = static_cast<unsigned char>(*y);
  if (p >= 0xee && q >= 0xee && (p >= 0xf0) != (q >= 0xf0)) return p >= 0xf0;
  return p < q;
}

double to_double(std::string_view token) {
  double d = 0;
  const auto r = std::from_chars(token.data(), token.data() + token.size(), d);
  if (r.ec == std::errc{}) return d;
  // from_chars says the same for too large and too small; only too large has no value
  const auto exponent = token.find_first_of("eE");
  return exponent != std::string_view::npos && token[exponent + 1] == '-' ? 0.0 : HUGE_VAL;
}

/// Does simdjson have a value for it? An integer token must fit 64 bits, another one a double.
bool fits(std::string_view token) {
  if (token.find_first_of(".eE") != std::string_view::npos) return std::isfinite(to_double(token));
  if (token[0] == '-') {
    std::int64_t i = 0;
    return std::from_chars(token.data(), token.data() + token.size(), i).ec == std::errc{};
  }
  std::uint64_t u = 0;
  return std::from_chars(token.data(), token.data() + token.size(), u).ec == std::errc{};
}

/// The path of the first number without a value.
class NumberFinder {
public:
  explicit NumberFinder(std::string_view text) : text_(text) {}
  std::string find() {
    value("");
    return found_;
  }

private:
  void value(const std::string& path) {
    switch (text_.next()) {
      case '{':
        text_.object([&](const std::string& key) { value(path.empty() ? key : path + '.' + key); });
        break;
      case '[': {
        std::size_t i = 0;
        text_.array([&] { value(path + '[' + std::to_string(i++) + ']'); });
        break;
      }
      case '-':
      case '0':
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
      case '7':
      case '8':
      case '9':
        if (const auto token = text_.number(); found_.empty() && !fits(token)) found_ = path.empty() ? "value" : path;
        break;
      default:
        text_.skip();
    }
  }
  JsonText text_;
  std::string found_;
};

class Canonical {
public:
  explicit Canonical(std::string_view text) : text_(text) {}
  void value(std::string& out, std::span<const std::string_view> without = {}) {
    if (++depth_ > kMaxCanonicalDepth) throw JsonTextError("nested too deep", text_.at());
    switch (text_.next()) {
      case '{': {
        std::vector<std::pair<std::string, std::string>> members;
        text_.object([&](const std::string& key) {
          if (std::ranges::find(without, key) != without.end()) {
            text_.skip();
            return;
          }
          std::string printed;
          value(printed);
          members.emplace_back(key, std::move(printed));
        });
        std::ranges::sort(members, [](const auto& a, const auto& b) { return utf16_less(a.first, b.first); });
        for (std::size_t i = 0; i + 1 < members.size(); ++i)
          if (members[i].first == members[i + 1].first)
            throw JsonTextError("member `" + members[i].first + "` stands twice", text_.at());
        out += '{';
        for (std::size_t i = 0; i < members.size(); ++i) {
          if (i > 0) out += ',';
          append_json_string(out, members[i].first);
          out += ':';
          out += members[i].second;
        }
        out += '}';
        break;
      }
      case '[': {
        bool first = true;
        out += '[';
        text_.array([&] {
          if (!std::exchange(first, false)) out += ',';
          value(out);
        });
        out += ']';
        break;
      }
      case '"': {
        std::string s;
        text_.string(s);
        append_json_string(out, s);
        break;
      }
      case 't':
      case 'f':
      case 'n':
        out += text_.skip();
        break;
      default: {
        const double d = to_double(text_.number());
        if (!std::isfinite(d)) throw JsonTextError("a number is too large", text_.at());
        append_number(out, d);
      }
    }
    --depth_;
  }
  void end() { text_.end(); }

private:
  JsonText text_;
  std::size_t depth_ = 0;
};

} // namespace

char JsonText::next() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return c;
    ++at_;
  }
  return 0;
}

void JsonText::expect(char c) {
  if (at_ >= text_.size() || text_[at_] != c) {
    throw JsonTextError(std::string("`") + c + "` expected", at_);
  }
  ++at_;
}

void JsonText::literal(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) fail("a JSON value expected");
  at_ += word.size();
}

std::string_view JsonText::number() {
  const std::size_t first = at_;
  const auto peek = [this] { return at_ < text_.size() ? text_[at_] : '\0'; };
  const auto digits = [&] {
    if (!is_digit(peek())) fail("not a JSON number");
    while (is_digit(peek())) ++at_;
  };
  if (peek() == '-') ++at_;
  if (peek() == '0') {
    ++at_;
  } else {
    digits();
  }
  if (peek() == '.') {
    ++at_;
    digits();
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    digits();
  }
  if (is_digit(peek())) fail("a number with a leading zero");
  return text_.substr(first, at_ - first);
}

void JsonText::skip_string() {
  expect('"');
  for (;;) {
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20)
      ++at_;
    if (at_ >= text_.size()) fail("a string without an end");
    const char c = text_[at_++];
    if (c == '"') return;
    if (c != '\\') {
      --at_;
      fail("a control character in a string");
    }
    const char e = at_ < text_.size() ? text_[at_++] : '\0';
    if (e == 'u') {
      for (int i = 0; i < 4; ++i)
        if (at_ >= text_.size() || hex_value(text_[at_++]) < 0) fail("a wrong escape in a string");
    } else if (e == 0 || std::strchr("\"\\/bfnrt", e) == nullptr) {
      fail("a wrong escape in a string");
    }
  }
}

void JsonText::string(std::string& out) {
  out.clear();
  const std::size_t first = at_ + 1;
  skip_string();
  const std::string_view raw = text_.substr(first, at_ - first - 1);
  const auto unit = [&](std::size_t i) {
    unsigned u = 0;
    for (std::size_t k = i; k < i + 4; ++k) u = u * 16 + static_cast<unsigned>(hex_value(raw[k]));
    return u;
  };
  for (std::size_t i = 0; i < raw.size();) {
    if (raw[i] != '\\') {
      const std::size_t to = std::min(raw.find('\\', i), raw.size());
      out.append(raw, i, to - i);
      i = to;
      continue;
    }
    const char e = raw[i + 1];
    i += 2;
    switch (e) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        unsigned cp = unit(i);
        i += 4;
        if (cp >= 0xd800 && cp < 0xdc00 && i + 6 <= raw.size() && raw[i] == '\\' && raw[i + 1] == 'u') {
          const unsigned low = unit(i + 2);
          if (low >= 0xdc00 && low < 0xe000) {
            cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
            i += 6;
          }
        }
        if (cp >= 0xd800 && cp < 0xe000) fail("half a surrogate pair in a string");
        append_utf8(out, cp);
        break;
      }
      default:
        out += e;
    }
  }
}

std::string_view JsonText::skip() {
  next();
  const std::size_t first = at_;
  open_.clear();
  for (;;) {
    // a value
    const char c = next();
    bool closed = true;
    switch (c) {
      case '{':
      case '[':
        ++at_;
        open_.push_back(c);
        depth_ = std::max(depth_, open_.size());
        if (next() == (c == '{' ? '}' : ']')) {
          ++at_;
          open_.pop_back();
        } else {
          closed = false;
          if (c == '{') {
            skip_string();
            next();
            expect(':');
          }
        }
        break;
      case '"':
        skip_string();
        break;
      case 't':
        literal("true");
        break;
      case 'f':
        literal("false");
        break;
      case 'n':
        literal("null");
        break;
      case 0:
        if (at_ >= text_.size()) fail("the text ends too early");
        fail("a NUL byte");
      default:
        if (c != '-' && !is_digit(c)) fail("a JSON value expected");
        number();
    }
    if (!closed) continue;
    // what follows a value
    for (;;) {
      if (open_.empty()) return text_.substr(first, at_ - first);
      const char f = next();
      if (f == ',') {
        ++at_;
        if (open_.back() == '{') {
          next();
          skip_string();
          next();
          expect(':');
        }
        break;
      }
      if (f != (open_.back() == '{' ? '}' : ']')) fail(f == 0 ? "the text ends too early" : "`,` or an end expected");
      ++at_;
      open_.pop_back();
    }
  }
}

void JsonText::end() {
  if (next() != 0 || at_ < text_.size()) fail("something follows the JSON value");
}

bool valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

bool is_json(std::string_view text) {
  if (!valid_utf8(text)) return false;
  try {
    JsonText t(text);
    t.skip();
    t.end();
    return true;
  } catch (const JsonTextError&) {
    return false;
  }
}

std::optional<JsonFault> json_fault(std::string_view text, std::size_t max_depth) {
  if (!valid_utf8(text)) return JsonFault{{}, "the text is not valid UTF-8"};
  try {
    JsonText t(text);
    t.skip();
    t.end();
    if (t.depth() > max_depth) return JsonFault{{}, "nested more than " + std::to_string(max_depth) + " deep"};
    if (auto path = NumberFinder(text).find(); !path.empty()) return JsonFault{path, "the number is too large"};
    return std::nullopt;
  } catch (const JsonTextError& e) {
    return JsonFault{{}, e.what()};
  }
}

std::optional<std::string_view> raw_member(std::string_view object, std::string_view name) {
  std::optional<std::string_view> found;
  JsonText t(object);
  t.next();
  t.object([&](const std::string& key) {
    const auto value = t.skip();
    if (key == name) found = value;
  });
  return found;
}

std::string canonical_without(std::string_view object, std::span<const std::string_view> names) {
  if (!valid_utf8(object)) throw std::runtime_error("the text is not valid UTF-8");
  std::string out;
  out.reserve(object.size());
  Canonical c(object);
  c.value(out, names);
  c.end();
  return out;
}

std::string canonical_json(std::string_view json) { return canonical_without(json, {}); }

void append_number(std::string& out, double d) {
  if (d == 0) {
    out += '0'; // also -0
    return;
  }
  // shortest digits that read back as d: [-]D[.DDD]e±XX
  char buf[32];
  const auto r = std::to_chars(buf, buf + sizeof buf, d, std::chars_format::scientific);
  std::string_view s(buf, static_cast<std::size_t>(r.ptr - buf));
  if (s[0] == '-') {
    out += '-';
    s.remove_prefix(1);
  }
  const auto e = s.find('e');
  int exponent = 0;
  const std::string_view written = s.substr(s[e + 1] == '+' ? e + 2 : e + 1);
  std::from_chars(written.data(), written.data() + written.size(), exponent);
  std::string digits(1, s[0]);
  if (e > 1) digits += s.substr(2, e - 2);
  // ECMAScript Number::toString: k digits, the point after the n-th
  const int k = static_cast<int>(digits.size());
  const int n = exponent + 1;
  if (k <= n && n <= 21) {
    out += digits;
    out.append(static_cast<std::size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    out.append(digits, 0, static_cast<std::size_t>(n));
    out += '.';
    out.append(digits, static_cast<std::size_t>(n));
  } else if (-6 < n && n <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-n), '0');
    out += digits;
  } else {
    out += digits[0];
    if (k > 1) {
      out += '.';
      out.append(digits, 1);
    }
    out += n > 0 ? "e+" : "e-";
    out += std::to_string(n > 0 ? n - 1 : 1 - n);
  }
}

} // namespace onecode::streams
