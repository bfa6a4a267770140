// Commands for people: their arguments as help text, and `key=value` words as typed JSON. Both follow the fields()
// lists of domain/commands.hpp, so that a new command needs nothing here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/commands.hpp"

namespace onecode::app {

struct ArgInfo {
  enum class Type { text, number, decimal, flag, time, object };
  std::string name;
  Type type = Type::text;
  bool list = false;
  bool required = true;
  std::vector<ArgInfo> members; // of an object
};

/// nullptr: there is no such command.
const CommandInfo* find_command(std::string_view name);
std::vector<ArgInfo> command_arguments(const CommandInfo& command);
/// Every command, one a line.
std::string list_commands();
/// Target, roles, every argument, and an example.
std::string command_help(const CommandInfo& command);

/// `a=1`, `a.b=text`, `list=x,y`, `list=["x","y"]` → one JSON object. A value is JSON where it parses as JSON and the
/// argument is not text, otherwise text. Throws UsageError naming the argument.
std::string arguments_json(const CommandInfo& command, const std::vector<std::string>& words);

} // namespace onecode::app
