// The commands of COMMANDS.md: their typed arguments, target and roles. One struct per command; its `fields` list is
// what decodes the JSON, encodes the inbox message and prints the help. Optional arguments are std::optional, bool or
// sequences; everything else is required.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/events.hpp"

namespace onecode {

struct AccountOpen {
  std::string category;
  Time valid_from;
  std::optional<Time> valid_to;
  std::optional<std::string> approver;
  std::optional<std::string> holder;
  bool test = false;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("category", s.category);
    v("valid_from", s.valid_from);
    v("valid_to", s.valid_to);
    v("approver", s.approver);
    v("holder", s.holder);
    v("test", s.test);
  }
};

struct HandsetBind {
  std::string handset;
  bool secondary = false;
  std::optional<std::string> replaces;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("handset", s.handset);
    v("secondary", s.secondary);
    v("replaces", s.replaces);
  }
};

struct AccountFreeze {
  std::string article;
  std::vector<std::string> functions;
  std::optional<std::string> case_id;
  std::optional<Time> expires;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("article", s.article);
    v("functions", s.functions);
    v("case", s.case_id);
    v("expires", s.expires);
  }
};

struct AccountLift {
  std::string article;
  std::optional<std::string> case_id;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("article", s.article);
    v("case", s.case_id);
  }
};

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
struct DeviceQuarantine {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};
struct DeviceRelease {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

struct Plan {
  std::string purpose, architecture, data_security, expected_effect;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("purpose", s.purpose);
    v("architecture", s.architecture);
    v("data_security", s.data_security);
    v("expected_effect", s.expected_effect);
  }
};

struct DataField {
  std::string name, purpose;
  std::int64_t retention_days = 0;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("name", s.name);
    v("purpose", s.purpose);
    v("retention_days", s.retention_days);
  }
};

struct Volumes {
  std::optional<std::int64_t> subjects_per_day, scans_per_day;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("subjects_per_day", s.subjects_per_day);
    v("scans_per_day", s.scans_per_day);
  }
};

/// Hours of the day in campus time, "HH:MM".
struct Hours {
  std::string from, to;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("from", s.from);
    v("to", s.to);
  }
};

/// What an integration declared (R4.1). A list that is left out or empty restricts nothing.
struct Manifest {
  std::vector<std::string> devices, zones, functions;
  std::vector<DataField> data_fields;
  std::vector<std::string> endpoints;
  std::optional<Volumes> volumes;
  std::optional<std::string> network;
  std::optional<Hours> hours;
  std::vector<std::string> categories, operators;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("devices", s.devices);
    v("zones", s.zones);
    v("functions", s.functions);
    v("fields", s.data_fields);
    v("endpoints", s.endpoints);
    v("volumes", s.volumes);
    v("network", s.network);
    v("hours", s.hours);
    v("categories", s.categories);
    v("operators", s.operators);
  }
};

struct IntegrationAdopt {
  std::string unit;
  std::vector<std::string> owners;
  Plan plan;
  Manifest manifest;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("unit", s.unit);
    v("owners", s.owners);
    v("plan", s.plan);
    v("manifest", s.manifest);
  }
};

using CommandArgs = std::variant<AccountOpen, HandsetBind, AccountFreeze, AccountLift, DeviceRegister, DeviceCertify,
                                 DeviceInstall, DeviceActivate, DeviceQuarantine, DeviceRelease, IntegrationAdopt>;

struct CommandInfo {
  std::string_view name;
  Kind target;
  std::string_view roles; // comma-separated
  std::string_view summary;
};

/// In the order of CommandArgs' alternatives. Roles: COMMANDS.md, "Who may"; a registrar may send a holder's command.
inline constexpr CommandInfo kCommands[] = {
    {"account.open", Kind::account, "registrar", "opens a person's account"},
    {"handset.bind", Kind::account, "holder,registrar", "binds a handset to an account"},
    {"account.freeze", Kind::account, "security-officer", "adds a hold"},
    {"account.lift", Kind::account, "security-officer", "ends a hold that no upheld case has confirmed"},
    {"device.register", Kind::device, "information-centre", "enters a device in the register"},
    {"device.certify", Kind::device, "information-centre", "certifies a registered device"},
    {"device.install", Kind::device, "integration-owner", "installs a certified device at its place"},
    {"device.activate", Kind::device, "integration-owner", "puts an installed device to work"},
    {"device.quarantine", Kind::device, "information-centre", "takes a device out of use"},
    {"device.release", Kind::device, "information-centre", "returns a quarantined device to where it was"},
    {"integration.adopt", Kind::integration, "information-centre", "takes over an integration that existed before"},
};
static_assert(std::size(kCommands) == std::variant_size_v<CommandArgs>);

struct Command {
  Origin origin;
  std::string name;
  std::string target;
  std::string actor;
  std::string role;
  Time issued_at;
  std::string nonce;
  std::string reason;
  std::string key;          // key id
  std::string signature;    // raw bytes
  std::string signed_bytes; // RFC 8785 canonical JSON of `data` without `signature`
  CommandArgs args;

  const CommandInfo& info() const { return kCommands[args.index()]; }

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("origin", s.origin);
    v("name", s.name);
    v("target", s.target);
    v("actor", s.actor);
    v("role", s.role);
    v("issued_at", s.issued_at);
    v("nonce", s.nonce);
    v("reason", s.reason);
    v("key", s.key);
    v("signature", s.signature);
    v("signed_bytes", s.signed_bytes);
    v("args", s.args);
  }
};

} // namespace onecode
