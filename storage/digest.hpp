// What a set of entries comes to as one number, so that two copies of a state can be compared without comparing them.
//   Formula  the sum modulo 2^64 of hash64(value, seed hash64(key)) over all entries but the shard's own ('m'). A sum does not
//            depend on order, so whoever changes an entry can keep it: what the entry was is taken away, what it is added.
//   Against  faults: lost, doubled or damaged changes. Not against a forger, who can make sums meet; evidence is sealed otherwise.
#pragma once

#include <cstdint>
#include <string_view>

#include "domain/hash.hpp"
#include "storage/store.hpp"

namespace onecode::storage {

using Digest = std::uint64_t;

inline Digest entry_digest(std::string_view key, std::string_view value) { return hash64(value, hash64(key)); }
/// The commit record names the digest, so it is no part of it.
inline bool in_digest(std::string_view key) { return !key.starts_with('m'); }

/// Every entry is read.
Digest digest_of(Store& store);
/// By how much a merged batch (storage/merged_batch.hpp) will change the digest of `store`: the entries that it names are read.
Digest digest_change(Store& store, std::string_view batch);

/// A batch that keeps the digest: who erases or replaces an entry says what it was.
class EntryWriter {
public:
  /// The entry is new, or was erased before.
  void put(std::string_view key, std::string_view value) {
    batch_.put(key, value);
    change_ += entry_digest(key, value);
  }
  void erase(std::string_view key, std::string_view was) {
    batch_.erase(key);
    change_ -= entry_digest(key, was);
  }
  const WriteBatch& batch() const { return batch_; }
  Digest change() const { return change_; }
  void clear() {
    batch_.clear();
    change_ = 0;
  }

private:
  WriteBatch batch_;
  Digest change_ = 0;
};

} // namespace onecode::storage
