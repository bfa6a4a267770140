#include "app/audit/logs.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>
#include <vector>

#include "app/errors.hpp"
#include "app/history.hpp"
#include "evidence/tiles.hpp"

namespace onecode::app {
namespace {

std::string place_of(TopicPartition at, std::int64_t offset) {
  return fmt::format("{} partition {}, offset {}", name(at.topic), at.partition, offset);
}

template <class T>
std::optional<T> number(std::string_view text) {
  T n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(n) : std::nullopt;
}

std::optional<std::uint64_t> first_of(const streams::Record& record) {
  for (const auto& h : record.headers)
    if (h.name == "ce_first") return number<std::uint64_t>(h.value);
  return std::nullopt;
}

/// Turns of other nodes may put a shard's records into other partitions: what comes early waits.
struct Log {
  std::uint64_t next = 0;
  std::map<std::uint64_t, std::string> early;
};

} // namespace

std::optional<std::int32_t> shard_of(std::string_view origin) {
  return number<std::int32_t>(origin.substr(origin.rfind('/') + 1));
}

std::map<std::int32_t, SignedHead> newest_heads(streams::Broker& broker,
                                                const std::function<void(const std::string&)>& odd) {
  std::map<std::int32_t, SignedHead> out;
  for (std::int32_t p = 0; p < broker.describe_topics()[Topic::checkpoints].partitions; ++p) {
    const TopicPartition at{Topic::checkpoints, p};
    read_whole(broker, at, [&](const streams::Record& r) {
      const auto text = r.value.value_or(std::string_view{});
      const auto note = evidence::parse_note(text);
      const auto head = note ? evidence::parse_checkpoint(note->text) : std::nullopt;
      const auto shard = head ? shard_of(head->origin) : std::nullopt;
      if (!shard) return odd(place_of(at, r.offset) + " is no checkpoint");
      auto& newest = out[*shard];
      // One log's heads of one size are the same; those of another name may come from another partition.
      if (newest.note.empty() || std::pair(head->size, r.timestamp_ms) >= std::pair(newest.head.size, newest.at_ms))
        newest = {*head, std::string(text), r.timestamp_ms};
    });
  }
  return out;
}

void each_leaf(streams::Broker& broker, const std::map<std::int32_t, std::uint64_t>& from,
               const std::function<void(std::int32_t, std::uint64_t, std::string_view)>& each,
               const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  struct Part {
    TopicPartition at;
    std::int64_t end = 0;
    std::unique_ptr<streams::LogReader> reader;
  };
  std::vector<Part> parts;
  std::uint64_t total = 0, done = 0;
  for (std::int32_t p = 0; p < broker.describe_topics()[Topic::evidence].partitions; ++p) {
    const TopicPartition at{Topic::evidence, p};
    const auto marks = broker.watermarks(at, streams::Isolation::committed);
    parts.push_back({at, marks.high, broker.reader(at, marks.low, streams::Isolation::committed)});
    total += static_cast<std::uint64_t>(marks.high - marks.low);
  }
  std::map<std::int32_t, Log> logs;
  for (const auto& [shard, next] : from) logs[shard].next = next;

  const auto take = [&](std::int32_t shard, Log& log, std::uint64_t first, std::string_view bundle,
                        const std::string& place) {
    for (std::uint64_t at = first; !bundle.empty(); ++at) {
      const auto leaf = evidence::take_entry(bundle);
      if (!leaf) throw InputError(place + ": is no list of leaves");
      if (at >= log.next) {
        each(shard, at, *leaf);
        log.next = at + 1;
      }
    }
  };
  for (bool more = true; more;) {
    more = false;
    for (auto& part : parts) {
      if (part.reader->position() >= part.end) continue;
      more = true;
      const auto batch = part.reader->next(streams::Milliseconds(1000), 100);
      if (!batch) continue;
      for (const auto& r : batch->records) {
        if (r.offset >= part.end) break;
        const std::string place = place_of(part.at, r.offset);
        const auto shard = number<std::int32_t>(r.key);
        const auto first = first_of(r);
        if (!shard || !first || !r.value) throw InputError(place + ": is no record of leaves");
        auto& log = logs[*shard];
        if (*first > log.next) {
          log.early.emplace(*first, *r.value);
          continue;
        }
        take(*shard, log, *first, *r.value, place);
        for (auto it = log.early.begin(); it != log.early.end() && it->first <= log.next; it = log.early.erase(it))
          take(*shard, log, it->first, it->second, fmt::format("evidence, shard {}, leaf {}", *shard, it->first));
      }
      done += batch->records.size();
      if (progress) progress(done, total);
    }
  }
  for (const auto& [shard, log] : logs)
    if (!log.early.empty())
      throw InputError(fmt::format("evidence: shard {}: leaves {} to {} are missing", shard, log.next,
                                   log.early.begin()->first - 1));
}

} // namespace onecode::app
