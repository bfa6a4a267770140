// Commands for people: what their arguments are, and `key=value` words as typed JSON, checked before they are sent. Names and
// types follow the fields() lists of domain/commands/, words and notes the table of app/command_guide.hpp.
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
  std::vector<ArgInfo> members = {}; // of an object
  std::vector<std::string_view> words = {};
  bool closed = false; // no word but these
  std::string_view note = {}, example = {};
};

/// Throws UsageError with the name that was meant, where there is one.
const CommandInfo& find_command(std::string_view name);
std::vector<ArgInfo> command_arguments(const CommandInfo& command);

/// Every command, grouped by target, one a line.
std::string list_commands();
/// Purpose, target, roles, every argument, and an example.
std::string command_help(const CommandInfo& command);
/// What its --target is: "account id".
std::string target_text(const CommandInfo& command);
/// The words after `onecode command` of an example that the checks below accept as it stands.
std::vector<std::string> command_example(const CommandInfo& command);
/// Is it refused without a reason?
bool needs_reason(const CommandInfo& command);

/// `a=1`, `a.b=text`, `list=x,y`, `list=["x","y"]` → one JSON object. A value is JSON where it parses as JSON and the
/// argument is not text, otherwise text. Throws UsageError naming the argument: unknown, missing, a word that it cannot
/// have, a time that is none or ends before it begins.
std::string arguments_json(const CommandInfo& command, const std::vector<std::string>& words);
/// The role in which to send it; throws UsageError naming the roles that may. Without a word: the only one.
std::string role_for(const CommandInfo& command, const std::optional<std::string>& word);

} // namespace onecode::app
