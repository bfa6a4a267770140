#include "app/import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "app/csv.hpp"
#include "app/errors.hpp"
#include "domain/hash.hpp"
#include "domain/ids.hpp"
#include "streams/authenticate.hpp"
#include "streams/encode.hpp"
#include "streams/policy_document.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownErrors = 20;

/// Why one row cannot be used.
struct BadRow {
  std::string why;
};

std::string trimmed(std::string_view s) {
  const auto from = s.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return std::string(s.substr(from, s.find_last_not_of(" \t") - from + 1));
}

/// The same text always becomes the same identifier, on every machine.
std::string invented_id(std::string_view text) { return "x" + streams::to_hex(streams::sha256(text)).substr(0, 12); }

/// A template bound to the columns of this log.
class Column {
public:
  Column(const Template& from, const std::vector<std::string>& header, const Mapping& mapping,
         const std::string& csv_file, std::vector<std::string>& errors) {
    for (const auto& p : from.parts) {
      Part part{p.text, 0, nullptr, p.column};
      if (!p.column.empty()) {
        const auto it = std::find(header.begin(), header.end(), p.column);
        if (it == header.end())
          errors.push_back(fmt::format("{}: {} has no column '{}' (it has: {})", from.where, csv_file, p.column,
                                       fmt::join(header, ", ")));
        part.index = static_cast<std::size_t>(it - header.begin());
        if (!p.table.empty()) part.table = &mapping.values.at(p.table);
      }
      parts_.push_back(std::move(part));
    }
  }

  bool empty() const { return parts_.empty(); }

  std::string text(const std::vector<std::string>& row) const {
    std::string out;
    for (const auto& p : parts_) out += p.column.empty() ? p.text : value(p, row);
    return out;
  }

  /// Parts that could not stand in an identifier are replaced by one made from their hash. Empty: a column was empty,
  /// or there is no template.
  std::string id(const std::vector<std::string>& row, ImportSummary& summary) const {
    std::string out;
    for (const auto& p : parts_) {
      if (p.column.empty()) {
        out += p.text;
        continue;
      }
      const std::string v = value(p, row);
      if (v.empty()) return {};
      if (valid_id(v)) {
        out += v;
      } else {
        auto& invented = summary.invented[p.column][v];
        if (invented.empty()) invented = invented_id(v);
        out += invented;
      }
    }
    return out.empty() || valid_id(out) ? out : invented_id(out);
  }

private:
  struct Part {
    std::string text;
    std::size_t index;
    const ValueTable* table;
    std::string column;
  };

  static std::string value(const Part& p, const std::vector<std::string>& row) {
    std::string v = trimmed(row[p.index]);
    if (p.table != nullptr)
      if (const auto it = p.table->values.find(v); it != p.table->values.end()) return it->second;
    return v;
  }

  std::vector<Part> parts_;
};

std::optional<std::int64_t> parse_amount(const std::string& text, bool yuan) {
  std::int64_t whole = 0, fraction = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, whole);
  if (error != std::errc{} || whole < 0 || whole > 1'000'000'000'000) return std::nullopt;
  if (!yuan) return stop == end ? std::optional(whole) : std::nullopt;
  if (stop != end) {
    if (*stop != '.' || end - stop < 2 || end - stop > 3) return std::nullopt;
    const auto [stop2, error2] = std::from_chars(stop + 1, end, fraction);
    if (error2 != std::errc{} || stop2 != end || fraction < 0) return std::nullopt;
    if (end - stop == 2) fraction *= 10;
  }
  return whole * 100 + fraction;
}

/// What one row says, in the engine's words.
struct Row {
  std::size_t line = 0;
  std::string id;
  std::string order;
  std::int64_t order_number = 0;
  Time time;
  bool lost = false, dateless = false, late = false;
  std::string account, device, integration, zone, function, auth, direction, outcome, handset, operator_id;
  std::optional<std::int64_t> amount;
  std::string category, serial, model, certificate;
};

class Importer {
public:
  Importer(const Mapping& mapping, std::istream& csv, const std::string& csv_file, const ImportOptions& options,
           const std::function<void(streams::FileRecord&&)>& sink)
      : m_(mapping), csv_(csv, mapping.separator), csv_file_(csv_file), options_(options), sink_(sink) {}

  ImportSummary run() {
    read_rows();
    put_in_order();
    place_lost_clocks();
    note_entities();
    if (!options_.skip_bad && !summary_.skipped.empty()) refuse();
    write_registration();
    write_scans();
    return std::move(summary_);
  }

private:
  void refuse() const {
    std::vector<std::string> texts;
    for (const auto& s : summary_.skipped) {
      if (texts.size() == kShownErrors) {
        texts.push_back(fmt::format("{}: and {} bad rows more", csv_file_, summary_.skipped.size() - kShownErrors));
        break;
      }
      texts.push_back(fmt::format("{}:{}: {}", csv_file_, s.line, s.why));
    }
    texts.push_back(
        fmt::format("nothing was written; mend the mapping {}, or leave bad rows out with --skip-bad", m_.file));
    throw InputError(texts);
  }

  void skip(std::size_t line, std::string why) { summary_.skipped.push_back({line, std::move(why)}); }

  void read_rows() {
    std::vector<std::string> header;
    try {
      if (!csv_.next(header))
        throw InputError(fmt::format("{}: is empty; its first line must name the columns", csv_file_));
    } catch (const CsvError& e) {
      throw InputError(fmt::format("{}:{}: {}", csv_file_, e.line, e.what()));
    }
    for (auto& name : header) name = trimmed(name);
    for (std::size_t i = 0; i < header.size(); ++i)
      if (std::find(header.begin(), header.begin() + static_cast<std::ptrdiff_t>(i), header[i]) !=
          header.begin() + static_cast<std::ptrdiff_t>(i))
        throw InputError(fmt::format("{}:1: two columns are named '{}'", csv_file_, header[i]));

    std::vector<std::string> errors;
    const auto column = [&](const Template& t) { return Column(t, header, m_, csv_file_, errors); };
    const Column time = column(m_.time), account = column(m_.account), device = column(m_.device),
                 function = column(m_.function), auth = column(m_.auth), direction = column(m_.direction),
                 outcome = column(m_.outcome), integration = column(m_.integration), handset = column(m_.handset),
                 operator_id = column(m_.operator_id), amount = column(m_.amount), category = column(m_.category),
                 zone = column(m_.zone), serial = column(m_.serial), model = column(m_.model),
                 certificate = column(m_.certificate);
    const auto plain = [&](const std::string& name, const char* key) -> std::optional<std::size_t> {
      if (name.empty()) return std::nullopt;
      const auto it = std::find(header.begin(), header.end(), name);
      if (it == header.end())
        errors.push_back(fmt::format("{}: log.{}: {} has no column '{}' (it has: {})", m_.file, key, csv_file_, name,
                                     fmt::join(header, ", ")));
      return static_cast<std::size_t>(it - header.begin());
    };
    const auto order = plain(m_.order_column, "order");
    const auto id = plain(m_.id_column.empty() ? m_.order_column : m_.id_column, "id");
    if (!errors.empty()) throw InputError(errors);

    std::unordered_map<std::string, std::uint64_t> seen_ids;
    std::unordered_set<std::string> seen_contents;
    std::vector<std::string> fields;
    for (;;) {
      try {
        if (!csv_.next(fields)) break;
        ++summary_.rows;
        if (fields.size() != header.size())
          throw BadRow{fmt::format("has {} fields instead of {}", fields.size(), header.size())};
        Row row;
        row.line = csv_.line();
        row.id = id ? trimmed(fields[*id]) : std::to_string(row.line);
        if (row.id.empty()) throw BadRow{fmt::format("the column '{}' is empty", header[*id])};
        if (order) row.order = trimmed(fields[*order]);
        row.account = account.id(fields, summary_);
        row.device = device.id(fields, summary_);
        row.integration = integration.id(fields, summary_);
        row.zone = zone.id(fields, summary_);
        for (const auto& [what, value] : {std::pair{"account", &row.account},
                                          {"device", &row.device},
                                          {"integration", &row.integration},
                                          {"zone", &row.zone}})
          if (value->empty()) throw BadRow{fmt::format("the {} is empty", what)};
        if (!m_.integrations.contains(row.integration))
          throw BadRow{fmt::format("the integration '{}' has no table [integrations.{}] in {}", row.integration,
                                   row.integration, m_.file)};
        row.function = function.text(fields);
        row.auth = auth.text(fields);
        row.direction = direction.text(fields);
        row.outcome = outcome.text(fields);
        row.handset = handset.id(fields, summary_);
        row.operator_id = operator_id.id(fields, summary_);
        if (!amount.empty()) {
          const auto text = amount.text(fields);
          if (!text.empty() && !(row.amount = parse_amount(text, m_.amount_in_yuan)))
            throw BadRow{
                fmt::format("the amount \"{}\" is no amount in {}", text, m_.amount_in_yuan ? "yuan" : "fen")};
        }
        read_time(time.text(fields), row);
        row.category = category.text(fields);
        row.serial = serial.empty() ? row.device : serial.text(fields);
        row.model = model.text(fields);
        row.certificate = certificate.text(fields);

        const auto text = scan_value(row, 1); // with any number: only to ask the decoder
        if (const auto error = check_event(Topic::scans, row.device, text))
          throw BadRow{fmt::format("{} ({})", error->text, error->code)};
        const auto content = scan_content(row);
        const auto [it, fresh] = seen_ids.try_emplace(row.id, hash64(content, 0));
        if (!fresh) {
          if (it->second != hash64(content, 0))
            throw BadRow{fmt::format("the row '{}' stands in the file twice, with different content", row.id)};
          ++summary_.repeated;
          continue;
        }
        if (m_.drop_repeated && !seen_contents.insert(content).second) {
          ++summary_.repeated;
          continue;
        }
        rows_.push_back(std::move(row));
      } catch (const BadRow& bad) {
        skip(csv_.line(), bad.why);
      } catch (const CsvError& e) {
        ++summary_.rows;
        skip(e.line, e.what());
      }
    }
  }

  void read_time(const std::string& text, Row& row) const {
    if (std::find(m_.lost.begin(), m_.lost.end(), text) != m_.lost.end()) {
      row.lost = row.dateless = true;
      row.time = m_.registered_at;
      return;
    }
    const auto t = parse_local_time(text, m_.time_format, m_.zone_offset);
    if (!t) throw BadRow{fmt::format("the time \"{}\" is not in the format {}", text, m_.time_format)};
    if (*t < kEarliestEvent || *t >= kLatestEvent)
      throw BadRow{fmt::format("the time \"{}\" is not between 2015 and 2100", text)};
    if (*t < m_.registered_at)
      throw BadRow{fmt::format("the time \"{}\" is before register.at ({}), when everything in the log is registered",
                               text, format_time(m_.registered_at))};
    row.time = *t;
    const auto of_day =
        format_time(Time{t->ms + m_.zone_offset.ms - kCampusOffset.ms}).substr(11, 12); // HH:MM:SS.mmm
    for (const auto& lost : m_.lost)
      if (lost.size() >= 5 && of_day.starts_with(lost) &&
          of_day.find_first_not_of("0:.", lost.size()) == std::string::npos)
        row.lost = true;
  }

  void put_in_order() {
    if (m_.order_column.empty()) return;
    bool numbers = true;
    for (auto& r : rows_) {
      const char* end = r.order.data() + r.order.size();
      const auto [stop, error] = std::from_chars(r.order.data(), end, r.order_number);
      numbers = numbers && error == std::errc{} && stop == end;
    }
    std::stable_sort(rows_.begin(), rows_.end(), [&](const Row& a, const Row& b) {
      return numbers ? a.order_number < b.order_number : a.order < b.order;
    });
  }

  /// A row without even a date gets the time of the row that was collected before it from the same device: the best
  /// that is known, and `clock: free` says how little that is.
  void place_lost_clocks() {
    std::unordered_map<std::string, Time> device_time;
    std::optional<Time> newest;
    for (auto& r : rows_) {
      if (r.dateless) {
        if (const auto it = device_time.find(r.device); it != device_time.end())
          r.time = it->second;
        else if (newest)
          r.time = *newest;
      }
      device_time[r.device] = r.time;
      if (r.lost) {
        ++summary_.lost_clocks;
        continue;
      }
      if (m_.late_after_ms > 0 && newest && (*newest - r.time).ms > m_.late_after_ms) {
        r.late = true;
        ++summary_.late;
      }
      newest = newest ? std::max(*newest, r.time) : r.time;
      summary_.first = summary_.first.ms == 0 ? r.time : std::min(summary_.first, r.time);
      summary_.last = std::max(summary_.last, r.time);
    }
  }

  /// One device belongs to one integration and one zone, as the first row says; a row that says otherwise is bad.
  void note_entities() {
    std::vector<Row> good;
    good.reserve(rows_.size());
    for (auto& r : rows_) {
      const auto [it, fresh] = devices_.try_emplace(r.device);
      auto& d = it->second;
      if (fresh) {
        d = {r.integration, r.zone, r.serial, r.model, r.certificate};
        if (!m_.zones.contains(r.zone) && !m_.position)
          throw InputError(
              fmt::format("{}: [zones.{}] is missing ({}:{} needs it), or give devices.position for such places",
                          m_.file, r.zone, csv_file_, r.line));
      } else if (d.integration != r.integration || d.zone != r.zone) {
        skip(r.line, fmt::format("the device {} was in zone {} of integration {} before, now in {} of {}", r.device,
                                 d.zone, d.integration, r.zone, r.integration));
        continue;
      }
      accounts_.try_emplace(r.account, r.category);
      auto& integration = integrations_[r.integration];
      integration.devices.insert(r.device);
      integration.zones.insert(r.zone);
      integration.functions.insert(r.function);
      good.push_back(std::move(r));
    }
    rows_ = std::move(good);
    std::stable_sort(summary_.skipped.begin(), summary_.skipped.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
  }

  void command(std::string_view name, const std::string& target, const std::string& role, const std::string& actor,
               const Json& args) {
    CommandDraft draft;
    draft.source = m_.source;
    draft.id = fmt::format("{}/{}/{}", m_.name, name, target);
    draft.time = m_.registered_at;
    draft.name = name;
    draft.target = target;
    draft.actor = actor;
    draft.role = role;
    // The same import again must not look like new commands, and two imports must not share a nonce.
    draft.nonce = streams::to_hex(streams::sha256(m_.source + "\n" + draft.id)).substr(0, 32);
    draft.reason = m_.reason;
    draft.args_json = args.dump();
    streams::FileRecord record;
    record.topic = Topic::commands;
    record.key = target;
    record.value = command_event(draft, options_.key);
    if (const auto error = check_event(Topic::commands, target, *record.value))
      throw InputError(fmt::format("{}: the mapping makes a {} for {} that is not valid: {} ({})", m_.file, name,
                                   target, error->text, error->code));
    ++summary_.commands;
    sink_(std::move(record));
  }

  void write_registration() {
    const auto& centre = m_.actors.at("information-centre");
    for (const auto& [id, seen] : integrations_) {
      const auto& declared = m_.integrations.at(id);
      Json manifest = Json::parse(declared.manifest_json);
      const auto add = [&](const char* member, const std::set<std::string>& values) {
        std::set<std::string> all = values;
        if (manifest.contains(member) && manifest[member].is_array())
          for (const auto& v : manifest[member])
            if (v.is_string()) all.insert(v.get<std::string>());
        manifest[member] = all;
      };
      add("devices", seen.devices);
      add("zones", seen.zones);
      add("functions", seen.functions);
      command("integration.adopt", id, "information-centre", centre,
              {{"unit", declared.unit},
               {"owners", declared.owners},
               {"plan", Json::parse(declared.plan_json)},
               {"manifest", manifest}});
    }
    for (const auto& [id, d] : devices_) {
      const auto& owner = m_.integrations.at(d.integration).owners.front();
      Position position;
      if (const auto z = m_.zones.find(d.zone); z != m_.zones.end()) {
        position.lat_e7 = z->second.lat_e7;
        position.lon_e7 = z->second.lon_e7;
        position.accuracy_m = m_.position ? m_.position->accuracy_m : 10;
      } else {
        position = *m_.position;
      }
      command("device.register", id, "information-centre", centre,
              {{"serial", d.serial}, {"model", d.model}, {"integration", d.integration}});
      command("device.certify", id, "information-centre", centre,
              {{"certificate", d.certificate}, {"valid_to", format_time(m_.certified_to)}});
      command("device.install", id, "integration-owner", owner,
              {{"integration", d.integration},
               {"zone", d.zone},
               {"position",
                {{"lat", static_cast<double>(position.lat_e7) / 1e7},
                 {"lon", static_cast<double>(position.lon_e7) / 1e7},
                 {"accuracy_m", position.accuracy_m}}},
               {"network", Json::parse(m_.network_json)},
               {"kind", m_.device_kind}});
      command("device.activate", id, "integration-owner", owner, Json::object());
    }
    for (const auto& [id, category] : accounts_) {
      Json args = {{"category", category}, {"valid_from", format_time(m_.account_from)}};
      if (m_.account_to) args["valid_to"] = format_time(*m_.account_to);
      if (m_.approver) args["approver"] = *m_.approver;
      command("account.open", id, "registrar", m_.actors.at("registrar"), args);
    }
    summary_.integrations = integrations_.size();
    summary_.devices = devices_.size();
    summary_.accounts = accounts_.size();
  }

  void write_scans() {
    std::unordered_map<std::string, std::uint64_t> sequence; // per device, in the order of feeding
    for (const auto& r : rows_) {
      streams::FileRecord record;
      record.topic = Topic::scans;
      record.key = r.device;
      record.value = scan_value(r, ++sequence[r.device]);
      ++summary_.scans;
      sink_(std::move(record));
    }
  }

  /// Everything about a scan but its name and number: two rows that agree in it cannot be told apart.
  static std::string scan_content(const Row& r) {
    return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", r.dateless ? 0 : r.time.ms, r.lost,
                       r.account, r.device, r.integration, r.function, r.auth, r.direction, r.outcome, r.handset,
                       r.operator_id, r.amount.value_or(-1));
  }

  std::string scan_value(const Row& r, std::uint64_t seq) const {
    std::string out = R"({"specversion":"1.0","id":)";
    streams::append_json_string(out, m_.name + "/" + r.id);
    out += R"(,"source":)";
    streams::append_json_string(out, m_.source);
    out += R"(,"type":"onecode.scan.v1","time":")";
    append_time(out, r.time);
    out += R"(","datacontenttype":"application/json","data":{"device":)";
    streams::append_json_string(out, r.device);
    out += fmt::format(R"(,"boot":0,"seq":{})", seq);
    const auto text = [&](const char* name, const std::string& value) {
      if (value.empty()) return;
      out += fmt::format(R"(,"{}":)", name);
      streams::append_json_string(out, value);
    };
    text("account", r.account);
    text("function", r.function);
    text("auth", r.auth);
    text("direction", r.direction);
    text("outcome", r.outcome);
    if (r.amount) out += fmt::format(R"(,"amount":{})", *r.amount);
    text("handset", r.handset);
    text("operator", r.operator_id);
    text("integration", r.integration);
    if (r.late) out += R"(,"offline":true)";
    // Said outright, because an offline record without it would count as one whose clock nobody vouches for.
    out += r.lost ? R"(,"clock":"free")" : R"(,"clock":"synced")";
    const auto accuracy = r.lost ? std::max(m_.lost_accuracy_ms, m_.resolution_ms) : m_.resolution_ms;
    if (accuracy > 0) out += fmt::format(R"(,"time_accuracy_ms":{})", accuracy);
    out += "}}";
    return out;
  }

  struct SeenDevice {
    std::string integration, zone, serial, model, certificate;
  };
  struct SeenIntegration {
    std::set<std::string> devices, zones, functions;
  };

  const Mapping& m_;
  CsvReader csv_;
  const std::string& csv_file_;
  const ImportOptions& options_;
  const std::function<void(streams::FileRecord&&)>& sink_;
  ImportSummary summary_;
  std::vector<Row> rows_;
  std::map<std::string, SeenDevice> devices_;
  std::map<std::string, SeenIntegration> integrations_;
  std::map<std::string, std::string> accounts_; // id → category
};

} // namespace

ImportSummary import_log(const Mapping& mapping, std::istream& csv, const std::string& csv_file,
                         const ImportOptions& options, const std::function<void(streams::FileRecord&&)>& sink) {
  return Importer(mapping, csv, csv_file, options, sink).run();
}

std::string import_policy(const Mapping& mapping, const SigningKey* key) {
  Json document;
  document["version"] = mapping.policy_version;
  document["effective_from"] = format_time(mapping.policy_from);
  if (key != nullptr) {
    const Json entry = Json::array({Json::parse(public_key_text(*key))});
    auto& roles = document["trust"]["roles"];
    for (const char* role : {"information-centre", "integration-owner", "registrar"}) roles[role] = entry;
  }
  if (!mapping.zones.empty()) {
    auto& zones = document["zones"];
    for (const auto& [id, z] : mapping.zones) {
      auto& zone =
          zones[id] = {{"lat", static_cast<double>(z.lat_e7) / 1e7}, {"lon", static_cast<double>(z.lon_e7) / 1e7}};
      if (!z.building.empty()) zone["building"] = z.building;
      if (!z.campus.empty()) zone["campus"] = z.campus;
    }
  }
  if (!mapping.walks.empty()) {
    auto& walks = document["walking_seconds"] = Json::array();
    for (const auto& w : mapping.walks)
      walks.push_back(Json::array({std::min(w.a, w.b), std::max(w.a, w.b), w.seconds}));
  }
  auto text = document.dump(2) + "\n";
  const auto checked = streams::read_policy(text);
  if (!checked.errors.empty()) {
    std::vector<std::string> errors;
    for (const auto& e : checked.errors) errors.push_back(fmt::format("{}: its policy: {}", mapping.file, e));
    throw InputError(errors);
  }
  return text;
}

} // namespace onecode::app
