// What a person wants to know of a cluster before a node works with it: who answers, how many copies there are, who is in
// the group, and what this client may do. It asks and changes nothing.
//   Rights   librdkafka 2.0 cannot ask for "authorized operations", and no version can for transactional ids. So each right
//            is tried with a request that the broker refuses in any case: it looks at rights first and at the request
//            afterwards, and which of the two refusals comes back is the answer. Reading needs no trick, and records before
//            offset 0 can be deleted without harm.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "streams/broker.hpp"
#include "streams/kafka/kafka_broker.hpp"

namespace onecode::streams {

struct TopicPicture {
  bool hidden = false;                    ///< it may be there: this client may not see it
  std::int32_t partitions = 0;            ///< 0 and not hidden: it is not there
  std::int32_t replicas = 0;              ///< of the partition that has the fewest
  std::int32_t leaderless = 0;            ///< partitions
  std::int32_t behind = 0;                ///< partitions with a replica that is not in sync
  std::optional<std::int32_t> min_insync; ///< nullopt: its settings may not be read
};

struct ClusterPicture {
  std::string id;                   ///< as its disks have it
  std::vector<std::string> brokers; ///< host:port
  std::map<Topic, TopicPicture> topics;
};

struct GroupMember {
  std::string instance, client, host;
};

struct GroupPicture {
  std::string state; ///< as Kafka words it: Stable, Empty, Dead, …
  std::vector<GroupMember> members;
};

struct Right {
  std::string operation;     ///< as kafka-acls.sh takes it: Read, Write, Delete
  std::string kind;          ///< topic, group, transactional-id
  std::string resource;      ///< its full name
  std::optional<bool> given; ///< nullopt: could not be found out
  std::string trouble;       ///< why not, or what else the broker said
};

class KafkaInspector {
public:
  /// Throws BrokerError refused, naming the setting.
  explicit KafkaInspector(KafkaConfig config);
  ~KafkaInspector();
  KafkaInspector(const KafkaInspector&) = delete;
  KafkaInspector& operator=(const KafkaInspector&) = delete;

  /// Throws BrokerError.
  ClusterPicture cluster(Milliseconds patience);
  /// A broker's own settings; empty where this client may not read them.
  std::map<std::string, std::string> broker_settings();
  /// Throws BrokerError.
  GroupPicture group(const std::string& name);

  std::vector<Right> try_read(const std::vector<Topic>& topics);
  std::vector<Right> try_write(const std::vector<Topic>& topics);
  Right try_trim(Topic topic);
  Right try_group(const std::string& group);
  /// Not while a node with this id works: a broker that accepts any timeout would end its transaction.
  Right try_transactions(const std::string& transactional_id);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace onecode::streams
