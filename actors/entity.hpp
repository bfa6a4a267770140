// The virtual actors: addressed by id, one message at a time, effects out; woken from the store and put to sleep again by
// the shard that hosts them. Each is a thin shell around its state in domain/.
//   Owns       its state while awake; nobody else writes it.
//   Always     same state, messages, policies and times give the same effects, on any thread and any node.
//   Crash      nothing here is the only copy: the shard wakes it anew from store and journal.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "domain/effects.hpp"
#include "domain/ids.hpp"
#include "domain/messages.hpp"
#include "streams/authenticate.hpp"

namespace onecode::actors {

class PartWriter;

/// At most three characters, here and not behind a pointer: an entity's parts are told apart at every commit.
class PartName {
public:
  PartName() = default;
  explicit PartName(std::string_view name) {
    if (name.size() >= text_.size()) throw std::logic_error("a part's name has at most three characters");
    std::ranges::copy(name, text_.begin());
    text_.back() = static_cast<char>(name.size());
  }
  std::string_view view() const { return {text_.data(), static_cast<std::size_t>(text_.back())}; }
  bool operator==(const PartName& o) const { // one comparison of one number
    return std::bit_cast<std::uint32_t>(text_) == std::bit_cast<std::uint32_t>(o.text_);
  }

private:
  std::array<char, 4> text_{}; // the last is the length
};

class Entity {
public:
  virtual ~Entity() = default;
  Entity(const Entity&) = delete;
  Entity& operator=(const Entity&) = delete;

  /// Messages that this kind does not understand are a broken promise and throw.
  virtual void receive(const Message& message, const Context& context, Effects& out) = 0;
  /// Back to an empty shell, as make_entity() gives it.
  virtual void reset() = 0;
  /// One stored part; throws Corrupt.
  virtual void load(std::string_view part, std::string_view bytes) = 0;
  /// Writes every changed part and marks it unchanged.
  virtual void save(PartWriter& out) = 0;
  /// Its state for people (`onecode state --json`).
  virtual std::string describe() const = 0;

  EntityId id;
  std::uint64_t hash = 0;

  /// The bookkeeping of actors/residents.hpp.
  struct Residence {
    struct Part {
      PartName name;
      std::uint32_t size = 0; // of `bytes`
      const char* bytes =
          nullptr;              // what the store lacks, in the journal record that carried it; null: it lacks nothing
      std::uint64_t digest = 0; // storage/digest.hpp, as committed last; 0: there is no such part
      std::uint64_t stored_digest = 0;     // as the store has it
      static constexpr char kGone[1] = {}; // as `bytes`: what the store lacks is that the part is gone
      bool unstored() const { return bytes != nullptr; }
      bool erased() const { return bytes == kGone; }
      std::string_view view() const { return {bytes, size}; }
    };
    std::uint64_t touched = 0; // the last turn that touched it
    std::uint64_t queued = 0;  // the value of `touched` when it last went to the end of the sleepers' queue
    Entity* newer = nullptr;   // neighbours in that queue
    Entity* older = nullptr;
    std::vector<Part> parts;          // that the store or the journal has
    std::vector<PartName> names;      // the parts' names, in their order: a search reads these alone; only add() adds
    std::uint32_t unstored = 0;       // how many of them the store lacks
    std::int64_t unstored_since = 0;  // journal offset of the oldest of these
    Entity* unstored_newer = nullptr; // neighbours in the order of unstored_since
    Entity* unstored_older = nullptr;

    /// Null: there is none.
    const Part* find(PartName name) const {
      const std::size_t at = index(name);
      return at < parts.size() ? &parts[at] : nullptr;
    }
    /// Where in `parts`; a new one where there is none yet.
    std::size_t slot(PartName name) {
      const std::size_t at = index(name);
      if (at == parts.size()) add({name});
      return at;
    }
    void add(const Part& part) {
      if (parts.size() == parts.capacity()) parts.reserve(parts.size() + 4); // doubling would leave half of it empty
      parts.push_back(part);
      names.push_back(part.name);
    }

  private:
    std::size_t index(PartName name) const {
      return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    }
  };
  Residence residence;

protected:
  explicit Entity(EntityId of) : id(std::move(of)) {}
};

/// A sleeping entity's empty shell; parts are loaded into it.
std::unique_ptr<Entity> make_entity(EntityId id, const streams::Secrets& secrets);

} // namespace onecode::actors
