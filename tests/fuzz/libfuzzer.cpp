// The targets for clang's libFuzzer, which is main(). ONECODE_FUZZ_TARGET chooses one, ONECODE_FUZZ_SEEDS is a folder that its seeds are written to.
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/fuzz/target.hpp"

using namespace onecode_test::fuzz;

namespace {

const Target& chosen() {
  const char* wanted = std::getenv("ONECODE_FUZZ_TARGET");
  for (const auto& target : targets())
    if (wanted != nullptr && std::string_view(wanted) == target.name) return target;
  std::fputs("ONECODE_FUZZ_TARGET is one of:", stderr);
  for (const auto& target : targets()) std::fprintf(stderr, " %s", target.name);
  std::fputs("\n", stderr);
  std::exit(2);
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const auto& target = chosen();
  const char* folder = std::getenv("ONECODE_FUZZ_SEEDS");
  if (folder == nullptr) return 0;
  int n = 0;
  for (const auto& seed : target.seeds())
    std::ofstream(std::string(folder) + "/seed-" + std::to_string(n++), std::ios::binary) << seed;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Target& target = chosen();
  try {
    target.run({reinterpret_cast<const char*>(data), size});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "target %s: %s\n", target.name, e.what());
    std::abort();
  }
  return 0;
}
