// Would catch: a check that cannot fail, a failure without a way to mend it, a warning that counts as a failure.
#include <nlohmann/json.hpp>

#include "app/doctor/cluster.hpp"
#include "app/doctor/machine.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::app;

namespace {

const CommandWords kWords{"--config node.toml", "k1:9092", "User:n1"};

Health worst(const Findings& findings) {
  Health out = Health::ok;
  for (const auto& f : findings) {
    out = std::max(out, f.health);
    // Whoever is told that something is wrong is told what to do.
    CHECK((f.health == Health::ok) == f.fix.empty());
  }
  return out;
}

/// Of the findings that are not fine, the one whose text has this.
const Finding& of(const Findings& findings, std::string_view part) {
  for (const auto& f : findings)
    if (f.health != Health::ok && f.found.find(part) != std::string::npos) return f;
  FAIL("nothing is said of " << part);
  throw std::logic_error("not reached");
}

Topics made() {
  Topics out;
  for (const auto& t : kTopics) out[t.topic] = {t.topic == Topic::policy ? 1 : 8, streams::topic_settings(t.topic)};
  return out;
}

streams::ClusterPicture three_brokers() {
  streams::ClusterPicture out{"c", {"k1:9092", "k2:9092", "k3:9092"}, {}};
  for (const auto& t : kTopics) out.topics[t.topic] = {false, t.topic == Topic::policy ? 1 : 8, 3, 0, 0, 2};
  return out;
}

std::uint64_t gib(std::uint64_t n) { return n << 30U; }

DiskLook disk() {
  DiskLook out;
  out.data_dir = "/var/lib/onecode";
  out.folder = {"/var/lib/onecode", true, true, true, 0750, 4096};
  out.writable = true;
  out.type = 0xEF53;
  out.free = gib(10);
  out.stores = gib(2);
  return out;
}

} // namespace

TEST_CASE("a finding is a line, and its fix another; JSON has the same") {
  const Finding bad{Health::fail, "disk", "full", "make room"};
  CHECK(text_of(bad, false) == "FAIL  disk           full\n                     fix: make room\n");
  CHECK(text_of({Health::ok, "port", "free", ""}, false) == "ok    port           free\n");
  CHECK(text_of(bad, true).find("\x1b[31mFAIL\x1b[0m") == 0);
  const Findings all{{Health::ok, "port", "free", ""}, {Health::warn, "clock", "off", "set it"}, bad};
  CHECK(summary_of(all) == "1 ok, 1 warning, 1 failure");
  const auto json = nlohmann::json::parse(json_of(all));
  CHECK(json["ok"] == false);
  CHECK(json["checks"].size() == 3);
  CHECK(json["checks"][2]["health"] == "fail");
  CHECK(json["checks"][2]["fix"] == "make room");
  CHECK_FALSE(json["checks"][0].contains("fix"));
}

TEST_CASE("warnings do not make a cluster unhealthy, failures do") {
  CHECK(healthy({}));
  CHECK(healthy({{Health::warn, "", "", "x"}}));
  CHECK_FALSE(healthy({{Health::ok, "", "", ""}, {Health::fail, "", "", "x"}}));
}

TEST_CASE("a private file must be there, readable, filled, and closed to others") {
  const FileLook good{"t", true, false, true, 0640, 9};
  CHECK(worst(judge_private_file("token", good)) == Health::ok);
  auto file = good;
  file.there = false;
  CHECK(worst(judge_private_file("token", file)) == Health::fail);
  file = good;
  file.folder = true;
  CHECK(worst(judge_private_file("token", file)) == Health::fail);
  file = good;
  file.readable = false;
  CHECK(worst(judge_private_file("token", file)) == Health::fail);
  file = good;
  file.size = 0;
  CHECK(worst(judge_private_file("token", file)) == Health::fail);
  for (const std::uint32_t mode : {0644U, 0602U, 0601U}) {
    file = good;
    file.mode = mode;
    CHECK(worst(judge_private_file("token", file)) == Health::fail);
  }
}

TEST_CASE("secrets: the folder, each file, and at least one") {
  SecretsLook look{{"/s", true, true, true, 0750, 0}, {{"/s/a", true, false, true, 0600, 5}}};
  CHECK(worst(judge_secrets(look)) == Health::ok);
  look.files.push_back({"/s/b", true, false, true, 0644, 5});
  CHECK(of(judge_secrets(look), "/s/b").fix == "chmod o-rwx /s/b");
  look.files.clear();
  CHECK(worst(judge_secrets(look)) == Health::warn);
  look.folder.readable = false;
  CHECK(worst(judge_secrets(look)) == Health::fail);
  look.folder.folder = false;
  CHECK(worst(judge_secrets(look)) == Health::fail);
  look.folder.there = false;
  CHECK(worst(judge_secrets(look)) == Health::fail);
}

TEST_CASE("disk: writable, local, with room, of one owner, without what was set aside") {
  CHECK(worst(judge_disk(disk())) == Health::ok);
  auto look = disk();
  look.writable = false;
  CHECK(worst(judge_disk(look)) == Health::fail);
  look = disk();
  look.folder.folder = false;
  CHECK(worst(judge_disk(look)) == Health::fail);
  look = disk();
  look.free = gib(1);
  CHECK(worst(judge_disk(look)) == Health::warn);
  look.free = 100'000'000;
  CHECK(worst(judge_disk(look)) == Health::fail);
  for (const std::int64_t type : {0x6969, 0x01021994, 0x794C7630}) {
    look = disk();
    look.type = type;
    CHECK(worst(judge_disk(look)) == Health::warn);
  }
  look = disk();
  look.foreign = true;
  CHECK(worst(judge_disk(look)) == Health::warn);
  look = disk();
  look.aside = {"/var/lib/onecode/shard-3.damaged-1"};
  CHECK(of(judge_disk(look), "set aside").fix.find("shard-3.damaged-1") != std::string::npos);
}

TEST_CASE("memory and open files are held against what the node may take") {
  CHECK(worst(judge_memory({gib(4), gib(3)}, 200'000)) == Health::ok);
  CHECK(worst(judge_memory({gib(4), gib(1)}, 200'000)) == Health::warn);
  CHECK(worst(judge_memory({gib(1), gib(1)}, 200'000)) == Health::fail);
  CHECK(worst(judge_open_files(65'536, 8)) == Health::ok);
  CHECK(worst(judge_open_files(1'024, 8)) == Health::warn);
}

TEST_CASE("the clock: kept right, not behind what others wrote, not set meanwhile") {
  CHECK(worst(judge_clock({true, 20'000})) == Health::ok);
  CHECK(worst(judge_clock({true, 5'000'000})) == Health::warn);
  CHECK(worst(judge_clock({false, 0})) == Health::warn);
  CHECK(judge_newest_record(0, std::nullopt, "t").empty());
  CHECK(worst(judge_newest_record(1'000'000, 400'000, "t")) == Health::ok);
  CHECK(worst(judge_newest_record(1'000'000, 1'010'000, "t")) == Health::warn);
  CHECK(worst(judge_newest_record(1'000'000, 1'400'000, "t")) == Health::fail);
  CHECK(judge_jump(1'000).empty());
  CHECK(worst(judge_jump(-3'000'000)) == Health::warn);
}

TEST_CASE("the port is free, or this node's own") {
  CHECK(worst(judge_port("h:1", "n1", {true, "", ""})) == Health::ok);
  CHECK(worst(judge_port("h:1", "n1", {false, "n1", "taken"})) == Health::ok);
  CHECK(worst(judge_port("h:1", "n1", {false, "n2", "taken"})) == Health::fail);
  CHECK(worst(judge_port("h:1", "n1", {false, "", "taken"})) == Health::fail);
}

TEST_CASE("brokers: version and the timeouts that a node asks for") {
  CHECK(worst(judge_brokers(three_brokers(), {})) == Health::ok);
  CHECK(worst(judge_brokers(three_brokers(), {{"inter.broker.protocol.version", "3.9-IV0"}})) == Health::ok);
  CHECK(worst(judge_brokers(three_brokers(), {{"inter.broker.protocol.version", "3.4-IV0"}})) == Health::fail);
  CHECK(worst(judge_brokers(three_brokers(), {{"group.min.session.timeout.ms", "30000"}})) == Health::fail);
  CHECK(worst(judge_brokers(three_brokers(), {{"transaction.max.timeout.ms", "5000"}})) == Health::fail);
}

TEST_CASE("copies: enough of them, led, in step, and more than one that must have written") {
  CHECK(worst(judge_copies(three_brokers(), "p.", kWords)) == Health::ok);
  auto cluster = three_brokers();
  cluster.brokers.resize(1);
  CHECK(of(judge_copies(cluster, "p.", kWords), "one broker").health == Health::warn);
  cluster = three_brokers();
  cluster.topics[Topic::journal].replicas = 1;
  CHECK(of(judge_copies(cluster, "p.", kWords), "p.journal").health == Health::fail); // min.insync.replicas 2 of 1
  cluster.topics[Topic::journal].min_insync = 1;
  CHECK(of(judge_copies(cluster, "p.", kWords), "fewer than 3 copies").health == Health::warn);
  cluster = three_brokers();
  cluster.topics[Topic::scans].leaderless = 1;
  CHECK(of(judge_copies(cluster, "p.", kWords), "p.scans (1 of 8)").health == Health::fail);
  cluster = three_brokers();
  cluster.topics[Topic::scans].behind = 2;
  CHECK(of(judge_copies(cluster, "p.", kWords), "p.scans (2 of 8)").health == Health::warn);
  cluster = three_brokers();
  cluster.topics[Topic::scans].min_insync = 1;
  CHECK(of(judge_copies(cluster, "p.", kWords), "only one broker").health == Health::warn);
}

TEST_CASE("topics that are missing, or hidden, which is another thing") {
  auto cluster = three_brokers();
  CHECK(judge_presence(cluster, "p.", kWords).empty());
  cluster.topics[Topic::notices].partitions = 0;
  CHECK(of(judge_presence(cluster, "p.", kWords), "missing: p.notices").fix ==
        "onecode topics create --config node.toml");
  cluster.topics[Topic::notices].hidden = true;
  CHECK(of(judge_presence(cluster, "p.", kWords), "be seen by this client: p.notices").fix ==
        "kafka-acls.sh --bootstrap-server k1:9092 --add --allow-principal 'User:n1' --operation Describe --topic "
        "p.notices");
  for (auto& [topic, of_it] : cluster.topics) of_it = {};
  CHECK(of(judge_presence(cluster, "p.", kWords), "none of the 20").health == Health::fail);
}

TEST_CASE("topics of other partitions, with settings that lose something, and with others") {
  CHECK(worst(judge_topics(made(), "p.", kWords)) == Health::ok);
  auto found = made();
  found[Topic::notices].partitions = 0;
  CHECK(judge_topics(found, "p.", kWords).empty()); // not all of them are as they should be, and none is wrong
  found = made();
  found[Topic::scans].partitions = 4;
  CHECK(of(judge_topics(found, "p.", kWords), "partitions is 4").health == Health::fail);

  const auto with = [](Topic topic, const char* setting, const char* value) {
    auto topics = made();
    topics[topic].config[setting] = value;
    return judge_topics(topics, "p.", kWords);
  };
  CHECK(of(with(Topic::journal, "retention.ms", "60000"), "the journal is the state itself").health == Health::fail);
  const auto compacted = of(with(Topic::scans, "cleanup.policy", "compact"), "p.scans");
  CHECK(compacted.health == Health::fail);
  CHECK(compacted.fix.find("--entity-name p.scans --add-config cleanup.policy=delete") != std::string::npos);
  CHECK(of(with(Topic::freezes, "cleanup.policy", "delete"), "a hold included").health == Health::fail);
  CHECK(of(with(Topic::decisions, "max.message.bytes", "1048576"), "refused").health == Health::fail);
  CHECK(of(with(Topic::decisions, "max.message.bytes", "33554432"), "p.decisions").health == Health::warn);
  CHECK(of(with(Topic::ledger, "retention.ms", "60000"), "p.ledger").health == Health::warn);
  CHECK(of(with(Topic::policy, "cleanup.policy", "compact"), "p.policy").health == Health::warn);
}

TEST_CASE("the state was made with the partitions that there are") {
  CHECK(judge_partitions(std::nullopt, 8).empty());
  CHECK(judge_partitions(8, 8).empty());
  CHECK(of(judge_partitions(8, 16), "the state was made with 8").health == Health::fail);
}

TEST_CASE("an authoriser is there, or is not, or nobody may know") {
  CHECK(authorizer_of({}) == Authorizer::unknown);
  CHECK(authorizer_of({{"authorizer.class.name", ""}}) == Authorizer::none);
  CHECK(authorizer_of({{"authorizer.class.name", "a.B"}}) == Authorizer::there);
}

TEST_CASE("rights: none needed, given, denied, unknown") {
  using streams::Right;
  const std::vector<Right> rights{{"Read", "topic", "p.scans", true, ""}};
  CHECK(worst(judge_rights(Authorizer::there, rights, kWords)) == Health::ok);
  CHECK(of(judge_rights(Authorizer::none, {}, kWords), "whoever reaches it").health == Health::warn);
  const auto denied =
      judge_rights(Authorizer::there, {{"Write", "transactional-id", "onecode-n1", false, ""}}, kWords);
  CHECK(of(denied, "denied").fix ==
        "kafka-acls.sh --bootstrap-server k1:9092 --add --allow-principal 'User:n1' "
        "--operation Write --transactional-id onecode-n1");
  CHECK(worst(denied) == Health::fail);
  CHECK(worst(judge_rights(Authorizer::there, {{"Read", "group", "g", std::nullopt, "no answer"}}, kWords)) ==
        Health::warn);
}

TEST_CASE("the group: nobody else under this id, only nodes, no more of them than partitions") {
  using streams::GroupPicture;
  CHECK(worst(judge_group("g", {"Empty", {}}, "n1", false, 8)) == Health::ok);
  const GroupPicture one{"Stable", {{"n1", "onecode", "/10.0.0.1"}}};
  CHECK(worst(judge_group("g", one, "n2", false, 8)) == Health::ok);
  CHECK(worst(judge_group("g", one, "n1", true, 8)) == Health::ok);
  CHECK(of(judge_group("g", one, "n1", false, 8), "/10.0.0.1").health == Health::warn);
  CHECK(of(judge_group("g", {"Stable", {{"", "kcat", "/10.0.0.9"}}}, "n1", false, 8), "kcat").health == Health::warn);
  const GroupPicture two{"Stable", {{"n1", "o", "/a"}, {"n2", "o", "/b"}}};
  CHECK(of(judge_group("g", two, "n3", false, 1), "2 members for 1").health == Health::warn);
}
