#include "domain/reason_words.hpp"

#include <array>

namespace onecode {
namespace {

struct Entry {
  Reason reason;
  ReasonWords words;
};

const std::array<Entry, kReasons>& entries() {
  static const std::array<Entry, kReasons> all{{
      {Reason::NOT_ELIGIBLE,
       {{"该账户当时不能在此使用:尚未到启用日期,或者该处只供测试账户使用,或者是测试账户用在了测试之外的地方",
         "the account could not be used there at that time: its first day had not come, only test accounts were "
         "served there, "
         "or it is a test account outside of a test"},
        {"尚未启用的,到启用日期即可使用,日期有误可向开户部门申请更正;该处只供测试的,请使用其他途径。",
         "Before its first day: wait for it, or ask the office that opened the account to correct a wrong date. "
         "Where only "
         "test accounts are served: use another way."}}},
      {Reason::ACCOUNT_UNKNOWN,
       {{"没有以此编号开立的账户", "no account was opened under this id"},
        {"请到服务点核对身份并办理开户。", "Go to a service point, show who you are and have an account opened."}}},
      {Reason::ACCOUNT_FROZEN,
       {{"账户上有一项冻结,该功能在冻结范围内", "the account has a hold, and this function is among those it blocks"},
        {"每项冻结各有其原因、期限和救济途径,一并列出;每项冻结各自解除。",
         "Each hold has a reason, an end and a remedy of its own, which stand with it; each ends by itself."}}},
      {Reason::ACCOUNT_CANCELLED,
       {{"账户已注销", "the account was cancelled"},
        {"如认为注销有误,请在规定期限内向信息中心申诉。",
         "If you think that this is wrong, appeal to the information centre within the time that the regulation "
         "gives."}}},
      {Reason::ACCOUNT_EXPIRED,
       {{"账户的有效期已过", "the account's term had ended"},
        {"仍在校的,请向开户部门申请延长有效期。",
         "If you still belong to the university, ask the office that opened the account to extend its term."}}},
      {Reason::NO_ENTITLEMENT,
       {{"这一类账户未获准使用该功能", "accounts of this category are not allowed to use this function"},
        {"确需使用的,请向主管部门申请;类别登记有误的,请申请更正。",
         "If you need it, ask the department in charge; if your category is recorded wrongly, ask for a "
         "correction."}}},
      {Reason::DEVICE_UNKNOWN,
       {{"该读码设备未登记,任何人都不能在此使用", "this reader is not registered, so nobody can use it"},
        {"这与您本人无关:请到其他设备刷码,并请设备的责任单位登记。",
         "This is not about you: use another reader, and tell the unit that answers for this one."}}},
      {Reason::DEVICE_NOT_ACTIVE,
       {{"该读码设备当时未启用:未完成认证或安装,认证已到期,或者正在维护",
         "this reader was not in service: not certified or installed yet, its certificate has run out, or it is "
         "being "
         "maintained"},
        {"这与您本人无关:请到其他设备刷码,或联系设备的责任单位。",
         "This is not about you: use another reader, or ask the unit that answers for this one."}}},
      {Reason::DEVICE_QUARANTINED,
       {{"该读码设备已被隔离停用:它的记录有疑点,在查清之前不采信",
         "this reader was taken out of use: something about what it sends is not right, and until that is cleared up "
         "it is "
         "not believed"},
        {"这与您本人无关:请到其他设备刷码。设备的责任单位可向信息中心提出异议,查清后由信息中心解除隔离。",
         "This is not about you: use another reader. The unit that answers for it may object to the information "
         "centre, "
         "which releases it once the matter is cleared up."}}},
      {Reason::DEVICE_BAD_MAC,
       {{"这条记录没有该设备的有效校验码,无法证明是它发出的",
         "the record lacks the reader's valid check code, so nothing shows that this reader sent it"},
        {"这与您本人无关:请到其他设备刷码,并告知设备的责任单位检查密钥。",
         "This is not about you: use another reader, and tell the unit that answers for this one to check its "
         "key."}}},
      {Reason::INTEGRATION_NOT_LIVE,
       {{"该设备所属的接入系统尚未上线,或者已被暂停接入",
         "the system that this reader belongs to is not live yet, or its access was suspended"},
        {"这与您本人无关:请使用其他途径,或联系该系统的责任单位。",
         "This is not about you: use another way, or ask the unit that answers for the system."}}},
      {Reason::INTEGRATION_TERMINATED,
       {{"该设备所属的接入系统已被终止接入", "the system that this reader belongs to was cut off"},
        {"这与您本人无关:请使用其他途径;事项由该系统的责任单位处理。",
         "This is not about you: use another way; the unit that answers for the system has to settle the matter."}}},
      {Reason::OUT_OF_SCOPE,
       {{"该接入系统未获准在此提供这项服务:功能、地点、时间或人员类别超出其已批准的对接方案",
         "the system is not approved for this: the function, place, hour or category of people is outside of its "
         "approved "
         "plan"},
        {"如认为应当提供,请向该系统的责任单位反映,由其申请变更方案。",
         "If you think that it should serve you, tell the unit that answers for the system; it can apply for a "
         "change of its "
         "plan."}}},
      {Reason::CODE_INVALID,
       {{"出示的码不是有效的一码通动态码,或者设备与发码端的时间相差过大",
         "what was shown is no valid code, or the clocks of reader and issuer are too far apart"},
        {"请在官方应用中重新生成动态码后再出示。", "Make a new code in the official app and show that."}}},
      {Reason::CODE_UNKNOWN_ISSUER,
       {{"出示的码不是由学校认可的发码端生成的", "the code was not made by an issuer that the university recognises"},
        {"请使用学校官方应用生成的动态码。", "Use a code from the university's own app."}}},
      {Reason::CODE_EXPIRED,
       {{"出示的动态码已经过期", "the code had expired when it was shown"},
        {"请刷新动态码后立即出示,不要使用截图。", "Refresh the code and show it at once; do not use a screenshot."}}},
      {Reason::CODE_REPLAYED,
       {{"出示的动态码此前已经用过,每个动态码只能使用一次",
         "the code had been used before, and each code is good for one use"},
        {"请刷新动态码后再出示,不要使用截图,也不要转发给他人。",
         "Refresh the code and show the new one; do not use a screenshot, and do not pass it on."}}},
      {Reason::CHALLENGE_REQUIRED,
       {{"须先核验本人:此前的记录显示该账户可能由他人使用",
         "the person has to be checked first: earlier records suggest that somebody else may use this account"},
        {"请按提示在现场或官方应用中完成本人核验,通过后即可照常使用。如有异议,可向信息中心提出。",
         "Complete the check of the person on the spot or in the official app; then use goes on as before. You may "
         "object to "
         "the information centre."}}},
      {Reason::ENGINE_FAULT,
       {{"系统处理这条记录时出错,没有得出正常结论",
         "the engine failed on this record and came to no proper conclusion"},
        {"这与您本人无关:请再刷一次;仍然失败的,请告知信息中心。",
         "This is not about you: try once more, and tell the information centre if it fails again."}}},
  }};
  return all;
}

} // namespace

const ReasonWords& words_of(Reason reason) { return entries().at(static_cast<std::size_t>(reason)).words; }

} // namespace onecode
