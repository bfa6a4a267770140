#include "app/toml_reader.hpp"

#include <algorithm>
#include <sstream>

namespace onecode::app {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

} // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const auto c : candidates) {
    const auto d = edit_distance(word, c);
    if (d < distance) {
      distance = d;
      best = c;
    }
  }
  return best;
}

std::optional<toml::table> parse_toml(const std::string& text, TomlErrors& errors) {
#if TOML_EXCEPTIONS
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& e) {
    errors.add(e.source(), "", e.description());
    return std::nullopt;
  }
#else
  auto result = toml::parse(text);
  if (result) return std::move(result).table();
  errors.add(result.error().source(), "", result.error().description());
  return std::nullopt;
#endif
}

void TomlReader::wrong_type(std::string_view key, const toml::node& node, std::string_view wanted) {
  errors_.add(node.source(), path(key), fmt::format("must be {}, not {}", wanted, type_name(node)));
}

bool TomlReader::read(std::string_view key, std::string& into) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  if (const auto* text = node->as_string()) {
    into = text->get();
    return true;
  }
  wrong_type(key, *node, "text");
  return false;
}

bool TomlReader::read(std::string_view key, std::int64_t& into) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  if (const auto* number = node->as_integer()) {
    into = number->get();
    return true;
  }
  wrong_type(key, *node, "a whole number");
  return false;
}

bool TomlReader::read(std::string_view key, double& into) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  if (const auto number = node->value<double>(); number && node->is_number()) {
    into = *number;
    return true;
  }
  wrong_type(key, *node, "a number");
  return false;
}

bool TomlReader::read(std::string_view key, bool& into) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  if (const auto* flag = node->as_boolean()) {
    into = flag->get();
    return true;
  }
  wrong_type(key, *node, "true or false");
  return false;
}

bool TomlReader::read(std::string_view key, std::vector<std::string>& into) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  const auto* list = node->as_array();
  if (list == nullptr) {
    wrong_type(key, *node, "a list of texts");
    return false;
  }
  into.clear();
  for (const auto& item : *list) {
    const auto* text = item.as_string();
    if (text == nullptr) {
      wrong_type(key, item, "a list of texts");
      return false;
    }
    into.push_back(text->get());
  }
  return true;
}

bool TomlReader::read(std::string_view key, Time& into) {
  const auto* node = find(key);
  if (node == nullptr) return false;
  std::string text;
  if (const auto* t = node->as_string()) {
    text = t->get();
  } else if (const auto* dt = node->as_date_time()) {
    std::ostringstream out;
    out << dt->get();
    text = out.str();
  } else {
    wrong_type(key, *node, "a time such as 2026-03-02T00:00:00+08:00");
    return false;
  }
  const auto time = parse_time(text);
  if (!time) {
    errors_.add(node->source(), path(key), fmt::format("\"{}\" is no time such as 2026-03-02T00:00:00+08:00", text));
    return false;
  }
  into = *time;
  return true;
}

const toml::table* TomlReader::table(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) return nullptr;
  if (const auto* t = node->as_table()) return t;
  wrong_type(key, *node, "a table");
  return nullptr;
}

void TomlReader::finish() {
  for (const auto& [key, node] : table_) {
    if (known_.contains(std::string_view(key.str()))) continue;
    std::vector<std::string_view> candidates(known_.begin(), known_.end());
    const auto meant = nearest(key.str(), candidates);
    const auto& at = key.source().begin.line > 0 ? key.source() : node.source();
    errors_.add(at, path(key.str()),
                meant.empty() ? "unknown key" : fmt::format("unknown key; did you mean {}?", meant));
  }
}

} // namespace onecode::app
