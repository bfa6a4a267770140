#include "app/signing.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <random>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "domain/ids.hpp"
#include "streams/authenticate.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

void sign(Json& data, const SigningKey& key) {
  data["key"] = key.id;
  data["signature"] =
      streams::base64url(streams::sign_ed25519(key.private_key, streams::canonical_json(data.dump())));
}

Json public_json(const SigningKey& key) {
  return {{"key", key.id}, {"alg", "ed25519"}, {"public", streams::base64url(key.public_key)}};
}

} // namespace

SigningKey new_signing_key(const std::optional<std::string>& id) {
  auto pair = streams::new_ed25519();
  SigningKey key;
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
  if (algorithm == "sm2")
    throw InputError(fmt::format("{}: alg: signing with SM2 is not supported yet, only ed25519", path));
  if (algorithm != "ed25519") throw InputError(fmt::format("{}: alg: must be ed25519, not \"{}\"", path, algorithm));
  if (!json.contains("private"))
    throw InputError(fmt::format("{}: private: is missing; this is the public half, which cannot sign", path));
  const auto bytes = [&](const char* member) {
    const auto raw = streams::from_base64url(text(member));
    if (!raw || raw->size() != 32)
      throw InputError(fmt::format("{}: {}: must be 32 bytes in base64url without padding", path, member));
    return *raw;
  };
  key.private_key = bytes("private");
  key.public_key = bytes("public");
  if (streams::ed25519_from_private(key.private_key).public_key != key.public_key)
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
