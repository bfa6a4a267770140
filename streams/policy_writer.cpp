// Policy documents to JSON, whole: also what was left out and has its default.
#include <utility>

#include "streams/base64.hpp"
#include "streams/json_append.hpp"
#include "streams/json_fields.hpp"
#include "streams/json_values.hpp"
#include "streams/policy_document.hpp"
#include "streams/policy_words.hpp"

namespace onecode::streams {
namespace {

std::string_view boolean(bool b) { return b ? "true" : "false"; }

template <class Map, class F>
void append_object(std::string& out, const Map& xs, F&& write) {
  out += '{';
  bool first = true;
  for (const auto& [key, x] : xs) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, key);
    out += ':';
    write(x);
  }
  out += '}';
}

void append_key(std::string& v, const TrustedKey& k) {
  member(v, R"({"key":)", k.key);
  member(v, R"(,"alg":)", to_text(k.algorithm));
  member(v, R"(,"public":)", base64url(k.public_key));
  if (!k.actor.empty()) member(v, R"(,"actor":)", k.actor);
  if (k.from) member(v, R"(,"from":)", *k.from);
  if (k.to) member(v, R"(,"to":)", *k.to);
  v += '}';
}

void append_department(std::string& v, const Department& d) {
  v += R"({"names":)";
  append_list(v, d.names, [&](const Department::Name& n) {
    member(v, R"({"zh":)", n.zh);
    member(v, R"(,"en":)", n.en);
    if (n.from) member(v, R"(,"from":)", *n.from);
    if (n.to) member(v, R"(,"to":)", *n.to);
    v += '}';
  });
  v += R"(,"duties":)";
  append_texts(v, d.duties);
  v += '}';
}

void append_rule(std::string& v, RuleId id, const RuleSettings& r) {
  member(v, "", to_string(id));
  member(v, R"(:{"version":)", r.version);
  member(v, R"(,"mode":)", to_text(r.mode));
  member(v, R"(,"weight":)", r.weight);
  member(v, R"(,"half_life_h":)", r.half_life_h);
  const RuleInfo* info = rule_info(id);
  if (info != nullptr && info->param_count() > 0) {
    v += R"(,"params":{)";
    for (std::size_t i = 0; i < info->param_count(); ++i) {
      if (i > 0) v += ',';
      append_json_string(v, info->params[i].name);
      member(v, ":", r.params[i]);
    }
    v += '}';
  }
  v += '}';
}

} // namespace

std::string indented(std::string_view compact) {
  std::string out;
  std::string margin = "\n";
  bool in_string = false;
  int flat = 0; // inside an array without objects
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (in_string) {
      out += c;
      if (c == '\\') out += compact[++i];
      in_string = c != '"';
      continue;
    }
    switch (c) {
      case '"':
        in_string = true;
        out += c;
        break;
      case '{':
        out += c;
        if (compact[i + 1] == '}') {
          out += compact[++i];
        } else {
          out += margin += "  ";
        }
        break;
      case '}':
        margin.resize(margin.size() - 2);
        out.append(margin) += c;
        break;
      case '[':
        // arrays of objects and of arrays get a line for each item
        if (flat == 0 && (compact[i + 1] == '{' || compact[i + 1] == '[')) {
          out += c;
          out += margin += "  ";
        } else {
          ++flat;
          out += c;
        }
        break;
      case ']':
        if (flat > 0) {
          --flat;
        } else {
          margin.resize(margin.size() - 2);
          out += margin;
        }
        out += c;
        break;
      case ',':
        out += c;
        out += flat > 0 ? std::string_view(" ") : std::string_view(margin);
        break;
      case ':':
        out += ": ";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string write_policy(const Policy& p) {
  std::string v;
  member(v, R"({"version":)", p.version);
  member(v, R"(,"effective_from":)", p.effective_from);
  if (p.shadow) v += R"(,"shadow":true)";
  member(v, R"(,"regulation":{"title":)", p.regulation_title);
  member(v, R"(,"date":)", p.regulation_date);
  member(v, R"(,"hash":)", p.regulation_hash);
  v += R"(},"trust":{"roles":)";
  append_object(v, p.roles,
                [&](const auto& keys) { append_list(v, keys, [&](const TrustedKey& k) { append_key(v, k); }); });
  v += R"(,"issuers":)";
  append_object(v, p.issuers, [&](const Issuer& i) {
    member(v, R"({"alg":)", to_text(i.algorithm));
    member(v, R"(,"secret":)", i.secret);
    v += '}';
  });
  v += R"(},"zones":)";
  append_object(v, p.zones, [&](const Zone& z) {
    v += R"({"lat":)";
    append_degrees(v, z.lat_e7);
    v += R"(,"lon":)";
    append_degrees(v, z.lon_e7);
    member(v, R"(,"building":)", z.building);
    member(v, R"(,"campus":)", z.campus);
    v += '}';
  });
  v += R"(,"walking_seconds":)";
  append_list(v, p.walking_seconds, [&](const auto& row) {
    member(v, "[", row.first.first);
    member(v, ",", row.first.second);
    member(v, ",", row.second);
    v += ']';
  });
  v += R"(,"categories":)";
  append_object(v, p.categories, [&](const auto& functions) { append_texts(v, functions); });
  v += R"(,"rules":{)";
  const Policy builtin = builtin_policy();
  bool first = true;
  for (std::size_t i = 0; i < kRuleIds; ++i) {
    const auto id = static_cast<RuleId>(i);
    // Rules that are not built appear where somebody has set something for them.
    if (rule_info(id) == nullptr && p.rule(id) == builtin.rule(id)) continue;
    if (!std::exchange(first, false)) v += ',';
    append_rule(v, id, p.rule(id));
  }
  member(v, R"(},"thresholds":{"watch":)", p.thresholds.watch);
  member(v, R"(,"challenge":)", p.thresholds.challenge);
  member(v, R"(,"propose":)", p.thresholds.propose);
  member(v, R"(,"freeze":)", p.thresholds.freeze);
  member(v, R"(,"families":)", p.thresholds.families);
  v.append(R"(},"response":{"auto_freeze":)").append(boolean(p.response.auto_freeze));
  v.append(R"(,"auto_quarantine":)").append(boolean(p.response.auto_quarantine));
  member(v, R"(,"provisional_hours":)", p.response.provisional_hours);
  member(v, R"(,"learning_days":)", p.response.learning_days);
  member(v, R"(,"breaker":{"freezes":)", p.response.breaker.freezes);
  member(v, R"(,"minutes":)", p.response.breaker.minutes);
  member(v, R"(,"daily_ppm":)", p.response.breaker.daily_ppm);
  v += R"(}},"never_block":)";
  append_texts(v, p.never_block);
  member(v, R"(,"cases":{"statement_days":)", p.cases.statement_days);
  member(v, R"(,"appeal_days":)", p.cases.appeal_days);
  member(v, R"(,"answer_days":)", p.cases.answer_days);
  member(v, R"(,"cancel_points":)", p.cases.cancel_points);
  member(v, R"(},"rectification":{"days":)", p.rectification.days);
  v += R"(,"by_violation":)";
  append_object(v, p.rectification.by_violation, [&](int days) { append_integer(v, days); });
  member(v, R"(,"extensions":)", p.rectification.extensions);
  member(v, R"(,"escalate_days":)", p.rectification.escalate_days);
  v += R"(,"reminder_days":)";
  append_list(v, p.rectification.reminder_days, [&](int days) { append_integer(v, days); });
  v += R"(},"departments":)";
  append_object(v, p.departments, [&](const Department& d) { append_department(v, d); });
  v += R"(,"interpretations":)";
  append_object(v, p.interpretations, [&](const Interpretation& i) {
    member(v, R"({"version":)", i.version);
    member(v, R"(,"note":)", i.note);
    member(v, R"(,"hash":)", i.hash);
    v += '}';
  });
  v += R"(,"canary_subjects":)";
  append_texts(v, p.canary_subjects);
  member(v, R"(,"gate_timeout_ms":)", p.gate_timeout_ms);
  member(v, R"(,"retention":{"account_days":)", p.retention.account_days);
  member(v, R"(,"case_days":)", p.retention.case_days);
  member(v, R"(,"evidence_days":)", p.retention.evidence_days);
  v += "}}";
  return indented(v);
}

} // namespace onecode::streams
