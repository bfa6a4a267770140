// Records to begin with: each test takes a sound one and spoils one thing.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "streams/decode.hpp"

namespace onecode_test {

using Json = nlohmann::json;

/// The example of the contract, with a `mac` that is base64url.
inline Json scan_event() {
  return Json::parse(R"({"specversion":"1.0","id":"gw-03/d-0417/3/182731","source":"/gateways/gw-03",
    "type":"onecode.scan.v1","time":"2026-03-02T07:58:12.345+08:00","datacontenttype":"application/json",
    "data":{"device":"d-0417","boot":3,"seq":182731,"account":"a-0012345","function":"access","auth":"present",
            "direction":"in","outcome":"accepted","handset":"h-77","integration":"dorm-gates","offline":false,
            "mac":"MTIz"}})");
}

inline Json event(const std::string& type, Json data) {
  Json e = scan_event();
  e["type"] = type;
  e["data"] = std::move(data);
  return e;
}

inline onecode::streams::Record record_of(const std::optional<std::string>& value,
                                          const std::vector<onecode::streams::Header>& headers = {}) {
  onecode::streams::Record r;
  r.offset = 42;
  r.key = "d-0417";
  if (value) r.value = *value;
  r.headers = headers;
  return r;
}

/// One decoder and what it needs.
struct Decoding {
  onecode::streams::Secrets secrets;
  onecode::PolicyHistory policies;
  onecode::streams::Decoder decoder{secrets};
  onecode::Scan scan;
  onecode::streams::Event event;

  std::optional<onecode::streams::DecodeError> read_scan(const std::optional<std::string>& value,
                                                         const std::vector<onecode::streams::Header>& headers = {}) {
    return decoder.scan({onecode::Topic::scans, 3}, record_of(value, headers), policies, scan);
  }
  template <class J>
  requires std::is_same_v<J, Json> // a Json would turn into text by itself, as a string's contents
      std::optional<onecode::streams::DecodeError> read_scan(const J& value) {
    return read_scan(std::optional<std::string>(value.dump()));
  }
  std::optional<onecode::streams::DecodeError> read(onecode::Topic topic, const Json& value) {
    const std::string text = value.dump();
    return decoder.event({topic, 3}, record_of(text), event);
  }
};

} // namespace onecode_test
