// Helpers of the contract tests: build event files, run the executable on them as a child process, read what it wrote.
// Everything here comes from the published contract alone; no header of the product is included.
#pragma once

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace contract {

using json = nlohmann::json;
namespace fs = std::filesystem;

// Times are milliseconds relative to 2026-03-02T08:00:00.000+08:00, the start of every test's day.
inline constexpr std::int64_t kSecond = 1000;
inline constexpr std::int64_t kMinute = 60 * kSecond;
inline constexpr std::int64_t kHour = 60 * kMinute;
inline constexpr std::int64_t kDay = 24 * kHour;
std::string at(std::int64_t ms);             // as it goes onto the wire
std::int64_t since(const std::string& time); // the other way round, whatever the offset is
std::int64_t epoch_ms(std::int64_t ms);      // for the `timestamp` of an event file

std::string base64url(std::string_view bytes);
std::string base64(std::string_view bytes); // with padding: `value_base64`
std::string hmac(std::string_view key, std::string_view text,
                 const std::string& algorithm = "hmac-sha256"); // or hmac-sm3
// The MAC of a scan's data, as CONTRACT §4.1 composes it.
std::string scan_mac(const json& data, const std::string& time, std::string_view key);
// A dynamic code, as CONTRACT §4.3 composes it.
std::string code_token(const json& claims, std::string_view secret, const std::string& algorithm = "hmac-sha256");

class Folder { // a temporary folder that goes away with the object
public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path operator/(const std::string& name) const { return path_ / name; }
  fs::path write(const std::string& name, const std::string& text) const;

private:
  fs::path path_;
};

std::string read_file(const fs::path& path);

struct Exit {
  int code = -1;
  std::string out;
  std::string err;
};
Exit onecode(const std::vector<std::string>& arguments); // the executable named by ONECODE_BIN

json event(const std::string& type, const std::string& id, std::int64_t time, json data);
json line(const std::string& topic, const std::string& key, json value);

struct KeyPair { // Ed25519
  KeyPair();
  std::string public_key;  // 32 bytes, base64url
  std::string private_key; // 32 bytes, raw
  std::string sign(std::string_view text) const;
};
// RFC 8785 for what these tests sign: sorted ASCII keys, integers and strings.
std::string canonical(const json& value);
json signed_data(json data, const KeyPair& key, const std::string& key_id);

struct Outcome {
  Exit exit;
  json summary;
  std::vector<std::pair<std::string, std::vector<json>>> topics;
  std::vector<std::string> files;
  std::string all_bytes; // every output file but summary.json, one after the other, sorted by name

  std::vector<json> records(const std::string& topic) const; // lines of DIR/<topic>.ndjson
  std::vector<json> values(const std::string& topic) const;  // their CloudEvents
  std::vector<json> data(const std::string& topic) const;    // the `data` of these
  json decision(const std::string& scan_id) const;           // data; fails the test unless there is exactly one
  std::string verdict(const std::string& scan_id) const;
  std::vector<std::string> reasons(const std::string& scan_id) const; // sorted
  std::vector<json> dead(const std::string& code) const;              // dead letters with this error-code
  std::vector<std::string> dead_codes() const;                        // of all dead letters, in order
  json last_freeze(const std::string& account) const;                 // newest freeze data, null when there is none
  json last(const std::string& topic, const std::string& member, const std::string& id) const;
  std::vector<json> findings(const std::string& topic, const std::string& rule, const std::string& subject) const;
  std::vector<json> notices(const std::string& to) const;
};

Outcome replay_text(const std::string& text, const json& policy, std::vector<std::string> more = {},
                    const json& secrets = {});

// A policy with what the tests need said out loud; everything else is the built-in default.
json policy_document();

// A small campus. Registers what a test needs and collects the records in arrival order.
class Campus {
public:
  Campus();
  json policy = policy_document();
  json secrets = json::object();
  std::vector<json> lines;

  void add(json record) { lines.push_back(std::move(record)); }
  // Appends a command and gives back its line, so that a test may change it through `lines.back()`.
  json& command(const std::string& name, const std::string& target, json args, std::int64_t time,
                const std::string& role, const std::string& actor = "");
  void open(const std::string& account, std::int64_t time = -90 * kDay, json more = json::object());
  void bind(const std::string& account, const std::string& handset, std::int64_t time = -90 * kDay,
            json more = json::object());
  void adopt(const std::string& integration, json manifest_changes = json::object());
  // Register, certify, install and activate, before everything else.
  void device(const std::string& device, const std::string& integration = "gates", const std::string& zone = "z-1",
              json certify = json::object(), int steps = 4);
  json scan(const std::string& id, const std::string& device, std::int64_t seq, const std::string& account,
            std::int64_t time, json more = json::object());
  Outcome replay(std::vector<std::string> more = {"--unsigned-commands"}) const;
  std::string text() const;

private:
  int nonce_ = 0;
};

// gates with d-1 (z-1) and d-2 (z-2, kilometres away); account a-1 with handset h-1.
Campus ordinary();

std::vector<std::string> sorted(const json& array);
bool one_of(const std::string& text, const std::vector<std::string>& choices);
bool contains(const json& array, const std::string& text);

} // namespace contract
