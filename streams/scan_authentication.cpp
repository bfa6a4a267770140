// The MAC of a scan (CONTRACT §4.1) and the dynamic code (§4.3).
#include <simdjson.h>

#include <charconv>

#include "streams/authenticate.hpp"
#include "streams/base64.hpp"
#include "streams/json_append.hpp"
#include "streams/json_values.hpp"
#include "streams/keyed_mac.hpp"

namespace onecode::streams {
namespace {

constexpr std::string_view kCodePrefix = "OC1.";

void append_mac_text(std::string& out, const Scan& scan) {
  out += "onecode.scan.v1\n";
  out += scan.device;
  out += '\n';
  append_integer(out, scan.boot);
  out += '\n';
  append_integer(out, scan.seq);
  out += '\n';
  out += scan.time_text;
  out += '\n';
  out += scan.code.empty() ? scan.account : scan.code; // `account` may have come out of the code since
  out += '\n';
  out += scan.function;
  out += '\n';
  if (scan.direction_given) out += to_string(scan.direction);
  out += '\n';
  if (scan.outcome_given) out += to_string(scan.outcome);
  out += '\n';
  append_integer(out, scan.amount ? scan.amount->value : 0);
}

std::string_view view(const Mac& mac) { return {reinterpret_cast<const char*>(mac.data()), mac.size()}; }

/// The token's claims; false: not such a token.
bool read_claims(std::string_view json, simdjson::dom::parser& parser, CodeToken& token, std::string& account) {
  simdjson::dom::object members;
  if (parser.parse(json.data(), json.size(), true).get(members) != simdjson::SUCCESS) return false;
  enum : unsigned { kid = 1, acc = 2, handset = 4, nonce = 8, iat = 16, ttl = 32, all = 63 };
  unsigned seen = 0;
  std::string text;
  for (const auto [key, value] : members) {
    unsigned bit = 0;
    const char* wrong = nullptr;
    if (key == "kid") {
      bit = kid;
      wrong = read_id(value, token.issuer);
    } else if (key == "account") {
      bit = acc;
      wrong = read_id(value, account);
    } else if (key == "handset") {
      bit = handset;
      wrong = read_id(value, token.handset);
    } else if (key == "nonce") {
      bit = nonce;
      wrong = read_text(value, token.nonce, 1, kMaxNonceBytes);
    } else if (key == "iat") {
      bit = iat;
      wrong = read_time(value, token.issued_at);
    } else if (key == "ttl_s") {
      bit = ttl;
      wrong = read_integer(value, token.ttl_s, 1, kMaxCodeLifeSeconds);
    } else if (key == "purpose") {
      wrong = read_text(value, token.purpose, 0, kMaxTextBytes);
    }
    if (wrong != nullptr || (seen & bit) != 0) return false;
    seen |= bit;
  }
  return seen == all;
}

/// `XY1.…` is a code of another scheme: `prefix:XY1`; empty: not in such a form.
std::string foreign_prefix(std::string_view code) {
  const auto dot = code.find('.');
  if (code.starts_with(kCodePrefix) || dot == code.npos || dot < 2 || dot > 8 || dot + 1 == code.size()) return {};
  for (const char c : code.substr(0, dot))
    if ((c < 'A' || c > 'Z') && (c < '0' || c > '9')) return {};
  return "prefix:" + std::string(code.substr(0, dot));
}

} // namespace

std::string scan_mac_text(const Scan& scan) {
  std::string out;
  append_mac_text(out, scan);
  return out;
}

MacCheck check_scan_mac(const Scan& scan, const std::string& secret_name, const Secrets& secrets) {
  if (secret_name.empty()) return MacCheck::not_required;
  if (scan.mac.empty()) return MacCheck::missing;
  thread_local std::string text;
  text.clear();
  append_mac_text(text, scan);
  // A node that lacks the secret is not ready (CONTRACT §7); should it be asked all the same, it trusts nobody.
  const auto mac = mac_by_name(MacAlgorithm::hmac_sha256, secret_name, secrets, text);
  return mac && same_bytes(view(*mac), scan.mac) ? MacCheck::ok : MacCheck::wrong;
}

void resolve_code(Scan& scan, const Policy& policy, const Secrets& secrets) {
  thread_local simdjson::dom::parser parser;
  thread_local std::string claims, signature, account;
  CodeToken& token = scan.token;
  token = {};
  if (scan.code.empty()) return;
  const std::string_view code = scan.code;
  const auto dot = code.rfind('.');
  const auto refuse = [&](TokenState state) {
    // What is not genuine says nothing but whose it pretends to be.
    std::string issuer = state == TokenState::malformed ? std::string() : std::move(token.issuer);
    token = {};
    token.state = state;
    token.issuer = std::move(issuer);
  };
  if (!code.starts_with(kCodePrefix) || dot < kCodePrefix.size()) {
    refuse(TokenState::malformed);
    token.issuer = foreign_prefix(code);
    if (!token.issuer.empty()) token.subject = hash64(code);
    return;
  }
  const std::string_view payload = code.substr(kCodePrefix.size(), dot - kCodePrefix.size());
  if (!from_base64url(payload, claims) || !from_base64url(code.substr(dot + 1), signature) ||
      !read_claims(claims, parser, token, account))
    return refuse(TokenState::malformed);
  const auto issuer = policy.issuers.find(token.issuer);
  if (issuer == policy.issuers.end()) {
    refuse(TokenState::unknown_issuer);
    token.subject = hash64(account);
    return;
  }
  const auto mac = mac_by_name(issuer->second.algorithm, issuer->second.secret, secrets, code.substr(0, dot));
  if (!mac) return refuse(TokenState::unknown_issuer); // this node cannot know it: not ready (CONTRACT §7)
  if (!same_bytes(view(*mac), signature)) return refuse(TokenState::bad_mac);
  token.state = TokenState::genuine;
  scan.account = account;
  scan.handset = token.handset; // the issuer signed it; what the gateway says beside it is not
}

std::string make_code(const std::string& kid, const Issuer& issuer, std::string_view key, const std::string& account,
                      const std::string& handset, const std::string& nonce, Time issued_at, std::int64_t ttl_s,
                      const std::string& purpose) {
  std::string json = "{\"kid\":";
  append_json_string(json, kid);
  json += ",\"account\":";
  append_json_string(json, account);
  json += ",\"handset\":";
  append_json_string(json, handset);
  json += ",\"nonce\":";
  append_json_string(json, nonce);
  json += ",\"iat\":\"";
  append_time(json, issued_at);
  json += "\",\"ttl_s\":";
  append_integer(json, ttl_s);
  if (!purpose.empty()) {
    json += ",\"purpose\":";
    append_json_string(json, purpose);
  }
  json += '}';
  std::string code(kCodePrefix);
  code += base64url(json);
  const std::string mac = hmac(issuer.algorithm, key, code);
  code += '.';
  code += base64url(mac);
  return code;
}

} // namespace onecode::streams
