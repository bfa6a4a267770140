// Cryptography against published vectors, and what the contract builds on it.
#include "streams/authenticate.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "streams/json_text.hpp"
#include "tests/catch.hpp"
#include "tests/unit/streams/samples.hpp"

using namespace onecode;
using namespace onecode::streams;
using namespace onecode_test;

namespace {

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

Scan decoded(const Json& e) {
  Decoding d;
  REQUIRE_FALSE(d.read_scan(e));
  return d.scan;
}

} // namespace

TEST_CASE("Ed25519: RFC 8032, 7.1") {
  const std::tuple<std::string, std::string, std::string, std::string> vectors[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bb"
       "e24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302"
       "aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed"
       "28dc027beceea1ec40a"}};
  for (const auto& [secret, pub, message, signature] : vectors) {
    CHECK(to_hex(ed25519_from_private(from_hex(secret)).public_key) == pub);
    CHECK(to_hex(sign_ed25519(from_hex(secret), from_hex(message))) == signature);
    CHECK(verify_ed25519(from_hex(pub), from_hex(message), from_hex(signature)));
    CHECK_FALSE(verify_ed25519(from_hex(pub), from_hex(message) + "x", from_hex(signature)));
    std::string other = from_hex(signature);
    other[5] = static_cast<char>(other[5] ^ 1);
    CHECK_FALSE(verify_ed25519(from_hex(pub), from_hex(message), other));
    CHECK_FALSE(verify_ed25519(from_hex(pub), from_hex(message), ""));
    CHECK_FALSE(verify_ed25519("short", from_hex(message), from_hex(signature)));
  }
  const auto made = new_ed25519();
  CHECK(made.private_key.size() == 32);
  CHECK(verify_ed25519(made.public_key, "text", sign_ed25519(made.private_key, "text")));
  CHECK_THROWS_AS(sign_ed25519("short", "text"), std::runtime_error);
}

TEST_CASE("SM2: GB/T 32918.5, appendix A") {
  TrustedKey key;
  key.algorithm = KeyAlgorithm::sm2;
  key.public_key = from_hex(
      "04"
      "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
      "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13");
  const std::string signature = from_hex(
      "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
      "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");
  CHECK(verify_signature(key, "message digest", signature));
  CHECK_FALSE(verify_signature(key, "message digesT", signature));
  CHECK_FALSE(verify_signature(key, "message digest", signature.substr(1)));
  key.public_key = "nonsense";
  CHECK_FALSE(verify_signature(key, "message digest", signature));
}

TEST_CASE("HMAC-SHA256: RFC 4231") {
  const std::tuple<std::string, std::string, std::string> vectors[] = {
      {std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"}};
  for (const auto& [key, text, mac] : vectors) CHECK(to_hex(hmac(MacAlgorithm::hmac_sha256, key, text)) == mac);
  CHECK(to_hex(hmac(MacAlgorithm::hmac_sm3, "key", "text")).size() == 64);
  CHECK(hmac(MacAlgorithm::hmac_sm3, "key", "text") != hmac(MacAlgorithm::hmac_sha256, "key", "text"));
}

TEST_CASE("HKDF-SHA256: RFC 5869, and derived secrets") {
  CHECK(to_hex(hkdf_sha256(std::string(22, '\x0b'), from_hex("000102030405060708090a0b0c"),
                           from_hex("f0f1f2f3f4f5f6f7f8f9"), 42)) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  CHECK(to_hex(hkdf_sha256(std::string(22, '\x0b'), {}, {}, 42)) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
  const Secrets secrets(std::map<std::string, std::string>{{"gates", "master"}, {"plain", "p"}});
  CHECK(secrets.find("plain") == "p");
  CHECK(secrets.find("derive:gates/d-1") == hkdf_sha256("master", {}, "d-1", 32));
  CHECK(secrets.find("derive:gates/d-1") != secrets.find("derive:gates/d-2"));
  for (const std::string name : {"", "x", "derive:", "derive:gates", "derive:gates/", "derive:x/d-1", "derive:/d-1"})
    CHECK_FALSE(secrets.find(name));
}

TEST_CASE("digests and base64url") {
  CHECK(to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(base64url("") == "");
  CHECK(base64url("\xff\xfe\xfd") == "__79");
  for (const std::string s : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
    CHECK(from_base64url(base64url(s)) == s);
  CHECK(base64url("foob") == "Zm9vYg");
  for (const std::string bad : {"A", "Zm9vYg==", "Zm9v Yg", "Zm9vY!", "++//", "Zm9vYh"})
    CHECK_FALSE(from_base64url(bad));
}

TEST_CASE("secrets from files") {
  namespace fs = std::filesystem;
  const fs::path dir = fs::temp_directory_path() / ("onecode-secrets-" + std::to_string(::getpid()));
  fs::create_directories(dir / "d");
  const auto write = [&](const char* name, std::string_view text) {
    std::ofstream(dir / name, std::ios::binary) << text;
  };
  write("ok.json", R"({"a":"MTIz","b":"-_8"})");
  const auto secrets = Secrets::from_json_file((dir / "ok.json").string());
  CHECK(secrets.find("a") == "123");
  CHECK(secrets.find("b") == "\xfb\xff");
  for (const std::string_view bad :
       {R"({"a":5})", R"({"a":"*"})", R"(["a"])", R"({"a":"MTIz","a":"MTIz"})", "{", ""}) {
    write("bad.json", bad);
    CHECK_THROWS_AS(Secrets::from_json_file((dir / "bad.json").string()), std::runtime_error);
  }
  CHECK_THROWS_AS(Secrets::from_json_file((dir / "none.json").string()), std::runtime_error);
  write("d/one", "raw\n");
  write("d/.hidden", "x");
  const auto from_dir = Secrets::from_directory((dir / "d").string());
  CHECK(from_dir.find("one") == "raw");
  CHECK_FALSE(from_dir.find(".hidden"));
  CHECK_THROWS_AS(Secrets::from_directory((dir / "none").string()), std::runtime_error);
  fs::remove_all(dir);
}

TEST_CASE("the MAC of a scan is over the text of the contract") {
  Scan s = decoded(scan_event());
  CHECK(scan_mac_text(s) ==
        "onecode.scan.v1\nd-0417\n3\n182731\n2026-03-02T07:58:12.345+08:00\na-0012345\naccess\nin\naccepted\n0");
  Json bare = scan_event();
  bare["data"] = {{"device", "d-1"},       {"seq", 7},          {"code", "OC1.x.y"},
                  {"function", "payment"}, {"auth", "present"}, {"amount", 1250}};
  bare["time"] = "2026-03-02T00:00:00Z";
  CHECK(scan_mac_text(decoded(bare)) ==
        "onecode.scan.v1\nd-1\n0\n7\n2026-03-02T00:00:00Z\nOC1.x.y\npayment\n\n\n1250");

  const Secrets secrets(std::map<std::string, std::string>{{"k", "key"}, {"m", "master"}});
  CHECK(check_scan_mac(s, "", secrets) == MacCheck::not_required);
  CHECK(check_scan_mac(s, "k", secrets) == MacCheck::wrong);
  for (int again = 0; again < 3; ++again) {
    s.mac = hmac(MacAlgorithm::hmac_sha256, "key", scan_mac_text(s));
    CHECK(check_scan_mac(s, "k", secrets) == MacCheck::ok);
    CHECK(check_scan_mac(s, "none", secrets) == MacCheck::wrong);
    const Secrets others(std::map<std::string, std::string>{{"k", "other key"}});
    CHECK(check_scan_mac(s, "k", others) == MacCheck::wrong);
    s.mac = hmac(MacAlgorithm::hmac_sha256, *secrets.find("derive:m/d-0417"), scan_mac_text(s));
    CHECK(check_scan_mac(s, "derive:m/d-0417", secrets) == MacCheck::ok);
    CHECK(check_scan_mac(s, "k", secrets) == MacCheck::wrong);
  }
  s.mac.pop_back();
  CHECK(check_scan_mac(s, "derive:m/d-0417", secrets) == MacCheck::wrong);
  s.mac.clear();
  CHECK(check_scan_mac(s, "k", secrets) == MacCheck::missing);
}

TEST_CASE("dynamic codes") {
  Policy policy = builtin_policy();
  policy.issuers["k1"] = {MacAlgorithm::hmac_sha256, "issuer"};
  policy.issuers["k3"] = {MacAlgorithm::hmac_sm3, "issuer"};
  policy.issuers["lost"] = {MacAlgorithm::hmac_sha256, "not here"};
  const Secrets secrets(std::map<std::string, std::string>{{"issuer", "key"}});
  const Time at{1'772'409'492'345};
  const auto code = [&](const std::string& kid, std::string_view key) {
    const auto known = policy.issuers.find(kid);
    return make_code(kid, known == policy.issuers.end() ? Issuer{} : known->second, key, "a-9", "h-9", "n-9", at, 60,
                     "access");
  };
  const auto resolved = [&](const std::string& text, const std::string& handset = "") {
    Scan s;
    s.code = text;
    s.handset = handset;
    resolve_code(s, policy, secrets);
    return s;
  };
  for (const std::string kid : {"k1", "k3"}) {
    const Scan s = resolved(code(kid, "key"));
    CHECK(s.token.state == TokenState::genuine);
    CHECK(s.account == "a-9");
    CHECK(s.handset == "h-9");
    CHECK(s.token.handset == "h-9");
    CHECK(s.token.nonce == "n-9");
    CHECK(s.token.issuer == kid);
    CHECK(s.token.issued_at == at);
    CHECK(s.token.ttl_s == 60);
    CHECK(s.token.purpose == "access");
  }
  CHECK(resolved(code("k1", "key"), "h-1").handset == "h-9"); // signed by the issuer; the gateway's word is not
  const auto nobody = [&](const std::string& text, TokenState state, const std::string& issuer) {
    CAPTURE(text);
    const Scan s = resolved(text);
    CHECK(s.token.state == state);
    CHECK(s.token.issuer == issuer);
    CHECK(s.account.empty());
    CHECK(s.token.nonce.empty());
  };
  nobody(code("k1", "wrong key"), TokenState::bad_mac, "k1");
  nobody(code("stranger", "key"), TokenState::unknown_issuer, "stranger");
  nobody(code("lost", "key"), TokenState::unknown_issuer, "lost");
  const std::string good = code("k1", "key");
  nobody(good.substr(0, good.rfind('.')), TokenState::malformed, "");
  nobody(good.substr(0, good.rfind('.')) + ".", TokenState::bad_mac, "k1");
  const auto sign = [&](const std::string& claims) {
    const std::string text = "OC1." + base64url(claims);
    return text + "." + base64url(hmac(MacAlgorithm::hmac_sha256, "key", text));
  };
  CHECK(resolved(
            sign(R"({"kid":"k1","account":"a","handset":"h","nonce":"n","iat":"2026-03-02T00:00:00Z","ttl_s":60})"))
            .token.state == TokenState::genuine);
  for (
      const std::string& bad :
      {std::string("nonsense"), std::string("OC1."), std::string("OC1.."), std::string("OC2.") + good.substr(4),
       good + "!", sign("{"), sign("[]"), sign(R"({"kid":"k1"})"),
       sign(R"({"kid":"k1","account":"a b","handset":"h","nonce":"n","iat":"2026-03-02T00:00:00Z","ttl_s":60})"),
       sign(R"({"kid":"k1","account":"a","handset":"h","nonce":"n","iat":"2026-03-02","ttl_s":60})"),
       sign(R"({"kid":"k1","account":"a","handset":"h","nonce":"n","iat":"2026-03-02T00:00:00Z","ttl_s":-1})"),
       sign(
           R"({"kid":"k1","kid":"k1","account":"a","handset":"h","nonce":"n","iat":"2026-03-02T00:00:00Z","ttl_s":60})"),
       sign(R"({"kid":"k1","account":5,"handset":"h","nonce":"n","iat":"2026-03-02T00:00:00Z","ttl_s":60})")})
    nobody(bad, TokenState::malformed, bad.starts_with("OC2.") ? "prefix:OC2" : "");
  // the algorithm comes from the policy, never from the token
  nobody(
      sign(
          R"({"kid":"k3","alg":"hmac-sha256","account":"a","handset":"h","nonce":"n","iat":"2026-03-02T00:00:00Z","ttl_s":60})"),
      TokenState::bad_mac, "k3");
  for (std::size_t i = 4; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed == good) continue;
    CHECK(resolved(changed).token.state != TokenState::genuine);
  }
}

TEST_CASE("a command's signature: by whom, as what, and when") {
  const auto registrar = new_ed25519();
  const auto officer = new_ed25519();
  const Time issued{1'772'409'492'345};
  Policy policy = builtin_policy();
  policy.roles["registrar"] = {
      {"k-reg", KeyAlgorithm::ed25519, registrar.public_key, "reg-1", issued - days(1), issued + days(1)}};
  policy.roles["security-officer"] = {{"k-off", KeyAlgorithm::ed25519, officer.public_key, "", {}, {}}};
  Command c;
  c.role = "registrar";
  c.actor = "reg-1";
  c.issued_at = issued;
  c.key = "k-reg";
  c.signed_bytes = "text";
  c.signature = sign_ed25519(registrar.private_key, "text");
  const auto code = [&](const Command& command) {
    const auto refusal = check_signature(command, policy);
    return refusal ? refusal->code : std::string_view();
  };
  CHECK(code(c).empty());
  const auto changed = [&](auto&& change) {
    Command other = c;
    change(other);
    return code(other);
  };
  CHECK(changed([](Command& x) { x.signature.clear(); }) == "BAD_SIGNATURE");
  CHECK(changed([](Command& x) { x.key.clear(); }) == "BAD_SIGNATURE");
  CHECK(changed([](Command& x) { x.key = "k-none"; }) == "BAD_SIGNATURE");
  CHECK(changed([](Command& x) { x.signed_bytes = "texT"; }) == "BAD_SIGNATURE");
  CHECK(changed([](Command& x) { x.signature[3] ^= 1; }) == "BAD_SIGNATURE");
  CHECK(changed([](Command& x) { x.actor = "reg-2"; }) == "BAD_SIGNATURE");
  CHECK(changed([](Command& x) { x.issued_at = x.issued_at + days(2); }) == "BAD_SIGNATURE");
  CHECK(changed([](Command& x) { x.issued_at = x.issued_at - days(2); }) == "BAD_SIGNATURE");
  CHECK(changed([](Command& x) { x.role = "reviewer"; }) == "FORBIDDEN_ROLE");
  CHECK(changed([&](Command& x) {
          x.key = "k-off";
          x.signature = sign_ed25519(officer.private_key, "text");
        }) == "FORBIDDEN_ROLE");
  CHECK(changed([&](Command& x) {
          x.key = "k-off";
          x.role = "security-officer";
          x.actor = "anybody";
          x.signature = sign_ed25519(officer.private_key, "text");
        }).empty());
  Command unsigned_one = c;
  unsigned_one.signature.clear();
  CHECK(check_signature(unsigned_one, policy)->stage == "authenticate");
}

TEST_CASE("canonical JSON: RFC 8785") {
  CHECK(canonical_json(R"({"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],)"
                       R"("string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]})") ==
        "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
        "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  // 3.2.3: keys by UTF-16 units
  CHECK(
      canonical_json(
          R"({"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",)"
          R"("\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"})") ==
      "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":\"Latin Small Letter O With "
      "Diaeresis\","
      "\"\xe2\x82\xac\":\"Euro Sign\",\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\",\"\xef\xac\xb3\":\"Hebrew Letter "
      "Dalet With Dagesh\"}");
  // appendix B and the edges of ECMAScript's formats
  const std::pair<const char*, const char*> numbers[] = {{"0", "0"},
                                                         {"-0", "0"},
                                                         {"-0.0", "0"},
                                                         {"5e-324", "5e-324"},
                                                         {"-5e-324", "-5e-324"},
                                                         {"1.7976931348623157e308", "1.7976931348623157e+308"},
                                                         {"9007199254740992", "9007199254740992"},
                                                         {"295147905179352830000", "295147905179352830000"},
                                                         {"9.999999999999997e22", "9.999999999999997e+22"},
                                                         {"1e23", "1e+23"},
                                                         {"1.0000000000000001e23", "1.0000000000000001e+23"},
                                                         {"999999999999999700000", "999999999999999700000"},
                                                         {"1e21", "1e+21"},
                                                         {"1e20", "100000000000000000000"},
                                                         {"9.999999999999997e-7", "9.999999999999997e-7"},
                                                         {"0.000001", "0.000001"},
                                                         {"333333333.3333332", "333333333.3333332"},
                                                         {"-0.0000033333333333333333", "-0.0000033333333333333333"},
                                                         {"1424953923781206.2", "1424953923781206.2"},
                                                         {"9007199254740993", "9007199254740992"},
                                                         {"1e-400", "0"},
                                                         {"123.0", "123"}};
  for (const auto& [in, out] : numbers) CHECK(canonical_json(in) == out);
  CHECK(canonical_json(" { \"b\" : [ ] , \"a\" : { } } ") == R"({"a":{},"b":[]})");
  for (const std::string bad : {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "1e999",
                                "\"\\ud800\"", "01", "nul", "\"\xff\"", "1 2"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(canonical_json(bad), std::runtime_error);
  }
  CHECK_THROWS_AS(canonical_json(std::string(1000, '[') + std::string(1000, ']')), std::runtime_error);
}
