// Catches: a command that is allowed in a state where the regulation forbids it, refused without a reason, or partly
// applied (REGULATION §3, R6.1, R6.2, R11.1a); a stranger acting for an integration.
#include "domain/device_commands.hpp"

#include <set>

#include "domain/archive.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

const CommandArgs kAll[] = {DeviceRegister{"SN-1", "X200", "gates", {}, {}},
                            DeviceCertify{"cert-2", kNoon + days(365), {}},
                            DeviceInstall{"gates", "gate", {}, {}, {}, "fixed"},
                            DeviceActivate{},
                            DeviceQuarantine{},
                            DeviceRelease{},
                            DeviceRevoke{},
                            MaintenanceRequest{"m-2", "repair", kNoon, kNoon + hours(2), {}},
                            MaintenanceApprove{"m-1"},
                            MaintenanceClose{"m-1", {}, {}, {}, {}},
                            DeviceRetire{}};

constexpr DeviceLife kLives[] = {DeviceLife::unknown,     DeviceLife::registered, DeviceLife::certified,
                                 DeviceLife::installed,   DeviceLife::active,     DeviceLife::maintenance,
                                 DeviceLife::quarantined, DeviceLife::retired};

std::string bytes_of(const DeviceState& d) {
  std::string bytes;
  encode(bytes, d.reg);
  encode(bytes, d.hot);
  encode(bytes, d.reports);
  encode(bytes, d.file);
  return bytes;
}

} // namespace

// Written out by hand, so that a slip in the table of the machine does not slip in here as well. Rows: the state before;
// columns: register certify install activate quarantine release revoke request approve close retire (the last four but one
// of maintenance). `-` refused, `?` unknown target.
TEST_CASE("device machine: every state with every command", "[device][R11.1a]") {
  const struct {
    DeviceLife from;
    const char* after[11];
  } rows[] = {
      {DeviceLife::unknown, {"registered", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?"}},
      {DeviceLife::registered, {"-", "certified", "-", "-", "quarantined", "-", "-", "-", "-", "-", "retired"}},
      {DeviceLife::certified,
       {"-", "certified", "installed", "-", "quarantined", "-", "registered", "-", "-", "-", "retired"}},
      {DeviceLife::installed,
       {"-", "installed", "-", "active", "quarantined", "-", "registered", "-", "-", "-", "retired"}},
      {DeviceLife::active,
       {"-", "active", "-", "-", "quarantined", "-", "registered", "active", "maintenance", "-", "retired"}},
      {DeviceLife::maintenance,
       {"-", "maintenance", "-", "-", "quarantined", "-", "registered", "-", "-", "active", "retired"}},
      {DeviceLife::quarantined, {"-", "-", "-", "-", "-", "installed", "quarantined", "-", "-", "-", "retired"}},
      {DeviceLife::retired, {"-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"}},
  };
  std::set<std::string_view> columns;
  for (const auto& args : kAll) columns.insert(kCommands[args.index()].name);
  for (const auto& info : kCommands) {
    INFO("a command for devices that is not in this table: " << info.name);
    if (info.target == Kind::device) CHECK(columns.contains(info.name));
  }
  static_assert(std::size(rows) == std::size(kLives));
  for (const auto& row : rows)
    for (std::size_t c = 0; c < std::size(kAll); ++c) {
      DeviceWorld w;
      if (row.from != DeviceLife::unknown) {
        w.work();
        w.d.reg.life = row.from;
        if (row.from == DeviceLife::quarantined) w.d.reg.before_quarantine = DeviceLife::installed;
        w.d.reg.maintenance =
            DeviceState::Register::Maintenance{"m-1", "repair", "", kNoon - hours(1), kNoon + hours(5), false, {}};
      }
      const std::string before = bytes_of(w.d);
      const auto revision = w.d.reg.revision;
      w.command(kAll[c], "owner-1");
      const std::string expected = row.after[c];
      INFO(to_string(row.from) << " + " << w.commands.back().name << " -> " << expected);
      if (expected == "-" || expected == "?") {
        CHECK(w.refused() == (expected == "?" ? "UNKNOWN_TARGET" : "ILLEGAL_TRANSITION"));
        REQUIRE(w.out.refusal);
        CHECK(w.out.refusal->stage == "apply");
        CHECK(w.out.refusal->text.en.find("d-1") != std::string::npos);
        CHECK(w.out.refusal->text.zh.find("d-1") != std::string::npos);
        CHECK(w.out.outputs.empty());
        CHECK(w.out.sends.empty());
        CHECK(bytes_of(w.d) == before);
        CHECK_FALSE(w.d.dirty.any());
        continue;
      }
      CHECK(w.refused().empty());
      CHECK(to_string(w.d.reg.life) == expected);
      CHECK(w.d.dirty.reg);
      const auto records = w.outputs<DeviceStatusRecord>();
      if (std::holds_alternative<MaintenanceRequest>(kAll[c])) {
        CHECK(records.empty()); // nothing has changed for anybody who uses it
        continue;
      }
      REQUIRE(records.size() == 1);
      CHECK(records[0].device == "d-1");
      CHECK(records[0].state == expected);
      CHECK(records[0].revision == revision + 1);
      CHECK(records[0].integration == "gates");
      CHECK(records[0].usable == (expected == "active"));
      CHECK(records[0].reasons.empty() == (expected == "active"));
      CHECK(w.d.dirty.reg);
    }
}

TEST_CASE("device machine: registration tells the serial facts and the integration", "[device][R11.3]") {
  DeviceWorld w;
  w.command(DeviceRegister{"SN-1", "X200", "gates", "SE-9", {"op-1"}});
  REQUIRE(w.out.sends.size() == 3);
  CHECK(w.out.sends[0].to == EntityId{Kind::campus, "serial:SN-1"});
  CHECK(w.out.sends[1].to == EntityId{Kind::campus, "se:SE-9"});
  CHECK(w.out.sends[2].to == EntityId{Kind::integration, "gates"});
  CHECK(std::get<msg::SerialClaimed>(w.out.sends[0].message).integration == "gates");
  CHECK(std::get<msg::DeviceJoined>(w.out.sends[2].message).device == "d-1");
  // Nothing is said against the integration before it has answered.
  CHECK(names(w.outputs<DeviceStatusRecord>()[0].reasons) == std::vector<std::string>{"DEVICE_NOT_ACTIVE"});
}

TEST_CASE("device machine: arguments that cannot be", "[device]") {
  const std::string long_id(65, 'x');
  const struct {
    const char* field;
    DeviceLife life;
    CommandArgs args;
  } rows[] = {
      {"serial", DeviceLife::unknown, DeviceRegister{"", "X", "gates", {}, {}}},
      {"serial", DeviceLife::unknown, DeviceRegister{"SN 1", "X", "gates", {}, {}}},
      {"integration", DeviceLife::unknown, DeviceRegister{"SN-1", "X", "", {}, {}}},
      {"integration", DeviceLife::unknown, DeviceRegister{"SN-1", "X", "门禁", {}, {}}},
      {"secure_element", DeviceLife::unknown, DeviceRegister{"SN-1", "X", "gates", long_id, {}}},
      {"certificate", DeviceLife::registered, DeviceCertify{"", kNoon, {}}},
      {"secret", DeviceLife::registered, DeviceCertify{"c", kNoon, ""}},
      {"zone", DeviceLife::certified, DeviceInstall{"gates", "", {}, {}, {}, "fixed"}},
      {"zone", DeviceLife::certified, DeviceInstall{"gates", long_id, {}, {}, {}, "fixed"}},
      {"kind", DeviceLife::certified, DeviceInstall{"gates", "gate", {}, {}, {}, "flying"}},
      {"integration", DeviceLife::certified, DeviceInstall{"", "gate", {}, {}, {}, "fixed"}},
      {"integration", DeviceLife::certified, DeviceInstall{"library", "gate", {}, {}, {}, "fixed"}}, // Article 11(3)
  };
  for (const auto& row : rows) {
    INFO(row.field << " of command " << row.args.index());
    DeviceWorld w;
    if (row.life != DeviceLife::unknown) {
      w.work();
      w.d.reg.life = row.life;
    }
    const std::string before = bytes_of(w.d);
    w.command(row.args, "owner-1");
    CHECK(w.refused() == "BAD_FIELD");
    CHECK(w.out.refusal->text.en.find("args." + std::string(row.field)) == 0);
    CHECK(w.out.refusal->text.zh.find(row.field) != std::string::npos);
    CHECK(bytes_of(w.d) == before);
    CHECK_FALSE(w.d.dirty.any());
    CHECK(w.out.outputs.empty());
  }
}

TEST_CASE("device machine: who acts for an integration", "[device][R4.3]") {
  DeviceWorld w = DeviceWorld::at_work();
  w.d.reg.life = DeviceLife::installed;
  SECTION("a stranger does not") {
    w.command(DeviceActivate{}, "owner-2");
    CHECK(w.refused() == "NOT_OWNER");
    CHECK(w.d.reg.life == DeviceLife::installed);
  }
  SECTION("a stranger is told so even where the state forbids it anyway") {
    w.d.reg.life = DeviceLife::active;
    w.command(DeviceActivate{}, "owner-2");
    CHECK(w.refused() == "NOT_OWNER");
  }
  SECTION("an owner does") {
    w.command(DeviceActivate{}, "owner-1");
    CHECK(w.d.reg.life == DeviceLife::active);
  }
  SECTION("the information centre needs no ownership") {
    w.command(DeviceQuarantine{}, "centre-7");
    CHECK(w.refused().empty());
  }
  SECTION("while nobody owns the integration, a device may be installed but not used") {
    DeviceWorld early;
    early.command(kAll[0]);
    early.view({"gates", "", "open", {}, {}, {}});
    early.command(kAll[1]);
    early.command(kAll[2], "somebody");
    CHECK(early.d.reg.life == DeviceLife::installed);
    early.command(kAll[3], "somebody");
    CHECK(early.refused() == "ILLEGAL_TRANSITION");
  }
}

TEST_CASE("device machine: activation waits for the integration", "[device][R6.1][R6.2]") {
  const struct {
    const char* state;
    const char* access;
    bool allowed;
    bool usable; // by everybody, not test accounts only
  } rows[] = {{"live", "open", true, true},
              {"joint-debug", "open", true, false},
              {"acceptance", "open", true, false},
              {"building", "open", false, false},
              {"draft", "open", false, false},
              {"", "open", false, false},
              {"live", "suspended", false, false},
              {"suspended", "suspended", false, false},
              {"terminated", "terminated", false, false},
              {"rectifying", "open", false, false}};
  for (const auto& row : rows) {
    INFO(row.state << " " << row.access);
    DeviceWorld w = DeviceWorld::at_work();
    w.d.reg.life = DeviceLife::installed;
    w.d.reg.view = live_view(row.state, row.access);
    w.command(DeviceActivate{}, "owner-1");
    CHECK(w.refused() == (row.allowed ? "" : "ILLEGAL_TRANSITION"));
    CHECK((w.d.reg.life == DeviceLife::active) == row.allowed);
    if (row.allowed) CHECK(w.outputs<DeviceStatusRecord>().at(0).usable == row.usable);
  }
  SECTION("before the integration has answered, an owner's command waits, whatever the state") {
    DeviceWorld w;
    w.command(kAll[0]);
    w.command(kAll[1]);
    for (const std::size_t c : {2U, 3U}) { // install, activate: all in one turn with the registration
      const std::string before = bytes_of(w.d);
      w.command(kAll[c], "owner-2");
      CHECK(w.out.deferred);
      CHECK(w.refused().empty());
      REQUIRE(w.out.sends.size() == 1);
      CHECK(w.out.sends[0].to == EntityId{Kind::device, w.d.id});
      CHECK(std::get<const Command*>(w.out.sends[0].message) == &w.commands.back());
      CHECK(bytes_of(w.d) == before);
    }
    w.now = kNoon + minutes(11);
    w.command(kAll[2], "owner-2"); // but not for ever
    CHECK(w.refused() == "ILLEGAL_TRANSITION");
    w.view(live_view());
    w.command(kAll[2], "owner-2"); // asked again: not a stranger's to install
    CHECK(w.refused() == "NOT_OWNER");
  }
}

TEST_CASE("device: an integration that goes live takes its installed devices along", "[device][R6.2]") {
  DeviceWorld w;
  w.command(kAll[0]);
  w.view({"gates", "", "open", {}, {}, {}});
  w.command(kAll[1]);
  w.command(kAll[2], "owner-1");
  w.view(live_view());
  CHECK(w.d.reg.life == DeviceLife::active);
  REQUIRE(w.outputs<DeviceStatusRecord>().size() == 1);
  CHECK(w.outputs<DeviceStatusRecord>()[0].usable);

  SECTION("one that is installed later is activated by its owner") {
    DeviceWorld later;
    later.command(kAll[0]);
    later.view(live_view());
    later.command(kAll[1]);
    later.command(kAll[2], "owner-1");
    later.view(live_view());
    CHECK(later.d.reg.life == DeviceLife::installed);
  }
}

TEST_CASE("device: a status record whenever its use or the reasons change, and only then", "[device][R6.4]") {
  DeviceWorld w = DeviceWorld::at_work();
  const auto records = [&](const msg::IntegrationView& v) {
    w.view(v);
    return w.outputs<DeviceStatusRecord>();
  };
  CHECK(records(live_view()).empty());
  auto r = records(live_view("suspended", "suspended"));
  REQUIRE(r.size() == 1);
  CHECK_FALSE(r[0].usable);
  CHECK(r[0].state == "active");
  CHECK(names(r[0].reasons) == std::vector<std::string>{"INTEGRATION_NOT_LIVE"});
  CHECK(records(live_view("suspended", "suspended")).empty());
  r = records(live_view("terminated", "terminated"));
  REQUIRE(r.size() == 1);
  CHECK(names(r[0].reasons) == std::vector<std::string>{"INTEGRATION_TERMINATED"});
  r = records(live_view());
  REQUIRE(r.size() == 1);
  CHECK(r[0].usable);
  CHECK(r[0].revision == w.d.reg.revision);

  SECTION("of another integration nothing is taken over") {
    msg::IntegrationView other = live_view("terminated", "terminated");
    other.integration = "library";
    saved(w.d);
    CHECK(records(other).empty());
    CHECK_FALSE(w.d.dirty.any());
    CHECK(w.d.reg.view.state == "live");
  }
  SECTION("when the certificate expires") {
    w.timer(std::string(kCertificateTimer), w.d.reg.certified_to + milliseconds(1));
    REQUIRE(w.outputs<DeviceStatusRecord>().size() == 1);
    CHECK_FALSE(w.outputs<DeviceStatusRecord>()[0].usable);
    CHECK(names(w.outputs<DeviceStatusRecord>()[0].reasons) == std::vector<std::string>{"DEVICE_NOT_ACTIVE"});
    w.command(DeviceCertify{"cert-2", w.now + days(365), {}});
    CHECK(w.d.reg.life == DeviceLife::active);
    CHECK(w.outputs<DeviceStatusRecord>().at(0).usable);
    REQUIRE(w.out.timers.size() == 1);
    CHECK(w.out.timers[0].due == w.now + days(365) + milliseconds(1));
  }
}

TEST_CASE("device: certification and its key", "[device][R11.1a]") {
  DeviceWorld w = DeviceWorld::at_work();
  CHECK(w.d.reg.secret == "key-1");
  w.command(DeviceCertify{"cert-2", kNoon + days(700), {}});
  CHECK(w.d.reg.secret == "key-1"); // a renewal never switches the MAC off
  CHECK(w.d.reg.certificate == "cert-2");
  w.scan({.seq = 5});
  w.command(DeviceCertify{"cert-3", kNoon + days(700), "key-2"});
  CHECK(w.d.reg.secret == "key-2");
  CHECK(w.opinion({.seq = 5}) == nullptr); // and a new key does not forget the count

  SECTION("a first key does: what came before was proven by nobody") {
    DeviceWorld bare;
    bare.command(kAll[0]);
    bare.command(kAll[1]);
    bare.scan({.seq = 5});
    bare.command(DeviceCertify{"cert-2", kNoon + days(365), "key-1"});
    bare.opinion({.seq = 5, .content = 77});
    CHECK(bare.finding(RuleId::D2) == nullptr);
  }
}

TEST_CASE("device: quarantine by hand has a notice, release takes it back to where it was", "[device][R1.1]") {
  DeviceWorld w = DeviceWorld::at_work();
  const DeviceLife before = GENERATE(DeviceLife::registered, DeviceLife::installed, DeviceLife::active);
  w.d.reg.life = before;
  w.command(DeviceQuarantine{}, "centre-1", "found in a shop");
  const auto notices = w.outputs<Notice>();
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].to == "logistics");
  CHECK(notices[0].about == "d-1");
  CHECK(notices[0].article == "11(1)");
  CHECK(notices[0].text.en == "Device d-1 was taken out of use: found in a shop; by article 11(1), policy test-1.");
  CHECK(notices[0].text.zh == "设备 d-1 已停用隔离:found in a shop。依据第十一条第(一)项,策略版本 test-1。");
  CHECK_FALSE(notices[0].remedy.empty());
  CHECK(names(w.opinion({.seq = 1})->reasons).front() == "DEVICE_QUARANTINED");
  w.command(DeviceRelease{});
  CHECK(w.d.reg.life == before);
  CHECK(w.d.reg.quarantine_reasons.empty());
}
