#include "app/story_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "domain/explain.hpp"

namespace onecode::app {
namespace {

constexpr std::string_view kTransparent[] = {"profile", "file",     "procedures", "ledger",
                                             "record",  "register", "devices",    "hot"};
constexpr std::string_view kHidden[] = {
    "buckets",      "bucket_start", "spend_mean_q8", "spend_var_q8", "nonces",        "event",
    "events",       "content",      "revision",      "version",      "half_life",     "quality",
    "streams",      "recent",       "recent_seq",    "highest",      "reported",      "outside",
    "unproven",     "view",         "said",          "joined",       "freeze_wanted", "auto_frozen",
    "shadow",       "candidate",    "settled",       "checked",      "told",          "told_at",
    "uid",          "accuracy_ms",  "clock_sound",   "used",         "usable",        "device_planned",
    "zone_planned", "cancelled",    "usage",         "boot",         "started",       "first",
    "lost",         "environment",  "habits",        "neighbours",   "visits",        "data",
    "foreign",      "today",        "today_began",   "placed",       "rules",         "inspection_asked_by"};

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
    {"opened", "since"},
    {"at", "time"},
    {"before_quarantine", "before"},
    {"facts", "what was seen"},
    {"seen", "what was seen"},
    {"expires", "until"},
    {"due", "deadline"},
    {"secret", "MAC key"},
    {"life", "state"},
    {"accuracy_m", "accuracy in metres"},
    {"test", "test account"},
    {"claimed", "owed at most"},
    {"aps", "access points"},
    {"statement_due", "statement due"},
    {"appeal_due", "appeal due"},
    {"exchange", "exchange per day"},
};
constexpr std::string_view kBands[] = {"observe", "watch", "challenge", "propose", "done automatically"};
constexpr std::string_view kMoney[] = {"balance", "claimed", "amount", "outstanding", "debt"};

template <std::size_t N>
bool among(const std::string_view (&list)[N], std::string_view name) {
  return std::ranges::find(list, name) != std::end(list);
}

constexpr std::string_view kEnds[] = {"due",          "statement_due", "appeal_due", "expires",    "valid_to",
                                      "certified_to", "review_due",    "answer_due", "term_until", "to"};

std::string money(std::int64_t fen) {
  return fmt::format("{}{}.{:02} yuan", fen < 0 ? "-" : "", std::abs(fen) / 100, std::abs(fen) % 100);
}

} // namespace

bool hidden(std::string_view member) { return among(kHidden, member); }
bool transparent(std::string_view member) { return among(kTransparent, member); }
bool is_end(std::string_view member) { return among(kEnds, member); }

std::string label(std::string_view name) {
  for (const auto& [member, text] : kLabels)
    if (member == name) return std::string(text);
  std::string out(name);
  std::ranges::replace(out, '_', ' ');
  return out;
}

bool bilingual(const Json& v) { return v.is_object() && v.size() == 2 && v.contains("zh") && v.contains("en"); }

bool empty(std::string_view name, const Json& v) {
  if (v.is_null()) return true;
  if (v.is_string()) {
    const auto& text = v.get_ref<const std::string&>();
    return text.empty() || text == "none" || (text == "unknown" && name == "before_quarantine") ||
           text.starts_with("1970-01-01T");
  }
  if (v.is_boolean()) return !v.get<bool>() || name == "opened";
  if (v.is_number()) return v == 0;
  const auto hidden = [](const auto& m) { return onecode::app::hidden(m.key()) || empty(m.key(), m.value()); };
  // Where an event stands in its topic is for auditors.
  if (v.is_object() && v.contains("topic") && v.contains("partition") && v.contains("offset")) return true;
  if (v.is_array()) return std::ranges::all_of(v, [](const Json& x) { return empty("", x); });
  return std::ranges::all_of(v.items(), hidden);
}

std::string scalar(std::string_view name, const Json& v) {
  if (v.is_boolean()) return "yes";
  if (v.is_number_integer() && among(kMoney, name)) return money(v.get<std::int64_t>());
  if (v.is_number_unsigned() && name == "band" && v.get<std::uint64_t>() < std::size(kBands))
    return std::string(kBands[v.get<std::size_t>()]);
  if (!v.is_string()) return v.dump();
  const auto& text = v.get_ref<const std::string&>();
  // A time on the wire has its offset; "2026-03-02" alone is left as it is.
  if (text.size() >= 20 && text[4] == '-' && text[10] == 'T')
    if (const auto time = parse_time(text)) return minute_text(*time);
  return text;
}

bool flat(const Json& v) {
  if (bilingual(v)) return true;
  if (v.is_array()) return std::ranges::none_of(v, [](const Json& x) { return x.is_structured(); });
  return !v.is_object();
}

std::string flat_text(std::string_view name, const Json& v) {
  if (bilingual(v)) return scalar("", v["zh"]) + " / " + scalar("", v["en"]);
  if (!v.is_array()) return scalar(name, v);
  std::string out;
  for (const auto& x : v) out += (out.empty() ? "" : ", ") + scalar(name, x);
  return out;
}

std::string distance(Time then, Time now) {
  const auto gap = then.ms > now.ms ? then.ms - now.ms : now.ms - then.ms;
  constexpr std::int64_t hour = 3'600'000;
  if (gap > 400 * 24 * hour) return {};
  const auto days = gap / (24 * hour), hours_left = gap / hour;
  const auto text = days > 0         ? fmt::format("{} day{}", days, days == 1 ? "" : "s")
                    : hours_left > 0 ? fmt::format("{} hour{}", hours_left, hours_left == 1 ? "" : "s")
                                     : std::string("less than an hour");
  return then.ms > now.ms ? " (in " + text + ")" : " (" + text + " ago)";
}

} // namespace onecode::app
