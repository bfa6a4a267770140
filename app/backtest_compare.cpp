#include <algorithm>
#include <set>
#include <tuple>

#include "app/backtest.hpp"
#include "domain/finding.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr Verdict kAll[] = {Verdict::allow, Verdict::challenge, Verdict::deny}; // from the mildest

std::size_t at(Verdict v) { return static_cast<std::size_t>(v); }
int hardness(Verdict v) { return static_cast<int>(std::ranges::find(kAll, v) - kAll); }

Json changes_json(const std::uint64_t (&count)[3][3]) {
  auto out = Json::object();
  for (const auto a : kAll)
    for (const auto b : kAll)
      if (a != b && count[at(a)][at(b)] > 0)
        out[std::string(to_string(a)) + "->" + std::string(to_string(b))] = count[at(a)][at(b)];
  return out;
}

Json rules_json(const std::vector<std::pair<std::string, int>>& rules) {
  auto out = Json::array();
  for (const auto& [id, points] : rules) out.push_back({{"id", id}, {"points", points}});
  return out;
}

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json peak_json(const Peak& p) {
  return {
      {"band", p.band},
      {"score", p.score},
      {"proposed_action", p.action.empty() ? "none" : p.action},
      {"rules", rules_json(p.rules)},
      {"explanation", p.explanation.en.empty() ? Json() : Json{{"zh", p.explanation.zh}, {"en", p.explanation.en}}}};
}

Json hold_json(const Held& h) {
  return {{"article", h.article},          {"role", h.role},
          {"provisional", h.provisional},  {"since", h.since},
          {"expires", or_null(h.expires)}, {"ended", or_null(h.ended)},
          {"rules", rules_json(h.rules)}};
}

/// What a holder feels of a hold. Not its id and not the rules behind it: the same freeze for another reason is the same
/// freeze.
auto felt(const Held& h) { return std::tie(h.article, h.role, h.provisional, h.since, h.expires, h.ended); }

bool same_holds(const Standing& a, const Standing& b) {
  return std::ranges::is_permutation(a.holds, b.holds,
                                     [](const auto& x, const auto& y) { return felt(x) == felt(y); });
}

bool same_findings(const Standing& a, const Standing& b) {
  return std::ranges::equal(a.findings, b.findings, [](const auto& x, const auto& y) {
    return std::tie(x.first, x.second.band, x.second.action) == std::tie(y.first, y.second.band, y.second.action);
  });
}

/// States in which a device or an integration is kept from working.
int barred(const Standing& s) {
  return static_cast<int>(std::ranges::count_if(s.states, [](const auto& state) {
    return state.first == "quarantined" || state.first.ends_with("access suspended") ||
           state.first.ends_with("access terminated");
  }));
}

Json decided_json(const Decided& d) { return {{"verdict", to_string(d.verdict)}, {"reasons", d.reasons}}; }

/// Holds only one side has, or has otherwise.
Json holds_beside(const Standing& mine, const Standing& other) {
  auto out = Json::array();
  for (const auto& h : mine.holds)
    if (std::ranges::none_of(other.holds, [&](const Held& o) { return felt(o) == felt(h); }))
      out.push_back(hold_json(h));
  return out;
}

} // namespace

void BacktestComparison::compare(const Decided& a, const Decided& b) {
  if (a.verdict == b.verdict) {
    if (a.reasons != b.reasons) ++other_reasons_;
    return;
  }
  ++changes_[at(a.verdict)][at(b.verdict)];
  ++changed_at_[0][a.device];
  if (!a.integration.empty()) ++changed_at_[1][a.integration];
  if (a.account.empty()) return;
  Changed& c = changed_[a.account];
  ++c.count[at(a.verdict)][at(b.verdict)];
  if (c.all++ == 0) {
    c.a = a;
    c.b = b;
  }
}

void BacktestComparison::settle() {
  for (int side = 0; side < 2; ++side)
    for (auto& d : sides[side].take_decisions()) {
      ++verdicts_[side][at(d.verdict)];
      auto& waiting = waiting_[d.scan];
      if (waiting.decisions.empty() || waiting.side == side) {
        waiting.side = side;
        waiting.decisions.push_back(std::move(d));
        continue;
      }
      const Decided other = std::move(waiting.decisions.front());
      waiting.decisions.erase(waiting.decisions.begin());
      if (waiting.decisions.empty()) waiting_.erase(d.scan);
      side == 1 ? compare(other, d) : compare(d, other);
    }
}

Json BacktestComparison::subject(Kind kind, const std::string& id, const Standing& a, const Standing& b,
                                 const Changed* changed) const {
  const Standing* of[] = {&a, &b};
  const Peak worst[] = {a.worst(), b.worst()};
  Json out;
  out[kind == Kind::campus ? "subject" : std::string(to_string(kind))] = id;

  // Who is worse off where: a freeze weighs most, then what was proposed, then single decisions, then the score.
  int harder = 0;
  if (changed != nullptr)
    for (const auto x : kAll)
      for (const auto y : kAll)
        harder += static_cast<int>(changed->count[at(x)][at(y)]) * (hardness(y) - hardness(x));
  const auto weight = [&](int side) {
    return std::tuple(of[side]->holds.size() + static_cast<std::size_t>(barred(*of[side])), worst[side].band,
                      side == 1 ? harder : 0, worst[side].score);
  };
  out["worse_under"] = weight(0) == weight(1) ? Json() : Json(weight(0) > weight(1) ? "a" : "b");
  for (int side = 0; side < 2; ++side) {
    auto& mine = out[side == 0 ? "a" : "b"] = peak_json(worst[side]);
    if (kind == Kind::account) {
      mine["holds"] = of[side]->holds.size();
      mine["holds_differ"] = holds_beside(*of[side], *of[1 - side]);
    } else {
      auto& findings = mine["findings"] = Json::array();
      for (const auto& [rule, peak] : of[side]->findings)
        findings.push_back(
            {{"rule", rule}, {"band", peak.band}, {"score", peak.score}, {"proposed_action", peak.action}});
      auto& states = mine["states_differ"] = Json::array();
      for (const auto& [state, since] : of[side]->states)
        if (const auto it = of[1 - side]->states.find(state); it == of[1 - side]->states.end() || it->second != since)
          states.push_back({{"state", state}, {"since", since}});
    }
  }
  if (kind == Kind::account) {
    out["verdicts"] = changed != nullptr ? changes_json(changed->count) : Json::object();
    out["first_scan"] =
        changed == nullptr ? Json() : Json{{"source", changed->a.source},   {"id", changed->a.id},
                                           {"device", changed->a.device},   {"time", changed->a.time},
                                           {"a", decided_json(changed->a)}, {"b", decided_json(changed->b)}};
  } else if (kind != Kind::campus) {
    const auto& counts = changed_at_[kind == Kind::device ? 0 : 1];
    const auto it = counts.find(id);
    out["decisions_changed"] = it == counts.end() ? 0 : it->second;
  }
  return out;
}

Json BacktestComparison::section(Kind kind, std::size_t limit) const {
  static const Standing nothing;
  std::set<std::string_view> ids;
  for (const auto& side : sides)
    for (const auto& [id, standing] : side.of(kind)) ids.insert(id);
  if (kind == Kind::account)
    for (const auto& [id, changed] : changed_) ids.insert(id);

  struct Row {
    std::tuple<bool, int, int, std::uint64_t, int> severity;
    std::string id;
    const Standing *a, *b;
    const Changed* changed;
  };
  std::vector<Row> rows;
  std::uint64_t score_only = 0, under[2] = {};
  for (const auto view : ids) {
    const std::string id(view);
    const auto find = [&](int side) {
      const auto it = sides[side].of(kind).find(id);
      return it == sides[side].of(kind).end() ? &nothing : &it->second;
    };
    const Standing *a = find(0), *b = find(1);
    const auto it = changed_.find(id);
    const Changed* changed = kind == Kind::account && it != changed_.end() ? &it->second : nullptr;
    const Peak x = a->worst(), y = b->worst();
    const bool held = !same_holds(*a, *b);
    const bool differs = held || x.band != y.band || changed != nullptr || a->states != b->states ||
                         (kind != Kind::account && !same_findings(*a, *b));
    if (!differs) {
      score_only += x.score != y.score;
      continue;
    }
    rows.push_back({{held || a->states != b->states, std::abs(x.band - y.band), std::max(x.band, y.band),
                     changed != nullptr ? changed->all : 0, std::abs(x.score - y.score)},
                    id,
                    a,
                    b,
                    changed});
  }
  std::ranges::sort(rows, [](const Row& x, const Row& y) {
    return x.severity != y.severity ? x.severity > y.severity : x.id < y.id;
  });
  auto listed = Json::array();
  for (const auto& r : rows) {
    auto row = subject(kind, r.id, *r.a, *r.b, r.changed);
    if (row["worse_under"].is_string()) ++under[row["worse_under"] == "b"];
    if (limit == 0 || listed.size() < limit) listed.push_back(std::move(row));
  }
  return {{"different", rows.size()},       {"worse_under_a", under[0]},           {"worse_under_b", under[1]},
          {"other_score_only", score_only}, {"more", rows.size() - listed.size()}, {"listed", listed}};
}

void BacktestComparison::write(std::size_t limit, Json& report) const {
  auto& decisions = report["decisions"] = Json::object();
  std::uint64_t changed = 0, alone[2] = {};
  for (const auto& row : changes_)
    for (const auto n : row) changed += n;
  for (const auto& [scan, waiting] : waiting_) alone[waiting.side] += waiting.decisions.size();
  for (int side = 0; side < 2; ++side) {
    auto& counts = decisions[side == 0 ? "a" : "b"] = Json::object();
    for (const auto v : kAll) counts[std::string(to_string(v))] = verdicts_[side][at(v)];
  }
  decisions["changed"] = changed;
  decisions["changes"] = changes_json(changes_);
  decisions["same_verdict_other_reasons"] = other_reasons_;
  decisions["only_under_a"] = alone[0];
  decisions["only_under_b"] = alone[1];
  report["people"] = section(Kind::account, limit);
  report["devices"] = section(Kind::device, limit);
  report["integrations"] = section(Kind::integration, limit);
  report["others"] = section(Kind::campus, limit);
}

} // namespace onecode::app
