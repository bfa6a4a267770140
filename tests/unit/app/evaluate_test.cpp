// Figures of `onecode evaluate` on campuses small enough to count by hand, and its intervals against published values.
// Would catch: a finding of another time or clause that counts, an innocent that does not, a sum over accounts instead of
// findings, an interval of another method, a broken line that passes unseen.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "app/errors.hpp"
#include "app/evaluate/measure.hpp"
#include "app/evaluate/report.hpp"
#include "app/files.hpp"
#include "app/output_files.hpp"
#include "domain/finding.hpp"
#include "streams/event_file.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;
using namespace onecode::app::evaluate;
using Json = nlohmann::json;

namespace {

constexpr Time kStart{1'772'380'800'000}; // 2026-03-02T00:00:00+08:00

Time day(double n) { return kStart + milliseconds(static_cast<std::int64_t>(n * 86'400'000)); }

/// A truth file and the folder of a replay, written line by line.
class Files {
public:
  Files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "onecode-evaluate-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    std::filesystem::create_directory(root_ / "out");
    truth.push_back({{"type", "campus"},
                     {"seed", 7},
                     {"people", 1000},
                     {"days", 28},
                     {"from", format_time(day(0))},
                     {"to", format_time(day(28))}});
  }
  ~Files() { std::filesystem::remove_all(root_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  void misuse(const std::string& scenario, const std::string& act, const std::string& subject, double from,
              double evident, double to) {
    truth.push_back({{"type", "misuse"},
                     {"id", "m-" + std::to_string(truth.size())},
                     {"scenario", scenario},
                     {"act", act},
                     {"subject", subject},
                     {"from", format_time(day(from))},
                     {"evident", format_time(day(evident))},
                     {"to", format_time(day(to))}});
  }
  void circumstance(const std::string& type, const std::string& scenario, const std::string& subject, double from,
                    double to) {
    truth.push_back({{"type", type},
                     {"id", "c-" + std::to_string(truth.size())},
                     {"scenario", scenario},
                     {"subject", subject},
                     {"from", format_time(day(from))},
                     {"to", format_time(day(to))}});
  }

  /// A record of a finding; `kind` account goes to alerts, everything else to compliance.
  void finding(const std::string& uid, const std::string& kind, const std::string& id, const std::string& rule,
               int band, double recorded, int activity = 1, const std::string& event = "gw/d-1/0/1") {
    Json data = {{"activity_id", activity},
                 {"time", day(recorded).ms},
                 {"finding_info", {{"uid", uid}, {"analytic", {{"uid", rule}}}}},
                 {"resources", Json::array({{{"uid", id}, {"type", kind}}})},
                 {"evidences", Json::array({{{"data", {{"topic", "scans"}, {"event_id", event}}}}})},
                 {"unmapped",
                  {{"onecode",
                    {{"subject", id},
                     {"article", "8"},
                     {"act", "unknown"},
                     {"score", band * 240},
                     {"band", band},
                     {"policy", "p-1"},
                     {"explanation", {{"zh", "说明"}, {"en", "why"}}}}}}}};
    const bool alert = kind == "account";
    if (!alert) data["compliance"] = {{"control", rule == "D15" ? "5" : rule == "D10" ? "11(4)" : "11(1)"}};
    add(alert ? "alerts" : "compliance", id, {{"time", format_time(day(recorded))}, {"data", data}});
  }
  void freeze(const std::string& account, const std::string& hold, const std::string& article,
              const std::string& role, double since) {
    add("freezes", account,
        {{"data",
          {{"account", account},
           {"holds", Json::array({{{"id", hold},
                                   {"article", article},
                                   {"reason", "why"},
                                   {"since", format_time(day(since))},
                                   {"decided_by", {{"actor", "x"}, {"role", role}}}}})}}}});
  }
  void add(const std::string& topic, const std::string& key, const Json& value) {
    lines[topic].push_back(Json{{"topic", topic}, {"key", key}, {"value", value}}.dump());
  }

  std::string path(const std::string& name) const { return (root_ / name).string(); }
  Campus read() {
    std::string text;
    for (const auto& line : truth) text += line.dump() + '\n';
    write_file(path("truth.ndjson"), text);
    Json counts = Json::object();
    for (const auto& [topic, list] : lines) {
      text.clear();
      for (const auto& line : list) text += line + '\n';
      write_file(path("out/" + topic + ".ndjson"), text);
      counts[topic] = list.size() + missing;
    }
    write_file(path("out/summary.json"), Json{{"topics", counts}}.dump());
    return {read_truth(path("truth.ndjson")), read_findings(path("out"))};
  }
  Figures figures() { return measure({read()}); }
  /// What the reader says about the files as they stand.
  std::string complaint() {
    try {
      read();
    } catch (const std::exception& e) {
      const std::string text = e.what();
      return text.starts_with(root_.string()) ? text.substr(root_.string().size() + 1) : text;
    }
    return "";
  }

  std::vector<Json> truth;
  std::map<std::string, std::vector<std::string>> lines;
  std::uint64_t missing = 0;

private:
  std::filesystem::path root_;
};

void check_interval(const std::optional<Interval>& got, double low, double high, double within) {
  REQUIRE(got);
  CAPTURE(got->low, got->high);
  CHECK(std::abs(got->low - low) <= within);
  CHECK(std::abs(got->high - high) <= within);
}

} // namespace

TEST_CASE("the intervals are those of Wilson and of Garwood") {
  check_interval(wilson({8, 10}), 0.4902, 0.9433, 5e-5);
  check_interval(wilson({81, 263}), 0.2553, 0.3662, 5e-5); // Newcombe 1998, table I
  check_interval(wilson({15, 148}), 0.0624, 0.1605, 5e-5);
  check_interval(wilson({0, 20}), 0, 0.1611, 5e-5);
  check_interval(wilson({1, 29}), 0.0061, 0.1718, 5e-5);
  check_interval(wilson({20, 20}), 1 - 0.1611, 1, 5e-5);
  CHECK(!wilson({0, 0}));

  check_interval(poisson(0), 0, 3.6889, 5e-5);
  check_interval(poisson(1), 0.0253, 5.5716, 5e-5);
  check_interval(poisson(3), 0.6187, 8.7673, 5e-5);
  check_interval(poisson(10), 4.7954, 18.3904, 5e-5);
  check_interval(poisson(100), 81.36, 121.63, 5e-3);
  // Far out both tails are nearly normal.
  check_interval(poisson(100'000), 100'000 - 619.0, 100'000 + 622.0, 1.5);
}

TEST_CASE("quantiles are values that were seen") {
  CHECK(!quantile({}, 0.5));
  CHECK(quantile({hours(5)}, 0.9) == hours(5));
  CHECK(quantile({hours(4), hours(1), hours(3), hours(2)}, 0.5) == hours(2));
  CHECK(quantile({hours(4), hours(1), hours(3), hours(2)}, 0.9) == hours(4));
  std::vector<Duration> ten;
  for (int i = 10; i > 0; --i) ten.push_back(hours(i));
  CHECK(quantile(ten, 0.5) == hours(5));
  CHECK(quantile(ten, 0.9) == hours(9));
}

TEST_CASE("a small campus, counted by hand") {
  Files files;
  files.misuse("rent", "rent", "account:a-1", 3, 4, 10);
  files.misuse("rent", "rent", "account:a-2", 3, 4, 10);
  files.misuse("rent", "rent", "account:a-3", 3, 4, 10);
  files.misuse("copy", "copy", "account:a-4", 5, 5, 5.5);
  files.misuse("uncertified", "11(1)", "device:d-9", 2, 2, 20);
  files.misuse("uncertified", "11(1)", "device:d-8", 2, 2, 20);
  files.circumstance("look-alike", "two-phones", "account:a-20", 0, 28);
  files.circumstance("look-alike", "two-phones", "account:a-21", 0, 28);
  files.circumstance("look-alike", "two-phones", "account:a-1", 0, 28);
  files.circumstance("fault", "clock-skew", "device:d-5", 6, 7);

  files.finding("f1", "account", "a-1", "A8", 1, 5);
  files.finding("f1", "account", "a-1", "A18", 3, 6, 2); // an update raises the band: two days after it was evident
  files.finding("f1", "account", "a-1", "A18", 4, 8, 2);
  files.finding("f1", "account", "a-1", "A18", 4, 27, 3); // closed
  files.finding("f2", "account", "a-2", "A8", 2, 5);      // watched, never proposed
  files.finding("f4", "account", "a-4", "A5", 3, 5);
  files.finding("f20", "account", "a-20", "A8", 3, 12);                   // innocent
  files.finding("f30", "account", "a-30", "A2", 3, 6.5, 1, "gw/d-5/0/9"); // innocent, by a wrong clock
  files.finding("f31", "account", "a-31", "A11", 1, 6.5, 1, "gw/d-55/0/9");
  files.finding("f9", "device", "d-9", "D1", 3, 2.5);
  files.finding("f8", "device", "d-8", "D15", 3, 3); // the right device, another clause
  files.finding("f7", "device", "d-7", "D4", 2, 3);  // innocent
  files.freeze("a-1", "auto-f1", "8", "response-policy", 8);
  files.freeze("a-1", "auto-f1", "8", "response-policy", 8); // the same in the next revision
  files.freeze("a-20", "auto-f20", "8", "response-policy", 13);
  files.freeze("a-21", "by-hand", "8", "security-officer", 13);
  files.freeze("a-22", "debt", "10", "response-policy", 13);
  const Figures f = files.figures();

  REQUIRE(f.scenarios.size() == 3);
  const auto &copy = f.scenarios[0], &rent = f.scenarios[1], &uncertified = f.scenarios[2];
  CHECK(copy.name == "copy");
  CHECK(copy.detected.hits == 1);
  CHECK(copy.delays == std::vector<Duration>{{}}); // in the very moment
  CHECK(rent.name == "rent");
  CHECK(rent.detected.n == 3);
  CHECK(rent.detected.hits == 1);
  CHECK(rent.at_watch.hits == 2);
  CHECK(rent.at_challenge.hits == 2);
  CHECK(rent.delays == std::vector<Duration>{days(2)});
  CHECK(rent.reached == std::array<std::uint64_t, 6>{1, 0, 0, 1, 0, 1});
  CHECK(!uncertified.of_accounts);
  CHECK(uncertified.detected.n == 2);
  CHECK(uncertified.detected.hits == 1);
  CHECK(uncertified.delays == std::vector<Duration>{hours(12)});
  REQUIRE(f.missed.size() == 3);
  CHECK(f.missed[0].subject == "account:a-2");
  CHECK(f.missed[0].reached == 2);

  CHECK(f.proposals.hits == 2); // a-1, a-4 of a-1, a-4, a-20, a-30
  CHECK(f.proposals.n == 4);
  CHECK(f.automatic.hits == 1);
  CHECK(f.automatic.n == 1);
  CHECK(f.compliance.hits == 2); // d-9, d-8 of d-9, d-8, d-7
  CHECK(f.compliance.n == 3);
  CHECK(f.compliance_fitting.hits == 1);
  CHECK(f.compliance_proposals.n == 2);
  CHECK(f.rules.at("A18").hits == 1); // the rule when the band was reached
  REQUIRE(f.false_findings.size() == 3);
  CHECK(f.false_findings[0].context == std::vector<std::string>{"look-alike two-phones (c-7)"});
  CHECK(f.false_findings[1].subject == "account:a-30");
  CHECK(f.false_findings[1].context == std::vector<std::string>{"fault clock-skew of device:d-5 (c-10)"});
  CHECK(f.false_findings[1].events == std::vector<std::string>{"gw/d-5/0/9"});
  CHECK(f.false_findings[2].subject == "device:d-7");

  CHECK(f.alarmed_propose == 2);
  CHECK(f.alarmed_watch == 3);
  CHECK(std::abs(f.innocent_weeks - 996 * 4.0) < 1e-9);
  CHECK(f.holds == 2);
  CHECK(f.holds_right == 1);
  CHECK(f.debt_holds == 1);
  CHECK(f.held_innocent == 1);
  REQUIRE(f.wrong_holds.size() == 1);
  CHECK(f.wrong_holds[0].context.size() == 1);

  REQUIRE(f.lookalikes.size() == 2);
  CHECK(f.lookalikes[0].subjects == 2);
  CHECK(f.lookalikes[0].guilty == 1); // a-1 rents as well
  CHECK(f.lookalikes[0].reached == std::array<std::uint64_t, 5>{1, 1, 1, 1, 0});
  CHECK(f.lookalikes[1].scenario == "clock-skew");
  CHECK(f.lookalikes[1].reached == std::array<std::uint64_t, 5>{});
  CHECK(f.lookalikes[1].people == std::array<std::uint64_t, 5>{1, 1, 1, 1, 0}); // d-55 is another reader

  const auto json = to_json(f);
  const auto& rate = json.at("false_alarms").at("band_3");
  CHECK(std::abs(rate.at("per_10000_accounts_and_week").get<double>() - 2 * 10'000 / 3984.0) < 1e-9);
  CHECK(std::abs(rate.at("poisson95")[1].get<double>() - 7.2247 * 10'000 / 3984.0) < 1e-3);
  CHECK(json.at("scenarios")[1].at("seconds_to_detection").at("median") == 2 * 86'400.0);
  CHECK(json.at("scenarios")[1].at("band_reached").at("none") == 1);
  CHECK(json.at("precision").at("accounts_band_3").at("value") == 0.5);
  CHECK(json.at("missed")[1].at("band").is_null());
  CHECK(json.at("policies") == Json::array({"p-1"}));
  const auto text = to_text(f);
  CHECK(text.find("1 innocent people in 1,000 accounts x 28 days") != std::string::npos);
  CHECK(to_markdown(f).find("| rent | 3 | 1 | 33.3 % [6.1, 79.2] |") != std::string::npos);
}

TEST_CASE("only what is recorded in the span counts") {
  Files files;
  SECTION("three days after the last event, and not later") {
    files.misuse("lend-once", "lend", "account:a-1", 5, 5, 6);
    files.misuse("lend-once", "lend", "account:a-2", 5, 5, 6);
    files.finding("f1", "account", "a-1", "A2", 3, 9);
    files.finding("f2", "account", "a-2", "A2", 3, 9.1);
    const auto f = files.figures();
    CHECK(f.scenarios.at(0).detected.hits == 1);
    CHECK(f.proposals.hits == 1);
    CHECK(f.alarmed_propose == 0); // neither is innocent
    REQUIRE(f.false_findings.size() == 1);
    CHECK(f.false_findings[0].context == std::vector<std::string>{"misuse lend-once (m-2), outside its span"});
  }
  SECTION("a finding from before counts from its first record in the span on") {
    files.misuse("rent", "rent", "account:a-1", 10, 11, 20);
    files.finding("f1", "account", "a-1", "A8", 3, 2);
    files.finding("f1", "account", "a-1", "A8", 3, 15, 2);
    const auto f = files.figures();
    CHECK(f.scenarios.at(0).delays == std::vector<Duration>{days(4)});
  }
  SECTION("one that closes in the span says nothing new") {
    files.misuse("rent", "rent", "account:a-1", 10, 11, 20);
    files.finding("f1", "account", "a-1", "A8", 3, 2);
    files.finding("f1", "account", "a-1", "A8", 3, 15, 3);
    CHECK(files.figures().scenarios.at(0).detected.hits == 0);
  }
  SECTION("detected before it was evident takes no time") {
    files.misuse("relay", "relay", "account:a-1", 10, 12, 20);
    files.finding("f1", "account", "a-1", "A4", 3, 11);
    CHECK(files.figures().scenarios.at(0).delays == std::vector<Duration>{{}});
  }
  SECTION("each of two misuses of a subject needs a record of its own") {
    files.misuse("lend-once", "lend", "account:a-1", 2, 2, 2.5);
    files.misuse("lend-once", "lend", "account:a-1", 20, 20, 20.5);
    files.finding("f1", "account", "a-1", "A2", 3, 2);
    SECTION("seen once") { CHECK(files.figures().scenarios.at(0).detected.hits == 1); }
    SECTION("seen again in the same finding") {
      files.finding("f1", "account", "a-1", "A2", 3, 21, 2);
      const auto f = files.figures();
      CHECK(f.scenarios.at(0).detected.hits == 2);
      CHECK(f.scenarios.at(0).delays == std::vector<Duration>{{}, days(1)});
      CHECK(f.proposals.n == 1); // one finding
      CHECK(f.runs.at(0).innocent == 999);
    }
  }
  SECTION("a device's finding that was open before its misuse detects nothing") {
    files.misuse("moved", "11(1)", "device:d-1", 10, 10, 20);
    files.finding("f1", "device", "d-1", "D4", 2, 2);
    files.finding("f1", "device", "d-1", "D4", 2, 12, 2);
    const auto f = files.figures();
    CHECK(f.scenarios.at(0).detected.hits == 0);
    CHECK(f.compliance.hits == 0);
  }
  SECTION("one that an earlier misuse of the device opened detects the next") {
    files.misuse("tampered", "11(1)", "device:d-1", 1, 1, 2);
    files.misuse("tampered", "11(1)", "device:d-1", 10, 10, 12);
    files.finding("f1", "device", "d-1", "D6", 2, 1);
    files.finding("f1", "device", "d-1", "D6", 2, 11, 2);
    CHECK(files.figures().scenarios.at(0).detected.hits == 2);
  }
}

TEST_CASE("a campus without misuse, and one in which nothing was found") {
  Files files;
  const auto quiet = files.figures(); // no output file at all
  CHECK(quiet.scenarios.empty());
  CHECK(!quiet.proposals.value());
  const auto json = to_json(quiet);
  CHECK(json.at("precision").at("accounts_band_3").at("wilson95").is_null());
  CHECK(json.at("automatic_freezes").at("wrong").at("poisson95")[0] == 0);
  CHECK(to_text(quiet).find("False findings") != std::string::npos);

  files.misuse("pledge", "pledge", "account:a-1", 1, 1, 2);
  const auto missed = files.figures();
  CHECK(missed.scenarios.at(0).detected.hits == 0);
  CHECK(to_json(missed).at("scenarios")[0].at("seconds_to_detection").at("median").is_null());
  CHECK(to_json(missed).at("scenarios")[0].at("recall").at("value") == 0);
}

TEST_CASE("campuses are pooled, and the same id in two of them is two subjects") {
  Files one, two;
  one.misuse("rent", "rent", "account:a-1", 1, 1, 9);
  one.finding("f1", "account", "a-1", "A8", 3, 2);
  two.truth[0]["seed"] = 8;
  two.finding("f1", "account", "a-1", "A8", 3, 2);
  const auto f = measure({one.read(), two.read()});
  CHECK(f.proposals.hits == 1);
  CHECK(f.proposals.n == 2);
  CHECK(f.alarmed_propose == 1);
  CHECK(f.runs.size() == 2);
  CHECK(to_text(f).starts_with("Seeds 7 (1,000 people, 28 days), 8 (1,000 people, 28 days): 1 misuses"));
}

TEST_CASE("what is broken is named by file, line and field") {
  Files files;
  SECTION("truth") {
    files.misuse("rent", "rent", "account:a-1", 1, 1, 9);
    auto& line = files.truth.back();
    SECTION("no subject") {
      line.erase("subject");
      CHECK(files.complaint() == "truth.ndjson:2: subject: is missing");
    }
    SECTION("another kind of subject") {
      line["subject"] = "handset:h-1";
      CHECK(files.complaint().starts_with("truth.ndjson:2: subject: 'handset:h-1' must be"));
    }
    SECTION("no time") {
      line["evident"] = "yesterday";
      CHECK(files.complaint().starts_with("truth.ndjson:2: evident: 'yesterday' is not a time"));
    }
    SECTION("backwards") {
      line["to"] = format_time(day(0));
      CHECK(files.complaint() == "truth.ndjson:2: to: lies before `from`");
    }
    SECTION("an unknown type") {
      line["type"] = "mischief";
      CHECK(files.complaint().starts_with("truth.ndjson:2: type: 'mischief' must be"));
    }
    SECTION("twice") {
      files.truth.push_back(Json(line));
      CHECK(files.complaint() == "truth.ndjson:3: id: 'm-1' stands twice");
    }
    SECTION("no campus") {
      files.truth.erase(files.truth.begin());
      CHECK(files.complaint() == "truth.ndjson:1: type: the first line must be the campus");
    }
    SECTION("no object") {
      files.truth.push_back("rent");
      CHECK(files.complaint() == "truth.ndjson:3: must be a JSON object");
    }
  }
  SECTION("findings") {
    files.finding("f1", "account", "a-1", "A8", 3, 2);
    SECTION("no line of an event file") {
      files.lines["alerts"].push_back("{");
      CHECK(files.complaint().starts_with("out/alerts.ndjson:2: "));
    }
    SECTION("another topic") {
      files.lines["alerts"].push_back(R"({"topic":"notices","key":"a","value":{}})");
      CHECK(files.complaint() == "out/alerts.ndjson:2: topic: must be alerts, is notices");
    }
    SECTION("a member is missing") {
      files.add("alerts", "a-2", {{"data", {{"finding_info", {{"uid", "f2"}}}}}});
      CHECK(files.complaint() == "out/alerts.ndjson:2: value.data.activity_id: is missing");
    }
    SECTION("a band that does not exist") {
      files.finding("f2", "account", "a-2", "A8", 5, 2);
      CHECK(files.complaint() ==
            "out/alerts.ndjson:2: value.data.unmapped.onecode.band: must be an integer between 0 and 4");
    }
    SECTION("lines are missing") {
      files.missing = 1;
      CHECK(files.complaint() == "out/alerts.ndjson: holds 1 records, summary.json counts 2");
    }
  }
  SECTION("a topic that was not written") {
    files.finding("f1", "account", "a-1", "A8", 3, 2);
    files.read();
    std::filesystem::remove(files.path("out/alerts.ndjson"));
    CHECK_THROWS_AS(read_findings(files.path("out")), InputError);
  }
  SECTION("no folder of a replay") { CHECK_THROWS_AS(read_findings(files.path("out")), InputError); }
}

TEST_CASE("the figures replace what stands between the markers, and nothing else") {
  const std::string begin(kBegin), end(kEnd);
  CHECK(put_between_markers("d.md", "a\n" + begin + "\nold\n" + end + "\nz\n", "new\n") ==
        "a\n" + begin + "\nnew\n" + end + "\nz\n");
  CHECK_THROWS_AS(put_between_markers("d.md", "a\n", "new\n"), InputError);
  CHECK_THROWS_AS(put_between_markers("d.md", begin, "new\n"), InputError);
  CHECK_THROWS_AS(put_between_markers("d.md", end + begin, "new\n"), InputError);
  CHECK_THROWS_AS(put_between_markers("d.md", begin + end + end, "new\n"), InputError);
}

TEST_CASE("the page of the figures can take them") {
  const char* root = std::getenv("ONECODE_SOURCE_DIR");
  if (root == nullptr) {
    WARN("skipped: ONECODE_SOURCE_DIR is not set; ./dev test sets it");
    return;
  }
  const auto page = (std::filesystem::path(root) / "docs" / "detection.md").string();
  CHECK(put_between_markers(page, read_file(page), "").find("## Figures") != std::string::npos);
}

TEST_CASE("topics that are not written are counted and digested all the same") {
  const Files files;
  const auto run = [&](const std::string& folder, std::set<Topic> wanted) {
    OutputFiles out(files.path(folder), false, std::move(wanted));
    for (const Topic t : {Topic::alerts, Topic::decisions, Topic::decisions}) {
      streams::OutRecord record;
      record.topic = t;
      record.key = "k";
      record.value = "{}";
      out.write(record);
    }
    return out.finish(3, {});
  };
  const auto all = run("all", {}), some = run("some", output_topics("alerts,freezes"));
  CHECK(all == some);
  CHECK(some.at("topics").at("decisions") == 2);
  CHECK(std::filesystem::exists(files.path("all/decisions.ndjson")));
  CHECK(std::filesystem::exists(files.path("some/alerts.ndjson")));
  CHECK(!std::filesystem::exists(files.path("some/decisions.ndjson")));
  CHECK(!std::filesystem::exists(files.path("some/freezes.ndjson"))); // nothing to write
  CHECK_THROWS_AS(output_topics("alert"), UsageError);
  CHECK_THROWS_AS(output_topics("alerts,"), UsageError);
  CHECK_THROWS_AS(output_topics("scans"), UsageError);
}
