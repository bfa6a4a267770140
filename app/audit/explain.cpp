#include "app/audit/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>
#include <vector>

#include "app/audit/replay_observer.hpp"
#include "app/errors.hpp"
#include "archive/about.hpp"
#include "domain/account_machine.hpp"
#include "domain/explain.hpp"
#include "domain/ids.hpp"
#include "domain/integration.hpp"
#include "domain/reason_words.hpp"
#include "domain/rules/catalogue.hpp"
#include "evidence/leaf.hpp"
#include "evidence/sha256.hpp"
#include "monitoring/population.hpp"
#include "streams/authenticate.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;
using Sight = ReplayObserver::Sight;

constexpr std::size_t kDifferencesShown = 20;
/// A scan that is taken in later than this after it happened is said to be late.
constexpr Duration kLate = minutes(1);

Json both(const Text& t) { return {{"zh", t.zh}, {"en", t.en}}; }

std::string text_of(const Json& object, const char* member) {
  const auto it = object.find(member);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Json or_null(const std::string& s) { return s.empty() ? Json() : Json(s); }

std::string digest_of(std::string_view bytes) {
  return "sha256:" + streams::to_hex(evidence::view(evidence::sha256({bytes})));
}

Json place(TopicPartition at, std::int64_t offset) {
  return {{"topic", name(at.topic)}, {"partition", at.partition}, {"offset", offset}};
}

std::optional<Reason> reason_by_name(std::string_view code) {
  for (std::size_t r = 0; r < kReasons; ++r)
    if (to_string(static_cast<Reason>(r)) == code) return static_cast<Reason>(r);
  return std::nullopt;
}

Json title_of(std::string_view rule) {
  const auto id = rule_by_name(rule);
  const RuleInfo* info = id ? rule_info(*id) : nullptr;
  return info == nullptr ? both({std::string(rule), std::string(rule)})
                         : both({std::string(info->title_zh), std::string(info->title)});
}

/// Whose records may be told of: nobody's but the subject's, and of a reader what it says of itself.
bool tells_of_another(const streams::FileRecord& record, const std::string& subject) {
  if (record.topic == Topic::device_reports) return false;
  std::vector<streams::Header> headers;
  for (const auto& [header, value] : record.headers) headers.push_back({header, value});
  streams::Record r;
  r.key = record.key;
  if (record.value) r.value = *record.value;
  r.headers = headers;
  const auto whom = archive::about(record.topic, r).subject;
  const bool of_a_reader = record.topic == Topic::scans && whom == record.key; // it names no account
  return whom != subject && !of_a_reader;
}

/// Places of events that took part, so that the record can be opened at each of them.
class Inputs {
public:
  using Place = std::pair<TopicPartition, std::int64_t>;
  /// `subject`: of nobody else more than the place is told.
  explicit Inputs(std::optional<std::string> subject) : subject_(std::move(subject)) {}

  void add(const EventRef& e) { add({e.at, e.offset}, e.id); }
  /// An OCSF finding's.
  void add(const Json& evidences) {
    for (const auto& e : evidences) {
      const Json data = e.value("data", Json::object());
      if (const auto topic = topic_by_name(text_of(data, "topic")))
        add({{*topic, data.value("partition", 0)}, data.value("offset", std::int64_t{0})}, text_of(data, "event_id"));
    }
  }
  const std::map<Place, Json>& places() const { return places_; }
  void tell(const Place& place, const streams::FileRecord& record, const Json& event) {
    Json& said = places_.at(place);
    if (subject_ && tells_of_another(record, *subject_)) {
      said["of_another"] = true;
      return;
    }
    said["event_id"] = or_null(text_of(event, "id"));
    said["time"] = or_null(text_of(event, "time"));
    const Json data = event.value("data", Json::object());
    if (data.is_object()) said["device"] = or_null(text_of(data, "device"));
  }
  Json list() const {
    Json out = Json::array();
    for (const auto& [at, said] : places_) {
      out.push_back(place(at.first, at.second));
      out.back().update(said);
    }
    return out;
  }

private:
  void add(const Place& at, const std::string& id) {
    places_.try_emplace(at, subject_ ? Json::object() : Json{{"event_id", or_null(id)}});
  }

  std::optional<std::string> subject_;
  std::map<Place, Json> places_;
};

/// Opens the record at all of their places, and shows each input to `see`.
void look_up(RecordedInputs& inputs, const std::vector<Inputs*>& all,
             const std::function<void(const streams::FileRecord&)>& see = {}) {
  std::map<Inputs::Place, std::vector<Inputs*>> wanted;
  for (auto* of : all)
    for (const auto& [at, said] : of->places()) wanted[at].push_back(of);
  if (wanted.empty() && !see) return;
  inputs.each([&](TopicPartition at, std::int64_t offset, const streams::FileRecord& record) {
    if (see) see(record);
    const auto it = wanted.find({at, offset});
    if (it == wanted.end()) return;
    const auto event = record.value ? Json::parse(*record.value, nullptr, false) : Json();
    if (!event.is_object()) return;
    for (auto* of : it->second) of->tell(it->first, record, event);
  });
}

// -- parts of the answer ------------------------------------------------------------------------------------------------

/// As a freeze record has it, whoever gives it.
Json hold_json(const Hold& h) {
  return {{"id", h.id},
          {"article", h.article},
          {"reason", reason_of(h)},
          {"functions", h.functions},
          {"since", format_time(h.since)},
          {"expires", h.expires ? Json(format_time(*h.expires)) : Json()},
          {"case", or_null(h.case_id)},
          {"decided_by", {{"actor", h.actor}, {"role", h.role}, {"policy", h.policy}}},
          {"evidence", h.evidence},
          {"remedy", remedy(h.article)},
          {"provisional", h.provisional}};
}

Json finding_json(const Json& event) {
  const Json& data = event.at("data");
  const Json info = data.value("finding_info", Json::object());
  const Json own = data.value("unmapped", Json::object()).value("onecode", Json::object());
  Json out{{"uid", text_of(info, "uid")},
           {"record", text_of(event, "id")},
           {"subject", text_of(own, "subject")},
           {"rule", text_of(info.value("analytic", Json::object()), "uid")}};
  out["title"] = title_of(text_of(out, "rule"));
  out["state"] = data.value("activity_id", 0) == 3 ? "closed" : "open";
  for (const char* member : {"article", "act", "score", "band", "proposed_action", "families", "policy",
                             "interpretations", "order", "explanation"})
    if (own.contains(member)) out[member] = own[member];
  out["rules"] = Json::array();
  for (const auto& r : own.value("rules", Json::array())) {
    out["rules"].push_back(r);
    out["rules"].back()["title"] = title_of(text_of(r, "id"));
  }
  out["first_seen"] = format_time(Time{info.value("first_seen_time", std::int64_t{0})});
  out["last_seen"] = format_time(Time{info.value("last_seen_time", std::int64_t{0})});
  out["evidences"] = data.value("evidences", Json::array());
  return out;
}

std::string mode_of(Mode mode) { return mode == Mode::off ? "off" : mode == Mode::shadow ? "shadow" : "enforce"; }

/// The evidence that counts at `t`, by the numbers that the account holds.
Json rules_json(const EvidenceBook& book, Time t, const Policy& policy, Inputs& inputs) {
  Json out = Json::array();
  for (const auto& e : book.entries()) {
    Json events = Json::array();
    for (const auto& event : e.events) {
      inputs.add(event);
      events.push_back(place(event.at, event.offset));
    }
    const RuleInfo* info = rule_info(e.rule);
    out.push_back({{"id", to_string(e.rule)},
                   {"title", title_of(to_string(e.rule))},
                   {"version", e.version},
                   {"mode", mode_of(policy.rule(e.rule).mode)},
                   {"family", info == nullptr ? std::string_view{} : to_string(info->family)},
                   {"points", points_of(e.nats(t))},
                   {"weight", e.weight},
                   {"quality", e.quality},
                   {"half_life_h", e.half_life.ms / hours(1).ms},
                   {"time", format_time(e.at)},
                   {"seen", both(e.facts.text())},
                   {"events", events}});
  }
  return out;
}

Json scan_json(const Sight& sight) {
  const Scan& s = sight.scan;
  const Duration lag = sight.received - s.origin.time;
  Json out{{"source", s.origin.source},
           {"id", s.origin.id},
           {"topic", name(s.origin.at.topic)},
           {"partition", s.origin.at.partition},
           {"offset", s.origin.offset},
           {"time", format_time(s.origin.time)},
           {"received", format_time(sight.received)},
           {"late", s.offline || lag > kLate},
           {"offline", s.offline},
           {"clock", s.clock == Clock::synced ? "synced" : "free"},
           {"device", s.device},
           {"boot", s.boot},
           {"seq", s.seq},
           {"account", or_null(s.account)},
           {"function", s.function},
           {"direction", to_string(s.direction)},
           {"reader_did", to_string(s.outcome)}};
  if (s.amount) out["amount"] = s.amount->value;
  if (s.token.state == TokenState::genuine)
    out["code"] = {{"made", format_time(s.token.issued_at)}, {"ttl_s", s.token.ttl_s}, {"issuer", s.token.issuer}};
  return out;
}

Json device_json(const Sight& sight) {
  const auto& reg = sight.reg;
  Json out{{"id", sight.scan.device},
           {"state", to_string(reg.life)},
           {"state_zh", in_chinese(reg.life)},
           {"zone", or_null(reg.zone)}};
  if (reg.life != DeviceLife::unknown) {
    out["integration"] = or_null(reg.integration);
    out["certified_to"] = reg.certified_to.ms == 0 ? Json() : Json(format_time(reg.certified_to));
    out["mac_required"] = !reg.secret.empty();
    if (!reg.stopped_by.empty()) out["stopped_by"] = reg.stopped_by;
  }
  out["trusted"] = sight.opinion.trusted;
  if (sight.opinion.clock_wrong) out["clock_wrong"] = true;
  if (reg.life == DeviceLife::quarantined && sight.quarantine)
    out["quarantine"] = {{"text", both(sight.quarantine->text)}, {"remedy", sight.quarantine->remedy}};
  return out;
}

std::string_view state_in_chinese(std::string_view state) {
  for (std::size_t i = 0; i < monitoring::kIntegrationLives; ++i)
    if (const auto life = static_cast<IntegrationLife>(i); to_string(life) == state) return in_chinese(life);
  return in_chinese(IntegrationLife::unknown);
}

Json integration_json(const Sight& sight) {
  const auto& view = sight.reg.view;
  Json out{{"id", sight.reg.integration.empty() ? or_null(sight.scan.integration) : Json(sight.reg.integration)}};
  if (!view.integration.empty()) {
    out["state"] = view.state.empty() ? "unknown" : view.state;
    out["state_zh"] = state_in_chinese(view.state);
    out["access"] = view.access;
    out["unit"] = or_null(view.unit);
    out["functions"] = view.scope.functions;
    out["zones"] = view.scope.zones;
    out["categories"] = view.scope.categories;
    if (view.scope.hours) out["hours"] = {{"from", view.scope.hours->from}, {"to", view.scope.hours->to}};
  }
  if (sight.integration)
    for (const auto& o : sight.integration->orders)
      if (o.state != "closed")
        out["orders"].push_back({{"id", o.id},
                                 {"state", o.state},
                                 {"violation", o.violation},
                                 {"control", o.control},
                                 {"due", format_time(o.due)}});
  return out;
}

Json account_json(const Sight& sight) {
  const auto& a = *sight.before;
  const Time t = sight.scan.origin.time;
  const auto life = life_at(a, t);
  Json out{{"id", a.id}, {"state", to_string(life)}, {"state_zh", in_chinese(life)}};
  if (life == AccountLife::unknown) return out;
  out["category"] = a.profile.category;
  out["test"] = a.profile.test;
  out["valid_from"] = format_time(a.profile.valid_from);
  out["valid_to"] = a.profile.valid_to ? Json(format_time(*a.profile.valid_to)) : Json();
  const auto allowed = sight.policy->categories.find(a.profile.category);
  out["functions"] = allowed == sight.policy->categories.end() ? Json::array() : Json(allowed->second);
  out["score_before"] = a.file.evidence.score(t);
  out["checked"] = a.file.checked ? Json(format_time(*a.file.checked)) : Json();
  out["holds"] = Json::array();
  for (const auto& h : a.file.holds.all()) {
    out["holds"].push_back(hold_json(h));
    out["holds"].back()["blocks_this"] = h.since <= t && h.blocks(sight.scan.function);
  }
  return out;
}

Json policy_json(const Policy& policy, const Sight& sight, const std::vector<ReplayObserver::PolicySeen>& published) {
  const Time t = sight.scan.origin.time;
  Json out{{"version", policy.version},
           {"effective_from", policy.effective_from.ms == 0 ? Json() : Json(format_time(policy.effective_from))},
           {"regulation",
            {{"title", policy.regulation_title},
             {"date", policy.regulation_date},
             {"hash", or_null(policy.regulation_hash)}}},
           {"thresholds",
            {{"watch", policy.thresholds.watch},
             {"challenge", policy.thresholds.challenge},
             {"propose", policy.thresholds.propose},
             {"freeze", policy.thresholds.freeze},
             {"families", policy.thresholds.families}}},
           {"version_at_receipt", sight.policy_of_turn}};
  Text why{"本次刷码发生于 " + minute_text(t) + ",按当时生效的版本判定",
           "the scan happened at " + minute_text(t) + ", and is judged by the version in force then"};
  out["published"] = Json::array();
  for (const auto& p : published)
    out["published"].push_back(
        {{"version", p.version}, {"effective_from", format_time(p.effective_from)}, {"shadow", p.shadow}});
  const auto later = std::ranges::find_if(
      published, [&](const auto& p) { return !p.shadow && p.effective_from > t && p.version != policy.version; });
  if (later != published.end()) {
    why.zh += ";版本 " + later->version + " 自 " + minute_text(later->effective_from) + " 起生效,晚于该时间,不适用";
    why.en += "; version " + later->version + " is in force from " + minute_text(later->effective_from) +
              " on, which is later, so it does not apply";
  }
  out["why"] = both(why);
  return out;
}

/// What the state adds to a reason: the dates and names behind it.
std::optional<Text> detail_of(Reason reason, const Sight& sight) {
  const auto& reg = sight.reg;
  const AccountState* a = sight.before ? &*sight.before : nullptr;
  const auto date = [](Time t) { return minute_text(t); };
  switch (reason) {
    case Reason::NOT_ELIGIBLE:
      if (a == nullptr) return std::nullopt;
      if (sight.scan.origin.time < a->profile.valid_from)
        return Text{"账户自 " + date(a->profile.valid_from) + " 起启用",
                    "the account is good from " + date(a->profile.valid_from)};
      return a->profile.test ? Text{"这是测试账户", "it is a test account"}
                             : Text{"该处当时只供测试账户使用", "only test accounts were served there then"};
    case Reason::ACCOUNT_EXPIRED:
      if (a == nullptr || !a->profile.valid_to) return std::nullopt;
      return Text{"有效期至 " + date(*a->profile.valid_to), "its term ended " + date(*a->profile.valid_to)};
    case Reason::NO_ENTITLEMENT:
      if (a == nullptr) return std::nullopt;
      return Text{"账户类别为 " + a->profile.category, "the account's category is " + a->profile.category};
    case Reason::DEVICE_NOT_ACTIVE:
      if (reg.life == DeviceLife::active)
        return Text{"设备认证有效期至 " + date(reg.certified_to),
                    "the reader was certified until " + date(reg.certified_to)};
      return Text{"设备状态:" + std::string(in_chinese(reg.life)),
                  "the reader's state was: " + std::string(to_string(reg.life))};
    case Reason::DEVICE_QUARANTINED:
      if (sight.quarantine) return sight.quarantine->text;
      return std::nullopt;
    case Reason::INTEGRATION_NOT_LIVE:
    case Reason::INTEGRATION_TERMINATED:
      if (reg.view.integration.empty()) return std::nullopt;
      return Text{
          "接入系统 " + reg.integration + " 当时的状态:" + std::string(state_in_chinese(reg.view.state)) +
              (reg.view.access == "open"        ? ""
               : reg.view.access == "suspended" ? ",接入已暂停"
                                                : ",接入已终止"),
          "the system " + reg.integration + " was then: state " + reg.view.state + ", access " + reg.view.access};
    case Reason::CODE_EXPIRED: {
      const auto age = (sight.scan.origin.time - sight.scan.token.issued_at).ms / 1000;
      return Text{fmt::format("该码生成于 {} 秒前,有效期 {} 秒", age, sight.scan.token.ttl_s),
                  fmt::format("it was made {} s before, and is good for {} s", age, sight.scan.token.ttl_s)};
    }
    default:
      return std::nullopt;
  }
}

Json reason_json(const std::string& code, const Sight* sight) {
  Json out{{"code", code}};
  const auto reason = reason_by_name(code);
  if (!reason) return out; // of a newer engine
  const auto& words = words_of(*reason);
  out["meaning"] = both(words.meaning);
  if (sight != nullptr)
    if (const auto detail = detail_of(*reason, *sight)) out["detail"] = both(*detail);
  out["remedy"] = both(words.remedy);
  return out;
}

// -- the comparison ---------------------------------------------------------------------------------------------------

void differ(const std::string& path, const Json& committed, const Json& replayed, std::vector<std::string>& out) {
  if (committed == replayed) return;
  if (committed.is_object() && replayed.is_object()) {
    std::set<std::string> names;
    for (const auto& [member, v] : committed.items()) names.insert(member);
    for (const auto& [member, v] : replayed.items()) names.insert(member);
    for (const auto& member : names)
      differ(path.empty() ? member : path + "." + member, committed.value(member, Json()),
             replayed.value(member, Json()), out);
    return;
  }
  if (committed.is_array() && replayed.is_array() && committed.size() == replayed.size()) {
    for (std::size_t i = 0; i < committed.size(); ++i)
      differ(fmt::format("{}[{}]", path, i), committed[i], replayed[i], out);
    return;
  }
  if (out.size() < kDifferencesShown)
    out.push_back(fmt::format("{}: committed {}, replayed {}", path, committed.dump(), replayed.dump()));
}

std::vector<std::string> differences(const std::string& committed, const std::string& replayed) {
  std::vector<std::string> out;
  if (committed == replayed) return out;
  const auto c = Json::parse(committed, nullptr, false), r = Json::parse(replayed, nullptr, false);
  if (!c.is_discarded() && !r.is_discarded()) differ("", c, r, out);
  if (out.empty()) {
    const auto at = std::ranges::mismatch(committed, replayed).in1 - committed.begin();
    out.push_back(fmt::format("the same content in other bytes, from byte {} on", at));
  }
  return out;
}

std::optional<ReplayObserver::Leaf> committed_leaf(const CommittedRecords& committed, const std::string& record_id) {
  std::optional<ReplayObserver::Leaf> found;
  committed(Topic::evidence, [&](const streams::FileRecord& record) {
    if (!found) found = ReplayObserver::leaf_in(record, record_id);
  });
  return found;
}

/// What may be told, where not everything.
struct Bounds {
  std::string subject;
  bool whole = true;
  std::string case_id;
};

class Explanation {
public:
  /// `committed`: found already. They outlive it.
  Explanation(const ExplainRequest& request, const ReplayObserver& observer, std::size_t question,
              const RecordedInputs::Replayed& replay, std::optional<Asked> committed,
              std::optional<ReplayObserver::Leaf> leaf = {}, std::optional<Bounds> bounds = {})
      : request_(request),
        observer_(observer),
        question_(question),
        replay_(replay),
        committed_(std::move(committed)),
        leaf_(std::move(leaf)),
        bounds_(std::move(bounds)),
        inputs_(bounds_ ? std::optional(bounds_->subject) : std::nullopt) {}

  /// All but what the inputs say.
  void make() {
    choose();
    if (request_.recompute) check_recomputable();

    const Asked& asked = *chosen_;
    sight_ = asked.about == About::decision ? observer_.sight(asked.record_id) : nullptr;
    out_ = {{"about", to_string(asked.about)},
            {"record", asked.record_id},
            {"from", committed_ ? "committed" : "replay"},
            {"stated", text_of(asked.event, "time")},
            {"topic", name(asked.record.topic)},
            {"sha256", digest_of(*asked.record.value)}};
    if (asked.record.partition) out_["partition"] = *asked.record.partition;
    if (asked.record.offset) out_["offset"] = *asked.record.offset;
    if (asked.about == About::decision)
      decision();
    else if (asked.about == About::hold)
      hold();
    else
      out_["findings"].push_back(finding_json(asked.event));
    // Those of a finding that is itself asked about, and of all that took part.
    for (const auto& f : out_.value("findings", Json::array())) inputs_.add(f.at("evidences"));
    out_["inputs"] = nullptr; // here they stand
    if (request_.recompute) {
      compare();
    } else if (committed_ && replayed_ && *committed_->record.value != *replayed_->record.value) {
      not_known("重放得出的记录与已提交的不同;请用 --recompute 查看",
                "the replay comes to another record than was committed; --recompute says where");
    }
    if (replay_.difference)
      not_known("历史重放得出的状态与历史所载不一致:" + *replay_.difference,
                "the replay does not come to the state that the history names: " + *replay_.difference);
  }
  Inputs& inputs() { return inputs_; }
  Json take() {
    out_["inputs"] = inputs_.list();
    return std::move(out_);
  }

private:
  void choose() {
    for (const auto& asked : observer_.asked(question_))
      if (!committed_ || asked.record_id == committed_->record_id) replayed_ = asked;
    if (!committed_) {
      std::set<std::string> decisions;
      for (const auto& asked : observer_.asked(question_))
        if (asked.about == About::decision) decisions.insert(text_of(asked.event["data"]["scan"], "source"));
      if (decisions.size() > 1)
        throw UsageError(fmt::format("{} scans have the id {}; say which: --source {}", decisions.size(),
                                     request_.question.id, fmt::join(decisions, ", --source ")));
    }
    chosen_ = committed_ ? committed_ : replayed_;
    if (chosen_) return;
    if (request_.recompute && replay_.difference)
      throw InputError("the replay goes wrong before it comes to " + request_.question.id + ": " +
                       *replay_.difference);
    std::string where = request_.committed && request_.inputs != nullptr
                            ? "neither the committed records nor the replay have"
                        : request_.committed ? "the committed records do not have"
                                             : "the replay does not come to";
    if (observer_.scan_seen(question_))
      where = "there is a scan of this id, and no decision: it could not be used (dead-letters); so " + where;
    throw Failure(request_.recompute ? kBadInput : kAnswerIsNo,
                  fmt::format("{} a decision, a hold or a finding {}", where, request_.question.id));
  }

  void check_recomputable() const {
    if (request_.inputs == nullptr) throw InputError("--recompute needs the history: HISTORY files, or --brokers");
    if (!committed_)
      throw InputError(
          request_.committed
              ? "the committed record of " + request_.question.id +
                    " is not there, so there is nothing to compare with"
              : "there is nothing to compare with: give the committed records by --outputs or --brokers");
    if (replay_.difference)
      throw InputError("the history is not complete, or was changed, so that nothing is confirmed: " +
                       *replay_.difference);
    if (replay_.digests == 0 && !replay_.gaps.empty())
      throw InputError(fmt::format("the history is not complete, so that nothing is confirmed; missing: {}",
                                   fmt::join(replay_.gaps, "; ")));
    if (!replayed_ && committed_->about == About::decision && !observer_.scan_seen(question_)) {
      const Json& scan = committed_->event["data"]["scan"];
      throw InputError(fmt::format("the history is not complete: the scan {} of {} is not in it", text_of(scan, "id"),
                                   text_of(scan, "source")));
    }
  }

  void not_known(std::string zh, std::string en) {
    out_["not_known"].push_back(both({std::move(zh), std::move(en)}));
  }

  void decision() {
    const Json& data = chosen_->event.at("data");
    Json& d = out_["decision"];
    d["verdict"] = text_of(data, "verdict");
    for (const char* member : {"account", "device", "integration"}) d[member] = data.value(member, Json());
    d["score"] = data.value("score", 0);
    d["policy"] = text_of(data, "policy");
    d["reasons"] = Json::array();
    for (const auto& code : data.value("reasons", Json::array()))
      d["reasons"].push_back(reason_json(code.get<std::string>(), sight_));
    d["shadow"] = Json::array();
    for (const auto& rule : data.value("shadow", Json::array()))
      d["shadow"].push_back({{"id", rule}, {"title", title_of(rule.get<std::string>())}});
    if (data.contains("candidate")) d["candidate"] = data["candidate"];

    if (sight_ == nullptr) {
      out_["scan"] = data.value("scan", Json::object());
      not_known("没有可用的历史,因此看不到当时的账户、设备与策略的细节",
                "without a history that comes to it, the account, reader and policy of that moment are not shown");
    } else {
      const Policy& policy = *sight_->policy;
      out_["scan"] = scan_json(*sight_);
      d["never_blocked"] = never_blocked(sight_->scan, policy);
      out_["device"] = device_json(*sight_);
      out_["integration"] = integration_json(*sight_);
      out_["policy"] = policy_json(policy, *sight_, observer_.policies());
      inputs_.add(EventRef{sight_->scan.origin.at, sight_->scan.origin.offset, sight_->scan.origin.id});
      const Time t = sight_->scan.origin.time;
      if (sight_->before) out_["account"] = account_json(*sight_);
      if (bounds_ && !bounds_->whole) leave_out_holds();
      // What the score of the decision is made of: the account after the scan, as the decision says it.
      if (sight_->after) {
        out_["rules"] = rules_json(sight_->after->file.evidence, t, policy, inputs_);
        if (!sight_->after->file.shadow.empty())
          out_["shadow_rules"] = rules_json(sight_->after->file.shadow, t, policy, inputs_);
      }
    }
    // Findings that a hold or a quarantine rests on are part of why the door stayed closed.
    auto uids = ReplayObserver::rests_on(*chosen_, sight_);
    std::erase_if(uids, [&](const auto& uid) {
      return left_out_.contains(uid) ||
             (sight_ != nullptr && uid == sight_->quarantined_by && !out_["device"].contains("quarantine"));
    });
    findings(uids);
  }

  /// Of another matter: they neither stopped this use nor are they of the case.
  void leave_out_holds() {
    if (!out_.contains("account") || !out_["account"].contains("holds")) return;
    Json& holds = out_["account"]["holds"];
    Json told = Json::array();
    for (auto& h : holds)
      if (h.at("blocks_this") == true || (!bounds_->case_id.empty() && h.at("case") == bounds_->case_id))
        told.push_back(std::move(h));
      else
        for (const auto& uid : h.at("evidence")) left_out_.insert(uid.get<std::string>());
    for (const auto& h : told)
      for (const auto& uid : h.at("evidence")) left_out_.erase(uid.get<std::string>());
    for (const auto& uid : chosen_->event.at("data").value("findings", Json::array()))
      left_out_.erase(uid.get<std::string>());
    if (told.size() < holds.size()) out_["account"]["holds_left_out"] = holds.size() - told.size();
    holds = std::move(told);
  }

  void hold() {
    const Json& data = chosen_->event.at("data");
    out_["account"] = {{"id", text_of(data, "account")},
                       {"state", text_of(data, "state")},
                       {"revision", data.value("revision", 0)},
                       {"holds", data.value("holds", Json::array())}};
    findings(ReplayObserver::rests_on(*chosen_, nullptr));
  }

  /// The findings as they stood, committed where they are, else as replayed.
  void findings(std::vector<std::string> uids) {
    std::set<std::string> done;
    std::map<std::string, std::vector<streams::FileRecord>> committed;
    if (request_.committed && !uids.empty())
      for (const auto topic : {Topic::alerts, Topic::compliance})
        (*request_.committed)(topic, [&](const streams::FileRecord& record) {
          if (!record.value) return;
          const auto uid = finding_uid_in(*record.value);
          if (std::ranges::find(uids, uid) != uids.end()) committed[std::string(uid)].push_back(record);
        });
    out_["findings"] = Json::array();
    for (const auto& uid : uids) {
      if (!done.insert(uid).second) continue;
      const std::string* replayed = replayed_ ? observer_.finding(*replayed_, uid) : nullptr;
      const auto event = replayed != nullptr ? Json::parse(*replayed) : Json();
      const streams::FileRecord* found = nullptr;
      for (const auto& record : committed[uid]) {
        const auto c = Json::parse(*record.value, nullptr, false);
        if (!c.is_object()) continue;
        // Without a replay: the newest that was stated by then. The id says which it is, with one.
        if (replayed == nullptr ? text_of(c, "time") <= text_of(chosen_->event, "time")
                                : text_of(c, "id") == text_of(event, "id"))
          found = &record;
      }
      if (found == nullptr && replayed == nullptr) continue;
      out_["findings"].push_back(finding_json(found != nullptr ? Json::parse(*found->value) : event));
      out_["findings"].back()["from"] = found != nullptr ? "committed" : "replay";
      if (request_.recompute && found != nullptr && replayed != nullptr)
        for (const auto& d : differences(*found->value, *replayed))
          finding_differences_.push_back("finding " + uid + ": " + d);
      if (request_.recompute) ++(found != nullptr && replayed != nullptr ? findings_compared_ : findings_left_);
    }
  }

  void compare() {
    Json& r = out_["recompute"];
    std::vector<std::string> different;
    r["identical"] = true;
    r["committed"] = digest_of(*committed_->record.value);
    if (!replayed_) {
      r["replayed"] = nullptr;
      different.push_back("the replay of the history comes to no such record");
    } else {
      r["replayed"] = digest_of(*replayed_->record.value);
      different = differences(*committed_->record.value, *replayed_->record.value);
      // An archive keeps no keys.
      if (!committed_->record.key.empty() && committed_->record.key != replayed_->record.key)
        different.push_back(
            fmt::format("key: committed {}, replayed {}", committed_->record.key, replayed_->record.key));
    }
    r["turns"] = replay_.turns;
    r["inputs"] = replay_.inputs;
    r["states_compared"] = replay_.digests;
    Json notes = Json::array();
    if (replay_.digests == 0)
      notes.push_back(
          both({"所给输入不带各回合的状态摘要,无法确认没有缺失的输入",
                "the inputs carry no digests of the state, so that none is missing cannot be confirmed"}));
    leaf(r, different, notes);
    for (auto& d : finding_differences_) different.push_back(std::move(d));
    r["findings_compared"] = findings_compared_;
    if (findings_left_ > 0)
      notes.push_back(both({fmt::format("{} 项发现没有已提交的记录可比对", findings_left_),
                            fmt::format("{} findings have no committed record to compare with", findings_left_)}));
    r["identical"] = different.empty();
    r["differences"] = different;
    r["notes"] = notes;
  }

  void leaf(Json& r, std::vector<std::string>& different, Json& notes) {
    const auto committed = leaf_ ? leaf_ : committed_leaf(*request_.committed, committed_->record_id);
    const auto* replayed = observer_.leaf(committed_->record_id);
    if (!committed) {
      notes.push_back(both({"没有给出透明日志(evidence),未比对其中的条目",
                            "no transparency log (evidence) was given, so its leaf was not compared"}));
      return;
    }
    r["leaf"] = {
        {"shard", committed->shard}, {"place", committed->place}, {"committed", digest_of(committed->bytes)}};
    const auto parsed = evidence::parse_leaf(committed->bytes);
    if (parsed->payload != evidence::sha256({*committed_->record.value}))
      different.push_back(fmt::format("leaf {} of shard {}: its payload is not the SHA-256 of the committed record",
                                      committed->place, committed->shard));
    if (replayed == nullptr) {
      notes.push_back(both({"没有密钥 evidence,只核对了条目中的记录摘要",
                            "without the secret evidence only the leaf's digest of the record was checked"}));
      return;
    }
    r["leaf"]["replayed"] = digest_of(replayed->bytes);
    if (committed->bytes != replayed->bytes)
      different.push_back(fmt::format("leaf {} of shard {}: other bytes", committed->place, committed->shard));
    if (committed->shard != replayed->shard || committed->place != replayed->place)
      different.push_back(fmt::format("leaf: committed as {} of shard {}, replayed as {} of shard {}",
                                      committed->place, committed->shard, replayed->place, replayed->shard));
  }

  const ExplainRequest& request_;
  const ReplayObserver& observer_;
  const std::size_t question_;
  const RecordedInputs::Replayed& replay_;
  std::optional<Asked> committed_, replayed_, chosen_;
  const std::optional<ReplayObserver::Leaf> leaf_; // committed; nullopt: among the committed records, if anywhere
  const std::optional<Bounds> bounds_;             // nullopt: whoever asks may read all of it
  const Sight* sight_ = nullptr;
  Inputs inputs_;
  Json out_;
  std::set<std::string> left_out_; // findings of another matter
  std::vector<std::string> finding_differences_;
  std::uint64_t findings_compared_ = 0, findings_left_ = 0;
};

RecordedInputs::Replayed replay(RecordedInputs& inputs, ReplayObserver& observer,
                                const std::function<bool()>& enough) {
  return inputs.replay(
      observer.watch(), [&](const streams::OutRecord& record) { observer.output(record); },
      [&](const streams::FileRecord& record) { observer.input(record); }, enough);
}

} // namespace

nlohmann::ordered_json explain(const ExplainRequest& request) {
  std::optional<Asked> committed;
  if (request.committed) committed = find_asked(*request.committed, request.question);
  ReplayObserver observer({request.question});
  RecordedInputs::Replayed replayed;
  if (request.inputs != nullptr) {
    // The last record of a finding's uid may come at any time.
    const bool may_stop =
        committed && !(committed->about == About::finding && committed->record_id != request.question.id);
    replayed =
        replay(*request.inputs, observer, [&] { return may_stop && observer.has_stated(committed->record_id); });
  }
  Explanation explanation(request, observer, 0, replayed, std::move(committed));
  explanation.make();
  if (request.inputs != nullptr) look_up(*request.inputs, {&explanation.inputs()});
  return explanation.take();
}

// -- handed out -------------------------------------------------------------------------------------------------------

void OtherPeople::see(const streams::FileRecord& record) {
  if (record.topic != Topic::commands || !record.value) return;
  const bool opens = record.value->find("account.open") != std::string::npos;
  if (!opens && record.value->find("handset.bind") == std::string::npos) return;
  const auto event = Json::parse(*record.value, nullptr, false);
  if (!event.is_object()) return;
  const Json& data = event.contains("data") && event["data"].is_object() ? event["data"] : event;
  const auto target = text_of(data, "target");
  if (text_of(data, "command") == "account.open") accounts_.insert(target);
  if (text_of(data, "command") == "handset.bind" && data.contains("args") && data["args"].is_object())
    if (const auto handset = text_of(data["args"], "handset"); !handset.empty()) handsets_[handset].insert(target);
}

std::string OtherPeople::left_out(std::string_view text, const std::string& subject, bool zh) const {
  std::string out;
  bool any = false;
  while (!text.empty()) {
    std::size_t length = 0;
    while (length < text.size() && valid_id(text.substr(length, 1))) ++length;
    if (length == 0) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    // An id may end in what a sentence ends in.
    std::size_t named = length;
    const char* instead = nullptr;
    for (; named > 0 && instead == nullptr; --named) {
      const auto id = text.substr(0, named);
      const auto handset = handsets_.find(id);
      if (id != subject && accounts_.contains(id))
        instead = zh ? "(他人账户)" : "(another account)";
      else if (handset != handsets_.end() && !handset->second.contains(subject))
        instead = zh ? "(他人手机)" : "(another person's handset)";
      if (instead != nullptr || std::string_view(".:-").find(id.back()) == std::string_view::npos) break;
    }
    const auto taken = instead != nullptr ? named : length;
    out += instead != nullptr ? std::string_view(instead) : text.substr(0, taken);
    any = any || instead != nullptr;
    text.remove_prefix(taken);
  }
  if (any)
    out += zh ? "\n他人的账户和手机的编号在此略去。\n"
              : "\nIds of other people's accounts and handsets are left out here.\n";
  return out;
}

PackedExplanations explain_packed(const PackedRequest& request) {
  std::vector<Question> questions;
  for (const auto& record : request.records) questions.push_back(record.question);
  ReplayObserver observer(std::move(questions));
  const auto replayed = replay(request.inputs, observer, [&] { return observer.has_answered_all(); });
  if (replayed.difference)
    throw InputError("the history is not complete, or was changed, so that nothing is explained from it: " +
                     *replayed.difference);
  if (replayed.digests == 0 && !replayed.gaps.empty())
    throw InputError(fmt::format("the history is not complete, so that nothing is explained from it; missing: {}",
                                 fmt::join(replayed.gaps, "; ")));
  PackedExplanations out;
  out.explanations.resize(request.records.size());
  std::deque<ExplainRequest> requests;
  std::deque<Explanation> all;
  std::vector<std::size_t> of;
  std::vector<Inputs*> inputs;
  for (std::size_t i = 0; i < request.records.size(); ++i) {
    const auto& record = request.records[i];
    const auto& stated = observer.asked(i);
    const bool there = record.committed && record.committed->about == About::decision && observer.scan_seen(i);
    if (stated.empty() && !there) continue;
    auto committed = record.committed;
    // Which of two topics a finding stands in, an archive does not say.
    if (committed && !stated.empty()) committed->record.topic = stated.back().record.topic;
    const auto& asked = requests.emplace_back(
        ExplainRequest{record.question, request.committed, &request.inputs, committed.has_value()});
    all.emplace_back(asked, observer, i, replayed, std::move(committed), record.leaf,
                     Bounds{record.subject, request.whole, request.case_id})
        .make();
    of.push_back(i);
    inputs.push_back(&all.back().inputs());
  }
  look_up(request.inputs, inputs, [&](const streams::FileRecord& record) { out.others.see(record); });
  for (std::size_t i = 0; i < of.size(); ++i) out.explanations[of[i]] = all[i].take();
  return out;
}

} // namespace onecode::app
