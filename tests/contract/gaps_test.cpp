// Would catch: a scan that never reached the broker and that nobody is told of; a restart or a late upload that is taken for a loss.
#include "tests/contract/contract.hpp"

using namespace contract;

namespace {

json scan(const std::string& device, std::int64_t boot, std::int64_t seq, std::int64_t time) {
  return line("scans", device,
              event("onecode.scan.v1", device + "/" + std::to_string(boot) + "/" + std::to_string(seq), time,
                    {{"device", device},
                     {"boot", boot},
                     {"seq", seq},
                     {"account", "a-1"},
                     {"function", "access"},
                     {"auth", "present"}}));
}

json report(const std::string& device, std::int64_t seq, std::int64_t time) {
  return line("device-reports", device,
              event("onecode.device-report.v1", device + "/r" + std::to_string(seq), time,
                    {{"device", device}, {"seq", seq}, {"kind", "heartbeat"}}));
}

std::string text_of(const std::vector<json>& lines) {
  std::string out;
  for (const auto& l : lines) out += l.dump() + "\n";
  return out;
}

} // namespace

TEST_CASE("audit gaps names what never arrived, by device, boot and kind, and nothing else", "[contract]") {
  const Folder folder;
  std::vector<json> lines{
      scan("d-1", 3, 10, 0),        scan("d-1", 3, 13, kMinute), scan("d-1", 3, 11, kHour), // one is late
      scan("d-1", 4, 1, 2 * kHour), report("d-1", 1, 0),         report("d-1", 2, kMinute),
      scan("d-0", 0, 0, 0),         scan("d-0", 0, 0, kMinute)};
  const auto asked = [&] {
    return onecode({"audit", "gaps", folder.write("day.ndjson", text_of(lines)).string(), "--json"});
  };
  const Exit found = asked();
  CHECK(found.code == 1);
  const json answer = json::parse(found.out);
  CHECK(answer.at("missing") == 1);
  REQUIRE(answer.at("counts").size() == 1);
  const json count = answer.at("counts").at(0);
  CHECK(count.at("device") == "d-1");
  CHECK(count.at("boot") == 3);
  CHECK(count.at("of") == "scans");
  const json gap = count.at("gaps").at(0);
  CHECK(gap.at("first") == 12);
  CHECK(gap.at("last") == 12);
  CHECK(gap.at("count") == 1);
  CHECK(since(gap.at("after")) == kHour);
  CHECK(since(gap.at("before")) == kMinute);
  REQUIRE(answer.at("cannot_count").size() == 1);
  CHECK(answer.at("cannot_count").at(0).at("device") == "d-0");

  lines.push_back(scan("d-1", 3, 12, 3 * kHour)); // uploaded in the evening
  const Exit whole = asked();
  CHECK(whole.code == 0);
  CHECK(json::parse(whole.out).at("missing") == 0);
  CHECK(onecode({"audit", "gaps", "no-such-file.ndjson"}).code == 3);
  CHECK(onecode({"audit", "gaps", "day.ndjson", "--brokers", "127.0.0.1:1"}).code == 2);
}
