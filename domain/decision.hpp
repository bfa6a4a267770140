// What a scan leaves as: a verdict with every reason that was found (CONTRACT §5.1).
#pragma once

#include <cstdint>
#include <string_view>

namespace onecode {

enum class Verdict : std::uint8_t { allow, deny, challenge };

constexpr std::string_view to_string(Verdict v) {
  constexpr std::string_view n[] = {"allow", "deny", "challenge"};
  return n[static_cast<std::size_t>(v)];
}

enum class Reason : std::uint8_t {
  NOT_ELIGIBLE,
  ACCOUNT_UNKNOWN,
  ACCOUNT_FROZEN,
  ACCOUNT_CANCELLED,
  ACCOUNT_EXPIRED,
  NO_ENTITLEMENT,
  DEVICE_UNKNOWN,
  DEVICE_NOT_ACTIVE,
  DEVICE_QUARANTINED,
  DEVICE_BAD_MAC,
  INTEGRATION_NOT_LIVE,
  INTEGRATION_TERMINATED,
  OUT_OF_SCOPE,
  CODE_INVALID,
  CODE_UNKNOWN_ISSUER,
  CODE_EXPIRED,
  CODE_REPLAYED,
  CHALLENGE_REQUIRED,
  ENGINE_FAULT,
};
inline constexpr std::size_t kReasons = 19;

constexpr std::string_view to_string(Reason r) {
  constexpr std::string_view n[kReasons] = {
      "NOT_ELIGIBLE",       "ACCOUNT_UNKNOWN",    "ACCOUNT_FROZEN",       "ACCOUNT_CANCELLED",
      "ACCOUNT_EXPIRED",    "NO_ENTITLEMENT",     "DEVICE_UNKNOWN",       "DEVICE_NOT_ACTIVE",
      "DEVICE_QUARANTINED", "DEVICE_BAD_MAC",     "INTEGRATION_NOT_LIVE", "INTEGRATION_TERMINATED",
      "OUT_OF_SCOPE",       "CODE_INVALID",       "CODE_UNKNOWN_ISSUER",  "CODE_EXPIRED",
      "CODE_REPLAYED",      "CHALLENGE_REQUIRED", "ENGINE_FAULT"};
  return n[static_cast<std::size_t>(r)];
}

/// A set of reasons; iterates in the order of the enum.
class Reasons {
public:
  constexpr Reasons() = default;
  constexpr Reasons(Reason r) : bits_(bit(r)) {}
  constexpr void add(Reason r) { bits_ |= bit(r); }
  constexpr void add(Reasons other) { bits_ |= other.bits_; }
  constexpr bool has(Reason r) const { return (bits_ & bit(r)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const Reasons&) const = default;

  template <class F>
  void each(F&& f) const {
    for (std::size_t i = 0; i < kReasons; ++i)
      if (has(static_cast<Reason>(i))) f(static_cast<Reason>(i));
  }
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("bits", s.bits_);
  }

private:
  static constexpr std::uint32_t bit(Reason r) { return 1U << static_cast<unsigned>(r); }
  std::uint32_t bits_ = 0;
};

} // namespace onecode
