// Event files through the engine: what `replay` and every verb that asks the record a question share (CONTRACT §9, §10).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/replay.hpp"

namespace CLI {
class App;
}

namespace onecode::app {

struct ReplayInputs {
  std::vector<std::string> files; // in order
  std::string policy, secrets;    // paths; empty: the built-in policy, no secrets
  bool unsigned_commands = false;
};

/// INPUT…, --policy, --secrets, --unsigned-commands.
void add_replay_options(CLI::App& verb, ReplayInputs& inputs);
/// The same without INPUT…; `secrets`: the flag's name, where --secrets is another's.
void add_replay_settings(CLI::App& verb, ReplayInputs& inputs, const char* secrets = "--secrets");
/// What a replay of them starts from. Throws InputError.
ReplayOptions replay_options(const ReplayInputs& inputs);

class FileReplay {
public:
  /// `output` gets every output record; `input`, where given, every input before it is applied.
  FileReplay(const ReplayInputs& inputs, std::function<void(const streams::OutRecord&)> output,
             std::function<void(const streams::FileRecord&)> input = {}, ReplayWatch watch = {});
  /// All files, or as far as `enough` says: it is asked before each line. Progress on stderr; throws Failure(130) with
  /// `interrupted` when asked to stop.
  void run(const std::string& interrupted, const std::function<bool()>& enough = {});
  Replayer& replayer() { return replayer_; }

private:
  void foresee_policies(const std::string& interrupted);

  const ReplayInputs inputs_;
  const streams::Secrets secrets_;
  std::function<void(const streams::FileRecord&)> input_;
  Replayer replayer_;
};

} // namespace onecode::app
