// Explanations in a bundle. Would catch: a replay for each record, a text that says something else than `audit explain`, somebody else's
// account, handset or whereabouts in it, a record that is left out of it without a word, a history with a hole that explains all the same.
#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "app/audit/explain.hpp"
#include "app/audit/verify_page.hpp"
#include "app/demo/campus.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "evidence/bundle.hpp"
#include "tests/unit/app/audit/audit_world.hpp"

using namespace onecode;
using namespace onecode::app;
using namespace onecode::test;
using nlohmann::json;

namespace {

const std::string kHolder = "a-000001", kFriend = "a-000002", kFriendsHandset = "h-of-the-friend";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// What an engine was given, replayed as often as somebody asks; counts how often.
class Inputs final : public RecordedInputs {
public:
  Inputs(Policy policy, std::vector<streams::FileRecord> records)
      : policy_(std::move(policy)), records_(std::move(records)) {}

  Replayed replay(ReplayWatch watch, const std::function<void(const streams::OutRecord&)>& output,
                  const std::function<void(const streams::FileRecord&)>& input,
                  const std::function<bool()>& enough) override {
    ++replays;
    ReplayOptions options;
    options.policy = policy_;
    options.unsigned_commands = true;
    options.watch = std::move(watch);
    const streams::Secrets none;
    Replayer replayer(std::move(options), none, output);
    for (const auto& record : records_) {
      if (enough()) break;
      input(record);
      replayer.line(streams::FileLine(record));
    }
    replayer.finish();
    return {replayer.turns(), replayer.records(), 0, difference, gaps};
  }
  void each(const EachInput& each) override {
    ++reads;
    FilePlaces places(kDefaultPartitions);
    for (const auto& record : records_) {
      const auto [at, offset] = places.next(record);
      each(at, offset, record);
    }
  }

  int replays = 0, reads = 0;
  std::optional<std::string> difference;
  std::vector<std::string> gaps;

private:
  Policy policy_;
  std::vector<streams::FileRecord> records_;
};

/// A code that was lent to somebody whose own handset showed it; then a reader that was cloned while others used it.
struct Story {
  World world;
  SigningKey office = new_signing_key("office");
  Policy policy;
  std::vector<streams::FileRecord> records;
  std::map<std::string, std::string> decisions; // by scan, their ids
  std::string freeze, finding;                  // ids of the holder's records
  Time start;
  archive::Archive kept{world.folder / "archive.db", world.folder / "keys.db", *world.wrapper};
  std::unique_ptr<Inputs> inputs;
  std::string doctored; // id of a record that was committed in other bytes than the engine comes to

  /// `held_before`: payment only, which no door asks about.
  explicit Story(std::string doctor = {}, bool held_before = false) : doctored(std::move(doctor)) {
    CampusOptions options;
    options.people = 10;
    Campus campus(options);
    policy = campus.policy(office);
    policy.roles["security-officer"] = policy.roles.at("registrar");
    records = campus.registration(office);
    start = campus.now();
    command("handset.bind", kFriend, "registrar", R"({"handset":")" + kFriendsHandset + R"("})");
    if (held_before)
      command("account.freeze", kHolder, "security-officer", R"({"article":"protective","functions":["payment"]})");
    scan("s-1", "d-0000", 1, kHolder, "h-000001", milliseconds(500));
    scan("s-2", "d-0040", 1, kHolder, kFriendsHandset, milliseconds(1500));
    scan("s-3", "d-0000", 2, kHolder, "h-000001", milliseconds(2500));
    scan("s-4", "d-0000", 3, kHolder, "h-000001", hours(1));
    scan("others-1", "d-0004", 1, "a-000003", "h-000003", hours(2));
    scan("others-2", "d-0004", 1, "a-000004", "h-000004", minutes(121));
    scan("s-5", "d-0004", 2, kHolder, "h-000001", hours(3));
    inputs = std::make_unique<Inputs>(policy, records);
    commit();
  }

  void command(const std::string& name, const std::string& target, const std::string& role, const std::string& args) {
    CommandDraft draft;
    draft.source = "/office";
    draft.id = draft.nonce = name + "-" + target;
    draft.time = start - hours(1);
    draft.name = name;
    draft.target = target;
    draft.actor = "office";
    draft.role = role;
    draft.reason = "asked for";
    draft.args_json = args;
    auto& record = records.emplace_back();
    record.topic = Topic::commands;
    record.key = target;
    record.value = command_event(draft, &office);
  }
  void scan(const std::string& id, const std::string& device, int seq, const std::string& account,
            const std::string& handset, Duration after) {
    auto& record = records.emplace_back();
    record.topic = Topic::scans;
    record.key = device;
    record.value = fmt::format(
        R"({{"specversion":"1.0","id":"{}","source":"/gateways/t","type":"onecode.scan.v1","time":"{}","data":{{"device":"{}","boot":1,"seq":{},"account":"{}","function":"access","auth":"present","direction":"in","outcome":"accepted","handset":"{}","integration":"campus-gates"}}}})",
        id, format_time(start + after), device, seq, account, handset);
  }

  /// What the engine makes of it, committed, exported and archived.
  void commit() {
    for (const auto& r : records)
      if (r.topic == Topic::scans) {
        const auto event = json::parse(*r.value);
        world.add(r.topic, LeafKind::scan, event["data"]["account"], event["id"], *r.value);
      }
    ReplayOptions options;
    options.policy = policy;
    options.unsigned_commands = true;
    const streams::Secrets none;
    Replayer replayer(std::move(options), none, [&](const streams::OutRecord& out) {
      if (out.tombstone) return;
      const auto kind = out.topic == Topic::decisions ? LeafKind::decision
                        : out.topic == Topic::freezes ? LeafKind::hold
                                                      : LeafKind::finding;
      if (kind == LeafKind::finding && out.topic != Topic::alerts && out.topic != Topic::compliance) return;
      const auto event = json::parse(out.value);
      const std::string id = event["id"];
      if (kind == LeafKind::decision) decisions[event["data"]["scan"]["id"]] = id;
      if (kind == LeafKind::hold) freeze = id;
      if (out.topic == Topic::alerts) finding = id;
      auto value = out.value;
      if (kind == LeafKind::decision && event["data"]["scan"]["id"] == doctored)
        value.replace(value.find(R"("verdict":"deny")"), 16, R"("verdict":"denY")");
      world.add(out.topic, kind, kind == LeafKind::decision ? std::string(event["data"]["account"]) : out.key, id,
                value);
    });
    for (const auto& r : records) replayer.line(streams::FileLine(r));
    replayer.finish();
    world.export_log();
    world.fill(kept);
    archive_leaves(open_logs(world.folder / "evidence"), kept);
  }

  BundleRequest request(const std::string& kind, const std::string& id) {
    BundleRequest out;
    out.kind = kind;
    out.id = id;
    out.made = kTime;
    out.exporter = "campus.example/auditor";
    out.key = office;
    out.history = inputs.get();
    return out;
  }
  BundleMade make(const BundleRequest& of) {
    std::filesystem::remove_all(world.folder / "bundle");
    RecordReader reader(open_logs(world.folder / "evidence"), &kept, world.keys);
    const auto made = make_bundle(of, reader, kept, world.folder / "bundle");
    const auto files = evidence::tile_folder(world.folder / "bundle");
    CHECK_NOTHROW(evidence::check_bundle(
        evidence::reader_of(*files), paths(),
        {{world.log_key, {}, {}}, {{of.exporter, evidence::NoteKey::Type::ed25519, of.key.public_key}, {}, {}}}));
    return made;
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world.folder / "bundle"))
      if (entry.is_regular_file())
        out.push_back(std::filesystem::relative(entry.path(), world.folder / "bundle").string());
    return out;
  }
  std::string file(const std::string& path) const { return read_file((world.folder / "bundle" / path).string()); }
  /// The number of the record with this id.
  std::uint64_t number(const std::string& id) const {
    for (std::uint64_t n = 1;; ++n) {
      const auto leaf = file(fmt::format("records/{:04}.leaf", n));
      if (evidence::parse_leaf(leaf)->id == id) return n;
    }
  }
  std::string text(const std::string& id, bool zh) const { return file(explanation_path(number(id), zh)); }
  bool explained(const std::string& path) const { return std::filesystem::exists(world.folder / "bundle" / path); }
  std::uint64_t explanations() const {
    const auto all = paths();
    return static_cast<std::uint64_t>(
        std::ranges::count_if(all, [](const auto& p) { return p.starts_with("explanation/"); }));
  }
};

} // namespace

TEST_CASE("A bundle has the explanation of every decision, hold and finding, from one replay", "[app][audit]") {
  Story story;
  const auto made = story.make(story.request("account", kHolder));
  CHECK(story.inputs->replays == 1);
  CHECK(story.inputs->reads == 1);
  CHECK(made.unexplained.empty());
  CHECK(made.different.empty());
  CHECK(made.explained == made.records - 5); // the scans are explained by their decisions
  CHECK(story.explanations() == 2 * made.explained);
  CHECK(has(story.text(story.decisions.at("s-4"), true), "账户上有一项冻结"));
  CHECK(has(story.text(story.decisions.at("s-4"), false), "he account has a hold"));
  CHECK(has(story.text(story.decisions.at("s-4"), false), "identical, byte for byte"));
  CHECK(has(story.text(story.freeze, true), "冻结记录"));
  CHECK(has(story.text(story.finding, false), "Why there is this finding"));
  const auto page = story.file("VERIFY.html");
  for (const auto& id : {story.decisions.at("s-4"), story.freeze, story.finding})
    for (const bool zh : {true, false})
      CHECK(has(page, fmt::format("href=\"{}\"", explanation_path(story.number(id), zh))));
  CHECK_FALSE(has(page, "没有说明"));
  // What `audit explain` tells of the same, down to where it says how it was compared.
  ExplainRequest alone;
  alone.question.id = "s-1";
  alone.inputs = story.inputs.get();
  const auto told = explanation_page(explain(alone), "en");
  CHECK(
      story.text(story.decisions.at("s-1"), false).starts_with(told.substr(0, told.find("Inputs that it rests on"))));
}

TEST_CASE("An explanation that is handed out names nobody but whom it is about", "[app][audit][privacy]") {
  Story story;
  story.make(story.request("account", kHolder));
  // The same names are there for whoever may read all of it: the test would see them.
  ExplainRequest alone;
  alone.inputs = story.inputs.get();
  alone.question.id = "s-3";
  CHECK(has(explanation_page(explain(alone), "both"), kFriendsHandset));
  alone.question.id = "s-5";
  CHECK(has(explanation_page(explain(alone), "both"), "others-2"));
  for (const auto& path : story.paths()) {
    if (!path.starts_with("explanation/")) continue;
    CAPTURE(path);
    const auto text = story.file(path);
    CHECK_FALSE(has(text, kFriendsHandset));
    for (const auto& other : {kFriend, std::string("a-000003"), std::string("others-")})
      CHECK_FALSE(has(text, other));
  }
  CHECK(has(story.text(story.decisions.at("s-3"), false), "(another person's handset)"));
  CHECK(has(story.text(story.decisions.at("s-3"), true), "他人的账户和手机的编号在此略去"));
  CHECK(has(story.text(story.decisions.at("s-3"), false), "h-000001"));
  CHECK(has(story.text(story.decisions.at("s-3"), false), "s-2"));
  CHECK(has(story.text(story.decisions.at("s-5"), false), "(another person's record)"));
}

TEST_CASE("Names of others are left out of sentences, wherever they end", "[app][audit][privacy]") {
  OtherPeople others;
  for (const char* account : {"a-1", "a-2"}) {
    streams::FileRecord open;
    open.topic = Topic::commands;
    open.value = json{{"data", {{"command", "account.open"}, {"target", account}}}}.dump();
    others.see(open);
    streams::FileRecord bind;
    bind.topic = Topic::commands;
    bind.value = json{{"data",
                       {{"command", "handset.bind"},
                        {"target", account},
                        {"args", {{"handset", "h-" + std::string(account).substr(2)}}}}}}
                     .dump();
    others.see(bind);
  }
  const auto told = [&](const char* text) { return others.left_out(text, "a-1", false); };
  const std::string end = "\nIds of other people's accounts and handsets are left out here.\n";
  CHECK(told("a-1 lent it.") == "a-1 lent it.");
  CHECK(told("lent to a-2.") == "lent to (another account)." + end);
  CHECK(told("a-2: with h-2, h-1") == "(another account): with (another person's handset), h-1" + end);
  CHECK(told("/gate/a-2/17 a-22 a-2x xa-2") == "/gate/(another account)/17 a-22 a-2x xa-2" + end);
  CHECK(others.left_out("借给a-2。", "a-1", true) == "借给(他人账户)。\n他人的账户和手机的编号在此略去。\n");
}

TEST_CASE("What a history does not come to is said to be unexplained, on the page and by the verb", "[app][audit]") {
  Story story;
  auto few = story.records;
  few.resize(few.size() - 4); // s-4 is the first that is missing
  Inputs short_history(story.policy, few);
  auto request = story.request("account", kHolder);
  request.history = &short_history;
  const auto made = story.make(request);
  for (const char* scan : {"s-4", "s-5"}) CHECK(std::ranges::count(made.unexplained, story.decisions.at(scan)) == 1);
  CHECK(made.explained >= 3);
  CHECK(made.explained + made.unexplained.size() == made.records - 5);
  CHECK(has(story.file("VERIFY.html"), "the history that was given does not come to it"));
  CHECK_FALSE(story.explained(explanation_path(story.number(story.decisions.at("s-4")), true)));
  CHECK(story.explained(explanation_path(story.number(story.decisions.at("s-3")), true)));
}

TEST_CASE("Without a history a bundle has no explanations and says why", "[app][audit]") {
  Story story;
  auto request = story.request("account", kHolder);
  request.history = nullptr;
  const auto made = story.make(request);
  CHECK(made.explained == 0);
  CHECK(story.explanations() == 0);
  const auto page = story.file("VERIFY.html");
  CHECK(has(page, "没有给出引擎的输入历史"));
  CHECK(has(page, "made without the history"));
}

TEST_CASE("A history with a hole explains nothing", "[app][audit]") {
  Story story;
  SECTION("by the digest of the state") { story.inputs->difference = "turn 7: another state"; }
  SECTION("by the offsets") { story.inputs->gaps = {"scans partition 0, offsets 1 to 1"}; }
  RecordReader reader(open_logs(story.world.folder / "evidence"), &story.kept, story.world.keys);
  CHECK_THROWS_AS(make_bundle(story.request("account", kHolder), reader, story.kept, story.world.folder / "bundle"),
                  InputError);
  CHECK_FALSE(std::filesystem::exists(story.world.folder / "bundle/manifest"));
}

TEST_CASE("A record that the history does not lead to is told as different", "[app][audit]") {
  Story story("s-4");
  const auto made = story.make(story.request("account", kHolder));
  CHECK(made.different == std::vector<std::string>{story.decisions.at("s-4")});
  CHECK(has(story.text(story.decisions.at("s-4"), false), "The result differs"));
  CHECK(has(story.text(story.decisions.at("s-4"), false), "data.verdict"));
  CHECK(has(story.text(story.decisions.at("s-3"), false), "identical, byte for byte"));
}

TEST_CASE("A scan alone is explained by the decision that the history leads to", "[app][audit]") {
  Story story;
  const auto made = story.make(story.request("record", "s-4"));
  CHECK(made.records == 1);
  CHECK(made.explained == 1);
  CHECK(has(story.file("explanation/0001.en.txt"), "o committed record was given"));
  CHECK(has(story.file("explanation/0001.en.txt"), story.decisions.at("s-4")));
}

TEST_CASE("Of what was erased nothing is told again", "[app][audit][privacy]") {
  Story story;
  const auto id = story.decisions.at("s-4");
  story.kept.keys().destroy(kHolder, kTime, "n-1");
  const auto made = story.make(story.request("record", id));
  CHECK(made.erased == 1);
  CHECK(made.explained == 0);
  CHECK(story.explanations() == 0);
  CHECK(story.inputs->replays == 0);
}

TEST_CASE("One record's explanation leaves out holds of other matters", "[app][audit][privacy]") {
  Story story({}, true);
  const auto id = story.decisions.at("s-1");
  const std::string of_it = "a protection, no sanction",
                    less = "other matters that did not stop this use are left out";
  story.make(story.request("account", kHolder));
  CHECK(has(story.text(id, false), of_it));
  CHECK_FALSE(has(story.text(id, false), less));
  story.make(story.request("record", id));
  CHECK_FALSE(has(story.text(id, false), of_it));
  CHECK(has(story.text(id, false), less));
  CHECK(has(story.text(id, true), "另有 1 项冻结"));
  // What stopped it is told.
  story.make(story.request("record", story.decisions.at("s-4")));
  CHECK(has(story.text(story.decisions.at("s-4"), false), "It stopped this use"));
  CHECK(has(story.text(story.decisions.at("s-4"), false), less));
}
