// Would catch: SM2 keys and signatures that only our own program can make or check, a key that counts before or after its
// days, a command that is accepted long after the key behind it was replaced.
#include <cstdlib>
#include <fstream>

#include "tests/contract/contract.hpp"

using namespace contract;

namespace {

bool openssl_is_there() { return std::system("openssl version >/dev/null 2>&1") == 0; }

int shell(const std::string& line) { return std::system(line.c_str()); }

std::string unbase64url(std::string_view text) {
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const unsigned v = c >= 'A' && c <= 'Z'   ? static_cast<unsigned>(c - 'A')
                       : c >= 'a' && c <= 'z' ? static_cast<unsigned>(c - 'a' + 26)
                       : c >= '0' && c <= '9' ? static_cast<unsigned>(c - '0' + 52)
                       : c == '-'             ? 62U
                                              : 63U;
    buffer = (buffer << 6) | v;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(buffer >> bits & 255U);
    }
  }
  return out;
}

// r||s as two DER integers, which is what openssl reads.
std::string der(const std::string& rs) {
  const auto number = [](std::string n) {
    while (n.size() > 1 && n[0] == '\0') n.erase(0, 1);
    if (n[0] < 0) n.insert(0, 1, '\0');
    return std::string("\x02") + static_cast<char>(n.size()) + n;
  };
  const auto body = number(rs.substr(0, 32)) + number(rs.substr(32));
  return std::string("\x30") + static_cast<char>(body.size()) + body;
}

json new_key(const fs::path& file, const std::string& id, const std::string& algorithm) {
  const Exit made = onecode({"keys", "new", "--alg", algorithm, "--id", id, "--out", file.string(), "--json"});
  REQUIRE(made.code == 0);
  return json::parse(made.out);
}

constexpr const char* kOptions = " -rawin -digest sm3 -pkeyopt distid:1234567812345678 ";

} // namespace

TEST_CASE("SM2: openssl verifies what we sign: a command and a policy", "[contract]") {
  if (!openssl_is_there()) SKIP("no openssl binary: SM2 was NOT checked against another implementation");
  const Folder folder;
  const auto key = folder / "k.json";
  const json half = new_key(key, "k-sm2", "sm2");
  CHECK(half.at("alg") == "sm2");
  CHECK(unbase64url(half.at("public").get<std::string>()).size() == 65);
  const Exit pem = onecode({"keys", "public", key.string(), "--pem"});
  REQUIRE(pem.code == 0);
  folder.write("k.pem", pem.out);

  json data;
  SECTION("a command") {
    const Exit sent = onecode({"command", "account.freeze", "--target", "a-1", "--key", key.string(), "--actor",
                               "o-1", "--role", "security-officer", "--arg", "article=8", "--dry-run"});
    REQUIRE(sent.code == 0);
    data = json::parse(sent.out).at("value").at("data");
    CHECK(data.at("key") == "k-sm2");
  }
  SECTION("a policy") {
    const auto file = folder.write("p.json", policy_document().dump());
    const Exit made = onecode({"policy", "sign", file.string(), "--key", key.string()});
    REQUIRE(made.code == 0);
    data = json::parse(made.out);
    data.erase("key"); // a policy is signed without it
  }
  const std::string signature = unbase64url(data.at("signature").get<std::string>());
  REQUIRE(signature.size() == 64);
  data.erase("signature");
  folder.write("text", canonical(data));
  folder.write("signature", der(signature));
  const std::string command = "openssl pkeyutl -verify -pubin -inkey " + (folder / "k.pem").string() + kOptions +
                              "-sigfile " + (folder / "signature").string() + " -in ";
  CHECK(shell(command + (folder / "text").string() + " >/dev/null 2>&1") == 0);
  folder.write("text", canonical(data) + " ");
  CHECK(shell(command + (folder / "text").string() + " >/dev/null 2>&1") != 0);
}

TEST_CASE("SM2: we verify what openssl signs: a policy by a root key made there", "[contract]") {
  if (!openssl_is_there()) SKIP("no openssl binary: SM2 was NOT checked against another implementation");
  const Folder folder;
  const std::string pem = (folder / "k.pem").string();
  REQUIRE(shell("openssl genpkey -algorithm SM2 -out " + pem + " 2>/dev/null") == 0);
  REQUIRE(shell("openssl pkey -in " + pem + " -pubout -outform DER -out " + (folder / "k.der").string()) == 0);
  const std::string spki = read_file(folder / "k.der");
  REQUIRE(spki.size() > 65);
  const std::string point = spki.substr(spki.size() - 65);

  json document = policy_document();
  folder.write("text", canonical(document));
  REQUIRE(shell("openssl pkeyutl -sign -inkey " + pem + kOptions + "-in " + (folder / "text").string() + " -out " +
                (folder / "signature").string()) == 0);
  document["signature"] = base64url(read_file(folder / "signature"));
  document["key"] = "k-root";
  const auto config = folder.write(
      "node.toml", "[[trust.root]]\nkey = \"k-root\"\nalg = \"sm2\"\npublic = \"" + base64url(point) + "\"\n");
  const auto check = [&] {
    return onecode({"policy", "check", folder.write("p.json", document.dump()).string(), "--config", config.string()})
        .code;
  };
  CHECK(check() == 0);
  document["thresholds"] = {{"freeze", 999}};
  CHECK(check() == 1);
}

TEST_CASE("a key's public half goes into a node's configuration as it is printed", "[contract]") {
  const std::string algorithm = GENERATE("ed25519", "sm2");
  const Folder folder;
  const json half = new_key(folder / "k.json", "k-root", algorithm);
  const Exit toml = onecode({"keys", "public", (folder / "k.json").string(), "--toml"});
  REQUIRE(toml.code == 0);
  const Exit checked = onecode({"config", "check", folder.write("node.toml", toml.out).string(), "--json"});
  REQUIRE(checked.code == 0);
  const json root = json::parse(checked.out).at("trust").at("root").at(0);
  CHECK(root.at("key") == "k-root");
  CHECK(root.at("alg") == algorithm);
  CHECK(root.at("public") == half.at("public"));
}

TEST_CASE("a rotated key signs in its own days only, and a late command of the old key is refused", "[contract]") {
  const std::string algorithm = GENERATE("ed25519", "sm2");
  const Folder folder;
  json old_half = new_key(folder / "old.json", "k-old", algorithm);
  json new_half = new_key(folder / "new.json", "k-new", algorithm);
  const std::int64_t change = kDay;
  old_half["actor"] = new_half["actor"] = "o-1";
  old_half["to"] = at(change);
  new_half["from"] = at(change);
  json policy = policy_document();
  policy["trust"]["roles"]["registrar"] = json::array({old_half, new_half});

  // `arrives`: the engine's clock when it comes in.
  std::string lines;
  const auto command = [&](const char* key, const char* account, std::int64_t issued, std::int64_t arrives) {
    const Exit made = onecode({"command", "account.open", "--target", account, "--key", (folder / key).string(),
                               "--actor", "o-1", "--role", "registrar", "--time", at(issued), "--arg",
                               "category=student", "--arg", "valid_from=" + at(0), "--dry-run"});
    REQUIRE(made.code == 0);
    json record = json::parse(made.out);
    record["timestamp"] = epoch_ms(arrives);
    lines += record.dump() + "\n";
  };
  command("old.json", "a-1", change - 2 * kHour, change - kHour);
  command("new.json", "a-2", change - 2 * kHour, change - kHour); // not yet
  command("old.json", "a-3", change - kHour, change + kHour);     // in time, but too late now
  command("old.json", "a-4", change + kHour, change + kHour);     // no longer
  command("new.json", "a-5", change + kHour, change + kHour);
  const Outcome outcome = replay_text(lines, policy);
  REQUIRE(outcome.exit.code == 0);
  std::vector<std::string> refused;
  for (const auto& letter : outcome.dead("BAD_SIGNATURE")) refused.push_back(letter.at("key"));
  CHECK(refused == std::vector<std::string>{"a-2", "a-3", "a-4"});
  CHECK(outcome.dead_codes().size() == 3);
}
