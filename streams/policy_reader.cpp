// Policy documents from JSON: every error of a document at once, named by its path.
#include <simdjson.h>

#include <initializer_list>
#include <set>
#include <utility>

#include "streams/base64.hpp"
#include "streams/broker.hpp"
#include "streams/envelope.hpp"
#include "streams/json_fields.hpp"
#include "streams/json_text.hpp"
#include "streams/json_values.hpp"
#include "streams/policy_document.hpp"
#include "streams/policy_words.hpp"

namespace onecode::streams {
namespace {

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
      } else if (key == "shadow") {
        note(at, read_bool(v, policy_.shadow));
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
        // Members of others are allowed, as they always were; nothing of them is kept.
        object(v, at, [&](std::string_view name, Element x, const std::string& p) {
          if (name == "account_days") integer(x, p, policy_.retention.account_days);
          if (name == "case_days") integer(x, p, policy_.retention.case_days);
          if (name == "evidence_days") integer(x, p, policy_.retention.evidence_days);
        });
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

  /// An object of whole numbers.
  void integers(Element e, const std::string& path,
                std::initializer_list<std::pair<std::string_view, int*>> members) {
    object(e, path, [&](std::string_view key, Element v, const std::string& at) {
      for (const auto& [name, to] : members)
        if (name == key) return integer(v, at, *to);
      unknown(at);
    });
  }

  void thresholds(Element e, const std::string& path) {
    Thresholds& t = policy_.thresholds;
    integers(e, path,
             {{"watch", &t.watch},
              {"challenge", &t.challenge},
              {"propose", &t.propose},
              {"freeze", &t.freeze},
              {"families", &t.families}});
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
        integers(
            v, at,
            {{"freezes", &r.breaker.freezes}, {"minutes", &r.breaker.minutes}, {"daily_ppm", &r.breaker.daily_ppm}});
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
    integers(e, path,
             {{"statement_days", &c.statement_days},
              {"appeal_days", &c.appeal_days},
              {"answer_days", &c.answer_days},
              {"cancel_points", &c.cancel_points}});
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

} // namespace

PolicyResult read_policy(std::string_view json) { return PolicyReader().read(json); }

} // namespace onecode::streams
