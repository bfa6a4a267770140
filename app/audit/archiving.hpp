// From the broker's topics and exported logs into the archive of payloads; goes on where it stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/audit/exported.hpp"
#include "archive/archive.hpp"
#include "domain/policy.hpp"
#include "streams/broker.hpp"

namespace onecode::app {

/// Every record of the topics that leaves are about, and of `policy`, that is committed now. `go_on(records)`: asked often; false ends it,
/// with what is done done. `odd`: what was gone from a topic before it was archived, a sentence each.
std::uint64_t archive_topics(streams::Broker& broker, archive::Archive& archive,
                             const std::function<bool(std::uint64_t)>& go_on,
                             const std::function<void(const std::string&)>& odd);

/// Where their leaves stand.
std::uint64_t archive_leaves(const std::vector<LogFolder>& logs, archive::Archive& archive);

struct Forgotten {
  std::vector<std::string> subjects;
  bool another_secret = false; // the file is another one now, and every node needs it
};
/// Destroys the keys of those whom the engine has forgotten since the last time (its notice `account-forgotten`, after two people's
/// commands): the archive's, and those in the secret `evidence` of this file. Before it the topics are archived as far as they are: a
/// record of theirs that came into the archive later would get a key that nobody destroys. Again after a crash. Throws InputError.
Forgotten destroy_forgotten(streams::Broker& broker, archive::Archive& archive, const std::string& secret_file,
                            const std::function<void(const std::string&)>& odd);

/// Destroys the keys of all months whose time is over by the policy in force at `now`; how many there were.
std::int64_t destroy_expired(const Policy& policy, archive::Archive& archive, Time now);

/// Cuts their keys out of the secret `evidence` in this file, which is replaced; does nothing where it is not there. Throws InputError.
/// True: the file is another one now, and every node needs it.
bool cut_subject_keys(const std::string& file, const std::vector<std::string>& subjects);

} // namespace onecode::app
