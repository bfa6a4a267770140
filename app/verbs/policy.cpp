#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/policy_diff.hpp"
#include "app/policy_file.hpp"
#include "app/signing.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "streams/policy_document.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  KafkaFlags kafka;
  std::string file, other;
  std::optional<std::string> key, out;
  std::string language = "en";
  bool json = false, without_signature = false, candidate = false;
};

bool has_signature(const std::string& document) {
  const auto json = Json::parse(document, nullptr, false);
  return json.is_object() && json.contains("signature");
}

std::vector<std::string> named(const std::string& file, const std::vector<std::string>& errors) {
  std::vector<std::string> out;
  for (const auto& e : errors) out.push_back(file + ": " + e);
  return out;
}

/// "in force from …", or that it never will be.
std::string role_of(const Policy& policy) {
  const auto from = format_time(policy.effective_from);
  return policy.shadow ? fmt::format("a candidate: in shadow from {}, never in force", from)
                       : fmt::format("in force from {}", from);
}

int run_check(const Options& o) {
  const auto document = read_policy_document(o.file);
  auto errors = streams::read_policy(document).errors;
  std::string note = "no signature";
  if (has_signature(document)) {
    const auto roots = load_config(o.kafka.config).trust.root;
    if (roots.empty()) {
      note = "signature not checked: no [trust] root is configured (--config FILE)";
    } else if (errors.empty()) {
      // As a node sees it that has no other policy yet: only a root key counts.
      errors = streams::read_policy_event(streams::policy_event(document), roots, builtin_policy(), false).errors;
      note = "signed by a root key";
    }
  }
  if (o.json) {
    print(Json{{"ok", errors.empty()}, {"errors", errors}}.dump(2) + "\n");
  } else if (errors.empty()) {
    const auto policy = streams::read_policy(document).policy;
    print(fmt::format("{}: version {}, {}; {}\n", o.file, policy->version, role_of(*policy), note));
  } else {
    std::string text;
    for (const auto& e : named(o.file, errors)) text += e + "\n";
    print(text);
  }
  return errors.empty() ? kDone : kAnswerIsNo;
}

std::string newest_published(const Options& o) {
  const auto config = o.kafka.load();
  const auto broker = connect(config.kafka);
  const TopicPartition at{Topic::policy, 0};
  const auto marks = broker->watermarks(at, streams::Isolation::committed);
  const auto reader = broker->reader(at, marks.low, streams::Isolation::committed);
  std::optional<std::string> newest;
  while (reader->position() < marks.high)
    if (const auto batch = reader->next(streams::Milliseconds(200)))
      for (const auto& r : batch->records) {
        // What no node can accept is in the topic too.
        streams::PolicyEvent event;
        if (streams::open_policy_event(r, event)) continue;
        if (const auto policy = streams::read_policy(event.data).policy; policy && policy->shadow == o.candidate)
          newest = std::string(event.data);
      }
  if (!newest)
    throw Failure(kAnswerIsNo, o.candidate ? fmt::format("{}policy holds no candidate", config.kafka.prefix)
                                           : fmt::format("{}policy holds no policy yet: the built-in one is in force",
                                                         config.kafka.prefix));
  return *newest;
}

int run_show(const Options& o) {
  std::string document;
  if (!o.file.empty()) {
    document = streams::write_policy(read_policy_file(o.file));
  } else if (o.kafka.config || o.kafka.brokers) {
    const auto result = streams::read_policy(newest_published(o));
    if (!result.policy) throw InputError(named("the newest published policy", result.errors));
    document = streams::write_policy(*result.policy);
  } else if (o.candidate) {
    throw UsageError("--candidate needs a cluster: give --config or --brokers");
  } else {
    document = streams::write_policy(builtin_policy());
  }
  print(Json::parse(document).dump(2) + "\n");
  return kDone;
}

int run_diff(const Options& o) {
  if (o.language != "en" && o.language != "zh")
    throw UsageError(fmt::format("--lang must be en or zh, not \"{}\"", o.language));
  const auto list = policy_changes(read_policy_file(o.file), read_policy_file(o.other));
  if (o.json) {
    auto all = Json::array();
    for (const auto& c : list)
      all.push_back({{"member", c.member},
                     {"before", c.before},
                     {"after", c.after},
                     {"text", {{"zh", c.text.zh}, {"en", c.text.en}}}});
    print(Json{{"same", list.empty()}, {"differences", all}}.dump(2) + "\n");
  } else if (list.empty()) {
    print(o.language == "zh" ? "两份策略相同\n" : "the two policies are the same\n");
  } else {
    std::string text;
    for (const auto& c : list) text += (o.language == "zh" ? c.text.zh : c.text.en) + "\n";
    print(text);
  }
  return list.empty() ? kDone : kAnswerIsNo;
}

std::string sign_document(const std::string& file, const std::string& key_file) {
  const auto document = read_policy_document(file);
  if (const auto result = streams::read_policy(document); !result.policy)
    throw InputError(named(file, result.errors));
  const auto key = read_key_file(key_file);
  return streams::sign_policy(document, key.private_key, key.id, key.algorithm);
}

int run_sign(const Options& o) {
  const auto text = sign_document(o.file, *o.key) + "\n";
  if (o.out) {
    write_file(*o.out, text);
    print(fmt::format("{}: written, signed\n", *o.out));
  } else {
    print(text);
  }
  return kDone;
}

int run_publish_policy(const Options& o) {
  const auto config = o.kafka.load();
  const auto policy = read_policy_file(o.file);
  if (policy.effective_from < kEarliestEvent)
    throw InputError(
        fmt::format("{}: effective_from: is before 2015-01-01, where every cluster has the built-in policy already; "
                    "give a copy of it (onecode policy show) a version and a date of its own",
                    o.file));
  const auto document = o.key ? sign_document(o.file, *o.key) : read_policy_document(o.file);
  if (!o.key && !o.without_signature && !has_signature(document))
    throw UsageError(fmt::format(
        "{} has no signature: give --key FILE, sign it with onecode policy sign, or say --unsigned", o.file));
  const auto broker = connect(config.kafka);
  const auto publisher = broker->publisher();
  // A policy that is in force from the past on is an event of that past, and carries no other time: a node that reprocesses
  // old events by their own clock (run --clock events) must not leap to today because of it.
  const auto event_time = std::min(policy.effective_from, clock_now());
  publisher->publish(Topic::policy, 0, policy.version, streams::policy_event(document, event_time), {},
                     streams::kNoTimestamp);
  publisher->flush();
  if (o.json)
    print(Json{{"version", policy.version},
               {"effective_from", format_time(policy.effective_from)},
               {"shadow", policy.shadow}}
              .dump() +
          "\n");
  else
    print(fmt::format("version {}, {}, published to {}policy; /status of a node tells which version it runs\n",
                      policy.version, role_of(policy), config.kafka.prefix));
  return kDone;
}

} // namespace

Run add_policy(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  auto* o = options.get();
  verb.require_subcommand(1);
  verb.footer("\nExample:\n  onecode policy check policy.json");
  auto* check = verb.add_subcommand("check", "explain every error in a document (exit 1)");
  auto* show = verb.add_subcommand("show", "print a policy whole, with every default filled in");
  auto* diff =
      verb.add_subcommand("diff", "say in words what changes from one to the other (exit 1 when something does)");
  auto* sign = verb.add_subcommand("sign", "put a signature on a document");
  auto* publish =
      verb.add_subcommand("publish", "put a document in force on a cluster, or in shadow where it says so");
  const char* document = "policy document (JSON), signed or not; 'builtin' for the built-in one";
  check->add_option("FILE", o->file, document)->required();
  check->add_option("--config", o->kafka.config, "whose [trust] root the signature is checked against")
      ->type_name("FILE");
  check->footer("\nExample:\n  onecode policy check policy.json");
  show->add_option("FILE", o->file,
                   std::string(document) + "; without one: the newest of --config/--brokers, or the built-in");
  show->add_flag("--candidate", o->candidate,
                 "the newest of the cluster that runs in shadow, instead of the newest other");
  o->kafka.add_to(*show);
  show->footer("\nExample:\n  onecode policy show --brokers localhost:9092");
  diff->add_option("A", o->file, document)->required();
  diff->add_option("B", o->other, document)->required();
  diff->add_option("--lang", o->language, "en (default) or zh")->type_name("LANG");
  diff->footer(
      "\nOne line per difference, such as \"rule A1: weight 600 -> 700\". What a document leaves out counts as its "
      "default.\nExit 0: they are the same; 1: they differ.\n\nExamples:\n  onecode policy diff builtin policy.json\n"
      "  onecode policy diff policy-1.json policy-2.json --lang zh");
  sign->add_option("FILE", o->file, document)->required();
  sign->add_option("--key", o->key, "key file of the information centre")->type_name("KEYFILE")->required();
  sign->add_option("--out", o->out, "write it here; otherwise to stdout")->type_name("FILE");
  sign->footer("\nExample:\n  onecode policy sign policy.json --key centre.key.json --out policy.signed.json");
  publish->add_option("FILE", o->file, document)->required();
  publish->add_option("--key", o->key, "sign it with this key file first")->type_name("KEYFILE");
  publish->add_flag("--unsigned", o->without_signature, "publish it without a signature");
  o->kafka.add_to(*publish);
  publish->footer("\nExample:\n  onecode policy publish policy.signed.json --config node.toml");
  for (auto* sub : {check, diff, publish}) sub->add_flag("--json", o->json, "print the result as JSON");
  return [=] {
    if (check->parsed()) return run_check(*o);
    if (show->parsed()) return run_show(*o);
    if (diff->parsed()) return run_diff(*o);
    if (sign->parsed()) return run_sign(*o);
    return run_publish_policy(*options);
  };
}

} // namespace onecode::app
