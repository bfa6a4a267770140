#include "streams/kafka/transaction_errors.hpp"

#include "streams/kafka/rights.hpp"

namespace onecode::streams::kafka {

bool is_refusal(rd_kafka_resp_err_t code) {
  if (is_denial(code)) return true;
  switch (code) {
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return true;
    default:
      return false;
  }
}

Reaction react(TransactionStep step, const TransactionError& error, bool out_of_time) {
  // Before the first transaction there is nothing to abort and nothing in doubt: say what is wrong.
  if (step == TransactionStep::init && !error.retriable) {
    return is_refusal(error.code) ? Reaction::refused : Reaction::fatal;
  }
  // Also where the library would abort: a right that is missing is missing in the next transaction too.
  if (is_denial(error.code)) return Reaction::refused;
  if (error.fatal) return Reaction::fatal;
  // An abort that "requires an abort" must not send its caller round in a circle.
  if (error.requires_abort) return step == TransactionStep::abort ? Reaction::fatal : Reaction::abort;
  if (!error.retriable) return Reaction::fatal;
  if (!out_of_time) return Reaction::retry;
  switch (step) {
    case TransactionStep::init:
      return Reaction::unreachable;
    case TransactionStep::begin:
    case TransactionStep::produce:
    case TransactionStep::send_offsets:
      return Reaction::abort; // nothing was decided yet
    case TransactionStep::commit:
    case TransactionStep::abort:
      return Reaction::fatal; // how it ended is not known
  }
  return Reaction::fatal;
}

Reaction react_to_produce(rd_kafka_resp_err_t code, bool producer_is_fatal) {
  if (producer_is_fatal || code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__FENCED)
    return Reaction::fatal;
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Reaction::retry;
  if (is_refusal(code)) return Reaction::refused;
  // Above all _STATE: an earlier failure has put the transaction into its abortable state.
  return Reaction::abort;
}

BrokerFault fault_of(Reaction reaction) {
  switch (reaction) {
    case Reaction::abort:
      return BrokerFault::abort;
    case Reaction::refused:
      return BrokerFault::refused;
    case Reaction::unreachable:
      return BrokerFault::unreachable;
    case Reaction::retry:
    case Reaction::fatal:
      break;
  }
  return BrokerFault::fatal;
}

} // namespace onecode::streams::kafka
