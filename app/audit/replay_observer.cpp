#include "app/audit/replay_observer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "actors/account_actor.hpp"
#include "actors/device_actor.hpp"
#include "app/errors.hpp"
#include "domain/hash.hpp"
#include "evidence/leaf.hpp"
#include "evidence/tiles.hpp"
#include "streams/decision_id.hpp"

namespace onecode::app {
namespace {

constexpr std::string_view kQuarantined = "device-quarantined";
constexpr std::size_t kDecisionIdLength = 32; // hexadecimal

std::string decision_of(const Scan& scan) { return hex(streams::decision_id(scan.origin)); }

} // namespace

ReplayObserver::ReplayObserver(std::vector<Question> questions)
    : questions_(std::move(questions)),
      asked_(questions_.size()),
      unanswered_(questions_.size()),
      scan_seen_(questions_.size()) {
  for (std::size_t q = 0; q < questions_.size(); ++q) {
    by_id_[questions_[q].id].push_back(q);
    by_decision_ = by_decision_ || questions_[q].id.size() == kDecisionIdLength;
  }
}

ReplayWatch ReplayObserver::watch() {
  return {
      [this](const actors::Entity& e, const Message& m) { before(e, m); },
      [this](const actors::Entity& e, const Message& m, const Context& c, const Effects& f) { after(e, m, c, f); }};
}

std::vector<std::size_t> ReplayObserver::asking(const Scan& scan) const {
  std::vector<std::size_t> out;
  const auto add = [&](const std::string& id) {
    if (const auto it = by_id_.find(id); it != by_id_.end())
      for (const auto q : it->second)
        if (questions_[q].source.empty() || questions_[q].source == scan.origin.source) out.push_back(q);
  };
  add(scan.origin.id);
  if (by_decision_) add(decision_of(scan));
  return out;
}

void ReplayObserver::before(const actors::Entity& entity, const Message& message) {
  if (const auto* scan = std::get_if<const Scan*>(&message); scan != nullptr) {
    const auto questions = asking(**scan);
    if (questions.empty()) return;
    for (const auto q : questions) scan_seen_[q] = true;
    auto& sight = sights_[decision_of(**scan)];
    if (sight.admitted) return;
    sight.scan = **scan;
  } else if (const auto* seen = std::get_if<msg::ScanSeen>(&message);
             seen != nullptr && !asking(*seen->scan).empty()) {
    auto& sight = sights_[decision_of(*seen->scan)];
    sight.opinion = seen->opinion;
    if (const auto* account = dynamic_cast<const actors::AccountActor*>(&entity)) sight.before = account->state();
  }
}

void ReplayObserver::after(const actors::Entity& entity, const Message& message, const Context& context,
                           const Effects& effects) {
  std::string automatic; // the finding that acted by itself: it is published before the device says so
  for (const auto& output : effects.outputs) {
    if (const auto* finding = std::get_if<FindingRecord>(&output);
        finding != nullptr && finding->band == Band::automatic)
      automatic = finding->uid;
    if (const auto* notice = std::get_if<Notice>(&output); notice != nullptr && notice->kind == kQuarantined)
      quarantines_.insert_or_assign(notice->about, Quarantine{*notice, automatic});
    if (const auto* status = std::get_if<IntegrationStatusRecord>(&output))
      integrations_.insert_or_assign(status->integration, *status);
  }
  if (const auto* scan = std::get_if<const Scan*>(&message); scan != nullptr && !asking(**scan).empty()) {
    auto& sight = sights_[decision_of(**scan)];
    if (sight.admitted) return;
    const auto decided = [](const Output& o) { return std::holds_alternative<Decision>(o); };
    const auto passed_on = [](const Send& s) { return std::holds_alternative<msg::ScanSeen>(s.message); };
    sight.admitted = std::ranges::any_of(effects.outputs, decided) || std::ranges::any_of(effects.sends, passed_on);
    if (const auto* device = dynamic_cast<const actors::DeviceActor*>(&entity)) sight.reg = device->state().reg;
    if (const auto q = quarantines_.find(sight.scan.device); q != quarantines_.end()) {
      sight.quarantine = q->second.notice;
      sight.quarantined_by = q->second.finding;
    }
    const auto& integration = sight.reg.integration.empty() ? sight.scan.integration : sight.reg.integration;
    if (const auto i = integrations_.find(integration); i != integrations_.end()) sight.integration = i->second;
    sight.received = context.now;
    sight.policy = context.policy_at(sight.scan.origin.time);
    sight.policy_of_turn = context.policy_at(context.now).version;
  } else if (const auto* seen = std::get_if<msg::ScanSeen>(&message);
             seen != nullptr && !asking(*seen->scan).empty()) {
    auto& sight = sights_[decision_of(*seen->scan)];
    if (const auto* account = dynamic_cast<const actors::AccountActor*>(&entity)) sight.after = account->state();
    sight.policy = context.policy_at(sight.scan.origin.time);
  }
}

void ReplayObserver::input(const streams::FileRecord& record) {
  if (record.topic != Topic::policy || !record.value) return;
  const auto event = nlohmann::json::parse(*record.value, nullptr, false);
  if (!event.is_object() || !event.contains("data") || !event["data"].is_object()) return;
  const auto& data = event["data"];
  const auto text = [&](const char* name) {
    const auto it = data.find(name);
    return it != data.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  if (const auto from = parse_time(text("effective_from")))
    policies_.push_back({text("version"), *from, data.value("shadow", nlohmann::json()) == true});
}

void ReplayObserver::output(const streams::OutRecord& out) {
  if (out.tombstone) return;
  if (out.topic == Topic::evidence) {
    if (await_leaf_.empty()) return;
    streams::FileRecord record;
    record.topic = out.topic;
    record.key = out.key;
    record.value = out.value;
    record.headers = out.headers;
    std::erase_if(await_leaf_, [&](const std::string& id) {
      auto leaf = leaf_in(record, id);
      return leaf && leaves_.insert_or_assign(id, std::move(*leaf)).second;
    });
    return;
  }
  const bool finding = out.topic == Topic::alerts || out.topic == Topic::compliance;
  if (!finding && out.topic != Topic::decisions && out.topic != Topic::freezes) return;
  const std::string id = hex(out.id);
  std::vector<std::size_t> questions;
  if (out.topic == Topic::decisions) {
    if (const auto it = sights_.find(id); it != sights_.end()) questions = asking(it->second.scan);
  } else {
    const auto add = [&](const std::string& name) {
      if (const auto it = by_id_.find(name); it != by_id_.end())
        questions.insert(questions.end(), it->second.begin(), it->second.end());
    };
    add(id);
    if (finding) {
      const std::string uid(finding_uid_in(out.value));
      findings_.insert_or_assign(uid, out.value);
      const auto [begin, end] = await_findings_.equal_range(uid);
      for (auto it = begin; it != end; ++it) findings_then_[it->second].emplace(uid, out.value);
      await_findings_.erase(begin, end);
      if (uid != id) add(uid);
    }
  }
  // Nearly all are of nobody's question; that is told before anything of them is read.
  if (questions.empty()) return;
  streams::FileRecord record;
  record.topic = out.topic;
  record.key = out.key;
  record.value = out.value;
  for (const auto q : questions) {
    auto asked = asked_about(questions_[q], record);
    if (!asked) continue;
    if (!has_stated(asked->record_id)) {
      await_leaf_.push_back(asked->record_id);
      auto& then = findings_then_[asked->record_id];
      for (auto& uid : rests_on(*asked, sight(asked->record_id))) {
        if (const auto it = findings_.find(uid); it != findings_.end())
          then.emplace(uid, it->second);
        else
          await_findings_.emplace(std::move(uid), asked->record_id);
      }
    }
    if (asked_[q].empty()) --unanswered_;
    asked_[q].push_back(std::move(*asked));
  }
}

const ReplayObserver::Sight* ReplayObserver::sight(std::string_view decision_id) const {
  const auto it = sights_.find(decision_id);
  return it == sights_.end() || !it->second.admitted ? nullptr : &it->second;
}

std::vector<std::string> ReplayObserver::rests_on(const Asked& asked, const Sight* sight) {
  std::vector<std::string> out;
  const auto& data = asked.event.at("data");
  const auto add = [&](const nlohmann::ordered_json& object, const char* member) {
    if (const auto it = object.find(member); it != object.end() && it->is_array())
      for (const auto& uid : *it)
        if (uid.is_string()) out.push_back(uid.get<std::string>());
  };
  if (asked.about == About::decision) add(data, "findings");
  if (asked.about == About::hold && data.contains("holds"))
    for (const auto& hold : data["holds"]) add(hold, "evidence");
  if (sight == nullptr) return out;
  if (sight->before)
    for (const auto& hold : sight->before->file.holds.all())
      out.insert(out.end(), hold.evidence.begin(), hold.evidence.end());
  if (sight->quarantine && !sight->quarantined_by.empty()) out.push_back(sight->quarantined_by);
  return out;
}

const std::string* ReplayObserver::finding(const Asked& asked, const std::string& uid) const {
  // The account's own was stated before the decision, in its shard; a reader's may come later among the records of the turn.
  const auto then = findings_then_.find(asked.record_id);
  if (then == findings_then_.end()) return nullptr;
  const auto it = then->second.find(uid);
  return it == then->second.end() ? nullptr : &it->second;
}

const ReplayObserver::Leaf* ReplayObserver::leaf(const std::string& record_id) const {
  const auto it = leaves_.find(record_id);
  return it == leaves_.end() ? nullptr : &it->second;
}

std::optional<ReplayObserver::Leaf> ReplayObserver::leaf_in(const streams::FileRecord& record,
                                                            const std::string& record_id) {
  std::string_view bundle = record.value ? std::string_view(*record.value) : std::string_view{};
  if (bundle.find(record_id) == bundle.npos) return std::nullopt;
  Leaf out{record.key, {}, 0};
  for (const auto& [name, value] : record.headers)
    if (name == "ce_first") std::from_chars(value.data(), value.data() + value.size(), out.place);
  for (; !bundle.empty(); ++out.place) {
    const auto entry = evidence::take_entry(bundle);
    if (!entry)
      throw InputError(fmt::format("evidence, shard {}, leaf {}: is no list of leaves", record.key, out.place));
    const auto leaf = evidence::parse_leaf(*entry);
    if (leaf && leaf->id == record_id && leaf->kind != evidence::LeafKind::scan) {
      out.bytes = *entry;
      return out;
    }
  }
  return std::nullopt;
}

} // namespace onecode::app
