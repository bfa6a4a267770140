// What a rule saw, as one clause for people: a form of words, and the values that fill it in. The clause is made when
// somebody reads it, in zh and en from the same values; state keeps only the values, a few bytes.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace onecode {

/// A text for people, made where the numbers are.
struct Text {
  std::string zh, en;
  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("zh", s.zh);
    v("en", s.en);
  }
};

/// Forms of words, by rule; the words stand in domain/facts.cpp. Stored by number: new ones are appended.
enum class Form : std::uint8_t {
  own, // the values are the words themselves: zh, en
  transit,
  transit_learned,
  two_places,
  passback,
  made_far,
  made_far_again,
  made_outside,
  made_outside_again,
  code_on_two_devices,
  code_stale,
  code_early,
  handset_changes,
  payment_after_change,
  alternation,
  alternation_regular,
  alternation_many,
  alternation_regular_many,
  shared_handset,
  meals_apart,
  meals,
  busy_minute,
  busy_hour,
  large_payment,
  rare_visit,
  on_leave,
  on_internship,
  abroad,
  other_places,
  other_life,
  other_people,
  check_ignored,
  check_failed,
  tip,
  turns,
  made_nearby_again,
};

struct Facts {
  Form form = Form::own;
  std::vector<std::string> values;

  Facts() = default;
  Facts(Form f, std::vector<std::string> with) : form(f), values(std::move(with)) {}
  Facts(Text own) : values{std::move(own.zh), std::move(own.en)} {}
  Facts(std::string zh, std::string en) : values{std::move(zh), std::move(en)} {}

  /// Empty where nothing was said.
  Text text() const;

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    v("form", s.form);
    v("values", s.values);
  }
};

} // namespace onecode
