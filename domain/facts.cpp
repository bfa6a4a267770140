#include "domain/facts.hpp"

#include <array>
#include <string_view>

namespace onecode {
namespace {

struct Words {
  Form form;
  std::string_view zh, en; // {n}: the value n
};

constexpr std::array kWords = {
    Words{Form::own, "{0}", "{1}"},
    // A1: seconds, zone, zone, metres, seconds
    Words{Form::transit, "在 {0} 秒内先后出现在 {1} 和 {2},两处相距 {3} 米",
          "the code was shown at {1} and {0} s later at {2}, {3} m away"},
    Words{Form::transit_learned, "在 {0} 秒内先后出现在 {1} 和 {2},两处相距 {3} 米,而最快的人也要 {4} 秒",
          "the code was shown at {1} and {0} s later at {2}, {3} m away, where the fastest people take {4} s"},
    // A2: zone, zone
    Words{Form::two_places, "几乎同时出现在 {0} 和 {1} 的两台设备",
          "the code was shown at the same moment to devices in {0} and {1}"},
    // A3: zone, minutes
    Words{Form::passback, "进入 {0} 后未见离开,相隔 {1} 分钟再次进入",
          "the code entered {0} again after {1} min without having left"},
    // A4: zone, seconds, metres, zone
    Words{Form::made_far, "动态码在 {0} 生成,{1} 秒后在 {2} 米外的 {3} 出示",
          "its code was made at {0} and shown {1} s later at {3}, {2} m away"},
    Words{Form::made_far_again, "动态码在 {0} 生成,{1} 秒后在 {2} 米外的 {3} 出示,且不止一次明显晚于其惯常",
          "its code was made at {0} and shown {1} s later at {3}, {2} m away, and more than one came later than this "
          "person ever needs"},
    // A4: seconds, zone
    Words{Form::made_outside, "动态码在校外网络生成,{0} 秒后在校内 {1} 出示",
          "its code was made in a network outside the campus and shown {0} s later at {1}"},
    Words{Form::made_outside_again, "动态码在校外网络生成,{0} 秒后在校内 {1} 出示,且不止一次明显晚于其惯常",
          "its code was made in a network outside the campus and shown {0} s later at {1}, and more than one came "
          "later "
          "than this person ever needs"},
    // A5: device, device
    Words{Form::code_on_two_devices, "同一动态码先后在设备 {0} 和 {1} 上出示",
          "one dynamic code was shown to the devices {0} and {1}"},
    // A6: seconds, seconds
    Words{Form::code_stale, "动态码已生成 {0} 秒,有效期仅 {1} 秒",
          "a code {0} s old was shown, it is good for {1} s"},
    Words{Form::code_early, "动态码的生成时间晚于出示时间 {0} 秒", "a code was shown {0} s before it was made"},
    // A7: days, how many; minutes, yuan
    Words{Form::handset_changes, "{0} 天内换绑手机 {1} 次", "its handset was changed {1} times in {0} days"},
    Words{Form::payment_after_change, "换绑手机 {0} 分钟后消费 {1} 元",
          "a payment of {1} yuan {0} min after its handset was changed"},
    // A8: hours, handset, handset
    Words{Form::alternation, "{0} 小时内手机 {1}、{2}、{1} 交替出示",
          "the code was shown by the handsets {1}, {2} and {1} again within {0} h"},
    Words{Form::alternation_regular, "{0} 小时内手机 {1}、{2}、{1} 交替出示,且连日如此",
          "the code was shown by the handsets {1}, {2} and {1} again within {0} h, as on several days before"},
    Words{Form::alternation_many, "{0} 小时内手机 {1}、{2}、{1} 交替出示,其间还有别的手机",
          "the code was shown by the handsets {1}, {2} and {1} again within {0} h, and by others between"},
    Words{Form::alternation_regular_many, "{0} 小时内手机 {1}、{2}、{1} 交替出示,且连日如此,其间还有别的手机",
          "the code was shown by the handsets {1}, {2} and {1} again within {0} h, as on several days before, and by "
          "others between"},
    // A9: days, handset, how many
    Words{Form::shared_handset, "{0} 天内手机 {1} 出示过 {2} 个账户的码",
          "the handset {1} showed the codes of {2} accounts within {0} days"},
    // A10: how many
    Words{Form::meals_apart, "同一餐次在不同地点就餐消费 {0} 次",
          "{0} meals were paid at different places at one mealtime"},
    Words{Form::meals, "同一餐次消费 {0} 份", "{0} meals were paid at one mealtime"},
    // A11: how many; fen, fen
    Words{Form::busy_minute, "一分钟内出示超过 {0} 次", "the code was shown more than {0} times in one minute"},
    Words{Form::busy_hour, "一小时内出示超过 {0} 次", "the code was shown more than {0} times in one hour"},
    Words{Form::large_payment, "单笔消费 {0} 分,远高于平时的 {1} 分",
          "a payment of {0} fen, far above the usual {1} fen"},
    // A12: zone, how many
    Words{Form::rare_visit, "出现的时间和地点({0})在此前 {1} 次到访中极少见",
          "the time and place ({0}) are rare among the {1} visits before"},
    // A13
    Words{Form::on_leave, "登记本人请假期间在校内使用",
          "the code was used on campus while its holder is on record as on leave"},
    Words{Form::on_internship, "登记本人实习期间在校内使用",
          "the code was used on campus while its holder is on record as on an internship"},
    Words{Form::abroad, "登记本人出国(境)期间在校内使用",
          "the code was used on campus while its holder is on record as abroad"},
    // A14: how many, how many, percent
    Words{
        Form::other_places, "更换手机后的 {0} 次到访中仅 {1} 次在原来最常去的地方(此前占 {2}%),其余去处也已不同",
        "of the {0} visits since its handset changed only {1} were where its holder used to be most (before: {2} %), "
        "and the others differ as well"},
    Words{Form::other_life, "更换手机的同时,使用的时间和地点也整体改变",
          "the times and places of its use changed together with its handset"},
    // A15
    Words{Form::other_people, "此前两周的同行人近两周不再出现,换成了另一群人",
          "the people whom its holder used to walk with are gone for two weeks, and others have taken their place"},
    // A16: how many
    Words{Form::check_ignored, "本人核验未予理会", "a check of the person was ignored"},
    Words{Form::check_failed, "本人核验连续 {0} 次未通过", "a check of the person failed {0} times in a row"},
    // A17: thousandths
    Words{Form::tip, "收到签名举报或现场查验报告(可信度 {0})",
          "a signed report or guard check (reliability {0} of 1000)"},
    // A18: how many, days
    Words{Form::turns, "{0} 部手机在 {1} 天里各按固定时段轮流出示",
          "{0} handsets have taken turns at fixed hours for {1} days"},
    // A4: zone, seconds, zone
    Words{Form::made_nearby_again, "动态码在 {0} 生成,{1} 秒后在 {2} 出示,且不止一次明显晚于其惯常",
          "its code was made at {0} and shown {1} s later at {2}, and more than one came later than this person ever "
          "needs"},
};

constexpr bool by_number() {
  for (std::size_t i = 0; i < kWords.size(); ++i)
    if (kWords[i].form != static_cast<Form>(i)) return false;
  return kWords.back().form == Form::made_nearby_again;
}
static_assert(by_number());

std::string filled(std::string_view words, const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != '{') {
      out += words[i];
      continue;
    }
    if (const auto n = static_cast<std::size_t>(words[i + 1] - '0'); n < values.size()) out += values[n];
    i += 2;
  }
  return out;
}

} // namespace

Text Facts::text() const {
  const auto& words = kWords.at(static_cast<std::size_t>(form));
  return {filled(words.zh, values), filled(words.en, values)};
}

} // namespace onecode
