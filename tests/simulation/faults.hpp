// Where the simulation may let something go wrong: every call that a node makes to its broker and its disk.
#pragma once

#include <functional>
#include <memory>

#include "streams/broker.hpp"

namespace onecode::simulation {

enum class Point : std::uint8_t {
  serve,
  take,
  committed_offsets,
  assign,
  init,
  begin,
  produce,
  send_offsets,
  before_commit,
  after_commit,
  before_abort,
  after_abort,
  read,
  waited, // a reader waited its time for nothing
  watermarks,
  before_trim,
  after_trim,
  before_store_write,
  after_store_write,
  flush,
};

/// The node's process died here. Nothing catches it but the simulation.
struct Crash {};

/// `inner`, with `at` called before (and around what takes effect) every call, and `trimmed` for each trim. `inner` and what the
/// functions refer to outlive it.
std::unique_ptr<streams::Broker> faulty(streams::Broker& inner, std::function<void(Point)> at,
                                        std::function<void(TopicPartition, std::int64_t)> trimmed);

} // namespace onecode::simulation
