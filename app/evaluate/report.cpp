#include "app/evaluate/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/errors.hpp"
#include "app/terminal.hpp"

namespace onecode::app::evaluate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShown = 20; // false findings for people; --json has all
constexpr double kPer = 10'000;    // accounts, and a week

// ---- words -------------------------------------------------------------------------------------------------------

std::string thousands(std::uint64_t n) {
  std::string out = std::to_string(n);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, 1, ',');
  return out;
}

std::string span_text(std::optional<Duration> d) {
  if (!d) return "–";
  const auto minutes_of = static_cast<double>(d->ms) / 60'000;
  if (minutes_of < 90) return fmt::format("{:.0f} min", minutes_of);
  if (minutes_of < 2 * 24 * 60) return fmt::format("{:.1f} h", minutes_of / 60);
  return fmt::format("{:.1f} d", minutes_of / (24 * 60));
}

std::string share_text(const Share& share) {
  const auto interval = wilson(share);
  if (!interval) return "–";
  return fmt::format("{:.1f} % [{:.1f}, {:.1f}]", *share.value() * 100, interval->low * 100, interval->high * 100);
}

/// Per 10,000 innocent accounts and week.
struct Rate {
  double value = 0;
  Interval interval;
};
std::optional<Rate> rate_of(std::uint64_t count, double weeks) {
  if (weeks <= 0) return std::nullopt;
  const double scale = kPer / weeks;
  const Interval events = poisson(count);
  return Rate{static_cast<double>(count) * scale, {events.low * scale, events.high * scale}};
}

std::string rate_text(std::uint64_t count, double weeks) {
  const auto rate = rate_of(count, weeks);
  return rate ? fmt::format("{:.3f} [{:.3f}, {:.3f}]", rate->value, rate->interval.low, rate->interval.high) : "–";
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, "; ")); }

/// `60,000 accounts x 28 days`, or account-days where the campuses differ in length.
std::string exposure(const Figures& f) {
  const bool same = std::ranges::all_of(f.runs, [&](const auto& r) { return r.days == f.runs.front().days; });
  if (same && !f.runs.empty())
    return fmt::format("{} accounts x {} days", thousands(f.accounts), f.runs.front().days);
  return fmt::format("{} accounts, {} account-days", thousands(f.accounts), thousands(f.account_days));
}

// ---- tables ------------------------------------------------------------------------------------------------------

struct Table {
  std::string title, note;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> lines; // instead of rows: a list
};

Table recall(const Figures& f) {
  Table t{
      "Recall",
      "Accounts: detected with a proposal (band 3) in the span. Devices and integrations: detected with a finding "
      "under the clause. Time to detection: of those detected.",
      {"scenario", "n", "detected", "recall [95 %]", "band ≥ 2", "≥ 1", "median", "p90",
       "band reached: 4/3/2/1/0/none"},
      {},
      {}};
  for (const auto& s : f.scenarios) {
    std::vector<std::string> bands;
    for (auto it = s.reached.rbegin(); it != s.reached.rend(); ++it) bands.push_back(std::to_string(*it));
    t.rows.push_back({s.name, std::to_string(s.detected.n), std::to_string(s.detected.hits), share_text(s.detected),
                      share_text(s.at_challenge), share_text(s.at_watch), span_text(quantile(s.delays, 0.5)),
                      span_text(quantile(s.delays, 0.9)), fmt::format("{}", fmt::join(bands, "/"))});
  }
  return t;
}

Table precision(const Figures& f) {
  Table t{"Precision", "", {"findings", "n", "true", "precision [95 %]"}, {}, {}};
  const auto row = [&](std::string what, const Share& s) {
    t.rows.push_back({std::move(what), std::to_string(s.n), std::to_string(s.hits), share_text(s)});
  };
  row("accounts, band ≥ 3 (proposed)", f.proposals);
  row("accounts, band 4 (done automatically)", f.automatic);
  row("devices and integrations, any band", f.compliance);
  row("… and under the misuse's clause", f.compliance_fitting);
  row("devices and integrations, band ≥ 3", f.compliance_proposals);
  for (const auto& [rule, share] : f.rules) row("of these, strongest rule " + rule, share);
  return t;
}

Table alarms(const Figures& f) {
  Table t{"False alarms",
          "Innocent accounts; rates per 10,000 innocent accounts and week.",
          {"innocent accounts with", "accounts", "rate [95 %]"},
          {},
          {}};
  const auto row = [&](std::string what, std::uint64_t n) {
    t.rows.push_back({std::move(what), std::to_string(n), rate_text(n, f.innocent_weeks)});
  };
  row("a finding of band ≥ 1", f.alarmed_watch);
  row("a finding of band ≥ 2 (asked for a check)", f.alarmed_challenge);
  row("a finding of band ≥ 3 (proposed)", f.alarmed_propose);
  row("an automatic freeze", f.held_innocent);
  return t;
}

Table freezes(const Figures& f) {
  Table t{"Automatic freezes", "", {}, {}, {}};
  t.lines.push_back(fmt::format("wrong: {} innocent people in {}", f.held_innocent, exposure(f)));
  t.lines.push_back(fmt::format("in the span of a misuse: {} of {} holds", f.holds_right, f.holds));
  t.lines.push_back(fmt::format("for a debt (Article 10), no matter of detection: {} holds", f.debt_holds));
  for (const auto& h : f.wrong_holds) {
    if (t.lines.size() == kShown + 3) {
      t.lines.push_back(fmt::format("… {} more, all with --json", f.wrong_holds.size() - kShown));
      break;
    }
    t.lines.push_back(fmt::format("seed {}: {} ({}){}{}", h.seed, h.subject, h.reason, h.context.empty() ? "" : "; ",
                                  joined(h.context)));
  }
  return t;
}

Table lookalikes(const Figures& f) {
  Table t{"Look-alikes and faults",
          "Subjects with a finding of at least this band in the span. People: innocent accounts whose finding rests "
          "on an "
          "event that names the faulty subject, band ≥ 1 / ≥ 3.",
          {"", "scenario", "subjects", "band ≥ 1", "≥ 2", "≥ 3", "4", "people"},
          {},
          {}};
  for (const auto& l : f.lookalikes) {
    const bool fault = l.what == Circumstance::What::fault;
    t.rows.push_back(
        {std::string(to_string(l.what)), l.scenario,
         l.guilty > 0 ? fmt::format("{} ({} left out)", l.subjects, l.guilty) : std::to_string(l.subjects),
         std::to_string(l.reached[1]), std::to_string(l.reached[2]), std::to_string(l.reached[3]),
         std::to_string(l.reached[4]), fault ? fmt::format("{} / {}", l.people[1], l.people[3]) : ""});
  }
  return t;
}

Table false_list(const Figures& f) {
  Table t{"False findings",
          "Accounts from band 3 on, devices and integrations of any band; strongest first.",
          {},
          {},
          {}};
  for (const auto& x : f.false_findings) {
    if (t.lines.size() == kShown) {
      t.lines.push_back(fmt::format("… {} more, all with --json", f.false_findings.size() - kShown));
      break;
    }
    t.lines.push_back(fmt::format("seed {}: {} {} band {} score {}: {}{}{} ({} {})", x.seed, x.subject, x.rule,
                                  x.band, x.score, x.explanation, x.context.empty() ? "" : " In: ", joined(x.context),
                                  x.events.size(), x.events.size() == 1 ? "event" : "events"));
  }
  if (t.lines.empty()) t.lines.emplace_back("none");
  return t;
}

std::vector<Table> tables(const Figures& f) {
  std::vector<Table> out{recall(f), precision(f), alarms(f), freezes(f)};
  if (!f.lookalikes.empty()) out.push_back(lookalikes(f));
  out.push_back(false_list(f));
  return out;
}

std::string subject_line(const Figures& f) {
  std::vector<std::string> seeds;
  std::uint64_t misuses = 0, innocent = 0;
  for (const auto& r : f.runs) {
    seeds.push_back(fmt::format("{} ({} people, {} days)", r.seed, thousands(r.people), r.days));
    misuses += r.misuses;
    innocent += r.innocent;
  }
  return fmt::format("Seeds {}: {} misuses, {} innocent accounts; policy {}.", fmt::join(seeds, ", "),
                     thousands(misuses), thousands(innocent),
                     f.policies.empty() ? "–" : fmt::format("{}", fmt::join(f.policies, ", ")));
}

// ---- text --------------------------------------------------------------------------------------------------------

/// Characters, not bytes: the dash and its like have three.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t to) {
  return std::string(text) + std::string(to - std::min(to, width(text)), ' ');
}

std::string text_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += "  " + padded(cells[i], widths[i]);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string text_of(const Table& t) {
  std::string out = '\n' + paint(stdout, Colour::bold, t.title) + '\n';
  if (!t.note.empty()) out += paint(stdout, Colour::dim, t.note) + '\n';
  for (const auto& line : t.lines) out += "  " + line + '\n';
  if (t.head.empty()) return out;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < t.head.size(); ++i) {
    widths.push_back(width(t.head[i]));
    for (const auto& row : t.rows) widths.back() = std::max(widths.back(), width(row[i]));
  }
  out += text_row(t.head, widths);
  for (const auto& row : t.rows) out += text_row(row, widths);
  if (t.rows.empty()) out += "  none\n";
  return out;
}

// ---- Markdown ----------------------------------------------------------------------------------------------------

/// What an explanation holds must not end a cell or open a tag.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '>' || c == '*' || c == '_' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string markdown_row(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const auto& c : cells) out += ' ' + escaped(c) + " |";
  return out + '\n';
}

std::string markdown_of(const Table& t) {
  std::string out = fmt::format("\n### {}\n\n", t.title);
  if (!t.note.empty()) out += escaped(t.note) + "\n\n";
  for (const auto& line : t.lines) out += "- " + escaped(line) + '\n';
  if (t.head.empty()) return out;
  out += markdown_row(t.head) + '|';
  for (std::size_t i = 0; i < t.head.size(); ++i) out += "---|";
  out += '\n';
  for (const auto& row : t.rows) out += markdown_row(row);
  return out;
}

// ---- JSON --------------------------------------------------------------------------------------------------------

Json json_of(const std::optional<Interval>& i) { return i ? Json::array({i->low, i->high}) : Json(nullptr); }

Json json_of(const Share& s) {
  const auto value = s.value();
  return {{"hits", s.hits},
          {"n", s.n},
          {"value", value ? Json(*value) : Json(nullptr)},
          {"wilson95", json_of(wilson(s))}};
}

Json json_of(std::uint64_t count, double weeks) {
  const auto rate = rate_of(count, weeks);
  return {{"accounts", count},
          {"per_10000_accounts_and_week", rate ? Json(rate->value) : Json(nullptr)},
          {"poisson95", rate ? json_of(rate->interval) : Json(nullptr)}};
}

Json seconds_of(std::optional<Duration> d) { return d ? Json(static_cast<double>(d->ms) / 1000) : Json(nullptr); }

Json by_band(const std::array<std::uint64_t, 5>& reached) {
  Json out = Json::object();
  for (std::size_t b = 0; b < reached.size(); ++b) out[fmt::format("at_least_{}", b)] = reached[b];
  return out;
}

} // namespace

Json to_json(const Figures& f) {
  Json out;
  auto& runs = out["runs"] = Json::array();
  for (const auto& r : f.runs)
    runs.push_back({{"seed", r.seed},
                    {"people", r.people},
                    {"days", r.days},
                    {"misuses", r.misuses},
                    {"innocent", r.innocent},
                    {"truth", r.truth},
                    {"out", r.folder}});
  out["policies"] = f.policies;

  auto& scenarios = out["scenarios"] = Json::array();
  for (const auto& s : f.scenarios) {
    constexpr std::string_view names[] = {"none", "0", "1", "2", "3", "4"};
    Json bands = Json::object();
    for (std::size_t b = 0; b < s.reached.size(); ++b) bands[std::string(names[b])] = s.reached[b];
    scenarios.push_back(
        {{"scenario", s.name},
         {"of", s.of_accounts ? "accounts" : "devices-and-integrations"},
         {"n", s.detected.n},
         {"detected", s.detected.hits},
         {"recall", json_of(s.detected)},
         {"recall_band_1", json_of(s.at_watch)},
         {"recall_band_2", json_of(s.at_challenge)},
         {"recall_band_3", json_of(s.at_propose)},
         {"seconds_to_detection",
          {{"median", seconds_of(quantile(s.delays, 0.5))}, {"p90", seconds_of(quantile(s.delays, 0.9))}}},
         {"band_reached", std::move(bands)}});
  }
  auto& missed = out["missed"] = Json::array();
  for (const auto& m : f.missed)
    missed.push_back({{"seed", m.seed},
                      {"misuse", m.misuse},
                      {"scenario", m.scenario},
                      {"subject", m.subject},
                      {"band", m.reached < 0 ? Json(nullptr) : Json(m.reached)}});

  auto& precision_of = out["precision"];
  precision_of["accounts_band_3"] = json_of(f.proposals);
  precision_of["accounts_band_4"] = json_of(f.automatic);
  precision_of["compliance"] = json_of(f.compliance);
  precision_of["compliance_fitting_clause"] = json_of(f.compliance_fitting);
  precision_of["compliance_band_3"] = json_of(f.compliance_proposals);
  auto& rules = precision_of["by_rule"] = Json::object();
  for (const auto& [rule, share] : f.rules) rules[rule] = json_of(share);
  auto& wrong = out["false_findings"] = Json::array();
  for (const auto& x : f.false_findings)
    wrong.push_back({{"seed", x.seed},
                     {"finding", x.uid},
                     {"subject", x.subject},
                     {"rule", x.rule},
                     {"band", x.band},
                     {"score", x.score},
                     {"explanation", x.explanation},
                     {"context", x.context},
                     {"events", x.events}});

  out["false_alarms"] = {{"innocent_account_weeks", f.innocent_weeks},
                         {"band_1", json_of(f.alarmed_watch, f.innocent_weeks)},
                         {"band_2", json_of(f.alarmed_challenge, f.innocent_weeks)},
                         {"band_3", json_of(f.alarmed_propose, f.innocent_weeks)}};
  auto& frozen = out["automatic_freezes"] = {{"holds", f.holds},
                                             {"in_span_of_misuse", f.holds_right},
                                             {"of_article_10", f.debt_holds},
                                             {"accounts", f.accounts},
                                             {"account_days", f.account_days},
                                             {"wrong", json_of(f.held_innocent, f.innocent_weeks)},
                                             {"wrong_holds", Json::array()}};
  for (const auto& h : f.wrong_holds)
    frozen["wrong_holds"].push_back({{"seed", h.seed},
                                     {"subject", h.subject},
                                     {"hold", h.id},
                                     {"article", h.article},
                                     {"reason", h.reason},
                                     {"context", h.context}});

  auto& similar = out["look_alikes"] = Json::array();
  for (const auto& l : f.lookalikes) {
    Json one{{"type", to_string(l.what)},
             {"scenario", l.scenario},
             {"subjects", l.subjects},
             {"left_out_as_misusers", l.guilty},
             {"subjects_by_band", by_band(l.reached)}};
    if (l.what == Circumstance::What::fault) one["people_by_band"] = by_band(l.people);
    similar.push_back(std::move(one));
  }
  return out;
}

std::string to_text(const Figures& f) {
  std::string out = subject_line(f) + '\n';
  for (const auto& t : tables(f)) out += text_of(t);
  return out;
}

std::string to_markdown(const Figures& f) {
  std::string out = escaped(subject_line(f)) + '\n';
  for (const auto& t : tables(f)) out += markdown_of(t);
  return out;
}

std::string put_between_markers(const std::string& file, const std::string& document, const std::string& figures) {
  const auto only = [&](std::string_view marker) {
    const auto at = document.find(marker);
    if (at == std::string::npos) throw InputError(fmt::format("{}: has no marker {}", file, marker));
    if (document.find(marker, at + 1) != std::string::npos)
      throw InputError(fmt::format("{}: the marker {} stands there twice", file, marker));
    return at;
  };
  const auto begin = only(kBegin), end = only(kEnd);
  if (end < begin) throw InputError(fmt::format("{}: the marker {} stands before {}", file, kEnd, kBegin));
  return document.substr(0, begin + kBegin.size()) + '\n' + figures + document.substr(end);
}

} // namespace onecode::app::evaluate
