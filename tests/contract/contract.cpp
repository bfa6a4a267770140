// The helpers of the contract tests (contract.hpp). Not a test: what it does wrong would show up everywhere at once.
#include "tests/contract/contract.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

extern char** environ; // NOLINT(readability-redundant-declaration)

namespace contract {

namespace {

constexpr std::int64_t kBase = 1772409600; // 2026-03-02T00:00:00Z

std::string number(const json& data, const char* member, const char* absent) {
  if (!data.contains(member)) return absent;
  return data[member].dump();
}

std::string text_or_empty(const json& data, const char* member) { return data.value(member, std::string()); }

} // namespace

std::int64_t epoch_ms(std::int64_t ms) { return kBase * 1000 + ms; }

std::string at(std::int64_t ms) {
  const std::int64_t total = epoch_ms(ms) + 8 * kHour;
  std::int64_t seconds = total / 1000;
  const std::int64_t rest = total % 1000;
  const std::time_t clock = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&clock, &parts);
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d:%02d.%03d+08:00", parts.tm_year + 1900, parts.tm_mon + 1,
                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(rest));
  return out;
}

std::int64_t since(const std::string& time) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, ms = 0, used = 0;
  INFO("time " << time);
  REQUIRE(std::sscanf(time.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3d%n", &y, &mo, &d, &h, &mi, &s, &ms, &used) == 7);
  std::tm parts{};
  parts.tm_year = y - 1900;
  parts.tm_mon = mo - 1;
  parts.tm_mday = d;
  parts.tm_hour = h;
  parts.tm_min = mi;
  parts.tm_sec = s;
  std::int64_t offset = 0;
  const std::string zone = time.substr(static_cast<std::size_t>(used));
  if (zone != "Z") {
    REQUIRE(zone.size() == 6);
    offset =
        (std::stoi(zone.substr(1, 2)) * kHour + std::stoi(zone.substr(4, 2)) * kMinute) * (zone[0] == '-' ? -1 : 1);
  }
  return (static_cast<std::int64_t>(timegm(&parts)) - kBase) * 1000 + ms - offset;
}

std::string base64url(std::string_view bytes) {
  static const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (unsigned char byte : bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out += alphabet[(buffer >> bits) & 63U];
    }
  }
  if (bits > 0) out += alphabet[(buffer << (6 - bits)) & 63U];
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out = base64url(bytes);
  std::replace(out.begin(), out.end(), '-', '+');
  std::replace(out.begin(), out.end(), '_', '/');
  while (out.size() % 4 != 0) out += '=';
  return out;
}

std::string hmac(std::string_view key, std::string_view text, const std::string& algorithm) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(algorithm == "hmac-sm3" ? EVP_sm3() : EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &length);
  return {reinterpret_cast<const char*>(digest), length};
}

std::string scan_mac(const json& data, const std::string& time, std::string_view key) {
  const std::string who = data.contains("account") ? text_or_empty(data, "account") : text_or_empty(data, "code");
  const std::string text = "onecode.scan.v1\n" + text_or_empty(data, "device") + "\n" + number(data, "boot", "0") +
                           "\n" + number(data, "seq", "") + "\n" + time + "\n" + who + "\n" +
                           text_or_empty(data, "function") + "\n" + text_or_empty(data, "direction") + "\n" +
                           text_or_empty(data, "outcome") + "\n" + number(data, "amount", "0");
  return base64url(hmac(key, text));
}

std::string code_token(const json& claims, std::string_view secret, const std::string& algorithm) {
  const std::string head = "OC1." + base64url(claims.dump());
  return head + "." + base64url(hmac(secret, head, algorithm));
}

Folder::Folder() {
  std::string name = (fs::temp_directory_path() / "onecode-contract-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path Folder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
  return path_ / name;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Exit onecode(const std::vector<std::string>& arguments) {
  const char* binary = std::getenv("ONECODE_BIN");
  REQUIRE(binary != nullptr);
  Folder folder;
  const std::string out = (folder / "stdout").string();
  const std::string err = (folder / "stderr").string();
  std::vector<std::string> words{binary};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = -1;
  const int failed = posix_spawn(&child, binary, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  REQUIRE(failed == 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  Exit result;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = read_file(out);
  result.err = read_file(err);
  return result;
}

json event(const std::string& type, const std::string& id, std::int64_t time, json data) {
  return {{"specversion", "1.0"}, {"id", id},         {"source", "/tests"},
          {"type", type},         {"time", at(time)}, {"data", std::move(data)}};
}

json line(const std::string& topic, const std::string& key, json value) {
  return {{"topic", topic}, {"key", key}, {"value", std::move(value)}};
}

KeyPair::KeyPair() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  REQUIRE(key != nullptr);
  unsigned char bytes[32];
  std::size_t length = sizeof bytes;
  REQUIRE(EVP_PKEY_get_raw_public_key(key, bytes, &length) == 1);
  public_key = base64url({reinterpret_cast<char*>(bytes), length});
  length = sizeof bytes;
  REQUIRE(EVP_PKEY_get_raw_private_key(key, bytes, &length) == 1);
  private_key.assign(reinterpret_cast<char*>(bytes), length);
  EVP_PKEY_free(key);
}

std::string KeyPair::sign(std::string_view text) const {
  EVP_PKEY* key = EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(private_key.data()), private_key.size());
  REQUIRE(key != nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  unsigned char signature[64];
  std::size_t length = sizeof signature;
  const bool good = EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1 &&
                    EVP_DigestSign(context, signature, &length, reinterpret_cast<const unsigned char*>(text.data()),
                                   text.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  REQUIRE(good);
  return base64url({reinterpret_cast<char*>(signature), length});
}

std::string canonical(const json& value) { return value.dump(); }

json signed_data(json data, const KeyPair& key, const std::string& key_id) {
  data["key"] = key_id;
  data["signature"] = key.sign(canonical(data));
  return data;
}

} // namespace contract
