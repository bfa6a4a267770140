#include "app/reload.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include "app/errors.hpp"

namespace onecode::app {

namespace {

streams::SecretValues read_secrets(const Config& config) {
  if (config.secrets.dir.empty()) return {};
  try {
    return streams::read_secret_files(config.secrets.dir);
  } catch (const std::runtime_error& e) {
    throw InputError(e.what());
  }
}

} // namespace

Reloader::Reloader(KafkaFlags flags, Config config)
    : flags_(std::move(flags)), config_(std::move(config)), secrets_(read_secrets(config_)) {}

Reloader::Outcome Reloader::reload() {
  Outcome out;
  Config read;
  streams::SecretValues secrets;
  try {
    read = flags_.load();
    secrets = read_secrets(read);
  } catch (const Failure& e) {
    std::istringstream lines(e.what());
    for (std::string line; std::getline(lines, line);) out.errors.push_back(line);
    out.result = monitoring::Reload::refused;
    return out;
  }
  const auto live = live_settings();
  for (auto& key : differing_settings(config_, read)) {
    const bool now = std::ranges::find(live, key) != live.end();
    (now ? out.changed : out.restart).push_back(std::move(key));
  }
  config_.node.resident_limit = read.node.resident_limit;
  config_.node.drain_s = read.node.drain_s;
  config_.secrets = read.secrets;
  config_.log = read.log;
  for (auto& [name, value] : secrets) {
    const auto [known, added] = secrets_.try_emplace(name, value);
    if (added)
      out.added.push_back(name);
    else if (known->second != value)
      out.kept.push_back(name);
  }
  if (!out.restart.empty() || !out.kept.empty()) out.result = monitoring::Reload::restart;
  return out;
}

} // namespace onecode::app
