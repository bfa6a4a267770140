// How a shard's journal stays about twice as large as the live state, whatever its age (DESIGN §3, "A journal that cleans
// itself"). With each turn a cursor moves on through the store and journals again what it passes, about as many bytes as the
// turn changed. When it has come around to a mark, everything was journalled since that mark, and what is before it may go.
//   Order      swept entries stand before the turn's own changes in its record: a newer value or an erasure comes later.
//   Unstored   what the store lacks is passed over; it is journalled again from memory, oldest first, before a mark is passed.
//   Late       what goes to the store when the cursor may be past its place is journalled again in the next turn.
//   Own store  the caller cuts the journal only up to where its store would have to read on after a crash.
//   Abort      the cursor goes back to where the turn began.
//   Restart    cursor and marks are an entry of the state. What a mark's circle passed over because the store lacked it is in the
//              store after a restart, here or elsewhere: marks are lowered to where the store stood when they were saved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "actors/parts.hpp"
#include "actors/residents.hpp"

namespace onecode::actors {

/// Key of cursor and marks among the shard's own entries.
inline constexpr std::string_view kSweepKey = "msweep";

class Sweep {
public:
  /// `step`: the least bytes of journal from mark to mark, so that a small state is not trimmed at every turn.
  Sweep(storage::Store& store, Residents& residents, std::size_t step);

  /// Puts entries into the turn's batch, before its changes. `chunk`: closes a batch that is full, says which is at hand.
  void run(PartWriter& out, const std::function<std::size_t()>& chunk);
  /// Bytes that the last run() put.
  std::size_t swept_bytes() const { return swept_; }
  /// The turn is committed: no record of it is below `from`, `bytes` of them are swept and changed ones together. To be
  /// called before residents may store anything of it.
  void committed(std::int64_t from, std::size_t bytes);
  void aborted() { swept_ = late_ = passed_ = 0; }
  /// What a shard that restarts or moves goes on with.
  std::string save() const;
  void load(std::string_view saved);
  /// Everything that the store lacks is about to go there: what the cursor passed over meanwhile stands at `since` or later.
  void lower_marks(std::int64_t since);
  /// Nobody who restores from the journal alone needs the records below.
  std::int64_t trim_to() const { return trimmed_.offset; }

private:
  struct Position {
    std::uint64_t circle = 0;
    std::string key; // the first that is not passed
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("circle", s.circle);
      v("key", s.key);
    }
  };
  struct Mark {
    Position at;
    std::int64_t offset = 0; // what is passed from `at` on is journalled at this offset or later
    std::uint64_t bytes = 0; // of journal before it
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("at", s.at);
      v("offset", s.offset);
      v("bytes", s.bytes);
    }
  };
  struct Saved {
    Position at;
    std::uint64_t bytes = 0;
    std::vector<Mark> marks;
    Mark trimmed;
    std::int64_t safe = 0; // what the store lacks, now or later, is journalled at this offset or later
    template <class Self, class V>
    static void fields(Self& s, V& v) {
      v("at", s.at);
      v("bytes", s.bytes);
      v("marks", s.marks);
      v("trimmed", s.trimmed);
      v("safe", s.safe);
    }
  };

  /// On through the store until `enough`, the place of `mark` one circle on, or the store's end; true: there.
  bool move_on(const Mark* mark, const std::function<bool()>& enough,
               const std::function<void(std::string_view, std::string_view)>& put);

  storage::Store& store_;
  Residents& residents_;
  const std::size_t step_;

  Position at_;
  std::int64_t owed_ = 0;   // bytes that were changed and not yet matched by swept ones
  std::uint64_t bytes_ = 0; // of journal
  std::deque<Mark> marks_;
  Mark trimmed_;         // passed
  bool changed_ = false; // marks, since they were journalled

  // The turn.
  Position next_;
  std::size_t passed_ = 0;           // marks
  std::size_t swept_ = 0, late_ = 0; // bytes; late ones are among the swept
};

} // namespace onecode::actors
