// Names, telephone and student numbers are planted wherever the contract lets somebody type or send something; then everything that
// two nodes on a real Kafka leave behind is searched: every topic that they write, the stores as files and entry by entry, log, metrics
// and status. Nothing is found but in dead-letters, which repeat what others sent, and in orders on their way between the nodes, which
// may have to be repeated there. Would catch: a field that is passed on, a text that is stored as it came, an error message that quotes, a
// debug line.
#include <httplib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "actors/inbox_codec.hpp"
#include "app/engine.hpp"
#include "app/signing.hpp"
#include "app/wire.hpp"
#include "monitoring/log.hpp"
#include "storage/rocks_store.hpp"
#include "streams/policy_document.hpp"
#include "tests/catch.hpp"
#include "tests/integration/engine_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const std::string kPhone = "13812345678", kStudent = "20230118042", kName = "欧阳小明";
const std::string kNumbers = "tel " + kPhone + ", no. " + kStudent;

/// Where one of them stands, with what is around it; empty: nowhere.
std::string planted_in(std::string_view bytes) {
  for (const auto& secret : {kPhone, kStudent, kName})
    if (const auto at = bytes.find(secret); at != bytes.npos)
      return std::string(bytes.substr(at < 80 ? 0 : at - 80, 160));
  return {};
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Fields that nobody asked for, with somebody in them.
void strangers_into(json& object) {
  object["holder_name"] = kName;
  object["phone"] = kPhone;
  object["student"] = {{"number", kStudent}, {"tel", kPhone}};
}

/// Signed anew, as whoever sends it would.
std::string planted_command(const streams::FileRecord& record, const app::SigningKey& key, bool plan) {
  auto event = json::parse(*record.value);
  event["subject"] = "of " + kName;
  strangers_into(event);
  auto& data = event["data"];
  data.erase("signature");
  data.erase("key");
  data["reason"] = "asked for, " + kNumbers;
  strangers_into(data);
  strangers_into(data["args"]);
  if (plan)
    for (const char* member : {"purpose", "architecture", "data_security", "expected_effect"})
      data["args"]["plan"][member] = std::string(member) + ", contact " + kNumbers;
  return app::sign_command_event(event.dump(), key).value();
}

std::string planted_scan(const streams::FileRecord& record) {
  auto event = json::parse(*record.value);
  strangers_into(event);
  strangers_into(event["data"]);
  event["data"]["operator"] = kName + " " + kPhone;
  return event.dump();
}

/// Is this a message between nodes that an order caused?
bool of_an_order(std::string_view inbox) {
  actors::Arena arena;
  return actors::decode_inbox(inbox, 0, arena).root->at.topic == Topic::commands;
}

} // namespace

TEST_CASE("what is planted about people is found nowhere but in dead letters", "[kafka][R9.2]") {
  const char* brokers = std::getenv("ONECODE_TEST_KAFKA");
  if (brokers == nullptr) SKIP("no real broker: ONECODE_TEST_KAFKA is not set");
  World world(60, 2500);
  world.policy.roles["security-officer"] = world.policy.roles.at("registrar");
  app::KafkaOptions kafka;
  kafka.brokers = brokers;
  kafka.prefix = "planted-" + std::to_string(::getpid()) + ".";
  kafka.group = kafka.prefix + "engine";
  const auto folder = fs::temp_directory_path() / kafka.prefix;
  fs::create_directories(folder / "secrets");
  for (const char* secret : {"evidence", "token"})
    std::ofstream(folder / "secrets" / secret) << "0123456789abcdef0123456789abcdef";
  const auto broker = app::connect(kafka);
  broker->create_topics(kDefaultPartitions);

  std::mutex mutex;
  std::string logged;
  monitoring::set_up_log({monitoring::Level::trace, monitoring::LogFormat::json, [&](std::string_view line) {
                            const std::lock_guard lock(mutex);
                            logged.append(line) += '\n';
                          }});

  // -- two nodes share the shards
  app::EngineOptions options;
  options.node.group = kafka.group;
  options.clock = actors::ClockMode::events;
  options.policy = builtin_policy();
  options.roots = {{world.key.id, KeyAlgorithm::ed25519, world.key.public_key, {}, std::nullopt, std::nullopt}};
  options.listen = "127.0.0.1:0";
  options.token_file = (folder / "secrets/token").string();
  const auto secrets = streams::Secrets::from_directory((folder / "secrets").string());
  struct Node {
    std::unique_ptr<streams::Broker> broker;
    std::unique_ptr<app::Engine> engine;
    std::string data_dir;
  };
  std::vector<Node> nodes;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(240);
  const auto until = [&](const auto& true_now) {
    while (!true_now()) {
      for (auto& node : nodes)
        if (!node.engine->running()) node.engine->wait();
      REQUIRE(std::chrono::steady_clock::now() < patience);
      std::this_thread::sleep_for(std::chrono::milliseconds(20)); // a poll of what the nodes say
    }
  };
  for (const char* id : {"planted-1", "planted-2"}) {
    options.node.id = id;
    options.data_dir = (folder / id).string();
    Node node{app::connect(kafka), nullptr, options.data_dir};
    node.engine = std::make_unique<app::Engine>(options, *node.broker, secrets, nullptr);
    nodes.push_back(std::move(node));
  }
  until([&] {
    std::size_t all = 0;
    for (const auto& node : nodes) {
      const auto status = node.engine->status();
      if (status.shards.empty() || std::ranges::any_of(status.shards, &actors::NodeStatus::ShardStatus::restoring))
        return false;
      all += status.shards.size();
    }
    return all == static_cast<std::size_t>(kDefaultPartitions);
  });

  const auto count = [&](Topic topic) {
    std::int64_t n = 0;
    for (std::int32_t p = 0; p < kDefaultPartitions; ++p) {
      const auto end = broker->watermarks({topic, p}, streams::Isolation::committed).high;
      const auto reader = broker->reader({topic, p}, 0, streams::Isolation::committed);
      while (reader->position() < end)
        if (const auto batch = reader->next(streams::Milliseconds(500)))
          n += static_cast<std::int64_t>(batch->records.size());
    }
    return n;
  };

  // -- everybody sends more than they should
  const auto publisher = broker->publisher();
  const std::vector<streams::Header> headers{{"student", kStudent}, {"x-holder", kName}, {"tel", kPhone}};
  const auto send = [&](Topic topic, std::string_view key, const std::string& value) {
    publisher->publish(topic, -1, key, value, headers, streams::kNoTimestamp);
  };
  publisher->publish(Topic::policy, 0, world.policy.version,
                     streams::policy_event(streams::sign_policy(streams::write_policy(world.policy),
                                                                world.key.private_key, world.key.id),
                                           world.policy.effective_from),
                     headers, streams::kNoTimestamp);
  publisher->flush();
  for (std::size_t i = 0; i < world.commands.size(); ++i)
    send(Topic::commands, world.commands[i].key, planted_command(world.commands[i], world.key, i == 0));
  // A hold repeats its reason to its holder and to gateways.
  const auto first_command = json::parse(*world.commands.front().value);
  app::CommandDraft freeze;
  freeze.source = "/demo/office";
  freeze.id = freeze.nonce = "freeze-1";
  freeze.time = *parse_time(first_command.at("time").get<std::string>());
  freeze.name = "account.freeze";
  freeze.target = json::parse(*world.scans.front().value).at("data").at("account");
  freeze.actor = "demo";
  freeze.role = "security-officer";
  freeze.reason = "seen with another's code, " + kNumbers;
  freeze.args_json = R"({"article":"8"})";
  send(Topic::commands, freeze.target, app::command_event(freeze, &world.key));
  // Little by little: two nodes that catch up on a whole day meet it in no order, and find less.
  std::size_t sent = 0;
  for (const auto& scan : world.scans) {
    send(Topic::scans, scan.key, planted_scan(scan));
    if (++sent % 100 != 0) continue;
    publisher->flush();
    until([&] { return count(Topic::decisions) >= static_cast<std::int64_t>(sent); });
  }
  // What cannot be used: ids that are names, refused orders, no JSON at all.
  std::size_t refused = 0;
  const auto wrong = [&](Topic topic, const std::string& key, const std::string& value) {
    send(topic, key, value);
    ++refused;
  };
  for (const char* member : {"account", "device", "handset", "integration"}) {
    auto event = json::parse(*world.scans.front().value);
    event["id"] = std::string("wrong-") + member;
    event["data"][member] = kName;
    wrong(Topic::scans, kName, event.dump());
  }
  wrong(Topic::scans, kPhone, kName + " " + kPhone);
  wrong(Topic::ledger, kStudent, R"({"name":")" + kName + R"("})");
  wrong(Topic::device_reports, kName, kNumbers);
  wrong(Topic::codes_issued, kName, kNumbers);
  wrong(Topic::data_access, kName, kNumbers);
  wrong(Topic::commands, kName, kNumbers);
  publisher->flush();

  // -- the nodes work through it
  until([&] {
    return count(Topic::decisions) >= static_cast<std::int64_t>(world.scans.size()) &&
           count(Topic::dead_letters) >= static_cast<std::int64_t>(refused);
  });
  std::string metrics, status;
  const auto lent = std::ranges::find(world.misuse, "lent code", &app::Misuse::kind);
  REQUIRE(lent != world.misuse.end());
  std::size_t shown = 0;
  for (auto& node : nodes) {
    const auto url = node.engine->metrics_url();
    httplib::Client client(url.substr(0, url.rfind('/')));
    status += client.Get("/status")->body;
    // Whoever looks may type somebody into the purpose; it is in the log. One of the nodes has the account.
    const auto answer =
        client.Get("/state/account/" + lent->subject, httplib::Params{{"who", kPhone}, {"purpose", kNumbers}},
                   httplib::Headers{{"Authorization", "Bearer 0123456789abcdef0123456789abcdef"}});
    REQUIRE(answer);
    shown += answer->status == 200;
    CHECK(planted_in(answer->body).empty());
    metrics += client.Get("/metrics")->body;
  }
  CHECK(shown == 1);
  for (auto& node : nodes) {
    node.engine->stop();
    node.engine->wait();
    node.engine.reset();
  }

  // -- and everything is searched
  CHECK(planted_in(metrics).empty());
  CHECK(metrics.find("onecode_state_reads_total{kind=\"account\",result=\"shown\"} 1") != std::string::npos);
  CHECK(planted_in(status).empty());
  {
    const std::lock_guard lock(mutex);
    CHECK(planted_in(logged).empty());
    CHECK(logged.find("\"component\":\"access\"") != std::string::npos);
  }
  monitoring::set_up_log({});
  bool in_dead_letters = false;
  std::size_t orders_between = 0;
  std::map<Topic, std::size_t> records;
  for (const auto& t : kTopics) {
    if (t.writer != "engine") continue;
    CAPTURE(t.name);
    for (std::int32_t p = 0; p < broker->describe_topics()[t.topic].partitions; ++p) {
      const auto marks = broker->watermarks({t.topic, p}, streams::Isolation::committed);
      const auto reader = broker->reader({t.topic, p}, marks.low, streams::Isolation::committed);
      while (reader->position() < marks.high) {
        const auto batch = reader->next(streams::Milliseconds(500));
        if (!batch) continue;
        for (const auto& r : batch->records) {
          ++records[t.topic];
          std::string all(r.key);
          all.append(" ").append(r.value.value_or(std::string_view{}));
          for (const auto& h : r.headers) all.append(" ").append(h.name).append("=").append(h.value);
          const auto found = planted_in(all);
          if (t.topic == Topic::dead_letters)
            in_dead_letters = in_dead_letters || !found.empty();
          else if (t.topic == Topic::inbox && of_an_order(r.value.value_or(std::string_view{})))
            ++orders_between;
          else if (!found.empty())
            FAIL_CHECK(t.name << "/" << p << "@" << r.offset << ": …" << found << "…");
        }
      }
    }
  }
  CHECK(in_dead_letters); // what is looked for can be found
  CHECK(records[Topic::inbox] > orders_between);
  for (const Topic topic :
       {Topic::decisions, Topic::device_status, Topic::integration_status, Topic::alerts, Topic::compliance,
        Topic::freezes, Topic::notices, Topic::evidence, Topic::inbox, Topic::journal, Topic::history}) {
    CAPTURE(name(topic));
    CHECK(records[topic] > 0);
  }
  for (const auto& node : nodes) {
    CAPTURE(node.data_dir);
    std::size_t entries = 0;
    {
      storage::RocksOptions rocks;
      rocks.directory = node.data_dir;
      rocks.read_only = true;
      const auto stores = storage::rocks_stores(rocks);
      for (std::int32_t p = 0; p < kDefaultPartitions; ++p)
        if (fs::exists(fs::path(node.data_dir) / ("shard-" + std::to_string(p))))
          stores->open(p)->scan("", [&](std::string_view key, std::string_view value) {
            ++entries;
            const auto found = planted_in(std::string(key) + " " + std::string(value));
            if (!found.empty()) FAIL_CHECK("store " << p << ": …" << found << "…");
            return true;
          });
    }
    CHECK(entries > world.commands.size() / 8);
    std::size_t files = 0;
    for (const auto& file : fs::recursive_directory_iterator(node.data_dir)) {
      if (!file.is_regular_file()) continue;
      ++files;
      CAPTURE(file.path().string());
      CHECK(planted_in(read(file.path())).empty());
    }
    CHECK(files > 0);
  }
  fs::remove_all(folder);
}
