// A rolling restart under load, real processes on a real broker. What this would catch: a scan that is lost or decided twice when
// a node leaves in mid-load and comes back, a node that does not leave cleanly. How long gates wait is no matter of a test on
// a machine that others share: `./dev bench rolling`.
#include "bench/common/rolling.hpp"
#include "tests/catch.hpp"
#include "tests/support/surroundings.hpp"

namespace onecode::bench {

TEST_CASE("a rolling restart of two nodes under load loses nothing", "[kafka]") {
#if defined(__SANITIZE_THREAD__)
  SKIP("librdkafka does not run under ThreadSanitizer");
#endif
  if (test::from_environment("ONECODE_TEST_KAFKA").empty()) SKIP("no real broker: ONECODE_TEST_KAFKA is not set");
  RollingPlan plan;
  plan.executable = test::from_environment("ONECODE_BIN", "build/release/onecode");
  plan.pace = {500, 12, 0};
  plan.every = 3;
  plan.accounts = 1000;
  plan.devices = 80;
  const auto rolled = roll(plan);
  CHECK(rolled.restarts.size() >= 2);
  CHECK(rolled.waiting.asked == 6000);
  CHECK(rolled.waiting.unanswered() == 0);
  CHECK(rolled.waiting.doubled == 0);
  CHECK(rolled.missing == 0);
  CHECK(rolled.twice == 0);
  for (const auto& trouble : rolled.troubles) FAIL_CHECK(trouble);
}

} // namespace onecode::bench
