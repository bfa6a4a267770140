// Would catch: a campus that differs from run to run, records that the engine cannot use, misuse that is promised and never
// played, a truth file that names nobody, people who fly, records that arrive before they happened.
#include "app/simulate/simulation.hpp"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "app/errors.hpp"
#include "app/replay.hpp"
#include "app/simulate/writer.hpp"
#include "streams/event_file.hpp"
#include "streams/policy_document.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;
using Json = nlohmann::json;

namespace {

struct Played {
  std::string lines, truth;
  simulate::Summary summary;
};

Played play(std::uint64_t seed, std::size_t people, int days, std::set<std::string> scenarios = {}) {
  Played out;
  simulate::Options options;
  options.seed = seed;
  options.people = people;
  options.days = days;
  options.scenarios = std::move(scenarios);
  out.summary = simulate::run(
      options, [&](std::string_view text) { out.lines += text; }, out.truth, [](int, std::uint64_t) { return true; });
  return out;
}

template <class F>
void each_line(const std::string& text, F&& use) {
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) use(Json::parse(line));
}

Time time_of(const Json& json) { return parse_time(json.get<std::string>()).value(); }

/// Three weeks among three hundred people: enough for every story.
const Played& campus() {
  static const Played played = play(7, 300, 21);
  return played;
}

} // namespace

TEST_CASE("the same seed gives the same bytes, another seed others") {
  const auto a = play(3, 80, 4), b = play(3, 80, 4), c = play(4, 80, 4);
  CHECK(a.lines == b.lines);
  CHECK(a.truth == b.truth);
  CHECK(a.lines != c.lines);
  CHECK(a.summary.scans > 80 * 4 * 4);
}

TEST_CASE("the engine takes every record of a simulated campus") {
  ReplayOptions options;
  options.policy = builtin_policy();
  options.unsigned_commands = true;
  const streams::Secrets secrets(simulate::secrets_of(7));
  std::map<std::string, int> refused;
  std::uint64_t decisions = 0, allowed = 0;
  Replayer replayer(options, secrets, [&](const streams::OutRecord& r) {
    if (r.topic == Topic::dead_letters)
      for (const auto& [name, value] : r.headers)
        if (name == "error-text") ++refused[std::string(value)];
    if (r.topic != Topic::decisions) return;
    ++decisions;
    allowed += r.value.find("\"verdict\":\"allow\"") != std::string::npos ? 1 : 0;
  });
  std::uint64_t lines = 0;
  each_line(campus().lines, [&](const Json& json) {
    streams::FileRecord record;
    record.topic = topic_by_name(json.at("topic").get<std::string>()).value();
    record.key = json.at("key");
    record.value = json.at("value").dump();
    replayer.line(std::move(record));
    ++lines;
  });
  replayer.finish();
  CHECK(refused == std::map<std::string, int>{});
  CHECK(lines == campus().summary.records);
  CHECK(decisions > campus().summary.scans * 99 / 100); // retransmissions get no second one
  CHECK(allowed > decisions * 9 / 10);
}

TEST_CASE("the truth names who did what and when, for every kind of misuse") {
  std::set<std::string> kinds, ids, bad;
  bool first = true;
  each_line(campus().truth, [&](const Json& line) {
    const auto from = time_of(line.at("from")), to = time_of(line.at("to"));
    CHECK(from <= to);
    if (first) {
      CHECK(line.at("type") == "campus");
      CHECK(line.at("people") == 300);
      first = false;
      return;
    }
    CHECK(ids.insert(line.at("id")).second);
    const std::string subject = line.at("subject");
    CHECK((subject.starts_with("account:a-") || subject.starts_with("device:d-") ||
           subject.starts_with("integration:")));
    if (line.at("type") == "misuse") {
      kinds.insert(line.at("scenario"));
      const auto evident = time_of(line.at("evident"));
      CHECK((from <= evident && evident <= to));
      CHECK(!line.at("act").get<std::string>().empty());
      CHECK(bad.insert(subject).second); // labels do not overlap
    } else if (line.at("type") != "approved") {
      CHECK(!bad.contains(subject));
    }
  });
  for (const auto& kind : simulate::misuse_kinds()) {
    INFO(kind.name);
    CHECK(kinds.contains(kind.name));
  }
}

TEST_CASE("only the misuse that was asked for is played") {
  CHECK(play(5, 150, 10, {"none"}).summary.misuse.empty());
  const auto some = play(5, 150, 10, {"rent", "moved"}).summary.misuse;
  CHECK(some.size() == 2);
  CHECK(some.contains("rent"));
  CHECK(some.contains("moved"));
}

TEST_CASE("a simulation that is told to stop leaves with 130") {
  std::string truth;
  simulate::Options options;
  options.people = 30;
  CHECK_THROWS_AS(simulate::run(
                      options, [](std::string_view) {}, truth, [](int day, std::uint64_t) { return day < 2; }),
                  Failure);
}

TEST_CASE("nobody honest is faster than a bicycle, or between the campuses than the shuttle") {
  struct Place {
    double lat, lon;
    std::string campus;
  };
  std::map<std::string, Place> places; // zones, then devices
  std::map<std::string, std::string> zone_of;
  std::set<std::string> others; // of whom something is told
  each_line(campus().truth, [&](const Json& line) {
    if (line.contains("subject") && line.at("type") != "look-alike") others.insert(line.at("subject"));
  });
  std::map<std::string, std::map<std::int64_t, std::string>> seen; // account -> time -> device
  each_line(campus().lines, [&](const Json& line) {
    const auto& data = line.at("value").at("data");
    if (line.at("topic") == "policy")
      for (const auto& [id, z] : data.at("zones").items()) places[id] = {z.at("lat"), z.at("lon"), z.at("campus")};
    if (line.at("topic") == "commands" && data.at("command") == "device.install")
      zone_of[data.at("target")] = data.at("args").at("zone");
    if (line.at("topic") != "scans" || !data.contains("account")) return;
    const std::string account = data.at("account"), device = data.at("device");
    if (others.contains("account:" + account) || others.contains("device:" + device) || !zone_of.contains(device))
      return;
    seen[account][time_of(line.at("value").at("time")).ms] = device;
  });
  CHECK(seen.size() > 150);
  std::uint64_t ways = 0;
  for (const auto& [account, visits] : seen)
    for (auto i = visits.begin(), j = std::next(i); j != visits.end(); ++i, ++j) {
      const auto &a = places.at(zone_of.at(i->second)), &b = places.at(zone_of.at(j->second));
      const double metres = std::hypot((a.lat - b.lat) * 111'200, (a.lon - b.lon) * 97'000);
      if (metres < 30) continue;
      ++ways;
      const double speed = metres / (static_cast<double>(j->first - i->first) / 1000);
      INFO(account << " from " << i->second << " to " << j->second << " at " << i->first);
      if (speed >= (a.campus == b.campus ? 5.7 : 8.5)) CHECK(speed < (a.campus == b.campus ? 5.7 : 8.5));
    }
  CHECK(ways > 5000);
}

TEST_CASE("records stand in the order of arrival, and only what waited arrives late") {
  std::set<std::string> faulty, ids;
  each_line(campus().truth, [&](const Json& line) {
    if (line.at("type") == "fault") faulty.insert(line.at("subject"));
  });
  Time newest{};
  std::uint64_t late = 0, again = 0;
  each_line(campus().lines, [&](const Json& line) {
    const auto& data = line.at("value").at("data");
    const auto at = time_of(line.at("value").at("time"));
    if (line.at("topic") == "scans") {
      const std::string device = data.at("device");
      if (!ids.insert(line.at("value").at("id")).second) {
        ++again;
        return;
      }
      if (faulty.contains("device:" + device)) {
        late += data.value("offline", false) ? 1 : 0;
        return;
      }
      CHECK_FALSE(data.contains("offline"));
    }
    if (at < newest - seconds(1)) CHECK(at >= newest - seconds(1));
    newest = std::max(newest, at);
  });
  CHECK(late > 0);
  CHECK(again > 0);
}
