// The machine that a node is to run on: files, disk, memory, clock, port. For each a look, which asks the system, and a
// judgement, which knows what a node needs and asks nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/doctor/findings.hpp"

namespace onecode::app {

struct FileLook {
  std::string path;
  bool there = false, folder = false, readable = false;
  std::uint32_t mode = 0;
  std::uint64_t size = 0;
};
FileLook look_at_file(const std::string& path);
/// A file whose content nobody else may know: a token, a secret, a configuration with a password.
std::vector<Finding> judge_private_file(const std::string& check, const FileLook& file);

struct SecretsLook {
  FileLook folder;
  std::vector<FileLook> files;
};
SecretsLook look_at_secrets(const std::string& folder);
std::vector<Finding> judge_secrets(const SecretsLook& look);

struct DiskLook {
  std::string data_dir;
  FileLook folder;
  bool writable = false; ///< the folder, or where it would be made
  bool foreign = false;  ///< it belongs to another user
  std::int64_t type = 0; ///< of the file system, as statfs says
  std::uint64_t free = 0, stores = 0;
  std::vector<std::string> aside; ///< stores that were set aside
};
DiskLook look_at_disk(const std::string& data_dir);
std::vector<Finding> judge_disk(const DiskLook& look);

std::uint64_t open_files_limit();
std::vector<Finding> judge_open_files(std::uint64_t limit, std::int32_t partitions);

struct MemoryLook {
  std::uint64_t total = 0, available = 0; ///< bytes, of the machine or of the container if that is less
};
MemoryLook look_at_memory();
std::vector<Finding> judge_memory(const MemoryLook& look, std::int64_t resident_limit);

struct ClockLook {
  bool synchronised = false;
  std::int64_t error_us = 0; ///< how wrong it may be, as the kernel reckons
};
ClockLook look_at_clock();
std::vector<Finding> judge_clock(const ClockLook& look);
/// `newest_ms`: what others wrote into Kafka last; it lies in the past unless one of the clocks is wrong.
std::vector<Finding> judge_newest_record(std::int64_t now_ms, std::optional<std::int64_t> newest_ms,
                                         const std::string& topic);
/// How far the wall clock moved against the monotonic one while the doctor was at work.
std::vector<Finding> judge_jump(std::int64_t jump_us);

struct PortLook {
  bool free = false;
  std::string node;    ///< whose /status answers there; empty: nobody's
  std::string trouble; ///< why it cannot be had
};
PortLook look_at_port(const std::string& listen);
std::vector<Finding> judge_port(const std::string& listen, const std::string& id, const PortLook& look);

} // namespace onecode::app
