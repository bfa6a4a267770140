#include "app/doctor/doctor.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"

namespace onecode::app {

Run add_doctor(CLI::App& verb) {
  struct Options {
    KafkaFlags kafka;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  options->kafka.add_to(verb);
  verb.add_flag("--json", options->json, "print the findings as JSON");
  verb.footer(
      "\nLooks at all that a node needs: configuration, secrets, disk, memory, clock, port, broker, topics, rights, "
      "group, policy.\nEach line says ok, warn or FAIL, what was found, and how to mend it. Run it as the user of "
      "the "
      "node, before the node or\nbeside it. It changes nothing. Exit 0: a node would work, perhaps with warnings; 1: "
      "something failed.\n\n"
      "Examples:\n  onecode doctor --config node.toml\n  onecode doctor --config node.toml --json | jq '.checks[] | "
      "select(.health != \"ok\")'");
  return [options] {
    const bool colour = colours(stdout);
    const auto findings = examine(options->kafka, [&](const Finding& f) {
      if (options->json) return;
      print(text_of(f, colour));
      std::fflush(stdout);
    });
    print(options->json ? json_of(findings) : summary_of(findings) + "\n");
    return healthy(findings) ? kDone : kAnswerIsNo;
  };
}

} // namespace onecode::app
