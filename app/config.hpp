// The configuration of a node and of every verb that talks to Kafka: TOML, then environment, then command line. All
// of it is checked before anything starts; whatever is wrong is named with file, line and key.
//   A new setting is one line in `fields` of its section: reading, the environment, `config check` and the dump
//   follow.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/policy.hpp"

namespace CLI {
class App;
}

namespace onecode::app {

struct Config {
  struct Node {
    std::string id = "node-1";     // group.instance.id and transactional id: one per node and never two at a time
    std::string data_dir = "data"; // RocksDB stores; may be lost, the journal restores them
    std::int64_t resident_limit = 200'000; // entities kept awake over all shards, an account about 4 KiB
    std::int64_t drain_s = 25; // of leaving; less than the 30 s that Kubernetes gives where nobody says otherwise
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("id", s.id);
      v("data_dir", s.data_dir);
      v("resident_limit", s.resident_limit);
      v("drain_s", s.drain_s);
    }
  } node;

  struct Kafka {
    std::string brokers = "127.0.0.1:9092";
    std::string prefix = "onecode.";
    std::string group = "onecode";
    std::map<std::string, std::string> properties;     // librdkafka's names, for every client: security, timeouts
    std::map<std::string, std::string> property_files; // the same names: files that hold the values, for passwords
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("brokers", s.brokers);
      v("prefix", s.prefix);
      v("group", s.group);
      v("properties", s.properties);
      v("property_files", s.property_files);
    }
  } kafka;

  struct Http {
    std::string listen = "127.0.0.1:9464";
    std::string token_file; // empty: /state is closed
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("listen", s.listen);
      v("token_file", s.token_file);
    }
  } http;

  struct Trust {
    std::vector<TrustedKey> root; // who may sign policies before the first one is in force
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("root", s.root);
    }
  } trust;

  struct Secrets {
    std::string dir; // one file per secret name
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("dir", s.dir);
    }
  } secrets;

  struct Evidence {
    std::string origin = "onecode"; // before /<shard>, the name of each log: never that of another cluster's
    bool sm3 = false;               // of payloads, in leaves beside SHA-256
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("origin", s.origin);
      v("sm3", s.sm3);
    }
  } evidence;

  struct Log {
    std::string level = "info";  // trace debug info warn error
    std::string format = "text"; // text json
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("level", s.level);
      v("format", s.format);
    }
  } log;

  template <class Self, class V>
  static void sections(Self& s, V& v) {
    v("node", s.node);
    v("kafka", s.kafka);
    v("http", s.http);
    v("trust", s.trust);
    v("secrets", s.secrets);
    v("evidence", s.evidence);
    v("log", s.log);
  }
};

struct ConfigResult {
  Config config;
  std::vector<std::string> errors; // one sentence each: file:line: key: what is wrong
};

/// Names and values of the environment variables that start with `ONECODE__`.
using Environment = std::vector<std::pair<std::string, std::string>>;
Environment environment();

/// `text` is the file's content; without a file the defaults and the environment.
ConfigResult read_config(const std::optional<std::string>& path, const std::string& text,
                         const Environment& environment);
/// Reads the file and throws InputError with everything that is wrong.
Config load_config(const std::optional<std::string>& path);

/// The settings that a node takes over while it runs, by key; all others need a restart.
std::span<const std::string_view> live_settings();
/// The keys whose values differ, passwords included.
std::vector<std::string> differing_settings(const Config& a, const Config& b);

/// The effective configuration as TOML, or as one JSON object. Passwords and key material stand as `***`.
std::string to_toml(const Config& config);
std::string to_json(const Config& config);

/// The options that every verb talking to Kafka takes: --config, --brokers, --prefix.
struct KafkaFlags {
  std::optional<std::string> config, brokers, prefix;
  void add_to(CLI::App& verb);
  /// The configuration with the flags over it. Throws InputError.
  Config load() const;
};

} // namespace onecode::app
