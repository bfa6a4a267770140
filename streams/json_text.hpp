// JSON as text: what a parser into values does not tell. A strict reader (RFC 8259) that hands out the exact bytes of
// a member, names the number that does not fit, and prints the canonical form (RFC 8785).
#pragma once

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace onecode::streams {

struct JsonTextError : std::runtime_error {
  JsonTextError(const std::string& what, std::size_t at_byte)
      : std::runtime_error(what + " at byte " + std::to_string(at_byte)), at(at_byte) {}
  std::size_t at;
};

/// Walks over a text. Each function throws JsonTextError when the text is not what it reads. The text must be valid
/// UTF-8
/// (`valid_utf8` below); nesting costs memory, never stack.
class JsonText {
public:
  explicit JsonText(std::string_view text) : text_(text) {}

  /// The first character of what comes next, after white space; 0 at the end.
  char next();
  /// Passes over one value of any kind; its bytes without the white space around it.
  std::string_view skip();
  /// A string with its escapes undone. Lone surrogates are an error.
  void string(std::string& out);
  /// A number as it is written.
  std::string_view number();
  /// Calls `member(key)` for each member; it must read the value.
  template <class F>
  void object(F&& member) {
    expect('{');
    if (next() == '}') return take();
    std::string key;
    for (;;) {
      next();
      string(key);
      next();
      expect(':');
      member(static_cast<const std::string&>(key));
      if (next() == '}') return take();
      expect(',');
    }
  }
  template <class F>
  void array(F&& item) {
    expect('[');
    if (next() == ']') return take();
    for (;;) {
      item();
      if (next() == ']') return take();
      expect(',');
    }
  }
  void literal(std::string_view word);
  /// Nothing but white space may follow.
  void end();
  /// The deepest nesting that skip() met.
  std::size_t depth() const { return depth_; }
  std::size_t at() const { return at_; }

private:
  void take() { ++at_; }
  void expect(char c);
  void skip_string();
  [[noreturn]] void fail(const char* what) const { throw JsonTextError(what, at_); }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::vector<char> open_;
};

bool valid_utf8(std::string_view text);
/// Is this one whole JSON value?
bool is_json(std::string_view text);

/// Why a text is no JSON document for us, in a few words.
struct JsonFault {
  std::string
      number; // path of the first number that fits neither 64 bits nor a double; empty: something else is wrong
  std::string text;
};
/// nullopt: the text is fine and nested at most `max_depth` deep.
std::optional<JsonFault> json_fault(std::string_view text, std::size_t max_depth);

/// The bytes of a member of the outermost object; nullopt: not there.
std::optional<std::string_view> raw_member(std::string_view object, std::string_view name);

/// canonical_json (streams/authenticate.hpp) of an object without some of its own members.
std::string canonical_without(std::string_view object, std::span<const std::string_view> names);

/// A finite number as ECMAScript prints it.
void append_number(std::string& out, double d);

} // namespace onecode::streams
