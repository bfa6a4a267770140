// Catches: a proof out of the files of a log, however it grew and whoever died while it did, that is not the one by the book; a
// checkpoint, older ones too, whose log is not there any more.
#include <rapidcheck.h>

#include "evidence/check_log.hpp"
#include "evidence/tile_reader.hpp"
#include "tests/catch.hpp"
#include "tests/unit/evidence/by_the_book.hpp"
#include "tests/unit/evidence/log_world.hpp"

using namespace onecode_test;

namespace {

const LogKey kKey;

/// Around the edges of tiles more often than anywhere else.
std::uint64_t any_size() {
  if (*rc::gen::inRange(0, 2) == 0) return *rc::gen::inRange<std::uint64_t>(1, 1600);
  return *rc::gen::inRange<std::uint64_t>(1, 6) * 256 + *rc::gen::inRange<std::uint64_t>(0, 5) - 2;
}

} // namespace

TEST_CASE("published log: whatever its sizes were and whoever died, its proofs are those by the book", "[tiles]") {
  static std::vector<TreeHash> all;
  while (all.size() < 1600) all.push_back(leaf_hash(entry(all.size())));
  const auto held = rc::check([] {
    auto sizes = *rc::gen::container<std::vector<std::uint64_t>>(*rc::gen::inRange<std::size_t>(1, 7),
                                                                 rc::gen::exec(any_size));
    std::ranges::sort(sizes);
    MemoryFiles files;
    std::vector<Checkpoint> heads;
    const auto note_head = [&] {
      const auto text = files.get(kCheckpointPath);
      if (!text) return;
      const auto head = signed_checkpoint(*text, kKey.key.name, kKey.key);
      RC_ASSERT(head);
      if (heads.empty() || heads.back().size < head->size) heads.push_back(*head);
    };
    for (const auto size : sizes) {
      files.operations = 0;
      files.dies_at = *rc::gen::inRange(0U, 24U); // or it lives
      files.done_before = *rc::gen::arbitrary<bool>();
      try {
        publish_at(files, kKey, {size});
      } catch (const Died&) {
      }
      files.dies_at.reset();
      note_head();
      if (*rc::gen::arbitrary<bool>()) publish_at(files, kKey, {size});
      note_head();
    }
    for (const auto& head : heads) {
      const auto leaves = std::span(all).first(head.size);
      RC_ASSERT(head.root == root_by_the_book(leaves));
      check_log(reader_of(files), head);
      const auto index = *rc::gen::inRange<std::uint64_t>(0, head.size);
      TileReader log(reader_of(files), head.size);
      RC_ASSERT(log.entry(index) == entry(index));
      RC_ASSERT(log.inclusion_proof(index) == path_by_the_book(index, leaves));
      RC_ASSERT(includes(head.root, head.size, index, all[index], log.inclusion_proof(index)));
      const auto before = *rc::gen::inRange<std::uint64_t>(1, head.size + 1);
      RC_ASSERT(log.consistency_proof(before) == proof_by_the_book(before, leaves));
      RC_ASSERT(consistent(before, root_by_the_book(leaves.first(before)), head.size, head.root,
                           log.consistency_proof(before)));
    }
  });
  CHECK(held);
}
