// What differs from the text format: a counter's family is named without its _total, units have a line of their own,
// numbers are written with a fraction, and "# EOF" ends it, so that a cut answer is seen.
#include "monitoring/open_metrics.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <string_view>

namespace onecode::monitoring {

namespace {

std::string number(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  auto text = fmt::format("{}", v); // the shortest that reads back the same
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void escape(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\n':
        out += "\\n";
        break;
      default:
        out += c;
    }
  }
}

void sample(std::string& out, std::string_view name, std::string_view suffix, const prometheus::ClientMetric& m,
            std::string_view value, std::string_view le = {}) {
  out += name;
  out += suffix;
  char before = '{';
  const auto label = [&](std::string_view label_name, std::string_view label_value) {
    out += before;
    before = ',';
    out += label_name;
    out += "=\"";
    escape(out, label_value);
    out += '"';
  };
  for (const auto& l : m.label) label(l.name, l.value);
  if (!le.empty()) label("le", le);
  if (before == ',') out += '}';
  out += ' ';
  out += value;
  out += '\n';
}

} // namespace

std::string to_open_metrics(const std::vector<prometheus::MetricFamily>& families) {
  std::string out;
  for (const auto& family : families) {
    std::string_view name = family.name;
    std::string_view type = "unknown";
    switch (family.type) {
      case prometheus::MetricType::Counter:
        type = "counter";
        if (name.ends_with("_total")) name.remove_suffix(6);
        break;
      case prometheus::MetricType::Gauge:
        type = "gauge";
        break;
      case prometheus::MetricType::Histogram:
        type = "histogram";
        break;
      default:
        break;
    }
    fmt::format_to(std::back_inserter(out), "# TYPE {} {}\n", name, type);
    for (const std::string_view unit : {"seconds", "bytes"})
      if (name.ends_with(std::string("_") + std::string(unit)))
        fmt::format_to(std::back_inserter(out), "# UNIT {} {}\n", name, unit);
    fmt::format_to(std::back_inserter(out), "# HELP {} ", name);
    escape(out, family.help);
    out += '\n';
    for (const auto& m : family.metric) {
      switch (family.type) {
        case prometheus::MetricType::Counter:
          sample(out, name, "_total", m, number(m.counter.value));
          break;
        case prometheus::MetricType::Histogram:
          for (const auto& b : m.histogram.bucket)
            sample(out, name, "_bucket", m, fmt::to_string(b.cumulative_count), number(b.upper_bound));
          sample(out, name, "_count", m, fmt::to_string(m.histogram.sample_count));
          sample(out, name, "_sum", m, number(m.histogram.sample_sum));
          break;
        default:
          sample(out, name, "", m, number(m.gauge.value));
      }
    }
  }
  out += "# EOF\n";
  return out;
}

} // namespace onecode::monitoring
