// An entity whose state is one struct of domain/, as that of every kind is.
#pragma once

#include <utility>

#include "actors/entity.hpp"

namespace onecode::actors {

template <class State>
class EntityOf : public Entity {
public:
  void reset() final {
    state_ = {};
    state_.id = id.id;
  }
  const State& state() const { return state_; }

protected:
  explicit EntityOf(EntityId of) : Entity(std::move(of)) { state_.id = id.id; }

  State state_;
};

} // namespace onecode::actors
