// Would catch: a refusal that is not noticed, somebody else's refusal or state taken for the answer, a wait that does not end.
#include <nlohmann/json.hpp>

#include "actors/commit_record.hpp"
#include "app/command_answer.hpp"
#include "domain/hash.hpp"
#include "streams/local/local_broker.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;
using Json = nlohmann::json;
using Outcome = Answer::Outcome;

namespace {

struct Cluster {
  streams::LocalBroker broker;
  SentCommand command{"account.freeze", "a-1", "officer-7", Kind::account, R"({"id":"n1"})"};
  std::unique_ptr<streams::Publisher> publisher = broker.publisher();
  std::int32_t partition = murmur2_partition("a-1", kDefaultPartitions);
  AnswerWatch watch{broker, command};

  void put(Topic topic, std::string_view key, const std::string& value, std::vector<streams::Header> headers = {},
           std::int32_t to = -1) {
    publisher->publish(topic, to, key, value, headers);
    publisher->flush();
  }
  void send() { put(Topic::commands, command.target, command.value); }
  void letter(const char* offset, const std::string& value) {
    const auto p = std::to_string(partition);
    put(Topic::dead_letters, command.target, value,
        {{"error-code", "ILLEGAL_TRANSITION"},
         {"error-text", "it is frozen"},
         {"topic", "commands"},
         {"partition", p},
         {"offset", offset}});
  }
  void notice(const char* name) {
    put(Topic::notices, command.actor,
        Json{{"data",
              {{"to", command.actor},
               {"about", command.target},
               {"kind", "command-refused"},
               {"text",
                {{"zh", "未执行"}, {"en", std::string("command ") + name + " was refused (X): it is frozen"}}}}}}
            .dump());
  }
  void state(const char* account, const char* state) {
    put(Topic::freezes, account,
        Json{{"data", {{"account", account}, {"state", state}, {"holds", Json::array()}}}}.dump());
  }
  void commit(std::int64_t first, std::int64_t next) {
    actors::CommitRecord record;
    record.partitions = kDefaultPartitions;
    for (std::int32_t p = 0; p < kDefaultPartitions; ++p) record.shards.push_back(p);
    record.inputs = {{Topic::commands, partition, first, next}};
    std::string bytes;
    encode(bytes, record);
    put(Topic::history, std::to_string(partition), bytes, {}, 0);
  }
  Answer answer(int milliseconds = 3000) {
    return watch.wait(streams::Milliseconds(milliseconds), [] { return false; });
  }
};

} // namespace

TEST_CASE("command answer: a tombstone in freezes says that the account was forgotten") {
  Cluster c;
  c.send();
  c.publisher->publish(Topic::freezes, -1, "a-2", std::nullopt);
  c.publisher->publish(Topic::freezes, -1, "a-1", std::nullopt);
  c.publisher->flush();
  c.commit(0, 1);
  const auto answer = c.answer();
  CHECK(answer.outcome == Outcome::state);
  CHECK(answer_text(c.command, answer) == "account.freeze done: account a-1 is now forgotten\n");
}

TEST_CASE("command answer: refused, by the dead letter of this very record") {
  Cluster c;
  c.put(Topic::commands, "a-1", R"({"id":"other"})");
  c.send();
  c.letter("0", R"({"id":"other"})"); // somebody else's
  c.letter("1", c.command.value);
  c.notice("account.freeze");
  c.state("a-1", "frozen"); // what another command did
  const auto answer = c.answer();
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.code == "ILLEGAL_TRANSITION");
  CHECK(answer.zh == "未执行");
  CHECK(answer.offset == 1);
  CHECK(answer_text(c.command, answer).find("was refused (ILLEGAL_TRANSITION)") != std::string::npos);
}

TEST_CASE("command answer: refused without a notice, in the words of the dead letter") {
  Cluster c;
  c.send();
  c.letter("0", c.command.value);
  const auto answer = c.answer();
  CHECK(answer.outcome == Outcome::refused);
  CHECK(answer.en == "it is frozen");
}

TEST_CASE("command answer: the state of the target, once the turn of the command is seen") {
  Cluster c;
  c.state("a-2", "active");
  c.send();
  c.state("a-1", "frozen");
  c.notice("account.lift"); // another command of the same person
  c.commit(0, 1);
  const auto answer = c.answer();
  CHECK(answer.outcome == Outcome::state);
  CHECK(answer_text(c.command, answer) == "account.freeze done: account a-1 is now frozen\n");
}

TEST_CASE("command answer: applied without a status record") {
  Cluster c;
  c.commit(0, 0); // a turn before
  c.send();
  c.put(Topic::history, "0", "not a commit record", {}, 0);
  c.commit(0, 7);
  CHECK(c.answer().outcome == Outcome::applied);
}

TEST_CASE("command answer: what comes while it waits") {
  Cluster c;
  int looks = 0; // the engine answers after the watch has looked once and found nothing
  const auto answer = c.watch.wait(streams::Milliseconds(10'000), [&] {
    if (++looks == 2) {
      c.send();
      c.state("a-1", "active");
      c.commit(0, 1);
    }
    return false;
  });
  CHECK(looks > 2);
  CHECK(answer.outcome == Outcome::state);
}

TEST_CASE("command answer: none in time, and none when it is interrupted") {
  Cluster c;
  c.send();
  const auto answer = c.answer(100);
  CHECK(answer.outcome == Outcome::none);
  CHECK(answer.offset == 0);
  CHECK(answer_text(c.command, answer).find("no answer came in time") != std::string::npos);
  CHECK(c.watch.wait(streams::Milliseconds(60'000), [] { return true; }).outcome == Outcome::none);
}
