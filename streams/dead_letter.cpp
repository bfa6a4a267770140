#include <algorithm>

#include "streams/authenticate.hpp"
#include "streams/encode.hpp"

namespace onecode::streams {
namespace {

/// The topic takes 16 MiB in all; what is left is for key and headers.
constexpr std::size_t kMaxOriginal = 15 * 1024 * 1024;
constexpr std::size_t kMaxKey = 64 * 1024;
constexpr std::size_t kMaxHeaderBytes = 256 * 1024;
constexpr std::size_t kMaxErrorText = 1024;

/// One line of text, whatever was put into it.
std::string line(std::string_view text) {
  std::string out(text.substr(0, kMaxErrorText));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return out;
}

} // namespace

OutRecord dead_letter(TopicPartition at, const Record* original, std::string_view code, std::string_view stage,
                      std::string_view text) {
  OutRecord out;
  out.topic = Topic::dead_letters;
  out.headers = {{"error-code", std::string(code)}, {"error-text", line(text)}};
  if (original == nullptr) {
    out.headers.emplace_back("stage", stage);
    out.tombstone = true;
    return out;
  }
  out.key = original->key.substr(0, kMaxKey);
  out.headers.emplace_back("topic", name(at.topic));
  out.headers.emplace_back("partition", std::to_string(at.partition));
  out.headers.emplace_back("offset", std::to_string(original->offset));
  out.headers.emplace_back("stage", stage);
  if (!original->value) {
    out.tombstone = true;
  } else {
    out.value = original->value->substr(0, kMaxOriginal);
    if (original->value->size() > kMaxOriginal) {
      out.headers.emplace_back("original-bytes", std::to_string(original->value->size()));
      out.headers.emplace_back("original-sha256", to_hex(sha256(*original->value)));
    }
  }
  // What came with the original, as far as there is room; never in the place of what we say ourselves.
  std::size_t room = kMaxHeaderBytes;
  const std::size_t own = out.headers.size();
  for (const Header& h : original->headers) {
    const std::size_t size = h.name.size() + h.value.size();
    if (size > room) continue;
    room -= size;
    const auto taken = std::ranges::find(out.headers.begin(), out.headers.begin() + static_cast<std::ptrdiff_t>(own),
                                         h.name, &std::pair<std::string, std::string>::first);
    const bool clash = taken != out.headers.begin() + static_cast<std::ptrdiff_t>(own);
    out.headers.emplace_back(clash ? std::string("original-").append(h.name) : std::string(h.name), h.value);
  }
  return out;
}

} // namespace onecode::streams
