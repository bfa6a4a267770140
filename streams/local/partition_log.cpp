#include "streams/local/partition_log.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

namespace onecode::streams::local {

namespace {

// Segments start small, because a simulation makes many brokers with many nearly empty partitions, and grow to a size
// at which their cost disappears.
constexpr std::size_t kFirstSegmentBytes = 16 * 1024;
constexpr std::size_t kLargestSegmentBytes = 1024 * 1024;
constexpr std::size_t kBytesPerEntry = 32; // index room of a segment; smaller records just fill its index first

// What Kafka counts on top of key, value and headers when it compares with max.message.bytes, about.
constexpr std::size_t kRecordOverhead = 100;

enum class Kind : std::uint8_t { data, marker };

struct Entry {
  std::int64_t timestamp_ms;
  const char* bytes; // Header[header_count], key, value, then what the headers point at
  std::uint32_t key_size;
  std::int32_t value_size; // -1: a tombstone
  ProducerId producer;
  std::uint16_t header_count;
  Kind kind;
};

std::size_t payload_bytes(const NewRecord& r) {
  std::size_t n = r.key.size() + (r.value ? r.value->size() : 0);
  for (const auto& h : r.headers) n += h.name.size() + h.value.size();
  return n;
}

char* copy(char* to, std::string_view from) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
  return to + from.size();
}

} // namespace

/// Fixed memory: entries and bytes never move, so views into them stay valid as long as the segment lives. Entries
/// below a published end are never written again.
class Segment {
public:
  Segment(std::int64_t first_offset, std::size_t bytes)
      : base(first_offset),
        bytes_(new char[bytes]),
        byte_room_(bytes),
        entry_room_(std::max<std::size_t>(bytes / kBytesPerEntry, 1)),
        entries_(new Entry[entry_room_]) {}

  const std::int64_t base;

  std::int64_t end() const { return base + static_cast<std::int64_t>(count_); }
  std::size_t used() const { return used_; }
  bool has_room(std::size_t bytes) const { return count_ < entry_room_ && aligned(used_) + bytes <= byte_room_; }
  const Entry& at(std::int64_t offset) const { return entries_[static_cast<std::size_t>(offset - base)]; }

  void add(const NewRecord& r, ProducerId producer) {
    used_ = aligned(used_);
    char* const start = bytes_.get() + used_;
    char* const key = start + r.headers.size() * sizeof(Header);
    char* p = copy(key, r.key);
    if (r.value) p = copy(p, *r.value);
    auto* header = start;
    for (const auto& h : r.headers) {
      char* const name = p;
      char* const value = copy(name, h.name);
      p = copy(value, h.value);
      new (header) Header{{name, h.name.size()}, {value, h.value.size()}};
      header += sizeof(Header);
    }
    used_ = static_cast<std::size_t>(p - bytes_.get());
    entries_[count_++] = Entry{r.timestamp_ms,
                               start,
                               static_cast<std::uint32_t>(r.key.size()),
                               r.value ? static_cast<std::int32_t>(r.value->size()) : -1,
                               producer,
                               static_cast<std::uint16_t>(r.headers.size()),
                               Kind::data};
  }

  void add_marker(ProducerId producer, std::int64_t timestamp_ms) {
    entries_[count_++] = Entry{timestamp_ms, nullptr, 0, -1, producer, 0, Kind::marker};
  }

  Record record(std::int64_t offset) const {
    const Entry& e = at(offset);
    const char* const key = e.bytes + e.header_count * sizeof(Header);
    Record r;
    r.offset = offset;
    r.timestamp_ms = e.timestamp_ms;
    r.key = {key, e.key_size};
    if (e.value_size >= 0) r.value.emplace(key + e.key_size, static_cast<std::size_t>(e.value_size));
    if (e.header_count > 0) r.headers = {std::launder(reinterpret_cast<const Header*>(e.bytes)), e.header_count};
    return r;
  }

private:
  static constexpr std::size_t aligned(std::size_t n) { return (n + alignof(Header) - 1) & ~(alignof(Header) - 1); }

  // Uninitialised on purpose: memory that nobody wrote costs nothing.
  std::unique_ptr<char[]> bytes_;
  std::size_t byte_room_;
  std::size_t used_ = 0;
  std::size_t entry_room_;
  std::size_t count_ = 0;
  std::unique_ptr<Entry[]> entries_;
};

namespace {

class LocalBatch final : public Batch {
public:
  std::vector<std::shared_ptr<const Segment>> held;
};

[[noreturn]] void out_of_range(TopicPartition where, std::int64_t offset, std::int64_t low, std::int64_t high) {
  throw BrokerError(BrokerFault::refused, "OFFSET_OUT_OF_RANGE: " + std::string(name(where.topic)) + "/" +
                                              std::to_string(where.partition) + " offset " + std::to_string(offset) +
                                              ", kept are " + std::to_string(low) + " to " + std::to_string(high));
}

} // namespace

/// What a reader may look at without the lock.
struct PartitionLog::Pinned {
  struct Part {
    std::shared_ptr<const Segment> segment;
    std::int64_t end; // of what may be read; the segment itself may grow meanwhile
  };
  std::vector<Part> parts;
  std::vector<AbortedRange> aborted;
  std::int64_t end = 0; // of what is pinned
  bool more = false;    // visible entries lie behind it
};

PartitionLog::PartitionLog(TopicPartition where, std::size_t retain_bytes, std::int64_t floor)
    : where_(where), retain_bytes_(retain_bytes), floor_(floor), next_segment_bytes_(kFirstSegmentBytes) {}

PartitionLog::~PartitionLog() = default;

void PartitionLog::check_size(const NewRecord& record) const {
  const auto limit = static_cast<std::size_t>(info(where_.topic).max_message_bytes);
  const std::size_t size = payload_bytes(record) + kRecordOverhead;
  if (size > limit || record.headers.size() > std::numeric_limits<std::uint16_t>::max())
    throw BrokerError(BrokerFault::refused, "MSG_SIZE_TOO_LARGE: a record of " + std::to_string(size) +
                                                " bytes for " + std::string(name(where_.topic)) + ", which takes " +
                                                std::to_string(limit));
}

std::int64_t PartitionLog::append(const NewRecord& record) {
  check_size(record);
  std::lock_guard lock(mutex_);
  const std::int64_t offset = put(record, 0);
  publish();
  return offset;
}

std::optional<std::int64_t> PartitionLog::append(const NewRecord& record, const ProducerIdentity& producer,
                                                 std::int32_t epoch) {
  check_size(record);
  std::lock_guard lock(mutex_);
  if (producer.epoch.load() != epoch) return std::nullopt;
  const bool known =
      std::any_of(open_.begin(), open_.end(), [&](const auto& t) { return t.producer == producer.id; });
  if (!known) open_.push_back({producer.id, high_.load()});
  const std::int64_t offset = put(record, producer.id);
  publish();
  return offset;
}

void PartitionLog::end_transaction(ProducerId producer, bool commit, std::int64_t timestamp_ms) {
  std::lock_guard lock(mutex_);
  const std::int64_t marker = high_.load();
  room_for(0).add_marker(producer, timestamp_ms);
  const auto open = std::find_if(open_.begin(), open_.end(), [&](const auto& t) { return t.producer == producer; });
  if (open != open_.end()) {
    if (!commit) aborted_.push_back({producer, open->first, marker});
    open_.erase(open);
  }
  high_.store(marker + 1);
  publish();
}

std::int64_t PartitionLog::put(const NewRecord& record, ProducerId producer) {
  const std::size_t bytes = payload_bytes(record) + record.headers.size() * sizeof(Header);
  Segment& segment = room_for(bytes);
  const std::size_t before = segment.used();
  segment.add(record, producer);
  bytes_ += segment.used() - before;
  const std::int64_t offset = high_.load(std::memory_order_relaxed);
  high_.store(offset + 1);
  return offset;
}

Segment& PartitionLog::room_for(std::size_t bytes) {
  if (!segments_.empty() && segments_.back()->has_room(bytes)) return *segments_.back();
  drop_old_segments();
  segments_.push_back(std::make_shared<Segment>(high_.load(), std::max(bytes, next_segment_bytes_)));
  next_segment_bytes_ = std::min(next_segment_bytes_ * 2, kLargestSegmentBytes);
  return *segments_.back();
}

void PartitionLog::drop_old_segments() {
  if (retain_bytes_ == 0) return;
  const std::int64_t floor = std::min(floor_, stable_.load());
  while (!segments_.empty() && bytes_ > retain_bytes_ && segments_.front()->end() <= floor) {
    low_.store(std::max(low_.load(), segments_.front()->end()));
    bytes_ -= segments_.front()->used();
    segments_.pop_front();
  }
  while (!aborted_.empty() && aborted_.front().marker < low_.load()) aborted_.pop_front();
}

void PartitionLog::publish() {
  const std::int64_t high = high_.load(std::memory_order_relaxed);
  const std::int64_t stable =
      open_.empty() ? high : std::max(open_.front().first, low_.load(std::memory_order_relaxed));
  const bool advanced = stable != stable_.load(std::memory_order_relaxed);
  if (advanced) stable_.store(stable);
  for (const auto& w : watchers_)
    if (advanced || w.isolation == Isolation::uncommitted) w.signal->raise();
}

PartitionLog::Pinned PartitionLog::pin(std::int64_t position, std::size_t entries, Isolation isolation) const {
  Pinned pinned;
  std::lock_guard lock(mutex_);
  if (position < low_.load() || position > high_.load()) out_of_range(where_, position, low_.load(), high_.load());
  const std::int64_t end = this->end(isolation);
  pinned.end = position;
  if (position >= end) return pinned;
  const auto wanted =
      static_cast<std::int64_t>(std::min<std::size_t>(entries, static_cast<std::size_t>(end - position)));
  auto segment = std::upper_bound(segments_.begin(), segments_.end(), position,
                                  [](std::int64_t p, const auto& s) { return p < s->base; });
  for (--segment; pinned.end < position + wanted; ++segment) {
    pinned.end = std::min((*segment)->end(), end);
    pinned.parts.push_back({*segment, pinned.end});
  }
  pinned.more = pinned.end < end;
  if (isolation == Isolation::committed) {
    const auto first = std::lower_bound(aborted_.begin(), aborted_.end(), position,
                                        [](const AbortedRange& a, std::int64_t p) { return a.marker < p; });
    std::copy_if(first, aborted_.end(), std::back_inserter(pinned.aborted),
                 [&](const AbortedRange& a) { return a.first < pinned.end; });
  }
  return pinned;
}

std::unique_ptr<Batch> PartitionLog::read(std::int64_t& position, std::size_t max_records,
                                          Isolation isolation) const {
  std::unique_ptr<LocalBatch> batch;
  std::size_t left = max_records;
  for (bool more = true; more;) {
    // One entry more than wanted, to see whether it is a marker that the position should move over at once.
    Pinned pinned = pin(position, left + 1, isolation);
    more = pinned.more;
    for (auto& [segment, end] : pinned.parts) {
      bool used = false;
      for (; position < end; ++position) {
        const Entry& e = segment->at(position);
        if (e.kind != Kind::data) continue;
        if (!pinned.aborted.empty() && e.producer != 0 &&
            std::any_of(pinned.aborted.begin(), pinned.aborted.end(), [&](const AbortedRange& a) {
              return a.producer == e.producer && a.first <= position && position < a.marker;
            }))
          continue;
        if (left == 0) {
          more = false;
          break;
        }
        if (!batch) {
          batch = std::make_unique<LocalBatch>();
          batch->source = where_;
          batch->records.reserve(std::min(left, static_cast<std::size_t>(pinned.end - position)));
        }
        batch->records.push_back(segment->record(position));
        used = true;
        --left;
      }
      if (used) batch->held.push_back(std::move(segment));
      if (position < end) break;
    }
  }
  return batch;
}

void PartitionLog::trim(std::int64_t offset) {
  std::lock_guard lock(mutex_);
  if (offset < 0 || offset > high_.load()) out_of_range(where_, offset, low_.load(), high_.load());
  if (offset <= low_.load()) return;
  low_.store(offset);
  while (!segments_.empty() && segments_.front()->end() <= offset) {
    bytes_ -= segments_.front()->used();
    segments_.pop_front();
  }
  while (!aborted_.empty() && aborted_.front().marker < offset) aborted_.pop_front();
  publish();
  for (const auto& w : watchers_) w.signal->raise();
}

void PartitionLog::may_drop_before(std::int64_t offset) {
  std::lock_guard lock(mutex_);
  floor_ = offset;
  drop_old_segments();
}

void PartitionLog::watch(Signal& signal, Isolation isolation) {
  std::lock_guard lock(mutex_);
  watchers_.push_back({&signal, isolation});
}

void PartitionLog::unwatch(Signal& signal) {
  std::lock_guard lock(mutex_);
  std::erase_if(watchers_, [&](const Watcher& w) { return w.signal == &signal; });
}

} // namespace onecode::streams::local
