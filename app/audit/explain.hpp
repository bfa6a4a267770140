// Why a decision, a hold or a finding is what it is: from the record that was committed and from the replay that comes to it again.
//   One source   explain() gives JSON, explanation_page() tells it to people; a number stands in both or in neither.
//   Recompute    the replay's record against the committed one, byte for byte, with the leaf of the transparency log.
//   Handed out   explain_packed() explains many records by one replay, for somebody who may be told of whom they are about and of
//                nobody else.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/audit/committed.hpp"
#include "app/audit/replay_observer.hpp"
#include "app/config.hpp"
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
/// Those that are named, else the node's.
streams::Secrets replay_secrets(const ReplayInputs& inputs, const Config& config);

struct ExplainRequest {
  Question question;
  std::optional<CommittedRecords> committed; // nullopt: nobody gave them
  RecordedInputs* inputs = nullptr;          // nullptr: nobody gave them
  bool recompute = false;
};

/// Throws Failure(kAnswerIsNo): there is no such record; InputError: with `recompute`, what is needed for it and not there.
nlohmann::ordered_json explain(const ExplainRequest& request);

/// A record that somebody outside is given, and asks about.
struct PackedRecord {
  Question question;
  std::optional<Asked> committed; // nullopt: a scan, whose decision is not given
  std::optional<ReplayObserver::Leaf> leaf;
  std::string subject; // whom it is about
};

/// Names of people, by which an explanation would tell of somebody else.
class OtherPeople {
public:
  /// An input of the history: accounts that were opened, handsets that were bound.
  void see(const streams::FileRecord& record);
  /// The text without the ids of other accounts than this, and of handsets that others bound; says so at its end if there were some.
  std::string left_out(std::string_view text, const std::string& subject, bool zh) const;

private:
  std::set<std::string, std::less<>> accounts_;
  std::map<std::string, std::set<std::string>, std::less<>> handsets_; // whose they were
};

struct PackedRequest {
  const std::vector<PackedRecord>& records;
  RecordedInputs& inputs;
  CommittedRecords committed; // findings that are at hand
  /// Everything about the subject may be told; else of its holds only those that the record rests on, or that are of this case.
  bool whole = true;
  std::string case_id;
};
struct PackedExplanations {
  std::vector<nlohmann::ordered_json> explanations; // by record; null: the history does not come to it
  OtherPeople others;
};
/// With a recomputation of what is committed. Throws InputError: the history is not complete, or was changed.
PackedExplanations explain_packed(const PackedRequest& request);

/// What explain() gave as text for people: `zh`, `en` or `both`.
std::string explanation_page(const nlohmann::ordered_json& explanation, std::string_view languages);

} // namespace onecode::app
