// The arguments of commands for integrations, their rectification orders, and the campus' registers (COMMANDS.md,
// "Integrations", "Others"). Optional arguments are std::optional, bool or sequences; everything else is required.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/time.hpp"

namespace onecode {

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

/// `owners` left out: the sender.
struct IntegrationPlanSubmit {
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

/// As a plan, for one that existed before onecode.
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

struct IntegrationPlanAccept {
  std::optional<std::string> reasons;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("reasons", s.reasons);
  }
};

struct IntegrationPlanReturn {
  std::optional<std::string> reasons;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("reasons", s.reasons);
  }
};

struct IntegrationApply {
  std::string application;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("application", s.application);
  }
};

struct IntegrationReviewRecord {
  std::string outcome;
  std::vector<std::string> experts;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("outcome", s.outcome);
    v("experts", s.experts);
  }
};

struct IntegrationApprove {
  std::string outcome;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("outcome", s.outcome);
  }
};

struct IntegrationBuildStart {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

/// One test of the matrix. `result`: green | red.
struct JointTest {
  std::string id;
  std::string result;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("id", s.id);
    v("result", s.result);
  }
};

struct IntegrationJointDebugRecord {
  std::vector<JointTest> tests;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("tests", s.tests);
  }
};

struct IntegrationAcceptanceRequest {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

/// `items`: what must be rectified, when rejected.
struct IntegrationAcceptanceRecord {
  std::string outcome;
  std::vector<std::string> items;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("outcome", s.outcome);
    v("items", s.items);
  }
};

struct IntegrationSuspend {
  std::string reasons;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("reasons", s.reasons);
  }
};

struct IntegrationResume {
  std::string reasons;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("reasons", s.reasons);
  }
};

/// Article 11. `scope`: device | subsystem | integration; the first two name `devices`.
struct IntegrationTerminate {
  std::string scope;
  std::vector<std::string> devices;
  std::string control;
  std::string reasons;
  std::optional<std::int64_t> days;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("scope", s.scope);
    v("devices", s.devices);
    v("control", s.control);
    v("reasons", s.reasons);
    v("days", s.days);
  }
};

struct RectificationOrder {
  std::string order;
  std::string violation;
  std::string control;
  std::optional<std::int64_t> days;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("order", s.order);
    v("violation", s.violation);
    v("control", s.control);
    v("days", s.days);
  }
};

struct RectificationExtend {
  std::string order;
  std::int64_t days = 0;
  std::string reasons;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("order", s.order);
    v("days", s.days);
    v("reasons", s.reasons);
  }
};

struct RectificationSubmit {
  std::string order;
  std::vector<std::string> items;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("order", s.order);
    v("items", s.items);
  }
};

struct RectificationAccept {
  std::string order;
  std::optional<std::string> reasons;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("order", s.order);
    v("reasons", s.reasons);
  }
};

struct RectificationReject {
  std::string order;
  std::optional<std::int64_t> days;
  std::optional<std::string> reasons;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("order", s.order);
    v("days", s.days);
    v("reasons", s.reasons);
  }
};

struct IntegrationDocumentFile {
  std::string document;
  Time review_due;
  std::optional<std::string> hash;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("document", s.document);
    v("review_due", s.review_due);
    v("hash", s.hash);
  }
};

/// Members of the manifest, only narrower.
struct IntegrationScopeSet {
  Manifest scope;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("scope", s.scope);
  }
};

struct IntegrationHandover {
  std::string unit;
  std::vector<std::string> owners;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("unit", s.unit);
    v("owners", s.owners);
  }
};

struct IntegrationRetire {
  template <class Self, class V>
  static void fields(Self&, V&) {}
};

/// R2.3: what a campus IT project does that obliges it to integrate.
struct ProjectRegister {
  std::string unit;
  // Each is to be said, also where it is not so.
  std::optional<bool> identity, fees, permissions;
  std::optional<std::string> integration;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("unit", s.unit);
    v("identity", s.identity);
    v("fees", s.fees);
    v("permissions", s.permissions);
    v("integration", s.integration);
  }
};

/// R2.4: a credential scheme that the leading group approved until `to`.
struct SchemeApprove {
  std::string name;
  Time to;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("name", s.name);
    v("to", s.to);
  }
};

/// R12.1. The target is a rule id or an article.
struct InterpretationIssue {
  std::string note;
  std::string hash;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("note", s.note);
    v("hash", s.hash);
  }
};

/// R11.6. With `case` the target is an account, with `order` an integration. `amount` in fen.
struct LiabilityRecord {
  std::optional<std::string> case_id;
  std::optional<std::string> order;
  std::string party;
  std::int64_t amount = 0;
  std::string text_ref;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("case", s.case_id);
    v("order", s.order);
    v("party", s.party);
    v("amount", s.amount);
    v("text_ref", s.text_ref);
  }
};

} // namespace onecode
