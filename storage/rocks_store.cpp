#include "storage/rocks_store.hpp"

#include <rocksdb/cache.h>
#if __has_include(<rocksdb/advanced_cache.h>) // where Cache is defined since RocksDB 8, Debian 13 has 9
#include <rocksdb/advanced_cache.h>
#endif
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <deque>
#include <fstream>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "storage/keys.hpp"

namespace onecode::storage {

namespace {

namespace fs = std::filesystem;
using rocksdb::Slice;
using rocksdb::Status;

// No key of storage/keys.hpp begins with a zero byte, and WriteBatch::each refuses one that does.
constexpr std::string_view kFormatKey{"\0format", 7};
constexpr std::string_view kNextKey{"\0next", 5};

/// Rises when stored bytes change in a way that older programs would misread.
constexpr std::string_view kFormat = "onecode-state 7";

/// Left inside a store in which a read met corruption: RocksDB may open such a store without complaint, and the shard
/// would stop at the same block again and again.
constexpr const char* kDamagedMark = "DAMAGED";

Slice slice(std::string_view s) { return {s.data(), s.size()}; }
std::string_view view(const Slice& s) { return {s.data(), s.size()}; }

std::string format_of(std::int32_t shard) { return std::string(kFormat) + " shard " + std::to_string(shard); }

std::string complaint(const fs::path& path, const char* doing, const Status& s) {
  return "store " + path.string() + ": " + doing + ": " + s.ToString();
}

/// The store itself is broken: no second try with it will do.
struct Damaged : StoreError {
  Damaged(const fs::path& path, const char* doing, const Status& s)
      : StoreError(complaint(path, doing, s)), why(s.ToString()) {}
  std::string why;
};

/// RocksDB's own log, which otherwise is a file in every store: warnings and errors to the callback, the rest
/// nowhere.
class InfoLog : public rocksdb::Logger {
public:
  InfoLog(std::int32_t shard, std::function<void(std::int32_t, bool, std::string_view)> sink)
      : Logger(sink ? rocksdb::WARN_LEVEL : rocksdb::NUM_INFO_LOG_LEVELS), shard_(shard), sink_(std::move(sink)) {}

  using Logger::Logv;
  void Logv(const char* /*format*/, va_list /*args*/) override {} // lines without a level are at most INFO
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list args) override {
    if (!sink_ || level < rocksdb::WARN_LEVEL || level == rocksdb::HEADER_LEVEL) return;
    std::array<char, 1024> line{};
    const int n = std::vsnprintf(line.data(), line.size(), format, args);
    if (n <= 0) return;
    std::string_view text(line.data(), std::min(static_cast<std::size_t>(n), line.size() - 1));
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    sink_(shard_, level >= rocksdb::ERROR_LEVEL, text);
  }

private:
  std::int32_t shard_;
  std::function<void(std::int32_t, bool, std::string_view)> sink_;
};

/// Hears from RocksDB's threads how far a store is flushed.
class FlushListener : public rocksdb::EventListener {
public:
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo& info) override { reached(info.largest_seqno); }
  /// A store is flushed in the order in which it was written, so what is below is flushed too.
  void reached(rocksdb::SequenceNumber number) {
    auto known = flushed_.load();
    while (known < number && !flushed_.compare_exchange_weak(known, number)) {
    }
  }
  rocksdb::SequenceNumber flushed() const { return flushed_; }

private:
  std::atomic<rocksdb::SequenceNumber> flushed_ = 0;
};

/// The open databases of one factory, for questions from other threads than the stores' own.
class OpenDatabases {
public:
  void add(rocksdb::DB* db) {
    const std::lock_guard lock(mutex_);
    open_.push_back(db);
  }
  void remove(rocksdb::DB* db) {
    const std::lock_guard lock(mutex_);
    std::erase(open_, db);
  }
  std::uint64_t sum(const std::string& property) const {
    const std::lock_guard lock(mutex_); // held, so that none of them closes meanwhile
    std::uint64_t all = 0, one = 0;
    for (rocksdb::DB* db : open_)
      if (db->GetIntProperty(property, &one)) all += one;
    return all;
  }

private:
  mutable std::mutex mutex_;
  std::vector<rocksdb::DB*> open_;
};

class RocksStore : public Store {
public:
  /// `disk_failed` and `open` are shared by the stores of one folder.
  RocksStore(std::unique_ptr<rocksdb::DB> db, fs::path path, bool read_only, std::shared_ptr<FlushListener> flushes,
             std::shared_ptr<std::atomic<bool>> disk_failed, std::shared_ptr<OpenDatabases> open)
      : db_(std::move(db)),
        path_(std::move(path)),
        read_only_(read_only),
        flushes_(std::move(flushes)),
        disk_failed_(std::move(disk_failed)),
        open_(std::move(open)) {
    write_options_.disableWAL = true;
    flushes_->reached(db_->GetLatestSequenceNumber()); // without a log, what opens comes from files
    durable_next_ = journal_next();
    open_->add(db_.get());
  }
  RocksStore(const RocksStore&) = delete;
  RocksStore& operator=(const RocksStore&) = delete;
  ~RocksStore() override {
    open_->remove(db_.get());
    // Where this cannot be, the store is as after a crash, which the journal heals. RocksDB rests for a second after each
    // failure, so a full disk is not tried again shard by shard: who looks after this process waits for its end.
    if (!read_only_ && !*disk_failed_) (void)db_->Flush(flush_options(true));
    (void)db_->Close();
  }

  void read(std::span<const std::string> keys, std::vector<std::optional<std::string>>& values) override {
    values.resize(keys.size());
    // In pieces: pinned values hold their blocks, and a turn may ask for a hundred thousand keys.
    for (std::size_t from = 0; from < keys.size(); from += kReadAtOnce) {
      const std::size_t n = std::min(kReadAtOnce, keys.size() - from);
      const auto piece = keys.subspan(from, n);
      for (std::size_t i = 0; i < n; ++i) slices_[i] = slice(piece[i]);
      // Told that unsorted keys are sorted, MultiGet misses entries that exist; looking costs little next to reading.
      const bool sorted = std::ranges::is_sorted(piece);
      db_->MultiGet(read_options_, db_->DefaultColumnFamily(), n, slices_.data(), pinned_.data(), statuses_.data(),
                    sorted);
      for (std::size_t i = 0; i < n; ++i) {
        auto& value = values[from + i];
        if (statuses_[i].ok()) {
          if (!value) value.emplace();
          value->assign(pinned_[i].data(), pinned_[i].size());
        } else if (statuses_[i].IsNotFound()) {
          value.reset();
        } else {
          for (auto& pinned : pinned_) pinned.Reset();
          fail("read", statuses_[i]);
        }
        pinned_[i].Reset();
      }
    }
  }

  void write(std::string_view batch, const Standing& standing) override {
    if (read_only_) throw StoreError("store " + path_.string() + " is open for reading only");
    batch_.Clear();
    WriteBatch::each(batch, [this](std::string_view key, std::optional<std::string_view> value) {
      check("write", value ? batch_.Put(slice(key), slice(*value)) : batch_.Delete(slice(key)));
    });
    next_.clear();
    append_u64(next_, static_cast<std::uint64_t>(standing.journal_next));
    if (standing.digest) append_u64(next_, *standing.digest);
    check("write", batch_.Put(slice(kNextKey), slice(next_)));
    check("write", db_->Write(write_options_, &batch_));
    // One restore with large batches must not keep its memory for the life of the shard.
    if (batch_.GetDataSize() > kBatchBytesKept) batch_ = rocksdb::WriteBatch();
  }

  std::optional<Standing> standing() override {
    const auto bytes = own(kNextKey);
    if (!bytes) return std::nullopt;
    if (bytes->size() != 8 && bytes->size() != 16)
      fail("read", Status::Corruption("the store's standing is not 8 or 16 bytes"));
    Standing out{static_cast<std::int64_t>(read_u64(*bytes)), std::nullopt};
    if (bytes->size() == 16) out.digest = read_u64(std::string_view(*bytes).substr(8));
    return out;
  }

  void scan_from(std::string_view from, std::string_view prefix, const Visitor& visit) override {
    rocksdb::ReadOptions options = read_options_;
    options.total_order_seek = true;
    const std::string end = after(prefix);
    const Slice upper = slice(end);
    if (!end.empty()) options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options));
    // The store's own keys sort before all others.
    constexpr std::string_view kFirst = "\x01";
    it->Seek(slice(std::max({from, prefix, kFirst})));
    for (; it->Valid(); it->Next())
      if (!visit(view(it->key()), view(it->value()))) return;
    check("scan", it->status());
  }

  void flush() override { start_flush(true); }
  void flush_soon() override { start_flush(false); }

  std::optional<std::int64_t> durable_next() override {
    while (!asked_.empty() && asked_.front().first <= flushes_->flushed()) {
      durable_next_ = asked_.front().second;
      asked_.pop_front();
    }
    return durable_next_;
  }

  /// An entry of the store's own.
  std::optional<std::string> own(std::string_view key) {
    std::string value;
    const Status s = db_->Get(read_options_, slice(key), &value);
    if (s.IsNotFound()) return std::nullopt;
    check("read", s);
    return value;
  }

  void put_own(std::string_view key, std::string_view value) {
    check("write", db_->Put(write_options_, slice(key), slice(value)));
  }

private:
  static constexpr std::size_t kReadAtOnce = 512;
  static constexpr std::size_t kBatchBytesKept = 4U << 20;

  void start_flush(bool wait) {
    if (read_only_) return;
    if (const auto next = journal_next()) asked_.emplace_back(db_->GetLatestSequenceNumber(), *next);
    check("flush", db_->Flush(flush_options(wait)));
  }

  static rocksdb::FlushOptions flush_options(bool wait) {
    rocksdb::FlushOptions options;
    options.wait = wait;
    options.allow_write_stall = true; // the other choice is to wait here until there is none
    return options;
  }

  void check(const char* doing, const Status& s) const {
    if (!s.ok()) fail(doing, s);
  }

  [[noreturn]] void fail(const char* doing, const Status& s) const {
    if (s.IsCorruption() && !read_only_) std::ofstream(path_ / kDamagedMark) << doing << ": " << s.ToString() << '\n';
    if (s.IsCorruption()) throw Damaged(path_, doing, s);
    if (s.IsIOError()) *disk_failed_ = true;
    throw StoreError(complaint(path_, doing, s));
  }

  /// The first key after all keys with this prefix; empty: there is none.
  static std::string after(std::string_view prefix) {
    std::string end(prefix);
    while (!end.empty() && end.back() == '\xff') end.pop_back();
    if (!end.empty()) ++end.back();
    return end;
  }

  std::unique_ptr<rocksdb::DB> db_;
  fs::path path_;
  bool read_only_;
  std::shared_ptr<FlushListener> flushes_;
  std::shared_ptr<std::atomic<bool>> disk_failed_;
  std::shared_ptr<OpenDatabases> open_;
  std::deque<std::pair<rocksdb::SequenceNumber, std::int64_t>>
      asked_; // flushes that may not be done: written to, standing
  std::optional<std::int64_t> durable_next_;
  rocksdb::ReadOptions read_options_;
  rocksdb::WriteOptions write_options_;
  // Kept between calls for their memory.
  rocksdb::WriteBatch batch_;
  std::string next_;
  std::array<Slice, kReadAtOnce> slices_;
  std::array<rocksdb::PinnableSlice, kReadAtOnce> pinned_;
  std::array<Status, kReadAtOnce> statuses_;
};

class RocksStores : public StoreFactory {
public:
  explicit RocksStores(RocksOptions options) : options_(std::move(options)) {
    make_folder(options_.directory);
    common_ = shared_options();
  }

  std::unique_ptr<Store> open(std::int32_t shard) override {
    const fs::path path = path_of(shard);
    std::string mark;
    if (std::ifstream in(path / kDamagedMark); in) std::getline(in, mark);
    if (!mark.empty()) {
      if (options_.read_only) throw StoreError("store " + path.string() + " is damaged: " + mark);
      set_damaged_aside(shard, path, mark);
    }
    make_folder(path); // by ourselves: RocksDB would report each new store as an error to its log
    try {
      return try_open(shard, path);
    } catch (const Damaged& damaged) {
      if (options_.read_only) throw;
      set_damaged_aside(shard, path, damaged.why);
    }
    make_folder(path);
    return try_open(shard, path);
  }

  void set_aside(std::int32_t shard, Aside as, const std::string& why) override {
    if (options_.read_only) throw StoreError("stores are open for reading only");
    const fs::path path = path_of(shard);
    if (as == Aside::damaged) return set_damaged_aside(shard, path, why);
    fs::path to = path;
    to += ".outdated";
    std::error_code ignored; // what is left of it is in the way of the move, which says so
    fs::remove_all(to, ignored);
    move_aside(path, to, why);
  }

  StoreUsage usage() const override {
    using P = rocksdb::DB::Properties;
    return {open_->sum(P::kTotalSstFilesSize), open_->sum(P::kSizeAllMemTables), cache_->GetUsage(),
            open_->sum(P::kEstimatePendingCompactionBytes)};
  }

private:
  fs::path path_of(std::int32_t shard) const { return options_.directory / ("shard-" + std::to_string(shard)); }

  void make_folder(const fs::path& path) const {
    if (options_.read_only) return;
    std::error_code error;
    fs::create_directories(path, error);
    if (error) throw StoreError("store directory " + path.string() + ": " + error.message());
  }

  /// What all shards share and what is the same for each.
  rocksdb::Options shared_options() {
    rocksdb::Options o;
    o.create_if_missing = !options_.read_only;
    o.env = rocksdb::Env::Default();
    o.write_buffer_manager =
        std::make_shared<rocksdb::WriteBufferManager>(options_.write_buffer_bytes, nullptr, /*allow_stall=*/false);
    // The shared manager asks for flushes; this is only the bound for one busy shard among idle ones.
    o.write_buffer_size = std::max<std::size_t>(options_.write_buffer_bytes / 2, 64U << 10);
    o.max_write_buffer_number = 4;
    o.max_background_jobs = std::max(options_.background_jobs, 1);
    o.avoid_flush_during_shutdown = true; // ~RocksStore decides that
    // A store has one writer, so what makes concurrent writers fast is only in the way.
    o.allow_concurrent_memtable_write = false;
    o.enable_write_thread_adaptive_yield = false;
    // A batch's keys are nearly sorted: each insert starts where the last one of its kind of entity ended (-9% CPU).
    o.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewCappedPrefixTransform(2));
    o.memtable_whole_key_filtering = true; // most keys asked for are not among the newest
    o.memtable_prefix_bloom_size_ratio = 0.02;

    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache_ = rocksdb::NewLRUCache(options_.cache_bytes);
    table.block_size = 8U << 10;
    table.format_version = 5; // RocksDB 8.6 and newer write 6, which 7.8 cannot read: a node may go back a release
    // No optimize_filters_for_hits: most lookups of event ids miss, and the filter of the last level answers them.
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.cache_index_and_filter_blocks = true;
    table.cache_index_and_filter_blocks_with_high_priority = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

    o.level_compaction_dynamic_level_bytes = true; // said because the default changed in 8.4
    o.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression, rocksdb::kLZ4Compression};
    o.bytes_per_sync = 1U << 20;
    o.max_open_files = 512;
    o.paranoid_checks = true;
    // No statistics, no dumps: nobody would read them.
    o.stats_dump_period_sec = 0;
    o.stats_persist_period_sec = 0;
    o.skip_stats_update_on_db_open = true;
    return o;
  }

  std::unique_ptr<RocksStore> try_open(std::int32_t shard, const fs::path& path) const {
    rocksdb::Options o = common_;
    o.info_log = std::make_shared<InfoLog>(shard, options_.log);
    const auto flushes = std::make_shared<FlushListener>();
    o.listeners.push_back(flushes);
    rocksdb::DB* raw = nullptr;
    const Status s = options_.read_only ? rocksdb::DB::OpenForReadOnly(o, path.string(), &raw)
                                        : rocksdb::DB::Open(o, path.string(), &raw);
    std::unique_ptr<rocksdb::DB> db(raw);
    if (!s.ok()) {
      if (is_damage(path, s)) throw Damaged(path, "open", s);
      throw StoreError(complaint(path, "open", s));
    }
    auto store = std::make_unique<RocksStore>(std::move(db), path, options_.read_only, flushes, disk_failed_, open_);
    check_format(*store, shard, path);
    return store;
  }

  /// Is this store beyond use, where others (no rights, no space, held by another process) only are for now?
  static bool is_damage(const fs::path& path, const Status& s) {
    if (s.IsCorruption()) return true;
    // A file that the manifest names is gone; without CURRENT nothing was ever here.
    std::error_code ignored;
    return (s.IsPathNotFound() || s.IsNotFound()) && fs::exists(path / "CURRENT", ignored);
  }

  static void move_aside(const fs::path& path, const fs::path& to, const std::string& why) {
    std::error_code failed;
    fs::rename(path, to, failed);
    if (failed)
      throw StoreError("store " + path.string() + " (" + why + ") cannot be set aside as " + to.string() + ": " +
                       failed.message());
  }

  void set_damaged_aside(std::int32_t shard, const fs::path& path, const std::string& error) const {
    fs::path to;
    std::error_code ignored;
    for (int k = 1; k == 1 || fs::exists(to, ignored); ++k) {
      to = path;
      to += ".damaged-" + std::to_string(k);
    }
    move_aside(path, to, error);
    if (options_.on_damage) options_.on_damage({shard, path, to, error});
  }

  /// A store of our format and this shard, or one in which nothing was written yet: that becomes one.
  void check_format(RocksStore& store, std::int32_t shard, const fs::path& path) const {
    const std::string ours = format_of(shard);
    const auto found = store.own(kFormatKey);
    if (found == ours) return;
    if (found) {
      const bool other_shard = found->starts_with(std::string(kFormat) + " shard ");
      throw StoreError("store " + path.string() + " says '" + *found + "', expected '" + ours + "': " +
                       (other_shard ? "the folder was renamed or copied from another shard; move it away"
                                    : "it was written by another version of onecode; run that version, or move the "
                                      "folder away and the state is read from the journal again"));
    }
    // The format is the first thing written, and a crash keeps a prefix: without it there may be nothing else.
    bool empty = !store.own(kNextKey).has_value();
    store.scan("", [&](auto, auto) { return empty = false; });
    if (!empty)
      throw StoreError("store " + path.string() + " holds a RocksDB without the mark of onecode ('" + ours +
                       "'): not a store of ours");
    if (!options_.read_only) store.put_own(kFormatKey, ours);
  }

  RocksOptions options_;
  std::shared_ptr<rocksdb::Cache> cache_;
  rocksdb::Options common_;
  std::shared_ptr<OpenDatabases> open_ = std::make_shared<OpenDatabases>();
  std::shared_ptr<std::atomic<bool>> disk_failed_ = std::make_shared<std::atomic<bool>>(false);
};

} // namespace

std::unique_ptr<StoreFactory> rocks_stores(RocksOptions options) {
  return std::make_unique<RocksStores>(std::move(options));
}

} // namespace onecode::storage
