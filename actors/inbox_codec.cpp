#include "actors/inbox_codec.hpp"

#include <type_traits>

#include "domain/archive.hpp"

namespace onecode::actors {
namespace {

constexpr std::uint32_t kVersion = 2; // 1: ids were not packed

/// What travels besides the message.
struct Wire {
  std::uint32_t version = kVersion;
  EntityId to;
  Stage stage{};
  TopicPartition at;
  std::uint64_t cause_hi = 0, cause_lo = 0;
  bool has_record = false;
  std::int64_t offset = 0, timestamp_ms = -1;
  std::string key;
  std::optional<std::string> value;
  std::map<std::string, std::string> headers;
  std::optional<Time> due;
  std::uint64_t message = 0;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("version", s.version);
    v("to", s.to);
    v("stage", s.stage);
    v("topic", s.at.topic);
    v("partition", s.at.partition);
    v("cause_hi", s.cause_hi);
    v("cause_lo", s.cause_lo);
    v("has_record", s.has_record);
    v("offset", s.offset);
    v("timestamp_ms", s.timestamp_ms);
    v("key", s.key);
    v("value", s.value);
    v("headers", s.headers);
    v("due", s.due);
    v("message", s.message);
  }
};

template <std::size_t I = 0>
void read_message(std::uint64_t index, Reader& reader, Arena& arena, Message& message) {
  if constexpr (I < std::variant_size_v<Message>) {
    if (index != I) return read_message<I + 1>(index, reader, arena, message);
    using Alternative = std::variant_alternative_t<I, Message>;
    if constexpr (std::is_pointer_v<Alternative>) {
      using Event = std::remove_const_t<std::remove_pointer_t<Alternative>>;
      Event& event = arena.event<Event>();
      event = Event{};
      reader.get(event);
      message = static_cast<Alternative>(&event);
    } else if constexpr (std::is_same_v<Alternative, msg::ScanSeen>) {
      Scan& scan = arena.event<Scan>();
      scan = Scan{};
      reader.get(scan);
      msg::ScanSeen seen{&scan, {}};
      reader.get(seen.opinion);
      message = std::move(seen);
    } else {
      reader.get(message.template emplace<I>());
    }
  } else {
    throw Corrupt("inbox: unknown message");
  }
}

bool may_be_refused(const Envelope& envelope) {
  return envelope.stage != Stage::deliver || envelope.root->at.topic == Topic::commands;
}

} // namespace

void encode_inbox(const Envelope& envelope, std::string& out) {
  out.clear();
  Wire wire;
  wire.to = envelope.to;
  wire.stage = envelope.stage;
  wire.at = envelope.root->at;
  // With the path so far, so that ids made over there are those that would have been made here.
  const Hash128 cause = mix(envelope.root->cause, envelope.order.path);
  wire.cause_hi = cause.hi;
  wire.cause_lo = cause.lo;
  wire.due = envelope.root->due;
  if (const auto* record = envelope.root->record) {
    wire.has_record = true;
    wire.offset = record->offset;
    wire.timestamp_ms = record->timestamp_ms;
    wire.key = record->key;
    if (may_be_refused(envelope)) {
      if (record->value) wire.value = std::string(*record->value);
      for (const auto& h : record->headers) wire.headers.emplace(h.name, h.value);
    }
  }
  wire.message = envelope.message.index();
  Writer writer(out);
  writer.put(wire);
  std::visit(
      [&](const auto& message) {
        using T = std::decay_t<decltype(message)>;
        if constexpr (std::is_pointer_v<T>) {
          writer.put(*message);
        } else if constexpr (std::is_same_v<T, msg::ScanSeen>) {
          Scan scan = *message.scan;
          scan.operator_id.clear(); // whoever it is, the device has asked; no account does
          writer.put(scan);
          writer.put(message.opinion);
        } else {
          writer.put(message);
        }
      },
      envelope.message);
}

Envelope decode_inbox(std::string_view bytes, std::int64_t received_ns, Arena& arena) {
  Reader reader(bytes);
  Wire wire;
  reader.get(wire);
  if (wire.version != kVersion) throw Corrupt("inbox: unknown version");
  if (!valid_id(wire.to.id) && wire.to.kind != Kind::campus) throw Corrupt("inbox: bad entity id");
  Root& root = arena.roots.next();
  root = Root{};
  root.received_ns = received_ns;
  root.at = wire.at;
  root.cause = {wire.cause_hi, wire.cause_lo};
  root.due = wire.due;
  if (wire.has_record) {
    OwnedRecord& owned = arena.records.next();
    owned = OwnedRecord{};
    owned.key = std::move(wire.key);
    if (wire.value) owned.value = std::move(*wire.value);
    for (auto& [name, value] : wire.headers) owned.header_bytes.emplace_back(name, value);
    for (const auto& [name, value] : owned.header_bytes) owned.headers.push_back({name, value});
    owned.record.offset = wire.offset;
    owned.record.timestamp_ms = wire.timestamp_ms;
    owned.record.key = owned.key;
    if (wire.value) owned.record.value = owned.value;
    owned.record.headers = owned.headers;
    root.record = &owned.record;
  }
  Envelope envelope;
  envelope.root = &root;
  envelope.stage = wire.stage;
  envelope.to = std::move(wire.to);
  read_message(wire.message, reader, arena, envelope.message);
  return envelope;
}

} // namespace onecode::actors
