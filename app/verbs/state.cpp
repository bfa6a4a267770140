#include <fmt/format.h>
#include <httplib.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "actors/shard.hpp"
#include "app/access_log.hpp"
#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/signing.hpp"
#include "app/story.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"
#include "app/verify.hpp"
#include "app/wire.hpp"
#include "domain/hash.hpp"
#include "storage/rocks_store.hpp"

namespace onecode::app {
namespace {

struct Options {
  KafkaFlags kafka;
  AccessFlags access;
  std::string kind, id, node, token_file, data_dir;
  std::int32_t partitions = kDefaultPartitions;
  bool json = false;
};

Kind kind_of(const std::string& word) {
  for (const Kind k : {Kind::account, Kind::device, Kind::integration, Kind::handset})
    if (to_string(k) == word) return k;
  throw UsageError(fmt::format("there is no kind '{}'; the kinds are: account device integration handset", word));
}

bool answers(const std::string& address) {
  httplib::Client client("http://" + address);
  client.set_connection_timeout(1);
  return static_cast<bool>(client.Get("/livez"));
}

void record(const Options& o, const std::optional<std::filesystem::path>& beside) {
  o.access.record({"state", o.kind, o.id, {}, {}}, beside);
}

/// Asks a running node.
std::string from_node(const Options& o, const Config& config) {
  const std::string address = o.node.empty() ? config.http.listen : o.node;
  httplib::Client client("http://" + address);
  client.set_connection_timeout(3);
  httplib::Headers headers;
  const std::string token_file = o.token_file.empty() ? config.http.token_file : o.token_file;
  if (token_file.empty())
    throw InputError(
        "a node shows state only to the bearer of its token: give --token-file or [http] token_file; of a stopped "
        "node, "
        "--data-dir shows what its store holds");
  headers.emplace("Authorization", "Bearer " + read_secret(token_file));
  // The node writes the line of this look; a second one is written here where somebody names a place for it.
  if (!o.access.file.empty()) record(o, std::nullopt);
  const auto answer = client.Get("/state/" + o.kind + "/" + o.id,
                                 httplib::Params{{"who", access_person()}, {"purpose", o.access.purpose}}, headers);
  if (!answer) throw Failure(kUnreachable, fmt::format("no node answers at http://{}", address));
  if (answer->status == 200) return answer->body;
  if (answer->status == 404) throw Failure(kAnswerIsNo, answer->body);
  throw InputError(fmt::format("http://{}: {} {}", address, answer->status, answer->body));
}

/// Looks into the store of a node that is stopped (or into what a running one has flushed).
std::string from_store(const Options& o) {
  std::error_code error;
  if (!std::filesystem::is_directory(o.data_dir, error)) throw InputError(o.data_dir + ": there is no such folder");
  record(o, o.data_dir);
  const auto shard_index = murmur2_partition(o.id, o.partitions);
  storage::RocksOptions rocks;
  rocks.directory = o.data_dir;
  rocks.read_only = true;
  try {
    const auto stores = storage::rocks_stores(rocks);
    const streams::Secrets secrets;
    actors::ShardOptions options;
    options.partitions = o.partitions;
    actors::Shard shard(shard_index, options, secrets, stores->open(shard_index));
    if (auto state = shard.describe({kind_of(o.kind), o.id})) return *state;
  } catch (const storage::StoreError& e) {
    throw InputError(e.what());
  }
  throw Failure(kAnswerIsNo, fmt::format("shard {} holds no {} {}", shard_index, o.kind, o.id));
}

int run_state(const Options& o) {
  if (o.kind.empty() || o.id.empty()) throw UsageError("say whose state: onecode state KIND ID");
  kind_of(o.kind);
  if (!valid_id(o.id)) throw UsageError(fmt::format("'{}' is not an identifier", o.id));
  std::string state;
  if (!o.data_dir.empty()) {
    state = from_store(o);
  } else {
    const Config config = load_config(o.kafka.config);
    Options stopped = o;
    stopped.data_dir = config.node.data_dir;
    // Without a token nobody may ask a running node; a stopped one's store lies open to whoever may read its files.
    const bool unnamed = o.node.empty() && o.token_file.empty() && config.http.token_file.empty();
    if (unnamed && !answers(config.http.listen)) {
      fmt::print(stderr, "onecode: no node answers at {}; this is what its store in {} holds\n", config.http.listen,
                 config.node.data_dir);
      state = from_store(stopped);
    } else {
      state = from_node(o, config);
    }
  }
  print(o.json ? state + "\n" : story(state, clock_now()));
  return kDone;
}

struct VerifyOptions {
  KafkaFlags kafka;
  std::string secrets;
  bool json = false;
};

int run_verify(const VerifyOptions& o) {
  const auto config = o.kafka.load();
  const auto broker = connect(config.kafka);
  streams::Secrets secrets;
  if (!o.secrets.empty()) {
    secrets = streams::Secrets::from_json_file(o.secrets);
  } else if (!config.secrets.dir.empty()) {
    secrets = streams::Secrets::from_directory(config.secrets.dir);
  }
  ReplayOptions replay;
  replay.policy = builtin_policy();
  std::optional<Progress> progress;
  const Interrupt interrupt;
  const auto verdict =
      verify(*broker, replay, secrets, [&](std::uint64_t turns, std::uint64_t all, std::uint64_t records) {
        if (!progress) progress.emplace("replaying the history", all);
        progress->at(turns, records);
        return !interrupt.asked();
      });
  if (interrupt.asked()) throw Failure(130, "interrupted; nothing is proven");
  progress.reset();
  if (o.json) {
    nlohmann::ordered_json out{{"turns", verdict.turns}, {"inputs", verdict.records}};
    auto& outputs = out["outputs"] = nlohmann::ordered_json::object();
    for (const auto& t : kTopics)
      if (const auto n = verdict.committed.count(t.topic); n > 0) outputs[std::string(t.name)] = n;
    out["differences"] = verdict.differences;
    out["not_compared"] = verdict.not_compared;
    print(out.dump() + "\n");
  } else {
    std::string text = fmt::format("{} turns with {} inputs replayed\n", verdict.turns, verdict.records);
    for (const auto& n : verdict.not_compared) text += "not compared: " + n + "\n";
    for (const auto& d : verdict.differences) text += "different: " + d + "\n";
    if (verdict.differences.empty()) {
      text += "the state after every turn and all outputs are what the history leads to:\n";
      for (const auto& t : kTopics)
        if (const auto n = verdict.committed.count(t.topic); n > 0) text += fmt::format("  {:<20} {}\n", t.name, n);
    }
    print(text);
  }
  return verdict.differences.empty() ? kDone : kAnswerIsNo;
}

} // namespace

Run add_state(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  auto proof = std::make_shared<VerifyOptions>();
  auto* check = verb.add_subcommand("verify", "replay a cluster's history: does it lead to what was committed?");
  proof->kafka.add_to(*check);
  check->add_option("--secrets", proof->secrets, "a JSON object: secret name → base64url")->type_name("FILE");
  check->add_flag("--json", proof->json, "one line for machines");
  check->footer(
      "\nReads `history` and the inputs it names, replays them, and compares the digest of the state after every "
      "turn and "
      "all\n"
      "outputs with what was committed. Exit 1: they differ, and the first turn that does is named.\n\n"
      "Example:\n  onecode state verify --brokers localhost:9092");
  verb.add_option("KIND", options->kind, "account, device, integration or handset");
  verb.add_option("ID", options->id, "its identifier");
  verb.add_option("--config", options->kafka.config, "the node's configuration")->type_name("FILE");
  verb.add_option("--node", options->node, "a running node's HTTP address (default: [http] listen)")
      ->type_name("HOST:PORT");
  verb.add_option("--token-file", options->token_file, "the token that the node asks for")->type_name("FILE");
  verb.add_option("--data-dir", options->data_dir, "look into the store of a stopped node instead")->type_name("DIR");
  verb.add_option("--partitions", options->partitions, "partitions of the topics, with --data-dir")
      ->capture_default_str();
  options->access.add_to(verb);
  verb.add_flag("--json", options->json, "one line for machines");
  verb.footer(
      "\nThe story of one person, device, integration or handset as a clerk needs it; --json is all that the engine "
      "holds. "
      "`verify`\nproves the whole of it.\n\n"
      "Examples:\n  onecode state account a-0012345 --config node.toml\n"
      "  onecode state device d-0417 --data-dir /var/lib/onecode");
  return [options, proof, check] { return check->parsed() ? run_verify(*proof) : run_state(*options); };
}

} // namespace onecode::app
