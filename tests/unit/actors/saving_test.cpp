// Would catch: an entity that stores with every turn what it has stored already, or that goes on with sizes that its parts had before
// a change, so that it would be thought small when it is not.
#include <string>

#include "actors/account_actor.hpp"
#include "actors/device_actor.hpp"
#include "actors/parts.hpp"
#include "domain/device_size.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::actors;

namespace {

const Time kNow{1'772'424'000'000};

/// An entity and what it is told.
template <class Actor>
struct Told {
  streams::Secrets secrets;
  PolicyHistory policies;
  Actor actor;
  std::int64_t offset = 0;

  template <class... More>
  explicit Told(EntityId id, const More&... more) : actor(std::move(id), more...) {}

  void command(CommandArgs args, const char* role, const char* who) {
    Command c;
    c.origin = {{Topic::commands, 0}, ++offset, "desk", "c" + std::to_string(offset), kNow};
    c.args = std::move(args);
    c.name = c.info().name;
    c.target = actor.id.id;
    c.role = role;
    c.actor = who;
    c.reason = "as agreed";
    Effects out;
    actor.receive(Message(static_cast<const Command*>(&c)), Context{policies, kNow, nullptr, 1}, out);
    REQUIRE_FALSE(out.refusal);
  }
  void scan() {
    Scan s;
    s.origin = {{Topic::scans, 0}, ++offset, "gw", "s" + std::to_string(offset), kNow};
    s.device = actor.id.id;
    s.account = "a-1";
    s.function = "access";
    s.seq = static_cast<std::uint64_t>(offset);
    Effects out;
    actor.receive(Message(static_cast<const Scan*>(&s)), Context{policies, kNow, nullptr, 1}, out);
  }
  std::size_t save() {
    PartWriter parts;
    parts.begin(actor, 0);
    actor.save(parts);
    return parts.places.size();
  }
};

} // namespace

TEST_CASE("what an entity has saved is not saved again") {
  Told<AccountActor> account({Kind::account, "a-1"});
  account.command(AccountOpen{"student", kNow - days(5000), {}, {}, {}, false}, "registrar", "reg-1");
  CHECK(account.save() == 1);
  CHECK(account.save() == 0);
  const streams::Secrets secrets;
  Told<DeviceActor> device({Kind::device, "d-1"}, secrets);
  device.command(DeviceRegister{"SN-1", "X200", "gates", {}, {}}, "information-centre", "ic-1");
  CHECK(device.save() > 0);
  CHECK(device.save() == 0);
}

TEST_CASE("a device whose register grew is counted anew when it is saved") {
  const streams::Secrets secrets;
  Told<DeviceActor> device({Kind::device, "d-1"}, secrets);
  device.command(DeviceRegister{"SN-1", "X200", "gates", {}, {}}, "information-centre", "ic-1");
  device.save();
  device.scan(); // counts, and changes nothing of the register
  device.save();
  DeviceState known = device.actor.state();
  REQUIRE(known.sizes.reg != DeviceState::Sizes::kUnknown);
  const std::size_t before = size_at_most(known);
  device.command(DeviceCertify{std::string(60, 'c'), kNow + days(365), {}}, "information-centre", "ic-1");
  device.save();
  known = device.actor.state();
  DeviceState anew = known;
  anew.sizes = {};
  CHECK(size_at_most(known) == size_at_most(anew));
  CHECK(size_at_most(anew) >= before + 50);
}
