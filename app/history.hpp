// What a cluster did: its inputs in the order and turns in which they were applied, read from the commit records in `history` and
// the input topics that they name (CONTRACT §9, §10). `history` writes them to a file, `state verify` replays them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "actors/commit_record.hpp"
#include "streams/broker.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {

class History {
public:
  /// Reads all commit records. Of a cluster that works meanwhile it is what was committed up to some moment: a turn that is not
  /// there on all of its shards yet is left out, and what follows it. Throws InputError: the topic is not there, or its first
  /// turns are no longer kept.
  explicit History(streams::Broker& broker);

  std::uint64_t turns() const { return parts_.size(); }
  /// Were turns committed since the records were read?
  bool grown() const;
  /// Commit records that do not name the one before them, a sentence each; empty: every chain is whole.
  const std::vector<std::string>& broken_links() const { return broken_links_; }

  /// Gives every turn and the records of its inputs, in order; may be called again. `go_on(turns, records)` is asked after each
  /// turn; false: the rest is left out. Throws InputError: inputs are no longer kept, or the turns contradict each other.
  void each(const std::function<void(streams::FileLine&)>& line,
            const std::function<bool(std::uint64_t, std::uint64_t)>& go_on) const;

private:
  using Positions = std::map<std::int32_t, std::size_t>; // by shard
  std::string next_turn(const Positions& at) const;
  void leave_out_incomplete();

  streams::Broker& broker_;
  std::map<std::int32_t, std::vector<actors::CommitRecord>> commits_; // by shard
  std::map<std::string, std::size_t> parts_;                          // of a turn: how many shards have one
  std::map<std::int32_t, std::int64_t> ends_;                         // of the partitions, before they were read
  std::vector<std::string> broken_links_;
};

/// A record as an event file has it; `turn`: the one that applied it.
streams::FileRecord file_record(TopicPartition at, const streams::Record& record, const std::string& turn = {});

/// Calls each(record) for the committed records of one partition from that offset, or where it begins; returns where reading stands.
std::int64_t read_from(streams::Broker& broker, TopicPartition at, std::int64_t from,
                       const std::function<void(const streams::Record&)>& each);
/// Calls each(record) for all committed records of one partition; returns the offset where they begin.
std::int64_t read_whole(streams::Broker& broker, TopicPartition at,
                        const std::function<void(const streams::Record&)>& each);

} // namespace onecode::app
