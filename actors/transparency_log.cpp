#include "actors/transparency_log.hpp"

#include <type_traits>
#include <utility>

#include "evidence/sm3.hpp"
#include "evidence/tiles.hpp"

namespace onecode::actors {
namespace {

using evidence::Leaf;
using evidence::LeafClock;
using evidence::LeafKind;

LeafKind kind_of(Topic topic) {
  return topic == Topic::scans ? LeafKind::scan : topic == Topic::ledger ? LeafKind::posting : LeafKind::command;
}

std::string bytes_of(Hash128 h) {
  std::string out;
  for (const std::uint64_t half : {h.hi, h.lo})
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(half >> shift & 0xff);
  return out;
}

/// Of subjects, so many are found without climbing the tree of keys.
constexpr std::size_t kKnownKeys = 8192;

} // namespace

TransparencyLog::TransparencyLog(const streams::Secrets& secrets)
    : keys_(secrets.find("evidence").value_or(std::string{})) {
  if (kept()) known_keys_.resize(kKnownKeys);
}

void TransparencyLog::open(const LogHead& head) { head_ = committed_ = head; }

void TransparencyLog::received(const Received& input) {
  if (kept()) received_.push_back(input);
}

void TransparencyLog::at(Time now, std::string_view build, bool sm3) {
  now_ = now;
  build_ = build;
  sm3_ = sm3;
}

void TransparencyLog::append_received() {
  for (const auto& r : received_) {
    Leaf leaf;
    leaf.kind = kind_of(r.root->at.topic);
    leaf.id = r.id;
    leaf.payload = evidence::payload_hash(*r.root->record);
    if (sm3_) leaf.payload_sm3 = evidence::payload_sm3(*r.root->record);
    leaf.time = r.time;
    leaf.clock = r.clock;
    leaf.at = r.root->at;
    leaf.offset = r.root->record->offset;
    auto& next = leaf.kind == LeafKind::scan      ? head_.scans
                 : leaf.kind == LeafKind::posting ? head_.postings
                                                  : head_.commands;
    leaf.from = std::exchange(next, leaf.offset + 1);
    leaf.mac = r.mac;
    leaf.subject = commitment(r.subject, leaf);
    r.root->commitment = {hash64(r.subject), leaf.subject};
    add(leaf);
  }
  received_.clear();
}

void TransparencyLog::stated(const Output& output, const Root& root, const streams::OutRecord& record) {
  if (!kept() || record.tombstone) return; // the command that asked for it has its leaf
  Leaf leaf;
  std::string_view subject;
  const bool logged = std::visit(
      [&](const auto& o) {
        using T = std::decay_t<decltype(o)>;
        if constexpr (std::is_same_v<T, Decision>) {
          leaf.kind = LeafKind::decision;
          leaf.time = o.scan->origin.time;
          leaf.policy = o.policy;
          subject = o.scan->account.empty() ? o.scan->device : o.scan->account;
        } else if constexpr (std::is_same_v<T, FreezeRecord>) {
          leaf.kind = LeafKind::hold;
          leaf.time = root.due.value_or(now_);
          subject = o.account;
        } else if constexpr (std::is_same_v<T, FindingRecord>) {
          leaf.kind = LeafKind::finding;
          leaf.time = o.last_seen;
          leaf.policy = o.policy;
          subject = o.subject.id;
        } else {
          return false;
        }
        return true;
      },
      output);
  if (!logged) return;
  const std::string id = streams::to_hex(bytes_of(record.id));
  leaf.id = id;
  leaf.payload = evidence::sha256({record.value});
  if (sm3_) leaf.payload_sm3 = evidence::sm3({record.value});
  if (root.record != nullptr) {
    leaf.at = root.at;
    leaf.offset = root.record->offset;
  }
  const auto& known = root.commitment;
  leaf.subject = known && known->subject == hash64(subject) ? known->value : commitment(subject, leaf);
  add(leaf);
}

evidence::Hash TransparencyLog::commitment(std::string_view subject, const Leaf& leaf) {
  auto& known = known_keys_[hash64(subject) % kKnownKeys];
  if (!known.key || known.subject != subject) {
    known.subject = subject;
    known.key = keys_.find(subject);
  }
  if (known.key) return evidence::commit_to(subject, *known.key, leaf).value;
  return evidence::commit_to({}, {}, leaf).value; // forgotten: nobody is named any more
}

void TransparencyLog::add(Leaf leaf) {
  leaf.received = now_;
  leaf.build = build_;
  leaf_.clear();
  append(leaf_, leaf);
  evidence::append_entry(leaves_, leaf_);
  head_.tree.append(evidence::leaf_hash(leaf_));
}

void TransparencyLog::write(std::int32_t shard, std::string_view turn, streams::OutRecord& out) const {
  const std::string name = std::to_string(shard);
  out.topic = Topic::evidence;
  out.key = name;
  out.value = leaves_;
  out.headers = {{"content-type", "application/octet-stream"},
                 {"ce_specversion", "1.0"},
                 {"ce_id", name + '/' + std::to_string(committed_.tree.size())},
                 {"ce_source", "/onecode/engine"},
                 {"ce_type", "onecode.evidence.v1"},
                 {"ce_time", format_time(now_)},
                 {"ce_subject", name},
                 {"ce_turn", std::string(turn)},
                 {"ce_first", std::to_string(committed_.tree.size())}};
}

void TransparencyLog::committed() {
  committed_ = head_;
  leaves_.clear();
}

void TransparencyLog::aborted() {
  head_ = committed_;
  received_.clear();
  leaves_.clear();
}

} // namespace onecode::actors
