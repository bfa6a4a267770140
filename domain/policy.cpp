#include "domain/policy.hpp"

#include <algorithm>
#include <cstdint>

#include "domain/article.hpp"
#include "domain/functions.hpp"
#include "domain/ids.hpp"
#include "domain/rules/params.hpp"

namespace onecode {
namespace {

constexpr std::string_view kRoles[] = {
    "registrar",         "holder", "security-officer", "reviewer", "information-centre",
    "integration-owner", "expert", "leading-group"};

constexpr std::size_t kEd25519Bytes = 32, kSm2Bytes = 65;

/// Collects "path: what is wrong".
class Errors {
public:
  void add(const std::string& path, const std::string& what) { all_.push_back(path + ": " + what); }
  void range(const std::string& path, std::int64_t value, std::int64_t low, std::int64_t high) {
    if (value < low || value > high)
      add(path, std::to_string(value) + " is not between " + std::to_string(low) + " and " + std::to_string(high));
  }
  void id(const std::string& path, std::string_view value) {
    if (!valid_id(value)) add(path, "an identifier has 1 to 64 characters of A-Z a-z 0-9 . _ : -");
  }
  std::vector<std::string> take() { return std::move(all_); }

private:
  std::vector<std::string> all_;
};

void check_trust(const Policy& p, Errors& errors) {
  for (const auto& [role, keys] : p.roles) {
    const std::string at = "trust.roles." + role;
    if (std::ranges::find(kRoles, role) == std::end(kRoles)) errors.add(at, "there is no such role");
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto& k = keys[i];
      const std::string key = at + "[" + std::to_string(i) + "]";
      errors.id(key + ".key", k.key);
      const std::size_t bytes = k.algorithm == KeyAlgorithm::ed25519 ? kEd25519Bytes : kSm2Bytes;
      if (k.public_key.size() != bytes)
        errors.add(key + ".public",
                   "has " + std::to_string(k.public_key.size()) + " bytes instead of " + std::to_string(bytes));
      if (!k.actor.empty()) errors.id(key + ".actor", k.actor);
      if (k.from && k.to && *k.from >= *k.to) errors.add(key + ".to", "ends before it begins");
    }
  }
  for (const auto& [kid, issuer] : p.issuers) {
    errors.id("trust.issuers." + kid, kid);
    if (issuer.secret.empty()) errors.add("trust.issuers." + kid + ".secret", "names no secret");
  }
}

void check_places(const Policy& p, Errors& errors) {
  for (const auto& [id, zone] : p.zones) {
    errors.id("zones." + id, id);
    errors.range("zones." + id + ".lat", zone.lat_e7, -900'000'000, 900'000'000);
    errors.range("zones." + id + ".lon", zone.lon_e7, -1'800'000'000, 1'800'000'000);
  }
  for (const auto& [pair, seconds] : p.walking_seconds) {
    const std::string at = "walking_seconds." + pair.first + "." + pair.second;
    for (const auto& id : {pair.first, pair.second})
      if (!p.zones.contains(id)) errors.add(at, "zone " + id + " is not among the zones");
    if (pair.first == pair.second) errors.add(at, "names one zone twice");
    if (pair.first > pair.second) errors.add(at, "the smaller zone id comes first");
    errors.range(at, seconds, 1, 86'400);
  }
}

void check_categories(const Policy& p, Errors& errors) {
  if (p.categories.empty()) errors.add("categories", "nobody could use the code without a category");
  for (const auto& [category, functions] : p.categories) {
    errors.id("categories." + category, category);
    for (const auto& f : functions)
      if (!is_function(f)) errors.add("categories." + category, "there is no function " + f);
  }
  for (const auto& f : p.never_block)
    if (f != "egress" && !is_function(f)) errors.add("never_block", f + " is neither egress nor a function");
}

void check_rules(const Policy& p, Errors& errors) {
  for (const auto& info : rule_catalogue()) {
    const auto& r = p.rule(info.id);
    const std::string at = "rules." + std::string(to_string(info.id));
    errors.range(at + ".version", r.version, 1, 1'000'000);
    errors.range(at + ".weight", r.weight, 0, 1000);
    errors.range(at + ".half_life_h", r.half_life_h, 0, 1'000'000);
    for (std::size_t i = 0; i < info.param_count(); ++i) {
      const std::string_view param = info.params[i].name;
      const std::string path = at + ".params." + std::string(param);
      // The upper bounds keep every product of a rule inside 64 bits.
      const bool speed = param.ends_with("_mm_s"), factor = param.ends_with("factor");
      const bool positive = speed || factor || param.ends_with("_accounts") || param == "reports" ||
                            param == "days" || param == "ids" || param == "handsets";
      const std::int64_t most = param.ends_with("weight") || param.ends_with("_permille") ? 1000
                                : speed                                                   ? 1'000'000
                                : factor                                                  ? 100
                                : param.ends_with("days")                                 ? 3'660
                                                                                          : 1'000'000'000;
      errors.range(path, r[i], positive ? 1 : 0, most);
    }
  }
  const auto& a9 = p.rule(RuleId::A9);
  if (a9[param::a9::flag_accounts] < a9[param::a9::watch_accounts])
    errors.add("rules.A9.params.flag_accounts", "is smaller than watch_accounts");
}

void check_response(const Policy& p, Errors& errors) {
  const auto& t = p.thresholds;
  errors.range("thresholds.watch", t.watch, 0, 1000);
  errors.range("thresholds.challenge", t.challenge, 0, 1000);
  errors.range("thresholds.propose", t.propose, 0, 1000);
  errors.range("thresholds.freeze", t.freeze, 0, 1000);
  if (t.challenge < t.watch) errors.add("thresholds.challenge", "is smaller than watch");
  if (t.propose < t.challenge) errors.add("thresholds.propose", "is smaller than challenge");
  if (t.freeze < t.propose) errors.add("thresholds.freeze", "is smaller than propose");
  errors.range("thresholds.families", t.families, 1, static_cast<std::int64_t>(kFamilies));
  const auto& r = p.response;
  errors.range("response.provisional_hours", r.provisional_hours, 1, 720);
  errors.range("response.learning_days", r.learning_days, 0, 366);
  errors.range("response.breaker.freezes", r.breaker.freezes, 0, 1'000'000);
  errors.range("response.breaker.minutes", r.breaker.minutes, 1, 1440);
  errors.range("response.breaker.daily_ppm", r.breaker.daily_ppm, 0, 1'000'000);
  errors.range("cases.statement_days", p.cases.statement_days, 0, 366);
  errors.range("cases.appeal_days", p.cases.appeal_days, 1, 366);
  errors.range("cases.answer_days", p.cases.answer_days, 1, 366);
  errors.range("cases.cancel_points", p.cases.cancel_points, 1, 1'000'000);
  const auto& order = p.rectification;
  errors.range("rectification.days", order.days, 1, 366);
  for (const auto& [violation, days] : order.by_violation)
    errors.range("rectification.by_violation." + violation, days, 1, 366);
  errors.range("rectification.extensions", order.extensions, 0, 10);
  errors.range("rectification.escalate_days", order.escalate_days, 1, 366);
  for (const int days : order.reminder_days) errors.range("rectification.reminder_days", days, 1, 366);
  for (const auto& s : p.canary_subjects) errors.id("canary_subjects." + s, s);
  errors.range("gate_timeout_ms", p.gate_timeout_ms, 1, 60'000);
  errors.range("retention.account_days", p.retention.account_days, 0, 36'600);
  errors.range("retention.case_days", p.retention.case_days, 0, 36'600);
  errors.range("retention.evidence_days", p.retention.evidence_days, 0, 36'600);
}

void check_departments(const Policy& p, Errors& errors) {
  for (const auto& [id, d] : p.departments) {
    const std::string at = "departments." + id;
    errors.id(at, id);
    if (d.names.empty()) errors.add(at + ".names", "a department has at least one name");
    for (std::size_t i = 0; i < d.names.size(); ++i) {
      const auto& n = d.names[i];
      const std::string name = at + ".names[" + std::to_string(i) + "]";
      if (n.zh.empty() || n.en.empty()) errors.add(name, "is missing zh or en");
      if (n.from && n.to && *n.from >= *n.to) errors.add(name + ".to", "ends before it begins");
    }
    for (const auto& f : d.duties)
      if (!is_function(f)) errors.add(at + ".duties", "there is no function " + f);
  }
  for (const auto& [of, note] : p.interpretations) {
    const std::string at = "interpretations." + of;
    if (!rule_by_name(of) && !is_article(of)) errors.add(at, "is neither a rule nor an article such as 8 or 11(1)");
    errors.range(at + ".version", note.version, 1, 1'000'000);
    if (note.note.empty()) errors.add(at + ".note", "says nothing");
    if (note.hash.empty()) errors.add(at + ".hash", "names no text");
  }
}

/// The rules that two versions judge differently.
std::bitset<kRuleIds> rules_apart(const Policy& a, const Policy& b) {
  std::bitset<kRuleIds> apart;
  const auto mark = [&](RuleId id, bool differs) {
    if (differs) apart.set(static_cast<std::size_t>(id));
  };
  for (std::size_t i = 0; i < kRuleIds; ++i) apart[i] = a.rules[i] != b.rules[i];
  // Besides its settings a rule may read where places are, how A1 measures between them, or who is planted.
  const bool zones = a.zones != b.zones, ways = zones || a.walking_seconds != b.walking_seconds;
  mark(RuleId::A1, ways);
  mark(RuleId::A2, zones);
  mark(RuleId::A4, ways || a.rule(RuleId::A1) != b.rule(RuleId::A1));
  mark(RuleId::D5, zones);
  mark(RuleId::D14, a.canary_subjects != b.canary_subjects);
  return apart;
}

} // namespace

std::string_view Policy::department_for(std::string_view function) const {
  for (const auto& [id, d] : departments)
    if (lists_function(d.duties, function)) return id;
  return {};
}

Department::Name Policy::name_of(std::string_view department, Time t) const {
  const std::string id(department);
  if (const auto it = departments.find(id); it != departments.end())
    for (const auto& n : it->second.names)
      if ((!n.from || *n.from <= t) && (!n.to || t < *n.to)) return n;
  return {id, id, {}, {}};
}

std::optional<std::int64_t> Policy::walking_time_s(const std::string& a, const std::string& b) const {
  if (walking_seconds.empty()) return std::nullopt;
  const auto it = walking_seconds.find(a < b ? std::pair{a, b} : std::pair{b, a});
  if (it == walking_seconds.end()) return std::nullopt;
  return it->second;
}

Policy builtin_policy() {
  Policy p;
  // R2.2. Retired people keep the clinic and the rest of daily life; visitors on a temporary code borrow no books.
  p.categories = {
      {"staff", {"identity", "payment", "access", "library", "other"}},
      {"student", {"identity", "payment", "access", "library", "other"}},
      {"retired", {"identity", "payment", "access", "library", "other"}},
      {"temporary", {"identity", "payment", "access"}},
      {"approved-other", {"identity", "payment", "access", "library"}},
  };
  for (auto& r : p.rules) r.mode = Mode::off; // what is not built does nothing
  for (const auto& info : rule_catalogue()) {
    auto& r = p.rule(info.id);
    r.mode = Mode::enforce;
    r.weight = info.weight;
    r.half_life_h = info.half_life_h;
    for (std::size_t i = 0; i < info.param_count(); ++i) r.params[i] = info.params[i].value;
  }
  // R3.1. Article 3 and Article 12 call one department by two names; which one is used when, a policy says.
  p.departments = {
      {"finance", {{{"财务处", "Finance Office", {}, {}}}, {"payment"}}},
      {"information-centre", {{{"信息中心", "Information Centre", {}, {}}}, {"identity"}}},
      {"library", {{{"图书馆", "Library", {}, {}}}, {"library"}}},
      {"logistics-security",
       {{{"后勤保卫处", "Logistics and Security Office", {}, {}},
         {"后勤管理处", "Logistics Management Office", {}, {}}},
        {"access"}}},
  };
  p.never_block = {"egress", "other:clinic", "other:exam"};
  return p;
}

std::vector<std::string> check(const Policy& p) {
  Errors errors;
  errors.id("version", p.version);
  // Zero is the built-in policy's "since ever".
  if (p.effective_from != Time{} && (p.effective_from < kEarliestEvent || p.effective_from > kLatestEvent))
    errors.add("effective_from", "is outside 2015-01-01 to 2100-01-01");
  check_trust(p, errors);
  check_places(p, errors);
  check_categories(p, errors);
  check_rules(p, errors);
  check_response(p, errors);
  check_departments(p, errors);
  return errors.take();
}

PolicyHistory::PolicyHistory() : PolicyHistory(builtin_policy()) {}

PolicyHistory::PolicyHistory(Policy first) { versions_.push_back(std::make_shared<const Policy>(std::move(first))); }

void PolicyHistory::add(Policy policy) {
  const auto insert = [](auto& list, auto from, std::shared_ptr<const Policy> v) {
    list.insert(std::upper_bound(from, list.end(), v->effective_from,
                                 [](Time t, const auto& other) { return t < other->effective_from; }),
                std::move(v));
  };
  const auto added = std::make_shared<const Policy>(std::move(policy));
  insert(published_, published_.begin(), added);
  // The first stands below all others, whatever its own date.
  if (!added->shadow) insert(versions_, versions_.begin() + 1, added);

  candidates_.clear();
  for (std::size_t i = 0; i < published_.size(); ++i) {
    const auto& v = published_[i];
    const Time until = i + 1 < published_.size() ? published_[i + 1]->effective_from : Time{INT64_MAX};
    if (!v->shadow || until == v->effective_from) continue;
    const auto& live = versions_[in_force(v->effective_from)];
    candidates_.push_back({v, live, until, rules_apart(*v, *live)});
  }
}

std::size_t PolicyHistory::in_force(Time t) const {
  std::size_t i = versions_.size() - 1;
  while (i > 0 && versions_[i]->effective_from > t) --i;
  return i;
}

const Policy& PolicyHistory::at(Time event_time) const { return *versions_[in_force(event_time)]; }

const Candidate* PolicyHistory::find_candidate(Time t) const {
  const auto it = std::ranges::find_if(candidates_, [t](const Candidate& c) { return c.covers(t); });
  return it == candidates_.end() ? nullptr : &*it;
}

bool PolicyHistory::knows(std::string_view version) const {
  return versions_.front()->version == version ||
         std::ranges::any_of(published_, [&](const auto& v) { return v->version == version; });
}

} // namespace onecode
