// What became of a command that was sent: the refusal that names it, or the record of its target's new state.
//   Knows   the commit record that covers the command tells that it was applied; its dead letter (by topic, partition and
//           offset) that it was refused. Without the right to read one of them the rest still answers.
//   Limits  a status record is the next one of the target: where two people command at once it may tell of both.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/ids.hpp"
#include "streams/broker.hpp"

namespace onecode::app {

struct SentCommand {
  std::string name, target, actor;
  Kind kind{};       // of the target
  std::string value; // the record's bytes
};

struct Answer {
  enum class Outcome { refused, state, applied, none };
  Outcome outcome = Outcome::none;
  std::string code, zh, en; // of a refusal
  std::string state_json;   // `data` of the status record
  std::optional<std::int64_t> offset;
  std::int32_t partition = 0;
};

class AnswerWatch {
public:
  /// Notes where the topics end: make it before the command is published.
  AnswerWatch(streams::Broker& broker, SentCommand command);
  ~AnswerWatch();
  /// Until the outcome is clear, the time is over, or `stop()`.
  Answer wait(streams::Milliseconds patience, const std::function<bool()>& stop);

private:
  struct Source;
  void open(streams::Broker& broker, Topic topic, std::int32_t partition);
  void take(Source& source, const streams::Record& record);

  SentCommand command_;
  std::vector<Source> sources_;
  bool sees_letters_ = false;
  // What was read so far.
  std::optional<std::int64_t> offset_;
  std::int32_t partition_ = 0;
  struct Commit {
    std::int64_t first, next;
    bool alone; // one node has all shards: nothing of the command is under way to another
  };
  std::vector<Commit> commits_; // of the command's partition, in case they come before the command itself
  struct Letter {
    std::int64_t offset;
    std::string code, text;
  };
  std::vector<Letter> letters_;
  std::string notice_zh_, notice_en_;
  std::string state_json_;
};

/// Publishes it, and waits so long for its outcome; `patience` 0: only publishes.
Answer send_command(streams::Broker& broker, const SentCommand& command, streams::Milliseconds patience,
                    const std::function<bool()>& stop);

/// The outcome in a few lines for a person.
std::string answer_text(const SentCommand& command, const Answer& answer);

} // namespace onecode::app
