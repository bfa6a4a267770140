#include "app/command_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "actors/commit_record.hpp"
#include "app/story.hpp"
#include "domain/hash.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;
using SteadyClock = std::chrono::steady_clock;

// After the turn was seen: until its records are read in the other topics, or a message has come to another node and back.
constexpr streams::Milliseconds kSameNode{200};
constexpr streams::Milliseconds kOtherNodes{1000};

std::optional<Topic> status_topic(Kind kind) {
  if (kind == Kind::account) return Topic::freezes;
  if (kind == Kind::device) return Topic::device_status;
  if (kind == Kind::integration) return Topic::integration_status;
  return std::nullopt;
}

std::string header(const streams::Record& record, std::string_view name) {
  for (const auto& h : record.headers)
    if (h.name == name) return std::string(h.value);
  return {};
}

} // namespace

struct AnswerWatch::Source {
  TopicPartition at;
  std::unique_ptr<streams::LogReader> reader;
};

AnswerWatch::AnswerWatch(streams::Broker& broker, SentCommand command) : command_(std::move(command)) {
  const auto topics = broker.describe_topics();
  const auto partitions = [&](Topic topic) {
    const auto it = topics.find(topic);
    return it == topics.end() ? 0 : it->second.partitions;
  };
  const auto of_key = [&](Topic topic, const std::string& key) {
    if (const auto n = partitions(topic); n > 0) open(broker, topic, murmur2_partition(key, n));
  };
  of_key(Topic::commands, command_.target);
  if (!sources_.empty()) partition_ = sources_[0].at.partition;
  of_key(Topic::dead_letters, command_.target);
  sees_letters_ = std::ranges::any_of(sources_, [](const Source& s) { return s.at.topic == Topic::dead_letters; });
  of_key(Topic::notices, command_.actor);
  if (const auto topic = status_topic(command_.kind)) of_key(*topic, command_.target);
  for (std::int32_t p = 0; p < partitions(Topic::history); ++p) open(broker, Topic::history, p);
}

AnswerWatch::~AnswerWatch() = default;

void AnswerWatch::open(streams::Broker& broker, Topic topic, std::int32_t partition) {
  const TopicPartition at{topic, partition};
  try {
    const auto end = broker.watermarks(at, streams::Isolation::committed).high;
    sources_.push_back({at, broker.reader(at, end, streams::Isolation::committed)});
  } catch (const streams::BrokerError& e) {
    if (e.fault != streams::BrokerFault::refused) throw;
  }
}

void AnswerWatch::take(Source& source, const streams::Record& record) {
  if (!record.value) { // a tombstone
    if (source.at.topic == Topic::freezes && record.key == command_.target) state_json_ = R"({"state":"forgotten"})";
    return;
  }
  if (source.at.topic == Topic::commands) {
    if (*record.value == command_.value) offset_ = record.offset;
    return;
  }
  if (source.at.topic == Topic::history) {
    actors::CommitRecord commit;
    try {
      decode(*record.value, commit);
    } catch (const std::exception&) {
      return; // of a later version: then only refusals and states answer
    }
    const bool alone = static_cast<std::int32_t>(commit.shards.size()) == commit.partitions;
    for (const auto& range : commit.inputs)
      if (range.topic == Topic::commands && range.partition == partition_)
        commits_.push_back({range.first, range.next, alone});
    return;
  }
  if (source.at.topic == Topic::dead_letters) {
    if (header(record, "topic") == name(Topic::commands) &&
        header(record, "partition") == std::to_string(partition_) && *record.value == command_.value)
      letters_.push_back({std::strtoll(header(record, "offset").c_str(), nullptr, 10), header(record, "error-code"),
                          header(record, "error-text")});
    return;
  }
  const auto event = Json::parse(*record.value, nullptr, false);
  if (!event.is_object() || !event.contains("data") || !event["data"].is_object()) return;
  const auto& data = event["data"];
  const auto is = [&](const char* member, std::string_view value) {
    const auto it = data.find(member);
    return it != data.end() && it->is_string() && it->get_ref<const std::string&>() == value;
  };
  if (source.at.topic == Topic::notices) {
    if (!is("kind", "command-refused") || !is("to", command_.actor) || !is("about", command_.target)) return;
    const auto text = data.value("text", Json::object());
    const auto en = text.value("en", std::string());
    if (en.find(" " + command_.name + " ") == std::string::npos) return;
    notice_zh_ = text.value("zh", std::string());
    notice_en_ = en;
    return;
  }
  if (is(std::string(to_string(command_.kind)).c_str(), command_.target)) state_json_ = data.dump();
}

Answer AnswerWatch::wait(streams::Milliseconds patience, const std::function<bool()>& stop) {
  const auto begin = SteadyClock::now();
  const auto end = begin + patience;
  std::optional<SteadyClock::time_point> settled; // when nothing more is expected
  Answer answer;
  const auto settle = [&](streams::Milliseconds after) {
    if (!settled) settled = std::min(end, SteadyClock::now() + after);
  };
  while (!stop()) {
    bool any = false;
    for (auto& source : sources_) {
      if (source.reader == nullptr) continue;
      try {
        while (const auto batch = source.reader->next(streams::Milliseconds(0))) {
          any = any || !batch->records.empty();
          for (const auto& record : batch->records) take(source, record);
          if (SteadyClock::now() >= end) break;
        }
      } catch (const streams::BrokerError& e) {
        // The command is sent already: what cannot be read is no reason to call that a failure.
        if (e.fault == streams::BrokerFault::fatal) throw;
        if (source.at.topic == Topic::dead_letters) sees_letters_ = false;
        source.reader.reset();
      }
    }
    const auto letter =
        std::ranges::find_if(letters_, [&](const Letter& l) { return offset_ && l.offset == *offset_; });
    const bool noticed = !notice_en_.empty();
    if (letter != letters_.end()) {
      answer.code = letter->code;
      if (answer.en.empty()) answer.en = letter->text;
      settle(kSameNode);
    } else if (noticed && !sees_letters_) {
      settle(streams::Milliseconds(0));
    }
    const auto commit = std::ranges::find_if(
        commits_, [&](const Commit& c) { return offset_ && c.first <= *offset_ && *offset_ < c.next; });
    if (commit != commits_.end()) settle(commit->alone ? kSameNode : kOtherNodes);
    const bool refused = letter != letters_.end() || (noticed && !sees_letters_);
    const auto now = SteadyClock::now();
    if ((refused && noticed) || (settled && now >= *settled) || now >= end) {
      answer.offset = offset_;
      answer.partition = partition_;
      if (refused) {
        answer.outcome = Answer::Outcome::refused;
        if (noticed) {
          answer.zh = notice_zh_;
          answer.en = notice_en_;
        }
      } else if (!state_json_.empty()) {
        answer.outcome = Answer::Outcome::state;
        answer.state_json = state_json_;
      } else if (commit != commits_.end()) {
        answer.outcome = Answer::Outcome::applied;
      }
      return answer;
    }
    if (!any) std::this_thread::sleep_for(streams::Milliseconds(20));
  }
  answer.offset = offset_;
  answer.partition = partition_;
  return answer;
}

Answer send_command(streams::Broker& broker, const SentCommand& command, streams::Milliseconds patience,
                    const std::function<bool()>& stop) {
  std::optional<AnswerWatch> watch;
  if (patience.count() > 0) watch.emplace(broker, command);
  const auto publisher = broker.publisher();
  publisher->publish(Topic::commands, -1, command.target, command.value);
  publisher->flush();
  return watch ? watch->wait(patience, stop) : Answer{};
}

std::string answer_text(const SentCommand& command, const Answer& answer) {
  switch (answer.outcome) {
    case Answer::Outcome::refused: {
      std::string out = fmt::format("{} for {} was refused{}\n", command.name, command.target,
                                    answer.code.empty() ? "" : fmt::format(" ({})", answer.code));
      if (!answer.en.empty()) out += "  " + answer.en + "\n";
      if (!answer.zh.empty()) out += "  " + answer.zh + "\n";
      return out;
    }
    case Answer::Outcome::state:
      return fmt::format("{} done: {} {} is now {}\n", command.name, to_string(command.kind), command.target,
                         state_line(answer.state_json));
    case Answer::Outcome::applied:
      return fmt::format("{} for {} was accepted; it changes no status record\n", command.name, command.target);
    default:
      return fmt::format("{} for {} was sent{}; no answer came in time\n", command.name, command.target,
                         answer.offset
                             ? fmt::format(" (commands, partition {}, offset {})", answer.partition, *answer.offset)
                             : std::string());
  }
}

} // namespace onecode::app
