#include "streams/policy_document.hpp"

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "streams/broker.hpp"
#include "streams/envelope.hpp"
#include "streams/json_append.hpp"
#include "streams/json_fields.hpp"
#include "streams/json_text.hpp"
#include "streams/json_values.hpp"

namespace onecode::streams {
namespace {

constexpr std::string_view kType = "onecode.policy.v1";
constexpr std::string_view kNotSigned[] = {"signature", "key"};
constexpr std::string_view kPublisherRole = "information-centre";

std::string_view to_text(Mode m) { return m == Mode::off ? "off" : m == Mode::shadow ? "shadow" : "enforce"; }
std::string_view to_text(KeyAlgorithm a) { return a == KeyAlgorithm::sm2 ? "sm2" : "ed25519"; }
std::string_view to_text(MacAlgorithm a) { return a == MacAlgorithm::hmac_sm3 ? "hmac-sm3" : "hmac-sha256"; }

/// Reads a document over the built-in policy and goes on after an error, so that one run names them all.
class PolicyReader {
public:
  PolicyResult read(std::string_view json) {
    simdjson::dom::parser parser;
    Element root;
    if (const auto fault = json_fault(json, kMaxDepth)) {
      wrong(fault->number.empty() ? "document" : fault->number, fault->text);
    } else if (parser.parse(json.data(), json.size(), true).get(root) != simdjson::SUCCESS) {
      wrong("document", "is not JSON");
    } else {
      document(root);
      // What a member says in itself stands above; what it must not say, or not beside others, domain/policy.cpp
      // knows.
      for (auto& error : check(policy_))
        if (!paths_.contains(error.substr(0, error.find(": ")))) errors_.push_back(std::move(error));
    }
    if (errors_.empty()) return {std::move(policy_), {}};
    return {std::nullopt, std::move(errors_)};
  }

private:
  void wrong(const std::string& path, std::string_view why) {
    paths_.insert(path);
    errors_.push_back(path + ": " + std::string(why));
  }
  void note(const std::string& path, const char* why) {
    if (why != nullptr) wrong(path, why);
  }
  void unknown(const std::string& path) { wrong(path, "there is no such member"); }

  /// `member(key, value, path)` for each member but null ones, which are the same as left out.
  template <class F>
  void object(Element e, const std::string& path, F&& member) {
    simdjson::dom::object members;
    if (e.get(members) != simdjson::SUCCESS) return wrong(path.empty() ? "document" : path, wrong::kObject);
    std::set<std::string_view> seen;
    for (const auto [key, value] : members) {
      const std::string at = path.empty() ? std::string(key) : path + '.' + std::string(key);
      if (!seen.insert(key).second) {
        wrong(at, "stands twice");
      } else if (!value.is_null()) {
        member(key, value, at);
      }
    }
  }
  template <class F>
  void array(Element e, const std::string& path, F&& item) {
    simdjson::dom::array items;
    if (e.get(items) != simdjson::SUCCESS) return wrong(path, wrong::kArray);
    std::size_t i = 0;
    for (const Element x : items) item(x, path + '[' + std::to_string(i++) + ']');
  }
  void text(Element e, const std::string& path, std::string& out, std::size_t min = 1) {
    note(path, read_text(e, out, min, kMaxTextBytes));
  }
  void integer(Element e, const std::string& path, int& out) {
    note(path, read_integer(e, out, INT32_MIN, INT32_MAX));
  }
  void time(Element e, const std::string& path, Time& out) { note(path, read_time(e, out)); }
  template <class T>
  void word(Element e, const std::string& path, T& out, std::initializer_list<T> all) {
    std::string_view s;
    if (e.get(s) == simdjson::SUCCESS)
      for (const T x : all)
        if (to_text(x) == s) {
          out = x;
          return;
        }
    std::string why = "must be ";
    for (const T x : all) why.append(x == *all.begin() ? "" : " or ").append(to_text(x));
    wrong(path, why);
  }
  template <class Set>
  void texts(Element e, const std::string& path, Set& out) {
    out.clear();
    array(e, path, [&](Element x, const std::string& at) {
      std::string s;
      const std::size_t before = errors_.size();
      text(x, at, s);
      if (errors_.size() == before && !out.insert(std::move(s)).second) wrong(at, "stands twice");
    });
  }

  void document(Element root) {
    bool version = false;
    bool effective = false;
    object(root, "", [&](std::string_view key, Element v, const std::string& at) {
      if (key == "version") {
        version = true;
        text(v, at, policy_.version);
      } else if (key == "effective_from") {
        effective = true;
        time(v, at, policy_.effective_from);
      } else if (key == "regulation") {
        regulation(v, at);
      } else if (key == "trust") {
        trust(v, at);
      } else if (key == "zones") {
        zones(v, at);
      } else if (key == "walking_seconds") {
        walking(v, at);
      } else if (key == "categories") {
        object(v, at, [&](std::string_view name, Element functions, const std::string& path) {
          texts(functions, path, policy_.categories[std::string(name)]);
        });
      } else if (key == "rules") {
        rules(v, at);
      } else if (key == "thresholds") {
        thresholds(v, at);
      } else if (key == "response") {
        response(v, at);
      } else if (key == "never_block") {
        texts(v, at, policy_.never_block);
      } else if (key == "rectification") {
        rectification(v, at);
      } else if (key == "cases") {
        cases(v, at);
      } else if (key == "departments") {
        departments(v, at);
      } else if (key == "interpretations") {
        interpretations(v, at);
      } else if (key == "canary_subjects") {
        texts(v, at, policy_.canary_subjects);
      } else if (key == "gate_timeout_ms") {
        integer(v, at, policy_.gate_timeout_ms);
      } else if (key == "retention") {
        // Known to the contract; nothing in the engine depends on it yet, so nothing of it is kept.
        object(v, at, [](std::string_view, Element, const std::string&) {});
      } else if (key != "signature" && key != "key") {
        unknown(at);
      }
    });
    if (!version) wrong("version", "is missing");
    if (!effective) wrong("effective_from", "is missing");
  }

  void regulation(Element e, const std::string& path) {
    object(e, path, [&](std::string_view key, Element v, const std::string& at) {
      if (key == "title") {
        text(v, at, policy_.regulation_title);
      } else if (key == "date") {
        text(v, at, policy_.regulation_date);
      } else if (key == "hash") {
        text(v, at, policy_.regulation_hash, 0);
      } else {
        unknown(at);
      }
    });
  }

  void trust(Element e, const std::string& path) {
    object(e, path, [&](std::string_view key, Element v, const std::string& at) {
      if (key == "roles") {
        object(v, at, [&](std::string_view role, Element keys, const std::string& role_path) {
          auto& all = policy_.roles[std::string(role)];
          all.clear();
          array(keys, role_path, [&](Element k, const std::string& p) { trusted_key(k, p, all.emplace_back()); });
        });
      } else if (key == "issuers") {
        object(v, at, [&](std::string_view kid, Element issuer, const std::string& p) {
          Issuer& i = policy_.issuers[std::string(kid)] = {};
          bool secret = false;
          object(issuer, p, [&](std::string_view name, Element x, const std::string& q) {
            if (name == "alg") {
              word(x, q, i.algorithm, {MacAlgorithm::hmac_sha256, MacAlgorithm::hmac_sm3});
            } else if (name == "secret") {
              secret = true;
              text(x, q, i.secret);
            } else {
              unknown(q);
            }
          });
          if (!secret) wrong(p + ".secret", "is missing");
        });
      } else {
        unknown(at);
      }
    });
  }

  void trusted_key(Element e, const std::string& path, TrustedKey& out) {
    bool key = false;
    bool pub = false;
    object(e, path, [&](std::string_view name, Element v, const std::string& at) {
      if (name == "key") {
        key = true;
        text(v, at, out.key);
      } else if (name == "alg") {
        word(v, at, out.algorithm, {KeyAlgorithm::ed25519, KeyAlgorithm::sm2});
      } else if (name == "public") {
        pub = true;
        std::string coded;
        text(v, at, coded);
        if (auto raw = from_base64url(coded)) {
          out.public_key = std::move(*raw);
        } else {
          wrong(at, "must be base64url without padding");
        }
      } else if (name == "actor") {
        text(v, at, out.actor, 0);
      } else if (name == "from") {
        time(v, at, out.from.emplace());
      } else if (name == "to") {
        time(v, at, out.to.emplace());
      } else {
        unknown(at);
      }
    });
    if (!key) wrong(path + ".key", "is missing");
    if (!pub) wrong(path + ".public", "is missing");
  }

  void zones(Element e, const std::string& path) {
    policy_.zones.clear();
    object(e, path, [&](std::string_view id, Element zone, const std::string& zone_path) {
      Zone& z = policy_.zones[std::string(id)];
      bool lat = false;
      bool lon = false;
      object(zone, zone_path, [&](std::string_view key, Element v, const std::string& at) {
        if (key == "lat") {
          lat = true;
          note(at, read_degrees(v, z.lat_e7, 90));
        } else if (key == "lon") {
          lon = true;
          note(at, read_degrees(v, z.lon_e7, 180));
        } else if (key == "building") {
          text(v, at, z.building, 0);
        } else if (key == "campus") {
          text(v, at, z.campus, 0);
        } else {
          unknown(at);
        }
      });
      if (!lat) wrong(zone_path + ".lat", "is missing");
      if (!lon) wrong(zone_path + ".lon", "is missing");
    });
  }

  void walking(Element e, const std::string& path) {
    policy_.walking_seconds.clear();
    array(e, path, [&](Element row, const std::string& at) {
      simdjson::dom::array items;
      if (row.get(items) != simdjson::SUCCESS || items.size() != 3) return wrong(at, "must be [zone, zone, seconds]");
      std::pair<std::string, std::string> ends;
      std::int64_t seconds = 0;
      const std::size_t before = errors_.size();
      text(items.at(0).value_unsafe(), at + "[0]", ends.first);
      text(items.at(1).value_unsafe(), at + "[1]", ends.second);
      note(at + "[2]", read_integer(items.at(2).value_unsafe(), seconds, 0, INT32_MAX));
      if (errors_.size() != before) return;
      if (ends.second < ends.first) std::swap(ends.first, ends.second);
      const auto [it, added] = policy_.walking_seconds.emplace(std::move(ends), seconds);
      if (!added && it->second != seconds) wrong(at, "these zones stand twice with different times");
    });
  }

  void rules(Element e, const std::string& path) {
    object(e, path, [&](std::string_view name, Element rule, const std::string& rule_path) {
      const auto id = rule_by_name(name);
      if (!id) return wrong(rule_path, "there is no such rule");
      RuleSettings& r = policy_.rule(*id);
      object(rule, rule_path, [&](std::string_view key, Element v, const std::string& at) {
        if (key == "version") {
          integer(v, at, r.version);
        } else if (key == "mode") {
          word(v, at, r.mode, {Mode::off, Mode::shadow, Mode::enforce});
        } else if (key == "weight") {
          integer(v, at, r.weight);
        } else if (key == "half_life_h") {
          integer(v, at, r.half_life_h);
        } else if (key == "params") {
          params(v, at, *id, r);
        } else {
          unknown(at);
        }
      });
    });
  }

  void params(Element e, const std::string& path, RuleId id, RuleSettings& r) {
    const RuleInfo* info = rule_info(id);
    object(e, path, [&](std::string_view name, Element v, const std::string& at) {
      for (std::size_t i = 0; info != nullptr && i < info->param_count(); ++i)
        if (info->params[i].name == name) return note(at, read_signed(v, r.params[i], kMaxFen));
      wrong(at, info == nullptr ? "the rule is not built and has no parameters" : "there is no such parameter");
    });
  }

  void thresholds(Element e, const std::string& path) {
    Thresholds& t = policy_.thresholds;
    object(e, path, [&](std::string_view key, Element v, const std::string& at) {
      int* to = key == "watch"       ? &t.watch
                : key == "challenge" ? &t.challenge
                : key == "propose"   ? &t.propose
                : key == "freeze"    ? &t.freeze
                : key == "families"  ? &t.families
                                     : nullptr;
      if (to == nullptr) return unknown(at);
      integer(v, at, *to);
    });
  }

  void response(Element e, const std::string& path) {
    Response& r = policy_.response;
    object(e, path, [&](std::string_view key, Element v, const std::string& at) {
      if (key == "auto_freeze") {
        note(at, read_bool(v, r.auto_freeze));
      } else if (key == "auto_quarantine") {
        note(at, read_bool(v, r.auto_quarantine));
      } else if (key == "provisional_hours") {
        integer(v, at, r.provisional_hours);
      } else if (key == "learning_days") {
        integer(v, at, r.learning_days);
      } else if (key == "breaker") {
        object(v, at, [&](std::string_view name, Element x, const std::string& q) {
          int* to = name == "freezes"     ? &r.breaker.freezes
                    : name == "minutes"   ? &r.breaker.minutes
                    : name == "daily_ppm" ? &r.breaker.daily_ppm
                                          : nullptr;
          if (to == nullptr) return unknown(q);
          integer(x, q, *to);
        });
      } else {
        unknown(at);
      }
    });
  }

  void rectification(Element e, const std::string& path) {
    Rectification& r = policy_.rectification;
    object(e, path, [&](std::string_view key, Element v, const std::string& at) {
      if (key == "days") {
        integer(v, at, r.days);
      } else if (key == "by_violation") {
        object(v, at, [&](std::string_view violation, Element days, const std::string& q) {
          integer(days, q, r.by_violation[std::string(violation)]);
        });
      } else if (key == "extensions") {
        integer(v, at, r.extensions);
      } else if (key == "escalate_days") {
        integer(v, at, r.escalate_days);
      } else if (key == "reminder_days") {
        r.reminder_days.clear();
        array(v, at, [&](Element x, const std::string& q) {
          int days = 0;
          integer(x, q, days);
          r.reminder_days.insert(days);
        });
      } else {
        unknown(at);
      }
    });
  }

  void cases(Element e, const std::string& path) {
    CaseTimes& c = policy_.cases;
    object(e, path, [&](std::string_view key, Element v, const std::string& at) {
      int* to = key == "statement_days"  ? &c.statement_days
                : key == "appeal_days"   ? &c.appeal_days
                : key == "answer_days"   ? &c.answer_days
                : key == "cancel_points" ? &c.cancel_points
                                         : nullptr;
      if (to == nullptr) return unknown(at);
      integer(v, at, *to);
    });
  }

  void departments(Element e, const std::string& path) {
    object(e, path, [&](std::string_view id, Element department, const std::string& at) {
      Department& d = policy_.departments[std::string(id)] = {};
      object(department, at, [&](std::string_view key, Element v, const std::string& p) {
        if (key == "names") {
          array(v, p, [&](Element name, const std::string& q) { department_name(name, q, d.names.emplace_back()); });
        } else if (key == "duties") {
          texts(v, p, d.duties);
        } else {
          unknown(p);
        }
      });
    });
  }

  void department_name(Element e, const std::string& path, Department::Name& n) {
    object(e, path, [&](std::string_view key, Element v, const std::string& at) {
      if (key == "zh") {
        text(v, at, n.zh);
      } else if (key == "en") {
        text(v, at, n.en);
      } else if (key == "from") {
        time(v, at, n.from.emplace());
      } else if (key == "to") {
        time(v, at, n.to.emplace());
      } else {
        unknown(at);
      }
    });
  }

  void interpretations(Element e, const std::string& path) {
    object(e, path, [&](std::string_view of, Element note, const std::string& at) {
      Interpretation& i = policy_.interpretations[std::string(of)] = {};
      object(note, at, [&](std::string_view key, Element v, const std::string& p) {
        if (key == "version") {
          integer(v, p, i.version);
        } else if (key == "note") {
          text(v, p, i.note);
        } else if (key == "hash") {
          text(v, p, i.hash);
        } else {
          unknown(p);
        }
      });
    });
  }

  Policy policy_ = builtin_policy();
  std::vector<std::string> errors_;
  std::set<std::string> paths_;
};

/// White space for people, two blanks a level; `[1,2]` and `{}` stay on their line.
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

bool signed_by(const TrustedKey& key, std::string_view key_id, Time at, std::string_view text,
               std::string_view signature) {
  return key.key == key_id && valid_at(key, at) && verify_signature(key, text, signature);
}

/// Empty: signed by somebody who may publish a policy. Otherwise what is wrong.
std::string check_policy_signature(std::string_view data, Time published, const std::vector<TrustedKey>& roots,
                                   const Policy& in_force) {
  std::string signature;
  std::string key_id;
  JsonText t(data);
  t.next();
  t.object([&](const std::string& name) {
    const bool wanted = name == "signature" || name == "key";
    if (!wanted || t.next() != '"') {
      t.skip();
    } else {
      t.string(name == "key" ? key_id : signature);
    }
  });
  if (signature.empty() || key_id.empty()) return "signature: the policy is not signed (`signature` and `key`)";
  const auto raw = from_base64url(signature);
  if (!raw) return "signature: must be base64url without padding";
  const std::string text = canonical_without(data, kNotSigned);
  const auto sound = [&](const TrustedKey& k) { return signed_by(k, key_id, published, text, *raw); };
  if (std::ranges::any_of(roots, sound)) return {};
  const auto centre = in_force.roles.find(std::string(kPublisherRole));
  if (centre != in_force.roles.end() && std::ranges::any_of(centre->second, sound)) return {};
  return "signature: is by no root key and by no key of the information centre that policy " + in_force.version +
         " trusts at " + format_time(published);
}

} // namespace

PolicyResult read_policy(std::string_view json) { return PolicyReader().read(json); }

std::string write_policy(const Policy& p) {
  std::string v;
  member(v, R"({"version":)", p.version);
  member(v, R"(,"effective_from":)", p.effective_from);
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
  v += '}';
  return indented(v);
}

std::optional<std::string> open_policy_event(const Record& record, PolicyEvent& event) {
  EnvelopeOpener opener;
  Envelope envelope;
  if (const auto error = opener.open(record, kType, envelope)) return std::string(error->code) + ": " + error->text;
  event.time = envelope.time;
  try {
    event.data = envelope.structured ? raw_member(*record.value, "data").value_or("{}") : *record.value;
  } catch (const std::runtime_error& e) {
    return std::string("BAD_ENVELOPE: value: ") + e.what();
  }
  return std::nullopt;
}

PolicyResult judge_policy(std::string_view data, Time published, const std::vector<TrustedKey>& roots,
                          const Policy& in_force, bool unsigned_ok) {
  try {
    if (!unsigned_ok) {
      if (std::string why = check_policy_signature(data, published, roots, in_force); !why.empty())
        return {std::nullopt, {std::move(why)}};
    }
    return read_policy(data);
  } catch (const std::runtime_error& e) {
    return {std::nullopt, {std::string("data: has no canonical form: ") + e.what()}};
  }
}

PolicyResult read_policy_event(std::string_view value, const std::vector<TrustedKey>& roots, const Policy& in_force,
                               bool unsigned_ok) {
  Record record;
  record.value = value;
  PolicyEvent event;
  if (auto error = open_policy_event(record, event)) return {std::nullopt, {std::move(*error)}};
  return judge_policy(event.data, event.time, roots, in_force, unsigned_ok);
}

std::vector<std::string> missing_secrets(const Policy& policy, const Secrets& secrets) {
  std::set<std::string> missing;
  for (const auto& [kid, issuer] : policy.issuers)
    if (!secrets.find(issuer.secret)) missing.insert(issuer.secret);
  return {missing.begin(), missing.end()};
}

std::string sign_policy(std::string_view document, std::string_view private_key, const std::string& key_id,
                        KeyAlgorithm algorithm) {
  if (JsonText(document).next() != '{') throw std::runtime_error("a policy document is a JSON object");
  std::string text = canonical_without(document, kNotSigned);
  const std::string signature = base64url(sign(algorithm, private_key, text));
  text.pop_back();
  member(text, text.size() > 1 ? R"(,"signature":)" : R"("signature":)", signature);
  member(text, R"(,"key":)", key_id);
  text += '}';
  return indented(text);
}

std::string policy_event(std::string_view signed_document, std::optional<Time> time) {
  const std::string document = canonical_json(signed_document);
  std::string version;
  if (const auto raw = raw_member(document, "version"); raw && raw->starts_with('"')) JsonText(*raw).string(version);
  if (!time) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    time = Time{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
  }
  std::string v;
  // Named by its content: a corrected document of the same version is another event.
  member(v, R"({"specversion":"1.0","id":)", "policy/" + version + '/' + hex(hash128(document)).substr(0, 16));
  v += R"(,"source":"/onecode/policy")";
  member(v, R"(,"type":)", kType);
  member(v, R"(,"time":)", *time);
  v.append(R"(,"datacontenttype":"application/json","data":)").append(document) += "}";
  return v;
}

} // namespace onecode::streams
