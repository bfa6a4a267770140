// Would catch: a deadline that a jump of the clock skips or counts twice, a reminder that never comes, an extension that
// does not move the deadline or is given a third time, an overdue unit that can no longer put things right, an order
// that goes on ticking after it closed.
#include "tests/contract/procedures.hpp"

#include <algorithm>

using namespace contract;

namespace {

using Names = std::vector<std::string>;

Step give(const json& more = json::object(), const std::string& id = "o-1") {
  json args = {{"order", id}, {"violation", "moved reader"}, {"control", "11(1)"}};
  args.update(more);
  return {"rectification.order", "gates", args, "information-centre", ""};
}
Step extend(std::int64_t days, const std::string& id = "o-1") {
  return {"rectification.extend",
          "gates",
          {{"order", id}, {"days", days}, {"reasons", "parts are late"}},
          "information-centre",
          ""};
}
Step submit(const std::string& id = "o-1", const std::string& actor = "owner-1") {
  return {"rectification.submit",
          "gates",
          {{"order", id}, {"items", {"moved back, with pictures"}}},
          "integration-owner",
          actor};
}
Step accept(const std::string& id = "o-1") {
  return {"rectification.accept", "gates", {{"order", id}}, "information-centre", ""};
}
Step reject(const json& more = json::object(), const std::string& id = "o-1") {
  json args = {{"order", id}, {"reasons", "not where it was"}};
  args.update(more);
  return {"rectification.reject", "gates", args, "information-centre", ""};
}

// o-1, given at the start of the day.
Procedure ordered(const json& more = json::object()) {
  Procedure procedure;
  procedure.take(give(more), 0);
  return procedure;
}

json the_order(const Outcome& outcome, const std::string& id = "o-1") {
  const json found = order(outcome, "gates", id);
  INFO("order " << id << " in " << integration(outcome, "gates").dump());
  REQUIRE(found.is_object());
  return found;
}

std::string state_of(const Procedure& procedure, const std::string& id = "o-1") {
  return the_order(accepted(procedure), id).at("state");
}

std::int64_t due_of(const Procedure& procedure, const std::string& id = "o-1") {
  return since(the_order(accepted(procedure), id).at("due"));
}

// The states that the order went through, without repetitions.
Names history(const Outcome& outcome, const std::string& id = "o-1") {
  Names out;
  for (const auto& status : outcome.data("integration-status")) {
    if (status.at("integration") != "gates") continue;
    for (const auto& one : status.at("orders"))
      if (one.at("id") == id && (out.empty() || out.back() != one.at("state").get<std::string>()))
        out.push_back(one.at("state").get<std::string>());
  }
  return out;
}

std::int64_t times(const Names& states, const std::string& name) {
  return std::count(states.begin(), states.end(), name);
}

// Both may be written in one record, so that only the last of them is seen.
bool missed_once(const Names& states) {
  const std::int64_t overdue = times(states, "overdue");
  const std::int64_t escalated = times(states, "escalated");
  return overdue <= 1 && escalated <= 1 && overdue + escalated > 0;
}

// A number of calendar days, whether it ends at the same hour or with that day.
void check_days(std::int64_t due, std::int64_t from, std::int64_t days) {
  CHECK(due >= from + days * kDay);
  CHECK(due <= from + (days + 1) * kDay);
}

// Notices to the responsible unit with exactly this time.
std::size_t told_at(const Outcome& outcome, std::int64_t time) {
  return told(outcome, "unit-gates", time, time + 1).size();
}

} // namespace

TEST_CASE("an order is listed with its deadline, and its unit is told", "[contract][R11.5]") {
  const Outcome outcome = accepted(ordered());
  const json first = the_order(outcome);
  CHECK(first.at("state") == "ordered");
  CHECK(first.at("violation") == "moved reader");
  CHECK(first.at("control") == "11(1)");
  CHECK(first.at("extensions") == 0);
  CHECK(first.at("round").is_number_integer());
  check_days(since(first.at("due")), 0, 15);
  CHECK(integration_state(outcome, "gates") == "live"); // an order without termination
  CHECK(integration(outcome, "gates").at("access") == "open");
  const auto notices = told(outcome, "unit-gates", 0, kMinute);
  REQUIRE(notices.size() == 1);
  check_notice(notices[0].notice);
  CHECK(notices[0].notice.at("deadline") == first.at("due"));
  CHECK(notices[0].notice.at("article").get<std::string>().rfind("11", 0) == 0);
}

TEST_CASE("the deadline is the order's, else the violation's, else the policy's", "[contract][R11.5]") {
  Procedure procedure;
  procedure.policy["rectification"] = {{"days", 20}, {"by_violation", {{"moved reader", 5}}}};
  procedure.take(give(), 0);
  procedure.take(give({{"violation", "labels missing"}}, "o-2"), 0);
  procedure.take(give({{"days", 3}}, "o-3"), 0);
  check_days(due_of(procedure, "o-1"), 0, 5);
  check_days(due_of(procedure, "o-2"), 0, 20);
  check_days(due_of(procedure, "o-3"), 0, 3);
}

TEST_CASE("the unit is reminded 7, 3 and 1 days before", "[contract][R11.5]") {
  Procedure procedure = ordered();
  const std::int64_t due = due_of(procedure);
  const bool step_by_step = GENERATE(true, false);
  CAPTURE(step_by_step);
  if (step_by_step)
    for (std::int64_t time = kHour; time < due; time += 12 * kHour) procedure.clock(time);
  procedure.clock(due - kMinute);
  const Outcome outcome = accepted(procedure);
  CHECK(told_at(outcome, due - 7 * kDay) == 1);
  CHECK(told_at(outcome, due - 3 * kDay) == 1);
  CHECK(told_at(outcome, due - kDay) == 1);
  CHECK(told(outcome, "unit-gates", 0, due).size() == 4); // the order itself and three reminders
  for (const auto& one : told(outcome, "unit-gates", kMinute, due)) {
    CHECK(has_chinese(one.notice.at("text").at("zh")));
    CHECK(since(one.notice.at("deadline")) == due);
  }
  CHECK(the_order(outcome).at("state") == "ordered");
}

TEST_CASE("a short order has only the reminders that there is time for", "[contract][R11.5]") {
  Procedure procedure = ordered({{"days", 2}});
  const std::int64_t due = due_of(procedure);
  procedure.clock(due - kMinute);
  const Outcome outcome = accepted(procedure);
  CHECK(told_at(outcome, due - kDay) == 1);
  CHECK(told(outcome, "unit-gates", 0, due).size() == 2);
}

TEST_CASE("past its deadline an order is overdue exactly once, and then escalated", "[contract][R11.5]") {
  Procedure procedure = ordered();
  const std::int64_t due = due_of(procedure);
  const int pace = GENERATE(0, 1, 2);
  CAPTURE(pace);
  if (pace == 0) procedure.clock(due + 60 * kDay); // the clock jumps
  if (pace == 1) {                                 // the clock stands at the edge
    procedure.clock(due - 1);
    CHECK(state_of(procedure) == "ordered");
    procedure.clock(due + 1);
    CHECK(one_of(state_of(procedure), {"overdue", "escalated"}));
    procedure.clock(due + 2);
    procedure.clock(due + 60 * kDay);
  }
  if (pace == 2)
    for (std::int64_t time = kDay; time <= due + 60 * kDay; time += kDay) procedure.clock(time);
  const Outcome outcome = accepted(procedure);
  const Names states = history(outcome);
  INFO(json(states).dump());
  CHECK(missed_once(states));
  CHECK(states.back() == "escalated");
  const auto notices = told(outcome, "unit-gates", due, due + 1000 * kDay);
  REQUIRE_FALSE(notices.empty());
  CHECK(notices.front().time == due);
  CHECK(has_chinese(notices.front().notice.at("text").at("zh")));
  CHECK(std::count_if(notices.begin(), notices.end(), [&](const Told& one) {
          return one.notice.at("kind") == notices.front().notice.at("kind");
        }) == 1);
}

TEST_CASE("what happens at the deadline does not depend on how the clock got there", "[contract][R11.5]") {
  const Procedure start = ordered();
  const std::int64_t due = due_of(start);
  Procedure jump = start;
  Procedure walk = start;
  for (std::int64_t time = kDay; time < due + 60 * kDay; time += kDay) walk.clock(time);
  jump.clock(due + 60 * kDay);
  walk.clock(due + 60 * kDay);
  const Outcome jumped = accepted(jump);
  const Outcome walked = accepted(walk);
  const auto strip = [](const Outcome& outcome) {
    json out = json::array();
    for (const auto& one : told(outcome, "unit-gates", 0, 1000 * kDay)) out.push_back({one.time, one.notice});
    return out;
  };
  CHECK(strip(jumped) == strip(walked));
  CHECK(the_order(jumped) == the_order(walked));
}

TEST_CASE("two extensions move the deadline, a third is refused", "[contract][R11.5]") {
  Procedure procedure = ordered();
  const std::int64_t due = due_of(procedure);
  procedure.take(extend(5), 10 * kDay);
  const json once = the_order(accepted(procedure));
  CHECK(once.at("extensions") == 1);
  CHECK(since(once.at("due")) == due + 5 * kDay);
  const auto notices = told(accepted(procedure), "unit-gates", 10 * kDay, 10 * kDay + kMinute);
  REQUIRE_FALSE(notices.empty());
  CHECK(since(notices.back().notice.at("deadline")) == due + 5 * kDay);
  procedure.clock(due + kDay);
  CHECK(state_of(procedure) == "ordered"); // the old deadline has gone
  procedure.take(extend(7), due + 2 * kDay);
  const json twice = the_order(accepted(procedure));
  CHECK(twice.at("extensions") == 2);
  CHECK(since(twice.at("due")) == due + 12 * kDay);
  refused(procedure, extend(1), due + 3 * kDay, "ILLEGAL_TRANSITION");
  procedure.clock(due + 12 * kDay - kMinute);
  CHECK(state_of(procedure) == "ordered");
  CHECK(told_at(accepted(procedure), due + 11 * kDay) == 1); // reminded of the new deadline
  procedure.clock(due + 12 * kDay + kMinute);
  CHECK(one_of(state_of(procedure), {"overdue", "escalated"}));
}

TEST_CASE("an extension is the information centre's to give, by a number of days", "[contract][R11.5]") {
  const Procedure procedure = ordered();
  Step step = extend(5);
  SECTION("the owner") {
    step.role = "integration-owner";
    step.actor = "owner-1";
    refused(procedure, step, kDay, "FORBIDDEN_ROLE");
  }
  SECTION("none") { refused(procedure, {extend(0), extend(-5)}, kDay, {"BAD_FIELD"}); }
  SECTION("without days") {
    step.args.erase("days");
    refused(procedure, step, kDay, "MISSING_FIELD");
  }
  SECTION("without reasons") {
    step.args.erase("reasons");
    refused(procedure, step, kDay, "MISSING_FIELD");
  }
}

TEST_CASE("submitted in time an order is not overdue, however long the inspection takes", "[contract][R11.5]") {
  Procedure procedure = ordered();
  const std::int64_t due = due_of(procedure);
  procedure.take(submit(), 5 * kDay);
  CHECK(state_of(procedure) == "submitted");
  procedure.clock(due + 30 * kDay);
  const Outcome outcome = accepted(procedure);
  CHECK(the_order(outcome).at("state") == "submitted");
  CHECK(times(history(outcome), "overdue") == 0);
  procedure.take(accept(), due + 31 * kDay);
  CHECK(state_of(procedure) == "closed");
}

TEST_CASE("an accepted rectification closes the order for good", "[contract][R11.5]") {
  Procedure procedure = ordered();
  procedure.take(submit(), 5 * kDay);
  procedure.take(accept(), 6 * kDay);
  const Outcome accepted_at_once = accepted(procedure);
  CHECK(history(accepted_at_once).back() == "closed");
  CHECK_FALSE(told(accepted_at_once, "unit-gates", 6 * kDay, 6 * kDay + kMinute).empty());
  procedure.clock(100 * kDay);
  const Outcome outcome = accepted(procedure);
  CHECK(the_order(outcome).at("state") == "closed");
  CHECK(told(outcome, "unit-gates", 7 * kDay, 100 * kDay).empty()); // no reminder, nothing overdue
  refused(procedure, {submit(), accept(), reject(), extend(5)}, 101 * kDay, {"ILLEGAL_TRANSITION"});
}

TEST_CASE("late is better than never: overdue and escalated orders can be submitted", "[contract][R11.5]") {
  Procedure procedure = ordered();
  const std::int64_t due = due_of(procedure);
  const std::int64_t late = GENERATE(kMinute, 60 * kDay);
  CAPTURE(late);
  procedure.clock(due + late);
  CHECK(one_of(state_of(procedure), {"overdue", "escalated"}));
  procedure.take(submit(), due + late + kMinute);
  CHECK(state_of(procedure) == "submitted");
  procedure.take(accept(), due + late + kHour);
  const Outcome outcome = accepted(procedure);
  CHECK(the_order(outcome).at("state") == "closed");
  CHECK(missed_once(history(outcome)));
}

TEST_CASE("a rejected rectification has a new deadline and a new round", "[contract][R11.5]") {
  Procedure procedure = ordered();
  const int round = the_order(accepted(procedure)).at("round");
  procedure.take(submit(), 5 * kDay);
  const int days = GENERATE(4, 15); // as said, or as the policy has it
  procedure.take(days == 4 ? reject({{"days", 4}}) : reject(), 6 * kDay);
  check_days(due_of(procedure), 6 * kDay, days);
  const Outcome rejected = accepted(procedure);
  CHECK(the_order(rejected).at("state") == "ordered");
  CHECK(the_order(rejected).at("round") == round + 1);
  const std::int64_t due = since(the_order(rejected).at("due"));
  const auto notices = told(rejected, "unit-gates", 6 * kDay, 6 * kDay + kMinute);
  REQUIRE_FALSE(notices.empty());
  check_notice(notices.back().notice);
  CHECK(since(notices.back().notice.at("deadline")) == due);
  refused(procedure, {accept(), reject()}, 7 * kDay, {"ILLEGAL_TRANSITION"});
  SECTION("and may be missed") {
    procedure.clock(due + 60 * kDay);
    CHECK(missed_once(history(accepted(procedure))));
  }
  SECTION("and may be met") {
    procedure.take(submit(), due - kHour);
    procedure.take(accept(), due - kMinute);
    CHECK(state_of(procedure) == "closed");
  }
}

TEST_CASE("steps of an order out of place are refused and change nothing", "[contract][R11.5]") {
  SECTION("neither accepted nor rejected before it was submitted") {
    refused(ordered(), {accept(), reject()}, kDay, {"ILLEGAL_TRANSITION"});
  }
  SECTION("not submitted twice") {
    Procedure procedure = ordered();
    procedure.take(submit(), kDay);
    refused(procedure, submit(), 2 * kDay, "ILLEGAL_TRANSITION");
  }
  SECTION("not given twice under one name") {
    refused(ordered(), {give({{"days", 90}})}, kDay, {"ILLEGAL_TRANSITION", "DUPLICATE_ID"});
  }
  SECTION("an unknown order") {
    refused(ordered(), {extend(5, "o-9"), submit("o-9"), accept("o-9"), reject(json::object(), "o-9")}, kDay,
            {"UNKNOWN_TARGET"});
  }
  SECTION("another integration's order") {
    Procedure procedure = ordered();
    Step elsewhere = submit();
    elsewhere.target = "clockwork"; // of the same owner
    refused(procedure, elsewhere, kDay, "UNKNOWN_TARGET");
  }
  SECTION("a stranger") { refused(ordered(), submit("o-1", "stranger"), kDay, "NOT_OWNER"); }
  SECTION("an unknown integration") {
    Step step = give();
    step.target = "museum";
    refused(Procedure(), step, 0, "UNKNOWN_TARGET");
  }
  SECTION("by those whose order it is") {
    Procedure procedure = ordered();
    procedure.take(submit(), kDay);
    std::vector<Step> steps{accept(), reject(), give(json::object(), "o-2")};
    for (auto& step : steps) {
      step.role = "integration-owner";
      step.actor = "owner-1";
    }
    refused(procedure, steps, 2 * kDay, {"FORBIDDEN_ROLE"});
  }
  SECTION("an order that does not say what for") {
    std::vector<Step> steps;
    for (const char* member : {"order", "violation", "control"}) {
      steps.push_back(give(json::object(), "o-2"));
      steps.back().args.erase(member);
    }
    refused(ordered(), steps, kDay, {"MISSING_FIELD"});
    refused(ordered(), {give({{"days", 0}}, "o-2"), give({{"days", -1}}, "o-2"), give({{"days", "ten"}}, "o-2")},
            kDay, {"BAD_FIELD"});
  }
}

TEST_CASE("each order has its own clock", "[contract][R11.5]") {
  Procedure procedure = ordered();
  procedure.take(give({{"days", 40}}, "o-2"), kHour);
  procedure.take(submit("o-1"), kDay);
  procedure.take(accept("o-1"), 2 * kDay);
  procedure.clock(30 * kDay);
  const Outcome before = accepted(procedure);
  CHECK(the_order(before, "o-1").at("state") == "closed");
  CHECK(the_order(before, "o-2").at("state") == "ordered");
  procedure.clock(200 * kDay);
  const Outcome after = accepted(procedure);
  CHECK(the_order(after, "o-1").at("state") == "closed");
  CHECK(the_order(after, "o-2").at("state") == "escalated");
}

TEST_CASE("the status lists the open orders and the ten last closed", "[contract][R11.5]") {
  Procedure procedure;
  for (int i = 1; i <= 13; ++i) {
    const std::string id = "o-" + std::to_string(i);
    procedure.take(give(json::object(), id), i * kHour);
    if (i == 1) continue; // stays open
    procedure.take(submit(id), i * kHour + kMinute);
    procedure.take(accept(id), i * kHour + 2 * kMinute);
  }
  const Outcome outcome = accepted(procedure);
  CHECK(integration(outcome, "gates").at("orders").size() == 11);
  CHECK(the_order(outcome, "o-1").at("state") == "ordered");
  CHECK(order(outcome, "gates", "o-2").is_null());
  CHECK(order(outcome, "gates", "o-3").is_null());
  for (int i = 4; i <= 13; ++i) CHECK(the_order(outcome, "o-" + std::to_string(i)).at("state") == "closed");
}

TEST_CASE("the deadline of a termination is kept in the same way", "[contract][R11.5]") {
  Procedure procedure;
  procedure.take({"integration.terminate",
                  "gates",
                  {{"scope", "integration"}, {"control", "11(2)"}, {"reasons", "other routes"}, {"days", 10}},
                  "information-centre",
                  ""},
                 0);
  const std::string id = open_order(accepted(procedure), "gates");
  const std::int64_t due = due_of(procedure, id);
  check_days(due, 0, 10);
  procedure.take(extend(5, id), kDay);
  CHECK(due_of(procedure, id) == due + 5 * kDay);
  procedure.clock(due + 60 * kDay);
  const Outcome outcome = accepted(procedure);
  CHECK(missed_once(history(outcome, id)));
  CHECK(the_order(outcome, id).at("state") == "escalated");
  CHECK(integration_state(outcome, "gates") == "terminated");
  procedure.take(submit(id), due + 61 * kDay);
  CHECK(integration_state(accepted(procedure), "gates") == "rectifying");
}

TEST_CASE("findings name the order that was given for them, with its deadline as it moves", "[contract][R11.5]") {
  Procedure procedure;
  procedure.scan("s1", "d-1", 7, "a-1", 0); // the reader's number comes twice with different content: D2, under 11(1)
  procedure.scan("s2", "d-1", 7, "a-1", kMinute);
  const auto order_of = [&] {
    const auto findings = accepted(procedure).findings("compliance", "D2", "d-1");
    REQUIRE_FALSE(findings.empty());
    return findings.back().at("unmapped").at("onecode").value("order", json());
  };
  CHECK(order_of().is_null());
  procedure.take(give({{"control", "11(2)"}}, "o-2"), kHour);
  CHECK(order_of().is_null()); // another clause
  procedure.take(give({{"days", 5}}), 2 * kHour);
  CHECK(order_of().at("id") == "o-1");
  CHECK(since(order_of().at("due").get<std::string>()) == 5 * kDay + 2 * kHour);
  procedure.take(extend(2), 3 * kHour);
  CHECK(since(order_of().at("due").get<std::string>()) == 7 * kDay + 2 * kHour);
}
