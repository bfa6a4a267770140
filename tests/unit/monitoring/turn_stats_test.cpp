// The sum over shards is what the metrics see: a field that += forgets is a metric that stays at zero.
#include "monitoring/turn_stats.hpp"

#include "monitoring/stopwatch.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::monitoring;

TEST_CASE("turn stats add up, field by field") {
  TurnStats a;
  a.events[0] = a.wrong_key[1] = a.duplicates[2] = a.produced[3] = 1;
  a.decided(Verdict::challenge, Reason::CHALLENGE_REQUIRED, 10);
  a.decided(Verdict::challenge, Reason::CHALLENGE_REQUIRED, 10);
  a.decided(Verdict::allow, {}, 11);
  a.dead_letter("NOT_JSON", "decode");
  a.command(1, false);
  a.command(2, true);
  Tally tally;
  tally.hits = {RuleId::A5, RuleId::A5};
  tally.shadow_hits = {RuleId::D1};
  tally.candidate_hits = {RuleId::D2, RuleId::D2};
  a.foreseen(Verdict::deny, Verdict::allow);
  tally.sequence_gaps = tally.retransmissions = tally.automatic_freezes = 1;
  tally.breaker_refusals = tally.accounts_opened = tally.cases_upheld = tally.cases_not_upheld = 1;
  a.add(tally);
  a.wakes[0] = a.passivations[1] = a.hops = a.entity_faults = 1;
  a.finding_bands[2] = 1;
  a.frozen_by_order = {{10, 1}};
  a.frozen_automatically = {{11, 2}};
  a.journal_bytes = a.journal_sweep_bytes = a.store_reads = 1;
  a.store_read_ns = a.store_write_ns = a.compute_ns = 1;

  TurnStats b = a;
  b.dead_letter("BAD_TIME", "validate");
  b += a;
  CHECK(b.events[0] == 2);
  CHECK(b.wrong_key[1] == 2);
  CHECK(b.duplicates[2] == 2);
  CHECK(b.produced[3] == 2);
  CHECK(b.decisions[static_cast<std::size_t>(Verdict::challenge)] == 4);
  CHECK(b.decisions[static_cast<std::size_t>(Verdict::allow)] == 2);
  CHECK(b.reasons[static_cast<std::size_t>(Reason::CHALLENGE_REQUIRED)] == 4);
  CHECK(b.dead_letters == decltype(b.dead_letters){{{"NOT_JSON", "decode"}, 2}, {{"BAD_TIME", "validate"}, 1}});
  CHECK(b.commands_done[1] == 2);
  CHECK(b.commands_refused[2] == 2);
  CHECK(b.rule_hits[static_cast<std::size_t>(RuleId::A5)] == 4);
  CHECK(b.shadow_hits[static_cast<std::size_t>(RuleId::D1)] == 2);
  CHECK(b.candidate_hits[static_cast<std::size_t>(RuleId::D2)] == 4);
  CHECK(b.candidate_verdicts[static_cast<std::size_t>(Verdict::deny)][static_cast<std::size_t>(Verdict::allow)] == 2);
  CHECK(b.candidate_verdicts[static_cast<std::size_t>(Verdict::allow)][static_cast<std::size_t>(Verdict::deny)] == 0);
  CHECK(b.sequence_gaps == 2);
  CHECK(b.retransmissions == 2);
  CHECK(b.automatic_freezes == 2);
  CHECK(b.breaker_refusals == 2);
  CHECK(b.accounts_opened == 2);
  CHECK(b.cases_upheld == 2);
  CHECK(b.cases_not_upheld == 2);
  CHECK(b.wakes[0] == 2);
  CHECK(b.passivations[1] == 2);
  CHECK(b.hops == 2);
  CHECK(b.entity_faults == 2);
  CHECK(b.finding_bands[2] == 2);
  CHECK(b.frozen_by_order.size() == 2);
  CHECK(b.frozen_automatically.size() == 2);
  CHECK(b.journal_bytes == 2);
  CHECK(b.journal_sweep_bytes == 2);
  CHECK(b.store_reads == 2);
  CHECK(b.store_read_ns == 2);
  CHECK(b.store_write_ns == 2);
  CHECK(b.compute_ns == 2);
  CHECK(b.received == decltype(b.received){{10, 2}, {11, 1}, {10, 2}, {11, 1}});

  b.clear();
  CHECK(b.decisions[2] == 0);
  CHECK(b.dead_letters.empty());
  CHECK(b.received.empty());
}

TEST_CASE("a stopwatch counts to the end of its block, whatever ends it") {
  std::int64_t ns = 5;
  try {
    const Stopwatch watch(ns);
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
    while (std::chrono::steady_clock::now() < until) {
    }
    throw 1;
  } catch (int) {
  }
  CHECK(ns >= 50'005);
}
