// What an error of librdkafka's transactional API means for the turn that met it. Pure, so that the whole table is a
// test.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>

#include "streams/broker.hpp"

namespace onecode::streams::kafka {

enum class TransactionStep : std::uint8_t { init, begin, produce, send_offsets, commit, abort };

struct TransactionError {
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  bool fatal = false;          ///< rd_kafka_error_is_fatal
  bool requires_abort = false; ///< rd_kafka_error_txn_requires_abort
  bool retriable = false;      ///< rd_kafka_error_is_retriable
};

enum class Reaction : std::uint8_t {
  retry,       ///< the same call again, after a pause
  abort,       ///< BrokerFault::abort
  fatal,       ///< BrokerFault::fatal
  refused,     ///< BrokerFault::refused
  unreachable, ///< BrokerFault::unreachable
};

/// `out_of_time`: the caller has retried for as long as it is willing to.
Reaction react(TransactionStep step, const TransactionError& error, bool out_of_time);

/// The same for the plain error code that produce() or a delivery report gives while a transaction is open.
Reaction react_to_produce(rd_kafka_resp_err_t code, bool producer_is_fatal);

/// An authorisation or setting that no retry changes.
bool is_refusal(rd_kafka_resp_err_t code);

/// Not retry: there is nothing to throw then.
BrokerFault fault_of(Reaction reaction);

} // namespace onecode::streams::kafka
