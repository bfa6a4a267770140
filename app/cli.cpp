#include "app/cli.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/terminal.hpp"
#include "app/toml_reader.hpp"
#include "app/verbs/verbs.hpp"
#include "build_info.hpp"
#include "streams/broker.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {
namespace {

constexpr const char* kStart = "Start here";
constexpr const char* kFiles = "Event files";
constexpr const char* kOperate = "Operate";
constexpr const char* kAdminister = "Administer";

/// In the order in which --help shows them, group by group.
const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table{
      {"demo", kStart, "a whole campus in one process: watch it decide", add_demo},
      {"replay", kFiles, "the same engine over event files, without a broker", add_replay},
      {"backtest", kFiles, "what another policy would have decided differently, and about whom", add_backtest},
      {"evaluate", kFiles, "what a replay found in a simulated campus, against the truth", add_evaluate},
      {"import", kFiles, "turn someone's own door or payment log into an event file", add_import},
      {"simulate", kFiles, "a labelled campus to try rules on: events, and the truth about them", add_simulate},
      {"publish", kFiles, "send an event file into Kafka", add_publish},
      {"tail", kFiles, "print a topic as event-file lines", add_tail},
      {"history", kFiles, "a cluster's inputs in the order in which they were applied", add_history},
      {"referral", kFiles, "what an authority gets about a violation: order, findings, who was affected",
       add_referral},
      {"run", kOperate, "one engine node, until SIGTERM", add_run},
      {"alerts", kOperate, "follow findings in a terminal, or pass them to a SIEM by syslog", add_alerts},
      {"doctor", kOperate, "is everything there that a node needs, and what is to be done where it is not",
       add_doctor},
      {"state", kOperate, "what the engine holds about one person, device, integration or handset", add_state},
      {"audit", kOperate, "export the record as a transparency log, check it, prove a part of it", add_audit},
      {"privacy", kOperate, "people's own data: give it to them, forget it, part it from their names", add_privacy},
      {"witness", kOperate, "cosign another department's transparency logs, so that nobody is shown another one",
       add_witness},
      {"command", kOperate, "build, sign and send an operator command", add_command},
      {"policy", kAdminister, "check, show, compare, sign and publish policy documents", add_policy},
      {"keys", kAdminister, "make key pairs for commands and policies", add_keys},
      {"topics", kAdminister, "create the topics, or say what differs", add_topics},
      {"config", kAdminister, "check a configuration file", add_config},
  };
  return table;
}

/// One sentence a line, "onecode: " before each, so that it is found in anybody's log.
void complain(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    fmt::print(stderr, "{} {}\n", paint(stderr, Colour::red, "onecode:"), text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string usage_text(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty()) {
    const auto word =
        std::find_if(arguments.begin(), arguments.end(), [](const auto& a) { return !a.starts_with("-"); });
    if (word == arguments.end()) return fmt::format("{}; see onecode --help", error.what());
    std::vector<std::string_view> names;
    for (const auto& v : verbs()) names.push_back(v.name);
    const auto meant = nearest(*word, names);
    return fmt::format("there is no verb '{}'{}; see onecode --help", *word,
                       meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant));
  }
  std::string path = "onecode";
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    path += " " + at->get_name();
  }
  std::string what = error.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  return fmt::format("{}; see {} --help", what, path);
}

int guarded(const std::function<int()>& work) {
  try {
    return work();
  } catch (const Failure& e) {
    complain(e.what());
    return e.code;
  } catch (const streams::EventFileError& e) {
    complain(e.what());
    return kBadInput;
  } catch (const streams::BrokerError& e) {
    complain(e.what());
    return e.fault == streams::BrokerFault::refused ? kBadInput : kUnreachable;
  } catch (const std::exception& e) {
    complain(e.what());
    return kBadInput;
  }
}

} // namespace

int run_command_line(std::vector<std::string> arguments) {
  CLI::App app("The misuse engine behind a university's one code: it decides every scan and keeps the record.",
               "onecode");
  app.set_version_flag("--version", fmt::format("onecode {} ({})", onecode::version(), onecode::revision()));
  app.set_help_flag("-h,--help", "explain, also after a verb: onecode <verb> --help");
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  app.footer(
      "\nExit codes: 0 done, 1 the answer is no, 2 usage, 3 bad input or configuration, 4 a dependency is "
      "unreachable,\n5 run: the node did not leave in time ([node] drain_s).");
  app.get_formatter()->column_width(28);

  Run chosen;
  for (const auto& v : verbs()) {
    auto* sub = app.add_subcommand(std::string(v.name), std::string(v.summary));
    sub->group(std::string(v.group));
    sub->callback([&chosen, run = v.add(*sub)] { chosen = run; });
  }

  if (arguments.empty()) {
    fmt::print(stderr, "{}", app.help());
    return kUsage;
  }
  return guarded([&] {
    auto reversed = arguments;
    std::reverse(reversed.begin(), reversed.end()); // CLI11 takes them from the back
    try {
      app.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
      print(app.help());
      return int{kDone};
    } catch (const CLI::CallForVersion& e) {
      print(std::string(e.what()) + "\n");
      return int{kDone};
    } catch (const CLI::ParseError& e) {
      complain(usage_text(app, e, arguments));
      return int{kUsage};
    }
    return chosen();
  });
}

} // namespace onecode::app
