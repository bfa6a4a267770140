// Catches: a path that others would not look at, a width that is not the log's, a bundle that is cut at another place.
#include "evidence/tiles.hpp"

#include "tests/catch.hpp"

using namespace onecode::evidence;

TEST_CASE("tiles: paths are those of the format", "[tiles]") {
  CHECK(hash_path({0, 0}) == "tile/0/000");
  CHECK(hash_path({0, 999}) == "tile/0/999");
  CHECK(hash_path({3, 1000}) == "tile/3/x001/000");
  CHECK(hash_path({0, 1'234'067}) == "tile/0/x001/x234/067");
  CHECK(hash_path({1, 1'234'067, 8}) == "tile/1/x001/x234/067.p/8");
  CHECK(hash_path({7, 0, 1}) == "tile/7/000.p/1");
  CHECK(entries_path({0, 5'000'042}) == "tile/entries/x005/x000/042");
  CHECK(entries_path({0, 273, 112}) == "tile/entries/273.p/112");
}

TEST_CASE("tiles: the log of 70,000 entries that the format has as its example", "[tiles]") {
  const std::uint64_t size = 70'000;
  CHECK(width_at(size, 0, 0) == 256);
  CHECK(width_at(size, 0, 272) == 256);
  CHECK(width_at(size, 0, 273) == 112);
  CHECK(width_at(size, 0, 274) == 0);
  CHECK(width_at(size, 1, 0) == 256);
  CHECK(width_at(size, 1, 1) == 17);
  CHECK(width_at(size, 2, 0) == 1);
  CHECK(width_at(size, 3, 0) == 0);
  CHECK(width_at(256, 0, 1) == 0);
  CHECK(width_at(256, 1, 0) == 1);
}

TEST_CASE("tiles: a bundle has its entries and nothing else", "[tiles]") {
  std::string bundle;
  const std::vector<std::string> entries{"", "a", std::string(kMostEntryBytes, 'z'), std::string(258, '\0'), ""};
  for (const auto& e : entries) append_entry(bundle, e);
  CHECK(bundle.substr(0, 5) == std::string("\0\0\0\1a", 5));
  const auto read = split_bundle(bundle, 5);
  REQUIRE(read);
  CHECK(std::vector<std::string>(read->begin(), read->end()) == entries);
  CHECK_FALSE(split_bundle(bundle, 4));
  CHECK_FALSE(split_bundle(bundle, 6));
  CHECK_FALSE(split_bundle(bundle + '\0', 5));
  CHECK_FALSE(split_bundle(bundle.substr(0, bundle.size() - 1), 5));
  CHECK_FALSE(split_bundle(bundle.substr(0, bundle.size() - 2), 5));
  CHECK_FALSE(split_bundle(std::string("\0\3ab", 4), 1));
  CHECK(split_bundle("", 0));
}
