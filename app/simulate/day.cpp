#include "app/simulate/day.hpp"

#include <algorithm>

namespace onecode::app::simulate {
namespace {

constexpr std::int64_t kLessons[] = {8 * kHour, 10 * kHour, 14 * kHour, 16 * kHour, 19 * kHour};
constexpr std::int64_t kLesson = 100 * kMinute;
constexpr std::int64_t kShuttle = 8'000; // mm/s between the campuses, stops included

class Life {
public:
  Life(const Campus& c, std::uint32_t who, int day, std::vector<Event>& out)
      : c_(c),
        map_(*c.map),
        p_(c.people->all[who]),
        who_(who),
        day_(day),
        out_(out),
        r_(c.seed, 0x646179, who, static_cast<std::uint64_t>(day)),
        midnight_(c.calendar.midnight(day)) {
    home_ = p_.new_home != kNobody && midnight_ >= p_.new_home_from ? p_.new_home : p_.home;
    zone_ = home_;
  }

  void run() {
    if (r_.permille(5)) return; // left the phone at home: friends hold the doors, and lend him the money
    switch (p_.role) {
      case Role::student:
        student();
        break;
      case Role::staff:
        staff();
        break;
      case Role::retired:
      case Role::temporary:
      case Role::outsider:
        visitor();
        break;
    }
  }

private:
  int weekday() const { return day_ % 7; }
  std::int64_t clock(std::int64_t of_day) const { return midnight_ + of_day; }
  void not_before(std::int64_t t) { t_ = std::max(t_, t); }

  void go(std::uint32_t zone) {
    if (zone == zone_) {
      t_ += r_.between(30, 90) * kSecond;
      return;
    }
    if (map_.zones[zone].campus != map_.zones[zone_].campus) {
      // To the stop, wait, pay, ride, walk.
      const auto from = map_.of(Use::stop, map_.zones[zone_].campus)[0],
                 to = map_.of(Use::stop, map_.zones[zone].campus)[0];
      walk(from);
      t_ += r_.between(1, 10) * kMinute;
      pay(from, 100);
      t_ += 30 * kSecond + map_.metres(from, to) * 1'000'000 / kShuttle;
      zone_ = to;
    }
    walk(zone);
  }
  void walk(std::uint32_t zone) {
    // Finding one's things, stairs, a word with somebody.
    t_ += r_.between(40, 150) * kSecond;
    last_zone_ = zone_, left_ = t_;
    t_ += way_ms(map_, zone_, zone, p_.speed);
    zone_ = zone;
  }

  bool silent() const {
    return std::any_of(p_.silences.begin(), p_.silences.end(),
                       [&](const Silence& s) { return t_ >= s.from && t_ < s.to; });
  }

  Event& show(std::uint32_t device, Function f, Way way, std::int32_t amount = -1) {
    Event e;
    e.at = t_;
    e.device = device;
    e.function = f;
    e.way = way;
    e.amount = amount;
    e.account = p_.account;
    e.handset = handset();
    e.story = p_.story;
    if (const auto& d = map_.devices[device]; d.clerks > 0)
      e.clerk = static_cast<std::uint16_t>(device * 2 + (t_ - midnight_ < 14 * kHour ? 1 : 2));
    for (const auto& b : p_.borrowings)
      if (t_ >= b.from && t_ < b.to && f == (b.doors ? Function::access : Function::payment) &&
          map_.zones[zone_].use != Use::dorm) {
        e.account = b.account;
        e.story = b.story;
      }
    if (r_.permille(6)) { // not read at once: a cracked screen, the sun
      Event failed = e;
      failed.result = Result::denied;
      if (p_.dynamic && e.account == p_.account) code(failed);
      out_.push_back(failed);
      t_ += r_.between(4, 11) * kSecond;
      e.at = t_;
    }
    if (p_.dynamic && e.account == p_.account) {
      code(e);
      if (p_.retries > 0 && r_.permille(p_.retries)) { // the answer got lost; the same screen once more
        Event lost = e;
        lost.result = Result::unknown;
        lost.exact = true;
        out_.push_back(lost);
        e.at += r_.between(1800, 4200);
        e.exact = true;
        t_ = e.at;
      }
    }
    out_.push_back(e);
    t_ += r_.between(2, 6) * kSecond;
    return out_.back();
  }
  void code(Event& e) {
    if (p_.mobile_days > 0 &&
        Random(c_.seed, 0x6d6f62, who_, static_cast<std::uint64_t>(day_)).permille(p_.mobile_days)) {
      // Reception is bad in the queue, so that it is opened early now and then.
      const auto before = r_.between(3, r_.permille(300) ? 40 : 16) * kSecond;
      show_code(e, zone_, Net::external, before, 0, mixed(r_.next()) | 1, out_);
      return;
    }
    auto before = r_.between(3, 14) * kSecond;
    auto place = zone_;
    if (last_zone_ != kNobody && r_.permille(p_.early_codes)) {
      before = std::min(t_ - left_, r_.between(25, 55) * kSecond);
      if (near_last(before)) place = last_zone_;
    }
    // The phone lets go of an access point late, and the table of the wireless is older still.
    constexpr auto kHeld = 2 * kMinute;
    if (last_zone_ != kNobody && t_ - before - left_ < kHeld && r_.permille(p_.stuck)) place = last_zone_;
    show_code(e, place, Net::campus, before, t_ >= p_.phone_clock_from && t_ < p_.phone_clock_to ? p_.phone_clock : 0,
              mixed(r_.next()) | 1, out_);
  }
  /// Was he, so long ago, still within reach of the access points that he came from?
  bool near_last(std::int64_t before_ms) const {
    constexpr std::int64_t kReach = 60; // m
    return map_.metres(last_zone_, zone_) - p_.speed * before_ms / 1'000'000 < kReach;
  }
  std::uint32_t handset() {
    if (p_.new_handset != kNobody && t_ >= p_.new_handset_from) return p_.new_handset;
    return p_.second_handset != kNobody && r_.permille(300) ? p_.second_handset : p_.handset;
  }

  void pass(Function f, Way way) { // a door, or somebody holds it open
    if (silent() || r_.permille(way == Way::in ? p_.missed_in : p_.missed_out)) return;
    const auto& doors = map_.at(zone_, f);
    if (!doors.empty()) show(r_.one_of(doors), f, way);
  }
  void pay(std::uint32_t zone, std::int32_t amount) {
    const auto& tills = map_.at(zone, Function::payment);
    if (!silent() && !tills.empty()) show(r_.one_of(tills), Function::payment, Way::none, amount);
  }

  void out() {
    if (!inside_) return;
    pass(Function::access, Way::out);
    inside_ = false;
  }
  void home() {
    if (inside_) return;
    go(home_);
    pass(Function::access, Way::in);
    inside_ = true;
  }
  void to(std::uint32_t zone) {
    out();
    go(zone);
  }

  void meal(std::int32_t low, std::int32_t high) {
    const auto canteen = p_.canteens[r_.permille(700) ? 0 : 1 + r_.below(2)];
    if (map_.zones[canteen].campus != map_.zones[zone_].campus) return to_near_meal(low, high);
    to(canteen);
    eat(low, high);
  }
  void to_near_meal(std::int32_t low, std::int32_t high) {
    to(r_.one_of(map_.of(Use::canteen, map_.zones[zone_].campus)));
    eat(low, high);
  }
  void eat(std::int32_t low, std::int32_t high) {
    t_ += r_.between(1, 5) * kMinute; // the queue
    const auto amount = static_cast<std::int32_t>(r_.between(low, high) * 10);
    pay(zone_, amount);
    if (p_.generous && r_.permille(90)) // this one is on me
      for (auto n = r_.between(1, 2); n > 0; --n) {
        t_ += r_.between(8, 25) * kSecond;
        pay(zone_, static_cast<std::int32_t>(r_.between(low, high) * 10));
      }
    if (r_.permille(150)) { // a drink, at another window
      t_ += r_.between(1, 4) * kMinute;
      pay(zone_, static_cast<std::int32_t>(r_.between(15, 60) * 10));
    }
    t_ += r_.between(12, 30) * kMinute;
  }
  void library(std::int64_t until) {
    to(map_.of(Use::library, map_.zones[zone_].campus)[0]);
    pass(Function::access, Way::in);
    if (r_.permille(120)) {
      t_ += r_.between(5, 25) * kMinute;
      const auto& desks = map_.at(zone_, Function::library);
      if (!silent()) show(r_.one_of(desks), Function::library, Way::none);
    }
    not_before(std::max(t_ + 20 * kMinute, until - r_.between(0, 30) * kMinute));
    pass(Function::access, Way::out);
  }
  void gym() {
    to(map_.of(Use::gym, map_.zones[zone_].campus)[0]);
    pass(Function::access, Way::in);
    t_ += r_.between(45, 100) * kMinute;
    pass(Function::access, Way::out);
  }
  void shop() {
    std::uint32_t v = r_.permille(850)
                          ? r_.one_of(std::vector<std::uint32_t>(p_.merchants.begin(), p_.merchants.end()))
                          : static_cast<std::uint32_t>(r_.below(map_.merchants));
    const std::int64_t of_day = t_ - midnight_;
    const auto lent = [&](std::uint32_t n) {
      return map_.venues[n].lent_from != 0 && t_ >= map_.venues[n].lent_from;
    };
    if (lent(v)) return; // its till is not there by day any more
    // Who took the till over brings his own evening customers.
    if (of_day > 19 * kHour)
      for (std::uint32_t n = 0; n < map_.merchants; ++n)
        if (lent(n) && mixed(c_.seed ^ (n * 7919ULL) ^ (std::uint64_t{who_} << 20)) % 3 == 0 && r_.permille(350))
          v = n;
    visit(v);
  }
  void visit(std::uint32_t venue) {
    const Venue& v = map_.venues[venue];
    if (t_ < v.opens || map_.zones[v.zone_at(t_)].campus != map_.zones[zone_].campus) return;
    to(v.zone_at(t_));
    t_ += r_.between(3, 15) * kMinute;
    if (silent()) return;
    auto device = r_.one_of(v.devices);
    if (v.rogue != kNobody && t_ >= v.rogue_from && t_ < v.rogue_to && r_.permille(450)) device = v.rogue;
    const bool lent = v.lent_from != 0 && t_ >= v.lent_from;
    auto& e =
        show(device, v.service ? Function::identity : Function::payment, Way::none,
             v.service ? -1 : static_cast<std::int32_t>(lent ? r_.between(30, 180) * 100 : r_.between(2, 35) * 50));
    const bool helper = t_ >= v.helper_from && t_ < v.helper_to && r_.permille(500);
    if (lent && v.own_login) e.clerk = static_cast<std::uint16_t>(60'000 + venue);
    if (helper) e.clerk = static_cast<std::uint16_t>(62'500 + venue);
    t_ += r_.between(1, 6) * kMinute;
  }
  void laundry() {
    to(map_.of(Use::laundry, map_.zones[home_].campus)[0]);
    const auto machines = p_.launderer ? r_.between(4, 7) : r_.between(1, 2);
    for (std::int64_t i = 0; i < machines; ++i) {
      pay(zone_, 400);
      t_ += r_.between(6, 40) * kSecond;
    }
    t_ += r_.between(2, 8) * kMinute;
  }
  void clinic() {
    to(map_.of(Use::clinic, 0)[0]);
    t_ += r_.between(5, 40) * kMinute;
    if (!silent()) show(r_.one_of(map_.at(zone_, Function::clinic)), Function::clinic, Way::none);
    t_ += r_.between(10, 40) * kMinute;
  }

  /// What one does until `until`, when there is nothing to do.
  void free_time(std::int64_t until) {
    while (until - t_ > 45 * kMinute) {
      const auto dice = r_.between(0, 999);
      const auto room = until - t_;
      const std::int64_t library_share = p_.library * (exams() ? 2 : 1) / 2;
      if (dice < library_share) {
        library(until - r_.between(0, 15) * kMinute);
      } else if (dice < library_share + p_.gym / 2 && room > 2 * kHour) {
        gym();
      } else if (dice < library_share + p_.gym / 2 + p_.shops / 3) {
        shop();
        if (r_.permille(400)) home();
      } else if (dice < library_share + p_.gym / 2 + p_.shops / 3 + 30) {
        visit(p_.services[r_.below(2)]);
      } else {
        home();
        t_ += r_.between(40, 150) * kMinute;
        if (t_ > until) t_ = until;
      }
    }
  }

  bool exams() const { return day_ >= c_.calendar.exam_from && day_ < c_.calendar.exam_to; }

  void lesson(const Lesson& l, std::int64_t start) {
    const auto way = way_ms(map_, zone_, l.zone, p_.speed);
    not_before(start - r_.between(2, 14) * kMinute - way);
    to(l.zone);
    if (!silent() && !r_.permille(15)) show(l.room, Function::identity, Way::none);
    not_before(start + kLesson + r_.between(0, 5) * kMinute);
  }

  void student() {
    const int wd = weekday();
    const Group& g = c_.people->groups[p_.group];
    // Who goes home leaves on Friday afternoon and is back on Sunday evening; most weekends, not all.
    const bool away =
        p_.goes_home && Random(c_.seed, 0x776b, who_, static_cast<std::uint64_t>(day_ / 7)).permille(700);
    if (away && wd == 5) return;
    if (away && wd == 6) {
      inside_ = false;
      t_ = clock(r_.between(16 * 60, 21 * 60) * kMinute);
      zone_ = map_.of(Use::stop, p_.campus)[0];
      if (r_.permille(600)) meal(80, 180);
      home();
      return;
    }
    std::array<Lesson, 5> plan{};
    if (exams()) {
      // An exam on some days, in whatever room there is.
      Random exam(c_.seed, 0x6578, p_.group, static_cast<std::uint64_t>(day_));
      if (wd < 5 && exam.permille(600)) {
        auto& l = plan[exam.below(4)];
        l.zone = exam.one_of(map_.of(Use::teaching, p_.campus));
        l.room = exam.one_of(map_.at(l.zone, Function::identity));
      }
    } else {
      plan = (midnight_ >= g.change_at ? g.later : g.timetable)[static_cast<std::size_t>(wd)];
      for (auto& l : plan)
        if (l.zone != kNobody && r_.permille(60)) l = {}; // overslept, did not feel like it
    }
    const bool festival = day_ == c_.calendar.festival && p_.campus == 0 && r_.permille(350);
    const bool washing = r_.permille(p_.launderer ? 130 : 110);
    const bool ill = r_.permille(6);
    const bool morning = plan[0].zone != kNobody;
    t_ = clock(wd < 5 ? (morning ? 6 * kHour + 50 * kMinute : 8 * kHour) : 9 * kHour) + r_.between(0, 30) * kMinute;
    if (r_.permille(p_.breakfast) && t_ < clock(9 * kHour + 30 * kMinute)) meal(30, 90);
    if (ill) clinic();
    bool lunch = false, dinner = false;
    for (std::size_t slot = 0; slot < 5; ++slot) {
      if (plan[slot].zone == kNobody) continue;
      const auto start = clock(kLessons[slot]);
      if (slot >= 2 && !lunch) {
        noon();
        lunch = true;
      }
      if (slot == 4 && !dinner) {
        evening_meal();
        dinner = true;
      }
      free_time(start - 25 * kMinute);
      lesson(plan[slot], start);
    }
    if (!lunch && t_ < clock(14 * kHour)) noon();
    if (away && wd == 4) { // straight to the bus
      out();
      return;
    }
    if (!dinner && t_ < clock(17 * kHour + 30 * kMinute)) free_time(clock(17 * kHour));
    if (!dinner && r_.permille(850)) evening_meal();
    if (festival && t_ < clock(19 * kHour)) concert();
    if (washing && t_ < clock(21 * kHour)) laundry();
    if (t_ < clock(21 * kHour)) free_time(clock(21 * kHour + 40 * kMinute));
    if (r_.permille(p_.shops / 4) && t_ < clock(22 * kHour)) shop();
    home();
  }
  void noon() {
    not_before(clock(11 * kHour + 20 * kMinute) + r_.between(0, 50) * kMinute);
    meal(80, 200);
    if (r_.permille(p_.nap)) home();
  }
  void evening_meal() {
    not_before(clock(17 * kHour) + r_.between(0, 75) * kMinute);
    meal(80, 220);
  }
  void concert() {
    not_before(clock(18 * kHour + 20 * kMinute) + r_.between(0, 30) * kMinute);
    to(map_.of(Use::gym, 0)[0]);
    pass(Function::access, Way::in);
    not_before(clock(20 * kHour + 50 * kMinute) + r_.between(0, 20) * kMinute);
    pass(Function::access, Way::out);
  }

  void staff() {
    if (weekday() >= 5 && !r_.permille(80)) return;
    inside_ = false;
    t_ = clock(7 * kHour + 30 * kMinute) + r_.between(0, 60) * kMinute;
    pass(Function::access, Way::in);
    t_ = clock(11 * kHour + 30 * kMinute) + r_.between(0, 50) * kMinute;
    pass(Function::access, Way::out);
    if (r_.permille(800)) meal(90, 220);
    if (r_.permille(p_.shops / 3)) shop();
    go(home_);
    pass(Function::access, Way::in);
    not_before(clock(16 * kHour + 45 * kMinute) + r_.between(0, 120) * kMinute);
    pass(Function::access, Way::out);
    if (r_.permille(p_.gym)) gym();
    if (r_.permille(p_.library / 4) && t_ < clock(20 * kHour)) library(t_ + kHour);
  }

  /// Comes for part of the day.
  void visitor() {
    inside_ = false;
    const bool often = p_.role != Role::retired;
    if (!r_.permille(often ? (weekday() < 5 ? 850 : 600) : 450)) return;
    zone_ = map_.of(Use::stop, p_.campus)[0];
    t_ = clock(9 * kHour) + r_.between(0, 150) * kMinute;
    if (r_.permille(p_.shops)) shop();
    not_before(clock(11 * kHour + 30 * kMinute) + r_.between(0, 50) * kMinute);
    meal(80, 200);
    if (p_.role == Role::retired) {
      if (r_.permille(60)) clinic();
      if (r_.permille(200)) library(t_ + 2 * kHour);
      return;
    }
    if (p_.role == Role::temporary) { // works until the evening, eats and leaves
      if (r_.permille(500)) {
        not_before(clock(17 * kHour) + r_.between(0, 60) * kMinute);
        meal(80, 180);
      }
      return;
    }
    if (r_.permille(600)) library(t_ + r_.between(2, 4) * kHour);
    if (r_.permille(400)) gym();
    if (r_.permille(p_.shops)) shop();
    not_before(clock(17 * kHour) + r_.between(0, 90) * kMinute);
    if (r_.permille(700)) meal(80, 200);
  }

  const Campus& c_;
  const CampusMap& map_;
  const Person& p_;
  std::uint32_t who_;
  int day_;
  std::vector<Event>& out_;
  Random r_;
  std::int64_t midnight_, t_ = 0, left_ = 0; // left_: the last zone
  std::uint32_t home_ = 0, zone_ = 0, last_zone_ = kNobody;
  bool inside_ = true;
};

} // namespace

std::int64_t way_ms(const CampusMap& map, std::uint32_t from, std::uint32_t to, std::int64_t speed_mm_s) {
  return map.metres(from, to) * 1'000'000 / speed_mm_s;
}

void show_code(Event& scan, std::uint32_t place, Net net, std::int64_t before_ms, std::int64_t phone_clock,
               std::uint64_t nonce, std::vector<Event>& out) {
  scan.nonce = nonce;
  scan.issued = scan.at - before_ms + phone_clock;
  Event issue;
  issue.what = What::issued;
  issue.at = scan.at - before_ms;
  issue.account = scan.account;
  issue.handset = scan.handset;
  issue.nonce = nonce;
  issue.place = place;
  issue.net = net;
  issue.story = scan.story;
  out.push_back(issue);
}

void live(const Campus& campus, std::uint32_t person, int day, std::vector<Event>& out) {
  Life(campus, person, day, out).run();
}

} // namespace onecode::app::simulate
