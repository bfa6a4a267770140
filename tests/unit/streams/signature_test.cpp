// Would catch: an SM2 signature that only our own verifier takes, one accepted over other bytes or under another key, a
// private number that the standard excludes, a policy that its SM2 key cannot put in force, a key that counts outside its days.
#include "streams/authenticate.hpp"
#include "streams/policy_document.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::streams;

namespace {

TrustedKey trusted(const KeyPair& pair) {
  TrustedKey key;
  key.key = "k";
  key.algorithm = KeyAlgorithm::sm2;
  key.public_key = pair.public_key;
  return key;
}

std::string der_number(std::string_view n) {
  while (n.size() > 1 && n[0] == '\0') n.remove_prefix(1);
  std::string out = n[0] < 0 ? std::string(1, '\0') + std::string(n) : std::string(n);
  return std::string("\x02") + static_cast<char>(out.size()) + out;
}

std::string der(std::string_view rs) {
  const auto body = der_number(rs.substr(0, 32)) + der_number(rs.substr(32));
  return std::string("\x30") + static_cast<char>(body.size()) + body;
}

} // namespace

TEST_CASE("SM2: what is signed is verified, as r||s and as DER, and nothing else is") {
  const auto pair = new_key_pair(KeyAlgorithm::sm2);
  CHECK(pair.private_key.size() == 32);
  REQUIRE(pair.public_key.size() == 65);
  CHECK(pair.public_key[0] == 4);
  CHECK(key_pair_from_private(KeyAlgorithm::sm2, pair.private_key).public_key == pair.public_key);
  const auto key = trusted(pair);
  for (int i = 0; i < 50; ++i) { // numbers with leading zeros and high bits come up
    const std::string text = "text " + std::to_string(i);
    const auto signature = sign(KeyAlgorithm::sm2, pair.private_key, text);
    REQUIRE(signature.size() == 64);
    CHECK(verify_signature(key, text, signature));
    CHECK(verify_signature(key, text, der(signature)));
    CHECK_FALSE(verify_signature(key, text + ".", signature));
    auto other = signature;
    other[40] ^= 1;
    CHECK_FALSE(verify_signature(key, text, other));
  }
  CHECK_FALSE(verify_signature(trusted(new_key_pair(KeyAlgorithm::sm2)), "text",
                               sign(KeyAlgorithm::sm2, pair.private_key, "text")));
  INFO("an SM2 key under the name of the other algorithm");
  auto wrong = key;
  wrong.algorithm = KeyAlgorithm::ed25519;
  CHECK_FALSE(verify_signature(wrong, "text", sign(KeyAlgorithm::sm2, pair.private_key, "text")));
}

TEST_CASE("SM2: private numbers outside the group are no keys") {
  const auto refused = [](const std::string& number) {
    CHECK_THROWS_AS(key_pair_from_private(KeyAlgorithm::sm2, number), std::runtime_error);
    CHECK_THROWS_AS(sign(KeyAlgorithm::sm2, number, "text"), std::runtime_error);
  };
  refused("short");
  refused(std::string(32, '\0'));
  refused(std::string(32, '\xff'));
  // n-1 (GB/T 32918.5): 1+d would be n.
  refused(
      std::string("\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                  "\x72\x03\xdf\x6b\x21\xc6\x05\x2b\x53\xbb\xf4\x09\x39\xd5\x41\x22",
                  32));
}

TEST_CASE("SM2: a policy signed by a root key, and one signed by the information centre") {
  const auto root = new_key_pair(KeyAlgorithm::sm2);
  const auto centre = new_key_pair(KeyAlgorithm::sm2);
  const Time at{1'772'409'492'000};
  const std::string document = R"({"version":"p-1","effective_from":"2026-03-01T00:00:00+08:00"})";
  auto root_key = trusted(root);
  root_key.key = "root";
  Policy in_force = builtin_policy();
  in_force.roles["information-centre"] = {trusted(centre)};
  in_force.roles["information-centre"][0].to = at;
  const auto published = [&](const std::string& text, Time when) {
    return read_policy_event(policy_event(text, when), {root_key}, in_force, false);
  };
  CHECK(published(sign_policy(document, root.private_key, "root", KeyAlgorithm::sm2), at).policy);
  const auto by_centre = sign_policy(document, centre.private_key, "k", KeyAlgorithm::sm2);
  CHECK(published(by_centre, at).policy);
  CHECK_FALSE(published(by_centre, at + hours(1)).policy);
  CHECK_FALSE(published(sign_policy(document, centre.private_key, "root", KeyAlgorithm::sm2), at).policy);
}

TEST_CASE("a rotated key: each of the two counts in its own days, whatever the algorithm") {
  const auto algorithm = GENERATE(KeyAlgorithm::ed25519, KeyAlgorithm::sm2);
  const auto old_pair = new_key_pair(algorithm);
  const auto new_pair = new_key_pair(algorithm);
  const Time change{1'772'409'492'000};
  Policy policy = builtin_policy();
  policy.roles["registrar"] = {{"k-old", algorithm, old_pair.public_key, "reg-1", {}, change},
                               {"k-new", algorithm, new_pair.public_key, "reg-1", change, {}}};
  Command c;
  c.role = "registrar";
  c.actor = "reg-1";
  c.signed_bytes = "text";
  const auto issued = [&](const char* key, const KeyPair& pair, Time at) {
    c.key = key;
    c.issued_at = at;
    c.signature = sign(algorithm, pair.private_key, "text");
    return !check_signature(c, policy).has_value();
  };
  CHECK(issued("k-old", old_pair, change - hours(1)));
  CHECK(trusts(policy, c, change - minutes(1)));
  CHECK_FALSE(trusts(policy, c, change + minutes(1))); // issued in time, arrived too late
  CHECK_FALSE(issued("k-old", old_pair, change + hours(1)));
  CHECK_FALSE(issued("k-new", new_pair, change - hours(1)));
  CHECK(issued("k-new", new_pair, change + hours(1)));
  CHECK(trusts(policy, c, change + hours(2)));
}
