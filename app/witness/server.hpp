// What `onecode witness` is: the server side of C2SP tlog-witness (evidence/witness.hpp) with its memory in a folder.
//   POST /add-checkpoint   cosigns a head that goes on from the one before
//   GET /                  name, verifier key, and how far each log was cosigned: for people
//   Memory    DIR/heads/<SHA-256 of the origin>: the note that was cosigned last, durable before the answer leaves. DIR/contradictions/
//             has heads that a log signed and that cannot be in one history with it: proof that somebody forges.
//   Always    of two heads that it cosigned, the larger goes on from the smaller, whatever crashed. Whoever loses DIR must make a new
//             key: this one may have cosigned what is not remembered any more.
//   Writer    one; DIR/lock is locked as long as this lives.
//   Threads   questions are answered one after the other: to look and to remember must be one step.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "evidence/witness.hpp"
#include "monitoring/http.hpp"

namespace onecode::app {

/// A witness's memory. Failures of files are std::filesystem::filesystem_error.
class WitnessMemory {
public:
  /// Throws InputError: somebody else has it, or what is remembered cannot be read.
  WitnessMemory(const std::filesystem::path& folder, const std::vector<evidence::NoteKey>& logs);
  ~WitnessMemory();
  WitnessMemory(const WitnessMemory&) = delete;
  WitnessMemory& operator=(const WitnessMemory&) = delete;

  std::optional<evidence::Checkpoint> last(const std::string& origin) const;
  /// Durable when it returns.
  void cosigned(const evidence::Checkpoint& head, const std::string& note);
  /// Keeps it, unless there are too many of this log already.
  void contradiction(const std::string& note);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct WitnessOptions {
  std::string listen = "127.0.0.1:9465";
  std::filesystem::path folder;
  evidence::WitnessKey key;
  std::vector<evidence::NoteKey> logs;
  std::function<std::uint64_t()> seconds; // since 1970
};

class WitnessServer {
public:
  /// Listens when it returns. Throws InputError, monitoring::HttpError.
  explicit WitnessServer(WitnessOptions options);
  ~WitnessServer();
  WitnessServer(const WitnessServer&) = delete;
  WitnessServer& operator=(const WitnessServer&) = delete;
  /// http://host:port
  std::string url() const;
  /// What a request gets; what HTTP is around it does nothing else.
  evidence::WitnessAnswer add_checkpoint(const std::string& request);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace onecode::app
