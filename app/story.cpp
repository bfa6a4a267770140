#include "app/story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

/// Sections in the order in which a clerk asks. `zh` beside the heading; members of a section keep the order of the JSON.
struct Section {
  std::string_view member, heading, zh;
};
constexpr Section kSections[] = {
    {"holds", "Holds", "冻结事项"},
    {"orders", "Rectification orders", "整改"},
    {"cases", "Cases", "案件"},
    {"application", "Application to end a hold", "解冻申请"},
    {"overdraft", "Overdraft", "透支"},
    {"maintenance", "Maintenance", "维护"},
    {"finding", "Open finding", "发现"},
    {"findings", "Open findings", "发现"},
    {"drift", "Drift from the plan", "偏离对接方案"},
    {"documents", "Documents", "制度文件"},
    {"tests", "Joint debugging", "联调"},
    {"handsets", "Handsets", "手机"},
    {"users", "Accounts shown from it", "使用账户"},
    {"delegations", "Delegations", "代办"},
    {"absences", "Absences", "离校"},
    {"checks", "Checks of the person", "身份核验"},
    {"liabilities", "Liabilities", "责任与赔偿"},
    {"plan", "Plan", "技术对接方案"},
    {"manifest", "Manifest", "对接清单"},
    {"position", "Position", "位置"},
    {"network", "Network baseline", "网络基线"},
    {"ids", "Devices", "设备"},
    {"sightings", "Last seen", "最近使用"},
};

/// Members whose own members stand for themselves.
constexpr std::string_view kTransparent[] = {"profile", "file",   "procedures", "ledger", "record",
                                             "register", "devices", "hot",       "usage"};
/// How the engine works, not what it holds about somebody; --json shows them.
constexpr std::string_view kHidden[] = {
    "buckets",       "bucket_start", "spend_mean_q8", "spend_var_q8", "nonces",   "evidence",    "event",
    "events",        "content",      "revision",      "streams",      "recent",   "recent_seq",  "highest",
    "reported",      "outside",      "unproven",      "view",         "said",     "joined",      "freeze_wanted",
    "auto_frozen",   "shadow",       "settled",       "checked",      "told",     "told_at",     "uid",
    "accuracy_ms",   "clock_sound",  "used",          "details",      "opened",   "usable",      "before_quarantine",
    "boot",          "started",      "first",         "lost",         "serial_claim"};

constexpr std::pair<std::string_view, std::string_view> kLabels[] = {
    {"valid_from", "valid from"},
    {"valid_to", "valid to"},
    {"first_scan", "first scan"},
    {"term_until", "term until"},
    {"certified_to", "certified until"},
    {"review_due", "review due"},
    {"answer_due", "answer due"},
    {"text_ref", "text kept at"},
    {"last_hit", "last seen"},
    {"expires", "until"},
    {"due", "deadline"},
    {"secret", "MAC key"},
    {"life", "state"},
    {"accuracy_m", "accuracy in metres"},
    {"test", "test account"},
    {"claimed", "owed at most"},
    {"aps", "access points"},
};
constexpr std::string_view kMoney[] = {"balance", "claimed", "amount", "outstanding", "debt"};

template <std::size_t N>
bool among(const std::string_view (&list)[N], std::string_view name) {
  return std::ranges::find(list, name) != std::end(list);
}

/// What an element of a list is called by; it opens the element's first line.
constexpr std::string_view kNames[] = {"id", "order", "rule", "document", "handset", "account", "delegate", "kind", "case"};

std::string label(std::string_view name) {
  for (const auto& [member, text] : kLabels)
    if (member == name) return std::string(text);
  std::string out(name);
  std::ranges::replace(out, '_', ' ');
  return out;
}

bool empty(const Json& v) {
  if (v.is_null()) return true;
  if (v.is_string()) return v.get_ref<const std::string&>().empty();
  if (v.is_boolean()) return !v.get<bool>();
  if (v.is_array()) return std::ranges::all_of(v, empty);
  if (v.is_object())
    return std::ranges::all_of(v.items(), [](const auto& m) { return among(kHidden, m.key()) || empty(m.value()); });
  return false;
}

std::string money(std::int64_t fen) {
  return fmt::format("{}{}.{:02} yuan", fen < 0 ? "-" : "", std::abs(fen) / 100, std::abs(fen) % 100);
}

std::string scalar(std::string_view name, const Json& v) {
  if (v.is_boolean()) return "yes";
  if (v.is_number_integer() && among(kMoney, name)) return money(v.get<std::int64_t>());
  if (!v.is_string()) return v.dump();
  const auto& text = v.get_ref<const std::string&>();
  // A time on the wire has its offset; "2026-03-02" alone is left as it is.
  if (text.size() >= 20 && text[4] == '-' && text[10] == 'T')
    if (const auto time = parse_time(text)) return local_minutes(*time);
  return text;
}

bool flat(const Json& v) {
  if (v.is_array()) return std::ranges::none_of(v, [](const Json& x) { return x.is_structured(); });
  return !v.is_object();
}

std::string flat_text(std::string_view name, const Json& v) {
  if (!v.is_array()) return scalar(name, v);
  std::string out;
  for (const auto& x : v) out += (out.empty() ? "" : ", ") + scalar(name, x);
  return out;
}

class Teller {
public:
  explicit Teller(std::string& out) : out_(out) {}

  void member(std::string_view name, const Json& v, std::size_t depth) {
    if (among(kHidden, name) || empty(v)) return;
    const std::string margin(depth * 2, ' ');
    if (flat(v)) {
      out_ += fmt::format("{}{:<{}} {}\n", margin, label(name), depth > 2 ? 20 : 24 - depth * 2, flat_text(name, v));
    } else if (v.is_object()) {
      out_ += fmt::format("{}{}\n", margin, label(name));
      members(v, depth + 1);
    } else {
      out_ += fmt::format("{}{}\n", margin, label(name));
      elements(v, depth + 1);
    }
  }

  void members(const Json& object, std::size_t depth) {
    for (const auto& [name, v] : object.items()) member(name, v, depth);
  }

  void elements(const Json& list, std::size_t depth) {
    for (const auto& e : list) {
      if (!e.is_object()) {
        out_ += fmt::format("{}{}\n", std::string(depth * 2, ' '), flat(e) ? flat_text("", e) : e.dump());
        continue;
      }
      element(e, depth);
    }
  }

private:
  void element(const Json& e, std::size_t depth) {
    if (empty(e)) return;
    std::string_view head;
    for (const auto name : kNames)
      if (head.empty() && e.contains(name) && !empty(e[std::string(name)]) && flat(e[std::string(name)])) head = name;
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
    if (among(kHidden, name) || empty(v)) continue;
    if (name == "holds" && v.is_object() && v.contains("holds")) {
      out.sections.emplace_back(name, &v["holds"]);
    } else if (among(kTransparent, name) && v.is_object()) {
      gather(v, out);
    } else if (flat(v) && std::ranges::find(kSections, name, &Section::member) == std::end(kSections)) {
      out.plain.emplace_back(name, &v);
    } else {
      out.sections.emplace_back(name, &v);
    }
  }
}

} // namespace

std::string local_minutes(Time t) {
  std::string text = format_time(t); // 2026-03-02T07:58:12.345+08:00
  text.resize(16);
  text[10] = ' ';
  return text;
}

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
  for (const auto& [name, v] : all.items()) {
    if (name == "kind" || name == "id" || among(kHidden, name) || empty(v)) continue;
    if (among(kTransparent, name) && v.is_object())
      gather(v, found);
    else if (flat(v) && std::ranges::find(kSections, name, &Section::member) == std::end(kSections))
      found.plain.emplace_back(name, &v);
    else
      found.sections.emplace_back(name, &v);
  }
  Teller teller(out);
  for (const auto& [name, v] : found.plain)
    if (!(name == "state" && kind == "integration") && name != "life") teller.member(name, *v, 1);
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
      if (const auto end = parse_time(text_of(h, "expires"))) holds += " until " + local_minutes(*end);
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
        if (const auto due = parse_time(text_of(o, "due"))) out += " until " + local_minutes(*due);
      }
  return out;
}

} // namespace onecode::app
