// Honest people whose days look strange from a distance.
#include <fmt/format.h>

#include <algorithm>

#include "app/simulate/stage.hpp"

namespace onecode::app::simulate {
namespace {

bool student(const Person& p) { return p.role == Role::student && !p.goes_home; }

class Plan {
public:
  explicit Plan(Stage& s) : s_(s) {}

  void all() {
    each(10, [&] { return two_phones(); });
    each(8, [&] { return new_phone(); });
    each(2, [&] { return carer(); });
    each(4, [&] { return treating(); });
    each(5, [&] { return tailgating(); });
    each(4, [&] { return battery_empty(); });
    each(3, [&] { return couple(); });
    each(2, [&] { return dorm_move(); });
    each(3, [&] { return batch_laundry(); });
    each(3, [&] { return phone_clock(); });
    each(3, [&] { return network_retry(); });
    for (std::size_t i = 0; i < std::max<std::size_t>(1, s_.options.people / 2000); ++i) timetable_change();
    festival();
    each(3, [&] { return mobile_data(); });
    each(3, [&] { return opened_early(); });
    each(3, [&] { return stuck_network(); });
    for (std::size_t i = 0; i < std::max<std::size_t>(2, s_.options.people / 2000); ++i) new_clerk();
  }

private:
  template <class F>
  void each(std::size_t per_thousand, F&& tell) {
    for (std::size_t i = s_.cases(per_thousand); i > 0; --i)
      if (!tell()) return;
  }
  Person& who(std::uint32_t i) { return s_.people.all[i]; }
  std::uint32_t story(const char* scenario, std::uint32_t person, std::int64_t from, std::int64_t to) {
    const auto n = s_.story(Story::look_alike, scenario, "", s_.account_subject(person));
    s_.seen(n, from);
    s_.seen(n, to);
    return n;
  }
  std::optional<std::uint32_t> mate_of(std::uint32_t person) {
    const auto group = who(person).group;
    return s_.pick([&](const Person& p) { return student(p) && p.group == group; });
  }
  int any_day(int length) { return static_cast<int>(s_.random.between(0, std::max(0, s_.options.days - length))); }

  /// A tablet for the library, a telephone for the rest; both registered.
  bool two_phones() {
    const auto p = s_.pick(student);
    if (!p) return false;
    who(*p).second_handset = s_.people.new_handset();
    story("two-phones", *p, s_.midnight(0), s_.end());
    return true;
  }

  /// Bought, and bound at the service desk before lunch.
  bool new_phone() {
    const auto p = s_.pick([](const Person& x) { return x.role == Role::student || x.role == Role::staff; });
    if (!p || s_.options.days < 3) return false;
    auto& person = who(*p);
    const int day = static_cast<int>(s_.random.between(1, s_.options.days - 1));
    const auto at = s_.midnight(day) + s_.random.between(9 * 60, 17 * 60) * kMinute;
    person.new_handset = s_.people.new_handset();
    person.new_handset_from = at + 3 * kMinute;
    story("new-phone", *p, at, s_.end());
    s_.acts.push_back([this_ = &s_, p = *p, at, day](int today, std::vector<Event>& out) {
      if (today != day) return;
      const auto& x = this_->people.all[p];
      out.push_back(
          this_->command(at, "handset.bind", this_->people.accounts[p], "registrar", "desk-1",
                         fmt::format(R"({{"handset":"{}","replaces":"{}"}})", this_->people.handsets[x.new_handset],
                                     this_->people.handsets[x.handset])));
    });
    return true;
  }

  /// A broken leg: for two weeks a room mate brings the meals, with a registered delegation.
  bool carer() {
    const auto p = s_.pick(student);
    if (!p) return false;
    const auto mate = mate_of(*p);
    if (!mate) return true;
    const int length = std::min(14, std::max(1, s_.options.days - 2)), from = 1 + any_day(length + 1),
              to = from + length;
    const auto first = s_.midnight(from), last = s_.midnight(to);
    who(*p).silences.push_back({first, last});
    story("carer", *p, first, last);
    s_.acts.push_back([this_ = &s_, p = *p, mate = *mate, from, to, first, last](int day, std::vector<Event>& out) {
      auto& s = *this_;
      const auto& helper = s.people.all[mate];
      if (day == from)
        out.push_back(s.command(
            first + 7 * kHour / 2, "delegation.register", s.people.accounts[p], "registrar", "desk-1",
            fmt::format(R"({{"delegate":"{}","handset":"{}","from":"{}","to":"{}","functions":["payment"]}})",
                        s.people.accounts[mate], s.people.handsets[helper.handset],
                        format_time(Time{first + 4 * kHour}), format_time(Time{last}))));
      if (day < from || day >= to) return;
      Random r(s.options.seed, 0x636172, p, static_cast<std::uint64_t>(day));
      for (const auto& e : s.itinerary(mate, day)) {
        if (e.what != What::scan || e.function != Function::payment || e.result != Result::accepted) continue;
        if (s.map.zones[s.map.devices[e.device].zone].use != Use::canteen || r.permille(200)) continue;
        out.push_back(s.scan(e.at + r.between(9, 20) * kSecond, s.people.all[p].account, helper.handset, e.device,
                             Function::payment, Way::none, static_cast<std::int32_t>(r.between(80, 200) * 10), 0));
      }
    });
    return true;
  }

  bool treating() {
    const auto p = s_.pick(student);
    if (!p) return false;
    const int first = any_day(5);
    story("treating-a-friend", *p, s_.midnight(first), s_.end());
    s_.acts.push_back([this_ = &s_, p = *p, first](int day, std::vector<Event>& out) {
      Random r(this_->options.seed, 0x747265, p, static_cast<std::uint64_t>(day));
      if (day < first || !r.permille(200)) return;
      for (const auto& e : this_->itinerary(p, day)) {
        if (e.what != What::scan || e.function != Function::payment || e.result != Result::accepted || e.nonce != 0)
          continue;
        if (this_->map.zones[this_->map.devices[e.device].zone].use != Use::canteen || e.amount < 800) continue;
        auto at = e.at;
        for (auto n = r.between(1, 3); n > 0; --n) { // birthday; the others order, he shows his code again
          at += r.between(8, 30) * kSecond;
          out.push_back(this_->scan(at, e.account, e.handset, e.device, Function::payment, Way::none,
                                    static_cast<std::int32_t>(r.between(80, 220) * 10), 0));
        }
        return;
      }
    });
    return true;
  }

  /// Always in company: somebody else's code opens the door.
  bool tailgating() {
    const auto p = s_.pick(student);
    if (!p) return false;
    who(*p).missed_in = static_cast<std::uint16_t>(s_.random.between(350, 650));
    who(*p).missed_out = static_cast<std::uint16_t>(s_.random.between(300, 600));
    story("tailgating", *p, s_.midnight(0), s_.end());
    return true;
  }

  /// Together at dinner; one battery is empty, so he logs in on his friend's phone and pays with it, standing beside him.
  bool battery_empty() {
    const auto p = s_.pick(student);
    if (!p) return false;
    const auto mate = mate_of(*p);
    if (!mate) return true;
    const int day = any_day(1);
    const auto noon = s_.midnight(day) + 11 * kHour;
    who(*p).silences.push_back({noon - kHour, s_.midnight(day) + 20 * kHour});
    story("shared-phone-once", *p, noon, s_.midnight(day) + 20 * kHour);
    s_.acts.push_back([this_ = &s_, p = *p, mate = *mate, day, noon](int today, std::vector<Event>& out) {
      if (today != day) return;
      Random r(this_->options.seed, 0x626174, p, static_cast<std::uint64_t>(day));
      for (const auto& e : this_->itinerary(mate, day)) {
        if (e.what != What::scan || e.function != Function::payment || e.result != Result::accepted || e.at < noon ||
            e.at > noon + 8 * kHour)
          continue;
        out.push_back(this_->scan(e.at + r.between(12, 40) * kSecond, this_->people.all[p].account, e.handset,
                                  e.device, Function::payment, Way::none,
                                  static_cast<std::int32_t>(r.between(80, 200) * 10), 0));
        return;
      }
    });
    return true;
  }

  /// Two who spend their evenings together: she comes along, one step behind, each with a phone; now and then hers is at home
  /// and she shows her code on his.
  bool couple() {
    const auto p = s_.pick(student);
    if (!p) return false;
    const auto campus = who(*p).campus;
    const auto other = s_.pick([&](const Person& x) { return student(x) && x.campus == campus && !x.dynamic; });
    if (!other) return true;
    std::vector<int> evenings;
    for (int day = 0; day < s_.options.days; ++day)
      if (s_.random.permille(350)) {
        evenings.push_back(day);
        who(*other).silences.push_back({s_.midnight(day) + 16 * kHour, s_.midnight(day + 1)});
      }
    story("couple", *p, s_.midnight(0), s_.end());
    story("couple", *other, s_.midnight(0), s_.end());
    s_.acts.push_back([this_ = &s_, p = *p, other = *other, evenings](int day, std::vector<Event>& out) {
      if (std::find(evenings.begin(), evenings.end(), day) == evenings.end()) return;
      auto& s = *this_;
      const auto& she = s.people.all[other];
      const auto& he = s.people.all[p];
      Random r(s.options.seed, 0x636f75, p, static_cast<std::uint64_t>(day));
      const bool her_phone_at_home = r.permille(120);
      std::int64_t last = 0;
      std::uint32_t place = kNobody;
      for (const auto& e : s.itinerary(p, day)) {
        const auto zone = e.what == What::scan ? s.map.devices[e.device].zone : kNobody;
        if (e.what != What::scan || e.result != Result::accepted ||
            e.at < s.midnight(day) + 17 * kHour + 30 * kMinute || zone == he.home ||
            s.map.zones[zone].use == Use::teaching || s.map.zones[zone].use == Use::laundry ||
            s.map.zones[zone].campus != he.campus)
          continue;
        last = e.at + r.between(5, 20) * kSecond;
        place = zone;
        out.push_back(
            s.scan(last, she.account, her_phone_at_home ? he.handset : she.handset, e.device, e.function, e.way,
                   e.function == Function::payment ? static_cast<std::int32_t>(r.between(60, 200) * 10) : -1, 0));
      }
      if (place == kNobody) return;
      // He sees her home.
      const auto arrives =
          last + way_ms(s.map, place, she.home, std::min(she.speed, 1300)) + r.between(10, 40) * kMinute;
      if (arrives < s.midnight(day) + 23 * kHour + 30 * kMinute && !her_phone_at_home)
        out.push_back(s.scan(arrives, she.account, she.handset, r.one_of(s.map.at(she.home, Function::access)),
                             Function::access, Way::in, -1, 0));
    });
    return true;
  }

  bool dorm_move() {
    const auto p = s_.pick(student);
    if (!p || s_.options.days < 4) return false;
    const int day = static_cast<int>(s_.random.between(2, s_.options.days - 2));
    auto& person = who(*p);
    person.new_home = s_.random.one_of(s_.map.of(Use::dorm, person.campus));
    person.new_home_from = s_.midnight(day);
    story("dorm-move", *p, s_.midnight(day), s_.end());
    return true;
  }

  bool batch_laundry() {
    const auto p = s_.pick(student);
    if (!p) return false;
    who(*p).launderer = true;
    story("batch-laundry", *p, s_.midnight(0), s_.end());
    return true;
  }

  /// Clock set by hand. Some seconds fast: no reader takes the codes, and after a day or two of asking around it is set right.
  /// Most of a minute slow: they are only good for a shorter time, and nobody finds out why.
  bool phone_clock() {
    const auto p = s_.pick([](const Person& x) { return student(x) && x.dynamic; });
    if (!p) return false;
    auto& person = who(*p);
    const bool fast = s_.random.permille(500);
    const int length = fast ? static_cast<int>(s_.random.between(1, 2)) : s_.options.days, day = any_day(length);
    person.phone_clock =
        static_cast<std::int32_t>(fast ? s_.random.between(6, 25) * kSecond : -s_.random.between(15, 50) * kSecond);
    person.phone_clock_from = s_.midnight(day);
    person.phone_clock_to = s_.midnight(std::min(day + length, s_.options.days));
    story("phone-clock-off", *p, person.phone_clock_from, person.phone_clock_to);
    return true;
  }

  /// A student whose phone makes codes, and who has another habit with them than most.
  template <class Change>
  bool all_month(const char* scenario, Change&& change) {
    const auto p = s_.pick([](const Person& x) { return student(x) && x.dynamic; });
    if (!p) return false;
    change(who(*p));
    story(scenario, *p, s_.midnight(0), s_.end());
    return true;
  }

  /// Lives where the wireless is bad: answers get lost and the same screen is shown again.
  bool network_retry() {
    return all_month("network-retry", [&](Person& p) { p.retries = 60; });
  }

  /// Never in the campus wireless, or not on days when its login has run out: the phone's address is one of the mobile network.
  bool mobile_data() {
    return all_month("mobile-data", [&](Person& p) {
      p.mobile_days = static_cast<std::uint16_t>(s_.random.permille(400) ? 1000 : s_.random.between(100, 400));
    });
  }

  /// Opens the code on the way, so as not to hold up the queue: some always, some now and then.
  bool opened_early() {
    return all_month("opened-early", [&](Person& p) {
      p.early_codes = static_cast<std::uint16_t>(s_.random.permille(500) ? 700 : s_.random.between(30, 200));
    });
  }

  /// A phone that holds on to the access point of the last place: its codes are made where it was, not where it is.
  bool stuck_network() {
    return all_month("stuck-network",
                     [&](Person& p) { p.stuck = static_cast<std::uint16_t>(s_.random.between(200, 900)); });
  }

  /// Somebody helps at the counter for some days, beside the others, and is not in the register yet.
  void new_clerk() {
    for (std::size_t i = 0; i < s_.map.merchants; ++i) {
      auto& v = s_.map.venues[i];
      if (v.taken) continue;
      v.taken = true;
      const int day = any_day(14);
      v.helper_from = s_.midnight(day);
      v.helper_to = s_.midnight(std::min(day + static_cast<int>(s_.random.between(3, 14)), s_.options.days));
      for (const auto n : v.devices) {
        const auto number = s_.story(Story::look_alike, "new-clerk", "", "device:" + s_.map.devices[n].id);
        s_.seen(number, v.helper_from);
        s_.seen(number, v.helper_to);
      }
      return;
    }
  }

  /// A teacher fell ill: from one Monday on the whole class has other hours and rooms.
  void timetable_change() {
    if (s_.options.days < 10) return;
    const auto number = static_cast<std::uint32_t>(s_.random.below(s_.people.groups.size()));
    auto& group = s_.people.groups[number];
    const auto& like = s_.people.groups[s_.random.below(s_.people.groups.size())];
    if (like.campus != group.campus || &like == &group) return;
    group.later = like.timetable;
    group.change_at = s_.midnight(s_.options.days > 16 ? 14 : 7);
    for (std::uint32_t i = 0; i < s_.options.people; ++i)
      if (who(i).group == number && !who(i).special) story("timetable-change", i, group.change_at, s_.end());
  }

  void festival() {
    const int day = s_.campus.calendar.festival;
    if (day < 0 || day >= s_.options.days) return;
    for (const auto gate : s_.map.at(s_.map.of(Use::gym, 0)[0], Function::access)) {
      const auto n = s_.story(Story::look_alike, "festival", "", "device:" + s_.map.devices[gate].id);
      s_.seen(n, s_.midnight(day) + 18 * kHour);
      s_.seen(n, s_.midnight(day) + 22 * kHour);
    }
  }

  Stage& s_;
};

} // namespace

void plan_look_alikes(Stage& stage) { Plan(stage).all(); }

} // namespace onecode::app::simulate
