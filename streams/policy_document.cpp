// A policy as an event: signed, published, judged when it arrives. The document itself: policy_reader.cpp, policy_writer.cpp.
#include "streams/policy_document.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include "streams/broker.hpp"
#include "streams/envelope.hpp"
#include "streams/json_append.hpp"
#include "streams/json_fields.hpp"
#include "streams/json_text.hpp"
#include "streams/policy_words.hpp"

namespace onecode::streams {
namespace {

constexpr std::string_view kType = "onecode.policy.v1";
constexpr std::string_view kNotSigned[] = {"signature", "key"};
constexpr std::string_view kPublisherRole = "information-centre";

bool signed_by(const TrustedKey& key, std::string_view key_id, Time at, std::string_view text,
               std::string_view signature) {
  return key.key == key_id && valid_at(key, at) && verify_signature(key, text, signature);
}

/// Empty: signed by somebody who may publish a policy. Otherwise what is wrong.
std::string check_policy_signature(std::string_view data, Time published, const std::vector<TrustedKey>& roots,
                                   const Policy& in_force) {
  std::string signature;
  std::string key_id;
  JsonText t(data);
  t.next();
  t.object([&](const std::string& name) {
    const bool wanted = name == "signature" || name == "key";
    if (!wanted || t.next() != '"') {
      t.skip();
    } else {
      t.string(name == "key" ? key_id : signature);
    }
  });
  if (signature.empty() || key_id.empty()) return "signature: the policy is not signed (`signature` and `key`)";
  const auto raw = from_base64url(signature);
  if (!raw) return "signature: must be base64url without padding";
  const std::string text = canonical_without(data, kNotSigned);
  const auto sound = [&](const TrustedKey& k) { return signed_by(k, key_id, published, text, *raw); };
  if (std::ranges::any_of(roots, sound)) return {};
  const auto centre = in_force.roles.find(std::string(kPublisherRole));
  if (centre != in_force.roles.end() && std::ranges::any_of(centre->second, sound)) return {};
  return "signature: is by no root key and by no key of the information centre that policy " + in_force.version +
         " trusts at " + format_time(published);
}

} // namespace

std::optional<std::string> open_policy_event(const Record& record, PolicyEvent& event) {
  EnvelopeOpener opener;
  Envelope envelope;
  if (const auto error = opener.open(record, kType, envelope)) return std::string(error->code) + ": " + error->text;
  event.time = envelope.time;
  try {
    event.data = envelope.structured ? raw_member(envelope.payload, "data").value_or("{}") : envelope.payload;
  } catch (const std::runtime_error& e) {
    return std::string("BAD_ENVELOPE: value: ") + e.what();
  }
  return std::nullopt;
}

PolicyResult judge_policy(std::string_view data, Time published, const std::vector<TrustedKey>& roots,
                          const Policy& in_force, bool unsigned_ok) {
  try {
    if (!unsigned_ok) {
      if (std::string why = check_policy_signature(data, published, roots, in_force); !why.empty())
        return {std::nullopt, {std::move(why)}};
    }
    return read_policy(data);
  } catch (const std::runtime_error& e) {
    return {std::nullopt, {std::string("data: has no canonical form: ") + e.what()}};
  }
}

PolicyResult read_policy_event(std::string_view value, const std::vector<TrustedKey>& roots, const Policy& in_force,
                               bool unsigned_ok) {
  Record record;
  record.value = value;
  PolicyEvent event;
  if (auto error = open_policy_event(record, event)) return {std::nullopt, {std::move(*error)}};
  return judge_policy(event.data, event.time, roots, in_force, unsigned_ok);
}

std::vector<std::string> missing_secrets(const Policy& policy, const Secrets& secrets) {
  std::set<std::string> missing;
  for (const auto& [kid, issuer] : policy.issuers)
    if (!secrets.find(issuer.secret)) missing.insert(issuer.secret);
  return {missing.begin(), missing.end()};
}

std::string sign_policy(std::string_view document, std::string_view private_key, const std::string& key_id,
                        KeyAlgorithm algorithm) {
  if (JsonText(document).next() != '{') throw std::runtime_error("a policy document is a JSON object");
  std::string text = canonical_without(document, kNotSigned);
  const std::string signature = base64url(sign(algorithm, private_key, text));
  text.pop_back();
  member(text, text.size() > 1 ? R"(,"signature":)" : R"("signature":)", signature);
  member(text, R"(,"key":)", key_id);
  text += '}';
  return indented(text);
}

std::string policy_event(std::string_view signed_document, std::optional<Time> time) {
  const std::string document = canonical_json(signed_document);
  std::string version;
  if (const auto raw = raw_member(document, "version"); raw && raw->starts_with('"')) JsonText(*raw).string(version);
  if (!time) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    time = Time{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
  }
  std::string v;
  // Named by its content: a corrected document of the same version is another event.
  member(v, R"({"specversion":"1.0","id":)", "policy/" + version + '/' + hex(hash128(document)).substr(0, 16));
  v += R"(,"source":"/onecode/policy")";
  member(v, R"(,"type":)", kType);
  member(v, R"(,"time":)", *time);
  v.append(R"(,"datacontenttype":"application/json","data":)").append(document) += "}";
  return v;
}

} // namespace onecode::streams
