#include "app/policy_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "domain/explain.hpp"
#include "streams/policy_document.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

std::string words(const Json& v) {
  if (v.is_null()) return {};
  if (v.is_object() && v.contains("zh") && v.contains("en")) { // a department's name, with its time
    std::string out = words(v["zh"]) + " / " + words(v["en"]);
    for (const char* end : {"from", "to"})
      if (v.contains(end)) out += fmt::format(" {} {}", end, words(v[end]).substr(0, 10));
    return out;
  }
  return v.is_string() ? v.get<std::string>() : v.dump();
}

/// For people: times in campus minutes.
std::string shown(const Json& v) {
  auto text = words(v);
  if (v.is_string() && text.size() >= 20 && text[10] == 'T')
    if (const auto time = parse_time(text)) return minute_text(*time);
  return text.empty() ? "(none)" : text;
}

struct Word {
  std::string_view member, en, zh;
};
constexpr Word kWords[] = {
    {"weight", "weight", "权重"},       {"mode", "mode", "模式"},
    {"version", "version", "版本"},     {"half_life_h", "half-life in hours", "半衰期(小时)"},
    {"from", "valid from", "生效时间"}, {"to", "valid to", "失效时间"},
    {"actor", "actor", "操作人"},       {"alg", "algorithm", "算法"},
    {"public", "public key", "公钥"},   {"secret", "name of the secret", "密钥名称"},
    {"lat", "latitude", "纬度"},        {"lon", "longitude", "经度"},
    {"names", "names", "名称"},         {"duties", "duties", "职责"},
    {"note", "note", "说明"},           {"hash", "hash of the text", "文本哈希"},
    {"building", "building", "楼宇"},   {"campus", "campus", "校区"},
};

Text word_of(std::string_view member) {
  for (const auto& w : kWords)
    if (w.member == member) return {std::string(w.zh), std::string(w.en)};
  return {std::string(member), std::string(member)};
}

class Comparison {
public:
  std::vector<PolicyChange> changes;

  void document(const Json& a, const Json& b) {
    each_name(a, b, [&](const std::string& name, const Json& x, const Json& y) {
      if (name == "rules") {
        named(name, "规则", "rule", x, y);
      } else if (name == "zones") {
        named(name, "区域", "zone", x, y);
      } else if (name == "departments") {
        named(name, "部门", "department", x, y);
      } else if (name == "interpretations") {
        named(name, "解释", "interpretation", x, y);
      } else if (name == "categories") {
        each_name(x, y, [&](const std::string& category, const Json& before, const Json& after) {
          subject("categories." + category, {"人员类别 " + category, "category " + category}, before, after);
        });
      } else if (name == "shadow") {
        if (x != y)
          add(name, x, y,
              y == Json(true)
                  ? Text{"只在影子中运行,不生效", "runs in shadow and is never in force"}
                  : Text{"正式生效,不再只在影子中运行", "takes effect, and no longer runs in shadow only"});
      } else if (name == "trust") {
        trust(x, y);
      } else if (name == "walking_seconds") {
        walks(x, y);
      } else {
        plain(name, x, y);
      }
    });
  }

private:
  template <class F>
  static void each_name(const Json& a, const Json& b, F&& visit) {
    static const Json nothing;
    if (a.is_object())
      for (const auto& [name, v] : a.items()) visit(name, v, b.is_object() && b.contains(name) ? b[name] : nothing);
    if (b.is_object())
      for (const auto& [name, v] : b.items())
        if (!a.is_object() || !a.contains(name)) visit(name, nothing, v);
  }

  void add(const std::string& member, const Json& before, const Json& after, Text text) {
    constexpr std::string_view none = "(none)";
    for (auto at = text.zh.find(none); at != std::string::npos; at = text.zh.find(none))
      text.zh.replace(at, none.size(), "(无)");
    changes.push_back({member, words(before), words(after), std::move(text)});
  }

  /// "thresholds.freeze 950 -> 970"; lists by what came and went.
  void plain(const std::string& path, const Json& a, const Json& b) {
    if (a == b) return;
    if (a.is_object() && b.is_object())
      return each_name(
          a, b, [&](const std::string& name, const Json& x, const Json& y) { plain(path + "." + name, x, y); });
    if (a.is_array() || b.is_array()) return subject(path, {path, path}, a, b);
    const auto text = fmt::format("{} {} -> {}", path, shown(a), shown(b));
    add(path, a, b, {text, text});
  }

  /// A thing with a name: itself, or its members, in a line each.
  void subject(const std::string& path, const Text& name, const Json& a, const Json& b) {
    if (a == b) return;
    if (a.is_null()) return add(path, a, b, {name.zh + ":新增" + facts(b).zh, name.en + " added" + facts(b).en});
    if (b.is_null()) return add(path, a, b, {name.zh + ":删除", name.en + " removed"});
    if (a.is_array() && b.is_array()) {
      // One line an item; what is compared are sets.
      const auto gone = [&](const Json& from, const Json& in, const char* zh, const char* en, bool added) {
        for (const auto& x : from)
          if (std::ranges::find(in, x) == in.end())
            add(path, added ? Json() : x, added ? x : Json(),
                {name.zh + ":" + zh + " " + words(x), name.en + ": " + words(x) + " " + en});
      };
      gone(a, b, "删除", "removed", false);
      gone(b, a, "新增", "added", true);
      return;
    }
    each_name(a, b, [&](const std::string& member, const Json& x, const Json& y) {
      if (x == y) return;
      if (member == "params")
        return each_name(x, y, [&](const std::string& param, const Json& before, const Json& after) {
          if (before != after)
            add(path + ".params." + param, before, after,
                {fmt::format("{}:参数 {} {} -> {}", name.zh, param, shown(before), shown(after)),
                 fmt::format("{}: parameter {} {} -> {}", name.en, param, shown(before), shown(after))});
        });
      const auto word = word_of(member);
      if (x.is_array() && y.is_array())
        return subject(path + "." + member, {name.zh + " " + word.zh, name.en + " " + word.en}, x, y);
      // What follows from a key's bytes is long and says nothing to anybody.
      if (member == "public")
        return add(path + ".public", x, y, {name.zh + ":公钥更换", name.en + ": public key changed"});
      add(path + "." + member, x, y,
          {fmt::format("{}:{} {} -> {}", name.zh, word.zh, shown(x), shown(y)),
           fmt::format("{}: {} {} -> {}", name.en, word.en, shown(x), shown(y))});
    });
  }

  /// ", valid from …" of a thing that is new.
  static Text facts(const Json& v) {
    Text out;
    if (v.is_array()) {
      for (const auto& x : v) {
        out.zh += (out.zh.empty() ? " " : "、") + words(x);
        out.en += (out.en.empty() ? ": " : ", ") + words(x);
      }
      return out;
    }
    if (!v.is_object()) return out;
    for (const auto& [name, x] : v.items()) {
      if (name == "key" || name == "public" || x.is_structured() || x == Json("")) continue;
      const auto word = word_of(name);
      out.zh += "," + word.zh + " " + shown(x);
      out.en += ", " + word.en + " " + shown(x);
    }
    return out;
  }

  void named(const std::string& member, const std::string& zh, const std::string& en, const Json& a, const Json& b) {
    each_name(a, b, [&](const std::string& name, const Json& x, const Json& y) {
      subject(member + "." + name, {zh + " " + name, en + " " + name}, x, y);
    });
  }

  void trust(const Json& a, const Json& b) {
    static const Json nothing = Json::object();
    const auto part = [&](const Json& v, const char* name) -> const Json& {
      return v.is_object() && v.contains(name) ? v[name] : nothing;
    };
    each_name(part(a, "roles"), part(b, "roles"), [&](const std::string& role, const Json& x, const Json& y) {
      // A key id may stand several times: one validity after another.
      const auto keys = [](const Json& list) {
        Json out = Json::object();
        std::map<std::string, int> seen;
        if (list.is_array())
          for (const auto& k : list) {
            auto id = words(k["key"]);
            if (const int n = ++seen[id]; n > 1) id += fmt::format(" ({})", n);
            out[id] = k;
          }
        return out;
      };
      each_name(keys(x), keys(y), [&](const std::string& id, const Json& before, const Json& after) {
        subject("trust.roles." + role + "." + id, {"角色 " + role + ":密钥 " + id, "role " + role + ": key " + id},
                before, after);
      });
    });
    const std::string issuers = "trust.issuers";
    named(issuers, "签发者", "issuer", part(a, "issuers"), part(b, "issuers"));
  }

  void walks(const Json& a, const Json& b) {
    const auto by_ends = [](const Json& rows) {
      Json out = Json::object();
      if (rows.is_array())
        for (const auto& row : rows) out[words(row[0]) + " - " + words(row[1])] = row[2];
      return out;
    };
    each_name(by_ends(a), by_ends(b), [&](const std::string& ends, const Json& x, const Json& y) {
      if (x == y) return;
      const auto seconds = [](const Json& v) { return v.is_null() ? std::string("(none)") : v.dump() + " s"; };
      add("walking_seconds." + ends, x, y,
          {fmt::format("步行时间 {}:{} -> {}", ends, seconds(x), seconds(y)),
           fmt::format("walking time {}: {} -> {}", ends, seconds(x), seconds(y))});
    });
  }
};

} // namespace

std::vector<PolicyChange> policy_changes(const Policy& a, const Policy& b) {
  Comparison comparison;
  comparison.document(Json::parse(streams::write_policy(a)), Json::parse(streams::write_policy(b)));
  return std::move(comparison.changes);
}

} // namespace onecode::app
