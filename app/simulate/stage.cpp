#include "app/simulate/stage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/signing.hpp"

namespace onecode::app::simulate {
namespace {

constexpr std::int64_t kMonday = 1'772'380'800'000; // 2026-03-02T00:00:00+08:00
/// Device kinds with a merchant of their own, kinds of data misuse with a service of their own.
constexpr std::size_t kMerchantKinds = 8, kServiceKinds = 5;

std::size_t small_cases(std::size_t people) { return std::clamp<std::size_t>(people / 75, 1, 5); }

} // namespace

const std::vector<Kind>& misuse_kinds() {
  static const std::vector<Kind> kinds{
      {"lend-once", "lend"},
      {"lend-regular", "lend"},
      {"rent", "rent"},
      {"transfer", "transfer"},
      {"pledge", "pledge"},
      {"relay-regular", "relay"},
      {"relay-once", "relay"},
      {"copy", "copy"},
      {"collusion", "collusion"},
      {"uncertified", "11(1)"},
      {"cloned", "11(1)"},
      {"premature", "6"},
      {"tampered", "11(1)"},
      {"moved", "11(1)"},
      {"rerouted", "11(2)"},
      {"lent-device", "11(3)"},
      {"harvest-fields", "11(4)"},
      {"harvest-volume", "11(4)"},
      {"harvest-strangers", "11(4)"},
      {"enumeration", "11(4)"},
      {"canary", "11(4)"},
  };
  return kinds;
}

Stage::Stage(const Options& o)
    : options(o),
      map(o.seed, o.people, kMerchantKinds * small_cases(o.people) + 8 + o.people / 800,
          kServiceKinds * small_cases(o.people) + 5),
      people(o.seed, o.people, map),
      random(o.seed, 0x737461) {
  campus.seed = o.seed;
  campus.calendar.start = kMonday;
  campus.calendar.days = o.days;
  if (o.days >= 21) { // the last whole week
    campus.calendar.exam_to = o.days / 7 * 7;
    campus.calendar.exam_from = campus.calendar.exam_to - 7;
  }
  if (o.days > 5) campus.calendar.festival = o.days > 11 ? 11 : 4; // a Friday
  campus.map = &map;
  campus.people = &people;
  users.resize(map.integrations.size());
  for (auto& i : map.integrations)
    if (i.data) i.subjects_per_day = static_cast<std::uint32_t>(std::max<std::size_t>(100, o.people / 10));
  for (int i = 0; i < 3; ++i) canaries.push_back(fmt::format("a-{:06}", o.people + 17 + i * 31));

  plan_account_misuse(*this);
  plan_device_misuse(*this);
  plan_data_access(*this);
  plan_look_alikes(*this);
  plan_faults(*this);
}

std::uint32_t Stage::story(Story::Type type, std::string scenario, std::string act, std::string subject) {
  Story s;
  s.type = type;
  s.scenario = std::move(scenario);
  s.act = std::move(act);
  s.subject = std::move(subject);
  stories.push_back(std::move(s));
  return static_cast<std::uint32_t>(stories.size());
}

void Stage::seen(std::uint32_t number, std::int64_t at) {
  if (number == 0) return;
  auto& s = stories[number - 1];
  s.from = std::min(s.from, at);
  s.to = std::max(s.to, at);
}

void Stage::evident(std::uint32_t number, std::int64_t at) {
  auto& s = stories[number - 1];
  s.evident = s.evident == 0 ? at : std::min(s.evident, at);
}

bool Stage::wants(std::string_view kind) const {
  return options.scenarios.empty() || options.scenarios.contains(std::string(kind));
}

std::size_t Stage::cases(std::size_t per_thousand) const {
  const std::size_t least = std::clamp<std::size_t>(options.people / 70, 1, 4);
  return std::max(least, options.people * per_thousand / 1000);
}

std::size_t Stage::device_cases() const { return small_cases(options.people); }

std::optional<std::uint32_t> Stage::pick(const std::function<bool(const Person&)>& fits) {
  const auto n = static_cast<std::uint64_t>(options.people);
  const auto first = random.below(n);
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto index = static_cast<std::uint32_t>((first + i) % n);
    auto& p = people.all[index];
    if (p.special || !fits(p)) continue;
    p.special = true;
    return index;
  }
  return std::nullopt;
}

int Stage::pick_day(int length) {
  const int last = std::max(1, options.days - length);
  if (last > 14 && random.permille(750)) return static_cast<int>(random.between(14, last));
  return static_cast<int>(random.between(std::min(1, last), std::min(13, last)));
}

std::vector<Event> Stage::itinerary(std::uint32_t person, int day) const {
  std::vector<Event> out;
  live(campus, person, day, out);
  return out;
}

Event Stage::scan(std::int64_t at, std::uint32_t account, std::uint32_t handset, std::uint32_t device, Function f,
                  Way way, std::int32_t amount, std::uint32_t number) const {
  Event e;
  e.at = at;
  e.account = account;
  e.handset = handset;
  e.device = device;
  e.function = f;
  e.way = way;
  e.amount = amount;
  e.story = number;
  if (map.devices[device].clerks > 0) e.clerk = static_cast<std::uint16_t>(device * 2 + 1);
  return e;
}

Event Stage::record(std::int64_t at, Topic topic, std::string key, std::string value) {
  Finished f;
  f.topic = topic;
  f.key = std::move(key);
  f.value = std::move(value);
  finished.push_back(std::move(f));
  Event e;
  e.what = What::record;
  e.at = at;
  e.place = static_cast<std::uint32_t>(finished.size() - 1);
  return e;
}

Event Stage::command(std::int64_t at, std::string_view name, const std::string& target, std::string_view role,
                     const std::string& actor, std::string args) {
  CommandDraft draft;
  draft.source = "/simulation/offices";
  draft.id = fmt::format("command-{}", ++records_);
  draft.time = Time{at};
  draft.name = name;
  draft.target = target;
  draft.actor = actor;
  draft.role = role;
  draft.nonce = fmt::format("{:016x}", mixed(mixed(options.seed ^ 0x6e6f) + records_));
  draft.args_json = std::move(args);
  return record(at, Topic::commands, target, command_event(draft, nullptr));
}

Event Stage::data_access(std::int64_t at, std::uint32_t integration, std::string_view endpoint,
                         std::string_view fields, const std::vector<std::string>& subjects,
                         std::string_view operation, std::int64_t not_found, std::uint32_t number) {
  const auto& id = map.integrations[integration].id;
  const auto n = ++records_;
  std::string value = fmt::format(
      R"({{"specversion":"1.0","id":"read-{}","source":"/gateways/api","type":"onecode.data-access.v1","time":"{}","data":{{"integration":"{}","request":"q-{}","endpoint":"{}","fields":[{}],"operation":"{}","operator":"{}-robot","subjects":[)",
      n, format_time(Time{at}), id, n, endpoint, fields, operation, id);
  for (std::size_t i = 0; i < subjects.size(); ++i) value += fmt::format("{}\"{}\"", i > 0 ? "," : "", subjects[i]);
  value += fmt::format("],\"result_count\":{},\"not_found_count\":{}}}}}",
                       static_cast<std::int64_t>(subjects.size()) - not_found, not_found);
  Event e = record(at, Topic::data_access, id, std::move(value));
  e.story = number;
  return e;
}

} // namespace onecode::app::simulate
