// Catches: a field that is kept in memory and lost in the store (every part of a device, integration, handset and campus
// fact), and bytes that crash the reader.
#include "domain/archive.hpp"

#include <random>

#include "domain/campus.hpp"
#include "domain/handset.hpp"
#include "domain/integration.hpp"
#include "tests/catch.hpp"
#include "tests/support/stored.hpp"
#include "tests/unit/domain/account_world.hpp"

using namespace onecode;

namespace {

/// Fills every listed field with something random, by the same list that stores it.
class Filler {
public:
  explicit Filler(std::mt19937& random) : random_(random) {}
  template <class T>
  void operator()(std::string_view, T& x) {
    fill(x);
  }
  void fill(std::string& s) {
    s.clear();
    for (auto n = random_() % 40; n > 0; --n) s += static_cast<char>(random_());
  }
  void fill(PackedId<std::string>& id) { fill(id.text); }
  void fill(Time& t) { fill(t.ms); }
  void fill(Duration& d) { fill(d.ms); }
  void fill(bool& b) { b = random_() % 2 == 0; }
  template <class T>
  requires std::is_enum_v<T>
  void fill(T& e) { e = static_cast<T>(random_() % 8); }
  template <class T>
  requires std::is_integral_v<T>
  void fill(T& n) {
    const std::uint64_t wide = (std::uint64_t{random_()} << 32) | random_();
    n = static_cast<T>(wide >> (random_() % 64));
  }
  template <class T>
  void fill(std::optional<T>& o) {
    o.reset();
    if (random_() % 2 == 0) fill(o.emplace());
  }
  template <class K, class T>
  void fill(std::map<K, T>& xs) {
    xs.clear();
    for (auto n = random_() % 4; n > 0; --n) {
      K k{};
      fill(k);
      fill(xs[k]);
    }
  }
  template <class T, std::size_t N>
  void fill(std::array<T, N>& xs) {
    for (auto& x : xs) fill(x);
  }
  template <class T>
  void fill(std::vector<T>& xs) {
    xs.resize(random_() % 4);
    for (auto& x : xs) fill(x);
  }
  template <class T>
  void fill(std::set<T>& xs) {
    xs.clear();
    for (auto n = random_() % 4; n > 0; --n) {
      T x{};
      fill(x);
      xs.insert(x);
    }
  }
  template <class T>
  requires HasFields<T, Filler>
  void fill(T& x) { T::fields(x, *this); }

private:
  std::mt19937& random_;
};

template <class T>
void round_trips(const char* what) {
  std::mt19937 random(test::seed());
  INFO(what << ", seed " << test::seed());
  ByteBuffer again;
  for (int i = 0; i < 50; ++i) {
    T x{};
    Filler filler(random);
    filler.fill(x);
    const std::string bytes = test::stored(x);
    CHECK(stored_bytes(x) == bytes.size());
    again.clear();
    encode(again, x);
    CHECK(again.view() == bytes);
    T y{};
    decode(bytes, y);
    CHECK(test::stored(y) == bytes);
    // A newer part is read over an older one: nothing of that stays.
    T over{};
    filler.fill(over);
    decode(bytes, over);
    CHECK(test::stored(over) == bytes);
    // Cut short or damaged, it is Corrupt or another value, never a crash.
    for (int k = 0; k < 20 && !bytes.empty(); ++k) {
      std::string bad = bytes.substr(0, random() % bytes.size());
      if (!bad.empty()) bad[random() % bad.size()] = static_cast<char>(random());
      try {
        T z{};
        decode(bad, z);
      } catch (const Corrupt&) {
      }
    }
  }
}

} // namespace

namespace {

/// A group with the window that it is of.
struct OwnGroup {
  SequenceWindow window;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    std::conditional_t<std::is_const_v<Self>, const SequenceGroup, SequenceGroup> group{
        const_cast<SequenceWindow*>(&s.window), 1};
    SequenceGroup::fields(group, v);
  }
};

} // namespace

TEST_CASE("archive: every part comes back as it was", "[archive]") {
  round_trips<DeviceState::Register>("device register");
  round_trips<DeviceState::Hot>("device hot");
  round_trips<DeviceState::Reports>("device reports");
  round_trips<DeviceState::Environment>("device environment");
  round_trips<DeviceState::People>("device people");
  round_trips<DeviceState::Habits>("device habits");
  round_trips<DeviceState::Neighbours>("device neighbours");
  round_trips<DeviceState::Trust>("device trust");
  round_trips<DeviceState::Ways>("device ways");
  round_trips<DeviceState::File>("device file");
  round_trips<OwnGroup>("sequence group");
  round_trips<IntegrationState::Record>("integration record");
  round_trips<IntegrationState::Devices>("integration devices");
  round_trips<IntegrationState::Procedures>("integration procedures");
  round_trips<IntegrationState::DataUse>("integration data use");
  round_trips<IntegrationState::Volumes>("integration volumes");
  round_trips<AccountState::Visits>("account visits");
  round_trips<HandsetState::Record>("handset");
  round_trips<CampusState::BreakerRecord>("breaker");
  round_trips<CampusState::Serial>("serial");
  round_trips<CampusState::Register>("campus register");
  round_trips<CampusState::ForeignCodes>("foreign codes");
}

TEST_CASE("archive: messages between nodes", "[archive]") {
  round_trips<msg::IntegrationView>("IntegrationView");
  round_trips<msg::DriftSeen>("DriftSeen");
  round_trips<msg::SerialClaimed>("SerialClaimed");
  round_trips<msg::SerialShared>("SerialShared");
  round_trips<msg::HandsetCrowded>("HandsetCrowded");
  round_trips<msg::FreezePermit>("FreezePermit");
  round_trips<msg::DeviceStopped>("DeviceStopped");
  round_trips<msg::ForeignCode>("ForeignCode");
  round_trips<msg::DataRead>("DataRead");
  round_trips<msg::StrangerRead>("StrangerRead");
  round_trips<msg::NeighbourSeen>("NeighbourSeen");
  round_trips<msg::WayAsked>("WayAsked");
  round_trips<msg::WayTold>("WayTold");
  round_trips<msg::DayCounted>("DayCounted");
  round_trips<msg::TimesWithdrawn>("TimesWithdrawn");
  round_trips<msg::ExchangeSeen>("ExchangeSeen");
}
