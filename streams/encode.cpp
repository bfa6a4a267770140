#include "streams/encode.hpp"

#include "domain/explain.hpp"
#include "domain/hash.hpp"
#include "streams/decision_id.hpp"
#include "streams/json_append.hpp"
#include "streams/ocsf.hpp"

namespace onecode::streams {
namespace {

constexpr std::string_view kSource = "/onecode/engine";

/// The id of an output: the scan that it decides, or the cause, place and kind of everything else. Bytes are put
/// together by hand, so that the id is the same on every machine.
Hash128 output_id(const EncodeContext& context, std::string_view type) {
  char buf[64];
  std::size_t n = 0;
  const auto put = [&](std::uint64_t v, int bytes) {
    for (int i = 0; i < bytes; ++i) buf[n++] = static_cast<char>(v >> (8 * i) & 0xff);
  };
  put(context.cause.hi, 8);
  put(context.cause.lo, 8);
  put(context.index, 4);
  for (const char c : type.substr(0, sizeof buf - n)) buf[n++] = c;
  return hash128({buf, n});
}

/// Everything before `data`.
void open_envelope(OutRecord& record, ByteBuffer& out, Hash128 id, std::string_view type, Time time,
                   std::string_view subject) {
  record.id = id;
  out.append(R"({"specversion":"1.0","id":")");
  const auto digits = hex_digits(id);
  out.append(digits.data(), digits.size());
  out.append(R"(","source":")").append(kSource).append(R"(","type":")").append(type).append(R"(","time":")");
  thread_local Time last; // all records of a turn have its time
  thread_local TimeText text = time_text(last);
  if (time != last) text = time_text(last = time);
  out.append(text.data(), text.size());
  out.append(R"(","datacontenttype":"application/json","subject":)");
  append_json_string(out, subject);
  out.append(R"(,"data":)");
}

void start(OutRecord& out, Topic topic, std::string_view key) {
  out.topic = topic;
  out.id = {};
  out.partition = -1;
  out.key.assign(key);
  out.tombstone = false;
  out.headers.clear();
}

void append_reasons(ByteBuffer& v, const Reasons& reasons) {
  v += '[';
  bool first = true;
  reasons.each([&](Reason r) {
    v.append(std::exchange(first, false) ? "\"" : ",\"").append(to_string(r));
    v += '"';
  });
  v += ']';
}

void write(const Decision& d, const EncodeContext& context, OutRecord& out, ByteBuffer& v) {
  const Scan& scan = *d.scan;
  start(out, Topic::decisions, scan.device);
  open_envelope(out, v, decision_id(scan.origin), "onecode.decision.v1", context.now, scan.device);
  member(v, R"({"scan":{"source":)", scan.origin.source);
  member(v, R"(,"id":)", scan.origin.id);
  member(v, R"(},"device":)", scan.device);
  member_or_null(v, R"(,"account":)", scan.account);
  member_or_null(v, R"(,"integration":)", d.integration);
  v.append(R"(,"verdict":")").append(to_string(d.verdict)).append(R"(","reasons":)");
  append_reasons(v, d.reasons);
  v.append(R"(,"findings":)");
  append_texts(v, d.findings);
  member(v, R"(,"score":)", d.score);
  member(v, R"(,"policy":)", d.policy);
  v.append(R"(,"shadow":)");
  const auto append_rules = [&](const std::vector<RuleId>& rules) {
    append_list(v, rules, [&](RuleId r) { append_json_string(v, to_string(r)); });
  };
  append_rules(d.shadow);
  if (d.candidate) {
    const CandidateDecision& c = *d.candidate;
    member(v, R"(,"candidate":{"policy":)", c.policy);
    v.append(R"(,"verdict":")").append(to_string(c.verdict)).append(R"(","reasons":)");
    append_reasons(v, c.reasons);
    member(v, R"(,"score":)", c.score);
    member(v, R"(,"band":)", static_cast<int>(c.band));
    v.append(R"(,"rules":)");
    append_rules(c.rules);
    v += '}';
  }
  v.append("}}");
}

void write(const FreezeRecord& f, const EncodeContext& context, OutRecord& out, ByteBuffer& v) {
  constexpr std::string_view kType = "onecode.freeze.v1";
  start(out, Topic::freezes, f.account);
  if (f.forgotten) {
    out.tombstone = true;
    return;
  }
  open_envelope(out, v, output_id(context, kType), kType, context.now, f.account);
  member(v, R"({"account":)", f.account);
  member(v, R"(,"state":)", f.state);
  member(v, R"(,"revision":)", f.revision);
  v.append(R"(,"holds":)");
  append_list(v, f.holds, [&](const Hold& h) {
    member(v, R"({"id":)", h.id);
    member(v, R"(,"article":)", h.article);
    member(v, R"(,"reason":)", reason_of(h));
    v.append(R"(,"functions":)");
    append_texts(v, h.functions);
    member(v, R"(,"since":)", h.since);
    member(v, R"(,"expires":)", h.expires);
    member_or_null(v, R"(,"case":)", h.case_id);
    member(v, R"(,"decided_by":{"actor":)", h.actor);
    member(v, R"(,"role":)", h.role);
    member(v, R"(,"policy":)", h.policy);
    v.append(R"(},"evidence":)");
    append_texts(v, h.evidence);
    member(v, R"(,"remedy":)", remedy(h.article));
    v.append(h.provisional ? R"(,"provisional":true})" : R"(,"provisional":false})");
  });
  v.append("}}");
}

void write(const DeviceStatusRecord& d, const EncodeContext& context, OutRecord& out, ByteBuffer& v) {
  constexpr std::string_view kType = "onecode.device-status.v1";
  start(out, Topic::device_status, d.device);
  open_envelope(out, v, output_id(context, kType), kType, context.now, d.device);
  member(v, R"({"device":)", d.device);
  member(v, R"(,"state":)", d.state);
  member(v, R"(,"revision":)", d.revision);
  member_or_null(v, R"(,"integration":)", d.integration);
  v.append(d.usable ? R"(,"usable":true,"reasons":)" : R"(,"usable":false,"reasons":)");
  append_reasons(v, d.reasons);
  v.append("}}");
}

void write(const IntegrationStatusRecord& i, const EncodeContext& context, OutRecord& out, ByteBuffer& v) {
  constexpr std::string_view kType = "onecode.integration-status.v1";
  start(out, Topic::integration_status, i.integration);
  open_envelope(out, v, output_id(context, kType), kType, context.now, i.integration);
  member(v, R"({"integration":)", i.integration);
  member(v, R"(,"state":)", i.state);
  member(v, R"(,"access":)", i.access);
  member_or_null(v, R"(,"unit":)", i.unit);
  v.append(R"(,"owners":)");
  append_texts(v, i.owners);
  member(v, R"(,"revision":)", i.revision);
  v.append(R"(,"orders":)");
  append_list(v, i.orders, [&](const IntegrationStatusRecord::Order& o) {
    member(v, R"({"id":)", o.id);
    member(v, R"(,"state":)", o.state);
    member(v, R"(,"violation":)", o.violation);
    member(v, R"(,"control":)", o.control);
    member(v, R"(,"due":)", o.due);
    member(v, R"(,"extensions":)", o.extensions);
    member(v, R"(,"round":)", o.round);
    v += '}';
  });
  v.append(R"(,"documents":)");
  append_list(v, i.documents, [&](const IntegrationStatusRecord::Document& d) {
    member(v, R"({"document":)", d.document);
    member(v, R"(,"review_due":)", d.review_due);
    v += '}';
  });
  v.append(R"(,"drift":)");
  append_texts(v, i.drift);
  v.append("}}");
}

void write(const FindingRecord& f, const EncodeContext& context, OutRecord& out, ByteBuffer& v) {
  const bool alert = is_alert(f.rule);
  const std::string_view type = alert ? "onecode.alert.v1" : "onecode.compliance.v1";
  start(out, alert ? Topic::alerts : Topic::compliance, f.subject_key);
  open_envelope(out, v, output_id(context, type), type, context.now, f.subject_key);
  append_ocsf(v, f);
  v += '}';
}

void write(const Notice& n, const EncodeContext& context, OutRecord& out, ByteBuffer& v) {
  constexpr std::string_view kType = "onecode.notice.v1";
  start(out, Topic::notices, n.to);
  open_envelope(out, v, output_id(context, kType), kType, context.now, n.to);
  member(v, R"({"to":)", n.to);
  member(v, R"(,"about":)", n.about);
  member(v, R"(,"kind":)", n.kind);
  member_or_null(v, R"(,"article":)", n.article);
  member(v, R"(,"text":{"zh":)", n.text.zh);
  member(v, R"(,"en":)", n.text.en);
  member(v, R"(},"deadline":)", n.deadline);
  member_or_null(v, R"(,"remedy":)", n.remedy);
  member_or_null(v, R"(,"case":)", n.case_id);
  v.append("}}");
}

} // namespace

void encode(const Output& output, const EncodeContext& context, OutRecord& out) {
  thread_local ByteBuffer value; // keeps its memory
  value.clear();
  std::visit([&](const auto& o) { write(o, context, out, value); }, output);
  out.value.assign(value.view());
}

} // namespace onecode::streams
