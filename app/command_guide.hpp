// What people are told about each command beyond its types: Chinese name, purpose, the words an argument may have, values
// for an example that works. One table (app/command_guide.cpp); help, checks before sending and tests follow it.
#pragma once

#include <string_view>
#include <vector>

namespace onecode::app {

struct ArgGuide {
  std::string_view path;    // as in --arg: "article", "plan.purpose"; a list's members as "tests.result"
  std::string_view example; // empty: not in the example, which is for optional arguments only
  std::string_view note;
  std::string_view words = {}; // comma-separated; a last one "other:*" stands for every word that begins so
  bool closed = true; // no other word is right; otherwise the words are the usual ones and the policy decides
};

/// Beyond required and optional: where `argument` is `word`, one of `needs` must be there. Without argument: always.
struct ArgCondition {
  std::string_view argument, word;
  std::string_view needs; // comma-separated: one of them
};

struct CommandGuide {
  std::string_view name;
  std::string_view zh;
  std::string_view target; // an example
  std::string_view text;   // what it does, for whom, and what follows
  std::vector<ArgGuide> arguments;
  std::vector<ArgCondition> conditions = {};
  std::string_view target_name = {}; // of a register's entry; others are ids of their kind
  std::string_view reason = {};      // an example, where the command is refused without a reason
};

/// nullptr: the table lacks the command, which a test forbids.
const CommandGuide* command_guide(std::string_view name);
const std::vector<CommandGuide>& command_guides();

struct RoleGuide {
  std::string_view role, zh, actor; // `actor`: an example
};
/// Every role of the wire (COMMANDS.md), in its order.
const std::vector<RoleGuide>& role_guides();

} // namespace onecode::app
