#include "actors/restore.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <vector>

#include "actors/planted.hpp"
#include "storage/digest.hpp"
#include "storage/merged_batch.hpp"

namespace onecode::actors {
namespace {

constexpr std::chrono::milliseconds kPatience{1000};
constexpr std::size_t kWrittenAtOnce = 16U << 20;

/// Is there anything committed in [from, end)? Aborted records and markers are nothing.
bool has_records(streams::Broker& broker, TopicPartition journal, std::int64_t from, std::int64_t end) {
  const auto reader = broker.reader(journal, from, streams::Isolation::committed);
  while (reader->position() < end) {
    const auto batch = reader->next(kPatience);
    if (batch && !batch->records.empty()) return true;
  }
  return false;
}

/// The end as everyone sees it, open transactions included: the last stable offset could hide committed state.
streams::Watermarks marks_of(streams::Broker& broker, std::int32_t shard) {
  return broker.watermarks({Topic::journal, shard}, planted(Mistake::restore_to_stable_offset)
                                                        ? streams::Isolation::committed
                                                        : streams::Isolation::uncommitted);
}

/// Reads the journal into the store up to `end`. A store that knows its digest keeps it, at the price of reading what it
/// overwrites; a restore from nothing does not.
void read_on(Restored& restored, std::int32_t shard, streams::Broker& broker, std::int64_t from, std::int64_t end,
             const std::function<void(std::int64_t, std::int64_t)>& progress) {
  auto& store = *restored.store;
  restored.journal_next = from;
  if (from >= end) return;
  const auto standing = store.standing();
  auto digest = standing ? standing->digest : std::nullopt;
  const auto reader = broker.reader({Topic::journal, shard}, from, streams::Isolation::committed);
  storage::MergedBatch read;
  std::vector<std::unique_ptr<streams::Batch>> held; // what `read` looks into
  while (reader->position() < end) {
    if (auto batch = reader->next(kPatience)) {
      for (const auto& record : batch->records) {
        read.add(record.value.value_or(std::string_view{}));
        ++restored.records;
        restored.journal_next = record.offset + 1;
      }
      held.push_back(std::move(batch));
    }
    if (read.size() >= kWrittenAtOnce || reader->position() >= end) {
      const auto merged = read.merge();
      if (digest) *digest += storage::digest_change(store, merged);
      if (!merged.empty()) store.write(merged, {restored.journal_next, digest});
      held.clear();
    }
    progress(reader->position() - from, end - from);
  }
}

/// What is wrong with the state in the store; empty: it is that of its last commit.
std::string difference(storage::Store& store) {
  const auto standing = store.standing();
  if (!standing) return {};
  const auto digest = standing->digest ? *standing->digest : storage::digest_of(store);
  std::vector<std::optional<std::string>> values;
  const std::string key{kCommitKey};
  store.read({&key, 1}, values);
  if (!values.at(0)) return "it holds entries and no commit record";
  CommitRecord last;
  decode(*values[0], last);
  if (!standing->digest) store.write({}, {standing->journal_next, digest});
  if (last.digest == digest) return {};
  return fmt::format("its digest is {:016x}, that of its last commit, {}, is {:016x}", digest, last.turn,
                     last.digest);
}

} // namespace

bool nobody_else_wrote(const Shard& shard, streams::Broker& broker) {
  const auto marks = marks_of(broker, shard.index());
  const auto stands = shard.journal_next();
  if (!stands) return marks.high == 0;
  if (*stands > marks.high || *stands < marks.low) return false;
  return *stands == marks.high || !has_records(broker, {Topic::journal, shard.index()}, *stands, marks.high);
}

Restored restore_store(std::int32_t shard, storage::StoreFactory& stores, streams::Broker& broker,
                       const std::function<void(std::int64_t, std::int64_t)>& progress,
                       const std::function<void(storage::Aside, const std::string&)>& report) {
  for (;;) {
    const auto marks = marks_of(broker, shard);
    Restored restored;
    restored.store = stores.open(shard);
    const auto stands = restored.store->journal_next();
    auto as = storage::Aside::damaged;
    std::string why;
    if (stands && *stands > marks.high)
      throw storage::StoreError(
          fmt::format("shard {}: the store stands at journal offset {}, beyond the journal's end {}; it belongs to "
                      "another cluster",
                      shard, *stands, marks.high));
    if (stands && *stands < marks.low) {
      as = storage::Aside::outdated;
      why = fmt::format("the store stands at journal offset {}, the journal begins at {}", *stands, marks.low);
    } else {
      try {
        read_on(restored, shard, broker, stands.value_or(marks.low), marks.high, progress);
      } catch (const streams::BrokerError&) {
        // Whoever had the shard before may not know yet, and trim: what it trims, it has journalled again.
        if (marks_of(broker, shard).low <= restored.journal_next) throw;
        continue;
      }
      why = difference(*restored.store);
      if (why.empty()) return restored;
      if (!stands)
        throw storage::StoreError(fmt::format(
            "shard {}: the state that the journal gives is not the one that was committed: {}; it is not processed",
            shard, why));
    }
    restored.store.reset();
    report(as, fmt::format("shard {}: {}; it is set aside and the state read from the journal", shard, why));
    stores.set_aside(shard, as, why);
  }
}

} // namespace onecode::actors
