// Why a decision, a hold or a finding is what it is: from the record that was committed and from the replay that comes to it again.
//   One source   explain() gives JSON, explanation_page() tells it to people; a number stands in both or in neither.
//   Recompute    the replay's record against the committed one, byte for byte, with the leaf of the transparency log.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/audit/committed.hpp"
#include "app/replay_files.hpp"

namespace onecode::app {

/// A history that can be replayed and read once more: event files, or what a cluster keeps.
class RecordedInputs {
public:
  virtual ~RecordedInputs() = default;
  struct Replayed {
    std::uint64_t turns = 0, inputs = 0, digests = 0;
    std::optional<std::string> difference; // where the state is not what the history says
    std::vector<std::string> gaps;         // offsets that are not there, where no digest tells whether they matter
  };
  /// Until `enough`. Throws InputError: it is incomplete, and where.
  virtual Replayed replay(ReplayWatch watch, const std::function<void(const streams::OutRecord&)>& output,
                          const std::function<void(const streams::FileRecord&)>& input,
                          const std::function<bool()>& enough) = 0;
  using EachInput = std::function<void(TopicPartition, std::int64_t offset, const streams::FileRecord&)>;
  virtual void each(const EachInput& each) = 0;
};

std::unique_ptr<RecordedInputs> inputs_in(ReplayInputs inputs);
/// `broker` and `secrets` outlive it.
std::unique_ptr<RecordedInputs> inputs_on(streams::Broker& broker, ReplayOptions options,
                                          const streams::Secrets& secrets);

struct ExplainRequest {
  Question question;
  std::optional<CommittedRecords> committed; // nullopt: nobody gave them
  RecordedInputs* inputs = nullptr;          // nullptr: nobody gave them
  bool recompute = false;
};

/// Throws Failure(kAnswerIsNo): there is no such record; InputError: with `recompute`, what is needed for it and not there.
nlohmann::ordered_json explain(const ExplainRequest& request);

/// What explain() gave as text for people: `zh`, `en` or `both`.
std::string explanation_page(const nlohmann::ordered_json& explanation, std::string_view languages);

} // namespace onecode::app
