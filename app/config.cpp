#include "app/config.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/toml_reader.hpp"
#include "streams/authenticate.hpp"

extern char** environ;

namespace onecode::app {
namespace {

constexpr std::string_view kVariablePrefix = "ONECODE__";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// ONECODE__KAFKA__BROKERS → kafka.brokers; ONECODE__KAFKA__PROPERTIES__SASL_PASSWORD →
/// kafka.properties.sasl.password (and so with PROPERTY_FILES)
std::string key_of_variable(std::string_view name) {
  std::string key;
  std::string rest = lower(name.substr(kVariablePrefix.size()));
  for (int level = 0; level < 2; ++level) {
    const auto at = rest.find("__");
    if (at == std::string::npos) break;
    key += rest.substr(0, at) + ".";
    rest = rest.substr(at + 2);
  }
  if (key == "kafka.properties." || key == "kafka.property_files.") std::replace(rest.begin(), rest.end(), '_', '.');
  return key + rest;
}

/// Where each value came from, as the start of an error text: `node.toml:3: node.id` or `ONECODE__NODE__ID`.
using Origins = std::map<std::string, std::string>;

class FieldReader {
public:
  FieldReader(TomlReader* table, std::string section,
              std::map<std::string, std::pair<std::string, std::string>>& variables, Origins& origins,
              std::vector<std::string>& errors)
      : table_(table), section_(std::move(section)), variables_(variables), origins_(origins), errors_(errors) {}

  void operator()(const char* name, std::string& value) {
    from_table(name, value);
    if (const auto* text = from_variable(name)) value = *text;
  }

  void operator()(const char* name, std::int64_t& value) {
    from_table(name, value);
    if (const auto* text = from_variable(name)) {
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
      if (error != std::errc{} || end != text->data() + text->size())
        errors_.push_back(fmt::format("{}: must be a whole number, not \"{}\"", origins_[key(name)], *text));
      else
        value = number;
    }
  }

  void operator()(const char* name, bool& value) {
    from_table(name, value);
    if (const auto* text = from_variable(name)) {
      if (*text == "true" || *text == "false")
        value = *text == "true";
      else
        errors_.push_back(fmt::format("{}: must be true or false, not \"{}\"", origins_[key(name)], *text));
    }
  }

  void operator()(const char* name, std::map<std::string, std::string>& value) {
    if (table_ != nullptr)
      if (const auto* t = table_->table(name)) flatten(*t, "", key(name), value);
    const std::string prefix = key(name) + ".";
    for (auto it = variables_.lower_bound(prefix); it != variables_.end() && it->first.starts_with(prefix);) {
      value[it->first.substr(prefix.size())] = it->second.second;
      origins_[it->first] = it->second.first;
      it = variables_.erase(it);
    }
  }

  void operator()(const char* name, std::vector<TrustedKey>& value) {
    const auto* node = table_ != nullptr ? table_->find(name) : nullptr;
    if (node == nullptr) return;
    const auto* list = node->as_array();
    if (list == nullptr) return table_->error(name, "must be a list of keys: [[trust.root]] key, alg, public");
    for (const auto& item : *list) {
      auto& errors = table_->errors();
      const auto* t = item.as_table();
      if (t == nullptr) {
        errors.add(item.source(), key(name), "must be a list of keys: [[trust.root]] key, alg, public");
        continue;
      }
      TomlReader reader(*t, key(name), errors);
      TrustedKey trusted;
      std::string alg = "ed25519", text;
      const bool named = reader.require("key", trusted.key);
      reader.read("alg", alg);
      const bool given = reader.require("public", text);
      reader.finish();
      if (named && trusted.key.empty()) reader.error("key", "must not be empty");
      if (alg == "sm2")
        trusted.algorithm = KeyAlgorithm::sm2;
      else if (alg != "ed25519")
        reader.error("alg", fmt::format("must be ed25519 or sm2, not \"{}\"", alg));
      const std::size_t size = trusted.algorithm == KeyAlgorithm::sm2 ? 65 : 32;
      const auto bytes = given ? streams::from_base64url(text) : std::nullopt;
      if (given && (!bytes || bytes->size() != size))
        reader.error("public", fmt::format("must be {} bytes in base64url without padding", size));
      if (bytes) trusted.public_key = *bytes;
      value.push_back(std::move(trusted));
    }
  }

private:
  std::string key(std::string_view name) const { return section_ + "." + std::string(name); }

  template <class T>
  void from_table(const char* name, T& value) {
    if (table_ != nullptr && table_->read(name, value))
      origins_[key(name)] = table_->errors().where(table_->raw().get(name)->source()) + ": " + key(name);
  }

  const std::string* from_variable(std::string_view name) {
    const auto it = variables_.find(key(name));
    if (it == variables_.end()) return nullptr;
    origins_[key(name)] = it->second.first;
    taken_ = it->second.second;
    variables_.erase(it);
    return &taken_;
  }

  /// librdkafka's names have dots, which TOML reads as tables inside tables.
  void flatten(const toml::table& table, const std::string& before, const std::string& path,
               std::map<std::string, std::string>& into) {
    for (const auto& [k, node] : table) {
      const std::string name = before + std::string(k.str());
      if (const auto* inner = node.as_table())
        flatten(*inner, name + ".", path, into);
      else if (const auto* text = node.as_string())
        into[name] = text->get();
      else if (const auto* number = node.as_integer())
        into[name] = std::to_string(number->get());
      else if (const auto* flag = node.as_boolean())
        into[name] = flag->get() ? "true" : "false";
      else
        table_->errors().add(node.source(), path + "." + name, "must be text, a whole number, true or false");
      origins_[path + "." + name] = table_->errors().where(node.source()) + ": " + path + "." + name;
    }
  }

  TomlReader* table_;
  std::string section_;
  std::map<std::string, std::pair<std::string, std::string>>& variables_;
  Origins& origins_;
  std::vector<std::string>& errors_;
  std::string taken_;
};

constexpr std::int64_t kLongestDrain = 3600;

bool valid_address(std::string_view text, bool port_zero) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  unsigned port = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
  return error == std::errc{} && stop == end && port <= 65535 && (port > 0 || port_zero);
}

/// What the engine's guarantees rest on; nobody may set it from outside.
constexpr std::string_view kOwnProperties[] = {
    "bootstrap.servers",  "group.id",           "group.instance.id", "transactional.id",
    "enable.idempotence", "enable.auto.commit", "isolation.level",   "partition.assignment.strategy",
    "partitioner"};

void check(const Config& c, const Origins& origins, std::vector<std::string>& errors) {
  const auto wrong = [&](const std::string& key, const std::string& text) {
    const auto it = origins.find(key);
    errors.push_back((it != origins.end() ? it->second : key) + ": " + text);
  };
  const auto one_of = [&](const std::string& key, const std::string& value,
                          std::initializer_list<const char*> allowed) {
    std::string list;
    for (const char* a : allowed) {
      if (value == a) return;
      list += (list.empty() ? "" : ", ") + std::string(a);
    }
    wrong(key, fmt::format("must be one of {}, not \"{}\"", list, value));
  };

  if (!valid_id(c.node.id)) wrong("node.id", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -");
  if (c.node.data_dir.empty()) wrong("node.data_dir", "must not be empty");
  if (c.node.resident_limit < 1) wrong("node.resident_limit", "must be at least 1");
  if (c.node.drain_s < 1 || c.node.drain_s > kLongestDrain)
    wrong("node.drain_s", fmt::format("must be 1 to {} seconds", kLongestDrain));

  const auto origin_character = [](unsigned char x) {
    return (x < 128 && std::isalnum(x) != 0) ||
           std::string_view(".-_:/").find(static_cast<char>(x)) != std::string::npos;
  };
  if (c.evidence.origin.empty() || c.evidence.origin.size() > 100 ||
      !std::all_of(c.evidence.origin.begin(), c.evidence.origin.end(), origin_character))
    wrong("evidence.origin", "must be 1 to 100 of the characters A-Z a-z 0-9 . - _ : /");

  for (std::size_t at = 0; at <= c.kafka.brokers.size();) {
    const auto comma = std::min(c.kafka.brokers.find(',', at), c.kafka.brokers.size());
    auto address = c.kafka.brokers.substr(at, comma - at);
    address.erase(0, std::min(address.find_first_not_of(' '), address.size()));
    if (!valid_address(address, false)) {
      wrong("kafka.brokers", fmt::format("must be HOST:PORT, several with commas; \"{}\" is not", address));
      break;
    }
    at = comma + 1;
  }
  const auto topic_characters = [](const std::string& s) {
    return s.size() <= 200 && std::all_of(s.begin(), s.end(), [](unsigned char x) {
             return (x < 128 && std::isalnum(x) != 0) || x == '.' || x == '_' || x == '-';
           });
  };
  if (!topic_characters(c.kafka.prefix)) wrong("kafka.prefix", "may hold the characters A-Z a-z 0-9 . _ - only");
  if (c.kafka.group.empty()) wrong("kafka.group", "must not be empty");
  for (const auto& [section, table] : {std::pair{"kafka.properties.", &c.kafka.properties},
                                       std::pair{"kafka.property_files.", &c.kafka.property_files}})
    for (const auto& [name, value] : *table) {
      const std::string_view n = name;
      if (std::find(std::begin(kOwnProperties), std::end(kOwnProperties), n) != std::end(kOwnProperties))
        wrong(section + name, "is set by onecode and cannot be set here");
    }
  for (const auto& [name, file] : c.kafka.property_files)
    if (c.kafka.properties.contains(name))
      wrong("kafka.property_files." + name, "is set in [kafka.properties] as well; which of the two counts?");

  if (!c.http.listen.empty() && !valid_address(c.http.listen, true)) wrong("http.listen", "must be HOST:PORT");
  std::set<std::string> keys;
  for (const auto& k : c.trust.root)
    if (!keys.insert(k.key).second) wrong("trust.root", fmt::format("names the key {} twice", k.key));
  one_of("log.level", c.log.level, {"trace", "debug", "info", "warn", "error"});
  one_of("log.format", c.log.format, {"text", "json"});
}

bool is_secret(std::string_view property) {
  for (const std::string_view word : {"password", "secret", "jaas", "ssl.key.pem", "token", "credential"})
    if (property.find(word) != std::string_view::npos) return true;
  return false;
}

nlohmann::ordered_json root_json(const std::vector<TrustedKey>& keys) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& k : keys)
    list.push_back({{"key", k.key},
                    {"alg", k.algorithm == KeyAlgorithm::sm2 ? "sm2" : "ed25519"},
                    {"public", streams::base64url(k.public_key)}});
  return list;
}

struct JsonDump {
  nlohmann::ordered_json& out;
  void operator()(const char* name, const std::string& v) { out[name] = v; }
  void operator()(const char* name, std::int64_t v) { out[name] = v; }
  void operator()(const char* name, bool v) { out[name] = v; }
  void operator()(const char* name, const std::map<std::string, std::string>& v) {
    auto& table = out[name] = nlohmann::ordered_json::object();
    const bool values = std::string_view(name) == "properties"; // of the others the paths are shown, and no content
    for (const auto& [k, value] : v) table[k] = values && is_secret(k) ? "***" : value;
  }
  void operator()(const char* name, const std::vector<TrustedKey>& v) { out[name] = root_json(v); }
};

/// Every value as text, by its whole key.
struct Flat {
  std::string section;
  std::map<std::string, std::string>& out;
  void operator()(const char* name, const std::string& v) { out[section + "." + name] = v; }
  void operator()(const char* name, std::int64_t v) { out[section + "." + name] = std::to_string(v); }
  void operator()(const char* name, bool v) { out[section + "." + name] = v ? "true" : "false"; }
  void operator()(const char* name, const std::map<std::string, std::string>& v) {
    for (const auto& [k, value] : v) out[section + "." + name + "." + k] = value;
  }
  void operator()(const char* name, const std::vector<TrustedKey>& v) {
    out[section + "." + name] = root_json(v).dump();
  }
};

std::map<std::string, std::string> flat(const Config& config) {
  std::map<std::string, std::string> out;
  const auto section = [&](const char* name, const auto& part) {
    Flat into{name, out};
    std::decay_t<decltype(part)>::fields(part, into);
  };
  Config::sections(config, section);
  return out;
}

nlohmann::ordered_json as_json(const Config& config) {
  nlohmann::ordered_json all;
  const auto section = [&](const char* name, const auto& part) {
    JsonDump dump{all[name] = nlohmann::ordered_json::object()};
    std::decay_t<decltype(part)>::fields(part, dump);
  };
  Config::sections(config, section);
  return all;
}

} // namespace

Environment environment() {
  Environment found;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string_view entry = *e;
    const auto equals = entry.find('=');
    if (entry.starts_with(kVariablePrefix) && equals != std::string_view::npos)
      found.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  std::sort(found.begin(), found.end());
  return found;
}

ConfigResult read_config(const std::optional<std::string>& path, const std::string& text, const Environment& env) {
  ConfigResult result;
  TomlErrors errors(path.value_or("configuration"));
  auto parsed = path ? parse_toml(text, errors) : toml::table{};
  std::map<std::string, std::pair<std::string, std::string>> variables; // key → variable, value
  for (const auto& [name, value] : env) variables[key_of_variable(name)] = {name, value};
  Origins origins;
  std::vector<std::string> others;
  if (parsed) {
    TomlReader root(*parsed, "", errors);
    const auto section = [&](const char* name, auto& part) {
      const auto* table = root.table(name);
      std::optional<TomlReader> reader;
      if (table != nullptr) reader.emplace(*table, name, errors);
      FieldReader fields(reader ? &*reader : nullptr, name, variables, origins, others);
      std::decay_t<decltype(part)>::fields(part, fields);
      if (reader) reader->finish();
    };
    Config::sections(result.config, section);
    root.finish();
    for (const auto& [key, variable] : variables)
      others.push_back(fmt::format("{}: there is no setting {}", variable.first, key));
    check(result.config, origins, others);
  }
  result.errors = std::move(errors.texts);
  result.errors.insert(result.errors.end(), others.begin(), others.end());
  return result;
}

Config load_config(const std::optional<std::string>& path) {
  auto result = read_config(path, path ? read_file(*path) : std::string(), environment());
  if (!result.errors.empty()) throw InputError(result.errors);
  return std::move(result.config);
}

std::span<const std::string_view> live_settings() {
  static constexpr std::string_view kLive[] = {"node.resident_limit", "node.drain_s", "secrets.dir", "log.level",
                                               "log.format"};
  return kLive;
}

std::vector<std::string> differing_settings(const Config& a, const Config& b) {
  const auto left = flat(a), right = flat(b);
  std::set<std::string> keys; // a property may stand on one side only
  for (const auto& side : {left, right})
    for (const auto& [key, value] : side) keys.insert(key);
  std::vector<std::string> out;
  for (const auto& key : keys) {
    const auto l = left.find(key), r = right.find(key);
    if (l == left.end() || r == right.end() || l->second != r->second) out.push_back(key);
  }
  return out;
}

std::string to_json(const Config& config) { return as_json(config).dump(2) + "\n"; }

std::string to_toml(const Config& config) {
  // JSON's text and numbers are TOML's too, as long as nothing needs a \u escape beyond the BMP; nlohmann writes
  // UTF-8.
  std::string out;
  const auto json = as_json(config);
  for (const auto& [name, part] : json.items()) {
    std::string tables;
    out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", name);
    for (const auto& [key, value] : part.items()) {
      if (value.is_object()) {
        if (!value.empty()) tables += fmt::format("\n[{}.{}]\n", name, key);
        for (const auto& [k, v] : value.items()) tables += fmt::format("\"{}\" = {}\n", k, v.dump());
      } else if (value.is_array()) {
        for (const auto& item : value) {
          tables += fmt::format("\n[[{}.{}]]\n", name, key);
          for (const auto& [k, v] : item.items()) tables += fmt::format("{} = {}\n", k, v.dump());
        }
      } else {
        out += fmt::format("{} = {}\n", key, value.dump());
      }
    }
    out += tables;
  }
  return out;
}

void KafkaFlags::add_to(CLI::App& verb) {
  verb.add_option("--config", config, "configuration file (TOML)")->type_name("FILE")->group("Kafka");
  verb.add_option("--brokers", brokers, "instead of the configuration's [kafka] brokers")
      ->type_name("HOST:PORT,…")
      ->group("Kafka");
  verb.add_option("--prefix", prefix, "before every topic name (default onecode.)")
      ->type_name("TEXT")
      ->group("Kafka");
}

Config KafkaFlags::load() const {
  Config loaded = load_config(config);
  if (brokers) loaded.kafka.brokers = *brokers;
  if (prefix) loaded.kafka.prefix = *prefix;
  std::vector<std::string> errors;
  check(loaded, {{"kafka.brokers", "--brokers"}, {"kafka.prefix", "--prefix"}}, errors);
  if (!errors.empty()) throw UsageError(errors.front());
  return loaded;
}

} // namespace onecode::app
