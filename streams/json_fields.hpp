// Structs as JSON by their `fields` lists (domain/archive.hpp): a printer for any of them, and the reader of command
// arguments. Names are the wire names of the lists.
//   Printer  an absent optional, and an empty text or list inside Position and NetworkFacts, is left out; times are
//   RFC
//            3339, spans milliseconds, money fen, positions decimal degrees, bytes (`mac`, `signature`) base64url.
//   Reader   std::optional, bool and sequences may be left out (null is the same); everything else is required.
//   Unknown
//            members are ignored (CONTRACT §3).
#pragma once

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "domain/archive.hpp"
#include "domain/commands.hpp"
#include "domain/decision.hpp"
#include "domain/facts.hpp"
#include "domain/grounds.hpp"
#include "domain/money.hpp"
#include "streams/authenticate.hpp"
#include "streams/decode_events.hpp"
#include "streams/encode.hpp"
#include "streams/json_text.hpp"
#include "streams/json_values.hpp"
#include "streams/redact.hpp"

namespace onecode::streams {

/// 299'999'999 → 29.9999999, without floating point.
void append_degrees(std::string& out, std::int64_t e7);

class JsonPrinter {
public:
  explicit JsonPrinter(std::string& out) : out_(out) {}

  /// One member of the object that is being printed.
  template <class T>
  void operator()(std::string_view name, const T& x) {
    if (absent(x)) return;
    if (!std::exchange(first_, false)) out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
    if constexpr (std::is_same_v<T, std::string>) {
      if (name == "mac" || name == "signature") return append_json_string(out_, base64url(x));
    }
    put(x);
  }

  void put(const std::string& s) { append_json_string(out_, s); }
  template <class String>
  void put(const PackedId<String>& id) {
    append_json_string(out_, id.text);
  }
  void put(const Facts& facts) { put(facts.text()); }
  void put(const Grounds& grounds) { put(grounds.text()); }
  void put(Time t) {
    out_ += '"';
    append_time(out_, t);
    out_ += '"';
  }
  void put(Duration d) { put(d.ms); }
  void put(Fen f) { put(f.value); }
  void put(bool b) { out_ += b ? "true" : "false"; }
  template <class T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) void put(T n) {
    char buf[24];
    // A byte is a number here, never a character.
    const auto wide = static_cast<std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>(n);
    out_.append(buf, static_cast<std::size_t>(std::to_chars(buf, buf + sizeof buf, wide).ptr - buf));
  }
  template <class T>
  requires std::is_enum_v<T>
  void put(T e) {
    if constexpr (std::is_same_v<T, Topic>) {
      append_json_string(out_, onecode::name(e));
    } else if constexpr (requires { to_string(e); }) {
      append_json_string(out_, to_string(e));
    } else {
      put(static_cast<std::uint64_t>(e));
    }
  }
  template <class T>
  void put(const std::optional<T>& o) {
    if (o) {
      put(*o);
    } else {
      out_ += "null";
    }
  }
  template <class T>
  void put(const std::vector<T>& xs) {
    list(xs);
  }
  template <class T>
  void put(const std::set<T>& xs) {
    list(xs);
  }
  template <class T, std::size_t N>
  void put(const std::array<T, N>& xs) {
    list(xs);
  }
  template <class K, class T>
  void put(const std::map<K, T>& xs) {
    static_assert(std::is_same_v<K, std::string>, "JSON objects have text keys");
    out_ += '{';
    bool first = true;
    for (const auto& [k, x] : xs) {
      if (!std::exchange(first, false)) out_ += ',';
      append_json_string(out_, k);
      out_ += ':';
      put(x);
    }
    out_ += '}';
  }
  template <class... Ts>
  void put(const std::variant<Ts...>& x) {
    std::visit([this](const auto& alternative) { put(alternative); }, x);
  }
  void put(const Reasons& reasons) {
    out_ += '[';
    bool first = true;
    reasons.each([&](Reason r) {
      if (!std::exchange(first, false)) out_ += ',';
      append_json_string(out_, to_string(r));
    });
    out_ += ']';
  }
  void put(const Position& p) {
    out_ += "{\"lat\":";
    append_degrees(out_, p.lat_e7);
    out_ += ",\"lon\":";
    append_degrees(out_, p.lon_e7);
    out_ += ",\"accuracy_m\":";
    put(p.accuracy_m);
    out_ += '}';
  }
  void put(const NetworkFacts& n) {
    out_ += '{';
    const bool outer = std::exchange(first_, true);
    for (const auto& [key, text] : {std::pair<std::string_view, const std::string*>{"src_ip", &n.src_ip},
                                    {"gateway_mac", &n.gateway_mac},
                                    {"vlan", &n.vlan},
                                    {"switch_port", &n.switch_port},
                                    {"dns", &n.dns},
                                    {"path_hash", &n.path_hash}})
      if (!text->empty()) (*this)(key, *text);
    if (n.rtt_ms != 0) (*this)("rtt_ms", n.rtt_ms);
    first_ = outer;
    out_ += '}';
  }
  template <class T>
  requires HasFields<const T, JsonPrinter>
  void put(const T& x) {
    out_ += '{';
    const bool outer = std::exchange(first_, true);
    T::fields(x, *this);
    first_ = outer;
    out_ += '}';
  }

private:
  template <class T>
  static bool absent(const T&) {
    return false;
  }
  template <class T>
  static bool absent(const std::optional<T>& o) {
    return !o;
  }
  template <class Xs>
  void list(const Xs& xs) {
    out_ += '[';
    bool first = true;
    for (const auto& x : xs) {
      if (!std::exchange(first, false)) out_ += ',';
      put(x);
    }
    out_ += ']';
  }

  std::string& out_;
  bool first_ = true;
};

/// The JSON of anything that has `fields`.
template <class T>
std::string to_json(const T& x) {
  std::string out;
  JsonPrinter printer(out);
  printer.put(x);
  return out;
}

class JsonReader {
public:
  JsonReader(simdjson::dom::object object, std::string path) : object_(object), path_(std::move(path)) {}

  template <class T>
  void operator()(std::string_view name, T& x) {
    if (error_) return;
    Element value;
    bool found = false;
    for (const auto [key, v] : object_) {
      if (key != name || v.is_null()) continue;
      value = v;
      found = true; // a second one was refused before: seal_command
    }
    std::string path = path_ + '.' + std::string(name);
    if (found) {
      read(value, path, name, x);
    } else if (!may_lack(static_cast<T*>(nullptr))) {
      error_ = missing_field(path);
    }
  }
  std::optional<DecodeError> error() { return std::move(error_); }

private:
  template <class T>
  static constexpr bool may_lack(const T*) {
    return std::is_same_v<T, bool>;
  }
  template <class T>
  static constexpr bool may_lack(const std::optional<T>*) {
    return true;
  }
  template <class T>
  static constexpr bool may_lack(const std::vector<T>*) {
    return true;
  }

  /// Members that are identifiers of CONTRACT §1; the lists do not tell them from other texts.
  static bool names_id(std::string_view name) {
    for (const std::string_view id : {"handset", "replaces", "integration", "zone", "unit", "devices", "zones"})
      if (name == id) return true;
    return false;
  }

  /// Sentences of people that outputs repeat or state keeps. Not numbers and references that must stay what they are.
  static bool is_kept(std::string_view name) {
    for (const std::string_view text : {"reasons", "items", "violation", "note", "application", "purpose",
                                        "architecture", "data_security", "expected_effect"})
      if (name == text) return true;
    return false;
  }

  void check(const std::string& path, const char* why) {
    if (why != nullptr) error_ = bad_field(path, why);
  }
  void read(Element v, const std::string& path, std::string_view name, std::string& x) {
    check(path, names_id(name) ? read_id(v, x) : read_sentence(v, x, 1, kMaxSentenceBytes));
    if (is_kept(name)) x = without_long_numbers(x);
  }
  void read(Element v, const std::string& path, std::string_view, bool& x) { check(path, read_bool(v, x)); }
  void read(Element v, const std::string& path, std::string_view, Time& x) { check(path, read_time(v, x)); }
  void read(Element v, const std::string& path, std::string_view, std::int64_t& x) {
    check(path, read_integer(v, x, 0, kMaxFen));
  }
  void read(Element v, const std::string& path, std::string_view, Position& x) { error_ = read_position(v, path, x); }
  void read(Element v, const std::string& path, std::string_view, NetworkFacts& x) {
    error_ = read_network(v, path, x);
  }
  template <class T>
  void read(Element v, const std::string& path, std::string_view name, std::optional<T>& x) {
    read(v, path, name, x.emplace());
  }
  template <class T>
  void read(Element v, const std::string& path, std::string_view name, std::vector<T>& xs) {
    simdjson::dom::array items;
    if (v.get(items) != simdjson::SUCCESS) return check(path, wrong::kArray);
    xs.clear();
    for (const Element item : items) {
      const std::string at = path + '[' + std::to_string(xs.size()) + ']';
      read(item, at, name, xs.emplace_back());
      if (error_) return;
    }
  }
  template <class T>
  requires HasFields<T, JsonReader>
  void read(Element v, const std::string& path, std::string_view, T& x) {
    simdjson::dom::object object;
    if (v.get(object) != simdjson::SUCCESS) return check(path, wrong::kObject);
    JsonReader inner(object, path);
    T::fields(x, inner);
    error_ = inner.error();
  }

  simdjson::dom::object object_;
  std::string path_;
  std::optional<DecodeError> error_;
};

/// Reads an object into a struct that has `fields`.
template <class T>
std::optional<DecodeError> read_fields(simdjson::dom::object object, std::string path, T& x) {
  JsonReader reader(object, std::move(path));
  T::fields(x, reader);
  return reader.error();
}

} // namespace onecode::streams
