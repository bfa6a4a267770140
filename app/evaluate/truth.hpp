// The truth file of a simulated campus: who misused what, who only looks like it, and what was broken. One JSON object a
// line; the first describes the campus. Every subject that no misuse names is innocent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/time.hpp"

namespace onecode::app::evaluate {

struct Misuse {
  std::string id, scenario;
  std::string act;        // of accounts as in CONTRACT §5.4, else the clause: 11(1)
  std::string subject;    // account:ID, device:ID, integration:ID
  Time from, evident, to; // evident: the first event at which somebody who sees everything could know
  bool of_account() const { return subject.starts_with("account:"); }
};

/// What is no misuse, though it may look like it.
struct Circumstance {
  enum class What { look_alike, fault, approved };
  What what{};
  std::string id, scenario, subject;
  Time from, to;
};
std::string_view to_string(Circumstance::What what);

struct Truth {
  std::string file;
  std::uint64_t seed = 0, people = 0, days = 0;
  Time from, to;
  std::vector<Misuse> misuses;
  std::vector<Circumstance> circumstances;
};

/// Throws InputError with file, line and field.
Truth read_truth(const std::string& file);

} // namespace onecode::app::evaluate
