#include "domain/rules/d07_network_change.hpp"

#include <algorithm>
#include <array>

#include "domain/device_findings.hpp"
#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

namespace p = param::d7;
using Environment = DeviceState::Environment;

/// A number in decimal or hexadecimal; nullopt: none, or above `most`.
std::optional<unsigned> number(std::string_view s, unsigned base, unsigned most) {
  if (s.empty() || s.size() > 4) return std::nullopt;
  unsigned n = 0;
  for (const char c : s) {
    const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                           : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                           : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                                  : 99;
    if (digit >= base) return std::nullopt;
    n = n * base + digit;
  }
  return n <= most ? std::optional(n) : std::nullopt;
}

std::vector<std::string_view> split(std::string_view s, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0;;) {
    const auto to = s.find(at, from);
    parts.push_back(s.substr(from, to - from));
    if (to == s.npos) return parts;
    from = to + 1;
  }
}

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t bits = 0; // 32 | 128
};

std::optional<Address> ipv4(std::string_view s) {
  const auto parts = split(s, '.');
  if (parts.size() != 4) return std::nullopt;
  Address a{{}, 32};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto n = number(parts[i], 10, 255);
    if (!n) return std::nullopt;
    a.bytes[i] = static_cast<std::uint8_t>(*n);
  }
  return a;
}

std::optional<Address> ipv6(std::string_view s) {
  const auto gap = s.find("::");
  const auto groups = [](std::string_view part) {
    return part.empty() ? std::vector<std::string_view>{} : split(part, ':');
  };
  const auto head = groups(s.substr(0, gap));
  const auto tail = gap == s.npos ? std::vector<std::string_view>{} : groups(s.substr(gap + 2));
  if (head.size() + tail.size() > 8 || (gap == s.npos && head.size() != 8)) return std::nullopt;
  Address a{{}, 128};
  const auto put = [&](std::string_view text, std::size_t group) {
    const auto n = number(text, 16, 0xffff);
    if (!n) return false;
    a.bytes[2 * group] = static_cast<std::uint8_t>(*n >> 8);
    a.bytes[2 * group + 1] = static_cast<std::uint8_t>(*n & 255);
    return true;
  };
  for (std::size_t i = 0; i < head.size(); ++i)
    if (!put(head[i], i)) return std::nullopt;
  for (std::size_t i = 0; i < tail.size(); ++i)
    if (!put(tail[i], 8 - tail.size() + i)) return std::nullopt;
  return a;
}

std::optional<Address> address_of(std::string_view s) {
  constexpr std::string_view mapped = "::ffff:"; // IPv4 as a dual-stack listener shows it
  if (s.starts_with(mapped) && s.find('.') != s.npos) return ipv4(s.substr(mapped.size()));
  return s.find(':') == s.npos ? ipv4(s) : ipv6(s);
}

std::int64_t median(std::vector<std::int64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// The last 16 round trips against the first 16.
bool other_distance(Environment& env, std::int64_t rtt_ms, const RuleSettings& s) {
  if (env.usual_rtt.size() < Environment::kRoundTrips) {
    env.usual_rtt.push_back(rtt_ms);
    return false;
  }
  if (env.recent_rtt.size() == Environment::kRoundTrips) env.recent_rtt.erase(env.recent_rtt.begin());
  env.recent_rtt.push_back(rtt_ms);
  if (env.recent_rtt.size() < Environment::kRoundTrips) return false;
  const std::int64_t usual = median(env.usual_rtt);
  std::vector<std::int64_t> off;
  for (const auto x : env.usual_rtt) off.push_back(x < usual ? usual - x : x - usual);
  const std::int64_t recent = median(env.recent_rtt);
  const std::int64_t shift = recent < usual ? usual - recent : recent - usual;
  return shift > std::max(s[p::rtt_mads] * median(off), s[p::rtt_floor_ms]);
}

} // namespace

bool same_segment(std::string_view range, std::string_view address) {
  const auto slash = range.find('/');
  const auto net = address_of(range.substr(0, slash));
  const auto ip = address_of(address);
  if (!net || !ip) return range == address;
  if (net->bits != ip->bits) return false;
  std::size_t prefix = net->bits == 32 ? 24 : 64;
  if (slash != range.npos) {
    const auto n = number(range.substr(slash + 1), 10, static_cast<unsigned>(net->bits));
    if (!n) return range == address;
    prefix = *n;
  }
  for (std::size_t bit = 0; bit < prefix; ++bit)
    if (((net->bytes[bit / 8] ^ ip->bytes[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
  return true;
}

std::vector<Text> network_differences(const NetworkFacts& approved, const NetworkFacts& seen) {
  std::vector<Text> out;
  const auto both = [](const std::string& a, const std::string& b) { return !a.empty() && !b.empty(); };
  if (both(approved.src_ip, seen.src_ip) && !same_segment(approved.src_ip, seen.src_ip))
    out.push_back({"网段", "network segment"});
  const auto compare = [&](std::string NetworkFacts::*member, Text name) {
    if (both(approved.*member, seen.*member) && approved.*member != seen.*member) out.push_back(std::move(name));
  };
  const auto lower = [](std::string s) {
    for (char& c : s)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return s;
  };
  if (both(approved.gateway_mac, seen.gateway_mac) && lower(approved.gateway_mac) != lower(seen.gateway_mac))
    out.push_back({"网关", "gateway"});
  compare(&NetworkFacts::vlan, {"VLAN", "VLAN"});
  compare(&NetworkFacts::switch_port, {"交换机端口", "switch port"});
  compare(&NetworkFacts::dns, {"DNS", "DNS"});
  compare(&NetworkFacts::path_hash, {"路由", "route"});
  return out;
}

std::optional<Hit> network_change(DeviceState& d, const DeviceReport& report, std::vector<Text> differences,
                                  const RuleSettings& s) {
  if (report.network && report.network->rtt_ms > 0) {
    d.dirty.environment = true;
    if (other_distance(d.environment, report.network->rtt_ms, s)) differences.push_back({"往返时延", "round trip"});
  }
  if (differences.empty()) return std::nullopt;
  Text facts{"与批准的网络基线不同:", "it differs from its approved network in "};
  for (std::size_t i = 0; i < differences.size(); ++i) {
    facts.zh += (i == 0 ? "" : "、") + differences[i].zh;
    facts.en += (i == 0 ? "" : i + 1 == differences.size() ? " and " : ", ") + differences[i].en;
  }
  Hit hit = make_hit(RuleId::D7, s, report.origin.time, std::move(facts), ref(report.origin));
  if (differences.size() == 1) hit.weight = static_cast<int>(s[p::single_weight]);
  if (differences.size() == 2) hit.weight = static_cast<int>(s[p::pair_weight]);
  return hit;
}

std::string switch_of(const NetworkFacts& facts) {
  const auto slash = facts.switch_port.find_last_of("/:");
  std::string name = slash == std::string::npos ? facts.gateway_mac : facts.switch_port.substr(0, slash);
  if (name.empty()) return {};
  if (!valid_id(name)) name = hex(hash128(name));
  return "switch:" + name;
}

std::uint64_t network_print(const NetworkFacts& f) {
  std::uint64_t h = hash64(f.gateway_mac);
  for (const auto* s : {&f.vlan, &f.switch_port, &f.dns, &f.path_hash}) h = mix64(h, hash64(*s));
  const auto dot = f.src_ip.find_last_of(".:"); // readers get their addresses from a range
  return mix64(h, hash64(f.src_ip.substr(0, dot))) | 1;
}

} // namespace onecode::rules
