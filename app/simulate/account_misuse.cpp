// How codes are lent, let, sold, pledged, forwarded and copied: told from what people do it for, not from what gives them away.
#include <algorithm>
#include <set>

#include "app/simulate/stage.hpp"

namespace onecode::app::simulate {
namespace {

bool student(const Person& p) { return p.role == Role::student && !p.goes_home; }

class Plan {
public:
  explicit Plan(Stage& s) : s_(s) {}

  void all() {
    each("lend-regular", 3, [&] { return lend(true); });
    each("lend-once", 2, [&] { return lend(false); });
    each("rent", 2, [&] { return rent(); });
    each("transfer", 2, [&] { return transfer(); });
    each("pledge", 1, [&] { return pledge(); });
    each("relay-regular", 2, [&] { return relay(true); });
    each("relay-once", 1, [&] { return relay(false); });
    each("copy", 2, [&] { return copy(); });
    each("collusion", 1, [&] { return collusion(); });
  }

private:
  template <class F>
  void each(const char* kind, std::size_t per_thousand, F&& tell) {
    if (!s_.wants(kind)) return;
    for (std::size_t i = s_.cases(per_thousand); i > 0; --i)
      if (!tell()) return; // nobody is left to play it
  }
  Person& who(std::uint32_t i) { return s_.people.all[i]; }
  std::uint32_t misuse(const char* kind, const char* act, std::uint32_t holder) {
    return s_.story(Story::misuse, kind, act, s_.account_subject(who(holder).account));
  }
  std::optional<std::uint32_t> friend_of(std::uint32_t holder) {
    const auto campus = who(holder).campus;
    const auto group = who(holder).group;
    return s_.pick([&](const Person& p) { return student(p) && p.campus == campus && p.group != group; });
  }

  /// A friend lives on the holder's money or right of entry: the holder sent him the picture, or logged in on his phone.
  bool lend(bool regular) {
    const auto holder = s_.pick(student);
    if (!holder) return false;
    const auto other = friend_of(*holder);
    if (!other) return false;
    const auto number = misuse(regular ? "lend-regular" : "lend-once", "lend", *holder);
    auto& list = who(*other).borrowings;
    const auto account = who(*holder).account;
    if (!regular) {
      const auto day = s_.midnight(s_.pick_day(1));
      list.push_back({account, day + 11 * kHour, day + 20 * kHour, false, number});
      return true;
    }
    const bool doors = s_.random.permille(300);
    for (int day = s_.pick_day(10); day < s_.options.days; ++day)
      if (s_.random.permille(550)) // several times a week
        list.push_back({account, s_.midnight(day), s_.midnight(day + 1), doors, number});
    return true;
  }

  /// Sold by the hour to people from the town: each has his evening, most come to swim, to read or to eat cheaply.
  bool rent() {
    const auto holder = s_.pick(student);
    if (!holder) return false;
    const auto number = misuse("rent", "rent", *holder);
    struct Slot {
      int weekday;
      std::int64_t of_day;
      std::uint32_t handset;
      Use place;
    };
    std::vector<Slot> slots;
    for (auto n = s_.random.between(3, 5); n > 0; --n) {
      const auto handset = s_.people.new_handset();
      constexpr Use places[] = {Use::gym, Use::library, Use::canteen};
      const Use place = places[s_.random.below(3)];
      const auto of_day = s_.random.between(8, 20) * kHour + s_.random.between(0, 3) * 15 * kMinute;
      for (auto k = s_.random.between(1, 3); k > 0; --k)
        slots.push_back({static_cast<int>(s_.random.below(7)), of_day, handset, place});
    }
    const auto account = who(*holder).account;
    const int campus = who(*holder).campus, from = s_.pick_day(std::min(14, s_.options.days / 2));
    s_.acts.push_back([this_ = &s_, slots, account, campus, from, number](int day, std::vector<Event>& out) {
      if (day < from) return;
      Random r(this_->options.seed, 0x72656e, account, static_cast<std::uint64_t>(day));
      for (const auto& slot : slots) {
        const bool comes = r.permille(850);
        const auto at = this_->midnight(day) + slot.of_day + r.between(-8, 12) * kMinute + r.between(0, 59) * kSecond;
        const auto stay = r.between(50, 130) * kMinute;
        if (slot.weekday != day % 7 || !comes) continue;
        const auto zone = r.one_of(this_->map.of(slot.place, campus));
        if (slot.place == Use::canteen) {
          out.push_back(this_->scan(at, account, slot.handset, r.one_of(this_->map.at(zone, Function::payment)),
                                    Function::payment, Way::none, static_cast<std::int32_t>(r.between(80, 250) * 10),
                                    number));
          continue;
        }
        const auto& doors = this_->map.at(zone, Function::access);
        out.push_back(this_->scan(at, account, slot.handset, r.one_of(doors), Function::access, Way::in, -1, number));
        if (r.permille(940))
          out.push_back(
              this_->scan(at + stay, account, slot.handset, r.one_of(doors), Function::access, Way::out, -1, number));
      }
    });
    return true;
  }

  /// The holder left the school early and passed the code on for good: another phone, another life.
  bool transfer() {
    const auto holder = s_.pick(student);
    if (!holder) return false;
    const auto day = s_.midnight(s_.pick_day(6));
    const auto campus = static_cast<std::uint8_t>(s_.random.below(2));
    const auto heir = s_.people.add_outsider(who(*holder).account, campus, s_.map);
    who(heir).story = misuse("transfer", "transfer", *holder);
    who(heir).silences.push_back({0, day + 9 * kHour});
    who(*holder).silences.push_back({day, std::numeric_limits<std::int64_t>::max()});
    return true;
  }

  /// Security for a debt: for some days the creditor has the code and pays with it what he is owed.
  bool pledge() {
    const auto holder = s_.pick(student);
    if (!holder) return false;
    const auto number = misuse("pledge", "pledge", *holder);
    const int length = static_cast<int>(s_.random.between(4, 9)), from = s_.pick_day(length), to = from + length;
    who(*holder).silences.push_back({s_.midnight(from) + 8 * kHour, s_.midnight(to) + 8 * kHour});
    const auto handset = s_.people.new_handset();
    const auto account = who(*holder).account;
    std::vector<std::uint32_t> shops; // where he always goes
    for (int i = 0; i < 3; ++i) shops.push_back(static_cast<std::uint32_t>(s_.random.below(s_.map.merchants)));
    s_.acts.push_back([this_ = &s_, shops, account, handset, from, to, number](int day, std::vector<Event>& out) {
      if (day < from || day >= to) return;
      Random r(this_->options.seed, 0x706c65, account, static_cast<std::uint64_t>(day));
      auto at = this_->midnight(day) + r.between(10 * 60, 14 * 60) * kMinute;
      for (auto n = r.between(1, 3); n > 0; --n) {
        const auto& v = this_->map.venues[r.one_of(shops)];
        if (at >= v.opens)
          out.push_back(this_->scan(at, account, handset, r.one_of(v.devices), Function::payment, Way::none,
                                    static_cast<std::int32_t>(r.between(15, 90) * 100), number));
        at += r.between(100, 240) * kMinute; // time enough for any way on the map
      }
    });
    return true;
  }

  /// The holder lies in bed or sits in a train and sends the fresh code to a friend, who shows it at the reader: on one morning,
  /// or on up to seven within two weeks or so.
  bool relay(bool regular) {
    const auto holder = s_.pick(student);
    if (!holder) return false;
    const auto group = who(*holder).group;
    const auto other = s_.pick([&](const Person& p) { return student(p) && p.group == group; });
    if (!other) return false;
    who(*holder).dynamic = true;
    const auto number = misuse(regular ? "relay-regular" : "relay-once", "relay", *holder);
    auto mornings = std::set<int>();
    for (int day = s_.pick_day(regular ? 12 : 3); day < s_.options.days && mornings.size() < (regular ? 7 : 1); ++day)
      if (day % 7 < 5 && (!regular || s_.random.permille(600))) mornings.insert(day);
    for (const int day : mornings) who(*holder).silences.push_back({s_.midnight(day), s_.midnight(day) + 17 * kHour});
    s_.acts.push_back(
        [this_ = &s_, mornings, holder = *holder, other = *other, number](int day, std::vector<Event>& out) {
          if (!mornings.contains(day)) return;
          const auto& p = this_->people.all[holder];
          Random r(this_->options.seed, 0x72656c, holder, static_cast<std::uint64_t>(day));
          const bool far_away = r.permille(400);
          int shown = 0;
          for (const auto& e : this_->itinerary(other, day)) {
            if (e.what != What::scan || e.result != Result::accepted || e.at > this_->midnight(day) + 16 * kHour)
              continue;
            const bool lesson = e.function == Function::identity,
                       gate = e.function == Function::access && e.way == Way::in;
            if ((!lesson && !gate) || shown == 2 || this_->map.devices[e.device].zone == p.home) continue;
            auto second = this_->scan(e.at + r.between(7, 16) * kSecond, p.account, p.handset, e.device, e.function,
                                      e.way, -1, number);
            show_code(second, p.home, far_away ? Net::external : Net::campus, r.between(14, 45) * kSecond, 0,
                      r.next() | 1, out);
            out.push_back(second);
            ++shown;
          }
        });
    return true;
  }

  /// Two at the turnstiles with the same picture: the holder shows it, and somebody beside him a copy.
  bool copy() {
    const auto holder = s_.pick(student);
    if (!holder) return false;
    who(*holder).dynamic = true;
    const auto number = misuse("copy", "copy", *holder);
    const int first = s_.pick_day(4);
    const auto times = s_.random.between(2, 4);
    s_.acts.push_back([this_ = &s_, holder = *holder, first, times, done = std::int64_t{0}, number](
                          int day, std::vector<Event>& out) mutable {
      Random r(this_->options.seed, 0x636f70, holder, static_cast<std::uint64_t>(day));
      if (day < first || done >= times || !r.permille(650)) return;
      std::vector<Event> places;
      for (const auto& e : this_->itinerary(holder, day))
        if (e.what == What::scan && e.nonce != 0 && e.result == Result::accepted &&
            e.function != Function::identity &&
            this_->map.at(this_->map.devices[e.device].zone, e.function).size() > 1)
          places.push_back(e);
      if (places.empty()) return;
      Event e = r.one_of(places);
      const auto& devices = this_->map.at(this_->map.devices[e.device].zone, e.function);
      const auto before = e.device;
      while (e.device == before) e.device = r.one_of(devices);
      this_->seen(number, e.at);
      e.at += r.between(6, 32) * kSecond;
      e.story = number;
      e.exact = true;
      this_->evident(number, e.at);
      out.push_back(e);
      ++done;
    });
    return true;
  }

  /// One goes to the lecture with the codes of his room mates on his phone.
  bool collusion() {
    const auto carrier = s_.pick(student);
    if (!carrier) return false;
    const auto group = who(*carrier).group;
    std::vector<std::uint32_t> absent;
    for (auto n = s_.random.between(2, 4); n > 0; --n)
      if (const auto mate = s_.pick([&](const Person& p) { return student(p) && p.group == group; }))
        absent.push_back(*mate);
    if (absent.empty()) return true;                  // a group of its own; the next one may do
    std::vector<std::pair<int, std::size_t>> lessons; // that they find dull
    const auto& table = s_.people.groups[group].timetable;
    for (int weekday = 0; weekday < 5; ++weekday)
      for (std::size_t slot = 0; slot < 5; ++slot)
        if (table[static_cast<std::size_t>(weekday)][slot].zone != kNobody) lessons.emplace_back(weekday, slot);
    for (std::size_t i = lessons.size(); i > 1; --i) std::swap(lessons[i - 1], lessons[s_.random.below(i)]);
    lessons.resize(std::min<std::size_t>(lessons.size(), 4));
    constexpr std::int64_t starts[] = {8, 10, 14, 16, 19};
    const int from = s_.pick_day(std::min(12, s_.options.days - 1));
    const int to = s_.campus.calendar.exam_from > from ? s_.campus.calendar.exam_from : s_.options.days;
    const auto own = misuse("collusion", "collusion", *carrier);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> stories;
    for (const auto mate : absent) {
      stories.emplace_back(mate, misuse("collusion", "collusion", mate));
      for (int day = from; day < to; ++day)
        for (const auto& [weekday, slot] : lessons)
          if (weekday == day % 7) {
            const auto start = s_.midnight(day) + starts[slot] * kHour;
            who(mate).silences.push_back({start - 40 * kMinute, start + 110 * kMinute});
          }
    }
    s_.acts.push_back([this_ = &s_, carrier = *carrier, stories, lessons, from, to, own](int day,
                                                                                         std::vector<Event>& out) {
      if (day < from || day >= to) return;
      constexpr std::int64_t hours_of[] = {8, 10, 14, 16, 19};
      Random r(this_->options.seed, 0x636f6c, carrier, static_cast<std::uint64_t>(day));
      for (const auto& e : this_->itinerary(carrier, day)) {
        if (e.what != What::scan || e.function != Function::identity || e.result != Result::accepted) continue;
        const bool dull = std::any_of(lessons.begin(), lessons.end(), [&](const auto& l) {
          return l.first == day % 7 &&
                 std::abs(this_->midnight(day) + hours_of[l.second] * kHour - e.at) < 25 * kMinute;
        });
        if (!dull) continue;
        this_->seen(own, e.at);
        auto at = e.at;
        for (const auto& [mate, number] : stories) {
          at += r.between(2500, 6500);
          auto shown =
              this_->scan(at, this_->people.all[mate].account, e.handset, e.device, e.function, e.way, -1, number);
          shown.exact = true;
          out.push_back(shown);
          this_->seen(own, at);
          this_->evident(own, at);
        }
      }
    });
    return true;
  }

  Stage& s_;
};

} // namespace

void plan_account_misuse(Stage& stage) { Plan(stage).all(); }

} // namespace onecode::app::simulate
