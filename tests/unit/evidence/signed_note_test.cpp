// Catches: a note that others cannot read, a signature that is taken for another text, name, key or time.
#include "evidence/signed_note.hpp"

#include "streams/authenticate.hpp"
#include "streams/base64.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::evidence;
using namespace onecode::streams;

namespace {

using Type = NoteKey::Type;

struct Signer {
  NoteKey key;
  std::string private_key;
};
Signer signer(std::string name, Type type = Type::ed25519) {
  const auto pair = type == Type::sm2 ? new_key_pair(KeyAlgorithm::sm2) : new_ed25519();
  return {{std::move(name), type, pair.public_key}, pair.private_key};
}

SignedNote note(std::string text, std::initializer_list<Signer> by, std::uint64_t seconds = 0) {
  SignedNote n{std::move(text), {}};
  for (const auto& s : by) n.signatures.push_back(sign_note(s.key, s.private_key, n.text, seconds));
  return n;
}

constexpr const char* kText = "onecode.example/shard/3\n42\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

} // namespace

TEST_CASE("signed note: the example of Go's documentation", "[note]") {
  // golang.org/x/mod/sumdb/note: verifier, signer and note of its package documentation.
  const auto key = parse_verifier("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  REQUIRE(key);
  const std::string text =
      "If you think cryptography is the answer to your problem,\n"
      "then you don't know what your problem is.\n";
  const std::string whole =
      text +
      "\n\xe2\x80\x94 PeterNeumann "
      "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
  const auto read = parse_note(whole);
  REQUIRE(read);
  CHECK(signed_by(*read, *key));
  CHECK(to_text(*read) == whole);
  const auto secret = from_base64_any("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz");
  REQUIRE(secret);
  SignedNote mine{text, {sign_note(*key, secret->substr(1), text)}};
  CHECK(to_text(mine) == whole); // Ed25519 gives one text one signature
}

TEST_CASE("signed note: what is written is read", "[note]") {
  for (const auto type : {Type::ed25519, Type::sm2, Type::cosignature}) {
    INFO(static_cast<int>(type));
    const auto a = signer("a.example", type), b = signer("b.example");
    const auto n = note(kText, {a, b}, 1'700'000'000);
    const auto read = parse_note(to_text(n));
    REQUIRE(read);
    CHECK(read->text == kText);
    CHECK(signed_by(*read, a.key));
    CHECK(signed_by(*read, b.key));
    const auto again = parse_verifier(verifier_of(a.key));
    REQUIRE(again);
    CHECK(again->type == type);
    CHECK(signed_by(*read, *again));
  }
}

TEST_CASE("signed note: what does not count", "[note]") {
  const auto a = signer("a.example");
  const auto good = note(kText, {a});
  SECTION("another text") {
    auto n = good;
    n.text[0] = 'O';
    CHECK_FALSE(signed_by(n, a.key));
  }
  SECTION("another key of the same name") { CHECK_FALSE(signed_by(good, signer("a.example").key)); }
  SECTION("the same key under another name") {
    auto key = a.key;
    key.name = "b.example";
    CHECK_FALSE(signed_by(good, key));
  }
  SECTION("a signature of a head is no cosignature, and the other way round") {
    auto witness = a.key;
    witness.type = Type::cosignature;
    CHECK_FALSE(cosigned_at(good, witness));
    CHECK_FALSE(cosigned_at(good, a.key));
    const auto cosigned = note(kText, {Signer{witness, a.private_key}}, 7);
    CHECK(cosigned_at(cosigned, witness) == 7U);
    CHECK_FALSE(signed_by(cosigned, a.key));
  }
  SECTION("another time of a cosignature") {
    auto witness = signer("w.example", Type::cosignature);
    auto n = note(kText, {witness}, 1'700'000'000);
    CHECK(cosigned_at(n, witness.key) == 1'700'000'000U);
    n.signatures[0].bytes[7] ^= 1;
    CHECK_FALSE(cosigned_at(n, witness.key));
  }
  SECTION("every byte of a signature counts") {
    for (std::size_t i = 0; i < good.signatures[0].bytes.size(); ++i) {
      auto n = good;
      n.signatures[0].bytes[i] ^= 1;
      CHECK_FALSE(signed_by(n, a.key));
    }
  }
}

TEST_CASE("signed note: what is none", "[note]") {
  const std::string good = to_text(note(kText, {signer("a.example")}));
  REQUIRE(parse_note(good));
  for (const auto& bad :
       {std::string(), std::string(kText), std::string(kText) + "\n", good.substr(0, good.size() - 1), good + "x\n",
        good + "\n", "\x1b[31m" + good, "\xff" + good, std::string(kText) + "\n\xe2\x80\x94 a.example AAAA\n",
        std::string(kText) + "\n\xe2\x80\x94 a.example !!!!!!!!\n", std::string(kText) + "\n- a.example AAAAAAAA\n",
        std::string(kText) + "\n\xe2\x80\x94 \xff.example AAAAAAAA\n",
        std::string(kText) + "\n\xe2\x80\x94 a\xc2\xa0.example AAAAAAAA\n",
        std::string(kText) + "\n\xe2\x80\x94 a\xe3\x80\x80.example AAAAAAAA\n"}) {
    INFO(bad);
    CHECK_FALSE(parse_note(bad));
  }
  CHECK(parse_note("\x7f" + good)); // no control character to C2SP
  CHECK_THROWS_AS(to_text(SignedNote{"no newline", {}}), std::invalid_argument);
  CHECK_THROWS_AS(to_text(SignedNote{"a bell \a\n", {}}), std::invalid_argument);
}

TEST_CASE("signed note: verifiers that are none", "[note]") {
  const std::string good = verifier_of(signer("a.example").key);
  REQUIRE(parse_verifier(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    INFO(bad);
    CHECK_FALSE(parse_verifier(bad));
  }
  CHECK_FALSE(parse_verifier(""));
  CHECK_FALSE(parse_verifier("a+b"));
  for (const std::string name : {"a b", "a+b", "a\xc2\x85", "\xe2\x80\xa8", "\xff"}) {
    auto key = signer("a.example").key;
    key.name = name;
    CHECK_FALSE(parse_verifier(verifier_of(key)));
  }
}

TEST_CASE("checkpoint: there and back, and what is none", "[note]") {
  Checkpoint c{"onecode.example/shard/3", 1'000'000'007, {}, {"turn 17", "engine 0.1"}};
  for (std::size_t i = 0; i < c.root.size(); ++i) c.root[i] = static_cast<unsigned char>(i * 7);
  const auto text = to_text(c);
  const auto again = parse_checkpoint(text);
  REQUIRE(again);
  CHECK(again->origin == c.origin);
  CHECK(again->size == c.size);
  CHECK(again->root == c.root);
  CHECK(again->more == c.more);
  CHECK(to_text(*again) == text);
  const std::string root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  REQUIRE(parse_checkpoint("o\n0\n" + root + "\n"));
  for (const auto& bad : {std::string(), "o\n0\n" + root, "\n0\n" + root + "\n", "o\n-1\n" + root + "\n",
                          "o\n01\n" + root + "\n", "o\n18446744073709551616\n" + root + "\n", "o\n1x\n" + root + "\n",
                          std::string("o\n1\nAAAA\n"), "o\n1\n" + root + "\n\n", "o\n1\n" + root + "\nmore"}) {
    INFO(bad);
    CHECK_FALSE(parse_checkpoint(bad));
  }
}
