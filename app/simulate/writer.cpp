#include "app/simulate/writer.hpp"

#include <fmt/format.h>

#include <charconv>

#include "app/simulate/words.hpp"
#include "streams/event_file.hpp"
#include "streams/keyed_mac.hpp"

namespace onecode::app::simulate {
namespace {

constexpr std::size_t kBuffer = 1 << 20;

void append_number(std::string& out, std::int64_t n) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, n);
  (void)error; // 24 digits hold every number
  out.append(digits, end);
}

std::string_view word(Way w) { return w == Way::in ? "in" : w == Way::out ? "out" : "none"; }
std::string_view word(Result r) {
  return r == Result::accepted ? "accepted" : r == Result::denied ? "denied" : "unknown";
}
std::string_view word(Function f) {
  constexpr std::string_view names[] = {"access", "payment", "identity", "library", "other:clinic"};
  return names[static_cast<std::size_t>(f)];
}

std::string nonce_text(std::uint64_t nonce) { return fmt::format("{:016x}", nonce); }

/// A device's record, up to where its time stands.
void begin_record(std::string& out, std::string_view topic, const std::string& device, std::string_view mark,
                  std::uint64_t number, const std::string& zone, std::string_view type) {
  out += R"({"topic":")";
  out += topic;
  out += R"(","key":")";
  out += device;
  out += R"(","value":{"specversion":"1.0","id":")";
  out += device;
  out += mark;
  append_number(out, static_cast<std::int64_t>(number));
  out += R"(","source":"/gateways/)";
  out += zone;
  out += R"(","type":")";
  out += type;
  out += R"(","time":")";
}

} // namespace

void append_function(std::string& out, Function f) { out += word(f); }

std::string clerk_name(std::uint16_t clerk) { return fmt::format("op-{:05}", clerk); }

std::string device_secret(std::string_view device) { return "derive:devices/" + std::string(device); }

std::map<std::string, std::string> secrets_of(std::uint64_t seed) {
  std::map<std::string, std::string> out;
  for (const char* name : {kIssuerSecret, "devices"}) {
    Random random(seed, 0x736563, static_cast<std::uint64_t>(name[0]));
    std::string key;
    while (key.size() < 32) key += static_cast<char>(random.below(256));
    out[name] = key;
  }
  return out;
}

Writer::Writer(const Stage& stage, std::function<void(std::string_view)> sink)
    : s_(stage),
      sink_(std::move(sink)),
      secrets_(secrets_of(stage.options.seed)),
      issuer_key_(secrets_of(stage.options.seed).at(kIssuerSecret)) {
  for (const auto& d : stage.map.devices) device_secrets_.push_back(device_secret(d.id));
  out_.reserve(kBuffer + (std::size_t{64} << 10));
}

void Writer::write(const Event& e) {
  switch (e.what) {
    case What::scan:
      scan(e);
      break;
    case What::issued:
      issued(e);
      break;
    case What::report:
      report(e);
      break;
    case What::record:
      write(s_.finished[e.place]);
      return;
  }
  out_ += "}}}\n";
  ++lines_;
  if (out_.size() >= kBuffer) flush();
}

void Writer::write(const Finished& record) {
  streams::FileRecord line;
  line.topic = record.topic;
  line.key = record.key;
  line.value = record.value;
  out_ += streams::to_line(line);
  out_ += '\n';
  ++lines_;
  if (out_.size() >= kBuffer) flush();
}

void Writer::flush() {
  if (!out_.empty()) sink_(out_);
  out_.clear();
}

void Writer::token(const Event& e) {
  account_or_code_ = streams::make_code(kIssuer, Issuer{MacAlgorithm::hmac_sha256, kIssuerSecret}, issuer_key_,
                                        s_.people.accounts[e.account], s_.people.handsets[e.handset],
                                        nonce_text(e.nonce), Time{e.issued}, kCodeSeconds, "");
}

void Writer::scan(const Event& e) {
  ++scans_;
  const Device& d = s_.map.devices[e.device];
  const bool coded = e.nonce != 0;
  if (coded)
    token(e);
  else
    account_or_code_ = s_.people.accounts[e.account];
  begin_record(out_, "scans", d.id, "/s-", e.number, s_.map.zones[d.zone].id, "onecode.scan.v1");
  const auto time_at = out_.size();
  append_time(out_, Time{e.stamp});
  const auto time_end = out_.size();
  out_ += R"(","data":{"device":")";
  out_ += d.id;
  out_ += R"(","boot":)";
  append_number(out_, e.boot);
  out_ += R"(,"seq":)";
  append_number(out_, e.seq);
  out_ += coded ? R"(,"code":")" : R"(,"account":")";
  out_ += account_or_code_;
  out_ += R"(","function":")";
  out_ += word(e.function);
  out_ += R"(","auth":"present","direction":")";
  out_ += word(e.way);
  out_ += R"(","outcome":")";
  out_ += word(e.result);
  out_ += '"';
  if (e.amount >= 0) {
    out_ += R"(,"amount":)";
    append_number(out_, e.amount);
  }
  if (!coded) {
    out_ += R"(,"handset":")";
    out_ += s_.people.handsets[e.handset];
    out_ += '"';
  }
  if (e.clerk != 0) {
    out_ += R"(,"operator":")";
    out_ += clerk_name(e.clerk);
    out_ += '"';
  }
  out_ += R"(,"integration":")";
  out_ += s_.map.integrations[d.integration].id;
  out_ += '"';
  if (e.offline) out_ += e.clock_known ? R"(,"offline":true,"clock":"synced")" : R"(,"offline":true)";
  if (!d.sealed) return;
  text_ = "onecode.scan.v1\n";
  text_ += d.id;
  text_ += '\n';
  append_number(text_, e.boot);
  text_ += '\n';
  append_number(text_, e.seq);
  text_ += '\n';
  text_.append(out_, time_at, time_end - time_at);
  for (const std::string_view part :
       {std::string_view(account_or_code_), word(e.function), word(e.way), word(e.result)}) {
    text_ += '\n';
    text_ += part;
  }
  text_ += '\n';
  append_number(text_, std::max<std::int32_t>(e.amount, 0));
  const auto mac = streams::mac_by_name(MacAlgorithm::hmac_sha256, device_secrets_[e.device], secrets_, text_);
  out_ += R"(,"mac":")";
  out_ += streams::base64url({reinterpret_cast<const char*>(mac->data()), mac->size()});
  out_ += '"';
}

void Writer::issued(const Event& e) {
  out_ += R"({"topic":"codes-issued","key":")";
  out_ += s_.people.accounts[e.account];
  out_ += R"(","value":{"specversion":"1.0","id":"c-)";
  append_number(out_, static_cast<std::int64_t>(e.number));
  out_ += R"(","source":"/issuers/campus-app","type":"onecode.code-issued.v1","time":")";
  append_time(out_, Time{e.stamp});
  out_ += R"(","data":{"account":")";
  out_ += s_.people.accounts[e.account];
  out_ += R"(","handset":")";
  out_ += s_.people.handsets[e.handset];
  out_ += R"(","nonce":")";
  out_ += nonce_text(e.nonce);
  out_ += R"(","ttl_s":)";
  append_number(out_, kCodeSeconds);
  if (e.net == Net::campus) {
    out_ += R"(,"zone":")";
    out_ += s_.map.zones[e.place].id;
    out_ += R"(","network":"campus")";
  } else {
    out_ += e.net == Net::external ? R"(,"network":"external")" : R"(,"network":"unknown")";
  }
}

void Writer::report(const Event& e) {
  const Device& d = s_.map.devices[e.device];
  Look look = d.look_at(e.at);
  if (e.twin) { // the second unit hangs on another socket of the same building
    look.address += 3000;
    look.port += 300;
  }
  const auto chance = mixed(e.number ^ (std::uint64_t{e.device} << 40));
  constexpr std::string_view kinds[] = {"heartbeat", "tamper", "boot", "network"};
  begin_record(out_, "device-reports", d.id, "/r-", e.number, s_.map.zones[look.zone].id, "onecode.device-report.v1");
  append_time(out_, Time{e.stamp});
  out_ += R"(","data":{"device":")";
  out_ += d.id;
  out_ += R"(","boot":)";
  append_number(out_, e.boot);
  out_ += R"(,"seq":)";
  append_number(out_, e.seq);
  out_ += R"(,"kind":")";
  out_ += kinds[static_cast<std::size_t>(e.report)];
  out_ += '"';
  if (e.report == Report::tamper) out_ += R"(,"tamper":true)";
  out_ += R"(,"position":)";
  append_position(out_, s_.map.zones[look.zone], static_cast<std::int64_t>(chance % 13) - 6,
                  static_cast<std::int64_t>(chance / 13 % 13) - 6);
  out_ += R"(,"aps":)";
  append_access_points(out_, look.zone);
  out_ += R"(,"network":)";
  append_network(out_, look, look.rtt + static_cast<std::int64_t>(chance / 169 % 3));
  out_ += R"(,"firmware":"2.)";
  append_number(out_, look.firmware);
  out_ += R"(","secure_element":")";
  fmt::format_to(std::back_inserter(out_), "se-{:06}", look.element);
  out_ += R"(","tls_fingerprint":")";
  fmt::format_to(std::back_inserter(out_), "{:016x}", mixed(e.device + (e.twin ? 900'001ULL : 1ULL)));
  out_ += R"(","clock_offset_ms":)";
  append_number(out_, e.amount + static_cast<std::int64_t>(chance / 507 % 61) - 30);
}

} // namespace onecode::app::simulate
