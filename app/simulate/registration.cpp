// The campus as the information centre knows it on the eve: policy, subsystems, devices, accounts.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "app/errors.hpp"
#include "app/simulate/stage.hpp"
#include "app/simulate/words.hpp"
#include "app/simulate/writer.hpp"
#include "streams/policy_document.hpp"

namespace onecode::app::simulate {
namespace {

using Json = nlohmann::ordered_json;

std::string function_word(Function f) {
  std::string out;
  append_function(out, f);
  return out;
}

class Office {
public:
  explicit Office(Stage& s) : s_(s), at_(s.midnight(0) - 20 * kHour) {}

  std::vector<Event> all() {
    for (std::uint32_t i = 0; i < s_.map.integrations.size(); ++i) integration(i);
    for (std::uint32_t i = 0; i < s_.map.devices.size(); ++i) device(i);
    for (std::uint32_t i = 0; i < s_.options.people; ++i) account(i);
    for (const auto& id : s_.canaries)
      give("account.open", id, "registrar", "desk-1",
           R"({"category":"student","valid_from":"2025-09-01T00:00:00+08:00"})");
    return std::move(out_);
  }

private:
  void give(std::string_view name, const std::string& target, std::string_view role, const std::string& actor,
            std::string args) {
    out_.push_back(s_.command(at_, name, target, role, actor, std::move(args)));
    at_ += 500; // a file that is read in, line by line
  }

  void integration(std::uint32_t index) {
    const auto& i = s_.map.integrations[index];
    std::set<std::string> zones;
    std::set<std::string> functions{function_word(i.function)};
    if (i.access_too) functions.insert("access");
    Json devices = Json::array();
    for (const auto d : i.devices) {
      const auto& device = s_.map.devices[d];
      if (!device.certified) continue; // not in any plan
      devices.push_back(device.id);
      zones.insert(s_.map.zones[device.zone].id);
    }
    for (const auto& v : s_.map.venues) // a second place that the plan foresaw; nothing else moves with approval
      if (v.integration == index && v.new_zone != kNobody && s_.map.devices[v.devices[0]].story == 0)
        zones.insert(s_.map.zones[v.new_zone].id);
    Json manifest{{"devices", devices}, {"zones", zones}, {"functions", functions}};
    const auto people = static_cast<std::int64_t>(s_.options.people);
    // Declared with room to spare, as offices do.
    manifest["volumes"] = {{"scans_per_day", people * 6 + 2000}};
    manifest["network"] = "10.20.0.0/16";
    manifest["volumes"]["subjects_per_day"] = i.data ? i.subjects_per_day : people;
    manifest["endpoints"] = Json::array({"/v1/persons"});
    manifest["fields"] = Json::array({{{"name", "account"}, {"purpose", "who was served"}, {"retention_days", 30}},
                                      {{"name", "category"}, {"purpose", "statistics"}, {"retention_days", 30}}});
    const auto owner = "owner-" + i.id;
    const Json args{{"unit", i.unit},
                    {"owners", {owner}},
                    {"plan",
                     {{"purpose", i.id + " for the campus"},
                      {"architecture", "devices, gateway, one-code"},
                      {"data_security", "pseudonyms only, encrypted at rest"},
                      {"expected_effect", "shorter queues"}}},
                    {"manifest", manifest}};
    if (!i.debugging) {
      give("integration.adopt", i.id, "information-centre", "centre-1", args.dump());
      return;
    }
    // A new subsystem on its long way, stopped short of acceptance: one test is still red.
    give("integration.plan.submit", i.id, "integration-owner", owner, args.dump());
    give("integration.plan.accept", i.id, "information-centre", "centre-1", "{}");
    give("integration.apply", i.id, "integration-owner", owner, R"({"application":"paper-1"})");
    give("integration.review.record", i.id, "expert", "expert-1",
         R"({"outcome":"passed","experts":["expert-1","expert-2"]})");
    give("integration.approve", i.id, "leading-group", "group-1", R"({"outcome":"approved"})");
    give("integration.build.start", i.id, "integration-owner", owner, "{}");
    give("integration.joint-debug.record", i.id, "integration-owner", owner,
         R"({"tests":[{"id":"t-1","result":"green"},{"id":"t-2","result":"red"}]})");
  }

  void device(std::uint32_t index) {
    const auto& d = s_.map.devices[index];
    if (!d.registered) return;
    const auto& integration = s_.map.integrations[d.integration].id;
    const auto owner = "owner-" + integration;
    const auto& look = d.looks.front();
    Json args{{"serial", fmt::format("sn-{:08x}", static_cast<std::uint32_t>(mixed(index + 77)))},
              {"model", d.function == Function::payment ? "till-3" : "gate-2"},
              {"integration", integration},
              {"secure_element", fmt::format("se-{:06}", look.element)}};
    if (d.clerks > 0)
      args["operators"] = {clerk_name(static_cast<std::uint16_t>(index * 2 + 1)),
                           clerk_name(static_cast<std::uint16_t>(index * 2 + 2))};
    give("device.register", d.id, "information-centre", "centre-1", args.dump());
    if (!d.certified) return;
    give("device.certify", d.id, "information-centre", "centre-1",
         d.sealed
             ? fmt::format(R"({{"certificate":"cert-{0}","valid_to":"2029-01-01T00:00:00+08:00","secret":"{1}"}})",
                           d.id, device_secret(d.id))
             : fmt::format(R"({{"certificate":"cert-{}","valid_to":"2029-01-01T00:00:00+08:00"}})", d.id));
    give("device.install", d.id, "integration-owner", owner,
         fmt::format(R"({{"integration":"{}","zone":"{}","position":{},"network":{},"aps":{},"kind":"fixed"}})",
                     integration, s_.map.zones[d.zone].id, position_text(s_.map.zones[d.zone], 0, 0),
                     network_text(look, look.rtt), access_points_text(d.zone)));
    give("device.activate", d.id, "integration-owner", owner, "{}");
  }

  void account(std::uint32_t index) {
    const auto& p = s_.people.all[index];
    const auto& id = s_.people.accounts[index];
    give(
        "account.open", id, "registrar", "desk-1",
        p.role == Role::temporary
            ? std::string(
                  R"({"category":"temporary","valid_from":"2025-09-01T00:00:00+08:00","valid_to":"2027-08-31T00:00:00+08:00"})")
            : fmt::format(R"({{"category":"{}","valid_from":"2025-09-01T00:00:00+08:00"}})",
                          s_.people.categories[index]));
    give("handset.bind", id, "registrar", "desk-1",
         fmt::format(R"({{"handset":"{}"}})", s_.people.handsets[p.handset]));
    if (p.second_handset != kNobody)
      give("handset.bind", id, "registrar", "desk-1",
           fmt::format(R"({{"handset":"{}","secondary":true}})", s_.people.handsets[p.second_handset]));
  }

  Stage& s_;
  std::int64_t at_;
  std::vector<Event> out_;
};

} // namespace

std::string policy_document(const Stage& s) {
  Json document{{"version", fmt::format("simulated-{}", s.options.seed)},
                {"effective_from", "2025-09-01T00:00:00.000+08:00"}};
  auto& zones = document["zones"];
  for (const auto& z : s.map.zones)
    zones[z.id] = {{"lat", static_cast<double>(latitude_e7(z)) / 1e7},
                   {"lon", static_cast<double>(longitude_e7(z)) / 1e7},
                   {"building", z.id},
                   {"campus", z.campus == 0 ? "north" : "south"}};
  document["trust"] = {{"issuers", {{kIssuer, {{"alg", "hmac-sha256"}, {"secret", kIssuerSecret}}}}}};
  document["canary_subjects"] = s.canaries;
  auto text = document.dump();
  const auto checked = streams::read_policy(text);
  if (!checked.errors.empty()) throw InputError(checked.errors);
  return text;
}

std::vector<Event> registration(Stage& stage) { return Office(stage).all(); }

} // namespace onecode::app::simulate
