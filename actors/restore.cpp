#include "actors/restore.hpp"

namespace onecode::actors {

Restored restore_shard(Shard& shard, streams::Broker& broker,
                       const std::function<void(std::int64_t, std::int64_t)>& progress) {
  const TopicPartition journal{Topic::journal, shard.index()};
  // The end as everyone sees it, open transactions included: the last stable offset could hide committed state.
  const auto marks = broker.watermarks(journal, streams::Isolation::uncommitted);
  auto& store = shard.store();
  const auto known = store.journal_next();
  if (known && *known < marks.low)
    throw storage::StoreError("shard " + std::to_string(shard.index()) + ": the store stands at journal offset " +
                              std::to_string(*known) + ", the journal begins at " + std::to_string(marks.low) +
                              "; set the store's directory aside and start again");
  if (known && *known > marks.high)
    throw storage::StoreError("shard " + std::to_string(shard.index()) + ": the store stands at journal offset " +
                              std::to_string(*known) + ", beyond the journal's end " + std::to_string(marks.high) +
                              "; it belongs to another cluster");
  const std::int64_t from = known.value_or(marks.low);
  Restored restored{0, from};
  if (from < marks.high) {
    const auto reader = broker.reader(journal, from, streams::Isolation::committed);
    while (reader->position() < marks.high) {
      const auto batch = reader->next(std::chrono::milliseconds(1000));
      if (!batch) continue;
      for (const auto& record : batch->records) {
        store.write(record.value.value_or(std::string_view{}), record.offset + 1);
        ++restored.records;
        restored.journal_next = record.offset + 1;
      }
      progress(reader->position() - from, marks.high - from);
    }
  }
  if (restored.records > 0) shard.forget_all();
  shard.open();
  return restored;
}

}  // namespace onecode::actors
