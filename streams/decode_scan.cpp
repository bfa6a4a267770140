// The hot path: one pass over the members of `data`.
#include "domain/hash.hpp"
#include "streams/base64.hpp"
#include "streams/decode_events.hpp"

namespace onecode::streams {
namespace {

constexpr std::int64_t kMaxTimeAccuracyMs = 86'400'000;
constexpr std::size_t kMaxOtherBytes = 128; // of the name behind `other:`
constexpr std::size_t kMaxMacText = 128;

enum Field : std::uint32_t {
  kDevice = 1U << 0,
  kBoot = 1U << 1,
  kSeq = 1U << 2,
  kAccount = 1U << 3,
  kCode = 1U << 4,
  kFunction = 1U << 5,
  kAuth = 1U << 6,
  kDirection = 1U << 7,
  kOutcome = 1U << 8,
  kAmount = 1U << 9,
  kHandset = 1U << 10,
  kOperator = 1U << 11,
  kIntegration = 1U << 12,
  kOffline = 1U << 13,
  kClock = 1U << 14,
  kAccuracy = 1U << 15,
  kMac = 1U << 16,
};

std::uint32_t field_of(std::string_view key) {
  switch (key.size()) {
    case 3:
      if (key == "seq") return kSeq;
      if (key == "mac") return kMac;
      return 0;
    case 4:
      if (key == "auth") return kAuth;
      if (key == "boot") return kBoot;
      if (key == "code") return kCode;
      return 0;
    case 5:
      return key == "clock" ? kClock : 0U;
    case 6:
      if (key == "device") return kDevice;
      if (key == "amount") return kAmount;
      return 0;
    case 7:
      if (key == "account") return kAccount;
      if (key == "outcome") return kOutcome;
      if (key == "offline") return kOffline;
      if (key == "handset") return kHandset;
      return 0;
    case 8:
      if (key == "function") return kFunction;
      if (key == "operator") return kOperator;
      return 0;
    case 9:
      return key == "direction" ? kDirection : 0U;
    case 11:
      return key == "integration" ? kIntegration : 0U;
    case 16:
      return key == "time_accuracy_ms" ? kAccuracy : 0U;
    default:
      return 0;
  }
}

bool is_other(std::string_view s) {
  constexpr std::string_view kOther = "other:";
  return s.starts_with(kOther) && s.size() > kOther.size() && s.size() <= kOther.size() + kMaxOtherBytes &&
         !has_control(s);
}

bool is_auth(std::string_view s) { return s == "present" || s == "password" || is_other(s); }

const char* read_word(Element e, std::string& out, bool (*is_word)(std::string_view), const char* why) {
  std::string_view s;
  if (e.get(s) != simdjson::SUCCESS) return wrong::kString;
  if (!is_word(s)) return why;
  out.assign(s);
  return nullptr;
}

template <class E>
const char* read_enum(Element e, E& out, std::initializer_list<E> all, const char* why) {
  std::string_view s;
  if (e.get(s) != simdjson::SUCCESS) return wrong::kString;
  for (const E x : all) {
    if (to_string(x) == s) {
      out = x;
      return nullptr;
    }
  }
  return why;
}

const char* read_clock(Element e, Clock& out) {
  std::string_view s;
  if (e.get(s) != simdjson::SUCCESS) return wrong::kString;
  if (s != "synced" && s != "free") return "must be synced or free";
  out = s == "free" ? Clock::free : Clock::synced;
  return nullptr;
}

void clear(Scan& scan) {
  scan.device.clear();
  scan.boot = 0;
  scan.seq = 0;
  scan.account.clear();
  if (scan.token.state != TokenState::none) scan.token = {};
  scan.code.clear();
  scan.function.clear();
  scan.auth.clear();
  scan.direction = Direction::none;
  scan.direction_given = false;
  scan.outcome = Outcome::unknown;
  scan.outcome_given = false;
  scan.amount.reset();
  scan.handset.clear();
  scan.operator_id.clear();
  scan.integration.clear();
  scan.offline = false;
  scan.clock = Clock::synced;
  scan.time_accuracy_ms = 0;
  scan.mac.clear();
  scan.content = 0;
}

/// Over every known member and the time, never 0. From the values, not from the text: the same in structured and
/// binary mode, whatever the order of members, white space and unknown members. Before a code is resolved: the policy
/// has no part in it.
std::uint64_t content_of(const Scan& scan, std::uint32_t seen) {
  std::uint64_t h = mix64(static_cast<std::uint64_t>(scan.origin.time.ms), seen);
  h = mix64(h, scan.seq);
  h = mix64(h, scan.boot);
  h = mix64(h, static_cast<std::uint64_t>(scan.direction) | static_cast<std::uint64_t>(scan.outcome) << 8 |
                   static_cast<std::uint64_t>(scan.offline) << 16 | static_cast<std::uint64_t>(scan.clock) << 24 |
                   static_cast<std::uint64_t>(scan.time_accuracy_ms) << 32);
  if (scan.amount) h = mix64(h, static_cast<std::uint64_t>(scan.amount->value));
  // Each text is the seed of the next one. Lengths are part of hash64, and `seen` tells which texts there are.
  for (const std::string* s : {&scan.device, &scan.account, &scan.code, &scan.function, &scan.auth, &scan.handset,
                               &scan.operator_id, &scan.integration, &scan.mac})
    if (!s->empty()) h = hash64(*s, h);
  return h == 0 ? 1 : h;
}

[[gnu::cold]] std::string path_of(std::string_view key) { return std::string("data.").append(key); }

} // namespace

bool is_function(std::string_view s) {
  return s == "access" || s == "payment" || s == "identity" || s == "library" || is_other(s);
}

std::optional<DecodeError> read_scan(simdjson::dom::object data, Scan& scan) {
  clear(scan);
  std::uint32_t seen = 0;
  for (auto it = data.begin(), end = data.end(); it != end; ++it) {
    const std::string_view key = it.key();
    const std::uint32_t field = field_of(key);
    if (field == 0) continue;
    const Element value = it.value();
    if (value.is_null()) continue; // the same as absent
    if ((seen & field) != 0) return bad_field(path_of(key), "stands twice");
    seen |= field;
    const char* why = nullptr;
    switch (field) {
      case kDevice:
        why = read_id(value, scan.device);
        break;
      case kBoot:
        why = read_integer(value, scan.boot, 0, UINT32_MAX);
        break;
      case kSeq:
        why = read_integer(value, scan.seq, 0, INT64_MAX);
        break;
      case kAccount:
        why = read_id(value, scan.account);
        break;
      case kCode:
        why = read_text(value, scan.code, 1, kMaxCodeBytes);
        break;
      case kFunction:
        why = read_word(value, scan.function, is_function,
                        "must be identity, payment, access, library or other:<name>");
        break;
      case kAuth:
        why = read_word(value, scan.auth, is_auth, "must be present, password or other:<how>");
        break;
      case kDirection:
        scan.direction_given = true;
        why = read_enum(value, scan.direction, {Direction::in, Direction::out, Direction::none},
                        "must be in, out or none");
        break;
      case kOutcome:
        scan.outcome_given = true;
        why = read_enum(value, scan.outcome, {Outcome::accepted, Outcome::denied, Outcome::unknown},
                        "must be accepted, denied or unknown");
        break;
      case kAmount:
        why = read_integer(value, scan.amount.emplace().value, 0, kMaxFen);
        break;
      case kHandset:
        why = read_id(value, scan.handset);
        break;
      case kOperator:
        why = read_text(value, scan.operator_id, 0, kMaxTextBytes);
        break;
      case kIntegration:
        why = read_id(value, scan.integration);
        break;
      case kOffline:
        why = read_bool(value, scan.offline);
        break;
      case kClock:
        why = read_clock(value, scan.clock);
        break;
      case kAccuracy:
        why = read_integer(value, scan.time_accuracy_ms, 0, kMaxTimeAccuracyMs);
        break;
      case kMac: {
        std::string_view text;
        why = view_text(value, text, 0, kMaxMacText);
        // What is not base64url is nobody's MAC: kept as it is, it fails like any wrong one, and the device answers for it.
        if (why == nullptr && !from_base64url(text, scan.mac)) scan.mac.assign(text);
        break;
      }
      default:
        break;
    }
    if (why != nullptr) [[unlikely]]
      return bad_field(path_of(key), why);
  }
  constexpr std::uint32_t kRequired = kDevice | kSeq | kFunction | kAuth;
  if ((seen & kRequired) != kRequired || (seen & (kAccount | kCode)) == 0) [[unlikely]] {
    if ((seen & kDevice) == 0) return missing_field("data.device");
    if ((seen & kSeq) == 0) return missing_field("data.seq");
    if ((seen & kFunction) == 0) return missing_field("data.function");
    if ((seen & kAuth) == 0) return missing_field("data.auth");
    return decode_error("MISSING_FIELD", "data.account: is missing (or data.code)");
  }
  if ((seen & kAccount) != 0 && (seen & kCode) != 0)
    return bad_field("data.code", "an account and a code exclude each other");
  if (scan.function == "payment" && !scan.amount) return missing_field("data.amount");
  if ((seen & kClock) == 0) scan.clock = scan.offline ? Clock::free : Clock::synced;
  scan.content = content_of(scan, seen);
  return std::nullopt;
}

} // namespace onecode::streams
