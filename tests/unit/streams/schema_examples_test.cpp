// The examples of docs/schemas through the codecs. Would catch: an example, and with it a schema, that says a member
// which the decoder drops or the encoder never writes, a mode that reads another event out of it, and lists of words in
// the schemas that are not those of the code. That examples fit their schemas is for tests/schemas/ to say.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "domain/device.hpp"
#include "domain/explain.hpp"
#include "domain/integration.hpp"
#include "streams/encode.hpp"
#include "streams/event_file.hpp"
#include "streams/json_fields.hpp"
#include "streams/policy_document.hpp"
#include "tests/catch.hpp"
#include "tests/unit/streams/samples.hpp"

using namespace onecode;
using namespace onecode::streams;
using namespace onecode_test;

namespace {

namespace fs = std::filesystem;

fs::path schemas() {
  const char* root = std::getenv("ONECODE_SOURCE_DIR");
  return fs::path(root != nullptr ? root : ".") / "docs" / "schemas";
}

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Json schema(const std::string& name) { return Json::parse(text_of(schemas() / "v1" / (name + ".json"))); }

/// Name and text of each example of a kind.
std::map<std::string, std::string> examples(const std::string& kind) {
  std::map<std::string, std::string> out;
  for (const auto& file : fs::directory_iterator(schemas() / "examples" / kind))
    out[file.path().stem().string()] = text_of(file.path());
  REQUIRE_FALSE(out.empty());
  return out;
}

template <class T>
std::string archived(const T& x) {
  std::string bytes, again;
  encode(bytes, x);
  T read;
  decode(bytes, read);
  encode(again, read);
  CHECK(again == bytes);
  return bytes;
}

/// The event's bytes between nodes and its members as JSON; `read` fills it from a record.
template <class T, class Read>
std::pair<std::string, Json> decoded(Read&& read, const Record& record) {
  T event;
  const std::optional<DecodeError> error = read(record, event);
  REQUIRE_FALSE(error);
  return {archived(event), Json::parse(to_json(event))};
}

/// What an example says of a member is what the event holds, but for what the decoder writes in one way where senders
/// have several: numbers that name a port, lists of servers, fractions of a metre.
void check_member(const std::string& name, const Json& said, const Json& held) {
  CAPTURE(name, said.dump(), held.dump());
  if (said.is_object() && held.is_object()) {
    for (const auto& [key, value] : said.items())
      if (!value.is_null()) check_member(name + '.' + key, value, held.value(key, Json()));
  } else if (said.is_string() && held.is_number()) { // words without a name in the code
    const std::map<std::string, Json> numbers = {
        {"synced", Clock::synced},       {"free", Clock::free},      {"heartbeat", ReportKind::heartbeat},
        {"tamper", ReportKind::tamper},  {"boot", ReportKind::boot}, {"position", ReportKind::position},
        {"network", ReportKind::network}};
    CHECK(held == numbers.at(said));
  } else if (held.is_string() && said.is_number_integer()) {
    CHECK(held == said.dump());
  } else if (held.is_string() && said.is_array()) {
    std::string joined;
    for (const auto& item : said) joined.append(joined.empty() ? "" : ",").append(item.get<std::string>());
    CHECK(held == joined);
  } else if (said.is_number_float() && held.is_number_integer()) {
    CHECK(std::llround(said.get<double>()) == held.get<std::int64_t>());
  } else if (said.is_string() && held.is_string() && parse_time(said.get<std::string>())) {
    CHECK(parse_time(said.get<std::string>()) == parse_time(held.get<std::string>()));
  } else {
    CHECK(said == held);
  }
}

/// One example in every form that an input may have. `renamed`: members that the struct calls otherwise; empty: the
/// caller looks at them.
template <class T, class Read>
void check_input(const std::string& text, Read&& read, const std::map<std::string, std::string>& renamed = {}) {
  const Json example = Json::parse(text);
  const auto structured = decoded<T>(read, record_of(text));

  const std::string data = example["data"].dump();
  std::vector<std::pair<std::string, std::string>> attributes;
  for (const char* name : {"specversion", "id", "source", "type", "time"})
    attributes.emplace_back(std::string("ce_") + name, example[name].get<std::string>());
  std::vector<Header> headers;
  for (const auto& [name, value] : attributes) headers.push_back({name, value});
  CHECK(decoded<T>(read, record_of(data, headers)).first == structured.first);

  const std::string prefix("\0\0\0\0\7", 5), framed = prefix + text, framed_data = prefix + data;
  CHECK(decoded<T>(read, record_of(framed)).first == structured.first);
  CHECK(decoded<T>(read, record_of(framed_data, headers)).first == structured.first);

  for (const auto& [name, value] : example["data"].items()) {
    const auto other = renamed.find(name);
    const std::string held = other == renamed.end() ? name : other->second;
    if (!value.is_null() && !held.empty()) check_member(name, value, structured.second.value(held, Json()));
  }
  CHECK(structured.second["origin"]["id"] == example["id"]);
  CHECK(structured.second["origin"]["source"] == example["source"]);
}

template <class T>
void check_events(const std::string& kind, Topic topic, const std::map<std::string, std::string>& renamed = {}) {
  Decoding d;
  for (const auto& [name, text] : examples(kind)) {
    CAPTURE(kind, name);
    check_input<T>(
        text,
        [&](const Record& record, T& out) {
          auto error = d.decoder.event({topic, 3}, record, d.event);
          if (!error) out = std::get<T>(d.event);
          return error;
        },
        renamed);
  }
}

// -- outputs: from JSON into the struct that the domain would have made ----------------------------------------------

std::string or_empty(const Json& x) { return x.is_null() ? std::string() : x.get<std::string>(); }
Time time_of(const Json& x) { return parse_time(x.get<std::string>()).value(); }

template <class E>
E by_name(const Json& name, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (to_string(static_cast<E>(i)) == name.get<std::string>()) return static_cast<E>(i);
  FAIL("nothing is called " << name);
  return {};
}

Reasons reasons_of(const Json& list) {
  Reasons out;
  for (const auto& r : list) out.add(by_name<Reason>(r, kReasons));
  return out;
}
std::vector<RuleId> rules_of(const Json& list) {
  std::vector<RuleId> out;
  for (const auto& r : list) out.push_back(rule_by_name(r.get<std::string>()).value());
  return out;
}

/// `scan` and `version` are what the decision only points to.
Decision decision_of(const Json& d, Scan& scan, std::string& version, std::string& candidate) {
  scan.origin.source = d["scan"]["source"];
  scan.origin.id = d["scan"]["id"];
  scan.device = d["device"];
  scan.account = or_empty(d["account"]);
  Decision out;
  out.scan = &scan;
  out.integration = or_empty(d["integration"]);
  out.verdict = by_name<Verdict>(d["verdict"], 3);
  out.reasons = reasons_of(d["reasons"]);
  out.findings = d["findings"].get<std::vector<std::string>>();
  out.score = d["score"];
  out.policy = version = d["policy"];
  out.shadow = rules_of(d["shadow"]);
  if (d.contains("candidate")) {
    const Json& c = d["candidate"];
    candidate = c["policy"];
    out.candidate = CandidateDecision{candidate,  by_name<Verdict>(c["verdict"], 3), reasons_of(c["reasons"]),
                                      c["score"], static_cast<Band>(c["band"]),      rules_of(c["rules"])};
  }
  return out;
}

FreezeRecord freeze_of(const Json& d) {
  FreezeRecord out{d["account"], d["state"], d["revision"], {}};
  for (const auto& h : d["holds"]) {
    Hold& hold = out.holds.emplace_back();
    hold.id = h["id"];
    hold.article = h["article"];
    hold.reason = h["reason"];
    hold.functions = h["functions"].get<std::vector<std::string>>();
    hold.since = time_of(h["since"]);
    if (!h["expires"].is_null()) hold.expires = time_of(h["expires"]);
    hold.case_id = or_empty(h["case"]);
    hold.actor = h["decided_by"]["actor"];
    hold.role = h["decided_by"]["role"];
    hold.policy = h["decided_by"]["policy"];
    hold.evidence = h["evidence"].get<std::vector<std::string>>();
    hold.provisional = h["provisional"];
  }
  return out;
}

IntegrationStatusRecord integration_of(const Json& d) {
  IntegrationStatusRecord out{d["integration"], d["state"], d["access"], or_empty(d["unit"]), d["owners"],
                              d["revision"],    {},         {},          d["drift"]};
  for (const auto& o : d["orders"])
    out.orders.push_back(
        {o["id"], o["state"], o["violation"], o["control"], time_of(o["due"]), o["extensions"], o["round"]});
  for (const auto& x : d["documents"]) out.documents.push_back({x["document"], time_of(x["review_due"])});
  return out;
}

FindingRecord finding_of(const Json& d) {
  const Json& own = d["unmapped"]["onecode"];
  const Json& info = d["finding_info"];
  FindingRecord out;
  out.activity = static_cast<FindingActivity>(d["activity_id"]);
  out.uid = info["uid"];
  out.subject = {by_name<Kind>(d["resources"][0]["type"], 5), own["subject"]};
  out.subject_key = own["subject"];
  out.rule = rule_by_name(info["analytic"]["uid"].get<std::string>()).value();
  out.band = static_cast<Band>(own["band"]);
  out.score = own["score"];
  out.confidence = d["confidence_score"].get<int>() * 10;
  out.action = by_name<ProposedAction>(own["proposed_action"], 9);
  out.act = own["act"];
  for (const auto& f : own["families"])
    out.families.emplace_back(by_name<Family>(f["family"], kFamilies), f["points"].get<int>());
  for (const auto& r : own["rules"])
    out.rules.push_back({rule_by_name(r["id"].get<std::string>()).value(), r["version"], r["points"]});
  for (const auto& e : d["evidences"]) {
    const Json& x = e["data"];
    out.events.push_back(
        {{topic_by_name(x["topic"].get<std::string>()).value(), x["partition"]}, x["offset"], x["event_id"]});
  }
  out.policy = own["policy"];
  for (const auto& i : own.value("interpretations", Json::array()))
    out.interpretations.push_back({i["of"], i["version"], i["hash"]});
  if (own.contains("order")) out.order = FindingRecord::Order{own["order"]["id"], time_of(own["order"]["due"])};
  out.explanation = {own["explanation"]["zh"], own["explanation"]["en"]};
  out.first_seen = Time{info["first_seen_time"]};
  out.last_seen = Time{info["last_seen_time"]};
  out.recorded = Time{d["time"]};
  return out;
}

Notice notice_of(const Json& d) {
  Notice out;
  out.to = d["to"];
  out.about = d["about"];
  out.kind = d["kind"];
  out.article = or_empty(d["article"]);
  out.text = {d["text"]["zh"], d["text"]["en"]};
  if (!d["deadline"].is_null()) out.deadline = time_of(d["deadline"]);
  out.remedy = or_empty(d["remedy"]);
  out.case_id = or_empty(d["case"]);
  return out;
}

/// Every example of a kind is what the encoder writes for the struct that `make` reads from it. `id_too`: the id comes
/// from what the record says; that of others from what caused it.
template <class Make>
void check_outputs(const std::string& kind, Topic topic, Make&& make, bool id_too = false) {
  for (const auto& [name, text] : examples(kind)) {
    CAPTURE(kind, name);
    Json example = Json::parse(text);
    OutRecord out;
    make(example["data"], [&](const Output& output) { encode(output, {time_of(example["time"]), {1, 2}, 0}, out); });
    CHECK(out.topic == topic);
    CHECK(out.key == example["subject"].get<std::string>());
    Json written = Json::parse(out.value);
    if (!id_too) written["id"] = example["id"];
    CHECK(written == example);
  }
}

template <class E>
std::set<std::string> words(std::size_t count, std::size_t from = 0) {
  std::set<std::string> out;
  for (std::size_t i = from; i < count; ++i) out.emplace(to_string(static_cast<E>(i)));
  return out;
}
std::set<std::string> words(const Json& list) { return list.get<std::set<std::string>>(); }

} // namespace

TEST_CASE("examples of inputs are decoded whole, the same in every form") {
  Decoding d;
  for (const auto& [name, text] : examples("scan")) {
    CAPTURE(name);
    check_input<Scan>(text, [&](const Record& record, Scan& out) {
      return d.decoder.scan({Topic::scans, 3}, record, d.policies, out);
    });
  }
  check_events<DeviceReport>("device-report", Topic::device_reports);
  check_events<CodeIssued>("code-issued", Topic::codes_issued);
  check_events<Posting>("ledger", Topic::ledger);
  check_events<DataAccess>("data-access", Topic::data_access);
}

TEST_CASE("examples of commands are decoded whole, the same in every form") {
  Decoding d;
  std::set<std::string> seen;
  for (const auto& [name, text] : examples("command")) {
    CAPTURE(name);
    Json example = Json::parse(text);
    // The struct keeps the actor as two texts.
    const Json actor = example["data"]["actor"];
    check_input<Command>(text,
                         [&](const Record& record, Command& out) {
                           auto error = d.decoder.event({Topic::commands, 3}, record, d.event);
                           if (!error) {
                             out = std::get<Command>(d.event);
                             CHECK(out.actor == actor["id"].get<std::string>());
                             CHECK(out.role == actor["role"].get<std::string>());
                           }
                           return error;
                         },
                         {{"command", "name"}, {"actor", ""}});
    seen.insert(example["data"]["command"]);
  }
  CHECK(seen.size() == std::size(kCommands));
}

TEST_CASE("examples of policies are read, and written back as they were") {
  for (const auto& [name, text] : examples("policy")) {
    CAPTURE(name);
    const Json example = Json::parse(text);
    const std::optional<std::string> value = text; // the event is a view into it
    PolicyEvent event;
    REQUIRE_FALSE(open_policy_event(record_of(value), event));
    const auto first = read_policy(event.data);
    REQUIRE(first.policy);
    const Json written = Json::parse(write_policy(*first.policy));
    for (const auto& [member, said] : example["data"].items())
      if (member != "signature" && member != "key" && member != "shadow")
        check_member(member, said, written.value(member, Json()));
    CHECK(first.policy->shadow == example["data"].value("shadow", false));
  }
}

TEST_CASE("examples of outputs are what the encoder writes") {
  check_outputs(
      "decision", Topic::decisions,
      [](const Json& data, auto&& write) {
        Scan scan;
        std::string version, candidate;
        write(decision_of(data, scan, version, candidate));
      },
      true);
  check_outputs("freeze", Topic::freezes, [](const Json& data, auto&& write) { write(freeze_of(data)); });
  check_outputs("device-status", Topic::device_status, [](const Json& d, auto&& write) {
    write(DeviceStatusRecord{d["device"], d["state"], d["revision"], or_empty(d["integration"]), d["usable"],
                             reasons_of(d["reasons"])});
  });
  check_outputs("integration-status", Topic::integration_status,
                [](const Json& data, auto&& write) { write(integration_of(data)); });
  check_outputs("alert", Topic::alerts, [](const Json& data, auto&& write) { write(finding_of(data)); });
  check_outputs("compliance", Topic::compliance, [](const Json& data, auto&& write) { write(finding_of(data)); });
  check_outputs("notice", Topic::notices, [](const Json& data, auto&& write) { write(notice_of(data)); });
}

TEST_CASE("the words of the schemas are those of the code") {
  const Json types = schema("types")["$defs"];
  CHECK(words(types["reason"]["enum"]) == words<Reason>(kReasons));
  CHECK(words(types["rule-id"]["enum"]) == words<RuleId>(kRuleIds));
  const auto data = [](const std::string& name) { return schema(name)["$defs"]["data"]["properties"]; };
  CHECK(words(data("decision")["verdict"]["enum"]) == words<Verdict>(3));
  // What nobody ever registered has no status.
  CHECK(words(data("device-status")["state"]["enum"]) ==
        words<DeviceLife>(static_cast<std::size_t>(DeviceLife::retired) + 1, 1));
  CHECK(words(data("integration-status")["state"]["enum"]) ==
        words<IntegrationLife>(static_cast<std::size_t>(IntegrationLife::retired) + 1, 1));
  for (const char* name : {"alert", "compliance"}) {
    const Json own = data(name)["unmapped"]["properties"]["onecode"]["properties"];
    CHECK(words(own["families"]["items"]["properties"]["family"]["enum"]) == words<Family>(kFamilies));
    CHECK(words(own["proposed_action"]["enum"]) ==
          words<ProposedAction>(static_cast<std::size_t>(ProposedAction::terminate) + 1));
  }
  std::set<std::string> commands;
  for (const auto& c : kCommands) commands.emplace(c.name);
  CHECK(words(data("command")["command"]["enum"]) == commands);

  INFO("and parameters of rules");
  const Json rules = data("policy")["rules"]["properties"];
  for (const auto& info : rule_catalogue()) {
    std::set<std::string> params, listed;
    for (std::size_t i = 0; i < info.param_count(); ++i) params.emplace(info.params[i].name);
    const Json in_schema = rules[std::string(to_string(info.id))]["properties"]["params"]["properties"];
    for (const auto& [param, value] : in_schema.items()) listed.insert(param);
    CAPTURE(to_string(info.id));
    CHECK(listed == params);
  }
}

TEST_CASE("the day of the examples goes through an event file unchanged") {
  const fs::path day = schemas() / "examples" / "day.ndjson";
  std::string again;
  EventFileReader reader(day.string());
  while (const auto line = reader.next()) again += to_line(std::get<FileRecord>(*line)) + '\n';
  CHECK(again == text_of(day));
}
