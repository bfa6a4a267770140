// librdkafka bare, for what stands beside the engine in a benchmark and must owe it nothing.
#pragma once

#include <librdkafka/rdkafka.h>

#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace onecode::bench {

struct DestroyClient {
  void operator()(rd_kafka_t* c) const { rd_kafka_destroy(c); }
};
using Client = std::unique_ptr<rd_kafka_t, DestroyClient>;

inline Client make_client(rd_kafka_type_t type, std::initializer_list<std::pair<const char*, std::string>> settings) {
  char why[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : settings)
    if (rd_kafka_conf_set(conf, name, value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK)
      throw std::runtime_error(why);
  Client client(rd_kafka_new(type, conf, why, sizeof why));
  if (!client) throw std::runtime_error(why);
  return client;
}

inline void expect_ok(rd_kafka_error_t* error, const char* doing) {
  if (error == nullptr) return;
  const std::string text = std::string(doing) + ": " + rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
  throw std::runtime_error(text);
}

} // namespace onecode::bench
