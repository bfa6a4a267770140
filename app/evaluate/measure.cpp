#include "app/evaluate/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>

#include "domain/article.hpp"

namespace onecode::app::evaluate {
namespace {

bool in_span(Time t, Time from, Time to) { return from <= t && t <= to + kGrace; }
template <class T>
bool in_span(Time t, const T& of) {
  return in_span(t, of.from, of.to);
}

/// What of a finding lies in the span of something: the highest band, and when a band was first reached there.
struct Part {
  int band = -1;
  std::array<std::optional<Time>, 5> reached;
};

template <class T>
Part part_in(const FindingLife& life, const T& span) {
  Part out;
  for (const auto& stage : life.stages) {
    if (!in_span(stage.recorded, span)) continue;
    out.band = std::max(out.band, stage.band);
    for (int b = 0; b <= stage.band; ++b) {
      auto& first = out.reached[static_cast<std::size_t>(b)];
      if (!first || stage.recorded < *first) first = stage.recorded;
    }
  }
  return out;
}

/// `d-0012` as one part of `gw/d-0012/3/17`.
bool names_part(std::string_view path, std::string_view part) {
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == part) return true;
    at = end + 1;
  }
  return false;
}

bool rests_on(const FindingLife& life, std::string_view subject) {
  const auto id = subject.substr(subject.find(':') + 1);
  return std::ranges::any_of(life.events, [&](const auto& e) { return names_part(e, id); });
}

class Measurement {
public:
  Measurement(const Campus& campus, Figures& out) : truth_(campus.truth), findings_(campus.findings), out_(out) {
    for (const auto& m : truth_.misuses) misuses_[m.subject].push_back(&m);
    for (const auto& life : findings_.lives) lives_[life.subject].push_back(&life);
    for (const auto& c : truth_.circumstances) circumstances_[c.subject].push_back(&c);
  }

  void run() {
    describe();
    for (const auto& m : truth_.misuses) misuse(m);
    for (const auto& life : findings_.lives) {
      if (life.stages.empty()) continue; // opened before this record began
      if (life.alert)
        alert(life);
      else
        compliance(life);
    }
    out_.alarmed_watch += alarmed_watch_.size();
    out_.alarmed_challenge += alarmed_challenge_.size();
    out_.alarmed_propose += alarmed_propose_.size();
    holds();
    lookalikes();
  }

private:
  template <class T>
  using BySubject = std::unordered_map<std::string_view, std::vector<const T*>>;

  template <class T>
  static const std::vector<const T*>& of(const BySubject<T>& map, std::string_view subject) {
    static const std::vector<const T*> none;
    const auto it = map.find(subject);
    return it == map.end() ? none : it->second;
  }
  bool innocent(std::string_view subject) const { return !misuses_.contains(subject); }

  void describe() {
    std::uint64_t guilty = 0;
    for (const auto& [subject, list] : misuses_) guilty += subject.starts_with("account:") ? 1 : 0;
    Figures::Run run{truth_.seed, truth_.people, truth_.days,     truth_.misuses.size(),
                     0,           truth_.file,   findings_.folder};
    run.innocent = truth_.people - std::min(guilty, truth_.people);
    out_.accounts += run.people;
    out_.account_days += run.people * run.days;
    out_.innocent_weeks += static_cast<double>(run.innocent) * static_cast<double>(run.days) / 7;
    out_.runs.push_back(std::move(run));
    out_.policies.insert(findings_.policies.begin(), findings_.policies.end());
  }

  // ---- recall ----------------------------------------------------------------------------------------------------

  /// The misuse is what the finding is about. One that was open already before any misuse is no detection of it, though it
  /// goes on meanwhile.
  bool fits(const FindingLife& life, const Misuse& m) const {
    if (m.of_account()) return life.alert;
    if (life.alert || life.stages.empty() || !is_under(life.article, m.act)) return false;
    return std::ranges::any_of(of(misuses_, m.subject), [&](const Misuse* other) {
      return is_under(life.article, other->act) && in_span(life.stages.front().recorded, *other);
    });
  }

  void misuse(const Misuse& m) {
    Part best;
    for (const auto* life : of(lives_, m.subject)) {
      if (!fits(*life, m)) continue;
      const Part part = part_in(*life, m);
      best.band = std::max(best.band, part.band);
      for (std::size_t b = 0; b < best.reached.size(); ++b)
        if (part.reached[b] && (!best.reached[b] || *part.reached[b] < *best.reached[b]))
          best.reached[b] = part.reached[b];
    }
    const auto& first = best.reached[static_cast<std::size_t>(m.of_account() ? kPropose : 0)];
    auto it = std::ranges::find_if(
        out_.scenarios, [&](const Scenario& s) { return s.name == m.scenario && s.of_accounts == m.of_account(); });
    if (it == out_.scenarios.end())
      it = out_.scenarios.insert(it, Scenario{m.scenario, m.of_account(), {}, {}, {}, {}, {}, {}});
    it->detected.count(first.has_value());
    it->at_watch.count(best.band >= kWatch);
    it->at_challenge.count(best.band >= kChallenge);
    it->at_propose.count(best.band >= kPropose);
    ++it->reached[static_cast<std::size_t>(best.band + 1)];
    if (first)
      it->delays.push_back(std::max(Duration{}, *first - m.evident));
    else
      out_.missed.push_back({truth_.seed, m.id, m.scenario, m.subject, best.band});
  }

  // ---- precision -------------------------------------------------------------------------------------------------

  bool true_at(const FindingLife& life, int band) const {
    return std::ranges::any_of(of(misuses_, life.subject),
                               [&](const Misuse* m) { return part_in(life, *m).band >= band; });
  }

  void alert(const FindingLife& life) {
    if (innocent(life.subject)) {
      if (life.band >= kWatch) alarmed_watch_.insert(life.subject);
      if (life.band >= kChallenge) alarmed_challenge_.insert(life.subject);
      if (life.band >= kPropose) alarmed_propose_.insert(life.subject);
    }
    if (life.band < kPropose) return;
    const bool right = true_at(life, kPropose);
    out_.proposals.count(right);
    out_.rules[life.rule].count(right);
    if (life.band >= kAutomatic) out_.automatic.count(true_at(life, kAutomatic));
    if (!right) wrong(life);
  }

  void compliance(const FindingLife& life) {
    bool right = false, fitting = false;
    for (const auto* m : of(misuses_, life.subject)) {
      if (!in_span(life.stages.front().recorded, *m)) continue;
      right = true;
      fitting = fitting || is_under(life.article, m->act);
    }
    out_.compliance.count(right);
    out_.compliance_fitting.count(fitting);
    if (life.band >= kPropose) out_.compliance_proposals.count(right);
    out_.rules[life.rule].count(right);
    if (!right) wrong(life);
  }

  void wrong(const FindingLife& life) {
    out_.false_findings.push_back({truth_.seed, life.uid, life.subject, life.rule, life.band, life.score,
                                   life.explanation, context_of(life), life.events});
  }

  std::vector<std::string> context_of(const FindingLife& life) const {
    std::vector<std::string> out;
    for (const auto* c : of(circumstances_, life.subject))
      if (part_in(life, *c).band >= 0)
        out.push_back(fmt::format("{} {} ({})", to_string(c->what), c->scenario, c->id));
    for (const auto& c : truth_.circumstances)
      if (c.what == Circumstance::What::fault && c.subject != life.subject && part_in(life, c).band >= 0 &&
          rests_on(life, c.subject))
        out.push_back(fmt::format("{} {} of {} ({})", to_string(c.what), c.scenario, c.subject, c.id));
    for (const auto* m : of(misuses_, life.subject))
      out.push_back(fmt::format("misuse {} ({}), outside its span", m->scenario, m->id));
    return out;
  }

  // ---- holds -----------------------------------------------------------------------------------------------------

  void holds() {
    std::set<std::string_view> held;
    for (const auto& hold : findings_.holds) {
      if (!hold.of_detection()) {
        ++out_.debt_holds;
        continue;
      }
      ++out_.holds;
      const auto& of_account = of(misuses_, hold.subject);
      if (std::ranges::any_of(of_account, [&](const Misuse* m) { return in_span(hold.since, *m); }))
        ++out_.holds_right;
      if (!of_account.empty()) continue;
      held.insert(hold.subject);
      WrongHold wrong_hold{truth_.seed, hold.subject, hold.id, hold.article, hold.reason, {}};
      for (const auto* c : of(circumstances_, hold.subject))
        if (in_span(hold.since, *c))
          wrong_hold.context.push_back(fmt::format("{} {} ({})", to_string(c->what), c->scenario, c->id));
      out_.wrong_holds.push_back(std::move(wrong_hold));
    }
    out_.held_innocent += held.size();
  }

  // ---- look-alikes and faults ------------------------------------------------------------------------------------

  void lookalikes() {
    struct Met {
      std::map<std::string_view, int> subjects, people; // and the highest band
      std::set<std::string_view> guilty;
    };
    std::map<std::pair<Circumstance::What, std::string_view>, Met> met;
    for (const auto& c : truth_.circumstances) {
      auto& here = met[{c.what, c.scenario}];
      if (!innocent(c.subject)) {
        here.guilty.insert(c.subject);
        continue;
      }
      auto& highest = here.subjects.try_emplace(c.subject, -1).first->second;
      for (const auto* life : of(lives_, c.subject)) highest = std::max(highest, part_in(*life, c).band);
      if (c.what != Circumstance::What::fault) continue;
      for (const auto& life : findings_.lives) {
        if (!life.alert || !innocent(life.subject)) continue;
        const int band = part_in(life, c).band;
        if (band < 0 || !rests_on(life, c.subject)) continue;
        auto& of_person = here.people.try_emplace(life.subject, -1).first->second;
        of_person = std::max(of_person, band);
      }
    }
    const auto count = [](std::array<std::uint64_t, 5>& reached, const std::map<std::string_view, int>& from) {
      for (const auto& [subject, band] : from)
        for (int b = 0; b <= band; ++b) ++reached[static_cast<std::size_t>(b)];
    };
    for (const auto& [key, here] : met) {
      auto it = std::ranges::find_if(
          out_.lookalikes, [&, &k = key](const Lookalike& l) { return l.what == k.first && l.scenario == k.second; });
      if (it == out_.lookalikes.end())
        it = out_.lookalikes.insert(it, Lookalike{key.first, std::string(key.second), 0, 0, {}, {}});
      it->subjects += here.subjects.size();
      it->guilty += here.guilty.size();
      count(it->reached, here.subjects);
      count(it->people, here.people);
    }
  }

  const Truth& truth_;
  const Findings& findings_;
  Figures& out_;
  BySubject<Misuse> misuses_;
  BySubject<FindingLife> lives_;
  BySubject<Circumstance> circumstances_;
  std::set<std::string_view> alarmed_watch_, alarmed_challenge_, alarmed_propose_;
};

} // namespace

Figures measure(const std::vector<Campus>& campuses) {
  Figures out;
  for (const auto& campus : campuses) Measurement(campus, out).run();
  std::ranges::stable_sort(out.scenarios, [](const Scenario& a, const Scenario& b) {
    return std::pair(!a.of_accounts, std::string_view(a.name)) < std::pair(!b.of_accounts, std::string_view(b.name));
  });
  std::ranges::stable_sort(out.lookalikes, {},
                           [](const Lookalike& l) { return std::pair(l.what, std::string_view(l.scenario)); });
  std::ranges::stable_sort(out.false_findings, std::ranges::greater{},
                           [](const FalseFinding& f) { return std::pair(f.band, f.score); });
  return out;
}

} // namespace onecode::app::evaluate
