#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/signing.hpp"
#include "app/verbs/verbs.hpp"

namespace onecode::app {
namespace {

struct Options {
  std::optional<std::string> out, id;
  std::string algorithm = "ed25519";
  bool json = false, force = false;
};

int run_keys_new(const Options& o) {
  if (o.algorithm == "sm2")
    throw UsageError("SM2 key pairs cannot be made yet: this version signs with ed25519 only");
  if (o.algorithm != "ed25519") throw UsageError(fmt::format("--alg must be ed25519, not \"{}\"", o.algorithm));
  const auto key = new_signing_key(o.id);
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

} // namespace

Run add_keys(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.require_subcommand(1);
  verb.footer("\nExample:\n  onecode keys new --out clerk.key.json");
  auto* make = verb.add_subcommand("new", "make an Ed25519 key pair");
  make->add_option("--out", options->out, "write the key file here (mode 0600); otherwise it goes to stdout")
      ->type_name("FILE");
  make->add_option("--id", options->id, "key id (default: made from the public key)")->type_name("ID");
  make->add_option("--alg", options->algorithm, "ed25519")->type_name("ALG");
  make->add_flag("--force", options->force, "overwrite an existing file");
  make->add_flag("--json", options->json, "print the public half as JSON");
  make->footer("\nExample:\n  onecode keys new --out clerk.key.json");
  return [options] { return run_keys_new(*options); };
}

} // namespace onecode::app
