#include "tests/simulation/small_campus.hpp"

#include <fmt/format.h>

#include "app/signing.hpp"
#include "domain/hash.hpp"

namespace onecode::simulation {
namespace {

constexpr std::size_t kDevices = 5, kAccounts = 12;

std::string device_id(std::size_t n) { return fmt::format("d-{}", n); }
std::string account_id(std::size_t n) { return fmt::format("a-{:02}", n); }
std::string handset_id(std::size_t n) { return fmt::format("h-{:02}", n); }
std::string zone_of(std::size_t device) { return device % 2 == 0 ? "z-north" : "z-south"; }

} // namespace

SmallCampus::SmallCampus(Random& random, Time opens) : random_(random), opens_(opens), numbers_(kDevices, 0) {}

Policy SmallCampus::policy() {
  Policy policy = builtin_policy();
  policy.version = "simulated-1";
  policy.effective_from = kEarliestEvent;
  policy.response.learning_days = 0;
  policy.canary_subjects = {"a-canary"};
  policy.retention = {0, 0};
  Zone north, south;
  north.lat_e7 = 293'600'000, north.lon_e7 = 1'131'300'000, north.building = "north", north.campus = "main";
  south.lat_e7 = 293'700'000, south.lon_e7 = 1'131'300'000, south.building = "south", south.campus = "main";
  policy.zones["z-north"] = north;
  policy.zones["z-south"] = south;
  return policy;
}

streams::FileRecord SmallCampus::command(const std::string& name, const std::string& target, const std::string& role,
                                         const std::string& args, Time at, const char* actor) const {
  app::CommandDraft draft;
  draft.source = "/office";
  draft.id = fmt::format("c-{}", ++events_);
  draft.time = at;
  draft.name = name;
  draft.target = target;
  draft.actor = actor;
  draft.role = role;
  draft.nonce = fmt::format("n-{}", events_);
  draft.reason = "simulated";
  draft.args_json = args;
  streams::FileRecord out;
  out.topic = Topic::commands;
  out.key = target;
  out.value = app::command_event(draft, nullptr);
  return out;
}

std::vector<streams::FileRecord> SmallCampus::registration() const {
  std::vector<streams::FileRecord> out;
  const Time before = opens_ - hours(1);
  out.push_back(command(
      "integration.adopt", "gates", "information-centre",
      R"({"unit":"security","owners":["clerk"],"plan":{"purpose":"doors","architecture":"gateways","data_security":"pseudonyms","expected_effect":"safe doors"},"manifest":{"functions":["access"],"fields":[{"name":"f0","purpose":"doors","retention_days":30}],"endpoints":["/accounts"],"volumes":{"subjects_per_day":20,"scans_per_day":50}}})",
      before));
  for (std::size_t d = 0; d < kDevices; ++d) {
    const auto id = device_id(d);
    out.push_back(command("device.register", id, "information-centre",
                          fmt::format(R"({{"serial":"s-{}","model":"gate","integration":"gates"}})", d), before));
    out.push_back(command("device.certify", id, "information-centre",
                          R"({"certificate":"c","valid_to":"2029-01-01T00:00:00+08:00"})", before));
    out.push_back(command(
        "device.install", id, "integration-owner",
        fmt::format(
            R"({{"integration":"gates","zone":"{}","position":{{"lat":29.36,"lon":113.13,"accuracy_m":5}},"network":{{}},"kind":"fixed"}})",
            zone_of(d)),
        before));
    out.push_back(command("device.activate", id, "integration-owner", "{}", before));
  }
  for (std::size_t a = 0; a < kAccounts; ++a) {
    out.push_back(command("account.open", account_id(a), "registrar",
                          R"({"category":"student","valid_from":"2025-09-01T00:00:00+08:00"})", before));
    if (a % 3 == 0)
      out.push_back(command("handset.bind", account_id(a), "registrar",
                            fmt::format(R"({{"handset":"{}"}})", handset_id(a)), before));
  }
  return out;
}

streams::FileRecord SmallCampus::scan(std::size_t device, std::size_t account, const std::string& handset, Time at) {
  const std::string id = fmt::format("s-{}", ++events_);
  streams::FileRecord out;
  out.topic = Topic::scans;
  out.key = device_id(device);
  out.value = fmt::format(
      R"({{"specversion":"1.0","id":"{}","source":"/gates","type":"onecode.scan.v1","time":"{}","data":{{"device":"{}","boot":1,"seq":{},"account":"{}","function":"access","auth":"present","direction":"in","outcome":"accepted","handset":"{}","integration":"gates"}}}})",
      id, format_time(at), device_id(device), ++numbers_[device], account_id(account), handset);
  scans_.insert(id);
  if (registered_) sent_.push_back(out);
  return out;
}

streams::FileRecord SmallCampus::event(Topic topic, const std::string& key, const char* type, Time at,
                                       const std::string& data) {
  streams::FileRecord out;
  out.topic = topic;
  out.key = key;
  out.value = fmt::format(
      R"({{"specversion":"1.0","id":"e-{}","source":"/gates","type":"onecode.{}.v1","time":"{}","data":{{{}}}}})",
      ++events_, type, format_time(at), data);
  return out;
}

std::vector<streams::FileRecord> SmallCampus::next(Time now, std::int32_t partitions) {
  std::vector<streams::FileRecord> out;
  const auto account = below(kAccounts);
  const auto device = below(kDevices);
  const auto what = below(36);
  switch (tidies_ && what > 30 ? 15 : what) {
    case 0: { // a code is lent: shown at both ends of the campus within seconds, from two handsets
      const auto other = (device + 1) % kDevices;
      out.push_back(scan(device, account, handset_id(account), now));
      out.push_back(scan(other, account, handset_id(account) + "-friend", now + seconds(1)));
      out.push_back(scan(device, account, handset_id(account), now + seconds(2)));
      break;
    }
    case 1: // held for a while: a timer lifts it
      out.push_back(command("account.freeze", account_id(account), "security-officer",
                            fmt::format(R"({{"article":"8","expires":"{}"}})",
                                        format_time(now + minutes(static_cast<std::int64_t>(1 + below(120))))),
                            now));
      break;
    case 2:
      out.push_back(command("account.lift", account_id(account), "security-officer", R"({"article":"8"})", now));
      break;
    case 3: // sent again
      if (!sent_.empty()) out.push_back(sent_[below(sent_.size())]);
      break;
    case 4: { // a wrong partition
      auto record = scan(device, account, handset_id(account), now);
      record.partition = (murmur2_partition(record.key, partitions) + 1) % partitions;
      out.push_back(std::move(record));
      break;
    }
    case 5: { // not what it should be
      streams::FileRecord record;
      record.topic = below(2) == 0 ? Topic::scans : Topic::commands;
      record.key = device_id(device);
      if (below(3) != 0) record.value = fmt::format("{{\"specversion\":\"1.0\",\"id\":{}", below(1000));
      out.push_back(std::move(record));
      break;
    }
    case 6: // somebody unknown
      out.push_back(scan(device, kAccounts + below(3), "h-x", now));
      break;
    case 7:
      out.push_back(command(below(2) == 0 ? "device.quarantine" : "device.release", device_id(device),
                            "information-centre", "{}", now));
      break;
    case 8: // a heartbeat; now and then from elsewhere, or opened
      out.push_back(event(
          Topic::device_reports, device_id(device), "device-report", now,
          fmt::format(
              R"("device":"{}","kind":"heartbeat","uptime_s":5,"tamper":{},"position":{{"lat":{},"lon":113.13,"accuracy_m":5}},"network":{{"vlan":"{}","rtt_ms":{}}})",
              device_id(device), below(9) == 0, below(3) == 0 ? "29.40" : "29.36", below(4), 1 + below(20))));
      break;
    case 9: { // data of people are read, in part of people who never came
      std::string subjects = "\"a-canary\"";
      for (auto n = below(12); n > 0; --n) subjects += fmt::format(",\"{}\"", account_id(below(2 * kAccounts)));
      out.push_back(event(
          Topic::data_access, "gates", "data-access", now,
          fmt::format(
              R"("integration":"gates","request":"q","endpoint":"/{}","fields":["f{}"],"operation":"read","subjects":[{}])",
              below(3) == 0 ? "exports" : "accounts", below(2), subjects)));
      break;
    }
    case 10: { // money, booked twice now and then
      const auto posting = below(40);
      out.push_back(event(
          Topic::ledger, account_id(account), "ledger", now,
          fmt::format(R"("account":"{}","posting":"p-{}","kind":"{}","amount":{},"integration":"gates","cause":"{}")",
                      account_id(account), posting, below(2) == 0 ? "charge" : "repayment", 100 * (1 + below(9)),
                      below(3) == 0 ? "outage" : "normal")));
      break;
    }
    case 11: // Article 11, from the order to its end
      out.push_back(
          command("integration.terminate", "gates", "information-centre",
                  fmt::format(R"json({{"scope":"device","devices":["{}"],"control":"11(1)","reasons":"seen"}})json",
                              device_id(device)),
                  now));
      break;
    case 12: {
      const auto order = fmt::format("termination-{}", 1 + below(12));
      const bool hand_in = below(2) == 0;
      out.push_back(command(hand_in ? "rectification.submit" : "rectification.accept", "gates",
                            hand_in ? "integration-owner" : "information-centre",
                            hand_in ? fmt::format(R"({{"order":"{}","items":["done"]}})", order)
                                    : fmt::format(R"({{"order":"{}"}})", order),
                            now));
      break;
    }
    case 13: { // a code of another scheme
      auto record = scan(device, account, handset_id(account), now);
      const auto at = record.value->find("\"account\":");
      const auto end = record.value->find(',', at);
      record.value->replace(at, end - at, fmt::format(R"("code":"ZY1.{}.x")", below(9)));
      if (registered_) sent_.back() = record;
      out.push_back(std::move(record));
      break;
    }
    case 14: // away, and the record corrected
      out.push_back(command("holder.absence", account_id(account), "registrar",
                            fmt::format(R"({{"kind":"leave","from":"{}","to":"{}"}})", format_time(opens_),
                                        format_time(opens_ + minutes(static_cast<std::int64_t>(1 + below(600))))),
                            now));
      break;
    case 15:
    case 16: { // somebody leaves for good, at once or in three steps; some do not
      const auto who = account_id(kAccounts - 1 - below(kAccounts / 2));
      const auto step = below(5);
      if (step < 2 || step > 2) out.push_back(command("account.close", who, "registrar", "{}", now));
      if (step < 1 || step > 2) out.push_back(command("account.forget.propose", who, "registrar", "{}", now));
      if (step == 0 || step == 2)
        out.push_back(command("account.forget.confirm", who, "information-centre", "{}", now, "another"));
      break;
    }
    default:
      out.push_back(scan(device, account, handset_id(account), now));
  }
  return out;
}

} // namespace onecode::simulation
