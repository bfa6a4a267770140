// A configuration that is read again while its node works. Either all of it is sound and what may change does, or nothing does.
#pragma once

#include <string>
#include <vector>

#include "app/config.hpp"
#include "monitoring/metrics.hpp"
#include "streams/authenticate.hpp"
#include "streams/secret_files.hpp"

namespace onecode::app {

class Reloader {
public:
  /// As the node is started: reads the secrets that `config` names. Throws InputError.
  Reloader(KafkaFlags flags, Config config);

  struct Outcome {
    monitoring::Reload result = monitoring::Reload::applied;
    std::vector<std::string> changed; // keys that are in force now
    std::vector<std::string> restart; // keys that are not, until one
    std::vector<std::string> added;   // names of secrets that are known now
    std::vector<std::string> kept;    // names of secrets that stand there with another content
    std::vector<std::string> errors;  // why nothing changed: file:line: key: what is wrong
  };
  /// Reads file, environment and secrets. What changes is in config() and secrets() afterwards.
  Outcome reload();

  /// In force.
  const Config& config() const { return config_; }
  streams::Secrets secrets() const { return streams::Secrets(secrets_); }

private:
  KafkaFlags flags_;
  Config config_;
  streams::SecretValues secrets_;
};

} // namespace onecode::app
