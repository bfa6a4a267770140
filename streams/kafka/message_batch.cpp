#include "streams/kafka/message_batch.hpp"

namespace onecode::streams::kafka {

void MessageBatch::add(MessageHandle message) {
  const auto& m = *message;
  Record record;
  record.offset = m.offset;
  rd_kafka_timestamp_type_t type;
  auto timestamp = rd_kafka_message_timestamp(&m, &type);
  record.timestamp_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp;
  if (m.key != nullptr) record.key = {static_cast<const char*>(m.key), m.key_len};
  if (m.payload != nullptr) record.value = std::string_view(static_cast<const char*>(m.payload), m.len);

  rd_kafka_headers_t* headers = nullptr; // stays the message's
  if (rd_kafka_message_headers(&m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    HeaderRange range{records.size(), headers_.size(), 0};
    const char* name;
    const void* value;
    std::size_t size;
    while (rd_kafka_header_get_all(headers, range.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      headers_.push_back({name, {static_cast<const char*>(value), value == nullptr ? 0 : size}});
      ++range.count;
    }
    ranges_.push_back(range);
  }
  records.push_back(record);
  messages_.push_back(std::move(message));
}

void MessageBatch::finish() {
  for (const auto& r : ranges_) records[r.record].headers = std::span(headers_).subspan(r.first, r.count);
}

} // namespace onecode::streams::kafka
