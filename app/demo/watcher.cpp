#include "app/demo/watcher.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

namespace onecode::app {
namespace {

double steady_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

} // namespace

Watcher::Watcher(streams::Broker& broker, std::vector<Misuse> misuse) : misuse_(std::move(misuse)) {
  const auto topics = broker.describe_topics();
  for (const Topic t : {Topic::decisions, Topic::alerts, Topic::freezes, Topic::compliance, Topic::device_status,
                        Topic::dead_letters, Topic::notices})
    for (std::int32_t p = 0; p < topics.at(t).partitions; ++p)
      sources_.push_back({t, broker.follower({t, p}, broker.watermarks({t, p}, streams::Isolation::committed).high)});
}

void Watcher::published(std::uint64_t n, double at_ms) {
  if (published_ms_.size() <= n) published_ms_.resize(std::max<std::size_t>(n + 1, published_ms_.size() * 2));
  published_ms_[n] = at_ms;
}

void Watcher::read() {
  for (auto& source : sources_)
    while (const auto batch = source.reader->next(streams::Milliseconds(0)))
      for (const auto& record : batch->records) take(source.topic, record);
}

void Watcher::found(const std::string& subject, const std::string& kind, const std::string& rule,
                    const std::string& why) {
  if (std::ranges::none_of(caught, [&](const Caught& c) { return c.subject == subject; }))
    caught.push_back({subject, kind, rule, why});
}

void Watcher::take(Topic topic, const streams::Record& record) {
  if (topic == Topic::dead_letters) {
    ++dead_letters;
    return;
  }
  if (topic == Topic::notices) {
    ++notices;
    return;
  }
  if (!record.value) return;
  const auto event = nlohmann::json::parse(*record.value);
  const auto& data = event.at("data");
  const auto committed = [&](const std::string& subject) {
    const auto it = std::ranges::find(misuse_, subject, &Misuse::subject);
    return it == misuse_.end() ? std::string{} : it->kind;
  };
  switch (topic) {
    case Topic::decisions: {
      ++decisions;
      ++verdicts[data.at("verdict").get<std::string>()];
      const auto id = data.at("scan").at("id").get<std::string>();
      const auto n = std::strtoull(id.c_str() + id.find('/') + 1, nullptr, 10);
      if (n < published_ms_.size() && published_ms_[n] > 0) {
        const double ms = steady_ms() - published_ms_[n];
        ++histogram_[std::min(histogram_.size() - 1, static_cast<std::size_t>(ms * 10))];
        ++measured_;
      }
      break;
    }
    case Topic::alerts:
    case Topic::compliance: {
      ++(topic == Topic::alerts ? alerts : compliance);
      const auto& own = data.at("unmapped").at("onecode");
      const auto subject = std::string(record.key);
      const auto rule = data.at("finding_info").at("analytic").at("uid").get<std::string>();
      alert_[subject] = {rule, own.at("explanation").at("en").get<std::string>()};
      if (committed(subject) == "uncertified reader" && rule == "D1")
        found(subject, "uncertified reader", rule, alert_[subject].second);
      if (quarantined_.contains(subject) && rule == "D2")
        found(subject, "cloned reader", rule, alert_[subject].second);
      break;
    }
    case Topic::freezes: {
      if (data.at("state") != "frozen") break;
      ++freezes;
      const auto subject = std::string(record.key);
      const auto kind = committed(subject);
      if (kind.empty()) {
        innocent_frozen.insert(subject);
      } else {
        found(subject, kind, alert_[subject].first, alert_[subject].second);
      }
      break;
    }
    case Topic::device_status: {
      if (data.at("state") != "quarantined") break;
      const auto subject = std::string(record.key);
      quarantined_.insert(subject);
      if (committed(subject) == "cloned reader" && alert_[subject].first == "D2")
        found(subject, "cloned reader", "D2", alert_[subject].second);
      break;
    }
    default:
      break;
  }
}

double Watcher::latency_ms(int of) const {
  const auto wanted = (measured_ * static_cast<std::uint64_t>(of) + 999) / 1000;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < histogram_.size(); ++i) {
    seen += histogram_[i];
    if (seen >= wanted && seen > 0) return static_cast<double>(i) / 10.0;
  }
  return 0;
}

} // namespace onecode::app
