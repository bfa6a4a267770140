#include "app/demo/campus.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "domain/distance.hpp"

namespace onecode::app {
namespace {

constexpr std::size_t kPerZone = 4;
constexpr const char* kIntegration = "campus-gates";
constexpr Time kMorning{1'772'409'600'000}; // 2026-03-02T08:00:00+08:00

} // namespace

Campus::Campus(CampusOptions options)
    : options_(options), state_(options.seed * 0x9E3779B97F4A7C15ULL + 1), now_(kMorning) {
  // Five rows of four buildings, 240 m apart: a campus of about one square kilometre.
  for (std::size_t z = 0; z < 20; ++z)
    zones_.push_back({fmt::format("z-{:02}", z), 293'700'000 + static_cast<std::int64_t>(z / 4) * 21'600,
                      1'131'000'000 + static_cast<std::int64_t>(z % 4) * 24'800, fmt::format("building-{:02}", z)});
  for (std::size_t d = 0; d < zones_.size() * kPerZone; ++d) devices_.push_back(fmt::format("d-{:04}", d));
  seq_.assign(devices_.size(), 0);
  for (std::size_t p = 0; p < options_.people; ++p) {
    people_.push_back({fmt::format("a-{:06}", p), fmt::format("h-{:06}", p), random(zones_.size()), p % 50 == 7});
    visits_.push({now_ + milliseconds(static_cast<std::int64_t>(random(3'600'000))), p});
  }
  // One of each kind comes first, so that also a short run shows them all.
  for (std::size_t i = 0; i < std::max({options_.lent, options_.rogues, options_.clones}); ++i) {
    if (i < options_.lent) misuse_.push_back({people_[(i * 37 + 11) % people_.size()].account, "lent code"});
    if (i < options_.rogues) misuse_.push_back({fmt::format("x-{:04}", i), "uncertified reader"});
    if (i < options_.clones) misuse_.push_back({devices_[(i * 23 + 5) % devices_.size()], "cloned reader"});
  }
}

std::uint64_t Campus::random(std::uint64_t below) {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return state_ % below;
}

std::int64_t Campus::metres(std::size_t a, std::size_t b) const {
  onecode::Zone x, y;
  x.lat_e7 = zones_[a].lat_e7, x.lon_e7 = zones_[a].lon_e7;
  y.lat_e7 = zones_[b].lat_e7, y.lon_e7 = zones_[b].lon_e7;
  return length_mm(displacement(x, y)) / 1000;
}

std::size_t Campus::device_in(std::size_t zone) { return zone * kPerZone + random(kPerZone); }

Policy Campus::policy(const SigningKey& key) const {
  Policy policy = builtin_policy();
  policy.version = "demo-1";
  policy.effective_from = kEarliestEvent;
  policy.response.learning_days = 0;
  for (const auto& z : zones_) {
    onecode::Zone zone;
    zone.lat_e7 = z.lat_e7, zone.lon_e7 = z.lon_e7, zone.building = z.building, zone.campus = "main";
    policy.zones[z.id] = zone;
  }
  for (const char* role : {"registrar", "information-centre", "integration-owner"})
    policy.roles[role] = {{key.id, KeyAlgorithm::ed25519, key.public_key, "demo", std::nullopt, std::nullopt}};
  return policy;
}

std::vector<streams::FileRecord> Campus::registration(const SigningKey& key) const {
  std::vector<streams::FileRecord> out;
  const auto add = [&](const char* name, const std::string& target, const char* role, const std::string& args) {
    CommandDraft draft;
    draft.source = "/demo/office";
    draft.id = fmt::format("command-{}", out.size());
    draft.time = kMorning - hours(24);
    draft.name = name;
    draft.target = target;
    draft.actor = "demo";
    draft.role = role;
    draft.nonce = fmt::format("n-{}", out.size());
    draft.args_json = args;
    streams::FileRecord record;
    record.topic = Topic::commands;
    record.key = target;
    record.value = command_event(draft, &key);
    out.push_back(std::move(record));
  };
  add("integration.adopt", kIntegration, "information-centre",
      R"({"unit":"logistics-and-security","owners":["demo"],"plan":{"purpose":"doors","architecture":"gateways","data_security":"pseudonyms","expected_effect":"safe doors"},"manifest":{"functions":["access"]}})");
  for (std::size_t d = 0; d < devices_.size(); ++d) {
    const auto& zone = zones_[d / kPerZone];
    add("device.register", devices_[d], "information-centre",
        fmt::format(R"({{"serial":"serial-{}","model":"gate-2","integration":"{}"}})", d, kIntegration));
    add("device.certify", devices_[d], "information-centre",
        R"({"certificate":"cert-2026","valid_to":"2029-01-01T00:00:00+08:00"})");
    add("device.install", devices_[d], "integration-owner",
        fmt::format(
            R"({{"integration":"{}","zone":"{}","position":{{"lat":{}.{:07},"lon":{}.{:07},"accuracy_m":5}},"network":{{}},"kind":"fixed"}})",
            kIntegration, zone.id, zone.lat_e7 / 10'000'000, zone.lat_e7 % 10'000'000, zone.lon_e7 / 10'000'000,
            zone.lon_e7 % 10'000'000));
    add("device.activate", devices_[d], "integration-owner", "{}");
  }
  for (const auto& person : people_) {
    add("account.open", person.account, "registrar",
        R"({"category":"student","valid_from":"2025-09-01T00:00:00+08:00"})");
    if (!person.second_handset) continue;
    add("handset.bind", person.account, "registrar", fmt::format(R"({{"handset":"{}"}})", person.handset));
    add("handset.bind", person.account, "registrar",
        fmt::format(R"({{"handset":"{}-b","secondary":true}})", person.handset));
  }
  return out;
}

streams::FileRecord Campus::scan(const std::string& device, std::uint64_t seq, const std::string& account,
                                 const std::string& handset, Time at, const std::string& direction) {
  streams::FileRecord record;
  record.topic = Topic::scans;
  record.key = device;
  record.value = fmt::format(
      R"({{"specversion":"1.0","id":"demo/{}","source":"/gateways/demo","type":"onecode.scan.v1","time":"{}","data":{{"device":"{}","boot":1,"seq":{},"account":"{}","function":"access","auth":"present","direction":"{}","outcome":"accepted","handset":"{}","integration":"{}"}}}})",
      ++event_, format_time(at), device, seq, account, direction, handset, kIntegration);
  return record;
}

void Campus::put(streams::FileRecord record) { pending_.emplace_back(event_, std::move(record)); }

void Campus::plan_misuse() {
  if (drawn_ < options_.misuse_from || (drawn_ - options_.misuse_from) % options_.misuse_every != 0) return;
  const auto round = static_cast<std::size_t>((drawn_ - options_.misuse_from) / options_.misuse_every);
  auto& misuse = misuse_[round % misuse_.size()];
  misuse.committed = true;
  if (misuse.kind == "lent code") {
    auto& holder = *std::ranges::find(people_, misuse.subject, &Person::account);
    // Shown here and, within two seconds, at the far end of the campus; then by the holder again.
    const std::size_t here = holder.zone, there = (here + zones_.size() / 2) % zones_.size();
    const std::string other = holder.handset + "-friend";
    const std::size_t door = device_in(here), far_door = device_in(there);
    const std::uint64_t first = ++seq_[door], second = ++seq_[door];
    put(scan(devices_[door], second, holder.account, holder.handset, now_ + milliseconds(2500), "in"));
    put(scan(devices_[far_door], ++seq_[far_door], holder.account, other, now_ + milliseconds(1500), "in"));
    put(scan(devices_[door], first, holder.account, holder.handset, now_ + milliseconds(500), "in"));
  } else if (misuse.kind == "uncertified reader") {
    for (int i = 0; i < 3; ++i) {
      const auto& victim = people_[random(people_.size())];
      put(scan(misuse.subject, ++rogue_seq_, victim.account, victim.handset, now_, "in"));
    }
  } else {
    const auto device = static_cast<std::size_t>(std::ranges::find(devices_, misuse.subject) - devices_.begin());
    const auto& victim = people_[random(people_.size())];
    if (seq_[device] == 0) seq_[device] = 1;
    put(scan(misuse.subject, seq_[device], victim.account, victim.handset, now_, "out"));
  }
}

streams::FileRecord Campus::next() {
  ++drawn_;
  if (pending_.empty()) plan_misuse();
  if (!pending_.empty()) {
    auto [n, record] = std::move(pending_.back());
    pending_.pop_back();
    last_event_ = n;
    return record;
  }
  const Visit visit = visits_.top();
  visits_.pop();
  now_ = std::max(now_, visit.at);
  auto& person = people_[visit.person];
  const std::size_t device = device_in(person.zone);
  const bool second = person.second_handset && random(3) == 0;
  auto record = scan(devices_[device], ++seq_[device], person.account,
                     second ? person.handset + "-b" : person.handset, visit.at, random(2) == 0 ? "in" : "out");
  // On foot at 1.4 m/s to a building nearby or far, then some time inside.
  last_event_ = event_;
  const std::size_t next_zone = random(zones_.size());
  const std::int64_t walk_ms = metres(person.zone, next_zone) * 1000 * 10 / 14;
  person.zone = next_zone;
  visits_.push(
      {visit.at + milliseconds(walk_ms + 300'000 + static_cast<std::int64_t>(random(5'400'000))), visit.person});
  return record;
}

} // namespace onecode::app
