// The campus and the outcome of a replay (contract.hpp). Not a test: what it does wrong would show up everywhere at once.
#include "tests/contract/contract.hpp"

#include <algorithm>
#include <sstream>

namespace contract {

std::vector<json> Outcome::records(const std::string& topic) const {
  for (const auto& [name, lines] : topics)
    if (name == topic) return lines;
  return {};
}

std::vector<json> Outcome::values(const std::string& topic) const {
  std::vector<json> out;
  for (const auto& record : records(topic))
    if (record.contains("value") && !record.at("value").is_null()) out.push_back(record.at("value")); // no tombstones
  return out;
}

std::vector<json> Outcome::data(const std::string& topic) const {
  std::vector<json> out;
  for (const auto& value : values(topic)) out.push_back(value.at("data"));
  return out;
}

json Outcome::decision(const std::string& scan_id) const {
  json found;
  int count = 0;
  for (const auto& data : data("decisions"))
    if (data.at("scan").at("id") == scan_id) {
      found = data;
      ++count;
    }
  INFO("decisions of scan " << scan_id << "; dead letters: " << json(dead_codes()).dump());
  REQUIRE(count == 1);
  return found;
}

std::string Outcome::verdict(const std::string& scan_id) const { return decision(scan_id).at("verdict"); }

std::vector<std::string> Outcome::reasons(const std::string& scan_id) const {
  return sorted(decision(scan_id).at("reasons"));
}

std::vector<json> Outcome::dead(const std::string& code) const {
  std::vector<json> out;
  for (const auto& record : records("dead-letters"))
    if (record.at("headers").at("error-code") == code) out.push_back(record);
  return out;
}

std::vector<std::string> Outcome::dead_codes() const {
  std::vector<std::string> out;
  for (const auto& record : records("dead-letters")) out.push_back(record.at("headers").at("error-code"));
  return out;
}

json Outcome::last(const std::string& topic, const std::string& member, const std::string& id) const {
  json found;
  for (const auto& data : data(topic))
    if (data.at(member) == id) found = data;
  return found;
}

json Outcome::last_freeze(const std::string& account) const { return last("freezes", "account", account); }

std::vector<json> Outcome::findings(const std::string& topic, const std::string& rule,
                                    const std::string& subject) const {
  std::vector<json> out;
  for (const auto& data : data(topic))
    if (data.at("finding_info").at("analytic").at("uid") == rule &&
        data.at("unmapped").at("onecode").at("subject") == subject)
      out.push_back(data);
  return out;
}

std::vector<json> Outcome::notices(const std::string& to) const {
  std::vector<json> out;
  for (const auto& data : data("notices"))
    if (data.at("to") == to) out.push_back(data);
  return out;
}

Outcome replay_text(const std::string& text, const json& policy, std::vector<std::string> more, const json& secrets) {
  Folder folder;
  std::vector<std::string> arguments{"replay", folder.write("in.ndjson", text).string(), "--out",
                                     (folder / "out").string()};
  if (!policy.is_null()) {
    arguments.emplace_back("--policy");
    arguments.push_back(folder.write("policy.json", policy.dump()).string());
  }
  if (secrets.is_object() && !secrets.empty()) {
    arguments.emplace_back("--secrets");
    arguments.push_back(folder.write("secrets.json", secrets.dump()).string());
  }
  arguments.insert(arguments.end(), more.begin(), more.end());
  Outcome outcome;
  outcome.exit = onecode(arguments);
  if (!fs::exists(folder / "out")) return outcome;
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder / "out")) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    outcome.files.push_back(path.filename().string());
    const std::string bytes = read_file(path);
    if (path.filename() == "summary.json") {
      outcome.summary = json::parse(bytes);
      continue;
    }
    outcome.all_bytes += path.filename().string() + "\n" + bytes;
    std::vector<json> lines;
    std::istringstream in(bytes);
    for (std::string row; std::getline(in, row);) lines.push_back(json::parse(row));
    outcome.topics.emplace_back(path.stem().string(), std::move(lines));
  }
  return outcome;
}

json policy_document() {
  // z-1 and z-2 are about 3 km apart, z-3 is 30 m from z-1.
  return json::parse(R"({
    "version": "t-1", "effective_from": "2025-01-01T00:00:00.000+08:00",
    "zones": {"z-1": {"lat": 29.360, "lon": 113.100, "building": "B1", "campus": "main"},
              "z-2": {"lat": 29.387, "lon": 113.100, "building": "B2", "campus": "main"},
              "z-3": {"lat": 29.3603, "lon": 113.100, "building": "B3", "campus": "main"}},
    "categories": {"student": ["identity", "payment", "access", "library", "other"], "temporary": ["identity", "access"]}
  })");
}

Campus::Campus() = default;

json& Campus::command(const std::string& name, const std::string& target, json args, std::int64_t time,
                      const std::string& role, const std::string& actor) {
  const std::string nonce = "nonce-" + std::to_string(++nonce_);
  json data = {{"command", name},         {"target", target},
               {"args", std::move(args)}, {"actor", {{"id", actor.empty() ? "the-" + role : actor}, {"role", role}}},
               {"issued_at", at(time)},   {"nonce", nonce},
               {"reason", "as agreed"}};
  lines.push_back(line("commands", target, event("onecode.command.v1", "command/" + nonce, time, std::move(data))));
  return lines.back();
}

void Campus::open(const std::string& account, std::int64_t time, json more) {
  json args = {{"category", "student"}, {"valid_from", at(time)}};
  args.update(more);
  command("account.open", account, args, time, "registrar");
}

void Campus::bind(const std::string& account, const std::string& handset, std::int64_t time, json more) {
  json args = {{"handset", handset}};
  args.update(more);
  command("handset.bind", account, args, time, "registrar");
}

void Campus::adopt(const std::string& integration, json manifest_changes) {
  json manifest = {
      {"devices", {"d-1", "d-2", "d-3", "d-4"}},
      {"zones", {"z-1", "z-2", "z-3"}},
      {"functions", {"identity", "payment", "access", "library", "other:clinic", "other:exam", "other:sauna"}},
      {"fields", {{{"name", "account"}, {"purpose", "opening doors"}, {"retention_days", 30}}}},
      {"endpoints", {"/accounts"}},
      {"volumes", {{"subjects_per_day", 10000}, {"scans_per_day", 100000}}},
      {"network", "10.0.0.0/8"}};
  manifest.update(manifest_changes);
  const json args = {{"unit", "unit-" + integration},
                     {"owners", {"owner-1"}},
                     {"plan",
                      {{"purpose", "doors"},
                       {"architecture", "readers"},
                       {"data_security", "TLS"},
                       {"expected_effect", "shorter queues"}}},
                     {"manifest", manifest}};
  command("integration.adopt", integration, args, -100 * kDay, "information-centre");
}

void Campus::device(const std::string& device, const std::string& integration, const std::string& zone, json certify,
                    int steps) {
  const std::int64_t time = -95 * kDay;
  if (steps >= 1)
    command("device.register", device,
            {{"serial", "serial-" + device}, {"model", "gate 2"}, {"integration", integration}}, time,
            "information-centre");
  json args = {{"certificate", "cert-" + device}, {"valid_to", at(700 * kDay)}};
  args.update(certify);
  if (steps >= 2) command("device.certify", device, args, time + kSecond, "information-centre");
  const json position = {{"lat", 29.36}, {"lon", 113.1}, {"accuracy_m", 5}};
  const json network = {{"src_ip", "10.0.0.7"}, {"vlan", "7"}};
  if (steps >= 3)
    command("device.install", device,
            {{"integration", integration},
             {"zone", zone},
             {"position", position},
             {"network", network},
             {"kind", "fixed"}},
            time + 2 * kSecond, "integration-owner", "owner-1");
  if (steps >= 4)
    command("device.activate", device, json::object(), time + 3 * kSecond, "integration-owner", "owner-1");
}

json Campus::scan(const std::string& id, const std::string& device, std::int64_t seq, const std::string& account,
                  std::int64_t time, json more) {
  json data = {{"device", device},  {"seq", seq},        {"function", "access"},
               {"auth", "present"}, {"direction", "in"}, {"outcome", "accepted"}};
  if (!account.empty()) data["account"] = account;
  data.update(more);
  for (auto it = data.begin(); it != data.end();) it = it->is_null() ? data.erase(it) : std::next(it);
  lines.push_back(line("scans", device, event("onecode.scan.v1", id, time, data)));
  lines.back()["timestamp"] = epoch_ms(time);
  return data;
}

std::string Campus::text() const {
  std::string out;
  for (const auto& record : lines) out += record.dump() + "\n";
  return out;
}

Outcome Campus::replay(std::vector<std::string> more) const {
  return replay_text(text(), policy, std::move(more), secrets);
}

Campus ordinary() {
  Campus campus;
  campus.adopt("gates");
  campus.device("d-1");
  campus.device("d-2", "gates", "z-2");
  campus.open("a-1");
  campus.bind("a-1", "h-1");
  return campus;
}

std::vector<std::string> sorted(const json& array) {
  std::vector<std::string> out = array.get<std::vector<std::string>>();
  std::sort(out.begin(), out.end());
  return out;
}

bool one_of(const std::string& text, const std::vector<std::string>& choices) {
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

bool contains(const json& array, const std::string& text) {
  return std::any_of(array.begin(), array.end(), [&](const json& one) { return one == text; });
}

} // namespace contract
