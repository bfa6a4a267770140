// Catches: a step of Articles 4 to 7 or 11 that can be left out, a command in a state that forbids it, one that is refused
// without a sentence for the clerk or leaves something behind; a new command that nobody put here.
#include "domain/integration_machine.hpp"

#include <map>

#include "domain/archive.hpp"
#include "tests/catch.hpp"
#include "tests/unit/domain/device_world.hpp"

using namespace onecode;
using namespace onecode::test;

namespace {

std::string bytes_of(const IntegrationState& i) {
  std::string bytes;
  encode(bytes, i.record);
  encode(bytes, i.devices);
  encode(bytes, i.procedures);
  encode(bytes, i.file);
  return bytes;
}

Manifest manifest() {
  Manifest m;
  m.devices = {"d-1"};
  m.zones = {"gate"};
  m.functions = {"access", "library"};
  m.data_fields = {{"account", "opening doors", 30}};
  m.endpoints = {"/accounts"};
  m.volumes = Volumes{1000, 10'000};
  m.network = "10.0.0.0/8";
  return m;
}
const Plan kPlan{"doors", "readers", "TLS", "no queues"};

/// A canteen's integration, and a clerk who sends commands to it.
struct Desk {
  PolicyHistory policies{campus_policy()};
  IntegrationState i;
  Time now = kNoon;
  Effects out;
  std::int64_t offset = 0;
  std::map<std::string, Time> timers;

  Desk() { i.id = "canteen"; }
  Context context() const { return {policies, now}; }

  Effects& send(CommandArgs args, std::string actor = {}) {
    Command c;
    c.args = std::move(args);
    c.name = c.info().name;
    c.target = i.id;
    c.role = std::string(c.info().roles.substr(0, c.info().roles.find(',')));
    c.actor = !actor.empty() ? actor : c.role == "integration-owner" ? "owner-1" : "the-" + c.role;
    c.origin = {{Topic::commands, 0}, ++offset, "desk", "c" + std::to_string(offset), now};
    out.clear();
    step(i, c, context(), out);
    note();
    return out;
  }
  Effects& joined(bool installed) {
    out.clear();
    step(i, msg::DeviceJoined{"d-1", false, installed}, context(), out);
    return out;
  }
  /// Lets time pass; every timer fires at its time.
  std::vector<Notice> pass(Duration span) {
    const Time end = now + span;
    std::vector<Notice> told;
    for (;;) {
      auto next = timers.end();
      for (auto it = timers.begin(); it != timers.end(); ++it)
        if (it->second <= end && (next == timers.end() || it->second < next->second)) next = it;
      if (next == timers.end()) break;
      const auto [name, due] = *next;
      timers.erase(next);
      now = due;
      out.clear();
      step(i, msg::TimerFired{name, due}, context(), out);
      note();
      for (const auto& o : out.outputs)
        if (const auto* n = std::get_if<Notice>(&o)) told.push_back(*n);
    }
    now = end;
    return told;
  }
  std::string refusal() const { return out.refusal ? std::string(out.refusal->code) : ""; }

  static CommandArgs submit() { return IntegrationPlanSubmit{"logistics", {}, kPlan, manifest()}; }
  static CommandArgs green() { return IntegrationJointDebugRecord{{{"t-1", "green"}}}; }

  /// The shortest way to a state.
  void reach(IntegrationLife life) {
    if (life == unknown) return;
    if (life == rectifying) {
      reach(acceptance);
      send(IntegrationAcceptanceRecord{"rejected", {"labels"}});
      return;
    }
    const std::pair<IntegrationLife, CommandArgs> way[] = {
        {draft, submit()},
        {plan_accepted, IntegrationPlanAccept{}},
        {applied, IntegrationApply{"letter"}},
        {review_passed, IntegrationReviewRecord{"passed", {"e-1"}}},
        {approved, IntegrationApprove{"approved"}},
        {building, IntegrationBuildStart{}},
        {joint_debug, green()},
        {acceptance, IntegrationAcceptanceRequest{}},
        {live, IntegrationAcceptanceRecord{"accepted", {}}}};
    joined(true);
    for (const auto& [state, command] : way) {
      send(command);
      REQUIRE(refusal().empty());
      if (state == life) break;
    }
    if (life == suspended) send(IntegrationSuspend{"incident"});
    if (life == terminated) send(IntegrationTerminate{"integration", {}, "11(1)", "an uncertified reader", {}});
    if (life == retired) send(IntegrationRetire{});
    REQUIRE(i.record.life == life);
  }

private:
  void note() {
    for (const auto& t : out.timers)
      if (t.due)
        timers[t.name] = *t.due;
      else
        timers.erase(t.name);
  }
};

/// Good arguments of every command for integrations.
std::map<std::string, CommandArgs> all_arguments() {
  Manifest narrow;
  narrow.functions = {"access"};
  return {{"integration.plan.submit", Desk::submit()},
          {"integration.adopt", IntegrationAdopt{"logistics", {}, kPlan, manifest()}},
          {"integration.plan.accept", IntegrationPlanAccept{}},
          {"integration.plan.return", IntegrationPlanReturn{"say more"}},
          {"integration.apply", IntegrationApply{"letter"}},
          {"integration.review.record", IntegrationReviewRecord{"passed", {"e-1"}}},
          {"integration.approve", IntegrationApprove{"approved"}},
          {"integration.build.start", IntegrationBuildStart{}},
          {"integration.joint-debug.record", Desk::green()},
          {"integration.acceptance.request", IntegrationAcceptanceRequest{}},
          {"integration.acceptance.record", IntegrationAcceptanceRecord{"accepted", {}}},
          {"integration.suspend", IntegrationSuspend{"incident"}},
          {"integration.resume", IntegrationResume{"over"}},
          {"integration.terminate", IntegrationTerminate{"integration", {}, "11(1)", "reader", {}}},
          {"rectification.order", RectificationOrder{"o-2", "labels", "11(1)", {}}},
          {"rectification.extend", RectificationExtend{"o-1", 5, "holidays"}},
          {"rectification.submit", RectificationSubmit{"o-1", {"done"}}},
          {"rectification.accept", RectificationAccept{"o-1", {}}},
          {"rectification.reject", RectificationReject{"o-1", {}, "not all"}},
          {"integration.document.file", IntegrationDocumentFile{"emergency-plan", kNoon + days(400), {}}},
          {"integration.scope.set", IntegrationScopeSet{narrow}},
          {"integration.handover", IntegrationHandover{"catering", {"owner-2"}}},
          {"integration.retire", IntegrationRetire{}}};
}

constexpr IntegrationLife kLives[] = {unknown,  draft,     plan_accepted, applied,    review_passed,
                                      approved, building,  joint_debug,   acceptance, rectifying,
                                      live,     suspended, terminated,    retired};

} // namespace

// Written out by hand. Columns: unknown draft plan-accepted applied review-passed approved building joint-debug acceptance
// rectifying live suspended terminated retired. A letter is the state after: d p a r o(approved) b j c(acceptance)
// f(rectifying) l s t x(retired), `=` unchanged; `-` ILLEGAL_TRANSITION, `?` UNKNOWN_TARGET.
TEST_CASE("integration machine: every state with every command", "[integration][R4.2][R6.2][R6.3]") {
  const std::map<std::string, std::string> matrix = {{"integration.plan.submit", "d=--------=---"},
                                                     {"integration.adopt", "l-------------"},
                                                     {"integration.plan.accept", "?p------------"},
                                                     {"integration.plan.return", "?=------------"},
                                                     {"integration.apply", "?-a-----------"},
                                                     {"integration.review.record", "?--r----------"},
                                                     {"integration.approve", "?---o---------"},
                                                     {"integration.build.start", "?----b--------"},
                                                     {"integration.joint-debug.record", "?-----j=------"},
                                                     {"integration.acceptance.request", "?------c-F----"},
                                                     {"integration.acceptance.record", "?-------l-----"},
                                                     {"integration.suspend", "?---------s---"},
                                                     {"integration.resume", "?----------l--"},
                                                     {"integration.terminate", "?---------tt--"},
                                                     {"rectification.order", "?============-"},
                                                     {"rectification.extend", "?============-"},
                                                     {"rectification.submit", "?===========f-"},
                                                     {"rectification.accept", "?oooooooooooo-"},
                                                     {"rectification.reject", "?oooooooooooo-"},
                                                     {"integration.document.file", "?============-"},
                                                     {"integration.scope.set", "?============-"},
                                                     {"integration.handover", "?============-"},
                                                     {"integration.retire", "?xxxxxxxxxxxx-"}};
  const std::map<char, IntegrationLife> letters = {
      {'d', draft},     {'p', plan_accepted}, {'a', applied},    {'r', review_passed}, {'o', approved},
      {'b', building},  {'j', joint_debug},   {'c', acceptance}, {'f', rectifying},    {'l', live},
      {'s', suspended}, {'t', terminated},    {'x', retired}};
  const auto arguments = all_arguments();
  for (const auto& info : kCommands) {
    if (info.target != Kind::integration) continue;
    INFO("a command for integrations that is not in this table: " << info.name);
    REQUIRE(matrix.contains(std::string(info.name)));
    REQUIRE(arguments.contains(std::string(info.name)));
  }
  for (const auto& [name, row] : matrix) {
    REQUIRE(row.size() == std::size(kLives));
    for (std::size_t n = 0; n < std::size(kLives); ++n) {
      Desk desk;
      desk.reach(kLives[n]);
      if (kLives[n] != unknown && kLives[n] != retired) desk.send(RectificationOrder{"o-1", "labels", "11(1)", {}});
      const bool of_order = name == "rectification.accept" || name == "rectification.reject";
      const std::string before = bytes_of(desk.i);
      desk.i.dirty = {};
      desk.send(arguments.at(name));
      INFO(name << " while " << to_string(kLives[n]) << ": " << row[n] << ", "
                << (desk.out.refusal ? desk.out.refusal->text.en : "done"));
      // `o` of accept and reject: the order's machine refuses what was not handed in. `F`: an order is still open.
      const char cell = (of_order && row[n] == 'o') || row[n] == 'F' ? '-' : row[n];
      if (cell == '-' || cell == '?') {
        CHECK(desk.refusal() == (cell == '?' ? "UNKNOWN_TARGET" : "ILLEGAL_TRANSITION"));
        REQUIRE(desk.out.refusal);
        CHECK(desk.out.refusal->text.zh.size() > 10);
        CHECK(desk.out.refusal->text.en.size() > 10);
        CHECK(desk.out.outputs.empty());
        CHECK(desk.out.sends.empty());
        CHECK(desk.out.timers.empty());
        CHECK(bytes_of(desk.i) == before);
        CHECK_FALSE(desk.i.dirty.any());
      } else {
        CHECK(desk.refusal().empty());
        CHECK(desk.i.record.life == (cell == '=' ? kLives[n] : letters.at(cell)));
        CHECK(desk.i.dirty.any());
      }
    }
  }
}

// Columns: ordered overdue escalated submitted closed.
TEST_CASE("rectification machine: every state with every command", "[integration][R11.5]") {
  const std::map<std::string, const char*> matrix = {{"rectification.extend", "+----"},
                                                     {"rectification.submit", "+++--"},
                                                     {"rectification.accept", "---+-"},
                                                     {"rectification.reject", "---+-"}};
  for (const auto& move : kOrderMoves)
    if (move.command.starts_with("rectification.")) CHECK(matrix.contains(std::string(move.command)));
  constexpr OrderState states[] = {OrderState::ordered, OrderState::overdue, OrderState::escalated,
                                   OrderState::submitted, OrderState::closed};
  const auto arguments = all_arguments();
  for (const auto& [name, row] : matrix)
    for (std::size_t n = 0; n < std::size(states); ++n) {
      Desk desk;
      desk.reach(live);
      desk.send(RectificationOrder{"o-1", "labels", "11(1)", {}});
      desk.i.procedures.orders[0].state = states[n];
      const std::string before = bytes_of(desk.i);
      desk.send(arguments.at(name));
      INFO(name << " while " << to_string(states[n]));
      CHECK(desk.refusal() == (row[n] == '+' ? "" : "ILLEGAL_TRANSITION"));
      CHECK((bytes_of(desk.i) == before) == (row[n] == '-'));
    }
}

TEST_CASE("an order: reminders, one overdue, one escalation, two extensions that move them", "[integration][R11.5]") {
  Desk desk;
  desk.reach(live);
  desk.send(RectificationOrder{"o-1", "labels", "11(1)", {}});
  const auto kinds = [](const std::vector<Notice>& told) {
    std::string out;
    for (const auto& n : told) out += (out.empty() ? "" : " ") + n.kind.substr(n.kind.find('-') + 1);
    return out;
  };
  CHECK(kinds(desk.pass(days(7))).empty());
  desk.send(RectificationExtend{"o-1", 5, "holidays"}); // due day 20
  CHECK(kinds(desk.pass(days(6))) == "reminder");       // day 13
  desk.send(RectificationExtend{"o-1", 5, "holidays"}); // due day 25
  desk.send(RectificationExtend{"o-1", 5, "holidays"});
  CHECK(desk.refusal() == "ILLEGAL_TRANSITION");
  CHECK(kinds(desk.pass(Duration{days(12).ms - 1})) == "reminder reminder reminder"); // day 25, 7, 3 and 1 day before
  CHECK(desk.i.procedures.orders[0].state == OrderState::ordered);
  CHECK(kinds(desk.pass(days(1))) == "overdue");
  CHECK(kinds(desk.pass(days(60))) == "escalated escalated"); // to the unit and to the centre
  CHECK(desk.i.procedures.orders[0].late);
  desk.send(RectificationSubmit{"o-1", {"done"}});
  desk.send(RectificationAccept{"o-1", {}}, "owner-1");
  CHECK(desk.refusal() == "SAME_PERSON");
  desk.send(RectificationReject{"o-1", 3, "not all"});
  CHECK(desk.i.procedures.orders[0].round == 2);
  CHECK(desk.i.procedures.orders[0].due == desk.now + days(3));
  desk.send(RectificationSubmit{"o-1", {"done"}});
  CHECK(desk.timers.empty());
  desk.send(RectificationAccept{"o-1", {}});
  CHECK(desk.i.procedures.orders[0].state == OrderState::closed);
}

TEST_CASE("only the ten last closed orders are kept, and every open one", "[integration][R11.5]") {
  Desk desk;
  desk.reach(live);
  desk.send(RectificationOrder{"open", "labels", "11(1)", {}});
  for (int n = 0; n < 12; ++n) {
    const std::string id = "o-" + std::to_string(n);
    desk.send(RectificationOrder{id, "labels", "11(1)", {}});
    desk.send(RectificationSubmit{id, {"done"}});
    desk.send(RectificationAccept{id, {}});
  }
  CHECK(desk.i.procedures.orders.size() == 11);
  CHECK(desk.i.procedures.orders[0].id == "open");
  CHECK(desk.i.procedures.orders[1].id == "o-2");
}

TEST_CASE("nobody reviews or approves their own application", "[integration][R4.2]") {
  Desk desk;
  desk.reach(plan_accepted);
  desk.send(IntegrationApply{"letter"});
  desk.send(IntegrationReviewRecord{"passed", {"e-1"}}, "owner-1");
  CHECK(desk.refusal() == "SAME_PERSON");
  desk.send(IntegrationReviewRecord{"passed", {}});
  CHECK(desk.refusal() == "BAD_FIELD");
  desk.send(IntegrationReviewRecord{"passed", {"e-1"}});
  desk.send(IntegrationApprove{"approved"}, "owner-1");
  CHECK(desk.refusal() == "SAME_PERSON");
}

TEST_CASE("a scope is only made narrower", "[integration][R7.2]") {
  const struct {
    const char* what;
    void (*change)(Manifest&);
    bool narrower;
  } rows[] = {{"nothing", [](Manifest&) {}, false},
              {"a function less", [](Manifest& m) { m.functions = {"library"}; }, true},
              {"another function", [](Manifest& m) { m.functions = {"payment"}; }, false},
              {"hours where there were none",
               [](Manifest& m) {
                 m.hours = Hours{"06:00", "22:00"};
               },
               true},
              {"hours that are none",
               [](Manifest& m) {
                 m.hours = Hours{"6", "22:00"};
               },
               false},
              {"fewer people a day",
               [](Manifest& m) {
                 m.volumes = Volumes{999, 10'000};
               },
               true},
              {"more people a day",
               [](Manifest& m) {
                 m.volumes = Volumes{1001, 10'000};
               },
               false},
              {"kept shorter",
               [](Manifest& m) {
                 m.data_fields = {{"account", "opening doors", 7}};
               },
               true},
              {"kept longer",
               [](Manifest& m) {
                 m.data_fields = {{"account", "opening doors", 31}};
               },
               false},
              {"another field",
               [](Manifest& m) {
                 m.data_fields = {{"balance", "curiosity", 1}};
               },
               false},
              {"another network", [](Manifest& m) { m.network = "0.0.0.0/0"; }, false}};
  for (const auto& row : rows) {
    Desk desk;
    desk.reach(live);
    Manifest scope;
    row.change(scope);
    desk.send(IntegrationScopeSet{scope});
    INFO(row.what);
    CHECK(desk.refusal() == (row.narrower ? "" : "BAD_FIELD"));
  }
  Desk desk;
  desk.reach(live);
  Manifest night;
  night.hours = Hours{"22:00", "06:00"};
  desk.send(IntegrationScopeSet{night});
  Manifest late;
  late.hours = Hours{"23:00", "05:00"};
  desk.send(IntegrationScopeSet{late});
  CHECK(desk.refusal().empty());
  desk.send(IntegrationScopeSet{night});
  CHECK(desk.refusal() == "BAD_FIELD");
}
