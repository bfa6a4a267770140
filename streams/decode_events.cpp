#include "streams/decode_events.hpp"

#include <initializer_list>

#include "domain/hash.hpp"

namespace onecode::streams {
namespace {

constexpr std::int64_t kMaxCount = 1'000'000'000'000;
constexpr double kMaxAccuracyM = 1e7;
constexpr double kMaxRttMs = 1e7;

/// The members of one object. Ask for each known one by name; whatever was not asked for is ignored. The first error
/// stays and makes all later calls do nothing, so that a reader is a plain list of its fields.
class Members {
public:
  Members(simdjson::dom::object object, std::string_view path) : object_(object), path_(path) {}

  template <class F>
  bool optional(std::string_view key, F&& read) {
    Element value;
    if (error_ || !find(key, value)) return false;
    take(key, read(value));
    return !error_;
  }
  template <class F>
  void required(std::string_view key, F&& read) {
    Element value;
    if (error_) return;
    if (!find(key, value)) {
      if (!error_) error_ = missing_field(path(key));
      return;
    }
    take(key, read(value));
  }
  /// A member with members of its own: `read(value, path)`.
  template <class F>
  bool nested(std::string_view key, F&& read) {
    Element value;
    if (error_ || !find(key, value)) return false;
    error_ = read(value, path(key));
    return !error_;
  }
  void fail(DecodeError error) {
    if (!error_) error_ = std::move(error);
  }
  std::string path(std::string_view key) const { return path_ + '.' + std::string(key); }
  std::optional<DecodeError> error() { return std::move(error_); }
  bool failed() const { return error_.has_value(); }

private:
  void take(std::string_view key, const char* why) {
    if (why != nullptr) error_ = bad_field(path(key), why);
  }
  bool find(std::string_view key, Element& value) {
    bool found = false;
    for (const auto [k, v] : object_) {
      if (k != key || v.is_null()) continue;
      if (found) {
        error_ = bad_field(path(key), "stands twice");
        return false;
      }
      value = v;
      found = true;
    }
    return found;
  }
  simdjson::dom::object object_;
  std::string path_;
  std::optional<DecodeError> error_;
};

auto id(std::string& out) {
  return [&out](Element e) { return read_id(e, out); };
}
auto text(std::string& out, std::size_t min = 0, std::size_t max = kMaxTextBytes) {
  return [&out, min, max](Element e) { return read_text(e, out, min, max); };
}
template <class T>
auto integer(T& out, std::int64_t min, std::int64_t max) {
  return [&out, min, max](Element e) { return read_integer(e, out, min, max); };
}
auto boolean(bool& out) {
  return [&out](Element e) { return read_bool(e, out); };
}
auto word(std::string& out, std::initializer_list<std::string_view> words, const char* why) {
  return [&out, words, why](Element e) -> const char* {
    std::string_view s;
    if (e.get(s) != simdjson::SUCCESS) return wrong::kString;
    for (const auto w : words)
      if (w == s) {
        out.assign(s);
        return nullptr;
      }
    return why;
  };
}
auto texts(std::vector<std::string>& out, bool ids) {
  return [&out, ids](Element e) -> const char* {
    simdjson::dom::array items;
    if (e.get(items) != simdjson::SUCCESS) return wrong::kStrings;
    out.clear();
    for (const Element item : items) {
      const char* why =
          ids ? read_id(item, out.emplace_back()) : read_text(item, out.emplace_back(), 1, kMaxTextBytes);
      if (why == wrong::kString) return wrong::kStrings;
      if (why != nullptr) return why;
    }
    return nullptr;
  };
}
/// Text, or a whole number written as one: vlan 120 and "120" are the same.
auto text_or_integer(std::string& out) {
  return [&out](Element e) -> const char* {
    std::int64_t n = 0;
    if (e.get(n) == simdjson::SUCCESS) {
      out = std::to_string(n);
      return nullptr;
    }
    return read_text(e, out, 0, kMaxTextBytes);
  };
}

std::uint64_t mix(std::uint64_t h, std::string_view s) { return hash64(s, h); }

} // namespace

std::optional<DecodeError> read_position(Element e, std::string_view path, Position& out) {
  simdjson::dom::object object;
  if (e.get(object) != simdjson::SUCCESS) return bad_field(path, wrong::kObject);
  Members m(object, path);
  m.required("lat", [&](Element v) { return read_degrees(v, out.lat_e7, 90); });
  m.required("lon", [&](Element v) { return read_degrees(v, out.lon_e7, 180); });
  m.optional("accuracy_m", [&](Element v) { return read_rounded(v, out.accuracy_m, 0, kMaxAccuracyM); });
  return m.error();
}

std::optional<DecodeError> read_network(Element e, std::string_view path, NetworkFacts& out) {
  simdjson::dom::object object;
  if (e.get(object) != simdjson::SUCCESS) return bad_field(path, wrong::kObject);
  Members m(object, path);
  m.optional("src_ip", text(out.src_ip));
  m.optional("gateway_mac", text(out.gateway_mac));
  m.optional("vlan", text_or_integer(out.vlan));
  m.optional("switch_port", text_or_integer(out.switch_port));
  m.optional("dns", [&](Element v) -> const char* {
    if (!v.is_array()) return read_text(v, out.dns, 0, kMaxTextBytes);
    std::vector<std::string> servers; // a list is kept as one text, in its order
    if (const char* why = texts(servers, false)(v)) return why;
    out.dns.clear();
    for (const auto& s : servers) out.dns.append(out.dns.empty() ? "" : ",").append(s);
    return nullptr;
  });
  m.optional("path_hash", text(out.path_hash));
  m.optional("rtt_ms", [&](Element v) { return read_rounded(v, out.rtt_ms, 0, kMaxRttMs); });
  return m.error();
}

std::optional<DecodeError> read_report(simdjson::dom::object data, DeviceReport& r) {
  Members m(data, "data");
  std::string kind;
  m.required("device", id(r.device));
  m.required("kind", word(kind, {"heartbeat", "tamper", "boot", "position", "network"},
                          "must be heartbeat, tamper, boot, position or network"));
  m.optional("boot", integer(r.boot, 0, UINT32_MAX));
  m.optional("seq", [&](Element v) { return read_integer(v, r.seq.emplace(), 0, INT64_MAX); });
  m.nested("position",
           [&](Element v, const std::string& path) { return read_position(v, path, r.position.emplace()); });
  m.optional("aps", texts(r.aps, false));
  m.nested("network", [&](Element v, const std::string& path) { return read_network(v, path, r.network.emplace()); });
  m.optional("firmware", text(r.firmware));
  m.optional("secure_element", text(r.secure_element));
  m.optional("tls_fingerprint", text(r.tls_fingerprint));
  m.optional("tamper", boolean(r.tamper));
  m.optional("uptime_s", integer(r.uptime_s, 0, kMaxCount));
  m.optional("clock_offset_ms", [&](Element v) { return read_signed(v, r.clock_offset_ms.emplace(), kMaxCount); });
  if (m.failed()) return m.error();
  r.kind = kind == "tamper"     ? ReportKind::tamper
           : kind == "boot"     ? ReportKind::boot
           : kind == "position" ? ReportKind::position
           : kind == "network"  ? ReportKind::network
                                : ReportKind::heartbeat;
  std::uint64_t h = mix64(static_cast<std::uint64_t>(r.origin.time.ms), static_cast<std::uint64_t>(r.kind));
  h = mix64(mix64(h, r.boot), r.seq ? *r.seq + 1 : 0);
  h = mix64(mix64(h, r.tamper ? 1 : 0), static_cast<std::uint64_t>(r.uptime_s));
  h = mix64(h, static_cast<std::uint64_t>(r.clock_offset_ms.value_or(0)));
  if (r.position) {
    h = mix64(h, static_cast<std::uint64_t>(r.position->lat_e7));
    h = mix64(h, static_cast<std::uint64_t>(r.position->lon_e7));
    h = mix64(h, static_cast<std::uint64_t>(r.position->accuracy_m));
  }
  h = mix64(h, r.aps.size());
  for (const auto& ap : r.aps) h = mix(h, ap);
  if (r.network) {
    const NetworkFacts& n = *r.network;
    for (const auto* s : {&n.src_ip, &n.gateway_mac, &n.vlan, &n.switch_port, &n.dns, &n.path_hash}) h = mix(h, *s);
    h = mix64(h, static_cast<std::uint64_t>(n.rtt_ms));
  }
  for (const auto* s : {&r.device, &r.firmware, &r.secure_element, &r.tls_fingerprint}) h = mix(h, *s);
  r.content = h == 0 ? 1 : h;
  return std::nullopt;
}

std::optional<DecodeError> read_code_issued(simdjson::dom::object data, CodeIssued& c) {
  Members m(data, "data");
  m.required("account", id(c.account));
  m.required("handset", id(c.handset));
  m.required("nonce", text(c.nonce, 1, kMaxNonceBytes));
  m.required("ttl_s", integer(c.ttl_s, 1, kMaxCodeLifeSeconds));
  m.optional("zone", id(c.zone));
  m.optional("ap", text(c.ap));
  c.network = "unknown";
  m.optional("network", word(c.network, {"campus", "external", "unknown"}, "must be campus, external or unknown"));
  m.optional("purpose", text(c.purpose));
  return m.error();
}

std::optional<DecodeError> read_posting(simdjson::dom::object data, Posting& p) {
  Members m(data, "data");
  m.required("account", id(p.account));
  m.required("posting", text(p.posting, 1, kMaxNonceBytes));
  m.required("kind", word(p.kind, {"charge", "refund", "topup", "repayment", "fee", "reversal"},
                          "must be charge, refund, topup, repayment, fee or reversal"));
  m.required("amount", integer(p.amount.value, 1, kMaxFen));
  m.optional("balance", [&](Element v) { return read_signed(v, p.balance.emplace().value, kMaxFen); });
  m.optional("op", text(p.op));
  m.optional("integration", id(p.integration));
  m.optional("reverses", text(p.reverses, 1, kMaxNonceBytes));
  p.cause = "normal";
  m.optional("cause", word(p.cause, {"normal", "offline_lag", "double_post", "outage", "config", "unknown"},
                           "must be normal, offline_lag, double_post, outage, config or unknown"));
  m.optional("offline", boolean(p.offline));
  if (p.kind == "reversal" && p.reverses.empty()) m.fail(missing_field("data.reverses"));
  return m.error();
}

std::optional<DecodeError> read_data_access(simdjson::dom::object data, DataAccess& a) {
  Members m(data, "data");
  m.required("integration", id(a.integration));
  m.required("request", text(a.request, 1));
  m.required("endpoint", text(a.endpoint, 1));
  m.required("fields", texts(a.fields_read, false));
  m.required("operation", word(a.operation, {"read", "export", "store"}, "must be read, export or store"));
  const bool subjects = m.optional("subjects", texts(a.subjects, true));
  const bool counted = m.optional("subject_count", integer(a.subject_count, 0, kMaxCount));
  m.optional("operator", text(a.operator_id));
  m.optional("result_count", integer(a.result_count, 0, kMaxCount));
  m.optional("not_found_count", integer(a.not_found_count, 0, kMaxCount));
  if (!subjects && !counted)
    m.fail(decode_error("MISSING_FIELD", "data.subjects: is missing (or data.subject_count)"));
  if (!counted) a.subject_count = static_cast<std::int64_t>(a.subjects.size());
  return m.error();
}

} // namespace onecode::streams
