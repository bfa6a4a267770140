// State on disk: one RocksDB per shard, without a log of its own. The journal is that log: after a crash a store
// holds what some prefix of its batches left, and journal_next() says which, so that the shard reads on from there.
//   Layout   <directory>/shard-<n>; the entries of storage/keys.hpp in one column family, and beside them two keys of the
//            store's own that begin with a zero byte: "\0format", and "\0next" (journal offset, then 8 bytes of digest or none).
//   Crash    kill -9 and power loss cost the batches since the last flush, never a part of a batch, never their order.
//   Damage   a store that RocksDB calls corrupt is renamed to shard-<n>.damaged-<k>, reported, and an empty one takes its
//            place. It is kept for people to look at; nothing here ever deletes it. (An outdated one becomes shard-<n>.outdated.)
//   Threads  the factory may be used from any thread; a store by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "storage/store.hpp"

namespace onecode::storage {

/// A damaged store that was set aside.
struct Damage {
  std::int32_t shard = 0;
  std::filesystem::path store;    // where it was
  std::filesystem::path moved_to; // where it is now
  std::string error;              // what RocksDB or the one who set it aside said
};

struct RocksOptions {
  std::filesystem::path directory;

  /// Blocks, indexes and filters of all shards together.
  std::size_t cache_bytes = 256U << 20;
  /// Changes of all shards together that are in memory only. The journal has them already, so the store may lag:
  /// fewer, larger flushes are what makes a million accounts affordable.
  std::size_t write_buffer_bytes = 128U << 20;
  /// Threads that flush and compact, all shards together.
  int background_jobs = 2;

  /// Looks at what is flushed, also while a node has the stores open. Creates, writes and sets aside nothing: a store
  /// that is missing or damaged is a StoreError.
  bool read_only = false;

  /// Called by open() and set_aside() on their thread.
  std::function<void(const Damage&)> on_damage;
  /// RocksDB's warnings and errors, a line each, from any of its threads. Empty: they are dropped.
  std::function<void(std::int32_t shard, bool error, std::string_view line)> log;
};

/// StoreError where the directory cannot be made. open() throws StoreError naming path and status where a store is
/// held by another process, has another format or shard number, or cannot be read for want of rights, space or a
/// working disk.
std::unique_ptr<StoreFactory> rocks_stores(RocksOptions options);

} // namespace onecode::storage
