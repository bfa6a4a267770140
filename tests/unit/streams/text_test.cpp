// Would catch: a character that is overlooked because eight are looked at together, at any place of a text of any length.
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "streams/encode.hpp"
#include "streams/json_values.hpp"
#include "tests/catch.hpp"

using namespace onecode::streams;

namespace {

std::string by_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string by_buffer(std::string_view text) {
  onecode::ByteBuffer out;
  append_json_string(out, text);
  return std::string(out.view());
}

} // namespace

TEST_CASE("one special character is found wherever it stands") {
  for (std::size_t length = 1; length <= 40; ++length)
    for (std::size_t at = 0; at < length; ++at)
      for (unsigned c = 0; c < 256; ++c) {
        std::string text(length, 'a');
        text[at] = static_cast<char>(c);
        const bool control = c < 0x20 || c == 0x7f;
        if (has_control(text) != control) FAIL("control: byte " << c << " at " << at << " of " << length);
        const std::string written =
            by_string(text); // what is no text is replaced: tests/unit/streams/encode_test.cpp
        if (by_buffer(text) != written) FAIL("JSON: byte " << c << " at " << at << " of " << length);
        if (c >= 0x80) continue;
        if (written != nlohmann::json(text).dump()) FAIL("JSON: byte " << c << " at " << at << " of " << length);
      }
  SUCCEED("all found");
}

TEST_CASE("texts of any mixture are written as another library writes them") {
  constexpr unsigned kSeed = 20'261'201;
  INFO("seed " << kSeed);
  std::mt19937 random(kSeed);
  const char* pieces[] = {"a", "zone-7", "\"", "\\", "\n", "\x01", "\x1f", "\x7f", "码", "é", "😀", " "};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = random() % 20; n > 0; --n) text += pieces[random() % std::size(pieces)];
    const std::string library = nlohmann::json(text).dump();
    REQUIRE(by_string(text) == library);
    REQUIRE(by_buffer(text) == library);
    bool control = false;
    for (const char c : text) control = control || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    REQUIRE(has_control(text) == control);
  }
}
