#include "app/command_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/command_guide.hpp"
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
    i.members = {{"lat", ArgInfo::Type::decimal},
                 {"lon", ArgInfo::Type::decimal},
                 {"accuracy_m", ArgInfo::Type::number, false, false}};
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

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    out.push_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return out;
}

void add_guide(std::vector<ArgInfo>& arguments, const ArgGuide& guide) {
  auto* list = &arguments;
  for (std::size_t at = 0;;) {
    const auto dot = std::min(guide.path.find('.', at), guide.path.size());
    auto* info = const_cast<ArgInfo*>(member(*list, guide.path.substr(at, dot - at)));
    if (info == nullptr) return;
    if (dot == guide.path.size()) {
      info->words = split(guide.words);
      info->closed = guide.closed && !info->words.empty();
      info->note = guide.note;
      info->example = guide.example;
      return;
    }
    list = &info->members;
    at = dot + 1;
  }
}

std::string meant_text(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto meant = nearest(word, candidates);
  return meant.empty() ? std::string() : fmt::format(", did you mean '{}'?", meant);
}

bool allowed(const ArgInfo& a, std::string_view word) {
  return std::ranges::any_of(a.words, [&](std::string_view w) {
    return w == word || (w.ends_with('*') && word.size() >= w.size() && word.starts_with(w.substr(0, w.size() - 1)));
  });
}

/// What the types of the values do not say already: words, times, members that are missing.
void check_values(const CommandInfo& command, const std::vector<ArgInfo>& arguments, const std::string& before,
                  const Json& values) {
  for (const auto& a : arguments) {
    const std::string path = before + a.name;
    const auto it = values.find(a.name);
    if (it == values.end()) {
      if (a.required)
        throw UsageError(fmt::format("{} needs --arg {}=…{}; see onecode command {} --help", command.name, path,
                                     a.words.empty() ? "" : fmt::format(" ({})", fmt::join(a.words, ", ")),
                                     command.name));
      continue;
    }
    const auto one = [&](const Json& value) {
      if (a.type == ArgInfo::Type::object && value.is_object()) check_values(command, a.members, path + ".", value);
      if (!value.is_string()) return;
      const auto text = value.get<std::string>();
      if (a.closed && !allowed(a, text))
        throw UsageError(fmt::format("--arg {}={}: must be {}{}", path, text, fmt::join(a.words, " or "),
                                     meant_text(text, a.words)));
      if (a.type == ArgInfo::Type::time && !parse_time(text))
        throw UsageError(fmt::format("--arg {}={}: is no time such as 2026-09-01T00:00:00+08:00", path, text));
    };
    if (a.list && it->is_array())
      for (const auto& value : *it) one(value);
    else
      one(*it);
  }
  for (const auto& [first, last] : {std::pair{"from", "to"}, std::pair{"valid_from", "valid_to"}}) {
    const auto time = [&](const char* name) -> std::optional<Time> {
      const auto* info = member(arguments, name);
      if (info == nullptr || info->type != ArgInfo::Type::time || !values.contains(name)) return std::nullopt;
      return parse_time(values[name].get<std::string>());
    };
    const auto from = time(first), to = time(last);
    if (from && to && *to <= *from)
      throw UsageError(fmt::format("--arg {}{}: must be after {}", before, last, first));
  }
}

void check_conditions(const CommandInfo& command, const Json& values) {
  const auto* guide = command_guide(command.name);
  if (guide == nullptr) return;
  for (const auto& c : guide->conditions) {
    if (!c.argument.empty() && values.value(std::string(c.argument), Json()) != Json(std::string(c.word))) continue;
    const auto needs = split(c.needs);
    if (std::ranges::any_of(needs, [&](std::string_view n) { return values.contains(std::string(n)); })) continue;
    throw UsageError(fmt::format("{}{} needs --arg {}=…; see onecode command {} --help", command.name,
                                 c.argument.empty() ? std::string() : fmt::format(" with {}={}", c.argument, c.word),
                                 fmt::join(needs, "=… or --arg "), command.name));
  }
}

} // namespace

const CommandInfo& find_command(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& c : kCommands) {
    if (c.name == name) return c;
    names.push_back(c.name);
  }
  throw UsageError(
      fmt::format("there is no command '{}'{}; see onecode command --help", name, meant_text(name, names)));
}

std::vector<ArgInfo> command_arguments(const CommandInfo& command) {
  auto arguments = describe(static_cast<std::size_t>(&command - std::begin(kCommands)));
  if (const auto* guide = command_guide(command.name))
    for (const auto& a : guide->arguments) add_guide(arguments, a);
  return arguments;
}

std::string role_for(const CommandInfo& command, const std::optional<std::string>& word) {
  const auto roles = split(command.roles);
  if (!word) {
    if (roles.size() == 1) return std::string(roles[0]);
    throw UsageError(fmt::format("--role is missing: {} is sent as {}", command.name, fmt::join(roles, " or ")));
  }
  if (std::ranges::find(roles, *word) != roles.end()) return *word;
  std::vector<std::string_view> known;
  for (const auto& r : role_guides()) known.push_back(r.role);
  if (std::ranges::find(known, *word) == known.end())
    throw UsageError(fmt::format("there is no role '{}'{}; the roles are: {}", *word, meant_text(*word, known),
                                 fmt::join(known, " ")));
  throw UsageError(
      fmt::format("the role {} may not send {}: only {} may", *word, command.name, fmt::join(roles, " or ")));
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
        throw UsageError(fmt::format("--arg {}: {} has no argument '{}'{}; see onecode command {} --help", word,
                                     command.name, name, meant_text(part, names), command.name));
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
  check_values(command, arguments, "", all);
  check_conditions(command, all);
  return all.dump();
}

} // namespace onecode::app
