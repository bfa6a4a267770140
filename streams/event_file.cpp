#include "streams/event_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "streams/authenticate.hpp"
#include "streams/base64.hpp"
#include "streams/json_append.hpp"
#include "streams/json_text.hpp"

namespace onecode::streams {
namespace {

constexpr std::size_t kChunk = 256 * 1024;
/// A record of 16 MiB as base64, with room to spare. Longer than this is no event file.
constexpr std::size_t kMaxLine = 64 * 1024 * 1024;
constexpr std::int32_t kMostPartitions = 10'000; // each is a shard in memory

/// What is wrong with one line, without its place.
struct Wrong {
  std::string text;
};

template <class T>
T read_number(JsonText& t, const char* name, std::int64_t min, std::int64_t max) {
  t.next();
  std::string_view token;
  try {
    token = t.number();
  } catch (const JsonTextError&) {
    throw Wrong{std::string(name) + ": must be an integer"};
  }
  std::int64_t n = 0;
  const auto r = std::from_chars(token.data(), token.data() + token.size(), n);
  if (r.ec != std::errc{} || r.ptr != token.data() + token.size() || n < min || n > max)
    throw Wrong{std::string(name) + ": must be an integer between " + std::to_string(min) + " and " +
                std::to_string(max)};
  return static_cast<T>(n);
}

void read_string(JsonText& t, const char* name, std::string& out) {
  if (t.next() != '"') throw Wrong{std::string(name) + ": must be a string"};
  t.string(out);
}

template <class T>
T number_of(std::string_view text, int base) {
  T n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty())
    throw Wrong{"digests: must be shard numbers with hexadecimal digits"};
  return n;
}

TrustedKey read_root(JsonText& t) {
  if (t.next() != '{') throw Wrong{"roots: must be an array of keys"};
  TrustedKey root;
  std::string text;
  t.object([&](const std::string& key) {
    if (key == "key") {
      read_string(t, "roots.key", root.key);
    } else if (key == "alg") {
      read_string(t, "roots.alg", text);
      root.algorithm = text == "sm2" ? KeyAlgorithm::sm2 : KeyAlgorithm::ed25519;
    } else if (key == "public") {
      read_string(t, "roots.public", text);
      auto raw = from_base64url(text);
      if (!raw) throw Wrong{"roots.public: is not base64url"};
      root.public_key = std::move(*raw);
    } else {
      t.skip();
    }
  });
  return root;
}

FileLine parse_line(std::string_view line) {
  if (!valid_utf8(line)) throw Wrong{"is not valid UTF-8"};
  JsonText t(line);
  if (t.next() != '{') throw Wrong{"must be a JSON object"};
  FileRecord record;
  FileTurn turn;
  std::optional<std::string> topic;
  bool has_value = false;
  bool has_base64 = false;
  bool opens_turn = false;
  bool has_now = false;
  std::string text;
  t.object([&](const std::string& key) {
    // null is the same as left out, but for the value, where it is a tombstone
    if (t.next() == 'n' && key != "value") {
      t.skip();
    } else if (key == "topic") {
      read_string(t, "topic", topic.emplace());
    } else if (key == "key") {
      read_string(t, "key", record.key);
    } else if (key == "key_base64") {
      read_string(t, "key_base64", text);
      auto raw = from_base64_any(text);
      if (!raw) throw Wrong{"key_base64: is not base64"};
      record.key = std::move(*raw);
    } else if (key == "value") {
      has_value = true;
      const auto raw = t.skip();
      if (raw != "null") record.value.emplace(raw);
    } else if (key == "value_base64") {
      has_base64 = true;
      read_string(t, "value_base64", text);
      record.value = from_base64_any(text);
      if (!record.value) throw Wrong{"value_base64: is not base64"};
    } else if (key == "headers") {
      if (t.next() != '{') throw Wrong{"headers: must be an object of strings"};
      t.object([&](const std::string& name) {
        auto& header = record.headers.emplace_back(name, std::string());
        if (t.next() != '"') throw Wrong{"headers." + name + ": must be a string"};
        t.string(header.second);
      });
    } else if (key == "timestamp") {
      record.timestamp_ms = read_number<std::int64_t>(t, "timestamp", -1, INT64_MAX);
    } else if (key == "partition") {
      record.partition = read_number<std::int32_t>(t, "partition", 0, INT32_MAX);
    } else if (key == "offset") {
      record.offset = read_number<std::int64_t>(t, "offset", 0, INT64_MAX);
    } else if (key == "turn") {
      read_string(t, "turn", record.turn);
    } else if (key == "partitions") {
      opens_turn = true;
      turn.partitions = read_number<std::int32_t>(t, "partitions", 1, kMostPartitions);
    } else if (key == "shards") {
      if (t.next() != '[') throw Wrong{"shards: must be an array of integers"};
      t.array([&] { turn.shards.push_back(read_number<std::int32_t>(t, "shards", 0, INT32_MAX)); });
    } else if (key == "now") {
      read_string(t, "now", text);
      const auto now = parse_time(text);
      if (!now) throw Wrong{"now: must be an RFC 3339 time with an offset"};
      turn.now = *now;
      has_now = true;
    } else if (key == "clock") {
      read_string(t, "clock", turn.clock);
      if (turn.clock != "wall" && turn.clock != "events") throw Wrong{"clock: must be wall or events"};
    } else if (key == "build") {
      read_string(t, "build", turn.build);
    } else if (key == "sm3") {
      const auto flag = t.skip();
      if (flag != "true" && flag != "false" && flag != "null") throw Wrong{"sm3: must be true or false"};
      turn.sm3 = flag == "true";
    } else if (key == "roots") {
      if (t.next() != '[') throw Wrong{"roots: must be an array of keys"};
      t.array([&] { turn.roots.push_back(read_root(t)); });
    } else if (key == "digests") {
      if (t.next() != '{') throw Wrong{"digests: must be an object"};
      t.object([&](const std::string& shard) {
        read_string(t, "digests", text);
        turn.digests[number_of<std::int32_t>(shard, 10)] = number_of<std::uint64_t>(text, 16);
      });
    } else if (key == "policy_offset") {
      turn.policy_offset = read_number<std::int64_t>(t, "policy_offset", -1, INT64_MAX);
    } else {
      t.skip();
    }
  });
  t.end();
  if (!topic) {
    if (!opens_turn) throw Wrong{"topic: is missing"};
    if (record.turn.empty()) throw Wrong{"turn: is missing"};
    if (!has_now) throw Wrong{"now: is missing"};
    turn.turn = std::move(record.turn);
    return turn;
  }
  const auto known = topic_by_name(*topic);
  if (!known) throw Wrong{"topic: there is no topic `" + *topic + "`"};
  record.topic = *known;
  if (!has_value && !has_base64) throw Wrong{"value: is missing (null is a tombstone)"};
  if (has_value && has_base64) throw Wrong{"value: stands beside value_base64"};
  return record;
}

void append_line(std::string& out, const FileRecord& r) {
  member(out, R"({"topic":)", name(r.topic));
  if (r.partition) member(out, R"(,"partition":)", *r.partition);
  if (r.offset) member(out, R"(,"offset":)", *r.offset);
  if (r.timestamp_ms) member(out, R"(,"timestamp":)", *r.timestamp_ms);
  if (!r.turn.empty()) member(out, R"(,"turn":)", r.turn);
  if (valid_utf8(r.key)) {
    member(out, R"(,"key":)", r.key);
  } else {
    member(out, R"(,"key_base64":)", base64_standard(r.key));
  }
  if (!r.headers.empty()) {
    out += R"(,"headers":{)";
    bool first = true;
    for (const auto& [n, v] : r.headers) {
      if (!std::exchange(first, false)) out += ',';
      append_json_string(out, n);
      out += ':';
      append_json_string(out, v);
    }
    out += '}';
  }
  if (!r.value) {
    out += R"(,"value":null})";
    return;
  }
  // The bytes `null` are a value like any other and must not come back as a tombstone.
  if (const std::string& v = *r.value; is_json(v) && JsonText(v).skip() != "null") {
    out += R"(,"value":)";
    // Line ends stand only between tokens of valid JSON.
    const std::size_t from = out.size();
    out += v;
    out.erase(std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(),
                             [](char c) { return c == '\n' || c == '\r'; }),
              out.end());
  } else {
    member(out, R"(,"value_base64":)", base64_standard(v));
  }
  out += '}';
}

} // namespace

std::string to_line(const FileRecord& record) {
  std::string out;
  append_line(out, record);
  return out;
}

struct EventFileReader::Impl {
  std::string path;
  std::ifstream in;
  std::string buffer; // [at, size) is read and not given out yet
  std::size_t at = 0;
  std::size_t line = 0;
  std::uint64_t taken = 0;
  std::uint64_t total = 0;
  bool at_end = false;

  [[noreturn]] void fail(const std::string& text) const {
    throw EventFileError(path + ':' + std::to_string(line) + ": " + text);
  }

  /// The next line without its end; false: there is none.
  bool next_line(std::string_view& out) {
    std::size_t searched = at;
    for (;;) {
      const void* end = std::memchr(buffer.data() + searched, '\n', buffer.size() - searched);
      if (end != nullptr || (at_end && at < buffer.size())) {
        const std::size_t stop =
            end != nullptr ? static_cast<std::size_t>(static_cast<const char*>(end) - buffer.data()) : buffer.size();
        out = std::string_view(buffer).substr(at, stop - at);
        const std::size_t next = std::min(stop + 1, buffer.size());
        taken += next - at;
        at = next;
        ++line;
        return true;
      }
      if (at_end) return false;
      if (buffer.size() - at > kMaxLine) {
        ++line;
        fail("the line is longer than 64 MiB");
      }
      buffer.erase(0, at);
      at = 0;
      searched = buffer.size();
      const std::size_t chunk = std::max(kChunk, buffer.size()); // a long line is not read in small steps
      buffer.resize(searched + chunk);
      in.read(buffer.data() + searched, static_cast<std::streamsize>(chunk));
      buffer.resize(searched + static_cast<std::size_t>(in.gcount()));
      if (in.bad()) throw EventFileError(path + ": cannot be read");
      at_end = in.eof();
    }
  }
};

EventFileReader::EventFileReader(std::string path) : impl_(std::make_unique<Impl>()) {
  impl_->path = std::move(path);
  std::error_code error;
  if (std::filesystem::is_directory(impl_->path, error)) throw EventFileError(impl_->path + ": is a directory");
  impl_->in.open(impl_->path, std::ios::binary);
  if (!impl_->in) throw EventFileError(impl_->path + ": cannot be opened");
  const auto size = std::filesystem::file_size(impl_->path, error);
  impl_->total = error ? 0 : size;
}

EventFileReader::~EventFileReader() = default;
std::size_t EventFileReader::line() const { return impl_->line; }
std::uint64_t EventFileReader::bytes_read() const { return impl_->taken; }
std::uint64_t EventFileReader::bytes_total() const { return impl_->total; }

std::optional<FileLine> EventFileReader::next() {
  std::string_view line;
  while (impl_->next_line(line)) {
    if (impl_->line == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3); // some editors leave a mark
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      return parse_line(line);
    } catch (const Wrong& w) {
      impl_->fail(w.text);
    } catch (const JsonTextError& e) {
      impl_->fail(std::string("is not JSON: ") + e.what());
    }
  }
  return std::nullopt;
}

struct EventFileWriter::Impl {
  std::string path;
  std::ofstream out;
  std::string buffer;

  void flush() {
    out.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    buffer.clear();
    if (!out) throw EventFileError(path + ": cannot be written");
  }
  void ended_line() {
    buffer += '\n';
    if (buffer.size() >= kChunk) flush();
  }
};

EventFileWriter::EventFileWriter(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  impl_->out.open(path, std::ios::binary | std::ios::trunc);
  if (!impl_->out) throw EventFileError(path + ": cannot be created");
}

EventFileWriter::~EventFileWriter() {
  try {
    close();
  } catch (const EventFileError&) {
    // Who wants to know calls close().
  }
}

void EventFileWriter::write(const FileRecord& record) {
  append_line(impl_->buffer, record);
  impl_->ended_line();
}

void EventFileWriter::write(const FileTurn& turn) {
  std::string& b = impl_->buffer;
  member(b, R"({"turn":)", turn.turn);
  member(b, R"(,"partitions":)", turn.partitions);
  b += R"(,"shards":)";
  append_list(b, turn.shards, [&](std::int32_t s) { append_integer(b, s); });
  member(b, R"(,"now":)", turn.now);
  member(b, R"(,"policy_offset":)", turn.policy_offset);
  member(b, R"(,"clock":)", turn.clock);
  if (!turn.build.empty()) member(b, R"(,"build":)", turn.build);
  if (turn.sm3) b += R"(,"sm3":true)";
  if (!turn.roots.empty()) {
    b += R"(,"roots":)";
    append_list(b, turn.roots, [&](const TrustedKey& root) {
      member(b, R"({"key":)", root.key);
      member(b, R"(,"alg":)", std::string_view(root.algorithm == KeyAlgorithm::sm2 ? "sm2" : "ed25519"));
      member(b, R"(,"public":)", base64url(root.public_key));
      b += '}';
    });
  }
  if (!turn.digests.empty()) {
    b += R"(,"digests":{)";
    bool first = true;
    for (const auto& [shard, digest] : turn.digests) {
      if (!std::exchange(first, false)) b += ',';
      b += fmt::format(R"("{}":"{:016x}")", shard, digest);
    }
    b += '}';
  }
  b += '}';
  impl_->ended_line();
}

void EventFileWriter::close() {
  if (!impl_->out.is_open()) return;
  impl_->flush();
  impl_->out.close();
  if (!impl_->out) throw EventFileError(impl_->path + ": cannot be written");
}

} // namespace onecode::streams
