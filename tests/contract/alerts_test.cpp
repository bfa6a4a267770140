// Catches: `onecode alerts` on the files of a replay that shows the wrong findings or the same twice as new, changes a record
// that it should repeat, lets text from outside reach the terminal as commands, loses messages, or fails without saying where.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/contract/contract.hpp"
#include "tests/support/listening_socket.hpp"
#include "tests/support/process.hpp"

using namespace contract;

namespace {

json example(const std::string& name) {
  const char* source = std::getenv("ONECODE_SOURCE_DIR");
  REQUIRE(source != nullptr);
  return json::parse(read_file(fs::path(source) / "docs" / "schemas" / "examples" / (name + ".json")));
}

std::string record(const std::string& topic, const json& value) {
  return line(topic, value.at("subject"), value).dump() + "\n";
}

json closed(json value, std::int64_t later) {
  auto& data = value["data"];
  data["activity_id"] = 3;
  data["status_id"] = 4;
  data["time"] = data["time"].get<std::int64_t>() + later;
  data["unmapped"]["onecode"]["explanation"]["en"] = "no new evidence for 30 days, the finding is closed.";
  return value;
}

// What a replay leaves: an account's finding with its update, a reader's, one of an integration that closes.
struct Replayed {
  Replayed() {
    folder.write("alerts.ndjson",
                 record("alerts", example("alert/created")) + record("alerts", example("alert/done-automatically")));
    const json data = example("compliance/out-of-scope-data");
    folder.write("compliance.ndjson", record("compliance", example("compliance/unregistered-reader")) +
                                          record("compliance", data) + record("compliance", closed(data, 30 * kDay)));
    folder.write("decisions.ndjson", "{\"topic\":\"decisions\",\"key\":\"d-1\",\"value\":{}}\n");
    folder.write("summary.json", "{}");
  }
  Exit alerts(std::vector<std::string> more) const {
    more.insert(more.begin(), {"alerts", path()});
    return contract::onecode(more);
  }
  std::string path() const { return (folder / "").string(); }
  Folder folder;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string l; std::getline(in, l);) out.push_back(l);
  return out;
}

// The ids of the findings in the output of --json, in order.
std::vector<std::string> uids(const Exit& exit) {
  INFO(exit.err);
  CHECK(exit.code == 0);
  std::vector<std::string> out;
  for (const auto& l : lines_of(exit.out)) out.push_back(json::parse(l).at("finding_info").at("uid"));
  return out;
}

std::string uid(const std::string& name) { return example(name)["data"]["finding_info"]["uid"]; }

class Listener : public onecode::test::ListeningSocket {
public:
  // All bytes of one connection.
  std::string received() {
    const int peer = ::accept(socket_, nullptr, nullptr);
    std::string out;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::recv(peer, buffer, sizeof buffer, 0)) > 0;)
      out.append(buffer, static_cast<std::size_t>(n));
    ::close(peer);
    return out;
  }
};

std::vector<std::string> frames(std::string_view stream) {
  std::vector<std::string> out;
  while (!stream.empty()) {
    const auto space = stream.find(' ');
    REQUIRE(space != std::string_view::npos);
    const auto size = std::stoul(std::string(stream.substr(0, space)));
    REQUIRE(stream.size() >= space + 1 + size);
    out.emplace_back(stream.substr(space + 1, size));
    stream.remove_prefix(space + 1 + size);
  }
  return out;
}

} // namespace

TEST_CASE("findings of a replay are told in the order of time, updates and closings as such", "[contract][alerts]") {
  const Replayed replayed;
  const Exit exit = replayed.alerts({});
  CHECK(exit.code == 0);
  CHECK(exit.err.empty());
  std::vector<std::string> heads;
  for (const auto& l : lines_of(exit.out))
    if (l.rfind("    ", 0) != 0) heads.push_back(l);
  REQUIRE(heads.size() == 5);
  CHECK(heads[0].rfind("2026-03-02 08:01:00  high new  device x-1  D1 ", 0) == 0);
  CHECK(heads[1].rfind("2026-03-02 08:03:00  high new  integration gates  D10 ", 0) == 0);
  CHECK(heads[2].rfind("2026-03-02 12:00:00  high new  account a-2  A2 ", 0) == 0);
  CHECK(heads[3].rfind("2026-03-02 12:05:00  critical update  account a-2  A2 ", 0) == 0);
  CHECK(heads[4].rfind("2026-04-01 08:03:00  closed  integration gates  D10 ", 0) == 0);
  CHECK(exit.out.find("why: no new evidence for 30 days") != std::string::npos);
  CHECK(exit.out.find("score 900 → 965") != std::string::npos);
  CHECK(exit.out.find('\x1b') == std::string::npos); // no terminal
}

TEST_CASE("--lang zh explains in Chinese", "[contract][alerts]") {
  const Exit exit = Replayed().alerts({"--lang", "zh", "--rule", "A2"});
  CHECK(exit.out.find("综合评分 900") != std::string::npos);
  CHECK(exit.out.find("the score is") == std::string::npos);
}

TEST_CASE("--json repeats the OCSF records unchanged", "[contract][alerts]") {
  const Exit exit = Replayed().alerts({"--json"});
  const auto out = lines_of(exit.out);
  REQUIRE(out.size() == 5);
  CHECK(out[0] == example("compliance/unregistered-reader")["data"].dump());
  CHECK(out[2] == example("alert/created")["data"].dump());
  CHECK(out[3] == example("alert/done-automatically")["data"].dump());
}

TEST_CASE("filters narrow what is told", "[contract][alerts]") {
  const Replayed replayed;
  const std::string account = uid("alert/created"), reader = uid("compliance/unregistered-reader"),
                    data = uid("compliance/out-of-scope-data");
  using Ids = std::vector<std::string>;
  const auto of = [&](std::vector<std::string> more) {
    more.push_back("--json");
    return uids(replayed.alerts(more));
  };
  CHECK(of({"--severity", "critical"}) == Ids{account});
  CHECK(of({"--band", "4"}) == Ids{account});
  CHECK(of({"--rule", "D1,A2"}) == Ids{reader, account, account});
  CHECK(of({"--article", "11"}) == Ids{reader, data, data});
  CHECK(of({"--article", "11(1)"}) == Ids{reader});
  CHECK(of({"--account", "a-2"}) == Ids{account, account});
  CHECK(of({"--device", "a-2"}).empty());
  CHECK(of({"--device", "x-1", "--integration", "gates"}) == Ids{reader, data, data});
  CHECK(of({"--status", "resolved"}) == Ids{data});
  CHECK(of({"--since", "2026-03-02T12:00", "--until", "2026-03-03"}) == Ids{account, account});
  CHECK(of({"--open"}) == Ids{reader, account}); // the last word on each, without the closed one
  CHECK(of({"--open", "--severity", "critical"}) == Ids{account});
}

TEST_CASE("wrong words and files are named", "[contract][alerts]") {
  const Replayed replayed;
  struct Row {
    std::vector<std::string> arguments;
    int code;
    std::string says;
  };
  for (const auto& row : std::vector<Row>{{{"--severity", "loud"}, 2, "--severity loud"},
                                          {{"--band", "5"}, 2, "--band 5"},
                                          {{"--rule", "A99"}, 2, "--rule A99"},
                                          {{"--status", "open"}, 2, "--status open"},
                                          {{"--since", "yesterday"}, 2, "--since yesterday"},
                                          {{"--lang", "fr"}, 2, "--lang fr"},
                                          {{"--group", "g"}, 2, "--group"},
                                          {{"--from", "beginning"}, 2, "--from"},
                                          {{"--json", "--syslog"}, 2, "--json"},
                                          {{"--syslog-to", "siem:514"}, 2, "tcp://HOST:PORT"},
                                          {{"--facility", "local9"}, 2, "local9"},
                                          {{"/nonexistent/alerts.ndjson"}, 3, "/nonexistent/alerts.ndjson"}}) {
    const Exit exit = replayed.alerts(row.arguments);
    INFO(row.says << ": " << exit.err);
    CHECK(exit.code == row.code);
    CHECK(exit.err.find(row.says) != std::string::npos);
    CHECK(exit.out.empty());
  }
  const Folder folder;
  Exit exit = contract::onecode({"alerts", (folder / "").string()});
  CHECK(exit.code == 3);
  CHECK(exit.err.find("alerts.ndjson") != std::string::npos);
  const auto bad = folder.write("bad.ndjson", record("alerts", example("alert/created")) +
                                                  R"({"topic":"alerts","key":"a","value":{"data":{}}})" + "\n");
  exit = contract::onecode({"alerts", bad.string()});
  CHECK(exit.code == 3);
  CHECK(exit.err.find(bad.string() + ":2: ") != std::string::npos);
  // A replay that found nothing is no mistake.
  folder.write("summary.json", "{}");
  CHECK(contract::onecode({"alerts", (folder / "").string()}).code == 0);
}

TEST_CASE("text from outside controls neither the terminal nor a log", "[contract][alerts]") {
  const Folder folder;
  json value = example("alert/created");
  const std::string evil =
      "\x1b]0;owned\x07\n2026-03-02 12:00:00  critical new\n\xc2\x9b"
      "2J";
  value["data"]["unmapped"]["onecode"]["subject"] = evil;
  value["data"]["unmapped"]["onecode"]["explanation"]["en"] = evil;
  value["data"]["finding_info"]["uid"] = evil;
  const auto file = folder.write("evil.ndjson", record("alerts", value)).string();
  for (const auto& more : {"--lang=en", "--syslog"}) {
    const Exit exit = contract::onecode({"alerts", file, more});
    INFO(exit.out);
    CHECK(exit.code == 0);
    for (const char c : exit.out) CHECK((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
    CHECK(exit.out.find("\xc2\x9b") == std::string::npos);
    for (const auto& l : lines_of(exit.out))
      CHECK((l.rfind("2026-03-02 12:00:00  high new", 0) == 0 || l.rfind("    ", 0) == 0 ||
             l.rfind("<131>1 ", 0) == 0));
  }
}

TEST_CASE("--syslog prints RFC 5424, one message a line", "[contract][alerts]") {
  const auto out = lines_of(Replayed().alerts({"--syslog"}).out);
  REQUIRE(out.size() == 5);
  CHECK(out[2].rfind("<131>1 2026-03-02T12:00:00.500+08:00 ", 0) == 0);
  CHECK(out[2].find(" onecode - alert.create [finding@32473 uid=\"" + uid("alert/created") + "\" ") !=
        std::string::npos);
  CHECK(out[2].find("] \xEF\xBB\xBFsimultaneous presence: ") != std::string::npos);
  CHECK(out[3].rfind("<130>1 ", 0) == 0);
  CHECK(out[4].rfind("<133>1 ", 0) == 0);
}

TEST_CASE("--syslog-to sends every message in an octet-counted frame", "[contract][alerts]") {
  const Replayed replayed;
  Listener listener;
  listener.listen();
  const Exit exit = replayed.alerts({"--syslog-to", listener.to});
  CHECK(exit.code == 0);
  CHECK(exit.out.empty());
  CHECK(exit.err.find("5 messages delivered") != std::string::npos);
  const auto printed = lines_of(replayed.alerts({"--syslog"}).out);
  CHECK(frames(listener.received()) == printed);
}

TEST_CASE("a receiver that is away is waited for, and Ctrl-C says what is missing", "[contract][alerts]") {
  const char* binary = std::getenv("ONECODE_BIN");
  REQUIRE(binary != nullptr);
  const Replayed replayed;
  Listener listener; // bound, and nobody listens
  const auto log = replayed.folder / "log";
  onecode::test::Process process;
  process.start({binary, "alerts", replayed.path(), "--syslog-to", listener.to}, log);
  const auto wait_for = [&](const std::string& text) {
    while (read_file(log).find(text) == std::string::npos) {
      INFO(read_file(log));
      REQUIRE(!process.ended());
      std::this_thread::yield();
    }
  };
  wait_for("waiting, 5 messages are not delivered");
  SECTION("it comes back") {
    listener.listen();
    const auto all = frames(listener.received());
    CHECK(all.size() == 5);
    CHECK(process.wait()->code == 0);
    CHECK(read_file(log).find("the receiver is back") != std::string::npos);
  }
  SECTION("somebody does not want to wait") {
    process.send(SIGINT);
    CHECK(process.wait()->code == 4);
    CHECK(read_file(log).find("ended before 5 messages were delivered") != std::string::npos);
  }
}
