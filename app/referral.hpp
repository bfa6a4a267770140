// What an authority gets when a violation of Article 11 is referred to it (R11.6): the order, what was found, who was affected, what was
// claimed, and which notices were sent; from the record itself, so that anybody who has it comes to the same. Liability is
// what people recorded; nothing here decides it.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/time.hpp"
#include "streams/decode.hpp"
#include "streams/encode.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {

class Referral {
public:
  Referral(std::string integration, std::string order);
  ~Referral();

  /// Each input before it is applied, each output after. What cannot be decoded and what repeats an earlier source and id
  /// is no use.
  void input(const streams::FileRecord& record);
  void output(const streams::OutRecord& record);

  /// `state`: of the integration, as Replayer::describe() gives it. Throws InputError where it has no such order.
  /// Affected, between `from` (default: the first evidence of the findings under the order's clause) and `to` (default:
  /// the order's end, or that of the record):
  ///   Article 11(4)      whose data was read
  ///   the other clauses  who used the order's devices; without any, those with a finding under the clause; else all
  nlohmann::ordered_json finish(const nlohmann::json& state, std::optional<Time> from, std::optional<Time> to) const;

private:
  struct Use {
    Time at;            // event time
    std::string device; // empty: a read of data
  };
  const std::string integration_, order_;
  nlohmann::json status_;
  std::set<std::string> devices_;
  std::map<std::string, nlohmann::json> findings_; // by uid, as published last
  std::vector<nlohmann::json> notices_;
  std::map<std::string, std::vector<Use>> uses_;                   // by account
  std::map<Hash128, Time> times_;                                  // of scans and reads, by source and id
  std::map<std::pair<TopicPartition, std::int64_t>, Time> placed_; // the same by place, as evidence names events
  std::map<TopicPartition, std::int64_t> next_offset_;             // of files that do not say it
  streams::Secrets secrets_;                                       // none: nothing is authenticated here
  std::unique_ptr<streams::Decoder> decoder_;
  PolicyHistory policies_;
  Scan scan_;
  Time last_;
};

/// The same for people, Chinese first: what is in the folder and how to check it.
std::string referral_page(const nlohmann::ordered_json& referral);
/// account,scans,reads,first,last; one line each.
std::string affected_csv(const nlohmann::ordered_json& referral);

} // namespace onecode::app
