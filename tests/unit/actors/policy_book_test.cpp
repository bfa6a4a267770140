// Would catch: a version lost, or another one in force, after a restart; somebody who may no longer publish and does so by
// writing an earlier time; a policy that is accepted under a key that is not its version.
#include "actors/policy_book.hpp"

#include <deque>
#include <nlohmann/json.hpp>

#include "streams/policy_document.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::actors;
using nlohmann::json;

namespace {

constexpr Time kNow{1'772'409'600'000};

struct Somebody {
  std::string id;
  streams::KeyPair pair = streams::new_ed25519();
  json trusted(std::optional<Time> to = {}) const {
    json out = {{"key", id}, {"alg", "ed25519"}, {"public", streams::base64url(pair.public_key)}};
    if (to) out["to"] = format_time(*to);
    return out;
  }
};

/// The topic as it grows; a book that reads it again sees the same records.
struct PolicyTopic {
  struct Kept {
    std::string key, value;
    bool tombstone = false;
    std::optional<Time> stamp;
  };
  std::deque<Kept> records;

  static json document(const std::string& version, Time from, const json& centre = json::array()) {
    return {{"version", version},
            {"effective_from", format_time(from)},
            {"trust", {{"roles", {{"information-centre", centre}}}}}};
  }
  std::int64_t add(const std::string& key, std::string value, std::optional<Time> stamp = {}) {
    records.push_back({key, std::move(value), false, stamp});
    return static_cast<std::int64_t>(records.size()) - 1;
  }
  std::int64_t publish(const json& document, const Somebody& by, Time event_time, std::optional<Time> stamp = {}) {
    const auto signed_document = streams::sign_policy(document.dump(), by.pair.private_key, by.id);
    return add(document.at("version"), streams::policy_event(signed_document, event_time), stamp);
  }
  static streams::Record view(const Kept& k) {
    streams::Record r;
    r.key = k.key;
    if (!k.tombstone) r.value = k.value;
    return r;
  }
  void read(PolicyBook& book) const {
    for (auto i = static_cast<std::size_t>(book.offset()); i < records.size(); ++i)
      book.read(static_cast<std::int64_t>(i), view(records[i]), records[i].stamp);
  }
};

const Somebody root{"root"};

PolicyBook fresh_book() {
  return {builtin_policy(), {{root.id, KeyAlgorithm::ed25519, root.pair.public_key, "", {}, {}}}, false};
}

streams::Secrets secrets(std::map<std::string, std::string> values) { return streams::Secrets(std::move(values)); }

} // namespace

TEST_CASE("a policy stands under its version, and nothing written under that key takes it away") {
  PolicyTopic topic;
  const auto good = topic.publish(PolicyTopic::document("v1", kNow), root, kNow);
  topic.add("v1", "junk");
  topic.records.push_back({"v1", "", true, {}});
  topic.add("v1", "");
  auto unsigned_one = PolicyTopic::document("v2", kNow);
  topic.add("v2", streams::policy_event(unsigned_one.dump(), kNow));
  const auto other_key = topic.publish(PolicyTopic::document("v3", kNow), root, kNow);
  topic.records.back().key = "v1";
  topic.publish(PolicyTopic::document("v1", kNow + days(1)), root, kNow); // again, with other content

  // Twice: as a node that was there, and as one that starts afterwards.
  for (int start = 0; start < 2; ++start) {
    auto book = fresh_book();
    topic.read(book);
    CAPTURE(book.refusal(good) == nullptr ? "" : *book.refusal(good));
    REQUIRE(book.accepted(good) != nullptr);
    CHECK(*book.accepted(good) == "v1");
    for (std::int64_t offset = good + 1; offset < book.offset(); ++offset) {
      CAPTURE(offset);
      CHECK(book.accepted(offset) == nullptr);
      REQUIRE(book.refusal(offset) != nullptr);
    }
    CHECK(book.refusal_code(1) == "BAD_POLICY");
    CHECK(book.refusal_code(2) == "BAD_ENVELOPE");
    CHECK(book.refusal_code(3) == "BAD_ENVELOPE");
    CHECK(book.refusal(other_key)->starts_with("key: "));
    CHECK(book.history()->at(kNow).version == "v1");
  }
}

TEST_CASE("an expired key cannot publish by writing an earlier time") {
  const Somebody centre{"centre"};
  PolicyTopic topic;
  topic.publish(PolicyTopic::document("v1", kNow, json::array({centre.trusted(kNow + days(10))})), root, kNow, kNow);
  const auto in_time =
      topic.publish(PolicyTopic::document("v2", kNow + days(3), json::array({centre.trusted(kNow + days(10))})),
                    centre, kNow + days(2), kNow + days(2));
  const auto too_late =
      topic.publish(PolicyTopic::document("v3", kNow + days(3)), centre, kNow + days(2), kNow + days(11));
  auto book = fresh_book();
  topic.read(book);
  CHECK(book.accepted(in_time) != nullptr);
  REQUIRE(book.refusal(too_late) != nullptr);
  CHECK(book.refusal(too_late)->starts_with("signature: "));
}

TEST_CASE("a removed key cannot publish once the version without it is in force, and can until then") {
  const Somebody before{"before"}, after{"after"};
  PolicyTopic topic;
  topic.publish(PolicyTopic::document("v1", kNow, json::array({before.trusted()})), root, kNow, kNow);
  topic.publish(PolicyTopic::document("v2", kNow + days(5), json::array({after.trusted()})), before, kNow + days(1),
                kNow + days(1));
  // v2 is the newest, but not in force yet.
  const auto early = topic.publish(PolicyTopic::document("v3", kNow + days(2), json::array({before.trusted()})),
                                   after, kNow + days(5), kNow + days(2));
  const auto still = topic.publish(PolicyTopic::document("v4", kNow + days(2), json::array({before.trusted()})),
                                   before, kNow + days(2), kNow + days(2));
  const auto removed =
      topic.publish(PolicyTopic::document("v5", kNow + days(6)), before, kNow + days(2), kNow + days(6));
  const auto instead = topic.publish(PolicyTopic::document("v6", kNow + days(6), json::array({after.trusted()})),
                                     after, kNow + days(6), kNow + days(6));
  auto book = fresh_book();
  topic.read(book);
  CHECK(book.refusal(early) != nullptr);
  CHECK(book.refusal(still) == nullptr);
  CHECK(book.refusal(removed) != nullptr);
  CHECK(book.refusal(instead) == nullptr);

  SECTION("years later a node that starts judges all of them as they were judged then") {
    auto later = fresh_book();
    topic.read(later);
    for (std::int64_t offset = 0; offset < book.offset(); ++offset)
      CHECK((later.refusal(offset) == nullptr) == (book.refusal(offset) == nullptr));
  }
}

TEST_CASE("where nobody stamps records the event time counts, but never an earlier one than before") {
  const Somebody before{"before"}, after{"after"};
  PolicyTopic topic;
  topic.publish(PolicyTopic::document("v1", kNow, json::array({before.trusted()})), root, kNow);
  topic.publish(PolicyTopic::document("v2", kNow + days(1), json::array({after.trusted()})), before, kNow + days(1));
  const auto backdated = topic.publish(PolicyTopic::document("v3", kNow + days(2)), before, kNow);
  const auto retroactive = topic.publish(PolicyTopic::document("v4", kNow - days(9)), after, kNow - days(9));
  auto book = fresh_book();
  topic.read(book);
  CHECK(book.refusal(backdated) != nullptr);
  CHECK(book.refusal(retroactive) == nullptr);
  CHECK(book.time(retroactive) == kNow - days(9)); // what it says to an event clock is another matter
}

TEST_CASE("a policy in binary mode is read like one in structured mode") {
  auto document = PolicyTopic::document("v1", kNow);
  auto data = streams::sign_policy(document.dump(), root.pair.private_key, root.id);
  std::vector<streams::Header> headers{{"ce_specversion", "1.0"},
                                       {"ce_id", "p-1"},
                                       {"ce_source", "/centre"},
                                       {"ce_type", "onecode.policy.v1"},
                                       {"ce_time", "2026-03-02T08:00:00.000+08:00"}};
  streams::Record record;
  record.key = "v1";
  record.value = data;
  record.headers = headers;
  auto book = fresh_book();
  const bool accepted = book.read(0, record);
  CAPTURE(accepted ? "" : *book.refusal(0));
  REQUIRE(accepted);
  CHECK(book.history()->at(kNow).version == "v1");
  CHECK(book.time(0) == kNow);

  headers[3].value = "onecode.scan.v1";
  CHECK_FALSE(book.read(1, record));
  CHECK(book.refusal(1)->starts_with("UNKNOWN_TYPE: "));
  headers[3].value = "onecode.policy.v1";
  data.replace(data.find("information-centre"), 1, "I"); // no longer what was signed
  CHECK_FALSE(book.read(2, record));
  CHECK(book.refusal(2)->starts_with("signature: "));
}

TEST_CASE("the book of a node that had read less") {
  PolicyTopic topic;
  topic.publish(PolicyTopic::document("v1", kNow), root, kNow);
  topic.add("x", "junk");
  topic.publish(PolicyTopic::document("v2", kNow + days(1)), root, kNow);
  auto book = fresh_book();
  topic.read(book);
  const Time late = kNow + days(30);
  CHECK(book.below(0).history()->at(late).version == "builtin-1");
  CHECK(book.below(1).history()->at(late).version == "v1");
  CHECK(book.below(2).history()->at(late).version == "v1");
  CHECK(book.below(2).offset() == 2);
  CHECK(book.below(3).history()->at(late).version == "v2");
  CHECK(book.below(99).offset() == 3);
  CHECK(book.below(-1).history()->at(late).version == "v2");
  CHECK(book.history()->at(late).version == "v2");
}

TEST_CASE("a node without a secret that the version in force names must not process") {
  auto document = PolicyTopic::document("v2", kNow + days(1));
  document["trust"]["issuers"] = {{"app", {{"alg", "hmac-sha256"}, {"secret", "app-key"}}},
                                  {"kiosk", {{"alg", "hmac-sm3"}, {"secret", "derive:kiosks/k-1"}}}};
  PolicyTopic topic;
  topic.publish(document, root, kNow);
  auto book = fresh_book();
  topic.read(book);
  CHECK(book.objection(kNow, {}).empty()); // not in force yet
  const auto why = book.objection(kNow + days(1), {});
  CHECK(why.find("v2") != std::string::npos);
  CHECK(why.find("app-key") != std::string::npos);
  CHECK(why.find("derive:kiosks/k-1") != std::string::npos);
  CHECK(book.objection(kNow + days(1), secrets({{"app-key", "x"}})).find("app-key") == std::string::npos);
  CHECK(book.objection(kNow + days(1), secrets({{"app-key", "x"}, {"kiosks", "y"}})).empty());
}
