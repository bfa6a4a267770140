#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "app/audit/witnessing.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/signing.hpp"
#include "app/verbs/verbs.hpp"
#include "domain/topics.hpp"
#include "evidence/signed_note.hpp"
#include "evidence/witness.hpp"
#include "streams/authenticate.hpp"

namespace onecode::app {
namespace {

struct Options {
  std::optional<std::string> out, id;
  std::string algorithm = "ed25519", file, origin = "onecode", name;
  int partitions = kDefaultPartitions;
  bool json = false, force = false, pem = false, toml = false, sm2 = false;
};

int run_keys_new(const Options& o) {
  if (o.algorithm != "ed25519" && o.algorithm != "sm2")
    throw UsageError(fmt::format("--alg must be ed25519 or sm2, not \"{}\"", o.algorithm));
  const auto algorithm = o.algorithm == "sm2" ? KeyAlgorithm::sm2 : KeyAlgorithm::ed25519;
  const auto key = new_signing_key(o.id, algorithm);
  if (!o.out) {
    print(key_file_text(key));
    return kDone;
  }
  if (!o.force && access(o.out->c_str(), F_OK) == 0)
    throw InputError(fmt::format("{}: exists already; a key that is overwritten is lost (--force does it)", *o.out));
  write_file(*o.out, key_file_text(key), 0600);
  if (o.json) {
    print(public_key_text(key));
  } else {
    print(
        fmt::format("{}: the private key {}, readable by you only\n"
                    "Its public half, for a policy's trust.roles or the configuration's [[trust.root]]:\n{}",
                    *o.out, key.id, public_key_text(key)));
  }
  return kDone;
}

/// A secret's file loses a trailing newline when it is read.
std::string secret_bytes(KeyAlgorithm algorithm = KeyAlgorithm::ed25519) {
  for (;;) {
    auto key = streams::new_key_pair(algorithm).private_key;
    if (key.back() != '\n' && key.back() != '\r') return key;
  }
}

void make_secrets_folder(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::create_directories(path, error)) fs::permissions(path, fs::perms::owner_all, error);
  if (error) throw InputError(fmt::format("{}: {}", path, error.message()));
}

int run_keys_evidence(const Options& o) {
  make_secrets_folder(o.file);
  std::vector<std::pair<std::string, KeyAlgorithm>> keys{{"evidence", KeyAlgorithm::ed25519},
                                                         {"evidence-key", KeyAlgorithm::ed25519}};
  if (o.sm2) keys.emplace_back("evidence-key-sm2", KeyAlgorithm::sm2);
  for (const auto& [name, algorithm] : keys) {
    const std::string path = o.file + "/" + name;
    if (access(path.c_str(), F_OK) == 0)
      fmt::print(stderr, "{}: is there already and stays\n", path);
    else
      write_file(path, secret_bytes(algorithm), 0600);
  }
  const auto secrets = streams::Secrets::from_directory(o.file);
  std::string verifiers;
  const auto print_verifiers = [&](const char* secret, KeyAlgorithm algorithm, evidence::NoteKey::Type type) {
    const auto bytes = secrets.find(secret);
    if (!bytes) return;
    std::string half;
    try {
      half = streams::key_pair_from_private(algorithm, *bytes).public_key;
    } catch (const std::runtime_error& e) {
      throw InputError(fmt::format("{}/{}: {}", o.file, secret, e.what()));
    }
    for (int shard = 0; shard < o.partitions; ++shard)
      verifiers += evidence::verifier_of({fmt::format("{}/{}", o.origin, shard), type, half}) + "\n";
  };
  print_verifiers("evidence-key", KeyAlgorithm::ed25519, evidence::NoteKey::Type::ed25519);
  print_verifiers("evidence-key-sm2", KeyAlgorithm::sm2, evidence::NoteKey::Type::sm2);
  if (o.out)
    write_file(*o.out, verifiers);
  else
    print(verifiers);
  return kDone;
}

int run_keys_archive(const Options& o) {
  make_secrets_folder(o.file);
  const std::string path = o.file + "/archive-master";
  if (access(path.c_str(), F_OK) == 0)
    fmt::print(stderr, "{}: is there already and stays\n", path);
  else
    write_file(path, secret_bytes(), 0600);
  return kDone;
}

int run_keys_witness(const Options& o) {
  if (access(o.file.c_str(), F_OK) == 0) {
    fmt::print(stderr, "{}: is there already and stays\n", o.file);
  } else {
    auto pair = streams::new_ed25519();
    evidence::WitnessKey key{{o.name, evidence::NoteKey::Type::cosignature, pair.public_key}, pair.private_key};
    if (!evidence::parse_verifier(evidence::verifier_of(key.key)))
      throw UsageError(fmt::format("--name must be a name without spaces and plus, not \"{}\"", o.name));
    write_file(o.file, evidence::to_text(key), 0600);
  }
  const auto key = read_witness_key(o.file);
  if (!o.name.empty() && key.key.name != o.name)
    throw InputError(fmt::format("{}: is the key of {}, not of {}", o.file, key.key.name, o.name));
  print(evidence::verifier_of(key.key) + "\n");
  return kDone;
}

int run_keys_public(const Options& o) {
  const auto key = read_key_file(o.file);
  print(o.pem ? public_key_pem(key) : o.toml ? public_key_toml(key) : public_key_text(key));
  return kDone;
}

} // namespace

Run add_keys(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.require_subcommand(1);
  verb.footer("\nExample:\n  onecode keys new --out clerk.key.json");
  auto* make = verb.add_subcommand("new", "make an Ed25519 or SM2 key pair");
  make->add_option("--out", options->out, "write the key file here (mode 0600); otherwise it goes to stdout")
      ->type_name("FILE");
  make->add_option("--id", options->id, "key id (default: made from the public key)")->type_name("ID");
  make->add_option("--alg", options->algorithm, "ed25519 (default) or sm2")->type_name("ALG");
  make->add_flag("--force", options->force, "overwrite an existing file");
  make->add_flag("--json", options->json, "print the public half as JSON");
  make->footer(
      "\nBoth kinds sign commands and policies; docs/procedures/keys.md tells how a key is put in force, replaced "
      "and "
      "checked\nwith openssl.\n\nExamples:\n  onecode keys new --out clerk.key.json\n"
      "  onecode keys new --alg sm2 --out clerk.key.json");
  auto* half = verb.add_subcommand("public", "print the public half of a key file");
  half->add_option("FILE", options->file, "key file")->required();
  auto* pem =
      half->add_flag("--pem", options->pem, "as openssl reads it; otherwise as a policy's trust section does");
  half->add_flag("--toml", options->toml, "as [[trust.root]] of a node's configuration")->excludes(pem);
  half->footer(
      "\nExamples:\n  onecode keys public clerk.key.json --pem\n"
      "  onecode keys public centre.key.json --toml >> node.toml");
  auto* log = verb.add_subcommand("evidence", "make the secrets of the transparency logs, print their verifier keys");
  log->add_option("DIR", options->file, "the secrets' folder; what is there stays")->required();
  log->add_option("--origin", options->origin, "as [evidence] origin of the nodes (default onecode)")
      ->type_name("NAME");
  log->add_option("--partitions", options->partitions, "how many shards there are (default 8)")
      ->check(CLI::Range(1, 10'000))
      ->type_name("N");
  log->add_flag("--sm2", options->sm2, "a key for SM2 (国密) signatures beside those of Ed25519, too");
  log->add_option("--out", options->out, "write the verifier keys here; otherwise they go to stdout")
      ->type_name("FILE");
  log->footer(
      "\n`evidence` hides whom a leaf is about, `evidence-key` (Ed25519) signs, `evidence-key-sm2` signs "
      "beside it.\nAll nodes have the same ones. The verifier keys are public: whoever checks an export needs "
      "them.\n\nExample:\n"
      "  onecode keys evidence secrets --origin campus.example/onecode --out verifiers.txt");
  auto* master = verb.add_subcommand("archive", "make the master key of the archive of payloads");
  master->add_option("DIR", options->file, "a folder for secrets that no node sees; what is there stays")->required();
  master->footer(
      "\n`archive-master` (32 random bytes) wraps the archive's keys: without it the archive says nothing. `audit` "
      "and "
      "`privacy` take the\nfolder as --secrets.\n\nExample:\n  onecode keys archive archive-secrets");
  auto* witness = verb.add_subcommand("witness", "make the key of a witness, print its verifier key");
  witness->add_option("FILE", options->file, "the key file (mode 0600); one that is there stays")->required();
  witness->add_option("--name", options->name, "of the witness, as in witness.example/w1: a URL without its scheme")
      ->type_name("NAME");
  witness->footer(
      "\nThe file is for `onecode witness` alone. The verifier key is public: `audit export --witness` and whoever "
      "checks an export\nneed it.\n\nExample:\n  onecode keys witness witness.key --name witness.example/w1 > "
      "w1.txt");
  return [options, half, log, master, witness] {
    return half->parsed()      ? run_keys_public(*options)
           : log->parsed()     ? run_keys_evidence(*options)
           : master->parsed()  ? run_keys_archive(*options)
           : witness->parsed() ? run_keys_witness(*options)
                               : run_keys_new(*options);
  };
}

} // namespace onecode::app
