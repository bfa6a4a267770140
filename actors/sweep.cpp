#include "actors/sweep.hpp"

#include <algorithm>
#include <limits>

#include "storage/keys.hpp"

namespace onecode::actors {
namespace {

/// From mark to mark, as a share of what is not trimmed: that is two states and a bit, so this is about a quarter of one.
constexpr std::uint64_t kMarksInJournal = 8;
/// A cursor that owes less waits: looking into the store costs as much as journalling about this many bytes.
constexpr std::int64_t kLeastRun = 4096;

} // namespace

Sweep::Sweep(storage::Store& store, Residents& residents, std::size_t step)
    : store_(store), residents_(residents), step_(step) {}

std::string Sweep::save() const {
  std::string out;
  const auto safe = residents_.sweep_position().value_or(std::numeric_limits<std::int64_t>::max());
  encode(out, Saved{at_, bytes_, {marks_.begin(), marks_.end()}, trimmed_, safe});
  return out;
}

void Sweep::load(std::string_view saved) {
  Saved s;
  decode(saved, s);
  at_ = std::move(s.at);
  bytes_ = s.bytes;
  marks_.assign(s.marks.begin(), s.marks.end());
  trimmed_ = std::move(s.trimmed);
  lower_marks(s.safe);
  changed_ = true; // the next one who takes over must know that they were lowered
  if (!marks_.empty()) residents_.late_before(marks_.back().offset);
}

void Sweep::lower_marks(std::int64_t since) {
  for (auto& mark : marks_) mark.offset = std::min(mark.offset, since);
}

void Sweep::run(PartWriter& out, const std::function<std::size_t()>& chunk) {
  swept_ = late_ = 0;
  passed_ = 0;
  next_ = at_;
  const auto put = [&](std::string_view key, std::string_view value) {
    const auto before = out.batch.bytes().size();
    out.batch.put(key, value);
    swept_ += out.batch.bytes().size() - before;
    chunk();
  };
  if (changed_) out.batch.put(kSweepKey, save());
  if (!residents_.late().empty())
    storage::WriteBatch::each(residents_.late().bytes(), [&](auto key, auto value) {
      if (value)
        put(key, *value);
      else
        out.batch.erase(key);
    });
  late_ = swept_;
  if (owed_ < kLeastRun) return;

  const auto budget = swept_ + static_cast<std::size_t>(owed_);
  const auto enough = [&] { return swept_ >= budget; };
  for (;; ++passed_) {
    const Mark* mark = passed_ < marks_.size() ? &marks_[passed_] : nullptr;
    if (mark != nullptr) {
      std::size_t known = out.again.size(); // the oldest, which an earlier mark asked for
      const bool all = residents_.each_unstored_before(mark->offset, [&](Entity& entity) {
        if (known > 0) return --known, true;
        if (enough()) return false;
        const auto at = chunk();
        const auto before = out.batch.bytes().size();
        out.put_again(entity, at);
        swept_ += out.batch.bytes().size() - before;
        return true;
      });
      if (!all) return;
    }
    if (!move_on(mark, enough, put)) return;
  }
}

bool Sweep::move_on(const Mark* mark, const std::function<bool()>& enough,
                    const std::function<void(std::string_view, std::string_view)>& put) {
  const bool last_circle = mark != nullptr && mark->at.circle < next_.circle;
  bool whole = true, there = false;
  std::string of; // the entity whose parts the cursor is at: they stand next to each other
  const Entity* awake = nullptr;
  store_.scan_from(next_.key, "", [&](std::string_view key, std::string_view value) {
    next_.key = key;
    whole = false;
    if (last_circle && key >= mark->at.key) return there = true, false;
    if (enough()) return false;
    whole = true;
    if (key.front() == 'm') return true; // the newest commit record is in every turn
    if (key.front() == 'e') {
      const auto end_of_id = key.find('\0', 2);
      if (key.substr(0, end_of_id) != of) {
        of = key.substr(0, end_of_id);
        awake = residents_.awake(static_cast<Kind>(key[1] - '0'), key.substr(2, end_of_id - 2));
      }
      if (awake != nullptr && Residents::store_is_behind(*awake, key.substr(end_of_id + 1))) return true;
    }
    put(key, value);
    return true;
  });
  if (!whole) return there;
  if (last_circle) return true; // nothing is left from the mark's place on
  next_ = {next_.circle + 1, {}};
  return false; // a turn goes around once at most
}

void Sweep::committed(std::int64_t from, std::size_t bytes) {
  residents_.late_journalled();
  changed_ = passed_ > 0;
  if (passed_ > 0) {
    trimmed_ = marks_[passed_ - 1];
    marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(passed_));
  }
  const auto since = bytes_ - (marks_.empty() ? trimmed_.bytes : marks_.back().bytes);
  if (since >= std::max<std::uint64_t>(step_, (bytes_ - trimmed_.bytes) / kMarksInJournal)) {
    marks_.push_back({at_, from, bytes_});
    residents_.late_before(from);
    changed_ = true;
  }
  bytes_ += bytes;
  // What came late is no step of the cursor: counted as one, it could stop it.
  owed_ += static_cast<std::int64_t>(bytes + late_) - 2 * static_cast<std::int64_t>(swept_);
  // A turn may change more than there is to sweep.
  if (next_.circle != at_.circle) owed_ = std::min<std::int64_t>(owed_, 0);
  at_ = std::move(next_);
  passed_ = 0;
  swept_ = late_ = 0;
}

} // namespace onecode::actors
