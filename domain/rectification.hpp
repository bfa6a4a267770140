// Rectification orders (Article 11; R11.5, R6.3): ordered with a deadline, handed in, inspected, accepted or sent back; overdue and
// escalated by timers that survive restarts; the policy says after how many days. The machine stands here as one table; the integration whose orders they are
// carries it out (domain/integration_orders.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/machine.hpp"

namespace onecode {

enum class OrderState : std::uint8_t { ordered, overdue, escalated, submitted, closed };

constexpr std::string_view to_string(OrderState s) {
  constexpr std::string_view n[] = {"ordered", "overdue", "escalated", "submitted", "closed"};
  return n[static_cast<std::size_t>(s)];
}
constexpr std::string_view in_chinese(OrderState s) {
  constexpr std::string_view n[] = {"待整改", "已逾期", "已上报", "已提交", "已结案"};
  return n[static_cast<std::size_t>(s)];
}

// Timers move it as commands do.
inline constexpr std::string_view kDeadlinePassed = "deadline passed";
inline constexpr std::string_view kStillNothing = "still nothing after the deadline";

inline constexpr Move<OrderState> kOrderMoves[] = {
    {"rectification.extend", OrderState::ordered, OrderState::ordered}, // as often as the policy allows
    {"rectification.submit", OrderState::ordered, OrderState::submitted},
    {"rectification.submit", OrderState::overdue, OrderState::submitted}, // lateness stays on record
    {"rectification.submit", OrderState::escalated, OrderState::submitted},
    {"rectification.accept", OrderState::submitted, OrderState::closed},
    {"rectification.reject", OrderState::submitted, OrderState::ordered}, // with a new deadline
    {kDeadlinePassed, OrderState::ordered, OrderState::overdue},
    {kStillNothing, OrderState::overdue, OrderState::escalated},
};

struct RectificationRecord {
  std::string id;
  OrderState state = OrderState::ordered;
  std::string violation;
  std::string control; // the clause, e.g. 11(1)
  Time ordered, due;
  std::int64_t extensions = 0;
  std::int64_t round = 1;
  bool late = false;                // it was overdue once
  bool termination = false;         // access of the whole integration ended with it
  std::vector<std::string> devices; // taken out of use until it is closed
  std::vector<std::string> items;   // as handed in last
  std::string submitted_by;
  std::optional<Time> closed;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("id", s.id);
    v("state", s.state);
    v("violation", s.violation);
    v("control", s.control);
    v("ordered", s.ordered);
    v("due", s.due);
    v("extensions", s.extensions);
    v("round", s.round);
    v("late", s.late);
    v("termination", s.termination);
    v("devices", s.devices);
    v("items", s.items);
    v("submitted_by", s.submitted_by);
    v("closed", s.closed);
  }
};

} // namespace onecode
