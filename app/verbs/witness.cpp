#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "app/audit/witnessing.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/signing.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"
#include "app/witness/server.hpp"
#include "monitoring/log.hpp"

namespace onecode::app {
namespace {

struct Options {
  std::string listen = "127.0.0.1:9465", logs, key, folder, origin;
};

int run_witness(const Options& o) {
  WitnessOptions options;
  options.listen = o.listen;
  options.folder = o.folder;
  options.key = read_witness_key(o.key);
  for (auto& key : read_log_keys(o.logs))
    if (o.origin.empty() || key.name == o.origin || key.name.starts_with(o.origin + '/'))
      options.logs.push_back(std::move(key));
  if (options.logs.empty())
    throw InputError(fmt::format("{}: has no verifier key of a log{}", o.logs,
                                 o.origin.empty() ? "" : fmt::format(" named {} or {}/…", o.origin, o.origin)));
  options.seconds = [] { return static_cast<std::uint64_t>(clock_now().ms / 1000); };
  const Interrupt interrupt;
  const std::string verifier = evidence::verifier_of(options.key.key);
  try {
    WitnessServer server(std::move(options));
    monitoring::log_info("witness", "started", {{"url", server.url()}, {"verifier", verifier}});
    while (!interrupt.asked()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  } catch (const monitoring::HttpError& e) {
    throw InputError(e.what());
  } catch (const std::filesystem::filesystem_error& e) {
    throw InputError(e.what());
  }
  monitoring::log_info("witness", "ended");
  return kDone;
}

} // namespace

Run add_witness(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option("--listen", options->listen, "address (default 127.0.0.1:9465); port 0: any free one")
      ->type_name("HOST:PORT");
  verb.add_option("--logs", options->logs, "verifier keys of the logs to cosign (onecode keys evidence)")
      ->required()
      ->type_name("FILE");
  verb.add_option("--key", options->key, "the witness's own key (onecode keys witness)")
      ->required()
      ->type_name("FILE");
  verb.add_option("--data", options->folder, "what was cosigned is remembered here; made where it is missing")
      ->required()
      ->type_name("DIR");
  verb.add_option("--origin", options->origin, "only the logs of this name, where --logs has others, too")
      ->type_name("NAME");
  verb.footer(
      "\nFor the machine of a department that is not the logs' own: it cosigns a head (C2SP tlog-witness, POST "
      "/add-checkpoint) only when\nthat goes on from the last one that it cosigned, and so nobody can be shown "
      "another log than everybody else. `audit export\n--witness` asks it. Whoever loses DIR must make a new key. "
      "TLS is a proxy's affair; nothing here is secret but the key.\n\nExample:\n"
      "  onecode keys witness witness.key --name audit.example/w1 > w1.txt\n"
      "  onecode witness --logs verifiers.txt --key witness.key --data witness");
  return [options] { return run_witness(*options); };
}

} // namespace onecode::app
