// A state machine of REGULATION §3 as a table: one row per command and state, and what is not in the table is refused with a
// sentence that names the state and the states that the command is for. States have to_string() and in_chinese().
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "domain/effects.hpp"

namespace onecode {

template <class State>
struct Move {
  std::string_view command;
  State from;
  State to;
};

/// nullptr: not allowed.
template <class State>
const Move<State>* find_move(std::span<const Move<State>> moves, std::string_view command, State from) {
  const auto it =
      std::ranges::find_if(moves, [&](const Move<State>& m) { return m.command == command && m.from == from; });
  return it == moves.end() ? nullptr : &*it;
}

/// ILLEGAL_TRANSITION. `what`: the thing in both languages, e.g. {"设备 d-1", "the device d-1"}.
template <class State>
void refuse_move(std::span<const Move<State>> moves, const Text& what, std::string_view command, State now,
                 Effects& out) {
  std::string zh, en;
  for (const auto& m : moves) {
    if (m.command != command) continue;
    if (!en.empty()) zh += "、", en += ", ";
    zh += in_chinese(m.from);
    en += to_string(m.from);
  }
  const std::string name(command);
  out.refuse("ILLEGAL_TRANSITION",
             {what.zh + " 目前为“" + std::string(in_chinese(now)) + "”,不能执行 " + name + ";该命令适用于:" + zh,
              what.en + " is " + std::string(to_string(now)) + "; " + name + " is for: " + en});
}

} // namespace onecode
