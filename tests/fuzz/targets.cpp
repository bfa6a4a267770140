#include "tests/fuzz/target.hpp"

namespace onecode_test::fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> all{kLeaf, kNote, kKey, kProof, kManifest, kBundle, kLog, kProver};
  return all;
}

} // namespace onecode_test::fuzz
