#include "app/doctor/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace onecode::app {
namespace {

constexpr int kLeastMajor = 3, kLeastMinor = 5;
constexpr std::int64_t kSessionMs = 10'000, kTransactionMs = 10'000; // as the clients of a node ask for them

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

std::optional<std::int64_t> number(const std::map<std::string, std::string>& settings, const std::string& name) {
  const auto it = settings.find(name);
  std::int64_t n = 0;
  if (it == settings.end()) return std::nullopt;
  const auto [end, error] = std::from_chars(it->second.data(), it->second.data() + it->second.size(), n);
  return error == std::errc{} ? std::optional(n) : std::nullopt;
}

/// "3.9-IV0": nullopt where it is no version.
std::optional<std::pair<int, int>> version(const std::string& text) {
  int major = 0, minor = 0;
  const auto* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, major);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, minor);
  return second.ec == std::errc{} ? std::optional(std::pair(major, minor)) : std::nullopt;
}

std::string acl(std::string_view operation, std::string_view kind, const std::vector<std::string>& resources,
                const CommandWords& words) {
  auto out = fmt::format("kafka-acls.sh --bootstrap-server {} --add --allow-principal '{}' --operation {}",
                         words.bootstrap, words.principal, operation);
  for (const auto& r : resources) out += fmt::format(" --{} {}", kind, r);
  return out;
}

std::string alter(const TopicDifference& d, const CommandWords& words) {
  return fmt::format(
      "kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name {} "
      "--add-config {}={}",
      words.bootstrap, d.topic, d.what, d.should);
}

bool smaller(const std::string& is, const std::string& should) {
  std::int64_t a = 0, b = 0;
  std::from_chars(is.data(), is.data() + is.size(), a);
  std::from_chars(should.data(), should.data() + should.size(), b);
  return a < b;
}

/// What goes wrong with it; empty: a node works, only not as it was meant.
std::string harm(const TopicDifference& d) {
  if (d.what == "partitions") return "entity and partition no longer belong together, so nothing is processed";
  if (d.what == "cleanup.policy" && d.should == "compact")
    return "Kafka would drop the newest record of somebody, a hold included";
  if (d.what == "cleanup.policy") return "Kafka would drop records that have the same key as a later one";
  if (d.what == "max.message.bytes" && smaller(d.is, d.should)) return "larger records would be refused";
  return "";
}

} // namespace

Authorizer authorizer_of(const std::map<std::string, std::string>& broker_settings) {
  const auto it = broker_settings.find("authorizer.class.name");
  if (it == broker_settings.end()) return Authorizer::unknown;
  return it->second.empty() ? Authorizer::none : Authorizer::there;
}

Findings judge_brokers(const streams::ClusterPicture& cluster, const std::map<std::string, std::string>& settings) {
  constexpr const char* kCheck = "broker";
  Findings out;
  const auto it = settings.find("inter.broker.protocol.version");
  const auto told = it == settings.end() ? std::nullopt : version(it->second);
  const auto text =
      fmt::format("cluster {}, {} broker{}: {}; {}", cluster.id.empty() ? "(without an id)" : cluster.id,
                  cluster.brokers.size(), cluster.brokers.size() == 1 ? "" : "s", joined(cluster.brokers),
                  told ? fmt::format("protocol {}", it->second) : std::string("its version may not be asked"));
  if (told && *told < std::pair(kLeastMajor, kLeastMinor))
    out.push_back({Health::fail, kCheck, text, fmt::format("Kafka {}.{} or newer", kLeastMajor, kLeastMinor)});
  else
    out.push_back({Health::ok, kCheck, text, ""});
  if (const auto least = number(settings, "group.min.session.timeout.ms"); least && *least > kSessionMs)
    out.push_back({Health::fail, kCheck,
                   fmt::format("group.min.session.timeout.ms is {}, a node asks for {}", *least, kSessionMs),
                   fmt::format("group.min.session.timeout.ms={} in the brokers' settings", kSessionMs)});
  if (const auto most = number(settings, "transaction.max.timeout.ms"); most && *most < kTransactionMs)
    out.push_back({Health::fail, kCheck,
                   fmt::format("transaction.max.timeout.ms is {}, a node asks for {}", *most, kTransactionMs),
                   fmt::format("transaction.max.timeout.ms={} in the brokers' settings", kTransactionMs)});
  return out;
}

Findings judge_copies(const streams::ClusterPicture& cluster, const std::string& prefix, const CommandWords& words) {
  constexpr const char* kCheck = "copies";
  Findings out;
  const auto brokers = static_cast<std::int32_t>(cluster.brokers.size());
  std::int32_t least = 0;
  std::vector<std::string> few, leaderless, behind, blocked, thin;
  for (const auto& [topic, of] : cluster.topics) {
    if (of.partitions == 0) continue;
    const auto full = prefix + std::string(name(topic));
    least = least == 0 ? of.replicas : std::min(least, of.replicas);
    if (of.replicas < std::min(brokers, 3)) few.push_back(full);
    if (of.leaderless > 0) leaderless.push_back(fmt::format("{} ({} of {})", full, of.leaderless, of.partitions));
    if (of.behind > 0) behind.push_back(fmt::format("{} ({} of {})", full, of.behind, of.partitions));
    if (of.min_insync && *of.min_insync > of.replicas) blocked.push_back(full);
    if (of.min_insync && *of.min_insync < 2 && of.replicas > 1) thin.push_back(full);
  }
  if (least == 0) return out;
  const std::string configs = fmt::format(
      "kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name ", words.bootstrap);
  if (!leaderless.empty())
    out.push_back({Health::fail, kCheck, "partitions without a leader: " + joined(leaderless),
                   "start the broker that has them"});
  if (!blocked.empty())
    out.push_back(
        {Health::fail, kCheck,
         "min.insync.replicas is more than there are replicas, so nothing can be written: " + joined(blocked),
         configs + blocked.front() + " --add-config min.insync.replicas=" + std::to_string(std::max(1, least - 1)) +
             ", for each"});
  if (!behind.empty())
    out.push_back({Health::warn, kCheck, "partitions with a copy that is behind: " + joined(behind),
                   "see that all brokers run and have room"});
  if (brokers == 1)
    out.push_back(
        {Health::warn, kCheck, "one broker: its disk is the only copy of the state, and no node works without it",
         "three brokers, replication factor 3, min.insync.replicas 2; until then back it up (docs/operations.md)"});
  else if (!few.empty())
    out.push_back(
        {Health::warn, kCheck,
         fmt::format("fewer than {} copies on {} brokers: {}", std::min(brokers, 3), brokers, joined(few)),
         fmt::format("kafka-reassign-partitions.sh --bootstrap-server {} with more replicas for these topics",
                     words.bootstrap)});
  if (!thin.empty())
    out.push_back({Health::warn, kCheck,
                   "what only one broker has written counts as safe (min.insync.replicas 1): " + joined(thin),
                   configs + thin.front() + " --add-config min.insync.replicas=2, for each"});
  if (out.empty())
    out.push_back(
        {Health::ok, kCheck, fmt::format("{} of each partition on {} brokers, all in step", least, brokers), ""});
  return out;
}

Findings judge_presence(const streams::ClusterPicture& cluster, const std::string& prefix,
                        const CommandWords& words) {
  std::vector<std::string> missing, hidden;
  for (const auto& [topic, of] : cluster.topics)
    if (of.partitions == 0) (of.hidden ? hidden : missing).push_back(prefix + std::string(name(topic)));
  Findings out;
  if (!hidden.empty())
    out.push_back({Health::fail, "topics", "may not even be seen by this client: " + joined(hidden),
                   acl("Describe", "topic", hidden, words)});
  if (!missing.empty())
    out.push_back({Health::fail, "topics",
                   missing.size() == kTopics.size() ? fmt::format("none of the {} topics is there", missing.size())
                                                    : "missing: " + joined(missing),
                   "onecode topics create " + words.flags});
  return out;
}

Findings judge_topics(const Topics& found, const std::string& prefix, const CommandWords& words) {
  constexpr const char* kCheck = "topics";
  Findings out;
  const auto report = check_topics(found, prefix, std::nullopt);
  const auto lossy = lossy_topics(found, prefix);
  for (const auto& d : report.differences) {
    if (d.what == "topic") continue; // that it is not there is said already
    if (d.what == "settings") {
      out.push_back({Health::fail, kCheck, fmt::format("{}: its settings are {}", d.topic, d.is),
                     acl("DescribeConfigs", "topic", {d.topic}, words)});
      continue;
    }
    const auto text = fmt::format("{}: {} is {}, should be {}", d.topic, d.what, d.is, d.should);
    const auto says = [&](const std::string& l) { return l.starts_with(fmt::format("{}: {} is", d.topic, d.what)); };
    const auto loses = std::find_if(lossy.begin(), lossy.end(), says);
    const auto why = harm(d);
    const std::string fix =
        d.what == "partitions" ? "partitions cannot be changed; docs/operations.md, \"Partitions\"" : alter(d, words);
    if (loses != lossy.end())
      out.push_back({Health::fail, kCheck, *loses, fix});
    else
      out.push_back({why.empty() ? Health::warn : Health::fail, kCheck, why.empty() ? text : text + ": " + why, fix});
  }
  for (const auto& w : report.warnings)
    out.push_back(
        {Health::warn, kCheck, w,
         fmt::format("kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name {}{} "
                     "--add-config cleanup.policy=delete,retention.ms=-1,retention.bytes=-1",
                     words.bootstrap, prefix, name(Topic::policy))});
  const bool all = std::all_of(found.begin(), found.end(), [](const auto& of) { return of.second.partitions > 0; });
  if (out.empty() && all)
    out.push_back({Health::ok, kCheck,
                   fmt::format("all {} as they should be, {} partitions", kTopics.size(),
                               found.contains(Topic::scans) ? found.at(Topic::scans).partitions : 0),
                   ""});
  return out;
}

Findings judge_partitions(std::optional<std::int32_t> then, std::int32_t now) {
  if (!then || *then == now) return {};
  return {{Health::fail, "topics",
           fmt::format("they have {} partitions, and the state was made with {}: a shard is a partition, and nothing "
                       "is processed",
                       now, *then),
           "partitions cannot be changed; docs/operations.md, \"Partitions\""}};
}

Findings judge_rights(Authorizer authorizer, const std::vector<streams::Right>& rights, const CommandWords& words) {
  constexpr const char* kCheck = "rights";
  if (authorizer == Authorizer::none)
    return {{Health::warn, kCheck,
             "the broker has no authoriser: whoever reaches it may write every topic, decisions and journal too",
             "authorizer.class.name in the brokers' settings, then ACLs: docs/kafka-security.md"}};
  Findings out;
  std::size_t given = 0;
  // What is denied of one kind is mended by one command.
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> denied;
  for (const auto& r : rights) {
    if (r.given == true)
      ++given;
    else if (r.given == false)
      denied[{r.kind, r.operation}].push_back(r.resource);
    else
      out.push_back({Health::warn, kCheck,
                     fmt::format("{} on {} {} could not be tried: {}", r.operation, r.kind, r.resource, r.trouble),
                     "try again; if it stays, " + acl(r.operation, r.kind, {r.resource}, words)});
  }
  for (const auto& [what, resources] : denied)
    out.push_back({Health::fail, kCheck,
                   fmt::format("{} on {} is denied: {}", what.second, what.first, joined(resources)),
                   acl(what.second, what.first, resources, words)});
  if (out.empty())
    out.push_back({Health::ok, kCheck,
                   fmt::format("all {} that a node needs are given{}", given,
                               authorizer == Authorizer::unknown ? "; whether others have more is not known" : ""),
                   ""});
  return out;
}

Findings judge_group(const std::string& group, const streams::GroupPicture& picture, const std::string& node_id,
                     bool here, std::int32_t partitions) {
  constexpr const char* kCheck = "group";
  Findings out;
  const auto it = std::find_if(picture.members.begin(), picture.members.end(),
                               [&](const auto& m) { return m.instance == node_id; });
  if (it != picture.members.end() && !here)
    out.push_back(
        {Health::warn, kCheck,
         fmt::format("somebody at {} is in {} as {} already, or was until a moment ago", it->host, group, node_id),
         "a node that ended leaves within 10 s; otherwise stop that process, or give one of the two another "
         "[node] id: two with one id throw each other out"});
  for (const auto& m : picture.members)
    if (m.instance.empty())
      out.push_back({Health::warn, kCheck,
                     fmt::format("{} at {} is in {} without a node id: it is no node", m.client, m.host, group),
                     "give that program a group of its own"});
  const auto members = static_cast<std::int32_t>(picture.members.size());
  if (partitions > 0 && members > partitions)
    out.push_back({Health::warn, kCheck,
                   fmt::format("{} members for {} partitions: some have nothing to do", members, partitions),
                   "fewer nodes"});
  if (out.empty())
    out.push_back({Health::ok, kCheck,
                   members == 0
                       ? fmt::format("{} has no members", group)
                       : fmt::format("{}: {} member{}, {}", group, members, members == 1 ? "" : "s", picture.state),
                   ""});
  return out;
}

} // namespace onecode::app
