#include "actors/transparency_log.hpp"

#include <algorithm>
#include <array>
#include <span>
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

/// So many leaves are hashed at once: enough to go side by side, few enough that they and their payloads are still at hand.
constexpr std::size_t kAtOnce = 128;
/// Bytes of leaves, some of them: a turn's leaves are no longer at hand when its time is known.
constexpr std::size_t kAhead = 768;
/// Leaves whose hashes go into the tree together: of its upper levels there are too few nodes to go side by side.
constexpr std::size_t kGrowAtOnce = 1024;

} // namespace

std::shared_ptr<evidence::KnownKeys> subject_keys(const streams::Secrets& secrets, std::size_t sets) {
  return std::make_shared<evidence::KnownKeys>(
      evidence::SubjectKeys(secrets.find("evidence").value_or(std::string{})), sets);
}

TransparencyLog::TransparencyLog(std::shared_ptr<evidence::KnownKeys> keys) : keys_(std::move(keys)) {}

void TransparencyLog::open(const LogHead& head) { head_ = committed_ = head; }

void TransparencyLog::made_by(std::string_view build, bool sm3) {
  build_ = build;
  sm3_ = sm3;
}

void TransparencyLog::received(const Received& input) {
  if (!kept()) return;
  received_.push_back({input, hash64(input.subject), {}});
  keys_->expect(received_.back().hash);
  if (received_.size() == kAtOnce) write_received();
}

void TransparencyLog::write_received() {
  if (received_.empty()) return;
  std::array<evidence::HashJob, kAtOnce> payloads;
  std::array<evidence::ToCommit, kAtOnce> commitments;
  std::size_t plain = 0;
  for (auto& in : received_) {
    const auto& record = *in.received.root->record;
    keys_->expect_slot(in.hash);
    if (evidence::payload_headers(record).empty())
      payloads[plain++] = {{}, record.value.value_or(std::string_view{}), &in.payload};
    else
      in.payload = evidence::payload_hash(record);
  }
  evidence::sha256(std::span(payloads).first(plain));
  for (std::size_t i = 0; i < received_.size(); ++i) {
    const auto& r = received_[i].received;
    about(r.subject, received_[i].hash, commitments[i]);
    commitments[i].at = r.root->at;
    commitments[i].offset = r.root->record->offset;
  }
  evidence::commit(std::span(commitments).first(received_.size()));
  Leaf leaf;
  leaf.build = build_;
  for (std::size_t i = 0; i < received_.size(); ++i) {
    const auto& r = received_[i].received;
    leaf.kind = kind_of(r.root->at.topic);
    leaf.id = r.id;
    leaf.subject = commitments[i].commitment.value;
    leaf.payload = received_[i].payload;
    if (sm3_) leaf.payload_sm3 = evidence::payload_sm3(*r.root->record);
    leaf.time = r.time;
    leaf.clock = r.clock;
    leaf.at = r.root->at;
    leaf.offset = commitments[i].offset;
    auto& next = leaf.kind == LeafKind::scan      ? head_.scans
                 : leaf.kind == LeafKind::posting ? head_.postings
                                                  : head_.commands;
    leaf.from = std::exchange(next, leaf.offset + 1);
    leaf.mac = r.mac;
    auto& commitment = r.root->commitment.emplace();
    commitment.subject = r.subject;
    commitment.offset = leaf.offset;
    commitment.value = leaf.subject;
    put(leaf);
  }
  take_together();
  received_.clear();
}

void TransparencyLog::at(Time now) {
  now_ = now;
  write_received();
  std::array<std::string_view, kAtOnce> entries;
  while (hashed_ < leaves_.size()) {
    std::size_t n = 0;
    for (; n < kAtOnce && hashed_ < leaves_.size(); ++n) {
      char* const entry = &leaves_[hashed_ + evidence::kEntryLengthBytes];
      __builtin_prefetch(&leaves_[std::min(hashed_ + kAhead, leaves_.size())]);
      evidence::put_received(entry, now);
      entries[n] = {entry, evidence::entry_length(entry)};
      hashed_ += evidence::kEntryLengthBytes + entries[n].size();
    }
    evidence::leaf_hashes(std::span(entries).first(n), hashes_);
    grow_at_times();
  }
}

void TransparencyLog::stated(const Output& output, const Root& root, const streams::OutRecord& record) {
  if (!kept() || record.tombstone) return; // the command that asked for it has its leaf
  Leaf& leaf = stated_;
  leaf.policy = {};
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
  const auto id = hex_digits(record.id);
  leaf.id = {id.data(), id.size()};
  leaf.payload_sm3.reset();
  if (sm3_) leaf.payload_sm3 = evidence::sm3({record.value});
  const auto& known = root.commitment;
  if (root.record != nullptr) {
    leaf.at = root.at;
    leaf.offset = known ? known->offset : root.record->offset;
  } else {
    leaf.at.reset();
    leaf.offset = 0;
  }
  if (known && known->subject == subject) {
    leaf.subject = known->value;
  } else {
    evidence::ToCommit one;
    about(subject, hash64(subject), one);
    one.at = leaf.at;
    one.offset = leaf.offset;
    one.id = leaf.id;
    evidence::commit({&one, 1});
    leaf.subject = one.commitment.value;
  }
  leaf.received = now_;
  leaf.build = build_;
  pending_.push_back({put(leaf), record.value, {}});
  if (pending_.size() == kAtOnce) hash_stated();
}

void TransparencyLog::about(std::string_view subject, std::uint64_t hash, evidence::ToCommit& out) const {
  out.subject = keys_->find(subject, hash, out.subject_key) ? subject : std::string_view{};
}

std::size_t TransparencyLog::put(const Leaf& leaf) {
  constexpr auto kMost = evidence::kEntryLengthBytes + evidence::kMostLeafBytes;
  if (together_.empty()) together_.resize(kAtOnce * kMost);
  const auto begin = used_ + evidence::kEntryLengthBytes;
  used_ = static_cast<std::size_t>(evidence::write(&together_[begin], leaf) - together_.data());
  evidence::put_entry_length(&together_[begin], used_ - begin);
  return begin;
}

void TransparencyLog::take_together() {
  leaves_.append(together_, 0, used_);
  used_ = 0;
}

void TransparencyLog::hash_stated() {
  std::array<evidence::HashJob, kAtOnce> jobs;
  std::array<std::string_view, kAtOnce> entries;
  for (std::size_t i = 0; i < pending_.size(); ++i) jobs[i] = {{}, pending_[i].payload, &pending_[i].hash};
  evidence::sha256(std::span(jobs).first(pending_.size()));
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    char* const entry = &together_[pending_[i].entry];
    evidence::put_payload(entry, pending_[i].hash);
    entries[i] = {entry, evidence::entry_length(entry)};
  }
  evidence::leaf_hashes(std::span(entries).first(pending_.size()), hashes_);
  grow_at_times();
  take_together();
  hashed_ = leaves_.size();
  pending_.clear();
}

void TransparencyLog::grow() {
  head_.tree.append(hashes_);
  hashes_.clear();
}

void TransparencyLog::grow_at_times() {
  if (hashes_.size() >= kGrowAtOnce) grow();
}

void TransparencyLog::write(std::int32_t shard, std::string_view turn, streams::OutRecord& out) {
  hash_stated();
  grow();
  const std::string name = std::to_string(shard);
  out.topic = Topic::evidence;
  out.key = name;
  out.value.swap(leaves_);
  written_ = &out;
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
  give_back();
}

void TransparencyLog::aborted() {
  head_ = committed_;
  received_.clear();
  used_ = 0;
  pending_.clear();
  hashes_.clear();
  give_back();
}

void TransparencyLog::give_back() {
  if (written_ != nullptr) leaves_.swap(std::exchange(written_, nullptr)->value);
  leaves_.clear();
  hashed_ = 0;
}

} // namespace onecode::actors
