// The steps and checks of whole procedures (procedures.hpp). Not a test.
#include "tests/contract/procedures.hpp"

#include <algorithm>

namespace contract {

namespace {

std::string dead_texts(const Outcome& outcome) {
  std::string out;
  for (const auto& record : outcome.records("dead-letters")) {
    const json& headers = record.at("headers");
    const json value = record.value("value", json::object());
    const json data = value.is_object() ? value.value("data", json::object()) : json::object();
    out += headers.value("error-code", "?") + ": " + headers.value("error-text", "?") + " <- " +
           data.value("command", data.value("posting", std::string("?"))) + "\n";
  }
  return out;
}

// What anybody can see of accounts, devices and integrations.
json visible(const Outcome& outcome) {
  return {outcome.data("freezes"), outcome.data("device-status"), outcome.data("integration-status")};
}

} // namespace

std::string text_of(const Step& step) {
  return step.command + " " + step.target + " " + step.args.dump() + " by " + step.role + " " + step.actor;
}

Procedure::Procedure(const json& manifest_changes) {
  adopt("gates", manifest_changes);
  adopt("clockwork", {{"devices", {"d-clock"}}});
  device("d-1");
  device("d-2", "gates", "z-2");
  device("d-clock", "clockwork");
  open("a-1", -90 * kDay, {{"holder", "holder-1"}});
  bind("a-1", "h-1");
  open("bystander");
}

void Procedure::take(const Step& step, std::int64_t time) {
  command(step.command, step.target, step.args, time, step.role, step.actor);
}

void Procedure::clock(std::int64_t time) {
  ++ticks_;
  scan("tick-" + std::to_string(ticks_), "d-clock", ticks_, "bystander", time,
       {{"function", "identity"}, {"direction", "none"}});
}

void Procedure::post(const std::string& id, const std::string& kind, std::int64_t amount, std::int64_t happened,
                     std::int64_t arrives, const json& more) {
  json data = {{"account", "a-1"}, {"posting", id}, {"kind", kind}, {"amount", amount}, {"integration", "gates"}};
  data.update(more);
  const std::string event_id = "ledger/" + std::to_string(++postings_);
  const std::string account = data.at("account");
  add(line("ledger", account, event("onecode.ledger.v1", event_id, happened, std::move(data))));
  lines.back()["timestamp"] = epoch_ms(arrives);
}

void Procedure::posting(const std::string& id, const std::string& kind, std::int64_t amount, std::int64_t time,
                        const json& more) {
  post(id, kind, amount, time, time, more);
}

void Procedure::late_posting(const std::string& id, const std::string& kind, std::int64_t amount,
                             std::int64_t happened, std::int64_t arrives, const json& more) {
  json all = {{"offline", true}};
  all.update(more);
  post(id, kind, amount, happened, arrives, all);
}

Outcome accepted(const Procedure& procedure) {
  Outcome outcome = procedure.replay();
  INFO(outcome.exit.err << "dead letters:\n" << dead_texts(outcome));
  REQUIRE(outcome.exit.code == 0);
  REQUIRE(outcome.dead_codes().empty());
  return outcome;
}

void refused(const Procedure& before, const std::vector<Step>& steps, std::int64_t time,
             const std::vector<std::string>& codes) {
  Procedure baseline = before;
  baseline.clock(time);
  const Outcome was = accepted(baseline);
  for (const Step& step : steps) {
    Procedure tried = baseline;
    tried.take(step, time);
    const std::string author = step.actor.empty() ? "the-" + step.role : step.actor;
    const Outcome is = tried.replay();
    INFO(text_of(step) << "\ndead letters:\n" << dead_texts(is));
    REQUIRE(is.exit.code == 0);
    const auto dead = is.records("dead-letters");
    CHECK(dead.size() == 1);
    if (dead.size() == 1) {
      const json headers = dead[0].at("headers");
      CHECK(std::find(codes.begin(), codes.end(), headers.at("error-code").get<std::string>()) != codes.end());
      const std::string text = headers.at("error-text");
      CHECK_FALSE(text.empty());
      for (const char* cannot : {"is not a command", "does not take the command", "not implemented"})
        CHECK(text.find(cannot) == std::string::npos);
    }
    const auto notices = is.notices(author);
    CHECK(notices.size() == was.notices(author).size() + 1);
    if (!notices.empty()) {
      CHECK(has_chinese(notices.back().at("text").at("zh")));
      CHECK_FALSE(notices.back().at("text").at("en").get<std::string>().empty());
    }
    CHECK(visible(is) == visible(was));
  }
}

void refused(const Procedure& before, const Step& step, std::int64_t time, const char* code) {
  refused(before, std::vector<Step>{step}, time, std::vector<std::string>{code});
}

bool has_chinese(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xe4; });
}

void check_notice(const json& notice) {
  INFO(notice.dump());
  CHECK(has_chinese(notice.at("text").at("zh")));
  CHECK_FALSE(has_chinese(notice.at("text").at("en")));
  CHECK(notice.at("text").at("en").get<std::string>().size() > 20);
  CHECK_FALSE(notice.at("kind").get<std::string>().empty());
  CHECK(notice.at("remedy").is_string());
  CHECK_FALSE(notice.value("remedy", std::string()).empty());
}

std::vector<Told> told(const Outcome& outcome, const std::string& to, std::int64_t from, std::int64_t before) {
  std::vector<Told> out;
  for (const auto& value : outcome.values("notices")) {
    const std::int64_t time = since(value.at("time"));
    if (value.at("data").at("to") == to && time >= from && time < before) out.push_back({time, value.at("data")});
  }
  return out;
}

std::vector<std::string> articles(const Outcome& outcome, const std::string& account) {
  std::vector<std::string> out;
  const json freeze = outcome.last_freeze(account);
  if (freeze.is_object())
    for (const auto& one : freeze.at("holds")) out.push_back(one.at("article"));
  std::sort(out.begin(), out.end());
  return out;
}

json hold(const Outcome& outcome, const std::string& account, const std::string& article) {
  const json freeze = outcome.last_freeze(account);
  if (freeze.is_object())
    for (const auto& one : freeze.at("holds"))
      if (one.at("article") == article) return one;
  return nullptr;
}

std::string account_state(const Outcome& outcome, const std::string& account) {
  const json freeze = outcome.last_freeze(account);
  return freeze.is_object() ? freeze.at("state").get<std::string>() : std::string();
}

json integration(const Outcome& outcome, const std::string& id) {
  json status = outcome.last("integration-status", "integration", id);
  INFO("integration-status of " << id);
  REQUIRE(status.is_object());
  return status;
}

std::string integration_state(const Outcome& outcome, const std::string& id) {
  return integration(outcome, id).at("state");
}

json order(const Outcome& outcome, const std::string& integration_id, const std::string& id) {
  const json status = integration(outcome, integration_id);
  for (const auto& one : status.at("orders"))
    if (one.at("id") == id) return one;
  return nullptr;
}

std::string open_order(const Outcome& outcome, const std::string& integration_id) {
  std::vector<std::string> open;
  const json status = integration(outcome, integration_id);
  for (const auto& one : status.at("orders"))
    if (one.at("state") != "closed") open.push_back(one.at("id"));
  INFO(status.dump());
  REQUIRE(open.size() == 1);
  return open[0];
}

std::string device_state(const Outcome& outcome, const std::string& id) {
  const json status = outcome.last("device-status", "device", id);
  return status.is_object() ? status.at("state").get<std::string>() : std::string();
}

} // namespace contract
