#include "app/doctor/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "actors/commit_record.hpp"
#include "actors/policy_book.hpp"
#include "app/doctor/cluster.hpp"
#include "app/doctor/machine.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "app/signing.hpp"
#include "app/wire.hpp"
#include "domain/archive.hpp"
#include "domain/policy.hpp"
#include "storage/store.hpp"

namespace onecode::app {
namespace {

constexpr streams::Milliseconds kPatience{5'000};
/// A partition ends with transaction markers, which no reader sees; and a record of the journal may be large.
constexpr std::int64_t kLastRecords = 8;

using WallClock = std::chrono::system_clock;
using SteadyClock = std::chrono::steady_clock;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(WallClock::now().time_since_epoch()).count();
}

std::string flags_text(const KafkaFlags& flags) {
  std::string out;
  const auto add = [&](const char* name, const std::optional<std::string>& value) {
    if (value) out += fmt::format("{}{} {}", out.empty() ? "" : " ", name, *value);
  };
  add("--config", flags.config);
  add("--brokers", flags.brokers);
  add("--prefix", flags.prefix);
  return out;
}

std::string principal_of(const std::map<std::string, std::string>& properties) {
  const auto it = properties.find("sasl.username");
  if (it != properties.end()) return "User:" + it->second;
  const auto certificate = properties.find("ssl.certificate.location");
  if (certificate != properties.end()) return "User:THE SUBJECT OF " + certificate->second;
  return "User:ANONYMOUS";
}

class Doctor {
public:
  Doctor(const KafkaFlags& flags, const std::function<void(const Finding&)>& each) : flags_(flags), each_(each) {}

  Findings examine() {
    const auto wall = WallClock::now();
    const auto steady = SteadyClock::now();
    if (!configuration()) return std::move(all_);
    files();
    take(judge_disk(look_at_disk(config_.node.data_dir)));
    take(judge_memory(look_at_memory(), config_.node.resident_limit));
    take(judge_clock(look_at_clock()));
    port_ = look_at_port(config_.http.listen);
    take(judge_port(config_.http.listen, config_.node.id, port_));
    kafka();
    const auto passed = (WallClock::now() - wall) - (SteadyClock::now() - steady);
    take(judge_jump(std::chrono::duration_cast<std::chrono::microseconds>(passed).count()));
    return std::move(all_);
  }

private:
  void take(Findings findings) {
    for (auto& f : findings) {
      if (each_) each_(f);
      all_.push_back(std::move(f));
    }
  }

  bool configuration() {
    const std::string file = flags_.config.value_or("no file, so defaults and environment");
    try {
      config_ = flags_.load();
    } catch (const UsageError&) {
      throw; // of the command line
    } catch (const Failure& e) {
      Findings wrong;
      std::string_view text = e.what();
      while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        wrong.push_back({Health::fail, "configuration", std::string(text.substr(0, end)),
                         flags_.config ? "correct it, then: onecode config check " + *flags_.config
                                       : "correct the environment variable"});
        text.remove_prefix(std::min(end + 1, text.size()));
      }
      take(std::move(wrong));
      return false;
    }
    words_ = {flags_text(flags_), config_.kafka.brokers, principal_of(config_.kafka.properties)};
    take({{Health::ok, "configuration",
           fmt::format("{}: node {}, group {}, prefix {}", file, config_.node.id, config_.kafka.group,
                       config_.kafka.prefix),
           ""}});
    return true;
  }

  void files() {
    const auto& p = config_.kafka.properties;
    const bool password = std::any_of(p.begin(), p.end(), [](const auto& of) {
      return of.first.find("password") != std::string::npos || of.first.find("secret") != std::string::npos;
    });
    if (password && flags_.config) take(judge_private_file("passwords", look_at_file(*flags_.config)));
    if (config_.http.token_file.empty())
      take({{Health::ok, "token", "none, so /state is closed", ""}});
    else
      take(judge_private_file("token", look_at_file(config_.http.token_file)));
    if (!config_.secrets.dir.empty()) take(judge_secrets(look_at_secrets(config_.secrets.dir)));
    if (config_.trust.root.empty())
      take({{Health::warn, "trust", "no [[trust.root]]: this node accepts no policy, so nobody's commands either",
             "onecode keys new --out centre.key.json --key centre-1 --actor ic-1 --role information-centre, then its "
             "public part as [[trust.root]]"}});
    else
      take({{Health::ok, "trust",
             fmt::format("{} root key{}, the first is {}", config_.trust.root.size(),
                         config_.trust.root.size() == 1 ? "" : "s", config_.trust.root.front().key),
             ""}});
  }

  void kafka() {
    try {
      streams::KafkaInspector inspector(kafka_config(config_.kafka));
      const auto cluster = inspector.cluster(kPatience);
      const auto settings = inspector.broker_settings();
      take(judge_brokers(cluster, settings));
      take(judge_copies(cluster, config_.kafka.prefix, words_));
      const auto broker = connect(config_.kafka);
      topics(cluster, *broker);
      if (const auto scans = cluster.topics.find(Topic::scans); scans != cluster.topics.end())
        partitions_ = scans->second.partitions;
      take(judge_open_files(open_files_limit(), partitions_ > 0 ? partitions_ : kDefaultPartitions));
      const bool member = group(inspector);
      rights(inspector, cluster, authorizer_of(settings), member);
      policy(cluster, *broker);
      turns(cluster, *broker);
    } catch (const streams::BrokerError& e) {
      take(
          {{Health::fail, "broker", e.what(),
            e.fault == streams::BrokerFault::refused
                ? "see [kafka] and [kafka.properties]: security.protocol, sasl.*, ssl.*"
                : fmt::format("see that the broker runs and that this machine reaches {}; [kafka] brokers, firewall, "
                              "security.protocol (a client without TLS hears nothing from a port with it)",
                              config_.kafka.brokers)}});
    }
  }

  void topics(const streams::ClusterPicture& cluster, streams::Broker& broker) {
    take(judge_presence(cluster, config_.kafka.prefix, words_));
    Topics found;
    try {
      found = broker.describe_topics();
    } catch (const streams::BrokerError& e) {
      if (e.fault != streams::BrokerFault::refused) throw;
      take({{Health::fail, "topics", e.what(),
             fmt::format(
                 "kafka-acls.sh --bootstrap-server {} --add --allow-principal '{}' --operation DescribeConfigs "
                 "--topic {} --resource-pattern-type prefixed",
                 words_.bootstrap, words_.principal, config_.kafka.prefix)}});
      return;
    }
    take(judge_topics(found, config_.kafka.prefix, words_));
  }

  /// Whether the node of this id is a member.
  bool group(streams::KafkaInspector& inspector) {
    const auto& name = config_.kafka.group;
    try {
      const auto picture = inspector.group(name);
      take(judge_group(name, picture, config_.node.id, port_.node == config_.node.id, partitions_));
      return std::any_of(picture.members.begin(), picture.members.end(),
                         [&](const auto& m) { return m.instance == config_.node.id; });
    } catch (const streams::BrokerError& e) {
      if (e.fault != streams::BrokerFault::refused) {
        // A cluster in which nobody was in a group yet is only now making the topic for their offsets.
        take({{Health::warn, "group", e.what(),
               "in a new cluster: once more in half a minute; otherwise see that the "
               "brokers which hold __consumer_offsets run"}});
        return true; // for all that is known
      }
      take({{Health::warn, "group", e.what(),
             fmt::format(
                 "kafka-acls.sh --bootstrap-server {} --add --allow-principal '{}' --operation Read --group {}",
                 words_.bootstrap, words_.principal, name)}});
      return true; // for all that is known
    }
  }

  void rights(streams::KafkaInspector& inspector, const streams::ClusterPicture& cluster, Authorizer authorizer,
              bool member) {
    std::vector<streams::Right> tried;
    if (authorizer != Authorizer::none) {
      std::vector<Topic> read, write;
      for (const auto& [topic, of] : cluster.topics) {
        if (of.partitions == 0) continue;
        if (info(topic).input || topic == Topic::policy || topic == Topic::journal) read.push_back(topic);
        if (info(topic).writer == "engine") write.push_back(topic);
      }
      tried = inspector.try_read(read);
      const auto more = inspector.try_write(write);
      tried.insert(tried.end(), more.begin(), more.end());
      if (cluster.topics.at(Topic::journal).partitions > 0) tried.push_back(inspector.try_trim(Topic::journal));
      if (cluster.topics.at(Topic::commands).partitions > 0)
        tried.push_back(inspector.try_group(config_.kafka.group));
      // A node that works shows that it may, and is not to be disturbed.
      if (!member) tried.push_back(inspector.try_transactions(config_.kafka.group + "-" + config_.node.id));
    }
    take(judge_rights(authorizer, tried, words_));
  }

  /// Would this node process under the policy in force? As a node reads the topic.
  void policy(const streams::ClusterPicture& cluster, streams::Broker& broker) {
    if (cluster.topics.at(Topic::policy).partitions == 0) return;
    const TopicPartition at{Topic::policy, 0};
    actors::PolicyBook book(builtin_policy(), config_.trust.root, false);
    try {
      const auto marks = broker.watermarks(at, streams::Isolation::committed);
      const auto reader = broker.reader(at, marks.low, streams::Isolation::committed);
      std::size_t refused = 0, records = 0;
      for (const auto until = SteadyClock::now() + kPatience;
           reader->position() < marks.high && SteadyClock::now() < until;)
        if (const auto batch = reader->next(streams::Milliseconds(200)))
          for (const auto& r : batch->records) {
            ++records;
            if (!book.read(r.offset, r, r.timestamp_ms < 0 ? std::nullopt : std::optional(Time{r.timestamp_ms})))
              ++refused;
          }
      const auto secrets =
          config_.secrets.dir.empty() ? streams::Secrets{} : streams::Secrets::from_directory(config_.secrets.dir);
      if (const auto objection = book.objection(clock_now(), secrets); !objection.empty())
        take({{Health::fail, "policy", objection,
               config_.secrets.dir.empty()
                   ? std::string("name a folder in [secrets] dir, with a file for each")
                   : fmt::format("write each into {} (chmod 600), then restart the node", config_.secrets.dir)}});
      else if (refused > 0)
        take({{Health::warn, "policy",
               fmt::format("{} of {} records of {}policy are not accepted with this [trust] root", refused, records,
                           config_.kafka.prefix),
               "see the log of a node: policy record at offset … refused"}});
      else
        take({{Health::ok, "policy",
               records == 0 ? std::string("none published: the built-in one is in force")
                            : fmt::format("{} accepted, and every secret that they name is here", records),
               ""}});
    } catch (const streams::BrokerError& e) {
      if (e.fault != streams::BrokerFault::refused) throw;
      take({{Health::warn, "policy", e.what(), ""}}); // the rights say more
    } catch (const std::runtime_error& e) {
      take({{Health::fail, "policy", e.what(), "see [secrets] dir"}});
    }
  }

  /// What the newest turns say: how many partitions there were, and when it was; Kafka gives no time of its own.
  void turns(const streams::ClusterPicture& cluster, streams::Broker& broker) {
    std::optional<std::int64_t> newest;
    std::optional<std::int32_t> made_with;
    constexpr Topic topic = Topic::journal;
    try {
      for (std::int32_t p = 0; p < cluster.topics.at(topic).partitions; ++p) {
        const auto marks = broker.watermarks({topic, p}, streams::Isolation::committed);
        if (marks.high <= marks.low) continue;
        const auto reader =
            broker.reader({topic, p}, std::max(marks.low, marks.high - kLastRecords), streams::Isolation::committed);
        for (const auto until = SteadyClock::now() + kPatience;
             reader->position() < marks.high && SteadyClock::now() < until;)
          if (const auto batch = reader->next(streams::Milliseconds(100)))
            for (const auto& r : batch->records) {
              if (newest && r.timestamp_ms < *newest) continue;
              newest = r.timestamp_ms;
              storage::WriteBatch::each(r.value.value_or(std::string_view{}), [&](auto key, auto value) {
                if (key != actors::kCommitKey || !value) return;
                actors::CommitRecord commit;
                decode(*value, commit);
                made_with = commit.partitions;
              });
            }
      }
    } catch (const streams::BrokerError& e) {
      if (e.fault != streams::BrokerFault::refused) throw;
      return; // the rights say it
    }
    take(judge_partitions(made_with, partitions_));
    take(judge_newest_record(now_ms(), newest, config_.kafka.prefix + std::string(name(topic))));
  }

  const KafkaFlags& flags_;
  const std::function<void(const Finding&)>& each_;
  Findings all_;
  Config config_;
  CommandWords words_;
  PortLook port_;
  std::int32_t partitions_ = 0;
};

} // namespace

Findings examine(const KafkaFlags& flags, const std::function<void(const Finding&)>& each) {
  return Doctor(flags, each).examine();
}

} // namespace onecode::app
