#include "app/signing.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <random>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "domain/ids.hpp"
#include "streams/authenticate.hpp"
#include "streams/base64.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

void sign(Json& data, const SigningKey& key) {
  data["key"] = key.id;
  data["signature"] =
      streams::base64url(streams::sign(key.algorithm, key.private_key, streams::canonical_json(data.dump())));
}

const char* name_of(KeyAlgorithm algorithm) { return algorithm == KeyAlgorithm::sm2 ? "sm2" : "ed25519"; }

Json public_json(const SigningKey& key) {
  return {{"key", key.id}, {"alg", name_of(key.algorithm)}, {"public", streams::base64url(key.public_key)}};
}

} // namespace

SigningKey new_signing_key(const std::optional<std::string>& id, KeyAlgorithm algorithm) {
  auto pair = streams::new_key_pair(algorithm);
  SigningKey key;
  key.algorithm = algorithm;
  key.id = id ? *id : "k-" + streams::to_hex(streams::sha256(pair.public_key)).substr(0, 16);
  if (!valid_id(key.id)) throw UsageError("a key id is 1 to 64 of the characters A-Z a-z 0-9 . _ : -");
  key.private_key = std::move(pair.private_key);
  key.public_key = std::move(pair.public_key);
  return key;
}

std::string key_file_text(const SigningKey& key) {
  auto json = public_json(key);
  json["private"] = streams::base64url(key.private_key);
  return json.dump(2) + "\n";
}

std::string public_key_text(const SigningKey& key) { return public_json(key).dump() + "\n"; }

std::string public_key_toml(const SigningKey& key) {
  return fmt::format("[[trust.root]]\nkey = \"{}\"\nalg = \"{}\"\npublic = \"{}\"\n", key.id, name_of(key.algorithm),
                     streams::base64url(key.public_key));
}

std::string public_key_pem(const SigningKey& key) {
  // Everything before the key's own bytes is the same for every key of its kind (RFC 8410; SM2: GM/T 0009, RFC 5480).
  constexpr std::string_view ed25519("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
  constexpr std::string_view sm2(
      "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x03\x42\x00", 26);
  const std::string der = std::string(key.algorithm == KeyAlgorithm::sm2 ? sm2 : ed25519) + key.public_key;
  const auto text = streams::base64_standard(der);
  std::string out = "-----BEGIN PUBLIC KEY-----\n";
  for (std::size_t at = 0; at < text.size(); at += 64) out += text.substr(at, 64) + "\n";
  return out + "-----END PUBLIC KEY-----\n";
}

SigningKey read_key_file(const std::string& path) {
  const auto json = Json::parse(read_file(path), nullptr, false);
  if (!json.is_object())
    throw InputError(fmt::format(
        "{}: is no key file, which is {{\"key\",\"alg\",\"public\",\"private\"}} (onecode keys new)", path));
  const auto text = [&](const char* member) {
    const auto it = json.find(member);
    if (it == json.end() || !it->is_string()) throw InputError(fmt::format("{}: {}: must be text", path, member));
    return it->get<std::string>();
  };
  SigningKey key;
  key.id = text("key");
  if (!valid_id(key.id))
    throw InputError(fmt::format("{}: key: must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -", path));
  const auto algorithm = text("alg");
  if (algorithm != "ed25519" && algorithm != "sm2")
    throw InputError(fmt::format("{}: alg: must be ed25519 or sm2, not \"{}\"", path, algorithm));
  key.algorithm = algorithm == "sm2" ? KeyAlgorithm::sm2 : KeyAlgorithm::ed25519;
  if (!json.contains("private"))
    throw InputError(fmt::format("{}: private: is missing; this is the public half, which cannot sign", path));
  const auto bytes = [&](const char* member, std::size_t size) {
    const auto raw = streams::from_base64url(text(member));
    if (!raw || raw->size() != size)
      throw InputError(fmt::format("{}: {}: must be {} bytes in base64url without padding", path, member, size));
    return *raw;
  };
  key.private_key = bytes("private", 32);
  key.public_key = bytes("public", key.algorithm == KeyAlgorithm::sm2 ? 65 : 32);
  std::string expected;
  try {
    expected = streams::key_pair_from_private(key.algorithm, key.private_key).public_key;
  } catch (const std::runtime_error& e) {
    throw InputError(fmt::format("{}: private: {}", path, e.what()));
  }
  if (expected != key.public_key)
    throw InputError(fmt::format("{}: public: does not belong to the private key", path));
  return key;
}

std::string command_event(const CommandDraft& draft, const SigningKey* key) {
  Json data;
  data["command"] = draft.name;
  data["target"] = draft.target;
  data["args"] = draft.args_json.empty() ? Json::object() : Json::parse(draft.args_json);
  data["actor"] = {{"id", draft.actor}, {"role", draft.role}};
  data["issued_at"] = format_time(draft.time);
  data["nonce"] = draft.nonce;
  if (!draft.reason.empty()) data["reason"] = draft.reason;
  if (key != nullptr) sign(data, *key);
  Json event;
  event["specversion"] = "1.0";
  event["id"] = draft.id;
  event["source"] = draft.source;
  event["type"] = "onecode.command.v1";
  event["time"] = format_time(draft.time);
  event["datacontenttype"] = "application/json";
  event["data"] = std::move(data);
  return event.dump();
}

std::optional<std::string> sign_command_event(std::string_view value, const SigningKey& key) {
  auto event = Json::parse(value, nullptr, false);
  if (!event.is_object() || event.value("type", Json()) != "onecode.command.v1") return std::nullopt;
  const auto data = event.find("data");
  if (data == event.end() || !data->is_object() || data->contains("signature")) return std::nullopt;
  sign(*data, key);
  return event.dump();
}

std::optional<streams::DecodeError> check_event(Topic topic, std::string_view key, std::string_view value) {
  static const streams::Secrets no_secrets;
  static const PolicyHistory built_in;
  thread_local streams::Decoder decoder(no_secrets);
  thread_local Scan scan;
  streams::Record record;
  record.key = key;
  record.value = value;
  if (topic == Topic::scans) return decoder.scan({topic, 0}, record, built_in, scan);
  streams::Event event;
  return decoder.event({topic, 0}, record, event);
}

std::string random_nonce() {
  std::random_device source;
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    const auto word = source();
    for (int b = 0; b < 4; ++b) bytes += static_cast<char>(word >> (8 * b) & 0xFF);
  }
  return streams::to_hex(bytes);
}

Time clock_now() {
  using namespace std::chrono;
  return {duration_cast<std::chrono::milliseconds>(system_clock::now().time_since_epoch()).count()};
}

} // namespace onecode::app
