// What a rule about accounts takes from the reader: when that turns out to have been wrong, what the rule found goes. This is the
// one list of it; a rule that compares times or places and does not stand here accuses people whom nobody clears.
//   Neither    A5, A9: whose code or handset it was, whenever it was. A16, A17: what people found. A7's other half, bindings, are
//              commands, and no reader is cited for them.
#pragma once

#include "domain/rules/catalogue.hpp"

namespace onecode::rules {

enum class RestsOn : std::uint8_t { neither, time, time_and_place };

constexpr RestsOn rests_on(RuleId rule) {
  switch (rule) {
    case RuleId::A6:  // the age of a code when it was shown
    case RuleId::A7:  // a payment soon after a binding
    case RuleId::A8:  // which handset came between which
    case RuleId::A11: // how much in a minute, an hour
    case RuleId::A15: // who came just before
    case RuleId::A18: // hours of the day
      return RestsOn::time;
    case RuleId::A1:
    case RuleId::A2:
    case RuleId::A3:
    case RuleId::A4: // far from where the code was made; late is a time
    case RuleId::A10:
    case RuleId::A12:
    case RuleId::A13: // here, while away
    case RuleId::A14:
      return RestsOn::time_and_place;
    default:
      return RestsOn::neither;
  }
}

constexpr bool rests_on_reader(RuleId rule) { return rests_on(rule) != RestsOn::neither; }

/// Two readers, or a reader and the maker of the code, cannot both be right: where that happens to several people it is the
/// reader's fault (domain/device_trust.hpp). The others of the list say nothing of who is wrong.
constexpr bool contradicts_reader(RuleId rule) {
  return rule == RuleId::A1 || rule == RuleId::A2 || rule == RuleId::A4;
}

} // namespace onecode::rules
