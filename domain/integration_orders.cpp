// Rectification orders of an integration (domain/rectification.hpp; Article 11; R6.3, R11.5, R11.6).
#include <algorithm>

#include "domain/explain.hpp"
#include "domain/integration_procedures.hpp"

namespace onecode {
namespace {

using Integration = IntegrationState;

constexpr std::string_view kRemindTimer = "order-remind:"; // order-remind:<days>:<order>
constexpr std::string_view kDueTimer = "order-due:";
constexpr std::string_view kEscalateTimer = "order-escalate:";

std::string remind_timer(std::int64_t days, const std::string& order) {
  return std::string(kRemindTimer) + std::to_string(days) + ':' + order;
}

std::string submit_remedy() {
  return "整改完成后提交(rectification.submit);确需延期的,由信息中心批准(rectification.extend);如有异议,"
         "请向信息中心提出。 / "
         "Hand in what was rectified (rectification.submit); the information centre may extend the time "
         "(rectification.extend); objections go to the information centre.";
}

/// How long an order of this kind is given where nobody says otherwise.
Duration time_allowed(const RectificationRecord& order, const Policy& policy) {
  const auto& r = policy.rectification;
  int n = r.days;
  for (const auto& key : {order.control, order.violation})
    if (const auto it = r.by_violation.find(key); it != r.by_violation.end()) n = it->second;
  return days(n);
}

/// Anew for a deadline: what is still ahead.
void set_order_timers(const RectificationRecord& order, const Policy& policy, Time now, Effects& out) {
  for (const auto n : policy.rectification.reminder_days) {
    const Time at = order.due - days(n);
    out.timers.push_back({remind_timer(n, order.id), at > now ? std::optional(at) : std::nullopt});
  }
  out.timers.push_back({std::string(kDueTimer) + order.id, order.due});
  out.timers.push_back(
      {std::string(kEscalateTimer) + order.id, order.due + days(policy.rectification.escalate_days)});
}

RectificationRecord* moving(Integration& i, const Command& command, const std::string& id, Effects& out) {
  RectificationRecord* order = find_order(i, id);
  if (order == nullptr) {
    out.refuse("UNKNOWN_TARGET",
               {"接入系统 " + i.id + " 没有整改令 " + id, "the integration " + i.id + " has no order " + id});
    return nullptr;
  }
  if (find_move<OrderState>(kOrderMoves, command.name, order->state) != nullptr) return order;
  refuse_move<OrderState>(kOrderMoves, {"整改令 " + id, "the order " + id}, command.name, order->state, out);
  return nullptr;
}

} // namespace

bool is_days(std::int64_t n, Effects& out) {
  if (n >= 1 && n <= 366) return true;
  bad_field(out, "期限 days 须为 1 至 366 天", "args.days is 1 to 366");
  return false;
}

namespace {

void changed(Integration& i, Effects& out) {
  i.dirty.procedures = true;
  publish_status(i, out);
}

/// Only the ten last closed ones are kept.
void forget_closed(Integration& i) {
  auto& orders = i.procedures.orders;
  const auto closed = [](const RectificationRecord& o) { return o.state == OrderState::closed; };
  while (std::ranges::count_if(orders, closed) >
         static_cast<std::ptrdiff_t>(Integration::Procedures::kMaxClosedOrders)) {
    auto oldest = orders.end();
    for (auto it = orders.begin(); it != orders.end(); ++it)
      if (closed(*it) && (oldest == orders.end() || *it->closed < *oldest->closed)) oldest = it;
    orders.erase(oldest);
  }
}

/// Findings under its clause carry the order: the integration's own, and those of its devices (Article 11(1) to (3)).
void announce(Integration& i, const RectificationRecord& order, const Context& context, Effects& out) {
  const bool over = order.state == OrderState::closed;
  if (over)
    detach_order(subject(i), order.id);
  else
    attach_order(subject(i), order.control, {order.id, order.due}, context, out);
  if (!is_under(order.control, "11")) return;
  for (const auto& device : i.devices.ids)
    out.sends.push_back({{Kind::device, device}, msg::OrderMoved{i.id, order.id, order.control, order.due, over}});
}

void remind(const Integration& i, const RectificationRecord& order, std::string_view kind, const Text& what,
            Effects& out) {
  tell(i,
       {kind,
        order.control,
        {"接入系统 " + i.id + " 的整改令 " + order.id + "(" + order.violation + ")" + what.zh + "。",
         "The order " + order.id + " (" + order.violation + ") of the integration " + i.id + " " + what.en + "."},
        order.due,
        submit_remedy()},
       out);
}

} // namespace

RectificationRecord* find_order(IntegrationState& i, std::string_view id) {
  const auto it = std::ranges::find(i.procedures.orders, id, &RectificationRecord::id);
  return it == i.procedures.orders.end() ? nullptr : &*it;
}

std::string free_order_id(IntegrationState& i, const std::string& kind, std::int64_t& count) {
  std::string id;
  do id = kind + std::to_string(++count);
  while (find_order(i, id) != nullptr); // a clerk may have named one so
  return id;
}

bool has_open_orders(const IntegrationState& i) {
  return std::ranges::any_of(i.procedures.orders, [](const auto& o) { return o.state != OrderState::closed; });
}

void stop_order_timers(const RectificationRecord& order, const Policy& policy, Effects& out) {
  for (const auto n : policy.rectification.reminder_days)
    out.timers.push_back({remind_timer(n, order.id), std::nullopt});
  out.timers.push_back({std::string(kDueTimer) + order.id, std::nullopt});
  out.timers.push_back({std::string(kEscalateTimer) + order.id, std::nullopt});
}

void give_order(IntegrationState& i, RectificationRecord order, std::optional<std::int64_t> length, const Text& why,
                const Policy& policy, const Context& context, Effects& out) {
  order.ordered = context.now;
  order.due = context.now + (length ? days(*length) : time_allowed(order, policy));
  set_order_timers(order, policy, context.now, out);
  i.procedures.orders.push_back(order);
  announce(i, order, context, out);
  changed(i, out);
  tell(i,
       {"rectification-ordered",
        order.control,
        {"接入系统 " + i.id + ":" + why.zh + "。依据:《办法》" + article_text(order.control).zh + "。责令于 " +
             minute_text(order.due) + " 前完成整改(整改令 " + order.id + ")。",
         "Integration " + i.id + ": " + why.en + ". Legal basis: " + article_text(order.control).en +
             ". Rectify by " + minute_text(order.due) + " (order " + order.id + ")."},
        order.due,
        submit_remedy()},
       out);
}

void apply(IntegrationState& i, const Command& command, const RectificationOrder& args, const Context& context,
           Effects& out) {
  if (!valid_id(args.order)) return bad_field(out, "整改令编号 order 无效", "args.order is not an identifier");
  if (args.violation.empty()) return bad_field(out, "须写明违规事项 violation", "args.violation must not be empty");
  if (!is_article(args.control))
    return bad_field(out, "依据 control 须为《办法》的条款,如 7 或 11(2)",
                     "args.control is an article of the regulation, e.g. 7 or 11(2)");
  if (args.days && !is_days(*args.days, out)) return;
  if (find_order(i, args.order) != nullptr)
    return illegal(out, "整改令 " + args.order + " 已存在", "the order " + args.order + " exists already");
  if (std::ranges::count_if(i.procedures.orders, [](const auto& o) { return o.state != OrderState::closed; }) >=
      static_cast<std::ptrdiff_t>(Integration::Procedures::kMaxOpenOrders))
    return illegal(out, "未结案的整改令过多", "the integration has too many open orders");
  RectificationRecord order;
  order.id = args.order;
  order.violation = args.violation;
  order.control = args.control;
  give_order(i, std::move(order), args.days,
             {"存在违规:" + args.violation, "a violation was found: " + args.violation},
             context.policy_at(command.origin.time), context, out);
}

void apply(IntegrationState& i, const Command& command, const RectificationExtend& args, const Context& context,
           Effects& out) {
  RectificationRecord* order = moving(i, command, args.order, out);
  if (order == nullptr || !is_days(args.days, out)) return;
  const Policy& policy = context.policy_at(command.origin.time);
  if (const std::string most = std::to_string(policy.rectification.extensions);
      order->extensions >= policy.rectification.extensions)
    return illegal(out, "整改令 " + order->id + " 的延期已达上限(" + most + " 次),不得再延",
                   "the order " + order->id + " was extended as often as it may be (" + most + ")");
  ++order->extensions;
  order->due = order->due + days(args.days);
  announce(i, *order, context, out);
  set_order_timers(*order, policy, context.now, out);
  changed(i, out);
  remind(i, *order, "rectification-extended",
         {"延期至 " + minute_text(order->due) + ":" + args.reasons,
          "was extended to " + minute_text(order->due) + ": " + args.reasons},
         out);
}

void apply(IntegrationState& i, const Command& command, const RectificationSubmit& args, const Context& context,
           Effects& out) {
  RectificationRecord* order = moving(i, command, args.order, out);
  if (order == nullptr) return;
  if (args.items.empty()) return bad_field(out, "缺少整改内容 items", "args.items is empty: say what was rectified");
  order->state = OrderState::submitted;
  order->items = args.items;
  order->submitted_by = command.actor;
  stop_order_timers(*order, context.policy_at(command.origin.time), out);
  if (i.record.life == IntegrationLife::terminated) {
    i.record.life = IntegrationLife::rectifying;
    push_view(i, out);
  }
  changed(i, out);
}

void apply(IntegrationState& i, const Command& command, const RectificationAccept& args, const Context& context,
           Effects& out) {
  RectificationRecord* order = moving(i, command, args.order, out);
  if (order == nullptr) return;
  if (command.actor == order->submitted_by)
    return same_person(out, "整改须由提交人以外的人验收",
                       "a rectification is inspected by somebody else than who handed it in");
  order->state = OrderState::closed;
  order->closed = context.now;
  announce(i, *order, context, out);
  for (const auto& device : order->devices)
    out.sends.push_back({{Kind::device, device}, msg::DeviceStopped{i.id, order->id, false, {}}});
  remind(i, *order, "rectification-accepted", {"已验收合格,予以结案", "was inspected, accepted and closed"}, out);
  forget_closed(i);
  changed(i, out);
}

void apply(IntegrationState& i, const Command& command, const RectificationReject& args, const Context& context,
           Effects& out) {
  RectificationRecord* order = moving(i, command, args.order, out);
  if (order == nullptr || (args.days && !is_days(*args.days, out))) return;
  const Policy& policy = context.policy_at(command.origin.time);
  order->state = OrderState::ordered;
  ++order->round;
  order->due = context.now + (args.days ? days(*args.days) : time_allowed(*order, policy));
  announce(i, *order, context, out);
  set_order_timers(*order, policy, context.now, out);
  changed(i, out);
  const std::string reasons = args.reasons.value_or("");
  remind(i, *order, "rectification-rejected",
         {"整改未通过,须于 " + minute_text(order->due) + " 前重新整改" + (reasons.empty() ? "" : ":" + reasons),
          "was not accepted; rectify again by " + minute_text(order->due) + (reasons.empty() ? "" : ": " + reasons)},
         out);
}

bool order_timer(IntegrationState& i, const msg::TimerFired& timer, const Context&, Effects& out) {
  std::string_view name = timer.name;
  const auto starts = [&](std::string_view prefix) {
    if (!name.starts_with(prefix)) return false;
    name.remove_prefix(prefix.size());
    return true;
  };
  if (starts(kRemindTimer)) {
    const std::string left(name.substr(0, name.find(':')));
    const RectificationRecord* order = find_order(i, name.substr(left.size() + 1));
    // The deadline may have moved, and the policy's days with it.
    const bool still_so = order != nullptr && order->due > timer.due &&
                          remind_timer((order->due - timer.due).ms / days(1).ms, order->id) == timer.name;
    if (still_so && order->state == OrderState::ordered)
      remind(i, *order, "rectification-reminder",
             {"还有 " + left + " 天到期(" + minute_text(order->due) + ")",
              "is due in " + left + (left == "1" ? " day (" : " days (") + minute_text(order->due) + ")"},
             out);
    return true;
  }
  const bool due = starts(kDueTimer);
  if (!due && !starts(kEscalateTimer)) return false;
  RectificationRecord* order = find_order(i, name);
  const auto* move = order == nullptr
                         ? nullptr
                         : find_move<OrderState>(kOrderMoves, due ? kDeadlinePassed : kStillNothing, order->state);
  if (move == nullptr) return true;
  order->state = move->to;
  order->late = true;
  changed(i, out);
  if (due) {
    remind(i, *order, "rectification-overdue", {"已逾期,请立即提交整改", "is overdue; hand in the rectification now"},
           out);
    return true;
  }
  remind(i, *order, "rectification-escalated",
         {"逾期后仍未提交,已上报信息中心处理", "is still not handed in and was escalated to the information centre"},
         out);
  Notice notice = std::get<Notice>(out.outputs.back());
  notice.to = "information-centre";
  out.outputs.emplace_back(std::move(notice));
  return true;
}

// ---- R11.6: who answers for the damage; always by people -------------------------------------------------------------

void apply(IntegrationState& i, const Command&, const LiabilityRecord& args, const Context& context, Effects& out) {
  const std::string order = args.order.value_or("");
  if (find_order(i, order) == nullptr)
    return out.refuse("UNKNOWN_TARGET", {"接入系统 " + i.id + " 没有整改令 " + order,
                                         "the integration " + i.id + " has no order " + order});
  auto& list = i.procedures.liabilities;
  if (list.size() == Integration::Procedures::kMaxLiabilities) list.erase(list.begin());
  list.push_back({order, args.party, args.text_ref, args.amount, context.now});
  i.dirty.procedures = true;
}

} // namespace onecode
