// The documents that an integration keeps, and when they are reviewed (Article 7; R7.1).
#include <algorithm>

#include "domain/explain.hpp"
#include "domain/integration_procedures.hpp"

namespace onecode {
namespace {

constexpr std::string_view kRemindTimer = "document-remind:"; // document-remind:<days>:<document>
constexpr std::string_view kDueTimer = "document-due:";
constexpr std::int64_t kReviewReminders[] = {30, 7};

using Document = IntegrationState::Document;

const Document* find_document(const IntegrationState& i, std::string_view name) {
  const auto it = std::ranges::find(i.procedures.documents, name, &Document::document);
  return it == i.procedures.documents.end() ? nullptr : &*it;
}

void remind(const IntegrationState& i, const Document& d, std::string_view kind, const Text& what, Effects& out) {
  tell(i,
       {kind,
        "7",
        {"接入系统 " + i.id + " 的文件 " + d.document + what.zh + "。",
         "The document " + d.document + " of the integration " + i.id + " " + what.en + "."},
        d.review_due,
        "复核后重新备案(integration.document.file)。 / Review it and file it anew (integration.document.file)."},
       out);
}

} // namespace

void apply(IntegrationState& i, const Command& command, const IntegrationDocumentFile& args, const Context& context,
           Effects& out) {
  if (!valid_id(args.document)) return bad_field(out, "文件名 document 无效", "args.document is not an identifier");
  if (args.review_due <= context.now)
    return bad_field(out, "复核日期 review_due 已过", "args.review_due is in the past");
  auto& documents = i.procedures.documents;
  auto it = std::ranges::find(documents, args.document, &Document::document);
  if (it == documents.end()) {
    if (documents.size() == IntegrationState::Procedures::kMaxDocuments)
      return bad_field(out, "备案文件过多", "the integration has too many documents");
    it = documents.emplace(documents.end());
    it->document = args.document;
  }
  it->review_due = args.review_due;
  it->hash = args.hash.value_or("");
  it->filed = ref(command.origin);
  i.dirty.procedures = true;
  for (const auto n : kReviewReminders) {
    const Time at = args.review_due - days(n);
    out.timers.push_back({std::string(kRemindTimer) + std::to_string(n) + ':' + args.document,
                          at > context.now ? std::optional(at) : std::nullopt});
  }
  out.timers.push_back({std::string(kDueTimer) + args.document, args.review_due});
  publish_status(i, out);
  // The finding is about overdue documents: with the last of them reviewed it closes.
  if (std::ranges::all_of(documents, [&](const Document& d) { return d.review_due > context.now; }))
    close_finding(subject(i), RuleId::R7_1, context.now,
                  {"已复核并重新备案,予以关闭。", "Reviewed and filed anew, closed."}, context, out);
}

bool documents_still_overdue(IntegrationState& i, const msg::TimerFired& timer, Effects& out) {
  if (timer.name != "quiet:R7.1" || i.record.life == IntegrationLife::retired) return false;
  if (std::ranges::none_of(i.procedures.documents, [&](const Document& d) { return d.review_due <= timer.due; }))
    return false;
  out.timers.push_back({timer.name, timer.due + kQuiet});
  return true;
}

bool document_timer(IntegrationState& i, const msg::TimerFired& timer, const Context& context, Effects& out) {
  std::string_view name = timer.name;
  if (i.record.life == IntegrationLife::retired) return true;
  if (name.starts_with(kRemindTimer)) {
    name.remove_prefix(kRemindTimer.size());
    const std::string left(name.substr(0, name.find(':')));
    if (const Document* d = find_document(i, name.substr(left.size() + 1)))
      remind(i, *d, "document-reminder",
             {"将于 " + left + " 天后到复核期(" + minute_text(d->review_due) + ")",
              "is to be reviewed within " + left + " days (" + minute_text(d->review_due) + ")"},
             out);
    return true;
  }
  if (!name.starts_with(kDueTimer)) return false;
  const Document* d = find_document(i, name.substr(kDueTimer.size()));
  if (d == nullptr || d->review_due > timer.due) return true;
  remind(i, *d, "document-overdue", {"已过复核期", "is overdue for its review"}, out);
  const RuleSettings& settings = context.policy_at(timer.due).rule(RuleId::R7_1);
  const Hit hit =
      make_hit(RuleId::R7_1, settings, timer.due,
               {"文件 " + d->document + " 已过复核期", "the document " + d->document + " is overdue"}, d->filed);
  find_against(subject(i), hit, true, context, out);
  return true;
}

} // namespace onecode
