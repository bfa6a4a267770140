// Readers that get hostile bytes. A target takes any bytes and throws where something is wrong; crashes are for the sanitizers to see. libFuzzer runs
// one as long as one likes (`./dev fuzz`), fuzz_test.cpp runs all of them for a fixed number of inputs.
//   Two readers   where evidence/ and verify/ read the same bytes, their verdicts are compared: what only one of them takes is found.
//   Forgery       some targets sign what they are given, for a fuzzer has no key: what is behind a signature is to be reached too.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace onecode_test::fuzz {

struct Target {
  const char* name;
  std::vector<std::string> (*seeds)(); // good inputs
  void (*run)(std::string_view input);
  int cost = 1; // how many inputs of the others it takes as long as
};
const std::vector<Target>& targets();
extern const Target kLeaf, kNote, kKey, kProof, kManifest, kBundle, kLog, kProver;

struct Found : std::logic_error {
  using std::logic_error::logic_error;
};
inline void require(bool ok, const char* what) {
  if (!ok) throw Found(what);
}

/// Takes numbers off the front of an input; zeroes where it has ended.
class Reader {
public:
  explicit Reader(std::string_view rest) : rest_(rest) {}
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      out = out << 8 | (rest_.empty() ? 0U : static_cast<unsigned char>(rest_.front()));
      rest_.remove_prefix(rest_.empty() ? 0 : 1);
    }
    return out;
  }
  std::string_view bytes(std::size_t n) {
    const auto out = rest_.substr(0, n);
    rest_.remove_prefix(out.size());
    return out;
  }
  std::string_view rest() const { return rest_; }

private:
  std::string_view rest_;
};

inline std::string big_endian(std::uint64_t n, std::size_t bytes) {
  std::string out;
  while (bytes-- > 0) out += static_cast<char>(n >> (8 * bytes));
  return out;
}

} // namespace onecode_test::fuzz
