// Bad input costs nothing but itself: each bad record becomes one dead letter that names what, where and why, carries the
// original bytes, and its valid neighbours are all decided (CONTRACT §8).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/replay.hpp"
#include "tests/catch.hpp"
#include "tests/integration/engine_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

std::string header(const streams::OutRecord& r, const std::string& name) {
  for (const auto& [n, v] : r.headers)
    if (n == name) return v;
  return "(none)";
}

streams::FileRecord scan(std::uint64_t seq, const std::string& device = "d-0000",
                         const std::string& time = "2026-03-02T09:00:00.000+08:00") {
  streams::FileRecord r;
  r.topic = Topic::scans;
  r.key = device;
  r.value = R"({"specversion":"1.0","id":"gw/)" + device + "/" + std::to_string(seq) +
            R"(","source":"/gateways/gw","type":"onecode.scan.v1","time":")" + time + R"(","data":{"device":")" +
            device + R"(","seq":)" + std::to_string(seq) +
            R"(,"account":"a-000001","function":"access","auth":"present","direction":"in"}})";
  return r;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Replayed {
  std::vector<streams::OutRecord> decisions, dead;
};

Replayed replay(const World& world, const std::vector<streams::FileRecord>& records) {
  Replayed out;
  const streams::Secrets secrets;
  app::ReplayOptions options;
  options.policy = world.policy;
  app::Replayer replayer(options, secrets, [&](const streams::OutRecord& r) {
    if (r.topic == Topic::decisions) out.decisions.push_back(r);
    if (r.topic == Topic::dead_letters) out.dead.push_back(r);
  });
  for (const auto& r : world.commands) replayer.line(r);
  for (const auto& r : records) replayer.line(r);
  replayer.finish();
  return out;
}

struct Bad {
  std::string what;
  std::optional<std::string> value;
  std::string code;
  std::string names; // what the text must mention
};

} // namespace

TEST_CASE("each bad record is one dead letter and its neighbours are decided") {
  const World world(10, 0);
  const std::string good = *scan(2).value;
  std::string deep = good;
  deep.insert(deep.size() - 2, R"(,"x":)" + std::string(40, '[') + std::string(40, ']'));
  std::string huge = good;
  huge.insert(huge.size() - 2, R"(,"x":")" + std::string(10'000'000, 'x') + '"');
  std::string nul = good;
  nul.insert(nul.find("a-000001"), 1, '\0');
  const std::vector<Bad> table{
      {"not JSON", "hello", "NOT_JSON", ""},
      {"truncated", good.substr(0, good.size() / 2), "NOT_JSON", ""},
      {"nested 40 deep", deep, "", ""},
      {"a 10 MB record", huge, "TOO_LARGE", ""},
      {"an empty value", "", "BAD_ENVELOPE", ""},
      {"a tombstone", std::nullopt, "BAD_ENVELOPE", ""},
      {"an array", "[1,2]", "BAD_ENVELOPE", ""},
      {"bad UTF-8", with(good, "a-000001", "a-\xff\xfe"), "NOT_JSON", ""},
      {"a raw NUL byte", nul, "NOT_JSON", ""},
      {"an escaped NUL", with(good, "a-000001", "a-\\u0000"), "BAD_FIELD", "account"},
      {"NaN", with(good, "\"seq\":2", "\"seq\":NaN"), "NOT_JSON", ""},
      {"a huge number", with(good, "\"seq\":2", "\"seq\":1e999"), "BAD_FIELD", ""},
      {"a number beyond 64 bits", with(good, "\"seq\":2", "\"seq\":99999999999999999999999"), "BAD_FIELD", ""},
      {"a negative number", with(good, "\"seq\":2", "\"seq\":-1"), "BAD_FIELD", "seq"},
      {"a string for a number", with(good, "\"seq\":2", "\"seq\":\"2\""), "BAD_FIELD", "seq"},
      {"a number for a string", with(good, "\"a-000001\"", "17"), "BAD_FIELD", "account"},
      {"a negative amount", with(good, "\"seq\":2", "\"amount\":-5,\"seq\":2"), "BAD_FIELD", "amount"},
      {"payment without amount", with(good, "\"access\"", "\"payment\""), "MISSING_FIELD", "amount"},
      {"no account and no code", with(good, "\"account\":\"a-000001\",", ""), "MISSING_FIELD", "account"},
      {"no device", with(good, "\"device\":\"d-0000\",", ""), "MISSING_FIELD", "device"},
      {"an unknown direction", with(good, "\"in\"", "\"up\""), "BAD_FIELD", "direction"},
      {"an unknown type", with(good, "onecode.scan.v1", "onecode.scan.v9"), "UNKNOWN_TYPE", "type"},
      {"no specversion", with(good, "\"specversion\":\"1.0\",", ""), "BAD_ENVELOPE", "specversion"},
      {"1970", with(good, "2026-03-02", "1970-01-01"), "BAD_TIME", "time"},
      {"2999", with(good, "2026-03-02", "2999-03-02"), "BAD_TIME", "time"},
      {"a time without offset", with(good, "09:00:00.000+08:00", "09:00:00.000"), "BAD_TIME", "time"},
      {"an id with a space", with(good, "a-000001", "a 000001"), "BAD_FIELD", "account"},
  };
  for (const auto& bad : table) {
    CAPTURE(bad.what);
    streams::FileRecord record = scan(2);
    record.value = bad.value;
    const auto out = replay(world, {scan(1), record, scan(3)});
    CHECK(out.decisions.size() == 2);
    REQUIRE(out.dead.size() == 1);
    const auto& letter = out.dead[0];
    if (!bad.code.empty()) CHECK(header(letter, "error-code") == bad.code);
    CHECK(header(letter, "error-text").find(bad.names) != std::string::npos);
    CHECK(header(letter, "topic") == "scans");
    CHECK(header(letter, "offset") == "1");
    CHECK(header(letter, "partition") == std::to_string(murmur2_partition("d-0000", kDefaultPartitions)));
    CHECK((header(letter, "stage") == "decode" || header(letter, "stage") == "validate"));
    CHECK(letter.key == "d-0000");
    CHECK((bad.value ? letter.value == *bad.value : letter.tombstone || letter.value.empty()));
  }
}

TEST_CASE("unknown fields, a wrong key and binary mode are no errors") {
  const World world(10, 0);
  auto unknown = scan(1);
  unknown.value = with(*unknown.value, "\"seq\":1", "\"seq\":1,\"colour\":\"red\",\"more\":{\"a\":[1]}");
  auto wrong_key = scan(2);
  wrong_key.key = "another-key";
  streams::FileRecord binary;
  binary.topic = Topic::scans;
  binary.key = "d-0000";
  binary.headers = {{"ce_specversion", "1.0"},
                    {"ce_id", "gw/3"},
                    {"ce_source", "/gateways/gw"},
                    {"ce_type", "onecode.scan.v1"},
                    {"ce_time", "2026-03-02T09:00:02.000+08:00"}};
  binary.value =
      R"({"device":"d-0000","seq":3,"account":"a-000001","function":"access","auth":"present","direction":"in"})";
  const auto out = replay(world, {unknown, wrong_key, binary});
  CHECK(out.dead.empty());
  CHECK(out.decisions.size() == 3);

  auto headless = binary;
  headless.headers.erase(headless.headers.begin() + 1);
  const auto refused = replay(world, {headless});
  REQUIRE(refused.dead.size() == 1);
  CHECK(header(refused.dead[0], "error-code") == "BAD_ENVELOPE");
}

TEST_CASE("a retransmission gets no second decision, another scan under the same id is refused") {
  const World world(10, 0);
  auto same_id = scan(2);
  same_id.value = with(*same_id.value, "gw/d-0000/2", "gw/d-0000/1");
  const auto out = replay(world, {scan(1), scan(1), same_id, scan(3)});
  CHECK(out.decisions.size() == 2);
  REQUIRE(out.dead.size() == 1);
  CHECK(header(out.dead[0], "error-code") == "DUPLICATE_ID");
}

TEST_CASE("commands: unsigned, forged, replayed, late, by the wrong role") {
  const World world(10, 0);
  const auto make = [&](const std::string& nonce, const std::string& role, const app::SigningKey* key, Time at,
                        int n) {
    app::CommandDraft draft;
    draft.source = "/test";
    draft.id = "bad-" + std::to_string(n);
    draft.time = at;
    draft.name = "account.open";
    draft.target = "a-new-" + std::to_string(n);
    draft.actor = "demo";
    draft.role = role;
    draft.nonce = nonce;
    draft.args_json = R"({"category":"student","valid_from":"2025-09-01T00:00:00+08:00"})";
    streams::FileRecord r;
    r.topic = Topic::commands;
    r.key = draft.target;
    r.value = app::command_event(draft, key);
    return r;
  };
  const Time now = *parse_time("2026-03-02T09:00:00+08:00");
  const auto stranger = app::new_signing_key("k-stranger");
  auto forged = make("n-f", "registrar", &world.key, now, 3);
  forged.value = with(*forged.value, "\"student\"", "\"staff\"");
  const struct {
    std::string what;
    std::vector<streams::FileRecord> records;
    std::string code;
  } table[] = {
      {"unsigned", {make("n-u", "registrar", nullptr, now, 1)}, "BAD_SIGNATURE"},
      {"by a key that nobody trusts", {make("n-s", "registrar", &stranger, now, 2)}, "BAD_SIGNATURE"},
      {"changed after signing", {forged}, "BAD_SIGNATURE"},
      {"a role that the key has not", {make("n-r", "security-officer", &world.key, now, 4)}, "FORBIDDEN_ROLE"},
      {"a role that may not open accounts",
       {make("n-o", "information-centre", &world.key, now, 5)},
       "FORBIDDEN_ROLE"},
      {"a used nonce",
       {make("same", "registrar", &world.key, now, 6), make("same", "registrar", &world.key, now, 7)},
       "REPLAYED_COMMAND"},
      {"eight days late", {scan(1), make("n-l", "registrar", &world.key, now - days(8), 8)}, "EXPIRED_COMMAND"},
      {"opened twice",
       {make("first", "registrar", &world.key, now, 9),
        [&] {
          auto again = make("second", "registrar", &world.key, now, 9);
          return again.value = with(*make("second", "registrar", &world.key, now, 9).value, "bad-9", "bad-9b"), again;
        }()},
       "ILLEGAL_TRANSITION"},
  };
  for (const auto& row : table) {
    CAPTURE(row.what);
    const auto out = replay(world, row.records);
    REQUIRE(out.dead.size() == 1);
    CHECK(header(out.dead[0], "error-code") == row.code);
    CHECK(header(out.dead[0], "topic") == "commands");
    CHECK_FALSE(header(out.dead[0], "error-text").empty());
  }
}
