#include <algorithm>
#include <cstdlib>
#include <set>
#include <tuple>

#include "app/backtest.hpp"
#include "domain/finding.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLookAhead = 4096;                                        // decisions
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
std::size_t barred(const Standing& s) {
  return static_cast<std::size_t>(std::ranges::count_if(s.states, [](const auto& state) {
    return state.first == "quarantined" || state.first.ends_with("access suspended") ||
           state.first.ends_with("access terminated");
  }));
}

Json decided_json(Verdict verdict, Reasons reasons) {
  auto words = Json::array();
  reasons.each([&](Reason r) { words.push_back(to_string(r)); });
  return {{"verdict", to_string(verdict)}, {"reasons", words}};
}

/// Holds only one side has, or has otherwise.
Json holds_beside(const Standing& mine, const Standing& other) {
  auto out = Json::array();
  for (const auto& h : mine.holds)
    if (std::ranges::none_of(other.holds, [&](const Held& o) { return felt(o) == felt(h); }))
      out.push_back(hold_json(h));
  return out;
}

} // namespace

BacktestComparison::BacktestComparison()
    : a([this](const Decided& d) { keep(d); }), b([this](const Decided& d) { meet(d); }) {}

void BacktestComparison::keep(const Decided& d) {
  ++verdicts_[0][at(d.verdict)];
  Kept k{d.scan.lo, d.reasons, 0, static_cast<std::uint32_t>(d.verdict)};
  if (!d.account.empty()) {
    const auto [it, fresh] = account_numbers_.try_emplace(d.account, accounts_.size() + 1);
    if (fresh) accounts_.push_back(&it->first);
    k.account = it->second & 0x3fff'ffff;
  }
  kept_.push_back(k);
}

void BacktestComparison::meet(const Decided& d) {
  ++verdicts_[1][at(d.verdict)];
  if (const auto it = passed_.find(d.scan.lo); it != passed_.end()) {
    compare(it->second, d);
    passed_.erase(it);
    return;
  }
  // Both decide in the order of the inputs, but for scans of one turn, and those that only one side could decide.
  const auto end = std::min(kept_.size(), next_ + kLookAhead);
  auto met = next_;
  while (met < end && kept_[met].scan != d.scan.lo) ++met;
  if (met == end) {
    ++only_b_;
    return;
  }
  for (; next_ < met; ++next_) passed_.emplace(kept_[next_].scan, kept_[next_]);
  compare(kept_[next_++], d);
}

void BacktestComparison::compare(const Kept& before, const Decided& now) {
  const auto verdict = static_cast<Verdict>(before.verdict);
  if (verdict == now.verdict) {
    if (before.reasons != now.reasons) ++other_reasons_;
    return;
  }
  ++changes_[at(verdict)][at(now.verdict)];
  ++changed_at_[0][now.device];
  if (!now.integration.empty()) ++changed_at_[1][now.integration];
  // A code that only one of the policies can read names its account there only.
  const std::string& account =
      now.account.empty() && before.account != 0 ? *accounts_[before.account - 1] : now.account;
  if (account.empty()) return;
  Changed& c = changed_[account];
  ++c.count[at(verdict)][at(now.verdict)];
  if (c.all++ == 0) {
    c.first = now;
    c.a = {verdict, before.reasons};
  }
}

/// Where they are worse off, `a` or `b`: a freeze weighs most, then what was proposed, then single decisions, then the
/// score. 0: neither plainly.
char BacktestComparison::worse_under(const Standing& under_a, const Standing& under_b, const Changed* changed) {
  int harder = 0;
  if (changed != nullptr)
    for (const auto x : kAll)
      for (const auto y : kAll)
        harder += static_cast<int>(changed->count[at(x)][at(y)]) * (hardness(y) - hardness(x));
  const auto weight = [](const Standing& s, int decisions) {
    const Peak worst = s.worst();
    return std::tuple(s.holds.size() + barred(s), worst.band, decisions, worst.score);
  };
  const auto before = weight(under_a, 0), after = weight(under_b, harder);
  return before == after ? '\0' : before > after ? 'a' : 'b';
}

Json BacktestComparison::subject(Kind kind, const std::string& id, const Standing& under_a, const Standing& under_b,
                                 const Changed* changed) const {
  const Standing* of[] = {&under_a, &under_b};
  const Peak worst[] = {under_a.worst(), under_b.worst()};
  Json out;
  out[kind == Kind::campus ? "subject" : std::string(to_string(kind))] = id;

  const char side_of[] = {worse_under(under_a, under_b, changed), 0};
  out["worse_under"] = side_of[0] == 0 ? Json() : Json(side_of);
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
    out["first_scan"] = changed == nullptr
                            ? Json()
                            : Json{{"source", changed->first.source},
                                   {"id", changed->first.id},
                                   {"device", changed->first.device},
                                   {"time", changed->first.time},
                                   {"a", decided_json(changed->a.verdict, changed->a.reasons)},
                                   {"b", decided_json(changed->first.verdict, changed->first.reasons)}};
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
  for (const auto* side : {&a, &b})
    for (const auto& [id, standing] : side->of(kind)) ids.insert(id);
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
    const auto find = [&](const BacktestSide& side) {
      const auto it = side.of(kind).find(id);
      return it == side.of(kind).end() ? &nothing : &it->second;
    };
    const Standing *under_a = find(a), *under_b = find(b);
    const auto it = changed_.find(id);
    const Changed* changed = kind == Kind::account && it != changed_.end() ? &it->second : nullptr;
    const Peak x = under_a->worst(), y = under_b->worst();
    const bool held = !same_holds(*under_a, *under_b);
    const bool differs = held || x.band != y.band || changed != nullptr || under_a->states != under_b->states ||
                         (kind != Kind::account && !same_findings(*under_a, *under_b));
    if (!differs) {
      score_only += x.score != y.score;
      continue;
    }
    rows.push_back({{held || under_a->states != under_b->states, std::abs(x.band - y.band), std::max(x.band, y.band),
                     changed != nullptr ? changed->all : 0, std::abs(x.score - y.score)},
                    id,
                    under_a,
                    under_b,
                    changed});
  }
  std::ranges::sort(rows, [](const Row& x, const Row& y) {
    return x.severity != y.severity ? x.severity > y.severity : x.id < y.id;
  });
  auto listed = Json::array();
  for (const auto& r : rows) {
    if (const char side = worse_under(*r.a, *r.b, r.changed)) ++under[side - 'a'];
    if (limit == 0 || listed.size() < limit) listed.push_back(subject(kind, r.id, *r.a, *r.b, r.changed));
  }
  return {{"different", rows.size()},       {"worse_under_a", under[0]},           {"worse_under_b", under[1]},
          {"other_score_only", score_only}, {"more", rows.size() - listed.size()}, {"listed", listed}};
}

void BacktestComparison::write(std::size_t limit, Json& report) const {
  auto& decisions = report["decisions"] = Json::object();
  std::uint64_t changed = 0;
  for (const auto& row : changes_)
    for (const auto n : row) changed += n;
  for (int side = 0; side < 2; ++side) {
    auto& counts = decisions[side == 0 ? "a" : "b"] = Json::object();
    for (const auto v : kAll) counts[std::string(to_string(v))] = verdicts_[side][at(v)];
  }
  decisions["changed"] = changed;
  decisions["changes"] = changes_json(changes_);
  decisions["same_verdict_other_reasons"] = other_reasons_;
  decisions["only_under_a"] = passed_.size() + (kept_.size() - next_);
  decisions["only_under_b"] = only_b_;
  report["people"] = section(Kind::account, limit);
  report["devices"] = section(Kind::device, limit);
  report["integrations"] = section(Kind::integration, limit);
  report["others"] = section(Kind::campus, limit);
}

} // namespace onecode::app
