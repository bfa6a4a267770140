// What an error of a transaction means, row by row. A row that changes here changes what a node does after a fault:
// an "abort" turned into "fatal" costs a takeover, a "fatal" turned into "abort" may commit a turn twice.
#include "streams/kafka/transaction_errors.hpp"

#include "tests/catch.hpp"

using namespace onecode::streams;
using namespace onecode::streams::kafka;

namespace {

constexpr bool kFatal = true, kAbortable = true, kRetriable = true, kNo = false;

struct Row {
  TransactionStep step;
  TransactionError error;
  Reaction in_time;
  Reaction out_of_time;
};

const Row kTable[] = {
    // init: nothing is open yet
    {TransactionStep::init,
     {RD_KAFKA_RESP_ERR__TIMED_OUT, kNo, kNo, kRetriable},
     Reaction::retry,
     Reaction::unreachable},
    {TransactionStep::init,
     {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, kFatal, kNo, kNo},
     Reaction::refused,
     Reaction::refused},
    {TransactionStep::init,
     {RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, kFatal, kNo, kNo},
     Reaction::refused,
     Reaction::refused},
    {TransactionStep::init, {RD_KAFKA_RESP_ERR__FENCED, kFatal, kNo, kNo}, Reaction::fatal, Reaction::fatal},
    // fenced by a newer producer of the same id, or by the broker's own timeout
    {TransactionStep::begin, {RD_KAFKA_RESP_ERR__FENCED, kFatal, kNo, kNo}, Reaction::fatal, Reaction::fatal},
    {TransactionStep::send_offsets, {RD_KAFKA_RESP_ERR__FENCED, kFatal, kNo, kNo}, Reaction::fatal, Reaction::fatal},
    {TransactionStep::commit, {RD_KAFKA_RESP_ERR__FENCED, kFatal, kNo, kNo}, Reaction::fatal, Reaction::fatal},
    {TransactionStep::commit,
     {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, kFatal, kNo, kNo},
     Reaction::fatal,
     Reaction::fatal},
    // a member of an older generation
    {TransactionStep::send_offsets,
     {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, kNo, kAbortable, kNo},
     Reaction::abort,
     Reaction::abort},
    {TransactionStep::send_offsets,
     {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, kNo, kAbortable, kNo},
     Reaction::abort,
     Reaction::abort},
    {TransactionStep::send_offsets,
     {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, kNo, kAbortable, kNo},
     Reaction::abort,
     Reaction::abort},
    {TransactionStep::send_offsets,
     {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, kNo, kAbortable, kNo},
     Reaction::abort,
     Reaction::abort},
    {TransactionStep::send_offsets,
     {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, kNo, kAbortable, kNo},
     Reaction::refused,
     Reaction::refused},
    {TransactionStep::commit,
     {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, kNo, kAbortable, kNo},
     Reaction::refused,
     Reaction::refused},
    // fatal wins over abortable
    {TransactionStep::commit, {RD_KAFKA_RESP_ERR__FENCED, kFatal, kAbortable, kNo}, Reaction::fatal, Reaction::fatal},
    // abortable wins over retriable
    {TransactionStep::commit,
     {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, kNo, kAbortable, kRetriable},
     Reaction::abort,
     Reaction::abort},
    // slow brokers; out of time it matters whether anything was decided
    {TransactionStep::begin, {RD_KAFKA_RESP_ERR__TIMED_OUT, kNo, kNo, kRetriable}, Reaction::retry, Reaction::abort},
    {TransactionStep::send_offsets,
     {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, kNo, kNo, kRetriable},
     Reaction::retry,
     Reaction::abort},
    {TransactionStep::commit, {RD_KAFKA_RESP_ERR__TIMED_OUT, kNo, kNo, kRetriable}, Reaction::retry, Reaction::fatal},
    {TransactionStep::abort, {RD_KAFKA_RESP_ERR__TIMED_OUT, kNo, kNo, kRetriable}, Reaction::retry, Reaction::fatal},
    // an abort that asks for an abort would never end
    {TransactionStep::abort, {RD_KAFKA_RESP_ERR__STATE, kNo, kAbortable, kNo}, Reaction::fatal, Reaction::fatal},
    // what librdkafka does not classify is fatal: its own advice
    {TransactionStep::begin, {RD_KAFKA_RESP_ERR__STATE, kNo, kNo, kNo}, Reaction::fatal, Reaction::fatal},
    {TransactionStep::commit, {RD_KAFKA_RESP_ERR_UNKNOWN, kNo, kNo, kNo}, Reaction::fatal, Reaction::fatal},
};

} // namespace

TEST_CASE("Every error of the transactional API has one reaction") {
  for (const auto& row : kTable) {
    INFO("step " << static_cast<int>(row.step) << ", " << rd_kafka_err2name(row.error.code) << ", fatal "
                 << row.error.fatal << ", abortable " << row.error.requires_abort << ", retriable "
                 << row.error.retriable);
    CHECK(react(row.step, row.error, false) == row.in_time);
    CHECK(react(row.step, row.error, true) == row.out_of_time);
  }
}

TEST_CASE("Nothing is retried for ever, whatever librdkafka says") {
  for (auto step : {TransactionStep::init, TransactionStep::begin, TransactionStep::produce,
                    TransactionStep::send_offsets, TransactionStep::commit, TransactionStep::abort})
    for (int bits = 0; bits < 8; ++bits) {
      const TransactionError error{RD_KAFKA_RESP_ERR__TIMED_OUT, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
      CHECK(react(step, error, true) != Reaction::retry);
      if (!error.retriable) CHECK(react(step, error, false) != Reaction::retry);
    }
}

TEST_CASE("An error while producing loses the transaction at most, unless the producer is finished") {
  CHECK(react_to_produce(RD_KAFKA_RESP_ERR__QUEUE_FULL, false) == Reaction::retry);
  CHECK(react_to_produce(RD_KAFKA_RESP_ERR__STATE, false) == Reaction::abort); // an earlier record failed
  CHECK(react_to_produce(RD_KAFKA_RESP_ERR__STATE, true) == Reaction::fatal);
  CHECK(react_to_produce(RD_KAFKA_RESP_ERR__FENCED, false) == Reaction::fatal);
  CHECK(react_to_produce(RD_KAFKA_RESP_ERR__FATAL, false) == Reaction::fatal);
  CHECK(react_to_produce(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, false) == Reaction::refused);
  CHECK(react_to_produce(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, false) == Reaction::refused);
  CHECK(react_to_produce(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, false) == Reaction::refused);
}

TEST_CASE("Reactions leave as the fault that the engine knows") {
  CHECK(fault_of(Reaction::abort) == BrokerFault::abort);
  CHECK(fault_of(Reaction::fatal) == BrokerFault::fatal);
  CHECK(fault_of(Reaction::refused) == BrokerFault::refused);
  CHECK(fault_of(Reaction::unreachable) == BrokerFault::unreachable);
}
