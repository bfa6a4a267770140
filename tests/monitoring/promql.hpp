// As much of PromQL as these tests must understand: which series an expression reads, and which labels it names.
#pragma once

#include <cctype>
#include <set>
#include <string>
#include <string_view>

namespace onecode::test {

struct PromqlParts {
  std::set<std::string> selectors; // onecode_events_total{topic="scans"}
  std::set<std::string> labels;    // of by, on, ignoring, group_left, label_values
};

/// Of an expression that Prometheus accepts.
inline PromqlParts parts_of(std::string_view expr) {
  PromqlParts out;
  std::size_t at = 0;
  const auto upto = [&](std::size_t from, char end) {
    bool quoted = false;
    for (std::size_t i = from; i < expr.size(); ++i) {
      if (expr[i] == '"' && expr[i - 1] != '\\') quoted = !quoted;
      if (!quoted && expr[i] == end) return i;
    }
    return expr.size();
  };
  const auto word_at = [&](std::size_t from) {
    std::size_t end = from;
    while (end < expr.size() &&
           (std::isalnum(static_cast<unsigned char>(expr[end])) || expr[end] == '_' || expr[end] == ':'))
      ++end;
    return expr.substr(from, end - from);
  };
  while (at < expr.size()) {
    const char c = expr[at];
    if (c == '"') {
      at = upto(at + 1, '"') + 1;
      continue;
    }
    if (c == '[') {
      at = upto(at, ']') + 1;
      continue;
    }
    if (std::isdigit(static_cast<unsigned char>(c))) { // 5m, 0.99
      at += word_at(at).size();
      continue;
    }
    const auto word = word_at(at);
    if (word.empty()) {
      ++at;
      continue;
    }
    at += word.size();
    auto next = at;
    while (next < expr.size() && expr[next] == ' ') ++next;
    const bool list = word == "by" || word == "on" || word == "ignoring" || word == "group_left" || word == "without";
    if (list && next < expr.size() && expr[next] == '(') {
      const auto end = upto(next, ')');
      for (auto i = next + 1; i < end;) {
        const auto label = word_at(i);
        if (!label.empty()) out.labels.insert(std::string(label));
        i += label.size() + 1;
      }
      at = end + 1;
    } else if (word.starts_with("onecode") || word.starts_with("process_") || word == "up") {
      std::string selector(word);
      if (at < expr.size() && expr[at] == '{') {
        const auto end = upto(at, '}') + 1;
        selector += expr.substr(at, end - at);
        at = end;
      }
      out.selectors.insert(std::move(selector));
    }
  }
  return out;
}

} // namespace onecode::test
