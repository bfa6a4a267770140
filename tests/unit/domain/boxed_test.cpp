// Would catch: a copy that shares what it copied, a part that somebody wrote and that reads as if nobody had, another form when stored.
#include "domain/boxed.hpp"

#include "domain/archive.hpp"
#include "domain/overdraft.hpp"
#include "tests/catch.hpp"
#include "tests/support/stored.hpp"

using namespace onecode;
using namespace onecode::test;

TEST_CASE("what is seldom written reads as it began until it is, and copies are independent") {
  Seldom<Overdraft> first;
  CHECK(first->state == OverdraftState::none);
  first.edit().cause = "refund";
  Seldom<Overdraft> copy = first, other;
  copy.edit().cause = "offline_lag";
  CHECK(first->cause == "refund");
  CHECK(copy->cause == "offline_lag");
  CHECK(other->cause.empty());
  other = first;
  first = {};
  CHECK(other->cause == "refund");
  CHECK(first->cause.empty());
  other = *&other;
  CHECK(other->cause == "refund");
}

TEST_CASE("what is seldom written is stored as if it were always there") {
  Overdraft plain;
  plain.cause = "refund";
  plain.state = OverdraftState::open;
  Seldom<Overdraft> seldom;
  CHECK(stored(seldom) == stored(Overdraft{}));
  decode(stored(plain), seldom);
  CHECK(seldom->state == OverdraftState::open);
  CHECK(stored(seldom) == stored(plain));
}
