#include "tests/monitoring/campus.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace onecode::test {
namespace {

constexpr const char* kIntegration = "campus-gates";
constexpr int kScans = 4000;

app::CampusOptions small() {
  app::CampusOptions options;
  options.people = 200;
  options.misuse_from = 500;
  options.misuse_every = 700;
  return options;
}

} // namespace

LiveCampus::LiveCampus()
    : folder_(std::filesystem::temp_directory_path() / fmt::format("onecode-monitoring-{}", ::getpid())),
      key_(app::new_signing_key("k-test")),
      campus_(small()),
      publisher_(broker_.publisher()) {
  std::filesystem::create_directories(folder_ / "data");
  start();
}

LiveCampus::~LiveCampus() {
  engine_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void LiveCampus::start() {
  app::EngineOptions options;
  options.node.id = "n1";
  options.clock = actors::ClockMode::events;
  options.policy = campus_.policy(key_);
  options.policy.response.breaker.freezes = 1; // the second automatic freeze trips it
  options.policy.roles["security-officer"] = options.policy.roles.at("registrar");
  options.data_dir = (folder_ / "data").string();
  options.listen = "127.0.0.1:0";
  engine_ = std::make_unique<app::Engine>(std::move(options), broker_, streams::Secrets{}, nullptr);
}

std::string LiveCampus::target() const {
  const auto url = engine_->metrics_url();
  constexpr std::string_view kBefore = "http://";
  return url.substr(kBefore.size(), url.rfind('/') - kBefore.size());
}

std::string LiveCampus::metrics() const {
  httplib::Client http("http://" + target());
  const auto answer = http.Get("/metrics");
  return answer && answer->status == 200 ? answer->body : std::string();
}

double LiveCampus::value(const std::string& sample) const {
  std::istringstream text(metrics());
  double sum = 0;
  for (std::string line; std::getline(text, line);)
    if (line.starts_with(sample)) sum += std::stod(line.substr(line.rfind(' ')));
  return sum;
}

void LiveCampus::wait_for(const std::string& sample, double least) const {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (value(sample) < least) {
    if (!engine_->running()) engine_->wait();
    if (std::chrono::steady_clock::now() > patience)
      throw std::runtime_error(fmt::format("{} does not reach {}:\n{}", sample, least, metrics()));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void LiveCampus::publish(const streams::FileRecord& record) {
  publisher_->publish(record.topic, -1, record.key, *record.value, {}, streams::kNoTimestamp);
}

void LiveCampus::command(const char* name, const std::string& target, const char* role, Time at,
                         const std::string& args) {
  app::CommandDraft draft;
  draft.source = "/test/office";
  draft.id = draft.nonce = fmt::format("test-{}", ++commands_);
  draft.time = at;
  draft.name = name;
  draft.target = target;
  draft.actor = "demo";
  draft.role = role;
  draft.reason = "test";
  draft.args_json = args;
  streams::FileRecord record;
  record.topic = Topic::commands;
  record.key = target;
  record.value = app::command_event(draft, &key_);
  publish(record);
  publisher_->flush();
}

void LiveCampus::live() {
  const auto registration = campus_.registration(key_);
  for (const auto& record : registration) publish(record);
  publisher_->flush();
  wait_for(R"(onecode_commands_total{)", static_cast<double>(registration.size()));

  for (int i = 0; i < kScans; ++i) publish(campus_.next());
  streams::FileRecord bad;
  bad.topic = Topic::scans;
  bad.key = "d-0000";
  bad.value = "this is no JSON";
  publish(bad);
  publisher_->flush();
  wait_for("onecode_decisions_total{", kScans);

  const auto lent = std::ranges::find(campus_.misuse(), "lent code", &app::Misuse::kind)->subject;
  const Time now = campus_.now();
  command("account.freeze", "a-000100", "security-officer", now, R"({"article":"8"})");
  command("account.freeze", "a-000100", "registrar", now, R"({"article":"8"})"); // not by this role
  command("rectification.order", kIntegration, "information-centre", now,
          R"-({"order":"test-order","violation":"labels missing","control":"11(1)","days":1})-");
  command("case.open", lent, "security-officer", now, R"({"case":"test-case","act":"lend"})");
  wait_for(R"(onecode_commands_total{command="case.open",result="done"})", 1);
  wait_for(R"(onecode_rectification_orders{state="ordered"})", 1);
  command("case.statement", lent, "registrar", now + days(2), R"({"case":"test-case","waived":true})");
  wait_for(R"(onecode_commands_total{command="case.statement",result="done"})", 1);
  command("case.decide", lent, "security-officer", now + days(2),
          R"({"case":"test-case","outcome":"upheld","act":"lend","reasons":"shown twice"})");
  wait_for(R"(onecode_cases_settled_total{result="upheld"})", 1);
  wait_for(R"(onecode_rectification_orders{state="overdue"})", 1);
}

void LiveCampus::restart() {
  engine_->stop();
  engine_->wait();
  engine_.reset();
  start();
  wait_for("onecode_ready", 1);
}

} // namespace onecode::test
