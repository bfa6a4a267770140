// Two files in a folder of their own, a master key, and records as topics have them.
#pragma once

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "archive/archive.hpp"
#include "streams/broker.hpp"

namespace onecode_test {

using namespace onecode::archive;

inline constexpr onecode::Time kNow{1'772'409'492'345}; // 2026-03-02T07:58:12.345+08:00

class ArchiveFiles {
public:
  ArchiveFiles() {
    std::string name = (std::filesystem::temp_directory_path() / "onecode-archive-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~ArchiveFiles() { std::filesystem::remove_all(folder_); }
  ArchiveFiles(const ArchiveFiles&) = delete;
  ArchiveFiles& operator=(const ArchiveFiles&) = delete;
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path keys() const { return folder_ / "keys.db"; }
  std::filesystem::path archive() const { return folder_ / "archive.db"; }
  std::unique_ptr<KeyWrapper> wrapper = aes_key_wrapper(std::string(32, 'm'));

private:
  std::filesystem::path folder_;
};

inline std::string file_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

/// A scan in structured mode.
inline std::string scan_text(std::string_view account, int n,
                             std::string_view time = "2026-03-02T07:58:12.345+08:00") {
  return fmt::format(
      R"({{"specversion":"1.0","id":"gw/d-1/0/{}","source":"/gw","type":"onecode.scan.v1","time":"{}","data":{{"device":"d-1","seq":{},"account":"{}","function":"access","auth":"present"}}}})",
      n, time, n, account);
}

inline onecode::streams::Record record_of(std::string_view key, std::string_view value) {
  onecode::streams::Record r;
  r.key = key;
  r.value = value;
  return r;
}

} // namespace onecode_test
