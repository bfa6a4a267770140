#include "app/story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "app/story_words.hpp"
#include "domain/explain.hpp"

namespace onecode::app {
namespace {

/// Sections in the order in which a clerk asks. `zh` beside the heading; members of a section keep the order of the JSON.
struct Section {
  std::string_view member, heading, zh;
  bool rows = false; // one line an element, the newest first
};
constexpr Section kSections[] = {
    {"holds", "Holds", "冻结事项"},
    {"orders", "Rectification orders", "整改"},
    {"cases", "Cases", "案件"},
    {"application", "Application", "申请"},
    {"overdraft", "Overdraft", "透支"},
    {"maintenance", "Maintenance", "维护"},
    {"finding", "Open finding", "发现"},
    {"evidence", "Evidence", "证据"},
    {"findings", "Open findings", "发现"},
    {"drift", "Drift from the plan", "偏离对接方案"},
    {"documents", "Documents", "制度文件"},
    {"tests", "Joint debugging", "联调", true},
    {"handsets", "Handsets", "手机"},
    {"users", "Accounts shown from it", "使用账户", true},
    {"delegations", "Delegations", "代办"},
    {"absences", "Absences", "离校"},
    {"checks", "Checks of the person", "身份核验", true},
    {"liabilities", "Liabilities", "责任与赔偿"},
    {"plan", "Plan", "技术对接方案"},
    {"manifest", "Manifest", "对接清单"},
    {"scope", "Scope, where it is narrower", "使用范围"},
    {"amendment", "New plan, not in force yet", "变更方案"},
    {"position", "Position", "位置"},
    {"network", "Network baseline", "网络基线"},
    {"ids", "Devices", "设备"},
    {"sightings", "Last seen", "最近使用", true},
};

/// What an element of a list is called by; it opens the element's first line.
constexpr std::string_view kNames[] = {"id",      "order",   "rule",     "document", "name",
                                       "handset", "account", "delegate", "kind",     "case"};

/// Who decided, in one line in the place of three.
Json gathered(const Json& e) {
  Json out = Json::object();
  const auto who = [&](const char* name) {
    return e.contains(name) && e[name].is_string() ? e[name].get<std::string>() : "";
  };
  const bool decided = !who("actor").empty() && !who("role").empty();
  for (const auto& [name, v] : e.items()) {
    if (decided && (name == "role" || name == "policy")) continue;
    if (decided && name == "actor")
      out["decided_by"] = fmt::format("{} ({}), policy {}", who("actor"), who("role"), who("policy"));
    else if (name == "upheld" && v.is_boolean() && e.contains("decided"))
      out["outcome"] = v.get<bool>() ? "upheld" : "not upheld";
    else if (name == "finding" && v.is_object())
      for (const auto& [member, x] : v.items()) out[member] = x;
    else if (name == "evidence" && v.is_object() && v.contains("entries"))
      for (const auto& entry : v["entries"]) out["seen"].push_back(entry.value("facts", Json()));
    else if (name == "details" && v.is_array())
      for (const auto& detail : v) out["seen"].push_back(detail.value("facts", Json()));
    else
      out[name] = v;
  }
  return out;
}

class Teller {
public:
  Teller(std::string& out, Time now) : out_(out), now_(now) {}

  void member(std::string_view name, const Json& v, std::size_t depth) {
    if (hidden(name) || empty(name, v)) return;
    const std::string margin(depth * 2, ' ');
    if (flat(v)) {
      auto text = flat_text(name, v);
      if (is_end(name) && v.is_string())
        if (const auto time = parse_time(v.get_ref<const std::string&>())) text += distance(*time, now_);
      out_ += fmt::format("{}{:<{}} {}\n", margin, label(name), depth > 2 ? 20 : 24 - depth * 2, text);
    } else {
      out_ += fmt::format("{}{}\n", margin, label(name));
      if (v.is_object())
        members(v, depth + 1);
      else
        elements(v, depth + 1);
    }
  }

  void members(const Json& object, std::size_t depth) {
    const auto shown = gathered(object);
    for (const auto& [name, v] : shown.items()) member(name, v, depth);
  }

  void elements(const Json& list, std::size_t depth) {
    for (const auto& e : list) {
      if (e.is_object() && !bilingual(e)) {
        element(gathered(e), depth);
      } else if (!empty("", e)) {
        out_ += fmt::format("{}{}\n", std::string(depth * 2, ' '), flat(e) ? flat_text("", e) : e.dump());
      }
    }
  }

  void rows(const Json& list) {
    std::vector<std::pair<std::string, std::string>> lines; // the time on the wire, by which they are sorted
    for (const auto& e : list) {
      std::string when, time, rest;
      for (const auto& [name, v] : e.items()) {
        if (hidden(name) || empty(name, v) || !flat(v)) continue;
        const auto text = flat_text(name, v);
        if (const auto t = v.is_string() ? parse_time(v.get<std::string>()) : std::nullopt) {
          when = v.get<std::string>();
          time = text;
        } else {
          rest += "  " + text;
        }
      }
      lines.emplace_back(when, fmt::format("  {:<16}{}\n", time, rest));
    }
    std::ranges::stable_sort(lines, std::greater{}, &std::pair<std::string, std::string>::first);
    for (const auto& line : lines) out_ += line.second;
  }

private:
  void element(const Json& e, std::size_t depth) {
    if (empty("", e)) return;
    std::string_view head;
    for (const auto name : kNames)
      if (const auto it = e.find(name); head.empty() && it != e.end() && flat(*it) && !empty(name, *it)) head = name;
    std::string line;
    if (!head.empty()) line = scalar(head, e[std::string(head)]);
    // Its state beside its name: that is what is looked for.
    if (const auto state = e.find("state"); state != e.end() && state->is_string() && !line.empty())
      line += ": " + state->get<std::string>();
    if (!line.empty()) out_ += fmt::format("{}{}\n", std::string(depth * 2, ' '), line);
    for (const auto& [name, v] : e.items())
      if (name != head && (name != "state" || line.empty())) member(name, v, depth + (line.empty() ? 0 : 1));
  }

  std::string& out_;
  Time now_;
};

std::string text_of(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

const Json& inside(const Json& object, std::initializer_list<const char*> path) {
  static const Json nothing;
  const Json* at = &object;
  for (const char* name : path) {
    const auto it = at->find(name);
    if (it == at->end()) return nothing;
    at = &*it;
  }
  return *at;
}

/// The account's state follows from its record and the time, so the JSON need not say it.
std::string account_state(const Json& all, Time now) {
  const Json& profile = inside(all, {"profile"});
  if (!text_of(profile, "forgotten").empty()) return "forgotten (已清除)";
  if (!profile.is_object() || !profile.value("opened", false)) return "not opened";
  if (profile.value("cancelled", false)) return "cancelled";
  const auto time = [&](const char* name) { return parse_time(text_of(profile, name)); };
  const Json& holds = inside(all, {"file", "holds", "holds"});
  if (const auto from = time("valid_from"); from && now < *from) return "pending";
  const bool held = holds.is_array() && !holds.empty();
  if (const auto to = time("valid_to"); to && *to < now) return held ? "expired, with holds" : "expired";
  return held ? "frozen" : "active";
}

struct Gathered {
  std::vector<std::pair<std::string, const Json*>> plain, sections;
};

void gather(const Json& object, Gathered& out) {
  for (const auto& [name, v] : object.items()) {
    if (hidden(name) || empty(name, v)) continue;
    const bool section = std::ranges::find(kSections, name, &Section::member) != std::end(kSections);
    if (v.is_object() && v.size() == 1 && (v.contains(name) || v.contains("entries"))) {
      out.sections.emplace_back(name, &v.front()); // a list in a box of its own
    } else if (transparent(name) && v.is_object()) {
      gather(v, out);
    } else {
      (flat(v) && !section ? out.plain : out.sections).emplace_back(name, &v);
    }
  }
}

} // namespace

std::string story(std::string_view described_json, Time now) {
  const auto all = Json::parse(described_json, nullptr, false);
  if (!all.is_object()) return std::string(described_json) + "\n";
  constexpr std::array<std::array<std::string_view, 2>, 4> kinds{
      {{"account", "账户"}, {"device", "设备"}, {"integration", "集成系统"}, {"handset", "手机"}}};
  const auto kind = text_of(all, "kind");
  std::string zh;
  for (const auto& k : kinds)
    if (k[0] == kind) zh = " (" + std::string(k[1]) + ")";
  std::string out = fmt::format("{} {}{}", kind, text_of(all, "id"), zh);
  if (kind == "account") out += ": " + account_state(all, now);
  if (kind == "integration") out += ": " + text_of(inside(all, {"record"}), "state");
  if (kind == "device") out += ": " + text_of(inside(all, {"register"}), "life");
  out += "\n";

  Gathered found;
  gather(all, found);
  // The scope begins as the manifest.
  const auto found_section = [&](std::string_view name) {
    return std::ranges::find(found.sections, name, &std::pair<std::string, const Json*>::first);
  };
  if (const auto scope = found_section("scope"), manifest = found_section("manifest");
      scope != found.sections.end() && manifest != found.sections.end() && *scope->second == *manifest->second)
    found.sections.erase(scope);
  Teller teller(out, now);
  for (const auto& [name, v] : found.plain)
    if (name != "kind" || v != &all["kind"])
      if (name != "id" && name != "life" && !(name == "state" && kind == "integration")) teller.member(name, *v, 1);
  std::ranges::stable_sort(found.sections, {}, [](const auto& s) {
    return std::ranges::find(kSections, s.first, &Section::member) - std::begin(kSections);
  });
  for (const auto& [name, v] : found.sections) {
    const auto* section = std::ranges::find(kSections, name, &Section::member);
    if (section == std::end(kSections))
      out += fmt::format("\n{}\n", label(name));
    else
      out += fmt::format("\n{} ({})\n", section->heading, section->zh);
    if (flat(*v) && !v->is_array()) {
      out += "  " + scalar(name, *v) + "\n";
    } else if (section != std::end(kSections) && section->rows && v->is_array() &&
               std::ranges::all_of(*v, [](const Json& e) { return e.is_object(); })) {
      teller.rows(*v);
    } else if (v->is_array()) {
      teller.elements(*v, 1);
    } else {
      teller.members(*v, 1);
    }
  }
  return out;
}

std::string state_line(std::string_view data_json) {
  const auto data = Json::parse(data_json, nullptr, false);
  if (!data.is_object()) return std::string(data_json);
  std::string out = text_of(data, "state");
  if (data.contains("holds")) {
    std::string holds;
    for (const auto& h : data["holds"]) {
      holds += fmt::format("{}Article {}", holds.empty() ? "" : ", ", text_of(h, "article"));
      if (const auto end = parse_time(text_of(h, "expires"))) holds += " until " + minute_text(*end);
    }
    if (!holds.empty()) out += fmt::format(" ({})", holds);
  }
  if (data.contains("usable")) out += data["usable"] == true ? ", usable" : ", not usable";
  if (const auto access = text_of(data, "access"); !access.empty()) out += ", access " + access;
  if (data.contains("reasons") && data["reasons"].is_array() && !data["reasons"].empty())
    out += " (" + flat_text("reasons", data["reasons"]) + ")";
  if (data.contains("orders") && data["orders"].is_array())
    for (const auto& o : data["orders"])
      if (text_of(o, "state") != "closed") {
        out += fmt::format(", order {} {}", text_of(o, "id"), text_of(o, "state"));
        if (const auto due = parse_time(text_of(o, "due"))) out += ", due " + minute_text(*due);
      }
  return out;
}

} // namespace onecode::app
