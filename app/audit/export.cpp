#include "app/audit/export.hpp"

#include <fmt/format.h>

#include <memory>

#include "app/audit/logs.hpp"
#include "app/errors.hpp"
#include "evidence/tile_writer.hpp"

namespace onecode::app {
namespace {

/// So many leaves are in memory at most.
constexpr std::uint64_t kAtOnce = 1U << 14;

struct Writing {
  std::unique_ptr<evidence::TileFiles> files;
  std::unique_ptr<evidence::TileWriter> writer;
  SignedHead head;
  std::uint64_t before = 0;
};
struct Stopped {};

void publish(Writing& w) {
  if (w.writer->size() != w.head.head.size)
    throw InputError(fmt::format("{}: the head has {} leaves, `evidence` only {}", w.head.head.origin,
                                 w.head.head.size, w.writer->size()));
  if (w.writer->root() != w.head.head.root)
    throw InputError(fmt::format("{}: the leaves do not give the root of the signed head of {} leaves",
                                 w.head.head.origin, w.head.head.size));
  // The head of an empty log may be of another name, or by another key, than the one before.
  if (w.writer->size() > w.before || w.before == 0) w.writer->publish(w.head.note);
}

} // namespace

std::vector<ExportedLog> export_logs(streams::Broker& broker, const std::filesystem::path& folder,
                                     const std::function<bool(std::uint64_t, std::uint64_t)>& go_on,
                                     const std::function<void(const std::string&)>& odd,
                                     const std::vector<WitnessAddress>& witnesses) {
  std::map<std::int32_t, Writing> logs;
  std::map<std::int32_t, std::uint64_t> from;
  try {
    for (auto& [shard, head] : newest_heads(broker, odd)) {
      auto& w = logs[shard];
      w.files = evidence::tile_folder(folder / std::to_string(shard));
      w.writer = std::make_unique<evidence::TileWriter>(*w.files);
      w.head = std::move(head);
      from[shard] = w.before = w.writer->size();
      if (w.before > w.head.head.size)
        throw InputError(fmt::format("{}: {} leaves were exported, and the newest head has only {}",
                                     w.head.head.origin, w.before, w.head.head.size));
    }
    each_leaf(
        broker, from,
        [&](std::int32_t shard, std::uint64_t place, std::string_view leaf) {
          const auto w = logs.find(shard);
          if (w == logs.end() || place >= w->second.head.head.size) return;
          w->second.writer->append(leaf);
          if (w->second.writer->size() % kAtOnce == 0) w->second.writer->write_complete();
        },
        [&](std::uint64_t done, std::uint64_t total) {
          if (!go_on(done, total)) throw Stopped{};
        });
    std::vector<ExportedLog> out;
    for (auto& [shard, w] : logs) {
      const std::string before = w.files->get(evidence::kCheckpointPath).value_or(std::string{});
      publish(w);
      out.push_back({shard, w.head.head.origin, w.writer->size(), w.writer->size() - w.before, {}});
      out.back().witnesses = have_cosigned(*w.files, before, witnesses, sender, odd);
    }
    return out;
  } catch (const Stopped&) {
    throw Failure(130, "interrupted; the next export goes on from the checkpoints that are there");
  } catch (const evidence::TileError& e) {
    throw InputError(folder.string() + ": " + e.what());
  } catch (const std::filesystem::filesystem_error& e) {
    throw InputError(e.what());
  }
}

} // namespace onecode::app
