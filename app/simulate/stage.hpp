// Everything that one simulated campus is made of, and the stories played on it: who misuses what, who only looks like it,
// which device is out of order. A story changes people and devices before the first day (silences, borrowings, looks) and may
// add events of its own every day.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/simulate/day.hpp"

namespace onecode::app::simulate {

struct Options {
  std::uint64_t seed = 1;
  std::size_t people = 1000;
  int days = 28;
  std::set<std::string> scenarios; // kinds of misuse; empty: all; "none": none
};

/// A line of the truth file.
struct Story {
  enum Type : std::uint8_t { misuse, look_alike, fault, approved } type = misuse;
  std::string scenario, act, subject;
  std::int64_t from = std::numeric_limits<std::int64_t>::max(), to = 0, evident = 0;
};

/// The kinds of misuse, in the words of the truth file, with the act or clause that each is.
struct Kind {
  const char* name;
  const char* act;
};
const std::vector<Kind>& misuse_kinds();

class Stage {
public:
  explicit Stage(const Options& options);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const Options options;
  CampusMap map;
  People people;
  Campus campus;
  Random random;
  std::vector<Story> stories; // number 1 is the first
  std::vector<std::string> canaries;
  std::vector<Finished> finished;
  /// Per integration that reads data: who used it on the day before.
  std::vector<std::vector<std::uint32_t>> users;
  using Act = std::function<void(int day, std::vector<Event>& out)>;
  std::vector<Act> acts;

  std::uint32_t story(Story::Type type, std::string scenario, std::string act, std::string subject);
  void seen(std::uint32_t story, std::int64_t at);
  /// Before this nobody could know.
  void evident(std::uint32_t story, std::int64_t at);

  bool wants(std::string_view kind) const;
  /// How many cases among so many people.
  std::size_t cases(std::size_t per_thousand) const;
  /// The same for devices and integrations, of which a small town needs as many kinds as a big one.
  std::size_t device_cases() const;
  /// Somebody who plays no part yet, and now does.
  std::optional<std::uint32_t> pick(const std::function<bool(const Person&)>& fits);
  /// The night before which it starts, with room for `length` days: three of four after the second week, because misuse
  /// does not wait for the term to begin, and what it looks like is only known when habits are.
  int pick_day(int length);
  std::vector<Event> itinerary(std::uint32_t person, int day) const;
  Event scan(std::int64_t at, std::uint32_t account, std::uint32_t handset, std::uint32_t device, Function f, Way way,
             std::int32_t amount, std::uint32_t story) const;
  Event command(std::int64_t at, std::string_view name, const std::string& target, std::string_view role,
                const std::string& actor, std::string args);
  Event data_access(std::int64_t at, std::uint32_t integration, std::string_view endpoint, std::string_view fields,
                    const std::vector<std::string>& subjects, std::string_view operation, std::int64_t not_found,
                    std::uint32_t story);
  std::int64_t midnight(int day) const { return campus.calendar.midnight(day); }
  std::int64_t end() const { return midnight(options.days); }
  std::string account_subject(std::uint32_t account) const { return "account:" + people.accounts[account]; }

private:
  Event record(std::int64_t at, Topic topic, std::string key, std::string value);
  std::uint64_t records_ = 0;
};

void plan_account_misuse(Stage& stage);
void plan_device_misuse(Stage& stage);
void plan_data_access(Stage& stage);
void plan_look_alikes(Stage& stage);
void plan_faults(Stage& stage);
/// What stands in the file before the first day, in order.
std::string policy_document(const Stage& stage);
std::vector<Event> registration(Stage& stage);

} // namespace onecode::app::simulate
