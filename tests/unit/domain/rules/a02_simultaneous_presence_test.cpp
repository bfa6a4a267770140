// Catches: two people at two doors at once that nobody notices, and one person at two neighbouring doors accused.
#include "domain/rules/a02_simultaneous_presence.hpp"

#include "tests/unit/domain/rules/story.hpp"

using namespace onecode;
using namespace onecode::test;

TEST_CASE("A2: simultaneous presence", "[rules][A2][R8.1]") {
  check_stories(
      RuleId::A2,
      {
          {"two places at once", {{.zone = "gate"}, {.zone = "dorm"}}, 900},
          {"two seconds apart", {{.zone = "gate"}, {.zone = "dorm", .time = kNoon + seconds(2)}}, 900},
          {"more than two seconds", {{.zone = "gate"}, {.zone = "dorm", .time = kNoon + milliseconds(2001)}}, 0},
          {"places the policy has no coordinates for", {{.zone = "annex"}, {.zone = "nowhere"}}, 900},
          // false positives
          {"two doors of one building", {{.zone = "lab-a"}, {.zone = "lab-b"}}, 0},
          {"a retry at the same reader", {{.zone = "gate"}, {.zone = "gate", .time = kNoon + seconds(1)}}, 0},
          {"two readers of one zone", {{.zone = "gate"}, {.zone = "gate", .device = "d-2"}}, 0},
          {"minute resolution",
           {{.zone = "gate", .accuracy_ms = 30'000}, {.zone = "dorm", .accuracy_ms = 30'000}},
           0},
          {"one of two with minute resolution", {{.zone = "gate"}, {.zone = "dorm", .accuracy_ms = 30'000}}, 0},
          {"a free-running clock", {{.zone = "gate", .clock = Clock::free}, {.zone = "dorm"}}, 0},
          {"an untrusted device", {{.zone = "gate"}, {.zone = "dorm", .trusted = false}}, 0},
          {"a device without a zone", {{.zone = "gate"}, {.zone = "", .device = "d-x"}}, 0},
          {"one device said to be in two zones",
           {{.zone = "gate", .device = "d-1"}, {.zone = "dorm", .device = "d-1"}},
           0},
      });
}
