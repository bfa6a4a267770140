// The arguments of commands for devices (COMMANDS.md, "Devices"). Optional arguments are std::optional, bool or sequences;
// everything else is required.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/events.hpp"
#include "domain/time.hpp"

namespace onecode {

struct DeviceRegister {
  std::string serial;
  std::string model;
  std::string integration;
  std::optional<std::string> secure_element;
  std::vector<std::string> operators;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("serial", s.serial);
    v("model", s.model);
    v("integration", s.integration);
    v("secure_element", s.secure_element);
    v("operators", s.operators);
  }
};

struct DeviceCertify {
  std::string certificate;
  Time valid_to;
  std::optional<std::string> secret;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("certificate", s.certificate);
    v("valid_to", s.valid_to);
    v("secret", s.secret);
  }
};

struct DeviceRevoke {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

struct DeviceInstall {
  std::string integration;
  std::string zone;
  Position position;
  NetworkFacts network;
  std::vector<std::string> aps;
  std::string kind; // fixed | mobile
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("integration", s.integration);
    v("zone", s.zone);
    v("position", s.position);
    v("network", s.network);
    v("aps", s.aps);
    v("kind", s.kind);
  }
};

struct DeviceActivate {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

/// `kind`: relocate | network | repair | firmware.
struct MaintenanceRequest {
  std::string order;
  std::string kind;
  Time from;
  Time to;
  std::optional<std::string> zone;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("order", s.order);
    v("kind", s.kind);
    v("from", s.from);
    v("to", s.to);
    v("zone", s.zone);
  }
};

struct MaintenanceApprove {
  std::string order;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("order", s.order);
  }
};

/// What the work changed; the rest stays.
struct MaintenanceClose {
  std::string order;
  std::optional<std::string> zone;
  std::optional<Position> position;
  std::optional<NetworkFacts> network;
  std::vector<std::string> aps;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("order", s.order);
    v("zone", s.zone);
    v("position", s.position);
    v("network", s.network);
    v("aps", s.aps);
  }
};

struct DeviceQuarantine {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

struct DeviceRelease {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

struct DeviceRetire {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

} // namespace onecode
