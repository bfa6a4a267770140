#include "domain/device_findings.hpp"

#include <algorithm>

#include "domain/by_event_time.hpp"

namespace onecode {
namespace {

using OpenFinding = DeviceState::OpenFinding;

constexpr std::size_t kMaxDetails = 10;

Band band_of(const OpenFinding& open, int score, Time t, const Thresholds& limits) {
  if (score >= limits.propose || open.evidence.strongest(t).weight >= kGraveWeight) return Band::propose;
  if (score >= limits.challenge) return Band::challenge;
  return score >= limits.watch ? Band::watch : Band::observe;
}

std::string timer_name(RuleId rule) { return "quiet:" + std::string(to_string(rule)); }

auto find(DeviceState::File& file, RuleId rule) {
  return std::ranges::lower_bound(file.findings, rule, {},
                                  [](const OpenFinding& f) -> const RuleId& { return f.finding.rule; });
}

/// True: not said before.
bool add_detail(OpenFinding& open, const Hit& hit) {
  Text said = hit.facts.text();
  for (const auto& d : open.details)
    if (d.facts.en == said.en) return false;
  if (open.details.size() == kMaxDetails) return false; // enough is said: more would be a flood
  open.details.push_back({std::move(said), hit.events.empty() ? EventRef{} : hit.events.front(), hit.at, {}});
  return true;
}

/// One sentence from the same numbers as the record.
Text explanation(const FindingSubject& subject, const OpenFinding& open, int score, Time t) {
  const RuleId rule = open.finding.rule;
  const RuleInfo* info = rule_info(rule);
  const Text article = article_text(info->control);
  Text facts = open.evidence.strongest(t).facts.text();
  if (!open.details.empty()) {
    facts = {};
    for (const auto& d : open.details) {
      if (!facts.en.empty()) facts.zh += "、", facts.en += ", ";
      facts.zh += d.facts.zh;
      facts.en += d.facts.en;
    }
  }
  const std::string points = std::to_string(score), id(to_string(rule));
  const Text what = subject.kind == Kind::device        ? Text{"设备 ", "Device "}
                    : subject.kind == Kind::integration ? Text{"接入系统 ", "Integration "}
                                                        : Text{"", ""}; // a register's id says what it is
  return {what.zh + subject.id + ":" + std::string(info->title_zh) + "(" + id + "," + article.zh + "):" + facts.zh +
              ",评分 " + points + "(满分 1000)。",
          what.en + subject.id + ": " + std::string(info->title) + " (" + id + ", " + article.en + "): " + facts.en +
              "; score " + points + " of 1000."};
}

FindingRecord record(const FindingSubject& subject, const OpenFinding& open, FindingActivity activity, Time t,
                     int score, Time recorded, const Context& context) {
  const Evidence& strongest = open.evidence.strongest(t);
  FindingRecord r;
  r.activity = activity;
  r.uid = open.finding.uid;
  r.subject = {subject.kind, subject.id};
  r.subject_key = subject.id;
  r.rule = open.finding.rule;
  r.band = open.finding.band;
  r.score = score;
  r.confidence = strongest.quality;
  r.action = activity == FindingActivity::close ? ProposedAction::none : proposed_action(r.rule, r.band);
  r.families = open.evidence.families(t);
  r.rules.push_back({strongest.rule, strongest.version, points_of(strongest.nats(t))});
  r.events = strongest.events;
  for (const auto& d : open.details) r.events.push_back(d.event);
  std::ranges::sort(r.events);
  r.events.erase(std::unique(r.events.begin(), r.events.end()), r.events.end());
  r.policy = context.policy_at(t).version;
  r.interpretations = interpretations_of(r.rule, context.policy_at(t));
  r.order = open.order;
  r.explanation = explanation(subject, open, score, t);
  r.first_seen = open.finding.opened;
  r.last_seen = std::max(open.finding.opened, open.evidence.newest());
  r.recorded = recorded;
  return r;
}

} // namespace

DeviceState::OpenFinding* open_finding(DeviceState::File& file, RuleId rule) {
  const auto it = find(file, rule);
  return it == file.findings.end() || it->finding.rule != rule ? nullptr : &*it;
}

ProposedAction proposed_action(RuleId rule, Band band) {
  switch (rule) {
    case RuleId::D2:
    case RuleId::D3:
      return ProposedAction::quarantine;
    case RuleId::D6:
      return band >= Band::propose ? ProposedAction::quarantine : ProposedAction::inspect;
    case RuleId::D10:
    case RuleId::D11:
    case RuleId::D12:
    case RuleId::D13:
    case RuleId::D14: // R11.4, R11.5: the centre may end the access at once
      return band >= Band::propose ? ProposedAction::suspend : ProposedAction::inspect;
    case RuleId::D8:
      return band >= Band::propose ? ProposedAction::quarantine : ProposedAction::inspect;
    default:
      return ProposedAction::inspect;
  }
}

Weighed weigh(const FindingSubject& subject, const Hit& hit, bool detail, const Context& context, Effects& out) {
  const Policy& policy = context.policy_at(hit.at);
  const RuleSettings& settings = policy.rule(hit.rule);
  if (settings.mode == Mode::off) return {};
  if (settings.mode == Mode::shadow) {
    out.tally.shadow_hits.push_back(hit.rule);
    return {};
  }
  out.tally.hits.push_back(hit.rule);
  if (static_cast<std::int64_t>(hit.weight) * hit.quality < 1000) return {}; // worth nothing: no evidence to stand on

  auto it = find(subject.file, hit.rule);
  if (it == subject.file.findings.end() || it->finding.rule != hit.rule) {
    it = subject.file.findings.emplace(it);
    it->finding.rule = hit.rule;
    it->finding.opened = hit.at;
    out.timers.push_back({timer_name(hit.rule), context.now + kQuiet});
  }
  OpenFinding& open = *it;
  open.evidence.add(hit, settings.version, hours(settings.half_life_h));
  open.finding.opened = std::min(open.finding.opened, hit.at);
  open.finding.last_hit = std::max(open.finding.last_hit, context.now);
  subject.dirty = true;

  Weighed w{&open, open.evidence.score(hit.at), {}, false};
  if (detail) w.news = add_detail(open, hit);
  w.band = std::max(open.finding.band, band_of(open, w.score, hit.at, policy.thresholds));
  return w;
}

void publish(const FindingSubject& subject, const Weighed& w, const Hit& hit, const Context& context, Effects& out) {
  if (w.open == nullptr || w.band < Band::watch) return;
  Finding& finding = w.open->finding;
  const bool create = finding.uid.empty();
  if (!create && w.score <= w.open->score && w.band <= finding.band && !w.news) return;
  if (create)
    finding.uid =
        finding_uid({subject.kind, subject.id}, hit.rule, hit.events.empty() ? EventRef{} : hit.events.front());
  finding.band = w.band;
  w.open->score = std::max(w.open->score, w.score);
  out.outputs.push_back(record(subject, *w.open, create ? FindingActivity::create : FindingActivity::update, hit.at,
                               w.score, context.now, context));
}

void find_against(const FindingSubject& subject, const Hit& hit, bool detail, const Context& context, Effects& out) {
  publish(subject, weigh(subject, hit, detail, context, out), hit, context, out);
}

bool publish_held(const FindingSubject& subject, RuleId rule, const Context& context, Effects& out) {
  OpenFinding* open = open_finding(subject.file, rule);
  if (open == nullptr || !open->finding.uid.empty()) return false;
  Hit hit;
  hit.rule = rule;
  hit.at = open->evidence.newest();
  hit.events = open->evidence.strongest(hit.at).events;
  const int score = open->evidence.score(hit.at);
  const Band band = band_of(*open, score, hit.at, context.policy_at(hit.at).thresholds);
  publish(subject, {open, score, band, false}, hit, context, out);
  subject.dirty = true;
  return !open->finding.uid.empty();
}

void rests_on(OpenFinding& open, const Hit& hit, OpenFinding::Stated time) {
  const auto detail = std::ranges::find(open.details, hit.facts.text().en,
                                        [](const auto& d) -> const std::string& { return d.facts.en; });
  if (detail != open.details.end()) keep_newest(detail->times, std::move(time), OpenFinding::Detail::kMostTimes);
}

void take_back(const FindingSubject& subject, RuleId rule,
               const std::function<bool(const OpenFinding::Stated&)>& wrong, const Text& why, const Context& context,
               std::vector<std::string>& gone, Effects& out) {
  OpenFinding* open = open_finding(subject.file, rule);
  if (open == nullptr) return;
  bool any = false;
  std::erase_if(open->details, [&](OpenFinding::Detail& d) {
    if (std::erase_if(d.times, wrong) == 0) return false;
    any = true;
    if (d.times.empty())
      gone.push_back(d.facts.en);
    else
      d.event = d.times.back().event, d.at = d.times.back().at;
    return d.times.empty();
  });
  if (!any) return;
  if (open->details.empty()) return close_finding(subject, rule, context.now, why, context, out);
  open->evidence.clear();
  for (const auto& d : open->details) {
    const RuleSettings& settings = context.policy_at(d.at).rule(rule);
    open->evidence.add(make_hit(rule, settings, d.at, d.facts, d.event), settings.version,
                       hours(settings.half_life_h));
  }
  subject.dirty = true;
  if (open->finding.uid.empty()) return;
  const Time t = open->evidence.newest();
  open->score = open->evidence.score(t);
  open->finding.band = band_of(*open, open->score, t, context.policy_at(t).thresholds);
  FindingRecord r = record(subject, *open, FindingActivity::update, t, open->score, context.now, context);
  r.explanation.zh += why.zh;
  r.explanation.en += ' ' + why.en;
  out.outputs.push_back(std::move(r));
}

void close_finding(const FindingSubject& subject, RuleId rule, Time recorded, const Text& why, const Context& context,
                   Effects& out) {
  const auto it = find(subject.file, rule);
  if (it == subject.file.findings.end() || it->finding.rule != rule) return;
  if (!it->finding.uid.empty()) {
    const int score = it->evidence.score(recorded);
    FindingRecord r = record(subject, *it, FindingActivity::close, recorded, score, recorded, context);
    r.explanation.zh += why.zh;
    r.explanation.en += ' ' + why.en;
    out.outputs.push_back(std::move(r));
  }
  subject.file.findings.erase(it);
  subject.dirty = true;
  out.timers.push_back({timer_name(rule), std::nullopt});
}

void attach_order(const FindingSubject& subject, std::string_view control, const FindingRecord::Order& order,
                  const Context& context, Effects& out) {
  for (auto& open : subject.file.findings) {
    const RuleInfo* info = rule_info(open.finding.rule);
    if (!is_under(info->control, control) || open.finding.uid.empty()) continue;
    open.order = order;
    subject.dirty = true;
    const Time t = open.evidence.newest();
    out.outputs.push_back(
        record(subject, open, FindingActivity::update, t, open.evidence.score(t), context.now, context));
  }
}

void detach_order(const FindingSubject& subject, std::string_view order) {
  for (auto& open : subject.file.findings)
    if (open.order && open.order->id == order) {
      open.order.reset();
      subject.dirty = true;
    }
}

bool quiet_timer(const FindingSubject& subject, const msg::TimerFired& timer, const Context& context, Effects& out) {
  constexpr std::string_view prefix = "quiet:";
  if (!timer.name.starts_with(prefix)) return false;
  const auto rule = rule_by_name(std::string_view(timer.name).substr(prefix.size()));
  const OpenFinding* open = rule ? open_finding(subject.file, *rule) : nullptr;
  if (open == nullptr) return true;
  // A hit does not move the timer, so that a flood of hits writes none; the timer looks again when it fires.
  const Time quiet_since = open->finding.last_hit;
  if (quiet_since + kQuiet > timer.due) {
    out.timers.push_back({timer.name, quiet_since + kQuiet});
    return true;
  }
  close_finding(subject, *rule, timer.due, {"30 天内未再出现,予以关闭。", "Quiet for 30 days, closed."}, context,
                out);
  return true;
}

} // namespace onecode
