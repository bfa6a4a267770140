// A forgotten account in the whole engine: stores, journal, sleep and abort. What this would catch: a part, a timer or a name of it
// that is still in the store, an erasure that the journal or an aborted turn loses, an account that comes back with its id.
#include <set>
#include <string>

#include "domain/account.hpp"
#include "domain/archive.hpp"
#include "storage/digest.hpp"
#include "storage/keys.hpp"
#include "storage/merged_batch.hpp"
#include "storage/store.hpp"
#include "tests/catch.hpp"
#include "tests/integration/engine_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

constexpr std::int32_t kShards = 2;

struct Office {
  explicit Office(Time opens) : now(opens) {}
  Time now;
  int n = 0;
  std::vector<streams::FileRecord> records;

  void command(const std::string& name, const std::string& target, const char* role, const char* actor,
               const std::string& args = "{}") {
    app::CommandDraft draft;
    draft.source = "/office";
    draft.id = draft.nonce = "office-" + std::to_string(++n);
    draft.time = now;
    draft.name = name;
    draft.target = target;
    draft.actor = actor;
    draft.role = role;
    draft.reason = "left";
    draft.args_json = args;
    streams::FileRecord r;
    r.topic = Topic::commands;
    r.key = target;
    r.value = app::command_event(draft, nullptr);
    records.push_back(std::move(r));
  }
  void scan(const std::string& account) {
    streams::FileRecord r;
    r.topic = Topic::scans;
    r.key = "reader-of-the-office";
    const std::string number = std::to_string(++n);
    r.value = R"({"specversion":"1.0","id":"late-)" + number +
              R"(","source":"/gateways/office","type":"onecode.scan.v1","time":")" + format_time(now) +
              R"(","data":{"device":"reader-of-the-office","boot":1,"seq":)" + number + R"(,"account":")" + account +
              R"(","function":"access","auth":"present","direction":"in","outcome":"accepted","handset":"h-x"}})";
    records.push_back(std::move(r));
  }
  std::vector<streams::FileRecord> take() { return std::exchange(records, {}); }
};

std::vector<std::string> opened(const std::vector<streams::FileRecord>& commands) {
  std::vector<std::string> out;
  for (const auto& r : commands)
    if (r.value && r.value->find("\"account.open\"") != std::string::npos) out.push_back(r.key);
  return out;
}

using Entries = std::map<std::string, std::string>;

Entries entries_of(storage::Store& store) {
  Entries out;
  store.scan("", [&](std::string_view key, std::string_view value) {
    if (storage::in_digest(key)) out.emplace(key, value);
    return true;
  });
  return out;
}

std::string tombstone_key(const std::string& account) {
  std::string key;
  storage::append_entity(key, Kind::account, account);
  return key + "p";
}

/// Where else than in its tombstone an account's name stands.
std::vector<std::string> traces(const Entries& entries, const std::string& account) {
  std::vector<std::string> out;
  for (const auto& [key, value] : entries)
    if (key != tombstone_key(account) &&
        (key.find(account) != std::string::npos || value.find(account) != std::string::npos))
      out.push_back(key.substr(0, 40));
  return out;
}

} // namespace

TEST_CASE("of a forgotten account stores and journal keep the tombstone, and it does not come back", "[retention]") {
  World world(60, 4000);
  Policy policy = world.policy;
  policy.retention = {0, 0};
  actors::ShardOptions options;
  options.partitions = kShards;
  options.unsigned_commands = true;
  const auto stores = storage::memory_stores();
  actors::PlainCrew crew;
  Engine engine(crew, *stores, policy, options);
  std::map<TopicPartition, std::int64_t> offsets;
  const auto run = [&](const std::vector<streams::FileRecord>& records, std::size_t size = 500) {
    for (auto& turn : cut(records, size, kShards, offsets)) engine.run(std::move(turn));
  };
  run(world.commands);
  run(world.scans);
  const auto accounts = opened(world.commands);
  REQUIRE(accounts.size() == 60);

  // Some stand in `freezes`, one has a timer far away, and the stores have everything of everybody.
  const auto& last = *world.scans.back().value;
  const auto at = last.find("\"time\":\"") + 8;
  Office office(parse_time(last.substr(at, last.find('"', at) - at)).value() + days(1));
  for (std::size_t i = 0; i < 10; ++i) {
    office.command("account.freeze", accounts[i], "security-officer", "so-1",
                   R"({"article":"protective","expires":")" + format_time(office.now + days(30)) + "\"}");
    office.command("account.lift", accounts[i], "security-officer", "so-1", R"({"article":"protective"})");
  }
  run(office.take());
  for (std::int32_t p = 0; p < kShards; ++p) crew.shard(p).put_away();

  for (const auto& account : accounts) {
    office.command("account.close", account, "registrar", "reg-1");
    office.command("account.forget.propose", account, "registrar", "reg-1");
    office.command("account.forget.confirm", account, "information-centre", "ic-1");
  }
  run(office.take(), 7);
  std::set<std::string> forgotten, kept;
  for (const auto& r : engine.of(Topic::notices))
    if (r.value.find("\"kind\":\"account-forgotten\"") != std::string::npos)
      for (const auto& account : accounts)
        if (r.value.find("\"about\":\"" + account + "\"") != std::string::npos) forgotten.insert(account);
  for (const auto& account : accounts)
    if (!forgotten.contains(account)) kept.insert(account);
  INFO(forgotten.size() << " forgotten, " << kept.size() << " kept by a finding or a hold");
  REQUIRE(forgotten.size() > 40);
  REQUIRE(kept.size() > 0); // lent codes are not forgotten
  std::size_t tombstones = 0;
  for (const auto& r : engine.of(Topic::freezes))
    if (r.tombstone) {
      ++tombstones;
      CHECK(forgotten.contains(r.key));
      CHECK(r.value.empty());
    }
  CHECK(tombstones > 5);

  const auto whom = [&](std::size_t n) { return *std::next(forgotten.begin(), static_cast<std::ptrdiff_t>(n)); };
  const auto described = [&](const std::string& account) {
    return crew.shard(murmur2_partition(account, kShards)).describe({Kind::account, account}).value();
  };
  // An aborted turn reads what the store still has of it; then the office tries to open it again, and somebody shows the code.
  office.now = office.now + hours(1);
  office.command("account.open", whom(0), "registrar", "reg-1",
                 R"({"category":"student","valid_from":"2025-09-01T00:00:00+08:00"})");
  const auto reopening = office.take();
  office.scan(whom(0));
  office.scan(whom(1));
  const auto shown = office.take();
  auto offsets_before = offsets;
  for (auto& turn : cut(reopening, 500, kShards, offsets)) engine.run(std::move(turn), false);
  offsets = offsets_before;
  const auto decisions = engine.of(Topic::decisions).size(), letters = engine.of(Topic::dead_letters).size();
  run(reopening);
  run(shown);
  REQUIRE(engine.of(Topic::decisions).size() == decisions + 2);
  for (std::size_t i = decisions; i < decisions + 2; ++i)
    CHECK(engine.of(Topic::decisions)[i].value.find("ACCOUNT_UNKNOWN") != std::string::npos);
  REQUIRE(engine.of(Topic::dead_letters).size() == letters + 1);
  const auto letter = engine.of(Topic::dead_letters).back();
  CHECK(std::ranges::any_of(letter.headers, [](const auto& h) { return h.second == "ILLEGAL_TRANSITION"; }));
  CHECK(described(whom(0)).find("\"scans\":0") != std::string::npos);

  // The journal alone gives the same state, also while the stores lag behind.
  for (std::int32_t p = 0; p < kShards; ++p) {
    storage::MergedBatch merged;
    for (const auto& record : engine.journal[p]) merged.add(record);
    const auto fresh = storage::memory_stores();
    const auto store = fresh->open(p);
    store->write(merged.merge(), {0, {}});
    CHECK(storage::digest_of(*store) == crew.shard(p).digest());
    crew.shard(p).put_away();
    CHECK(storage::digest_of(crew.shard(p).store()) == crew.shard(p).digest());
    const auto entries = entries_of(crew.shard(p).store());
    CHECK(entries == entries_of(*store));
    for (const auto& account : forgotten) {
      INFO(account);
      for (const auto& trace : traces(entries, account)) FAIL_CHECK("it stands in " << trace);
      if (murmur2_partition(account, kShards) != p) continue;
      REQUIRE(entries.contains(tombstone_key(account)));
      CHECK(entries.at(tombstone_key(account)).size() <= 24);
      CHECK(described(account).find("\"forgotten\":\"") != std::string::npos);
    }
    for (const auto& account : kept)
      if (murmur2_partition(account, kShards) == p) CHECK(traces(entries, account).size() > 2);
  }
}
