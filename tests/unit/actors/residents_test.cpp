// Parts that are erased, on their way through journal, memory and store. What this would catch: a part that the store has still and that
// is read back, journalled again by nobody, or missed by the digest; an erasure that an aborted turn keeps or a sleeping entity forgets.
#include "actors/residents.hpp"

#include <map>
#include <string>

#include "actors/account_actor.hpp"
#include "actors/parts.hpp"
#include "storage/merged_batch.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::actors;

namespace {

const Time kNow{1'772'424'000'000};
const EntityId kAccount{Kind::account, "a-1"};
const std::uint64_t kHash = hash_of(Kind::account, "a-1");

/// One shard's residents, its store and its journal, turn by turn.
struct Desk {
  std::unique_ptr<storage::StoreFactory> stores = storage::memory_stores();
  std::unique_ptr<storage::Store> store = stores->open(0);
  streams::Secrets secrets;
  Residents residents;
  monitoring::TurnStats stats;
  PolicyHistory policies;
  storage::Digest digest = 0, stored = 0;
  std::vector<std::string> journal;
  std::int64_t offset = 0;

  explicit Desk(std::size_t lag = 1 << 20) : residents(*store, secrets, 100, lag) {}

  Entity& account() { return residents.wake(kAccount, kHash, stats); }

  template <class Args>
  Effects command(Args args, const char* role, const char* actor, Time now = kNow) {
    Command c;
    c.origin = {{Topic::commands, 0}, ++offset, "desk", "c" + std::to_string(offset), now};
    c.args = std::move(args);
    c.name = c.info().name;
    c.target = "a-1";
    c.role = role;
    c.actor = actor;
    c.reason = "as agreed";
    Effects out;
    Entity& a = account();
    residents.touch(a);
    const Command* pointer = &c;
    a.receive(Message(pointer), Context{policies, now, nullptr, 1}, out);
    REQUIRE_FALSE(out.refusal);
    return out;
  }

  void end_turn(bool commit = true, Entity* again = nullptr) {
    if (!commit) return residents.aborted();
    PartWriter parts;
    if (again != nullptr) parts.put_again(*again, 0);
    for (Entity* e : residents.touched()) {
      parts.begin(*e, 0);
      e->save(parts);
    }
    digest += parts.digest_change;
    std::vector<std::string_view> records;
    journal.push_back(std::string(parts.batch.bytes()));
    records.push_back(residents.keep(parts.batch.bytes()));
    storage::WriteBatch write;
    residents.committed(records, static_cast<std::int64_t>(journal.size()) - 1, parts, write);
    put(write);
  }
  void put(const storage::WriteBatch& write) {
    stored += residents.take_stored_change();
    store->write(write.bytes(), {residents.store_position().value_or(static_cast<std::int64_t>(journal.size())), {}});
    CHECK(storage::digest_of(*store) == stored);
  }
  void store_all() {
    storage::WriteBatch write;
    residents.store_all(write);
    put(write);
    CHECK(stored == digest);
  }

  std::string parts_in(storage::Store& in) {
    std::string out;
    in.scan("e", [&](std::string_view key, std::string_view) {
      out += (out.empty() ? "" : " ") + std::string(key.substr(key.rfind('\0') + 1));
      return true;
    });
    return out;
  }
  /// What a restore from the journal's records from `from` on gives, on top of `below`.
  std::string restored(std::size_t from = 0, storage::Store* below = nullptr) {
    const auto fresh = storage::memory_stores();
    const auto copy = fresh->open(0);
    if (below != nullptr)
      below->scan("", [&](std::string_view key, std::string_view value) {
        storage::WriteBatch one;
        one.put(key, value);
        copy->write(one.bytes(), {0, {}});
        return true;
      });
    storage::MergedBatch merged;
    for (std::size_t i = from; i < journal.size(); ++i) merged.add(journal[i]);
    copy->write(merged.merge(), {0, {}});
    CHECK(storage::digest_of(*copy) == digest);
    return parts_in(*copy);
  }

  /// Opened, with a profile, a case file and procedures; closed; the store has all of it.
  void live() {
    command(AccountOpen{"student", kNow - days(5000), {}, {}, {}, false}, "registrar", "reg-1");
    command(AccountFreeze{"8", {}, {}, {}}, "security-officer", "so-1");
    command(AccountLift{"8", {}}, "security-officer", "so-1");
    command(HolderAbsence{"leave", kNow, kNow + days(1)}, "registrar", "reg-1");
    command(AccountClose{}, "registrar", "reg-1");
    end_turn();
    store_all();
    REQUIRE(parts_in(*store) == "c f p");
  }
  void forget() {
    command(AccountForgetPropose{}, "registrar", "reg-1", kNow + days(2000));
    command(AccountForgetConfirm{}, "information-centre", "ic-1", kNow + days(2000));
  }
};

} // namespace

TEST_CASE("what is erased goes into the journal at once, into the store with the rest, and out of the digest") {
  Desk desk;
  desk.live();
  desk.forget();
  desk.end_turn();
  CHECK(desk.parts_in(*desk.store) == "c f p"); // it lags
  CHECK(desk.restored() == "p");
  desk.store_all();
  CHECK(desk.parts_in(*desk.store) == "p");
  CHECK(desk.restored() == "p");
}

TEST_CASE("a store that lags is not believed about parts that are gone") {
  Desk desk;
  desk.live();
  desk.forget();
  desk.end_turn();
  Entity& a = desk.account();
  for (const char* part : {"c", "f", "p"}) CHECK(Residents::store_is_behind(a, part)); // the sweep passes over them
  const std::string before = a.describe();
  CHECK(before.find("\"absences\":[]") != std::string::npos);
  SECTION("after a fault") { desk.residents.reload(a); }
  SECTION("after a turn that was aborted") {
    desk.residents.touch(a);
    desk.end_turn(false);
  }
  CHECK(desk.account().describe() == before);
  desk.store_all();
  CHECK(desk.account().describe() == before);
  CHECK_FALSE(Residents::store_is_behind(desk.account(), "c"));
}

TEST_CASE("an aborted turn erases nothing") {
  Desk desk;
  desk.live();
  const std::string before = desk.account().describe();
  desk.forget();
  desk.end_turn(false);
  CHECK(desk.account().describe() == before);
  desk.store_all();
  CHECK(desk.parts_in(*desk.store) == "c f p");
  CHECK(desk.restored() == "c f p");
}

TEST_CASE("an erasure is journalled again from memory, as what is put is") {
  Desk desk;
  desk.live();
  desk.forget();
  desk.end_turn();
  desk.end_turn(true, &desk.account());
  CHECK(desk.residents.store_position() == static_cast<std::int64_t>(desk.journal.size()) - 1);
  // The store of before, and the journal from where the store now says that it must be read: nothing came back.
  CHECK(desk.restored(desk.journal.size() - 1, desk.store.get()) == "p");
  desk.store_all();
  CHECK(desk.parts_in(*desk.store) == "p");
}

TEST_CASE("who falls asleep takes the erasure along, and what is late is gathered") {
  Desk desk(1); // nothing may lag
  desk.live();
  desk.residents.late_before(1000);
  desk.forget();
  desk.end_turn();
  CHECK(desk.parts_in(*desk.store) == "p");
  CHECK(desk.stored == desk.digest);
  std::map<std::string, bool> late;
  storage::WriteBatch::each(desk.residents.late().bytes(), [&](auto key, auto value) {
    late[std::string(key.substr(key.rfind('\0') + 1))] = value.has_value();
  });
  CHECK(late == std::map<std::string, bool>{{"c", false}, {"f", false}, {"p", true}});
}

TEST_CASE("a part that was erased may be written again") {
  Desk desk;
  desk.live();
  Entity& a = desk.account();
  desk.residents.touch(a);
  PartWriter parts;
  parts.begin(a, 0);
  parts.erase_all_but("p");
  desk.digest += parts.digest_change;
  std::vector<std::string_view> records;
  desk.journal.push_back(std::string(parts.batch.bytes()));
  records.push_back(desk.residents.keep(parts.batch.bytes()));
  storage::WriteBatch write;
  desk.residents.committed(records, static_cast<std::int64_t>(desk.journal.size()) - 1, parts, write);
  CHECK(desk.restored() == "p");
  desk.residents.reload(a);
  desk.command(HolderAbsence{"leave", kNow, kNow + days(1)}, "registrar", "reg-1");
  desk.end_turn();
  CHECK(desk.restored() == "c p");
  desk.store_all();
  CHECK(desk.parts_in(*desk.store) == "c p");
}
