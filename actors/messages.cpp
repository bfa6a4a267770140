#include "actors/messages.hpp"

namespace onecode::actors {
namespace {

struct Performer {
  Shard& shard;

  void operator()(task::Prepare& t) const {
    shard.prepare(*t.facts, std::move(t.inputs), *t.policies, t.received_ns, t.want_hints);
  }
  void operator()(task::Begin& t) const { shard.begin(*t.facts); }
  void operator()(task::Round& t) const { shard.round(*t.facts, std::move(t.parcels)); }
  void operator()(task::Finish& t) const {
    for (const auto& envelope : t.abroad) shard.send_to_inbox(envelope);
    shard.finish(*t.facts, std::move(t.positions));
  }
  void operator()(task::Committed& t) const { shard.committed(t.journal_next); }
  void operator()(task::Aborted&) const { shard.aborted(); }
};

} // namespace

void perform(Shard& shard, Task& task) { std::visit(Performer{shard}, task); }

} // namespace onecode::actors
