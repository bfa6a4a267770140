#include "streams/decode.hpp"

#include "streams/decode_events.hpp"
#include "streams/envelope.hpp"

namespace onecode::streams {

struct Decoder::Impl {
  explicit Impl(const Secrets& s) : secrets(s) {}
  const Secrets& secrets;
  EnvelopeOpener opener;
};

Decoder::Decoder(const Secrets& secrets) : impl_(std::make_unique<Impl>(secrets)) {}
Decoder::~Decoder() = default;

std::optional<DecodeError> Decoder::scan(TopicPartition at, const Record& record, const PolicyHistory& policies,
                                         Scan& scan) {
  Envelope envelope;
  if (auto error = impl_->opener.open(record, "onecode.scan.v1", envelope)) return error;
  fill(scan.origin, at, record, envelope);
  scan.time_text.assign(envelope.time_text);
  if (auto error = read_scan(envelope.data, scan)) return error;
  if (!scan.code.empty()) resolve_code(scan, policies.at(scan.origin.time), impl_->secrets);
  return std::nullopt;
}

namespace {

template <class T>
using ReadData = std::optional<DecodeError> (*)(simdjson::dom::object, T&);

template <class T>
std::optional<DecodeError> read(EnvelopeOpener& opener, TopicPartition at, const Record& record,
                                std::string_view type, ReadData<T> read_data, Event& event) {
  Envelope envelope;
  if (auto error = opener.open(record, type, envelope)) return error;
  T& e = event.emplace<T>();
  fill(e.origin, at, record, envelope);
  return read_data(envelope.data, e);
}

} // namespace

std::optional<DecodeError> Decoder::event(TopicPartition at, const Record& record, Event& event) {
  event = std::monostate{};
  auto error = [&]() -> std::optional<DecodeError> {
    auto& opener = impl_->opener;
    switch (at.topic) {
      case Topic::device_reports:
        return read<DeviceReport>(opener, at, record, "onecode.device-report.v1", read_report, event);
      case Topic::codes_issued:
        return read<CodeIssued>(opener, at, record, "onecode.code-issued.v1", read_code_issued, event);
      case Topic::ledger:
        return read<Posting>(opener, at, record, "onecode.ledger.v1", read_posting, event);
      case Topic::data_access:
        return read<DataAccess>(opener, at, record, "onecode.data-access.v1", read_data_access, event);
      case Topic::commands: {
        Envelope envelope;
        if (auto failed = opener.open(record, "onecode.command.v1", envelope)) return failed;
        Command& command = event.emplace<Command>();
        fill(command.origin, at, record, envelope);
        if (auto failed = read_command(envelope.data, command)) return failed;
        return seal_command(envelope.payload, envelope.structured, command);
      }
      default:
        return decode_error("UNKNOWN_TYPE", "topic: " + std::string(name(at.topic)) + " carries no events to decode");
    }
  }();
  if (error) event = std::monostate{};
  return error;
}

} // namespace onecode::streams
