// Catches: leaves that two readers take for different things, or that say less than was hashed; whom a leaf is about told to
// everybody; a record whose payload is only half covered.
#include "evidence/leaf.hpp"

#include <set>

#include "evidence/sm3.hpp"
#include "streams/authenticate.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::evidence;

namespace {

std::string hex(std::string_view bytes) { return streams::to_hex(bytes); }

Leaf example() {
  Leaf leaf;
  leaf.kind = LeafKind::decision;
  leaf.id = "5f0c";
  leaf.subject.fill(0x11);
  leaf.payload.fill(0x22);
  leaf.time = Time{1'772'409'492'345};
  leaf.received = Time{1'772'409'492'400};
  leaf.clock = LeafClock::synced;
  leaf.at = {Topic::scans, 5};
  leaf.from = 77;
  leaf.offset = 78;
  leaf.policy = "2026-1";
  leaf.build = "v1";
  leaf.mac = "mac";
  return leaf;
}

std::string bytes_of(const Leaf& leaf) {
  std::string out;
  append(out, leaf);
  return out;
}

streams::Record record(std::optional<std::string_view> value, std::span<const streams::Header> headers = {}) {
  streams::Record r;
  r.value = value;
  r.headers = headers;
  return r;
}

} // namespace

TEST_CASE("SHA-256 and HMAC by their vectors", "[evidence][hash]") {
  // FIPS 180-4, RFC 4231 cases 2, 3 and 6.
  CHECK(hex(view(sha256({"a", "", "bc"}))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(view(hmac_sha256("Jefe", "what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(view(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd')))) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(hex(view(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"))) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("SM3 by its vectors", "[evidence][hash][sm3]") {
  // GB/T 32905-2016, appendix A.
  CHECK(hex(view(sm3({"a", "", "bc"}))) == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  std::string long_text;
  for (int i = 0; i < 16; ++i) long_text += "abcd";
  CHECK(hex(view(sm3({long_text}))) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

TEST_CASE("A leaf byte for byte", "[evidence][leaf][R9.2]") {
  CHECK(hex(bytes_of(example())) ==
        "01"
        "02"
        "0435663063" +
            hex(std::string(32, '\x11')) + hex(std::string(32, '\x22')) +
            "0000019cabd69379"
            "0000019cabd693b0"
            "01"
            "057363616e73"
            "00000005"
            "000000000000004d"
            "000000000000004e"
            "06323032362d31"
            "027631"
            "036d6163");
}

TEST_CASE("What becomes known late is put where a leaf has it", "[evidence][leaf]") {
  for (const std::size_t size : {0, 1, 32, 255, 300}) {
    Leaf leaf = example();
    const std::string id(size, 'x');
    leaf.id = id;
    const auto sm3 = GENERATE(false, true);
    if (sm3) leaf.payload_sm3.emplace().fill(0x33);
    const auto bytes = bytes_of(leaf);
    Leaf lacking = leaf;
    lacking.payload = {};
    lacking.received = {};
    auto later = bytes_of(lacking);
    put_payload(later.data(), leaf.payload);
    put_received(later.data(), leaf.received);
    CHECK(later == bytes);
  }
}

TEST_CASE("A leaf with SM3 is of version 2, and else the same", "[evidence][leaf][sm3]") {
  Leaf leaf = example();
  const std::string without = bytes_of(leaf);
  leaf.payload_sm3.emplace().fill(0x33);
  const std::string with = bytes_of(leaf);
  const std::size_t after_payload = 2 + 5 + 32 + 32;
  CHECK(with == "\x02" + without.substr(1, after_payload - 1) + " " + std::string(32, '\x33') +
                    without.substr(after_payload)); // a space is 32
  // As long as a text may be, and only one length is an SM3.
  for (const int length : {0, 1, 31, 33, 255})
    CHECK_FALSE(parse_leaf("\x02" + without.substr(1, after_payload - 1) + static_cast<char>(length) +
                           std::string(static_cast<std::size_t>(length), '\x33') + without.substr(after_payload)));
}

TEST_CASE("A leaf is read as it was written, and as nothing else", "[evidence][leaf]") {
  Leaf leaf = example();
  SECTION("in full") {}
  SECTION("with SM3") { leaf.payload_sm3.emplace().fill(0x33); }
  SECTION("by a timer") { leaf.at.reset(), leaf.from = leaf.offset = 0; }
  SECTION("of a record that could not be read") { leaf.id = leaf.policy = leaf.mac = ""; }
  SECTION("long ago") { leaf.time = Time{-1}; }
  const std::string bytes = bytes_of(leaf);
  const auto back = parse_leaf(bytes);
  REQUIRE(back);
  CHECK(back->kind == leaf.kind);
  CHECK(back->id == leaf.id);
  CHECK(back->subject == leaf.subject);
  CHECK(back->payload == leaf.payload);
  CHECK(back->payload_sm3 == leaf.payload_sm3);
  CHECK(back->time == leaf.time);
  CHECK(back->received == leaf.received);
  CHECK(back->clock == leaf.clock);
  CHECK(back->at == leaf.at);
  CHECK(back->from == leaf.from);
  CHECK(back->offset == leaf.offset);
  CHECK(back->policy == leaf.policy);
  CHECK(back->build == leaf.build);
  CHECK(back->mac == leaf.mac);
  CHECK(bytes_of(*back) == bytes);

  for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_FALSE(parse_leaf(bytes.substr(0, n)));
  CHECK_FALSE(parse_leaf(bytes + '\0'));
  // Whatever is read says all that was hashed: no two texts are one leaf.
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    std::string other = bytes;
    other[n] = static_cast<char>(other[n] ^ 1);
    if (const auto read = parse_leaf(other)) CHECK(bytes_of(*read) == other);
  }
}

TEST_CASE("A text that is longer than a leaf has room for is cut", "[evidence][leaf]") {
  const std::string longer(300, 'x');
  Leaf leaf = example();
  leaf.id = longer;
  const std::string bytes = bytes_of(leaf);
  REQUIRE(parse_leaf(bytes));
  CHECK(parse_leaf(bytes)->id == longer.substr(0, 255));
}

TEST_CASE("The payload is the record: value, and what CloudEvents says in headers", "[evidence][leaf]") {
  const streams::Header id{"ce_id", "1"}, type{"ce_type", "t"}, other{"traceparent", "x"};
  const streams::Header one[] = {id, type}, two[] = {type, other, id}, three[] = {id, {"ce_type", "u"}};
  CHECK(payload_hash(record("{}")) == sha256({"{}"}));
  CHECK(payload_hash(record(std::nullopt)) == sha256({}));
  CHECK(payload_sm3(record("{}")) == sm3({"{}"}));
  CHECK(payload_sm3(record("{}", one)) == sm3({std::string_view("ce_id\0"
                                                                "1\0ce_type\0t\0",
                                                                18),
                                               "{}"}));
  CHECK(payload_hash(record("{}", one)) == payload_hash(record("{}", two)));
  std::set<Hash> all{payload_hash(record("{}")), payload_hash(record("{}", one)), payload_hash(record("{}", three)),
                     payload_hash(record("[]", one))};
  CHECK(all.size() == 4);
  CHECK(payload_hash(record("{}", one)) == sha256({std::string_view("ce_id\0"
                                                                    "1\0ce_type\0t\0",
                                                                    18),
                                                   "{}"}));
}

TEST_CASE("Whom a leaf is about", "[evidence][leaf][privacy]") {
  const Hash key = sha256({"key of a-1"}), another = sha256({"another key"});
  Leaf leaf;
  leaf.at = {Topic::scans, 3};
  leaf.offset = 17;
  leaf.id = "e-1";
  const auto c = commit_to("a-1", key, leaf);
  CHECK(opens(c.value, c.salt, "a-1"));
  CHECK_FALSE(opens(c.value, c.salt, "a-2"));
  CHECK(c.salt == hmac_sha256(view(key), std::string_view("scans\0\0\0\0\3\0\0\0\0\0\0\0\x11", 18)));
  CHECK(commit_to("a-1", another, leaf).value != c.value);
  // What follows from a record is about the same, whatever it is called.
  leaf.id = "e-2";
  CHECK(commit_to("a-1", key, leaf).value == c.value);
  // The same person again is another commitment, and one salt says nothing of the other.
  leaf.offset = 18;
  const auto again = commit_to("a-1", key, leaf);
  CHECK(again.value != c.value);
  CHECK_FALSE(opens(again.value, c.salt, "a-1"));
  leaf.at.reset();
  CHECK(commit_to("a-1", key, leaf).salt == hmac_sha256(view(key), "e-2"));

  // Many at once, timers' among them, are each as by itself.
  std::vector<ToCommit> many;
  for (std::int64_t i = 0; i < 40; ++i) {
    ToCommit one{i % 2 == 0 ? "a-1" : "", hmac_key(view(i % 4 == 0 ? another : key)), {}, i, "e-3", {}};
    if (i % 3 != 0) one.at = {i % 5 == 0 ? Topic::ledger : Topic::scans, static_cast<std::int32_t>(i)};
    many.push_back(one);
  }
  commit(many);
  for (std::size_t i = 0; i < many.size(); ++i) {
    Leaf of;
    of.at = many[i].at;
    of.offset = many[i].offset;
    of.id = many[i].id;
    const auto alone = commit_to(many[i].subject, i % 4 == 0 ? another : key, of);
    CHECK(many[i].commitment.salt == alone.salt);
    CHECK(many[i].commitment.value == alone.value);
  }
}
