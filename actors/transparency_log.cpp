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

} // namespace

std::shared_ptr<evidence::KnownKeys> subject_keys(const streams::Secrets& secrets, std::size_t sets) {
  return std::make_shared<evidence::KnownKeys>(
      evidence::SubjectKeys(secrets.find("evidence").value_or(std::string{})), sets);
}

TransparencyLog::TransparencyLog(std::shared_ptr<evidence::KnownKeys> keys) : keys_(std::move(keys)) {}

void TransparencyLog::open(const LogHead& head) { head_ = committed_ = head; }

void TransparencyLog::received(const Received& input) {
  if (!kept()) return;
  received_.push_back({input, hash64(input.subject), {}});
  keys_->expect(received_.back().hash);
  if (received_.size() - hashed_ == kAtOnce) hash_received();
}

void TransparencyLog::hash_received() {
  std::array<evidence::HashJob, kAtOnce> payloads;
  std::array<evidence::ToCommit, kAtOnce> commitments;
  const auto some = std::span(received_).subspan(hashed_);
  std::size_t plain = 0;
  for (std::size_t i = 0; i < some.size(); ++i) {
    const auto& r = some[i].received;
    keys_->expect_slot(some[i].hash);
    if (evidence::payload_headers(*r.root->record).empty())
      payloads[plain++] = {{}, r.root->record->value.value_or(std::string_view{}), &some[i].payload};
    else
      some[i].payload = evidence::payload_hash(*r.root->record);
  }
  evidence::sha256(std::span(payloads).first(plain));
  for (std::size_t i = 0; i < some.size(); ++i) {
    const auto& r = some[i].received;
    commitments[i] = to_commit(r.subject, some[i].hash);
    commitments[i].at = r.root->at;
    commitments[i].offset = r.root->record->offset;
  }
  evidence::commit(std::span(commitments).first(some.size()));
  for (std::size_t i = 0; i < some.size(); ++i)
    some[i].received.root->commitment = {some[i].received.subject, commitments[i].offset,
                                         commitments[i].commitment.value};
  hashed_ = received_.size();
}

void TransparencyLog::at(Time now, std::string_view build, bool sm3) {
  now_ = now;
  build_ = build;
  sm3_ = sm3;
}

void TransparencyLog::append_received() {
  hash_received();
  Leaf leaf;
  for (const auto& input : received_) {
    const auto& r = input.received;
    leaf.kind = kind_of(r.root->at.topic);
    leaf.id = r.id;
    leaf.subject = r.root->commitment->value;
    leaf.payload = input.payload;
    leaf.payload_sm3.reset();
    if (sm3_) leaf.payload_sm3 = evidence::payload_sm3(*r.root->record);
    leaf.time = r.time;
    leaf.clock = r.clock;
    leaf.at = r.root->at;
    leaf.offset = r.root->commitment->offset;
    auto& next = leaf.kind == LeafKind::scan      ? head_.scans
                 : leaf.kind == LeafKind::posting ? head_.postings
                                                  : head_.commands;
    leaf.from = std::exchange(next, leaf.offset + 1);
    leaf.mac = r.mac;
    add(leaf, std::nullopt);
  }
  received_.clear();
  hashed_ = 0;
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
  const std::string id = hex(record.id);
  leaf.id = id;
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
    auto one = to_commit(subject, hash64(subject));
    one.at = leaf.at;
    one.offset = leaf.offset;
    one.id = leaf.id;
    evidence::commit({&one, 1});
    leaf.subject = one.commitment.value;
  }
  add(leaf, record.value);
}

evidence::ToCommit TransparencyLog::to_commit(std::string_view subject, std::uint64_t hash) const {
  const auto found = keys_->find(subject, hash);
  return {found.destroyed ? std::string_view{} : subject, found.key, {}, 0, {}, {}};
}

void TransparencyLog::add(Leaf& leaf, std::optional<std::string_view> payload) {
  leaf.received = now_;
  leaf.build = build_;
  constexpr auto kMost = evidence::kEntryLengthBytes + evidence::kMostLeafBytes;
  if (together_.empty()) together_.resize(kAtOnce * kMost);
  const auto begin = used_ + evidence::kEntryLengthBytes;
  used_ = static_cast<std::size_t>(evidence::write(&together_[begin], leaf) - together_.data());
  evidence::put_entry_length(&together_[begin], used_ - begin);
  auto& pending = pending_.emplace_back();
  pending.entry = begin;
  pending.payload = payload;
  if (pending_.size() == kAtOnce) hash_pending();
}

void TransparencyLog::hash_pending() {
  std::array<evidence::HashJob, kAtOnce> jobs;
  std::array<std::string_view, kAtOnce> entries;
  std::size_t n = 0;
  for (auto& p : pending_)
    if (p.payload) jobs[n++] = {{}, *p.payload, &p.hash};
  evidence::sha256(std::span(jobs).first(n));
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const auto& p = pending_[i];
    const auto end = i + 1 < pending_.size() ? pending_[i + 1].entry - evidence::kEntryLengthBytes : used_;
    entries[i] = std::string_view(together_).substr(p.entry, end - p.entry);
    if (p.payload)
      evidence::view(p.hash).copy(&together_[p.entry + evidence::payload_position(entries[i])], p.hash.size());
  }
  head_.tree.append(evidence::leaf_hashes(std::span(entries).first(pending_.size())));
  leaves_.append(together_, 0, used_);
  used_ = 0;
  pending_.clear();
}

void TransparencyLog::write(std::int32_t shard, std::string_view turn, streams::OutRecord& out) {
  hash_pending();
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
  hashed_ = 0;
  used_ = 0;
  pending_.clear();
  give_back();
}

void TransparencyLog::give_back() {
  if (written_ != nullptr) leaves_.swap(std::exchange(written_, nullptr)->value);
  leaves_.clear();
}

} // namespace onecode::actors
