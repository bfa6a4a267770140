#include "app/referral.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/errors.hpp"
#include "domain/article.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::json;
using Ordered = nlohmann::ordered_json;

std::string text_of(const Json& object, const char* member) {
  const auto it = object.find(member);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Time time_of(const Json& event) { return parse_time(text_of(event, "time")).value_or(Time{}); }

/// Millisecond times of a state stand as RFC 3339 in `state --json`.
std::optional<Time> when(const Json& object, const char* member) {
  const auto text = text_of(object, member);
  return text.empty() ? std::nullopt : parse_time(text);
}

Hash128 event_of(std::string_view source, std::string_view id) {
  return hash128(std::string(source) + '\n' + std::string(id));
}

} // namespace

Referral::Referral(std::string integration, std::string order)
    : integration_(std::move(integration)),
      order_(std::move(order)),
      decoder_(std::make_unique<streams::Decoder>(secrets_)) {}
Referral::~Referral() = default;

void Referral::input(const streams::FileRecord& record) {
  if (record.topic != Topic::scans && record.topic != Topic::data_access && record.topic != Topic::device_reports)
    return;
  streams::Record r;
  r.key = record.key;
  if (record.value) r.value = *record.value;
  std::vector<streams::Header> headers;
  for (const auto& [name, value] : record.headers) headers.push_back({name, value});
  r.headers = headers;
  const TopicPartition at{record.topic, record.partition.value_or(murmur2_partition(record.key, kDefaultPartitions))};
  const std::int64_t offset = record.offset.value_or(next_offset_[at]);
  next_offset_[at] = offset + 1;
  const auto remember = [&](const Origin& o) {
    placed_.try_emplace({at, offset}, o.time);
    return times_.try_emplace(event_of(o.source, o.id), o.time).second;
  };
  if (record.topic == Topic::scans) {
    if (!decoder_->scan({}, r, policies_, scan_)) remember(scan_.origin);
    return;
  }
  streams::Event event;
  if (decoder_->event({record.topic, 0}, r, event)) return;
  if (const auto* report = std::get_if<DeviceReport>(&event)) remember(report->origin);
  const auto* access = std::get_if<DataAccess>(&event);
  if (access == nullptr || access->integration != integration_ || !remember(access->origin)) return;
  for (const auto& s : access->subjects) uses_[s].push_back({access->origin.time, {}});
}

void Referral::output(const streams::OutRecord& record) {
  const bool about_it = record.key == integration_ || devices_.contains(record.key) ||
                        record.value.find(integration_) != std::string::npos;
  if (!about_it || record.tombstone) return;
  const auto event = Json::parse(record.value, nullptr, false);
  if (!event.is_object() || !event.contains("data")) return;
  const auto& data = event["data"];
  last_ = std::max(last_, time_of(event));
  switch (record.topic) {
    case Topic::integration_status:
      if (record.key == integration_) status_ = data;
      break;
    case Topic::device_status:
      if (text_of(data, "integration") == integration_) devices_.insert(record.key);
      break;
    case Topic::compliance:
      if (record.key == integration_ || devices_.contains(record.key))
        findings_[text_of(data["finding_info"], "uid")] = data;
      break;
    case Topic::notices:
      if (const auto about = text_of(data, "about"); about == integration_ || devices_.contains(about))
        notices_.push_back(
            {{"time", event["time"]}, {"to", data["to"]}, {"kind", data["kind"]}, {"text", data["text"]}});
      break;
    case Topic::decisions:
      if (text_of(data, "integration") == integration_ && !text_of(data, "account").empty()) {
        const auto& scan = data["scan"];
        const auto at = times_.find(event_of(text_of(scan, "source"), text_of(scan, "id")));
        uses_[text_of(data, "account")].push_back(
            {at == times_.end() ? time_of(event) : at->second, text_of(data, "device")});
      }
      break;
    default:
      break;
  }
}

Ordered Referral::finish(const Json& state, std::optional<Time> from, std::optional<Time> to) const {
  const auto& procedures = state.at("procedures");
  const Json* order = nullptr;
  for (const auto& o : procedures.at("orders"))
    if (text_of(o, "id") == order_) order = &o;
  if (order == nullptr)
    throw InputError("the integration " + integration_ + " has no rectification order " + order_ +
                     " in this record; its orders stand in its integration-status record");
  const std::string control = text_of(*order, "control");
  const Time ordered = when(*order, "ordered").value_or(Time{});

  Ordered out;
  out["integration"] = integration_;
  out["unit"] = text_of(status_, "unit");
  out["owners"] = status_.value("owners", Json::array());
  out["state"] = text_of(status_, "state");
  out["access"] = text_of(status_, "access");
  out["order"] = *order;

  std::set<std::string> guilty;
  std::optional<Time> first;
  auto& findings = out["findings"] = Ordered::array();
  for (const auto& [uid, f] : findings_) {
    const auto& own = f.at("unmapped").at("onecode");
    if (!is_under(text_of(own, "article"), control)) continue;
    if (f.value("activity_id", 0) == 3 && Time{f.value("time", std::int64_t{0})} < ordered)
      continue; // settled before
    Time seen{f.at("finding_info").at("first_seen_time").get<std::int64_t>()};
    for (const auto& e : f.at("evidences")) { // the first of what it rests on
      const auto& place = e.at("data");
      const auto topic = topic_by_name(text_of(place, "topic"));
      if (!topic) continue;
      const auto it = placed_.find({{*topic, place.value("partition", 0)}, place.value("offset", std::int64_t{-1})});
      if (it != placed_.end()) seen = std::min(seen, it->second);
    }
    if (!first || seen < *first) first = seen;
    const std::string subject = text_of(own, "subject");
    if (devices_.contains(subject)) guilty.insert(subject);
    findings.push_back({{"uid", uid},
                        {"subject", subject},
                        {"rule", f["finding_info"]["analytic"]["uid"]},
                        {"article", own["article"]},
                        {"score", own["score"]},
                        {"policy", own["policy"]},
                        {"first_seen", format_time(seen)},
                        {"explanation", own["explanation"]},
                        {"evidences", f["evidences"]}});
  }
  for (const auto& d : order->value("devices", Json::array())) guilty.insert(d.get<std::string>());

  const Time begin = from ? *from : first ? *first : ordered;
  const Time end = to ? *to : when(*order, "closed").value_or(last_);
  out["window"] = {{"from", format_time(begin)}, {"to", format_time(end)}};
  const bool of_data = control == "11(4)";
  auto& affected = out["affected"] = Ordered::array();
  for (const auto& [account, uses] : uses_) {
    std::int64_t scans = 0, reads = 0;
    std::optional<Time> earliest, latest;
    for (const auto& use : uses) {
      const bool read = use.device.empty();
      if (use.at < begin || end < use.at || (read != of_data && control != "11")) continue;
      if (!read && !guilty.empty() && !guilty.contains(use.device)) continue;
      ++(read ? reads : scans);
      if (!earliest || use.at < *earliest) earliest = use.at;
      if (!latest || *latest < use.at) latest = use.at;
    }
    if (earliest)
      affected.push_back({{"account", account},
                          {"scans", scans},
                          {"reads", reads},
                          {"first", format_time(*earliest)},
                          {"last", format_time(*latest)}});
  }
  auto& liabilities = out["liabilities"] = Ordered::array();
  for (const auto& l : procedures.value("liabilities", Json::array()))
    if (text_of(l, "order") == order_) liabilities.push_back(Ordered(l));
  auto& notices = out["notices"] = Ordered::array();
  for (const auto& n : notices_) notices.push_back(Ordered(n));
  return out;
}

std::string affected_csv(const Ordered& referral) {
  std::string out = "account,scans,reads,first,last\n";
  for (const auto& a : referral.at("affected"))
    out += fmt::format("{},{},{},{},{}\n", a["account"].get<std::string>(), a["scans"].get<std::int64_t>(),
                       a["reads"].get<std::int64_t>(), a["first"].get<std::string>(), a["last"].get<std::string>());
  return out;
}

std::string referral_page(const Ordered& r) {
  const auto& order = r.at("order");
  const auto word = [](const Ordered& v, const char* member) { return v.value(member, std::string()); };
  std::string page = fmt::format(
      "# 移送材料 / Referral: {} – {}\n\n"
      "接入系统 {}(责任单位 {},状态 {},接入 {})的整改令 {}:{}(《办法》{})。\n\n"
      "The order {} of the integration {} (unit {}, state {}, access {}): {}, by Article {}.\n\n",
      word(r, "integration"), word(order, "id"), word(r, "integration"), word(r, "unit"), word(r, "state"),
      word(r, "access"), word(order, "id"), word(order, "violation"), article_text(word(order, "control")).zh,
      word(order, "id"), word(r, "integration"), word(r, "unit"), word(r, "state"), word(r, "access"),
      word(order, "violation"), word(order, "control"));
  page += "## 发现 / Findings\n\n";
  for (const auto& f : r.at("findings"))
    page += fmt::format("- `{}` {}\n  {}\n", word(f, "uid"), f["explanation"]["zh"].get<std::string>(),
                        f["explanation"]["en"].get<std::string>());
  if (r["findings"].empty()) page += "- 无自动发现,依人工查明 / none by the engine: established by people\n";
  page += fmt::format(
      "\n## 受影响人员 / Who was affected\n\n"
      "{} 人,{} 至 {};名单(仅化名)见 `affected.csv`。\n\n"
      "{} people between {} and {}; the list, by pseudonym, is `affected.csv`.\n\n",
      r["affected"].size(), word(r["window"], "from"), word(r["window"], "to"), r["affected"].size(),
      word(r["window"], "from"), word(r["window"], "to"));
  page += "## 赔偿主张与责任 / Claims and liability\n\n";
  for (const auto& l : r.at("liabilities"))
    page += fmt::format("- {}: {} 分 / fen ({})\n", word(l, "party"), l.value("amount", std::int64_t{0}),
                        word(l, "text_ref"));
  if (r["liabilities"].empty()) page += "- 尚未登记 / none recorded yet\n";
  page +=
      "\n责任由人认定,系统只作记录。全部数据见 "
      "`referral.json`:每项发现列出其依据事件的主题、分区与位移,可在原始记录中查到;以同一记录重新运行本命令,"
      "结果逐字节相同。\n\n"
      "Liability is for people to find; the engine records it. Everything stands in `referral.json`: each finding "
      "names "
      "topic, partition and offset of its events, so that they can be looked up; the same record gives the same "
      "bytes.\n";
  return page;
}

} // namespace onecode::app
