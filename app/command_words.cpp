#include "app/command_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/errors.hpp"
#include "app/toml_reader.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

/// Visits a fields() list and writes down what it sees.
struct Describe {
  std::vector<ArgInfo>& out;
  bool all_optional = false;

  template <class T>
  void operator()(const char* name, const T& value) {
    ArgInfo info;
    info.name = name;
    info.required = !all_optional;
    set(info, value);
    out.push_back(std::move(info));
  }

private:
  void set(ArgInfo& i, const std::string&) { i.type = ArgInfo::Type::text; }
  void set(ArgInfo& i, std::int64_t) { i.type = ArgInfo::Type::number; }
  void set(ArgInfo& i, Time) { i.type = ArgInfo::Type::time; }
  void set(ArgInfo& i, bool) {
    i.type = ArgInfo::Type::flag;
    i.required = false;
  }
  template <class T>
  void set(ArgInfo& i, const std::optional<T>&) {
    set(i, T{});
    i.required = false;
  }
  template <class T>
  void set(ArgInfo& i, const std::vector<T>&) {
    set(i, T{});
    i.list = true;
    i.required = false;
  }
  // On the wire a position is in degrees, not in the scaled integers of the domain.
  void set(ArgInfo& i, const Position&) {
    i.type = ArgInfo::Type::object;
    i.members = {{"lat", ArgInfo::Type::decimal, false, true, {}},
                 {"lon", ArgInfo::Type::decimal, false, true, {}},
                 {"accuracy_m", ArgInfo::Type::number, false, false, {}}};
  }
  // What is known of a network differs from place to place (CONTRACT §4.2).
  void set(ArgInfo& i, const NetworkFacts& facts) {
    i.type = ArgInfo::Type::object;
    Describe members{i.members, true};
    NetworkFacts::fields(facts, members);
  }
  template <class T>
  requires requires(const T& v, Describe& d) { T::fields(v, d); }
  void set(ArgInfo& i, const T& value) {
    i.type = ArgInfo::Type::object;
    Describe members{i.members};
    T::fields(value, members);
  }
};

template <std::size_t I = 0>
std::vector<ArgInfo> describe(std::size_t index) {
  if constexpr (I < std::variant_size_v<CommandArgs>) {
    if (index != I) return describe<I + 1>(index);
    using Args = std::variant_alternative_t<I, CommandArgs>;
    std::vector<ArgInfo> out;
    Describe visitor{out};
    const Args empty{};
    Args::fields(empty, visitor);
    return out;
  } else {
    return {};
  }
}

std::string type_text(const ArgInfo& a) {
  constexpr const char* names[] = {"text", "number", "decimal number", "true or false", "time", "object"};
  std::string text = names[static_cast<int>(a.type)];
  if (a.list) text = a.type == ArgInfo::Type::object ? "list of objects (JSON)" : "list, comma-separated or JSON";
  return text;
}

void help_lines(const std::vector<ArgInfo>& arguments, const std::string& before, std::string& out) {
  for (const auto& a : arguments) {
    const std::string name = before + a.name;
    out += fmt::format("  {:<30} {}{}\n", name, type_text(a), a.required ? ", required" : "");
    if (a.list && !a.members.empty()) {
      std::string members;
      for (const auto& m : a.members) members += (members.empty() ? "" : ", ") + m.name;
      out += fmt::format("  {:<30} each with {}\n", "", members);
    } else {
      help_lines(a.members, name + ".", out);
    }
  }
}

std::string example_value(const ArgInfo& a) {
  switch (a.type) {
    case ArgInfo::Type::number:
      return "1";
    case ArgInfo::Type::decimal:
      return "29.36";
    case ArgInfo::Type::flag:
      return "true";
    case ArgInfo::Type::time:
      return "2026-09-01T00:00:00+08:00";
    default:
      return a.name == "category" ? "student" : a.name == "article" ? "8" : a.name == "kind" ? "fixed" : "…";
  }
}

void example_words(const std::vector<ArgInfo>& arguments, const std::string& before, std::string& out) {
  for (const auto& a : arguments) {
    if (!a.required) continue;
    if (a.type == ArgInfo::Type::object && !a.list)
      example_words(a.members, before + a.name + ".", out);
    else
      out += fmt::format(" --arg {}{}={}", before, a.name, example_value(a));
  }
}

/// A word's value as the argument wants it.
Json typed(const ArgInfo& a, const std::string& word) {
  const Json parsed = Json::parse(word, nullptr, false);
  if (a.list) {
    if (parsed.is_array()) return parsed;
    Json list = Json::array();
    if (a.type == ArgInfo::Type::object && !parsed.is_discarded()) {
      list.push_back(parsed);
      return list;
    }
    ArgInfo one = a;
    one.list = false;
    for (std::size_t at = 0; at < word.size();) {
      const auto comma = std::min(word.find(',', at), word.size());
      if (comma > at) list.push_back(typed(one, word.substr(at, comma - at)));
      at = comma + 1;
    }
    return list;
  }
  // An id may look like a number; a text argument gets it as it was typed.
  if (a.type == ArgInfo::Type::text || a.type == ArgInfo::Type::time) return parsed.is_string() ? parsed : Json(word);
  return parsed.is_discarded() ? Json(word) : parsed;
}

const ArgInfo* member(const std::vector<ArgInfo>& of, std::string_view name) {
  const auto it = std::find_if(of.begin(), of.end(), [&](const auto& a) { return a.name == name; });
  return it == of.end() ? nullptr : &*it;
}

} // namespace

const CommandInfo* find_command(std::string_view name) {
  for (const auto& c : kCommands)
    if (c.name == name) return &c;
  return nullptr;
}

std::vector<ArgInfo> command_arguments(const CommandInfo& command) {
  return describe(static_cast<std::size_t>(&command - std::begin(kCommands)));
}

std::string list_commands() {
  std::string out;
  for (const auto& c : kCommands)
    out += fmt::format("{:<22} {:<12} {:<20} {}\n", c.name, to_string(c.target), c.roles, c.summary);
  return out;
}

std::string command_help(const CommandInfo& command) {
  const auto arguments = command_arguments(command);
  std::string out = fmt::format("{}: {}\n\nTarget: {} id\nRole:   {}\n", command.name, command.summary,
                                to_string(command.target), command.roles);
  if (arguments.empty()) {
    out += "\nTakes no arguments.\n";
  } else {
    out += "\nArguments (--arg NAME=VALUE):\n";
    help_lines(arguments, "", out);
  }
  std::string words;
  example_words(arguments, "", words);
  const auto role = command.roles.substr(0, command.roles.find(','));
  out += fmt::format("\nExample:\n  onecode command {} --target ID --key my.key.json --actor me --role {}{}\n",
                     command.name, role, words);
  return out;
}

std::string arguments_json(const CommandInfo& command, const std::vector<std::string>& words) {
  const auto arguments = command_arguments(command);
  Json all = Json::object();
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageError(fmt::format("--arg {}: must be NAME=VALUE", word));
    const std::string name = word.substr(0, equals);
    Json* into = &all;
    const std::vector<ArgInfo>* known = &arguments;
    const ArgInfo* info = nullptr;
    for (std::size_t at = 0; at <= name.size();) {
      const auto dot = std::min(name.find('.', at), name.size());
      const std::string part = name.substr(at, dot - at);
      info = member(*known, part);
      if (info == nullptr) {
        std::vector<std::string_view> names;
        for (const auto& a : *known) names.push_back(a.name);
        const auto meant = nearest(part, names);
        throw UsageError(fmt::format("--arg {}: {} has no argument '{}'{}; see onecode command {} --help", word,
                                     command.name, name,
                                     meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant), command.name));
      }
      if (dot < name.size() && (info->type != ArgInfo::Type::object || info->list))
        throw UsageError(fmt::format("--arg {}: '{}' has no members", word, name.substr(0, dot)));
      if (!into->is_object() && !into->is_null())
        throw UsageError(fmt::format("--arg {}: '{}' was given as a whole before", word, name.substr(0, at)));
      into = &(*into)[part];
      known = &info->members;
      at = dot + 1;
    }
    if (!into->is_null()) throw UsageError(fmt::format("--arg {}: '{}' is given twice", word, name));
    *into = typed(*info, word.substr(equals + 1));
  }
  for (const auto& a : arguments)
    if (a.required && !all.contains(a.name))
      throw UsageError(
          fmt::format("{} needs --arg {}=…; see onecode command {} --help", command.name, a.name, command.name));
  return all.dump();
}

} // namespace onecode::app
