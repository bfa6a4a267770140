#include "domain/rules/a05_nonce_reuse.hpp"

#include <algorithm>

#include "domain/rules/params.hpp"

namespace onecode::rules {
namespace {

constexpr std::size_t kMaxNonces = 16;
constexpr Duration kLateness = hours(1);

const AccountState::UsedNonce* earlier_use(const AccountState& a, const Scan& scan) {
  if (scan.token.state != TokenState::genuine || a.usage.nonces.empty()) return nullptr;
  const auto it =
      std::ranges::find(a.usage.nonces, code_print(scan.token.nonce), &AccountState::UsedNonce::nonce_hash);
  return it == a.usage.nonces.end() ? nullptr : &*it;
}

} // namespace

CodeUse code_use(const AccountState& a, const Scan& scan, const RuleSettings& s) {
  const auto* earlier = earlier_use(a, scan);
  if (earlier == nullptr || !earlier->accepted) return CodeUse::first;
  if (earlier->device != scan.device) return CodeUse::replayed;
  const bool at_once = apart(earlier->first_use, scan.origin.time).ms <= s[param::a5::retry_ms];
  return at_once ? CodeUse::retry : CodeUse::repeated;
}

std::optional<Hit> nonce_reuse(const AccountState& a, const Scan& scan, const RuleSettings& s) {
  if (code_use(a, scan, s) != CodeUse::replayed) return std::nullopt;
  const auto& earlier = *earlier_use(a, scan);
  if (a.file.settled && earlier.first_use <= *a.file.settled) return std::nullopt; // half of it was answered
  return Hit{
      RuleId::A5,
      s.weight,
      1000,
      std::max(earlier.first_use, scan.origin.time),
      {Form::code_on_two_devices, {std::min(earlier.device, scan.device), std::max(earlier.device, scan.device)}},
      {earlier.event, ref(scan.origin)}};
}

bool remember_code(AccountState& a, const Scan& scan, bool served, Time now) {
  if (scan.token.state != TokenState::genuine) return false;
  auto& nonces = a.usage.nonces;
  const std::uint64_t hash = code_print(scan.token.nonce);
  const auto it = std::ranges::find(nonces, hash, &AccountState::UsedNonce::nonce_hash);
  if (it != nonces.end()) {
    if (it->accepted || !served) return false;
    it->accepted = true;
    it->first_use = scan.origin.time;
    it->device = scan.device;
    it->event = ref(scan.origin);
    return true;
  }
  std::erase_if(nonces, [&](const auto& n) { return n.expires + kLateness < now; });
  if (nonces.size() == kMaxNonces)
    nonces.erase(std::ranges::min_element(nonces, {}, [](const auto& n) { return n.expires; }));
  const Time expires = scan.token.issued_at + seconds(std::clamp<std::int64_t>(scan.token.ttl_s, 0, 86'400));
  nonces.push_back({hash, scan.origin.time, expires, scan.device, served, ref(scan.origin)});
  return true;
}

} // namespace onecode::rules
