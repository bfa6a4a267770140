// Catches: SM2 signatures of heads that only our own program makes or checks: another identity, another encoding of r and s than the
// documentation says (docs/evidence.md), another hash.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "app/signing.hpp"
#include "evidence/signed_note.hpp"
#include "streams/authenticate.hpp"
#include "tests/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/surroundings.hpp"
#include "tests/unit/storage/temp_folder.hpp"

using namespace onecode;
using namespace onecode::evidence;
using onecode::test::content;
using onecode_test::TempFolder;

namespace {

const Checkpoint kHead{"campus.example/onecode/3", 5, empty_root(), {}};
constexpr const char* kIdentity = "1234567812345678";

bool well(const std::vector<std::string>& words) {
  const TempFolder folder;
  std::vector<std::string> command{"/usr/bin/env", "openssl"};
  command.insert(command.end(), words.begin(), words.end());
  test::Process process;
  process.start(command, folder.path() / "log");
  const auto ended = process.wait();
  UNSCOPED_INFO(content(folder.path() / "log"));
  return ended && ended->code == 0;
}

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

} // namespace

TEST_CASE("interop: openssl verifies the SM2 signature of a head", "[interop][sm2]") {
  if (!well({"version"})) SKIP("there is no openssl");
  const TempFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  const auto pair = streams::new_key_pair(KeyAlgorithm::sm2);
  const NoteKey key{kHead.origin, NoteKey::Type::sm2, pair.public_key};
  const auto signature = sign_note(key, pair.private_key, to_text(kHead)).bytes;
  REQUIRE(signature.size() == 64);

  app::SigningKey half;
  half.algorithm = KeyAlgorithm::sm2;
  half.public_key = pair.public_key;
  write(path("key.pem"), app::public_key_pem(half));
  write(path("rs"), fmt::format("asn1=SEQUENCE:rs\n[rs]\nr=INTEGER:0x{}\ns=INTEGER:0x{}\n",
                                streams::to_hex(signature.substr(0, 32)), streams::to_hex(signature.substr(32))));
  REQUIRE(well({"asn1parse", "-genconf", path("rs"), "-noout", "-out", path("der")}));
  const auto verified = [&](const std::string& identity) {
    return well({"pkeyutl", "-verify", "-pubin", "-inkey", path("key.pem"), "-rawin", "-digest", "sm3", "-pkeyopt",
                 "distid:" + identity, "-sigfile", path("der"), "-in", path("text")});
  };
  write(path("text"), to_text(kHead));
  CHECK(verified(kIdentity));
  CHECK_FALSE(verified("8765432187654321"));
  auto other = kHead;
  ++other.size;
  write(path("text"), to_text(other));
  CHECK_FALSE(verified(kIdentity));
}

TEST_CASE("interop: the SM2 signature of a head by openssl is one to us", "[interop][sm2]") {
  if (!well({"version"})) SKIP("there is no openssl");
  const TempFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  REQUIRE(well({"genpkey", "-algorithm", "SM2", "-out", path("key.pem")}));
  REQUIRE(well({"pkey", "-in", path("key.pem"), "-pubout", "-outform", "DER", "-out", path("half")}));
  const auto spki = content(path("half"));
  REQUIRE(spki.size() > 65);
  const NoteKey key{kHead.origin, NoteKey::Type::sm2, spki.substr(spki.size() - 65)};
  write(path("text"), to_text(kHead));
  const auto signed_as = [&](const std::string& identity) {
    REQUIRE(well({"pkeyutl", "-sign", "-inkey", path("key.pem"), "-rawin", "-digest", "sm3", "-pkeyopt",
                  "distid:" + identity, "-in", path("text"), "-out", path("der")}));
    const SignedNote note{to_text(kHead), {{key.name, key_id(key), content(path("der"))}}};
    return to_text(note);
  };
  const auto verifier = parse_verifier(verifier_of(key));
  REQUIRE(verifier);
  CHECK(signed_checkpoint(signed_as(kIdentity), kHead.origin, *verifier));
  CHECK_FALSE(signed_checkpoint(signed_as("8765432187654321"), kHead.origin, *verifier));
}
