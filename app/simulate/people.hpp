// Who lives here: students in groups with a timetable, staff, a few pensioners and temporary workers, and outsiders who
// have no account and appear only where somebody lets them use his.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "app/simulate/campus_map.hpp"

namespace onecode::app::simulate {

enum class Role : std::uint8_t { student, staff, retired, temporary, outsider };

/// A stretch of time in which somebody's own code is not shown: ill, away, lent out, battery empty.
struct Silence {
  std::int64_t from = 0, to = 0;
};

/// On these days a friend's account pays, where there is something to pay.
struct Borrowing {
  std::uint32_t account = kNobody;
  std::int64_t from = 0, to = 0;
  bool doors = false; // else meals and shopping
  std::uint32_t story = 0;
};

struct Person {
  Role role = Role::student;
  std::uint32_t account = kNobody; // index of the account that he shows: his own, or another's
  std::uint32_t handset = kNobody;
  std::uint32_t second_handset = kNobody; // registered
  std::uint32_t new_handset = kNobody;
  std::int64_t new_handset_from = 0;
  std::uint32_t home = 0, new_home = kNobody; // dormitory, or office of staff
  std::int64_t new_home_from = 0;
  std::uint32_t group = kNobody;
  std::uint8_t campus = 0;
  bool bicycle = false, dynamic = false; // shows dynamic codes
  bool goes_home = false, launderer = false, generous = false;
  std::int32_t speed = 1400;                                                       // mm/s
  std::uint16_t breakfast = 500, library = 300, gym = 120, shops = 350, nap = 500; // permille
  std::uint16_t missed_in = 40, missed_out = 50;
  std::int32_t phone_clock = 0; // ms that the phone is ahead, until somebody sets it right
  std::int64_t phone_clock_from = 0, phone_clock_to = 0;
  std::uint8_t retries = 0;      // permille of scans that the network swallows
  std::uint16_t mobile_days = 0; // permille of days on mobile data
  std::uint16_t early_codes = 0; // permille of codes that are opened on leaving the last place
  std::uint16_t stuck = 0; // permille of codes made while the phone still holds an access point that it has left
  std::array<std::uint32_t, 3> canteens{};
  std::array<std::uint32_t, 3> merchants{};
  std::array<std::uint32_t, 2> services{};
  std::vector<Silence> silences;
  std::vector<Borrowing> borrowings;
  std::uint32_t story = 0; // that everything he shows belongs to
  bool special = false;    // plays a part already; others look elsewhere
};

/// A lesson is two hours long, with its break; five in a day.
struct Lesson {
  std::uint32_t zone = kNobody, room = kNobody; // kNobody: free
};
using Timetable = std::array<std::array<Lesson, 5>, 7>;

struct Group {
  std::uint8_t campus = 0;
  Timetable timetable, later; // `later` from `change_at` on
  std::int64_t change_at = std::numeric_limits<std::int64_t>::max();
};

class People {
public:
  People(std::uint64_t seed, std::size_t count, const CampusMap& map);

  std::vector<Person> all;             // outsiders last; index < accounts() is also the index of the own account
  std::vector<std::string> accounts;   // ids
  std::vector<const char*> categories; // of the accounts
  std::vector<std::string> handsets;   // ids
  std::vector<Group> groups;

  std::uint32_t new_handset();
  /// Somebody who shows `account` as if it were his own.
  std::uint32_t add_outsider(std::uint32_t account, std::uint8_t campus, const CampusMap& map);

private:
  Timetable make_timetable(std::uint8_t campus, const CampusMap& map);
  void habits(Person& p, const CampusMap& map);
  Random random_;
  std::uint64_t seed_;
};

} // namespace onecode::app::simulate
