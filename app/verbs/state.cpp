#include <fmt/format.h>
#include <httplib.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "actors/shard.hpp"
#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/verbs/verbs.hpp"
#include "domain/hash.hpp"
#include "storage/rocks_store.hpp"

namespace onecode::app {
namespace {

struct Options {
  KafkaFlags kafka;
  std::string kind, id, node, token_file, data_dir;
  std::int32_t partitions = kDefaultPartitions;
  bool json = false;
};

Kind kind_of(const std::string& word) {
  for (const Kind k : {Kind::account, Kind::device, Kind::integration, Kind::handset})
    if (to_string(k) == word) return k;
  throw UsageError(fmt::format("there is no kind '{}'; the kinds are: account device integration handset", word));
}

/// Asks a running node.
std::string from_node(const Options& o, const Config& config) {
  const std::string address = o.node.empty() ? config.http.listen : o.node;
  httplib::Client client("http://" + address);
  client.set_connection_timeout(3);
  httplib::Headers headers;
  const std::string token_file = o.token_file.empty() ? config.http.token_file : o.token_file;
  if (token_file.empty())
    throw InputError("a node shows state only to the bearer of its token: give --token-file or [http] token_file");
  std::string token = read_file(token_file);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  headers.emplace("Authorization", "Bearer " + token);
  const auto answer = client.Get("/state/" + o.kind + "/" + o.id, headers);
  if (!answer) throw Failure(kUnreachable, fmt::format("no node answers at http://{}", address));
  if (answer->status == 200) return answer->body;
  if (answer->status == 404) throw Failure(kAnswerIsNo, answer->body);
  throw InputError(fmt::format("http://{}: {} {}", address, answer->status, answer->body));
}

/// Looks into the store of a node that is stopped (or into what a running one has flushed).
std::string from_store(const Options& o) {
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
  kind_of(o.kind);
  if (!valid_id(o.id)) throw UsageError(fmt::format("'{}' is not an identifier", o.id));
  const std::string state = o.data_dir.empty() ? from_node(o, load_config(o.kafka.config)) : from_store(o);
  print(o.json ? state + "\n" : nlohmann::ordered_json::parse(state).dump(2) + "\n");
  return kDone;
}

} // namespace

Run add_state(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option("KIND", options->kind, "account, device, integration or handset")->required();
  verb.add_option("ID", options->id, "its identifier")->required();
  verb.add_option("--config", options->kafka.config, "the node's configuration")->type_name("FILE");
  verb.add_option("--node", options->node, "a running node's HTTP address (default: [http] listen)")
      ->type_name("HOST:PORT");
  verb.add_option("--token-file", options->token_file, "the token that the node asks for")->type_name("FILE");
  verb.add_option("--data-dir", options->data_dir, "look into the store of a stopped node instead")->type_name("DIR");
  verb.add_option("--partitions", options->partitions, "partitions of the topics, with --data-dir")
      ->capture_default_str();
  verb.add_flag("--json", options->json, "one line for machines");
  verb.footer(
      "\nWhat the engine holds about one person, device, integration or handset.\n\n"
      "Examples:\n  onecode state account a-0012345 --config node.toml\n"
      "  onecode state device d-0417 --data-dir /var/lib/onecode");
  return [options] { return run_state(*options); };
}

} // namespace onecode::app
