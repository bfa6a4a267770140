#include "actors/restore.hpp"

#include <chrono>

namespace onecode::actors {
namespace {

constexpr std::chrono::milliseconds kPatience{1000};

/// Is there anything committed in [from, end)? Aborted records and markers are nothing.
bool has_records(streams::Broker& broker, TopicPartition journal, std::int64_t from, std::int64_t end) {
  const auto reader = broker.reader(journal, from, streams::Isolation::committed);
  while (reader->position() < end) {
    const auto batch = reader->next(kPatience);
    if (batch && !batch->records.empty()) return true;
  }
  return false;
}

} // namespace

std::unique_ptr<storage::Store> open_store(std::int32_t shard, storage::StoreFactory& stores, streams::Broker& broker,
                                           const std::function<void(const std::string&)>& report) {
  auto store = stores.open(shard);
  const auto stands = store->journal_next();
  if (!stands) return store;
  const auto marks = broker.watermarks({Topic::journal, shard}, streams::Isolation::uncommitted);
  const std::string where =
      "shard " + std::to_string(shard) + ": the store stands at journal offset " + std::to_string(*stands);
  if (*stands > marks.high)
    throw storage::StoreError(where + ", beyond the journal's end " + std::to_string(marks.high) +
                              "; it belongs to another cluster");
  if (*stands >= marks.low) return store;
  const std::string why = where + ", the journal begins at " + std::to_string(marks.low);
  report(why + "; it is set aside and the state read from the journal");
  store.reset();
  stores.set_aside(shard, why);
  return stores.open(shard);
}

Restored restore_shard(Shard& shard, streams::Broker& broker,
                       const std::function<void(std::int64_t, std::int64_t)>& progress) {
  const TopicPartition journal{Topic::journal, shard.index()};
  // The end as everyone sees it, open transactions included: the last stable offset could hide committed state.
  const auto marks = broker.watermarks(journal, streams::Isolation::uncommitted);
  auto& store = shard.store();
  // A shard that stayed here goes on from where it stands, unless somebody else wrote its journal meanwhile.
  if (const auto stands = shard.journal_next(); stands && *stands <= marks.high && *stands >= marks.low) {
    if (*stands == marks.high || !has_records(broker, journal, *stands, marks.high)) return {0, *stands};
  }
  shard.forget_all();
  const auto known = store.journal_next();
  const std::int64_t from = known.value_or(marks.low);
  Restored restored{0, from};
  if (from < marks.high) {
    const auto reader = broker.reader(journal, from, streams::Isolation::committed);
    while (reader->position() < marks.high) {
      const auto batch = reader->next(kPatience);
      if (!batch) continue;
      for (const auto& record : batch->records) {
        store.write(record.value.value_or(std::string_view{}), record.offset + 1);
        ++restored.records;
        restored.journal_next = record.offset + 1;
      }
      progress(reader->position() - from, marks.high - from);
    }
  }
  shard.open(restored.journal_next);
  return restored;
}

} // namespace onecode::actors
