// What `onecode command --help` and `onecode command NAME --help` print.
#include <fmt/format.h>

#include <algorithm>

#include "app/command_guide.hpp"
#include "app/command_words.hpp"

namespace onecode::app {
namespace {

constexpr std::size_t kWidth = 110;

/// "security-officer (保卫干事)" …
std::string role_names(std::string_view roles) {
  std::string out;
  for (const auto& r : role_guides()) {
    const auto at = roles.find(r.role);
    if (at == std::string_view::npos) continue;
    out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", r.role, r.zh);
  }
  return out;
}

/// The role that a person would send it in: a holder's own commands as the holder.
const RoleGuide& first_role(const CommandInfo& command) {
  const auto name = command.roles.substr(0, command.roles.find(','));
  return *std::ranges::find(role_guides(), name, &RoleGuide::role);
}

std::string type_text(const ArgInfo& a) {
  constexpr const char* names[] = {"text", "number", "decimal number", "true or false", "time (RFC 3339)", "object"};
  if (a.list) return a.type == ArgInfo::Type::object ? "list of objects (JSON)" : "list, comma-separated or JSON";
  return names[static_cast<int>(a.type)];
}

std::size_t widest(const std::vector<ArgInfo>& arguments, std::size_t before) {
  std::size_t out = 0;
  for (const auto& a : arguments) {
    const bool inside = a.type == ArgInfo::Type::object && !a.list;
    out = std::max(out, inside ? widest(a.members, before + a.name.size() + 1) : before + a.name.size());
  }
  return out;
}

void help_lines(const std::vector<ArgInfo>& arguments, const std::string& before, bool optional, std::size_t width,
                std::string& out) {
  for (const auto& a : arguments) {
    const std::string name = before + a.name;
    const bool needed = a.required && !optional;
    if (a.type == ArgInfo::Type::object && !a.list) {
      help_lines(a.members, name + ".", !needed, width, out);
      continue;
    }
    std::string what;
    if (a.words.empty())
      what = type_text(a);
    else
      what =
          fmt::format("{}{}{}", fmt::join(a.words, " | "), a.list ? ", comma-separated" : "", a.closed ? "" : ", …");
    out += fmt::format("  {:<{}}  {}{}\n", name, width, what, needed ? ", required" : "");
    if (!a.note.empty()) out += fmt::format("  {:<{}}  {}\n", "", width, a.note);
    for (const auto& m : a.members)
      if (!m.words.empty()) out += fmt::format("  {:<{}}  {}: {}\n", "", width, m.name, fmt::join(m.words, " | "));
  }
}

std::string example_value(const ArgInfo& a) {
  if (!a.example.empty()) return std::string(a.example);
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
      return a.words.empty() ? "text" : std::string(a.words[0]);
  }
}

void example_words(const std::vector<ArgInfo>& arguments, const std::string& before, bool needed,
                   std::vector<std::string>& out) {
  for (const auto& a : arguments) {
    const auto name = before + a.name;
    if (a.type == ArgInfo::Type::object && !a.list) {
      example_words(a.members, name + ".", needed && a.required, out);
    } else if ((needed && a.required) || !a.example.empty()) {
      out.emplace_back("--arg");
      out.push_back(name + "=" + example_value(a));
    }
  }
}

/// As a shell reads it back.
std::string quoted(const std::string& word) {
  const bool plain = !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.,:=/+@").find(c) != std::string_view::npos;
  });
  if (plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

} // namespace

std::string list_commands() {
  std::string out;
  for (const Kind kind : {Kind::account, Kind::device, Kind::integration, Kind::campus}) {
    constexpr std::string_view headings[] = {"For an account (账户)", "For a device (设备)",
                                             "For an integration (集成系统) and its rectification orders (整改)", "",
                                             "For the campus' registers (登记册)"};
    out += fmt::format("{}{}:\n", out.empty() ? "" : "\n", headings[static_cast<int>(kind)]);
    for (const auto& c : kCommands)
      if (c.target == kind) out += fmt::format("  {:<32} {:<19} {}\n", c.name, c.roles, c.summary);
  }
  return out;
}

std::vector<std::string> command_example(const CommandInfo& command) {
  const auto* guide = command_guide(command.name);
  const auto& role = first_role(command);
  std::vector<std::string> words{std::string(command.name),
                                 "--target",
                                 std::string(guide != nullptr ? guide->target : "ID"),
                                 "--key",
                                 fmt::format("{}.key.json", role.role),
                                 "--actor",
                                 std::string(role.actor),
                                 "--role",
                                 std::string(role.role)};
  example_words(command_arguments(command), "", true, words);
  if (needs_reason(command))
    words.insert(words.end(), {"--reason", std::string(command_guide(command.name)->reason)});
  return words;
}

bool needs_reason(const CommandInfo& command) {
  const auto* guide = command_guide(command.name);
  return guide != nullptr && !guide->reason.empty();
}

std::string target_text(const CommandInfo& command) {
  const auto* guide = command_guide(command.name);
  if (guide != nullptr && !guide->target_name.empty()) return std::string(guide->target_name);
  return fmt::format("{} id", to_string(command.target));
}

std::string command_help(const CommandInfo& command) {
  const auto* guide = command_guide(command.name);
  const auto arguments = command_arguments(command);
  std::string out = fmt::format("{}  {}\n{}\n", command.name, guide != nullptr ? guide->zh : "", command.summary);
  if (guide != nullptr && !guide->text.empty()) out += fmt::format("\n{}\n", guide->text);
  out += fmt::format("\nTarget: {}\nRole:   {}\n", target_text(command), role_names(command.roles));
  if (arguments.empty()) {
    out += "\nTakes no arguments.\n";
  } else {
    out += "\nArguments (--arg NAME=VALUE):\n";
    help_lines(arguments, "", false, widest(arguments, 0), out);
  }
  if (guide != nullptr)
    for (const auto& c : guide->conditions) {
      std::string needs(c.needs);
      if (const auto comma = needs.find(','); comma != std::string::npos) needs.replace(comma, 1, " or ");
      out += c.argument.empty() ? fmt::format("  Needed: {}.\n", needs)
                                : fmt::format("  With {}={} also: {}.\n", c.argument, c.word, needs);
    }
  out += needs_reason(command) ? "\n--reason TEXT is required: why, for the record and the notice.\n\nExample:\n"
                               : "\nWith --reason TEXT the record and the notice say why.\n\nExample:\n";
  std::string line = "  onecode command";
  const auto example = command_example(command);
  for (std::size_t i = 0; i < example.size(); ++i) {
    // An option and its value stay on one line.
    std::string next = quoted(example[i]);
    if (example[i].starts_with("--") && i + 1 < example.size()) next += " " + quoted(example[++i]);
    if (line.size() + 1 + next.size() > kWidth) {
      out += line + " \\\n";
      line = "     ";
    }
    line += " " + next;
  }
  return out + line + "\n";
}

} // namespace onecode::app
