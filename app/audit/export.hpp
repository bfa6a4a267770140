// Publishes the shards' logs as files that any web server can hand out: FOLDER/<shard>/ is a C2SP tlog-tiles log each
// (evidence/tiles.hpp). Goes on where the last export stopped, whatever stopped it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/audit/witnessing.hpp"
#include "streams/broker.hpp"

namespace onecode::app {

struct ExportedLog {
  std::int32_t shard = 0;
  std::string origin;
  std::uint64_t leaves = 0, added = 0;
  std::vector<std::string> witnesses; // who has cosigned the head
};

/// Up to each shard's newest head; what has no signed head yet waits for the next time. `go_on`: asked often, false ends it where it
/// stands. Then the witnesses are asked; one that does not cosign is told to `odd`. Throws InputError.
std::vector<ExportedLog> export_logs(streams::Broker& broker, const std::filesystem::path& folder,
                                     const std::function<bool(std::uint64_t done, std::uint64_t total)>& go_on,
                                     const std::function<void(const std::string&)>& odd,
                                     const std::vector<WitnessAddress>& witnesses = {});

} // namespace onecode::app
