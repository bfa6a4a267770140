#include <fmt/format.h>

#include <map>

#include "app/audit/explain.hpp"
#include "app/errors.hpp"
#include "app/history.hpp"
#include "app/terminal.hpp"

namespace onecode::app {
namespace {

constexpr const char* kInterrupted = "interrupted; nothing was explained";

/// Offsets that an event file steps over. In a history the digests say whether anything is missing; elsewhere nothing else does.
class Gaps {
public:
  void see(const streams::FileRecord& record) {
    if (!record.partition || !record.offset) return;
    const TopicPartition at{record.topic, *record.partition};
    const auto [it, first] = next_.try_emplace(at, *record.offset);
    if (!first && *record.offset > it->second)
      found_.push_back(fmt::format("{} partition {}, offsets {} to {}", name(at.topic), at.partition, it->second,
                                   *record.offset - 1));
    it->second = *record.offset + 1;
  }
  std::vector<std::string> take() { return std::move(found_); }

private:
  std::map<TopicPartition, std::int64_t> next_;
  std::vector<std::string> found_;
};

class FileInputs final : public RecordedInputs {
public:
  explicit FileInputs(ReplayInputs inputs) : inputs_(std::move(inputs)) {}

  Replayed replay(ReplayWatch watch, const std::function<void(const streams::OutRecord&)>& output,
                  const std::function<void(const streams::FileRecord&)>& input,
                  const std::function<bool()>& enough) override {
    Gaps gaps;
    FileReplay replay(
        inputs_, output,
        [&](const streams::FileRecord& record) {
          gaps.see(record);
          input(record);
        },
        std::move(watch));
    replay.run(kInterrupted, enough);
    auto& replayer = replay.replayer();
    return {replayer.turns(), replayer.records(), replayer.digests_compared(), replayer.difference(), gaps.take()};
  }

  void each(const EachInput& each) override {
    std::optional<FilePlaces> places;
    for (const auto& file : inputs_.files) {
      streams::EventFileReader reader(file);
      while (auto line = reader.next()) {
        if (const auto* turn = std::get_if<streams::FileTurn>(&*line)) {
          if (!places) places.emplace(turn->partitions);
          continue;
        }
        const auto& record = std::get<streams::FileRecord>(*line);
        if (!info(record.topic).input && record.topic != Topic::policy) continue;
        if (!places) places.emplace(kDefaultPartitions);
        const auto [at, offset] = places->next(record);
        each(at, offset, record);
      }
    }
  }

private:
  const ReplayInputs inputs_;
};

class ClusterInputs final : public RecordedInputs {
public:
  ClusterInputs(streams::Broker& broker, ReplayOptions options, const streams::Secrets& secrets)
      : history_(broker), options_(std::move(options)), secrets_(secrets) {
    if (!history_.broken_links().empty()) throw InputError(history_.broken_links());
  }

  Replayed replay(ReplayWatch watch, const std::function<void(const streams::OutRecord&)>& output,
                  const std::function<void(const streams::FileRecord&)>& input,
                  const std::function<bool()>& enough) override {
    auto options = options_;
    options.watch = std::move(watch);
    Replayer replayer(std::move(options), secrets_, output);
    Progress progress("replaying the history", history_.turns());
    const Interrupt interrupt;
    history_.each([&](const streams::FileLine& line) { replayer.foresee(line); },
                  [&](std::uint64_t, std::uint64_t) { return true; });
    bool whole = true;
    history_.each(
        [&](streams::FileLine& line) {
          if (const auto* record = std::get_if<streams::FileRecord>(&line)) input(*record);
          replayer.line(std::move(line));
        },
        [&](std::uint64_t turns, std::uint64_t records) {
          if (interrupt.asked()) throw Failure(130, kInterrupted);
          progress.at(turns, records);
          return whole = !replayer.difference() && !enough();
        });
    if (whole) replayer.finish();
    return {replayer.turns(), replayer.records(), replayer.digests_compared(), replayer.difference(), {}};
  }

  void each(const EachInput& each) override {
    history_.each(
        [&](streams::FileLine& line) {
          if (const auto* record = std::get_if<streams::FileRecord>(&line))
            each({record->topic, record->partition.value_or(0)}, record->offset.value_or(0), *record);
        },
        [](std::uint64_t, std::uint64_t) { return true; });
  }

private:
  const History history_;
  const ReplayOptions options_;
  const streams::Secrets& secrets_;
};

} // namespace

std::unique_ptr<RecordedInputs> inputs_in(ReplayInputs inputs) {
  return std::make_unique<FileInputs>(std::move(inputs));
}

std::unique_ptr<RecordedInputs> inputs_on(streams::Broker& broker, ReplayOptions options,
                                          const streams::Secrets& secrets) {
  return std::make_unique<ClusterInputs>(broker, std::move(options), secrets);
}

streams::Secrets replay_secrets(const ReplayInputs& inputs, const Config& config) {
  if (!inputs.secrets.empty()) return streams::Secrets::from_json_file(inputs.secrets);
  return config.secrets.dir.empty() ? streams::Secrets{} : streams::Secrets::from_directory(config.secrets.dir);
}

} // namespace onecode::app
