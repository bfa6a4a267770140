#include "app/simulate/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/errors.hpp"
#include "app/simulate/writer.hpp"
#include "streams/policy_document.hpp"

namespace onecode::app::simulate {
namespace {

constexpr std::int64_t kReading = 1300;          // ms that a reader is busy with one person
constexpr std::int64_t kPatience = 20 * kSecond; // nobody waits longer at one reader: the next is free

class Days {
public:
  Days(Stage& s, Writer& writer) : s_(s), writer_(writer) {}

  void day(int day) {
    const auto until = s_.midnight(day + 1);
    for (auto& users : today_) users.clear();
    today_.resize(s_.map.integrations.size());
    for (std::uint32_t p = 0; p < s_.people.all.size(); ++p) live(s_.campus, p, day, happening_);
    for (const auto& act : s_.acts) act(day, happening_);
    heartbeats(day);
    // What the night owls do after midnight belongs to the next day's queue.
    const auto late =
        std::stable_partition(happening_.begin(), happening_.end(), [&](const Event& e) { return e.at < until; });
    std::vector<Event> tomorrow(late, happening_.end());
    happening_.erase(late, happening_.end());
    std::stable_sort(happening_.begin(), happening_.end(),
                     [](const Event& a, const Event& b) { return a.at < b.at; });
    for (auto& e : happening_) happen(e);
    happening_ = std::move(tomorrow);
    write_until(until);
    for (std::size_t i = 0; i < today_.size(); ++i) {
      auto& u = today_[i];
      std::sort(u.begin(), u.end());
      u.erase(std::unique(u.begin(), u.end()), u.end());
      s_.users[i] = u;
    }
  }
  /// The campus closes; what is still on the way arrives.
  void end() { write_until(std::numeric_limits<std::int64_t>::max()); }

private:
  void heartbeats(int day) {
    for (std::uint32_t i = 0; i < s_.map.devices.size(); ++i) {
      const auto& d = s_.map.devices[i];
      const auto minute = static_cast<std::int64_t>(mixed(i) % 3'600'000);
      for (int hour = 0; hour < 24; ++hour) {
        Event e;
        e.what = What::report;
        e.device = i;
        e.at = s_.midnight(day) + hour * kHour + minute;
        if (e.at < d.looks.front().from) continue;       // not plugged in yet
        if (!d.certified && e.at > d.story_to) continue; // and out again
        if (d.looks.size() > 1 && d.looks.back().zone != d.zone && e.at >= d.looks.back().from &&
            e.at < d.looks.back().from + 2 * kHour + kHour / 2)
          continue; // on the trolley
        e.amount = 0;
        for (const auto& f : d.faults)
          if (e.at >= f.from && e.at < f.to) {
            if (f.kind == Device::Fault::offline) e.device = kNobody;
            if (f.kind == Device::Fault::clock && f.known) e.amount = static_cast<std::int32_t>(f.off);
          }
        if (e.device == kNobody) continue;
        happening_.push_back(e);
        if (d.twin_from != 0 && e.at >= d.twin_from && e.at < d.twin_to) {
          e.twin = true;
          e.at += 7 * kMinute;
          happening_.push_back(e);
        }
      }
    }
  }

  /// The device's part and the gateway's: number, clock, way.
  void happen(Event& e) {
    e.stamp = e.at;
    e.number = ++number_;
    e.arrives = e.at + 120;
    if (e.what == What::issued || e.what == What::record) {
      if (e.what == What::issued) e.story = 0; // a code on a screen hurts nobody yet
      s_.seen(e.story, e.at);
      arriving_.push_back(e);
      return;
    }
    auto& d = s_.map.devices[e.device];
    e.arrives = e.at + 150 + e.device * 37 % 400; // the same way for all that one device says: nothing overtakes
    const bool in_story = d.story != 0 && e.at >= d.story_from && e.at < d.story_to;
    if (e.what == What::report) {
      if (e.report == Report::boot) {
        ++d.boot;
        d.seq = d.report_seq = 0;
      }
      e.boot = d.boot;
      e.seq = e.twin ? ++d.twin_report_seq : ++d.report_seq;
      if (in_story && (d.twin_from == 0 || e.twin)) told(d, e);
      arriving_.push_back(e);
      return;
    }
    if (!e.exact && e.at < d.last + kReading) {
      const auto wait = std::min(d.last + kReading - e.at, kPatience);
      e.at += wait;
      e.arrives += wait;
      e.stamp = e.at;
    }
    d.last = std::max(d.last, e.at);
    if (s_.map.integrations[d.integration].data) today_[d.integration].push_back(e.account);
    e.boot = d.boot;
    const bool cloning = d.twin_from != 0 && e.at >= d.twin_from && e.at < d.twin_to;
    if (cloning && d.twin_seq == 0) {
      d.twin_seq = d.seq;
      d.twin_report_seq = d.report_seq;
    }
    if (cloning && mixed(e.number) % 5 < 2) {
      e.twin = true;
      e.seq = ++d.twin_seq;
      told(d, e);
    } else {
      e.seq = ++d.seq;
      if (in_story && d.twin_from == 0) told(d, e);
    }
    for (const auto& f : d.faults) {
      if (e.at < f.from || e.at >= f.to) continue;
      if (f.kind == Device::Fault::clock) e.stamp += f.off;
      if (f.kind == Device::Fault::offline) {
        e.offline = true;
        e.clock_known = f.known;
        e.arrives = f.to + 90 * kSecond + (e.at - f.from) / 200; // in its order, when the line is back
      }
    }
    s_.seen(e.story, e.stamp);
    arriving_.push_back(e);
    for (const auto& f : d.faults)
      if (f.kind == Device::Fault::repeated && e.at >= f.from && e.at < f.to && mixed(e.number) % 10 < 7) {
        Event again = e;
        again.repeated = true;
        again.arrives +=
            6 * kMinute + e.device % 7 * kMinute; // no answer came back, so the gateway sent all of it again
        arriving_.push_back(again);
      }
  }
  void told(const Device& d, const Event& e) {
    s_.seen(d.story, e.stamp);
    if (d.twin_from != 0) s_.evident(d.story, e.stamp);
  }

  void write_until(std::int64_t until) {
    const auto later =
        std::stable_partition(arriving_.begin(), arriving_.end(), [&](const Event& e) { return e.arrives < until; });
    std::stable_sort(arriving_.begin(), later, [](const Event& a, const Event& b) { return a.arrives < b.arrives; });
    for (auto i = arriving_.begin(); i != later; ++i) {
      writer_.write(*i);
      if (i->what == What::record) s_.finished[i->place] = {}; // told once
    }
    arriving_.erase(arriving_.begin(), later);
  }

  Stage& s_;
  Writer& writer_;
  std::vector<Event> happening_, arriving_;
  std::vector<std::vector<std::uint32_t>> today_;
  std::uint64_t number_ = 0;
};

std::string truth_text(const Stage& s, Summary& summary) {
  const auto time = [](std::int64_t t) { return format_time(Time{t}); };
  std::string out = fmt::format(R"({{"type":"campus","seed":{},"people":{},"days":{},"from":"{}","to":"{}"}})",
                                s.options.seed, s.options.people, s.options.days, time(s.midnight(0)), time(s.end()));
  out += '\n';
  constexpr const char* types[] = {"misuse", "look-alike", "fault", "approved"};
  constexpr char letters[] = {'m', 'l', 'f', 'w'};
  std::map<std::string, std::size_t>* const counts[] = {&summary.misuse, &summary.look_alikes, &summary.faults,
                                                        &summary.approved};
  int numbers[4] = {};
  for (const auto& story : s.stories) {
    if (story.from == std::numeric_limits<std::int64_t>::max()) continue; // planned, and it never came to it
    const auto type = static_cast<std::size_t>(story.type);
    const auto from = std::min(story.from, s.end()), to = std::min(story.to, s.end());
    if (story.type == Story::misuse && story.scenario == "copy" && story.evident == 0) continue;
    ++(*counts[type])[story.scenario];
    out += fmt::format(R"({{"type":"{}","id":"{}-{:04}","scenario":"{}",)", types[type], letters[type],
                       ++numbers[type], story.scenario);
    if (story.type == Story::misuse) out += fmt::format(R"("act":"{}",)", story.act);
    out += fmt::format(R"("subject":"{}","from":"{}",)", story.subject, time(from));
    if (story.type == Story::misuse)
      out += fmt::format(R"("evident":"{}",)", time(std::clamp(story.evident == 0 ? from : story.evident, from, to)));
    out += fmt::format(R"("to":"{}"}})", time(to));
    out += '\n';
  }
  return out;
}

} // namespace

Summary run(const Options& options, const std::function<void(std::string_view)>& lines, std::string& truth,
            const std::function<bool(int, std::uint64_t)>& progress) {
  Stage stage(options);
  Writer writer(stage, lines);
  Finished policy;
  policy.topic = Topic::policy;
  policy.key = fmt::format("simulated-{}", options.seed);
  policy.value = streams::policy_event(policy_document(stage), Time{stage.midnight(0) - 21 * kHour});
  writer.write(policy);
  for (const auto& e : registration(stage)) {
    writer.write(e);
    stage.finished[e.place] = {};
  }
  Days days(stage, writer);
  for (int day = 0; day < options.days; ++day) {
    if (!progress(day, writer.lines())) throw Failure(130, "interrupted; nothing was written");
    days.day(day);
  }
  days.end();
  writer.flush();
  Summary summary;
  truth = truth_text(stage, summary);
  summary.records = writer.lines();
  summary.scans = writer.scans();
  summary.accounts = options.people;
  summary.devices = stage.map.devices.size();
  summary.integrations = stage.map.integrations.size();
  return summary;
}

std::string secrets_text(std::uint64_t seed) {
  nlohmann::ordered_json out;
  for (const auto& [name, key] : secrets_of(seed)) out[name] = streams::base64url(key);
  return out.dump(2) + "\n";
}

} // namespace onecode::app::simulate
