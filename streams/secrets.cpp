#include <simdjson.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "streams/authenticate.hpp"
#include "streams/json_text.hpp"
#include "streams/secret_files.hpp"

namespace onecode::streams {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path.string() + ": cannot be opened");
  std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) throw std::runtime_error(path.string() + ": cannot be read");
  return bytes;
}

} // namespace

std::uint64_t Secrets::next_generation() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

Secrets Secrets::from_json_file(const std::string& path) {
  const std::string text = read_file(path);
  if (!valid_utf8(text)) throw std::runtime_error(path + ": is not UTF-8 text");
  std::map<std::string, std::string> values;
  try {
    JsonText t(text);
    if (t.next() != '{') throw std::runtime_error(path + ": must be a JSON object of names and base64url secrets");
    std::string coded;
    t.object([&](const std::string& name) {
      if (t.next() != '"') throw std::runtime_error(path + ": " + name + ": must be a base64url string");
      t.string(coded);
      auto raw = from_base64url(coded);
      if (!raw || raw->empty()) throw std::runtime_error(path + ": " + name + ": is not base64url without padding");
      if (!values.emplace(name, std::move(*raw)).second)
        throw std::runtime_error(path + ": " + name + ": stands twice");
    });
    t.end();
  } catch (const JsonTextError& e) {
    throw std::runtime_error(path + ": is not JSON: " + e.what());
  }
  return Secrets(std::move(values));
}

SecretValues read_secret_files(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::directory_iterator files(path, error);
  if (error) throw std::runtime_error(path + ": " + error.message());
  std::map<std::string, std::string> values;
  for (const auto& file : files) {
    const std::string name = file.path().filename().string();
    // Mounted secrets (Kubernetes) keep their bookkeeping beside the files under names with a dot.
    if (name.starts_with('.') || !file.is_regular_file()) continue;
    std::string raw = read_file(file.path());
    if (raw.ends_with('\n')) raw.pop_back();
    if (raw.empty()) throw std::runtime_error(file.path().string() + ": is empty");
    values.emplace(name, std::move(raw));
  }
  return values;
}

Secrets Secrets::from_directory(const std::string& path) { return Secrets(read_secret_files(path)); }

std::optional<std::string> Secrets::find(const std::string& name) const {
  if (const auto it = values_.find(name); it != values_.end()) return it->second;
  constexpr std::string_view kDerive = "derive:";
  if (!name.starts_with(kDerive)) return std::nullopt;
  const auto slash = name.find('/', kDerive.size());
  if (slash == std::string::npos || slash + 1 == name.size()) return std::nullopt;
  const auto master = values_.find(name.substr(kDerive.size(), slash - kDerive.size()));
  if (master == values_.end()) return std::nullopt;
  return hkdf_sha256(master->second, {}, std::string_view(name).substr(slash + 1), 32);
}

} // namespace onecode::streams
