#include "app/mapping.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "app/errors.hpp"
#include "app/toml_reader.hpp"
#include "domain/ids.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: {
      Json out = Json::object();
      for (const auto& [k, v] : *node.as_table()) out[std::string(k.str())] = to_json(v);
      return out;
    }
    case toml::node_type::array: {
      Json out = Json::array();
      for (const auto& v : *node.as_array()) out.push_back(to_json(v));
      return out;
    }
    case toml::node_type::string:
      return node.as_string()->get();
    case toml::node_type::integer:
      return node.as_integer()->get();
    case toml::node_type::floating_point:
      return node.as_floating_point()->get();
    case toml::node_type::boolean:
      return node.as_boolean()->get();
    default:
      return nullptr;
  }
}

class Reading {
public:
  Reading(const toml::table& table, std::string path, TomlErrors& errors, Mapping& mapping)
      : toml(table, std::move(path), errors), mapping_(mapping) {}

  /// Without a fallback the key is required; an empty fallback leaves the template empty.
  void text(std::string_view key, Template& into, std::optional<std::string_view> fallback = std::nullopt) {
    std::string given(fallback.value_or(""));
    if (fallback)
      toml.read(key, given);
    else
      toml.require(key, given);
    const auto* node = toml.raw().get(key);
    into.where = toml.errors().where(node != nullptr ? node->source() : toml.raw().source()) + ": " + toml.path(key);
    for (std::size_t at = 0; at < given.size();) {
      const auto open = std::min(given.find('{', at), given.size());
      if (open > at) into.parts.push_back({given.substr(at, open - at), "", ""});
      if (open == given.size()) break;
      const auto close = given.find('}', open);
      if (close == std::string::npos) {
        toml.error(key, fmt::format("\"{}\" opens a brace and does not close it", given));
        return;
      }
      std::string column = given.substr(open + 1, close - open - 1), table;
      if (const auto bar = column.find('|'); bar != std::string::npos) {
        table = column.substr(bar + 1);
        column.resize(bar);
        if (!mapping_.values.contains(table)) toml.error(key, fmt::format("there is no table [values.{}]", table));
      } else if (mapping_.values.contains(column)) {
        table = column;
      }
      if (column.empty()) toml.error(key, fmt::format("\"{}\" has braces without a column", given));
      into.parts.push_back({"", column, table});
      at = close + 1;
    }
  }

  TomlReader toml;

private:
  Mapping& mapping_;
};

/// "+08:00", "Z", or the one zone name that never changed its clocks since 1991.
std::optional<Duration> parse_zone(const std::string& text) {
  if (text == "Asia/Shanghai") return hours(8);
  const auto t = parse_time("2026-01-01T00:00:00" + text);
  if (!t) return std::nullopt;
  return *parse_time("2026-01-01T00:00:00Z") - *t;
}

std::optional<std::int64_t> degrees_e7(TomlReader& reader, const char* key, double limit) {
  double degrees = 0;
  if (!reader.require(key, degrees)) return std::nullopt;
  if (!(std::abs(degrees) <= limit)) {
    reader.error(key, fmt::format("must be between -{} and {} degrees", limit, limit));
    return std::nullopt;
  }
  return std::llround(degrees * 1e7);
}

void read_seconds(TomlReader& reader, const char* key, std::int64_t most, std::int64_t& into_ms) {
  std::int64_t seconds = into_ms / 1000;
  if (reader.read(key, seconds)) {
    if (seconds < 0 || seconds > most) reader.error(key, fmt::format("must be between 0 and {}", most));
    into_ms = seconds * 1000;
  }
}

bool id_or_error(TomlReader& reader, std::string_view key, const std::string& value) {
  if (valid_id(value)) return true;
  reader.error(key, fmt::format("\"{}\" must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -", value));
  return false;
}

} // namespace

Mapping read_mapping(const std::string& path, const std::string& text) {
  Mapping m;
  m.file = path;
  TomlErrors errors(path);
  const auto parsed = parse_toml(text, errors);
  if (!parsed) throw InputError(errors.texts);
  TomlReader root(*parsed, "", errors);
  static const toml::table nothing;
  const auto section = [&](const char* name, bool required) -> const toml::table& {
    const auto* t = root.table(name);
    if (t == nullptr && required && parsed->get(name) == nullptr)
      errors.add({}, fmt::format("[{}]", name), "is missing");
    return t != nullptr ? *t : nothing;
  };

  // Value tables first: templates ask which ones there are.
  {
    TomlReader tables(section("values", false), "values", errors);
    for (const auto& [name, node] : tables.raw()) {
      const auto* t = tables.table(name.str());
      if (t == nullptr) continue;
      TomlReader reader(*t, "values." + std::string(name.str()), errors);
      auto& table = m.values[std::string(name.str())];
      for (const auto& [from, to] : *t) reader.read(from.str(), table.values[std::string(from.str())]);
    }
  }

  {
    Reading r(section("log", true), "log", errors, m);
    std::string repeated = "keep", separator = ",";
    if (r.toml.require("name", m.name)) id_or_error(r.toml, "name", m.name);
    m.source = "/imports/" + m.name;
    r.toml.read("source", m.source);
    if (m.source.empty()) r.toml.error("source", "must not be empty");
    r.toml.read("id", m.id_column);
    r.toml.read("order", m.order_column);
    if (r.toml.read("repeated", repeated) && repeated != "keep" && repeated != "drop")
      r.toml.error("repeated", "must be keep or drop");
    m.drop_repeated = repeated == "drop";
    if (r.toml.read("separator", separator) && (separator.size() != 1 || separator == "\"" || separator == "\n"))
      r.toml.error("separator", "must be one character");
    if (!separator.empty()) m.separator = separator[0];
    r.toml.finish();
  }

  {
    Reading r(section("time", true), "time", errors, m);
    std::string zone = "+08:00";
    r.text("from", m.time);
    r.toml.read("format", m.time_format);
    if (r.toml.read("zone", zone)) {
      if (const auto offset = parse_zone(zone))
        m.zone_offset = *offset;
      else
        r.toml.error("zone", fmt::format("must be an offset such as +08:00, or Asia/Shanghai, not \"{}\"", zone));
    }
    read_seconds(r.toml, "resolution_s", 86'400, m.resolution_ms);
    r.toml.read("lost", m.lost);
    read_seconds(r.toml, "lost_accuracy_s", 86'400, m.lost_accuracy_ms);
    read_seconds(r.toml, "late_after_s", 366 * 86'400, m.late_after_ms);
    r.toml.finish();
  }

  {
    Reading r(section("scan", true), "scan", errors, m);
    r.text("account", m.account);
    r.text("device", m.device);
    r.text("integration", m.integration);
    r.text("function", m.function, "access");
    r.text("auth", m.auth, "present");
    r.text("direction", m.direction, "");
    r.text("outcome", m.outcome, "");
    r.text("handset", m.handset, "");
    r.text("operator", m.operator_id, "");
    r.text("amount", m.amount, "");
    std::string unit = "fen";
    if (r.toml.read("amount_unit", unit) && unit != "fen" && unit != "yuan")
      r.toml.error("amount_unit", "must be fen or yuan");
    m.amount_in_yuan = unit == "yuan";
    r.toml.finish();
  }

  {
    Reading r(section("register", true), "register", errors, m);
    r.toml.require("at", m.registered_at);
    m.reason = "imported from " + m.name;
    r.toml.read("reason", m.reason);
    m.actors = {{"information-centre", "information-centre"}, {"registrar", "registrar"}};
    if (const auto* t = r.toml.table("actors")) {
      TomlReader actors(*t, "register.actors", errors);
      for (auto& [role, actor] : m.actors)
        if (actors.read(role, actor)) id_or_error(actors, role, actor);
      actors.finish();
    }
    r.toml.finish();
  }

  {
    Reading r(section("accounts", true), "accounts", errors, m);
    r.text("category", m.category);
    m.account_from = m.registered_at;
    r.toml.read("valid_from", m.account_from);
    r.toml.read("valid_to", m.account_to);
    r.toml.read("approver", m.approver);
    r.toml.finish();
  }

  {
    Reading r(section("zones", false), "zones", errors, m);
    for (const auto& [name, node] : r.toml.raw()) {
      const auto* t = r.toml.table(name.str());
      if (t == nullptr) continue;
      TomlReader zone(*t, "zones." + std::string(name.str()), errors);
      const std::string id(name.str());
      if (!valid_id(id))
        errors.add(name.source(), "zones." + id, "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -");
      Zone& z = m.zones[id];
      if (const auto lat = degrees_e7(zone, "lat", 90)) z.lat_e7 = *lat;
      if (const auto lon = degrees_e7(zone, "lon", 180)) z.lon_e7 = *lon;
      zone.read("building", z.building);
      zone.read("campus", z.campus);
      zone.finish();
    }
  }

  {
    Reading r(section("devices", true), "devices", errors, m);
    r.text("zone", m.zone);
    r.text("serial", m.serial, "");
    r.text("model", m.model, "unknown");
    r.text("certificate", m.certificate, "before-onecode");
    if (r.toml.read("kind", m.device_kind) && m.device_kind != "fixed" && m.device_kind != "mobile")
      r.toml.error("kind", "must be fixed or mobile");
    r.toml.read("certified_to", m.certified_to);
    if (const auto* t = r.toml.table("network")) m.network_json = to_json(*t).dump();
    if (const auto* t = r.toml.table("position")) {
      TomlReader position(*t, "devices.position", errors);
      Position p;
      if (const auto lat = degrees_e7(position, "lat", 90)) p.lat_e7 = *lat;
      if (const auto lon = degrees_e7(position, "lon", 180)) p.lon_e7 = *lon;
      position.read("accuracy_m", p.accuracy_m);
      position.finish();
      m.position = p;
    }
    r.toml.finish();
  }

  {
    TomlReader all(section("integrations", true), "integrations", errors);
    for (const auto& [name, node] : all.raw()) {
      const auto* t = all.table(name.str());
      if (t == nullptr) continue;
      const std::string id(name.str());
      if (!valid_id(id))
        errors.add(name.source(), "integrations." + id, "must be 1 to 64 of the characters A-Z a-z 0-9 . _ : -");
      TomlReader reader(*t, "integrations." + id, errors);
      auto& integration = m.integrations[id];
      if (reader.require("unit", integration.unit)) id_or_error(reader, "unit", integration.unit);
      integration.owners = {"owner:" + id};
      if (reader.read("owners", integration.owners)) {
        if (integration.owners.empty()) reader.error("owners", "must name at least one person");
        for (const auto& owner : integration.owners) id_or_error(reader, "owners", owner);
      }
      // The regulation wants the four parts of a plan even from an integration that is older than onecode (R4.1).
      Json plan = {{"purpose", ""}, {"architecture", ""}, {"data_security", ""}, {"expected_effect", ""}};
      if (reader.find("plan") == nullptr) {
        reader.error("plan", "is missing: purpose, architecture, data_security, expected_effect");
      } else if (const auto* p = reader.table("plan")) {
        TomlReader parts(*p, "integrations." + id + ".plan", errors);
        for (auto& [part, value] : plan.items()) {
          std::string words;
          parts.require(part, words);
          value = words;
        }
        parts.finish();
      }
      integration.plan_json = plan.dump();
      Json manifest = Json::object();
      if (const auto* p = reader.table("manifest")) manifest = to_json(*p);
      integration.manifest_json = manifest.dump();
      reader.finish();
    }
  }

  {
    Reading r(section("policy", false), "policy", errors, m);
    m.policy_version = "import-" + m.name;
    m.policy_from = m.registered_at;
    r.toml.read("version", m.policy_version);
    r.toml.read("effective_from", m.policy_from);
    if (const auto* node = r.toml.find("walking_seconds")) {
      const auto* list = node->as_array();
      bool good = list != nullptr;
      for (std::size_t i = 0; good && i < list->size(); ++i) {
        const auto* entry = list->get(i)->as_array();
        good = entry != nullptr && entry->size() == 3 && entry->get(0)->is_string() && entry->get(1)->is_string() &&
               entry->get(2)->is_integer();
        if (good)
          m.walks.push_back({entry->get(0)->as_string()->get(), entry->get(1)->as_string()->get(),
                             entry->get(2)->as_integer()->get()});
      }
      if (!good) r.toml.error("walking_seconds", "must be a list of [zone, zone, seconds]");
      for (const auto& w : m.walks)
        for (const auto& zone : {w.a, w.b})
          if (!m.zones.contains(zone))
            r.toml.error("walking_seconds", fmt::format("there is no table [zones.{}]", zone));
    }
    r.toml.finish();
  }

  root.finish();
  if (!errors.texts.empty()) throw InputError(errors.texts);
  return m;
}

std::optional<Time> parse_local_time(std::string_view text, std::string_view format, Duration zone_offset) {
  if (format == "rfc3339") return parse_time(text);
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0;
  std::optional<std::int64_t> epoch;
  std::string zone;
  std::size_t at = 0;
  const auto digits = [&](std::size_t least, std::size_t most) -> std::optional<std::int64_t> {
    std::int64_t n = 0;
    std::size_t count = 0;
    for (; count < most && at < text.size() && text[at] >= '0' && text[at] <= '9'; ++count, ++at)
      n = n * 10 + (text[at] - '0');
    if (count < least) return std::nullopt;
    return n;
  };
  for (std::size_t f = 0; f < format.size(); ++f) {
    if (format[f] != '%' || f + 1 == format.size()) {
      if (at >= text.size() || text[at] != format[f]) return std::nullopt;
      ++at;
      continue;
    }
    const char what = format[++f];
    if (what == '%') {
      if (at >= text.size() || text[at++] != '%') return std::nullopt;
      continue;
    }
    if (what == 'z') { // Z, +08:00 or +0800
      const auto rest = text.substr(at);
      const std::size_t length = rest.starts_with("Z") ? 1 : rest.size() > 3 && rest[3] == ':' ? 6 : 5;
      if (rest.size() < length) return std::nullopt;
      zone = std::string(rest.substr(0, length));
      if (length == 5) zone.insert(3, ":");
      at += length;
      continue;
    }
    if (what == 'f') {
      const std::size_t start = at;
      const auto n = digits(1, 9);
      if (!n) return std::nullopt;
      std::int64_t scaled = *n;
      for (std::size_t width = at - start; width < 3; ++width) scaled *= 10;
      for (std::size_t width = at - start; width > 3; --width) scaled /= 10;
      ms = static_cast<int>(scaled);
      continue;
    }
    const auto n = digits(what == 'Y' ? 4 : what == 'y' ? 2 : 1, what == 'Y' ? 4 : what == 's' ? 12 : 2);
    if (!n) return std::nullopt;
    switch (what) {
      case 'Y':
        year = static_cast<int>(*n);
        break;
      case 'y':
        year = 2000 + static_cast<int>(*n);
        break;
      case 'm':
        month = static_cast<int>(*n);
        break;
      case 'd':
        day = static_cast<int>(*n);
        break;
      case 'H':
        hour = static_cast<int>(*n);
        break;
      case 'M':
        minute = static_cast<int>(*n);
        break;
      case 'S':
        second = static_cast<int>(*n);
        break;
      case 's':
        epoch = *n;
        break;
      default:
        return std::nullopt;
    }
  }
  if (at != text.size()) return std::nullopt;
  if (epoch) return Time{*epoch * 1000 + ms};
  const auto t = parse_time(fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}", year, month, day, hour, minute,
                                        second, ms, zone.empty() ? "Z" : zone));
  if (!t) return std::nullopt;
  return zone.empty() ? *t - zone_offset : *t;
}

} // namespace onecode::app
