// Would catch: a destroyed key that can still be computed, or one that went with it.
#include "evidence/subject_keys.hpp"

#include <fmt/format.h>

#include <random>
#include <stdexcept>

#include "streams/authenticate.hpp"
#include "tests/catch.hpp"

using namespace onecode::evidence;

TEST_CASE("Every subject has a key of its own, and every secret others", "[evidence][privacy]") {
  const SubjectKeys keys("secret"), others("another");
  CHECK(keys.find("a-1") == SubjectKeys("secret").find("a-1"));
  CHECK(keys.find("a-1") != keys.find("a-2"));
  CHECK(keys.find("a-1") != others.find("a-1"));
  CHECK(keys.find("").has_value());
  CHECK(SubjectKeys().empty());
  CHECK(SubjectKeys("").empty());
  CHECK_FALSE(SubjectKeys("").find("a-1").has_value());
}

TEST_CASE("A key's way through the tree is as its header says", "[evidence][privacy]") {
  Hash node = sha256({"onecode/key-root", "secret"});
  const std::string way = onecode::streams::to_hex(view(sha256({"a-1"})).substr(0, 6));
  for (const char digit : way) {
    const char number = static_cast<char>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    node = sha256({"onecode/key-tree", view(node), {&number, 1}});
  }
  CHECK(SubjectKeys("secret").find("a-1") == sha256({"onecode/subject", view(node), "a-1"}));
}

TEST_CASE("A destroyed key is gone, and every other one is as before", "[evidence][privacy]") {
  const unsigned seed = 8'311;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const SubjectKeys before("secret");
  SubjectKeys after("secret");
  std::vector<std::string> gone, there;
  for (int i = 0; i < 300; ++i) (random() % 5 == 0 ? gone : there).push_back(fmt::format("a-{}", random()));
  for (const auto& subject : gone) {
    CHECK(after.destroy(subject));
    CHECK_FALSE(after.destroy(subject));
  }
  const SubjectKeys read(after.secret());
  for (const auto& subject : gone) {
    CHECK_FALSE(after.find(subject).has_value());
    CHECK_FALSE(read.find(subject).has_value());
  }
  for (const auto& subject : there) {
    CHECK(after.find(subject) == before.find(subject));
    CHECK(read.find(subject) == before.find(subject));
  }
  CHECK(read.secret() == after.secret());
  // No node that is kept lies on the way to one that is gone.
  for (const auto& subject : gone) {
    const std::string way = onecode::streams::to_hex(view(sha256({subject})).substr(0, 6));
    for (std::size_t n = 1; n <= way.size(); ++n)
      CHECK(after.secret().find('\n' + way.substr(0, n) + ' ') == std::string::npos);
  }
  // Each costs at most fifteen nodes a level.
  CHECK(after.secret().size() < gone.size() * 12 * 15 * 79);
}

TEST_CASE("A key tree that cannot be read is refused, and the line named", "[evidence][privacy]") {
  SubjectKeys keys("secret");
  keys.destroy("a-1");
  const std::string good = keys.secret();
  const std::string line = good.substr(0, good.find('\n', good.find('\n') + 1) + 1);
  CHECK_FALSE(SubjectKeys(line).empty());
  for (const std::string bad :
       {"onecode-key-tree/1\nnonsense\n", "onecode-key-tree/1\n0 12\n", "onecode-key-tree/1\n 0\n"})
    CHECK_THROWS_WITH(SubjectKeys(bad), "line 2 is no node of a key tree (WAY KEY)");
  CHECK_THROWS_AS(SubjectKeys(line + "0123456789abc " + std::string(64, '0') + "\n"), std::runtime_error);
  CHECK_THROWS_AS(SubjectKeys(line + "G " + std::string(64, '0') + "\n"), std::runtime_error);
}
