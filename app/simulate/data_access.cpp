// What the small services read about people: every night whom they served the day before, by day a few look-ups at the desk;
// and those that take more than they declared.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "app/simulate/stage.hpp"

namespace onecode::app::simulate {
namespace {

constexpr std::size_t kPage = 200; // subjects in one request
constexpr const char* kDeclared = R"("account","category")";

std::vector<std::string> names(const Stage& s, const std::vector<std::uint32_t>& accounts) {
  std::vector<std::string> out;
  for (const auto a : accounts) out.push_back(s.people.accounts[a]);
  return out;
}

/// In pages, a few seconds apart.
void read(Stage& s, std::int64_t at, std::uint32_t integration, std::string_view fields,
          const std::vector<std::string>& all, std::string_view operation, std::uint32_t story,
          std::vector<Event>& out) {
  for (std::size_t i = 0; i < all.size(); i += kPage) {
    const std::vector<std::string> page(all.begin() + static_cast<std::ptrdiff_t>(i),
                                        all.begin() + static_cast<std::ptrdiff_t>(std::min(i + kPage, all.size())));
    out.push_back(s.data_access(at, integration, "/v1/persons", fields, page, operation, 0, story));
    at += 4 * kSecond;
  }
}

class Plan {
public:
  explicit Plan(Stage& s) : s_(s) {}

  void all() {
    for (const auto& v : s_.map.venues)
      if (v.service) honest(v.integration);
    each("harvest-fields", [&](std::uint32_t i, std::uint32_t n, int day) { fields(i, n, day); });
    each("harvest-volume", [&](std::uint32_t i, std::uint32_t n, int day) { volume(i, n, day); });
    each("harvest-strangers", [&](std::uint32_t i, std::uint32_t n, int day) { strangers(i, n, day); });
    each("enumeration", [&](std::uint32_t i, std::uint32_t n, int day) { enumeration(i, n, day); });
    each("canary", [&](std::uint32_t i, std::uint32_t n, int day) { canary(i, n, day); });
  }

private:
  template <class F>
  void each(const char* kind, F&& tell) {
    for (std::size_t i = 0; i < s_.device_cases(); ++i) {
      const int day = s_.pick_day(5);
      if (!s_.wants(kind)) continue;
      for (auto& v : s_.map.venues) {
        if (!v.service || v.taken) continue;
        v.taken = true;
        tell(v.integration,
             s_.story(Story::misuse, kind, "11(4)", "integration:" + s_.map.integrations[v.integration].id), day);
        break;
      }
    }
  }

  void honest(std::uint32_t integration) {
    const auto minute = s_.random.between(120, 290); // after the backup
    s_.acts.push_back([this_ = &s_, integration, minute](int day, std::vector<Event>& out) {
      auto& s = *this_;
      const auto& users = s.users[integration];
      if (users.empty()) return;
      read(s, s.midnight(day) + minute * kMinute, integration, kDeclared, names(s, users), "read", 0, out);
      if (day % 7 >= 5) return;
      Random r(s.options.seed, 0x6c6f6f, integration, static_cast<std::uint64_t>(day));
      for (auto n = r.between(0, 4); n > 0; --n) // somebody stands at the desk and asks
        out.push_back(s.data_access(s.midnight(day) + r.between(8 * 60 + 30, 17 * 60) * kMinute, integration,
                                    "/v1/persons", kDeclared, {s.people.accounts[r.one_of(users)]}, "read", 0, 0));
    });
  }

  /// The developers wanted to "know the users better".
  void fields(std::uint32_t integration, std::uint32_t number, int from) {
    s_.acts.push_back([this_ = &s_, integration, number, from](int day, std::vector<Event>& out) {
      auto& s = *this_;
      Random r(s.options.seed, 0x666965, integration, static_cast<std::uint64_t>(day));
      if (day < from || s.users[integration].empty() || !r.permille(700)) return;
      read(s, s.midnight(day) + 5 * kHour, integration, R"("account","category","phone","transactions")",
           names(s, s.users[integration]), r.permille(500) ? "store" : "read", number, out);
    });
  }

  /// A copy of the whole register, some nights.
  void volume(std::uint32_t integration, std::uint32_t number, int from) {
    s_.acts.push_back([this_ = &s_, integration, number, from](int day, std::vector<Event>& out) {
      auto& s = *this_;
      Random r(s.options.seed, 0x766f6c, integration, static_cast<std::uint64_t>(day));
      if (day < from || day > from + 6 || (day != from && !r.permille(500))) return;
      std::vector<std::string> some;
      const auto step = 1 + s.options.people / 6000; // what one night allows
      for (std::size_t i = r.below(step); i < s.options.people; i += step) some.push_back(s.people.accounts[i]);
      for (std::size_t i = some.size(); i > 1; --i) std::swap(some[i - 1], some[r.below(i)]);
      read(s, s.midnight(day) + kHour, integration, kDeclared, some, "export", number, out);
    });
  }

  /// Within what was declared, but people who never came: addresses for advertising, a list for a friend's firm.
  void strangers(std::uint32_t integration, std::uint32_t number, int from) {
    const auto share = s_.random.between(450, 800);
    s_.acts.push_back([this_ = &s_, integration, number, from, share](int day, std::vector<Event>& out) {
      auto& s = *this_;
      if (day < from) return;
      Random r(s.options.seed, 0x737472, integration, static_cast<std::uint64_t>(day));
      std::vector<std::string> some;
      for (auto n = s.map.integrations[integration].subjects_per_day * share / 1000; n > 0; --n)
        some.push_back(s.people.accounts[r.below(s.options.people)]);
      std::sort(some.begin(), some.end());
      some.erase(std::unique(some.begin(), some.end()), some.end());
      for (std::size_t i = some.size(); i > 1; --i) std::swap(some[i - 1], some[r.below(i)]);
      read(s, s.midnight(day) + 4 * kHour + 30 * kMinute, integration, kDeclared, some, "read", number, out);
    });
  }

  /// A script that tries numbers: one after the other, or so that it does not look like that.
  enum class Order : std::uint8_t { in_order, shuffled, pairs, among_others };

  void enumeration(std::uint32_t integration, std::uint32_t number, int day) {
    const bool again = s_.random.permille(500);
    s_.acts.push_back([this_ = &s_, integration, number, day, again](int today, std::vector<Event>& out) {
      if (today != day && !(again && today == day + 2)) return;
      auto& s = *this_;
      Random r(s.options.seed, 0x656e75, integration, static_cast<std::uint64_t>(today));
      const auto people = static_cast<std::int64_t>(s.options.people);
      auto at = s.midnight(today) + r.between(18 * 60, 23 * 60) * kMinute;
      const auto first = r.between(0, people);
      std::vector<std::int64_t> ids(static_cast<std::size_t>(r.between(120, 400)));
      std::iota(ids.begin(), ids.end(), first);
      const auto order = static_cast<Order>(Random(s.options.seed, 0x776179, integration).below(4));
      Random w(s.options.seed, 0x776179, integration, static_cast<std::uint64_t>(today) + 1);
      if (order == Order::shuffled)
        for (std::size_t i = ids.size(); i > 1; --i) std::swap(ids[i - 1], ids[w.below(i)]);
      if (order == Order::among_others) // as if for other reasons: every second one is somebody else
        for (std::size_t i = ids.size(); i > 0; --i)
          ids.insert(ids.begin() + static_cast<std::ptrdiff_t>(i), w.between(0, people - 1));
      const std::size_t each = order == Order::pairs ? 2 : 1;
      for (std::size_t i = 0; i < ids.size(); i += each) {
        at += r.between(300, 1500);
        std::vector<std::string> asked;
        std::int64_t nobody = 0;
        for (std::size_t k = i; k < std::min(i + each, ids.size()); ++k) {
          asked.push_back(fmt::format("a-{:06}", ids[k]));
          nobody += ids[k] >= people;
        }
        out.push_back(s.data_access(at, integration, "/v1/persons", kDeclared, asked, "read", nobody, number));
      }
    });
  }

  /// Somebody who exists only on paper is read along with the others: nobody who comes to the desk can have his number.
  void canary(std::uint32_t integration, std::uint32_t number, int from) {
    s_.acts.push_back([this_ = &s_, integration, number, from](int day, std::vector<Event>& out) {
      auto& s = *this_;
      if (day != from && day != from + 3) return;
      Random r(s.options.seed, 0x63616e, integration, static_cast<std::uint64_t>(day));
      auto some = names(s, s.users[integration]);
      some.push_back(r.one_of(s.canaries));
      read(s, s.midnight(day) + 5 * kHour + 20 * kMinute, integration, kDeclared, some, "read", number, out);
    });
  }

  Stage& s_;
};

} // namespace

void plan_data_access(Stage& stage) { Plan(stage).all(); }

} // namespace onecode::app::simulate
