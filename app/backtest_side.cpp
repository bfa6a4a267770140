#include "app/backtest_side.hpp"

#include <algorithm>
#include <array>

#include "domain/finding.hpp"

namespace onecode::app {
namespace {

using Element = simdjson::dom::element;

std::string_view text(Element object, std::string_view member) {
  std::string_view out;
  if (object[member].get(out) != simdjson::SUCCESS) return {};
  return out;
}

int number(Element object, std::string_view member) {
  std::int64_t out = 0;
  if (object[member].get(out) != simdjson::SUCCESS) return 0;
  return static_cast<int>(out);
}

template <class F>
void each(Element object, std::string_view member, F&& f) {
  simdjson::dom::array items;
  if (object[member].get(items) != simdjson::SUCCESS) return;
  for (const Element item : items) f(item);
}

Verdict verdict_of(std::string_view word) {
  for (const auto v : {Verdict::deny, Verdict::challenge})
    if (word == to_string(v)) return v;
  return Verdict::allow;
}

void add_reason(Reasons& to, std::string_view word) {
  for (std::size_t i = 0; i < kReasons; ++i)
    if (const auto r = static_cast<Reason>(i); word == to_string(r)) to.add(r);
}

Kind kind_of(std::string_view word) {
  for (const auto k : {Kind::account, Kind::device, Kind::integration, Kind::handset})
    if (word == to_string(k)) return k;
  return Kind::campus; // an issuer and the like
}

} // namespace

Peak Standing::worst() const {
  Peak out;
  for (const auto& [rule, peak] : findings)
    if (out.explanation.en.empty() || peak.worse_than(out)) out = peak;
  return out;
}

std::size_t Standing::automatic_holds() const {
  return static_cast<std::size_t>(std::ranges::count_if(holds, &Held::automatic));
}

void BacktestSide::output(const streams::OutRecord& record) {
  switch (record.topic) {
    case Topic::decisions:
    case Topic::freezes:
    case Topic::alerts:
    case Topic::compliance:
    case Topic::device_status:
    case Topic::integration_status:
      break;
    default:
      return;
  }
  if (record.tombstone) return;
  const Element event = parser_.parse(record.value).value(); // the engine's own bytes: they parse, or this throws
  const Element data = event["data"].value();
  const auto time = text(event, "time");
  if (record.topic == Topic::decisions) return decision(data, time);
  if (record.topic == Topic::freezes) return freeze(data, time);
  if (record.topic == Topic::device_status)
    return state(Kind::device, record.key, std::string(text(data, "state")), time);
  if (record.topic == Topic::integration_status)
    return state(Kind::integration, record.key,
                 std::string(text(data, "state")) + ", access " + std::string(text(data, "access")), time);
  finding(data);
}

void BacktestSide::decision(Element data, std::string_view time) {
  Decided d;
  const Element scan = data["scan"].value();
  d.source = text(scan, "source");
  d.id = text(scan, "id");
  std::string name = d.source;
  name += '\0';
  d.scan = hash128(name += d.id);
  d.device = text(data, "device");
  d.account = text(data, "account");
  d.integration = text(data, "integration");
  d.time = time;
  d.verdict = verdict_of(text(data, "verdict"));
  each(data, "reasons", [&](Element r) { add_reason(d.reasons, r.get_string().value()); });
  decided_(d);
}

void BacktestSide::freeze(Element data, std::string_view time) {
  Standing& s = standing(Kind::account, text(data, "account"));
  std::vector<std::string_view> now;
  each(data, "holds", [&](Element h) {
    const auto id = text(h, "id");
    now.push_back(id);
    auto held = std::ranges::find(s.holds, id, &Held::id);
    if (held == s.holds.end()) {
      const Element by = h["decided_by"].value();
      Held fresh;
      fresh.id = id;
      fresh.article = text(h, "article");
      fresh.role = text(by, "role");
      fresh.since = text(h, "since");
      fresh.automatic = fresh.role == "response-policy";
      fresh.rules = s.latest;
      // The finding that says so follows its hold.
      s.hold_awaits_finding = fresh.automatic;
      held = s.holds.insert(s.holds.end(), std::move(fresh));
    }
    held->ended.clear();
    held->expires = text(h, "expires");
    bool provisional = false;
    if (h["provisional"].get(provisional) == simdjson::SUCCESS) held->provisional = provisional;
  });
  for (auto& h : s.holds)
    if (h.ended.empty() && std::ranges::find(now, h.id) == now.end()) h.ended = time;
}

void BacktestSide::finding(Element data) {
  Element one;
  if (data["unmapped"]["onecode"].get(one) != simdjson::SUCCESS) return;
  if (number(data, "activity_id") == static_cast<int>(FindingActivity::close))
    return; // its text tells only that it ended
  std::string_view kind, rule, uid;
  Element resource, info = data["finding_info"].value();
  if (data["resources"].at(0).get(resource) == simdjson::SUCCESS) kind = text(resource, "type");
  rule = text(info["analytic"].value(), "uid");
  uid = text(info, "uid");

  Peak p;
  p.band = number(one, "band");
  p.score = number(one, "score");
  p.action = text(one, "proposed_action");
  each(one, "rules", [&](Element r) { p.rules.emplace_back(text(r, "id"), number(r, "points")); });
  const Element why = one["explanation"].value();
  p.explanation = {std::string(text(why, "zh")), std::string(text(why, "en"))};
  if (p.band >= static_cast<int>(Band::propose)) proposals_.emplace(uid);

  const Kind of = kind_of(kind);
  Standing& s = standing(of, text(one, "subject"));
  if (s.hold_awaits_finding && !s.holds.empty()) {
    s.holds.back().rules = p.rules;
    s.hold_awaits_finding = false;
  }
  s.latest = p.rules;
  auto& worst = s.findings[of == Kind::account ? std::string() : std::string(rule)];
  if (worst.explanation.en.empty() || p.worse_than(worst)) worst = std::move(p);
}

void BacktestSide::state(Kind kind, std::string_view id, std::string name, std::string_view time) {
  standing(kind, id).states.try_emplace(std::move(name), time);
}

} // namespace onecode::app
