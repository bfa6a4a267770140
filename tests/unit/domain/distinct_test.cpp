// Catches: a count that is wrong by more than the sketch promises, that grows when the same things come again, or that depends on
// their order; memory that grows.
#include "domain/distinct.hpp"

#include <algorithm>
#include <string>

#include "domain/archive.hpp"
#include "domain/hash.hpp"
#include "tests/catch.hpp"

using namespace onecode;

TEST_CASE("distinct: exact up to 64, then within 10 %", "[distinct]") {
  DistinctCounter counter;
  std::int64_t n = 0;
  for (const std::int64_t upto : {0, 1, 63, 64, 65, 100, 500, 1'000, 2'500, 5'000, 20'000, 100'000}) {
    for (; n < upto; ++n) counter.add(hash64("a-" + std::to_string(n)));
    for (std::int64_t again = 0; again < std::min<std::int64_t>(n, 50); ++again)
      CHECK_FALSE(counter.add(hash64("a-" + std::to_string(again))));
    CAPTURE(upto, counter.count());
    if (upto <= 64)
      CHECK(counter.count() == upto);
    else
      CHECK(std::abs(counter.count() - upto) * 10 < upto); // three standard errors of 3.25 %
  }
  std::string bytes;
  encode(bytes, counter);
  CHECK(bytes.size() < 1'100);
}

TEST_CASE("distinct: the same whatever the order", "[distinct]") {
  DistinctCounter up, down;
  for (int i = 0; i < 700; ++i) up.add(hash64(std::to_string(i)));
  for (int i = 700; i-- > 0;) down.add(hash64(std::to_string(i)));
  std::string a, b;
  encode(a, up);
  encode(b, down);
  CHECK(a == b);
}
