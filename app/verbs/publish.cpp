#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/config.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/signing.hpp"
#include "app/terminal.hpp"
#include "app/verbs/verbs.hpp"
#include "app/wire.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {
namespace {

struct Options {
  KafkaFlags kafka;
  std::vector<std::string> files;
  std::optional<std::string> sign;
  bool timestamps = false, json = false;
};

int run_publish(const Options& o) {
  const auto config = o.kafka.load();
  std::optional<SigningKey> key;
  if (o.sign) key = read_key_file(*o.sign);
  std::vector<std::unique_ptr<streams::EventFileReader>>
      readers; // a file that is not there stops it before anything is sent
  for (const auto& f : o.files) readers.push_back(std::make_unique<streams::EventFileReader>(f));

  const auto broker = connect(config.kafka);
  const auto publisher = broker->publisher();
  std::map<Topic, std::uint64_t> sent;
  std::uint64_t total = 0, made_signatures = 0, inbox = 0;
  const Interrupt interrupt;
  for (std::size_t i = 0; i < readers.size() && !interrupt.asked(); ++i) {
    auto& reader = *readers[i];
    Progress progress("publish " + o.files[i], reader.bytes_total());
    while (!interrupt.asked()) {
      auto line = reader.next();
      if (!line) break;
      auto* record = std::get_if<streams::FileRecord>(&*line);
      if (record == nullptr) continue; // a turn is how an engine applied them, not something to send
      const auto& topic = info(record->topic);
      // A history holds what entities told each other; the engine that gets the inputs tells itself again.
      if (record->topic == Topic::inbox) {
        ++inbox;
        continue;
      }
      if (!topic.input && record->topic != Topic::policy)
        throw InputError(
            fmt::format("{}:{}: topic: only the engine writes {}", o.files[i], reader.line(), topic.name));
      if (key && record->topic == Topic::commands && record->value)
        if (auto with_signature = sign_command_event(*record->value, *key)) {
          record->value = std::move(with_signature);
          ++made_signatures;
        }
      std::vector<streams::Header> headers;
      for (const auto& [name, value] : record->headers) headers.push_back({name, value});
      publisher->publish(record->topic, record->partition.value_or(-1), record->key,
                         record->value ? std::optional<std::string_view>(*record->value) : std::nullopt, headers,
                         o.timestamps ? record->timestamp_ms.value_or(-1) : -1);
      ++sent[record->topic];
      progress.at(reader.bytes_read(), ++total);
    }
  }
  publisher->flush();

  if (o.json) {
    nlohmann::ordered_json json = {{"records", total}, {"signed", made_signatures}, {"inbox_skipped", inbox}};
    for (const auto& [topic, n] : sent) json["topics"][std::string(name(topic))] = n;
    json["interrupted"] = interrupt.asked();
    print(json.dump(2) + "\n");
  } else {
    std::string text = fmt::format("{} records sent{}\n", total, interrupt.asked() ? ", then interrupted" : "");
    for (const auto& [topic, n] : sent) text += fmt::format("{:>10} {}{}\n", n, config.kafka.prefix, name(topic));
    if (made_signatures > 0) text += fmt::format("{:>10} commands signed with {}\n", made_signatures, key->id);
    if (inbox > 0) text += fmt::format("{:>10} inbox lines left out: the engine writes those itself\n", inbox);
    print(text);
  }
  return interrupt.asked() ? kAnswerIsNo : kDone;
}

} // namespace

Run add_publish(CLI::App& verb) {
  auto options = std::make_shared<Options>();
  verb.add_option("FILE", options->files, "event files, sent one after the other")->required();
  verb.add_option("--sign", options->sign, "key file: signs the commands that have no signature yet")
      ->type_name("KEYFILE");
  verb.add_flag("--timestamps", options->timestamps, "keep the record timestamps of the file (otherwise: now)");
  verb.add_flag("--json", options->json, "print the counts as JSON");
  options->kafka.add_to(verb);
  verb.footer(
      "\nRecords keep key, headers and, where the file gives one, partition. Each file is read to its "
      "end.\n\nExample:\n"
      "  onecode publish campus.ndjson --brokers localhost:9092");
  return [options] { return run_publish(*options); };
}

} // namespace onecode::app
