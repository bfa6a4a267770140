// A device: is this reader who and where it claims to be, may it be used, and what did it send?
//   Regulation R6.4 R7.2 R11.1a R11.3; rules D1 D2 D3 D8 D15 and R6.4.
//   Sequence   the last 256 numbers of the newest boot and of the one before are remembered with a hash of their content:
//              a retransmission gets no second decision, other content is a clone (D2).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/effects.hpp"
#include "domain/evidence.hpp"
#include "domain/finding.hpp"
#include "domain/messages.hpp"

namespace onecode {

enum class DeviceLife : std::uint8_t { unknown, registered, certified, installed, active, maintenance, quarantined, retired };

constexpr std::string_view to_string(DeviceLife s) {
  constexpr std::string_view n[] = {"unknown", "registered",  "certified",   "installed",
                                    "active",  "maintenance", "quarantined", "retired"};
  return n[static_cast<std::size_t>(s)];
}

/// The last 256 sequence numbers of one boot.
struct SequenceWindow {
  static constexpr std::uint64_t kNumbers = 256;
  static constexpr std::size_t kGroup = 16;  // slots stored together
  static constexpr std::size_t kGroups = kNumbers / kGroup;
  struct Slot {
    std::uint64_t seq = 0;
    std::uint64_t content = 0;  // 0: empty
    std::uint64_t event = 0;    // hash of (source, id)
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("seq", s.seq);
      v("content", s.content);
      v("event", s.event);
    }
  };
  std::uint32_t boot = 0;
  bool started = false;
  std::uint64_t highest = 0;
  std::array<Slot, kNumbers> slots{};  // slot = seq % 256
};

struct DeviceState {
  /// Changed by commands, by the integration and by findings.
  struct Register {
    DeviceLife life = DeviceLife::unknown;
    DeviceLife before_quarantine = DeviceLife::unknown;
    std::string serial, model, secure_element;
    std::string integration;
    std::vector<std::string> operators;
    std::string certificate;
    Time certified_to;
    std::string secret;  // name of the MAC key; empty: none
    std::string zone, kind;
    Position position;
    NetworkFacts network;
    std::vector<std::string> aps;
    msg::IntegrationView view;
    std::uint64_t revision = 0;
    Reasons quarantine_reasons;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("life", s.life);
      v("before_quarantine", s.before_quarantine);
      v("serial", s.serial);
      v("model", s.model);
      v("secure_element", s.secure_element);
      v("integration", s.integration);
      v("operators", s.operators);
      v("certificate", s.certificate);
      v("certified_to", s.certified_to);
      v("secret", s.secret);
      v("zone", s.zone);
      v("kind", s.kind);
      v("position", s.position);
      v("network", s.network);
      v("aps", s.aps);
      v("view", s.view);
      v("revision", s.revision);
      v("quarantine_reasons", s.quarantine_reasons);
    }
  };

  /// D3: one stream of reports, recognised by address, boot and TLS fingerprint.
  struct Stream {
    std::uint64_t signature = 0;
    Time last;
    EventRef event;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("signature", s.signature);
      v("last", s.last);
      v("event", s.event);
    }
  };

  /// Changed by every scan or report: small.
  struct Hot {
    std::uint64_t scans = 0;
    std::uint64_t lost = 0;  // sequence numbers that never came
    std::uint32_t boots[2] = {0, 0};
    bool started[2] = {false, false};
    std::uint64_t highest[2] = {0, 0};
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("scans", s.scans);
      v("lost", s.lost);
      for (int i = 0; i < 2; ++i) {
        v("boot", s.boots[i]);
        v("started", s.started[i]);
        v("highest", s.highest[i]);
      }
    }
  };

  struct Reports {
    std::vector<Stream> streams;  // the last 4
    std::uint32_t boot = 0;
    std::uint64_t highest = 0;
    bool started = false;
    std::vector<std::uint64_t> recent;  // content hashes of the last 64 numbered reports, by seq % 64
    std::vector<std::uint64_t> recent_seq;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("streams", s.streams);
      v("boot", s.boot);
      v("highest", s.highest);
      v("started", s.started);
      v("recent", s.recent);
      v("recent_seq", s.recent_seq);
    }
  };

  /// One open finding per rule, with its evidence; and what was already told to the integration today.
  struct OpenFinding {
    EvidenceBook evidence;
    Finding finding;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("evidence", s.evidence);
      v("finding", s.finding);
    }
  };
  struct Reported {
    std::uint64_t detail = 0;
    Time at;
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("detail", s.detail);
      v("at", s.at);
    }
  };
  struct File {
    std::vector<OpenFinding> findings;  // by rule id
    std::vector<Reported> reported;     // at most 32
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("findings", s.findings);
      v("reported", s.reported);
    }
  };

  std::string id;
  Register reg;
  Hot hot;
  std::array<SequenceWindow, 2> windows;  // [0] the newest boot, [1] the boot before
  Reports reports;
  File file;

  struct Dirty {
    bool reg = false, hot = false, reports = false, file = false;
    std::array<std::array<bool, SequenceWindow::kGroups>, 2> groups{};
    bool any() const {
      bool r = reg || hot || reports || file;
      for (const auto& w : groups)
        for (const bool g : w) r = r || g;
      return r;
    }
  };
  Dirty dirty;
};

/// What the shell found out about the scan's MAC (it has the secrets, the domain has not).
enum class MacCheck : std::uint8_t { not_required, ok, missing, wrong };

/// A scan as it arrives. Leaves one ScanSeen for its account; or the Decision itself when the scan names no account; or
/// nothing for a retransmission; or the refusal DUPLICATE_ID.
/// `repeated`: a device that cannot count (always 0) sent this very content before (the shard's deduplication knows).
void step(DeviceState& d, const Scan& scan, MacCheck mac, const Context& context, Effects& out);
void step(DeviceState& d, const DeviceReport& report, const Context& context, Effects& out);
void step(DeviceState& d, const Command& command, const Context& context, Effects& out);
void step(DeviceState& d, const msg::IntegrationView& view, const Context& context, Effects& out);
void step(DeviceState& d, const msg::SerialShared& shared, const Context& context, Effects& out);
void step(DeviceState& d, const msg::TimerFired& timer, const Context& context, Effects& out);

}  // namespace onecode
