#include "app/audit/plain.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/alerts/visible.hpp"

namespace onecode::app {
namespace {

using nlohmann::json;

std::string text(const json& object, const char* member) {
  const auto it = object.is_object() ? object.find(member) : object.end();
  return object.is_object() && it != object.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

std::string joined(const json& object, const char* member) {
  std::string out;
  const auto it = object.is_object() ? object.find(member) : object.end();
  if (object.is_object() && it != object.end() && it->is_array())
    for (const auto& item : *it)
      if (item.is_string()) out += (out.empty() ? "" : ", ") + item.get<std::string>();
  return out;
}

std::string number(const json& object, const char* member) {
  const auto it = object.is_object() ? object.find(member) : object.end();
  return object.is_object() && it != object.end() && it->is_number() ? it->dump() : std::string{};
}

/// The headers "NAME 0x00 VALUE 0x00 …" that may stand before the value (evidence/leaf.hpp).
std::string header(std::string_view payload, std::string_view name) {
  while (payload.starts_with("ce_")) {
    const auto end = payload.find('\0'), next = end == std::string_view::npos ? end : payload.find('\0', end + 1);
    if (next == std::string_view::npos) return {};
    if (payload.substr(0, end) == name) return std::string(payload.substr(end + 1, next - end - 1));
    payload.remove_prefix(next + 1);
  }
  return {};
}

std::string spaced(std::initializer_list<std::string> words) {
  std::string out;
  for (const auto& w : words)
    if (!w.empty()) out += (out.empty() ? "" : " ") + w;
  return out;
}

void say(PlainRecord& out, std::string_view type, const json& data) {
  const auto is = [&](const char* zh, const char* en, std::string both = {}) {
    out.kind_zh = zh;
    out.kind_en = en;
    out.zh = both;
    out.en = std::move(both);
  };
  if (type == "onecode.scan.v1")
    is("刷码", "scan",
       spaced({text(data, "device"), text(data, "function"), text(data, "direction"), text(data, "outcome"),
               number(data, "amount")}));
  else if (type == "onecode.decision.v1")
    is("判定", "decision", spaced({text(data, "device"), text(data, "verdict"), joined(data, "reasons")}));
  else if (type == "onecode.ledger.v1")
    is("记账", "posting", spaced({text(data, "kind"), number(data, "amount")}));
  else if (type == "onecode.command.v1")
    is("指令", "command", text(data, "command"));
  else if (type == "onecode.freeze.v1")
    is("冻结状态", "holds of the account", text(data, "state"));
  else if (type == "onecode.policy.v1")
    is("策略", "policy", text(data, "version"));
  else if (data.is_object() && data.contains("finding_info"))
    is("发现", "finding");
  else
    is("记录", "record");
  const json::json_pointer told("/unmapped/onecode/explanation");
  if (data.is_object() && data.contains(told)) {
    out.zh = text(data[told], "zh");
    out.en = text(data[told], "en");
  }
}

} // namespace

PlainRecord plain_record(std::string_view payload) {
  PlainRecord out;
  const bool binary = payload.starts_with("ce_");
  const auto last = binary ? payload.rfind('\0') : std::string_view::npos;
  const auto body = last == std::string_view::npos ? payload : payload.substr(last + 1);
  const json value = json::parse(body, nullptr, false);
  if (!value.is_object()) {
    say(out, {}, {});
    return out;
  }
  out.value = value.dump();
  const auto member = value.find("data");
  const std::string type = binary ? header(payload, "ce_type") : text(value, "type");
  out.source = binary ? header(payload, "ce_source") : text(value, "source");
  if (const auto t = parse_time(binary ? header(payload, "ce_time") : text(value, "time"))) out.time = *t;
  say(out, type, binary || member == value.end() ? value : *member);
  return out;
}

std::string html(std::string_view in) {
  std::string out;
  for (const char c : visible(in)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string html_head(std::string_view title) {
  return fmt::format(R"(<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<title>{} · onecode</title>
<style>
body {{ font: 16px/1.6 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ border-bottom: 1px solid #ccc; padding: .3em .6em; text-align: left; vertical-align: top; }}
pre {{ background: #f4f4f4; padding: .8em; overflow-x: auto; }}
</style>
)",
                     html(title));
}

} // namespace onecode::app
