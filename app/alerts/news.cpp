#include "app/alerts/news.hpp"

#include <simdjson.h>

namespace onecode::app {
namespace {

using Element = simdjson::dom::element;

/// Walks to members of an object and remembers the first one that is not there or is of another type.
class Members {
public:
  Members(Element of, std::string& why) : of_(of), why_(why) {}

  template <class T>
  void required(const char* pointer, T& out) {
    if (!take(pointer, out) && why_.empty()) why_ = "it lacks " + words(pointer);
  }
  template <class T>
  void optional(const char* pointer, T& out) {
    take(pointer, out);
  }

private:
  bool take(const char* pointer, std::string& out) {
    std::string_view text;
    if (of_.at_pointer(pointer).get(text) != simdjson::SUCCESS) return false;
    out.assign(text);
    return true;
  }
  bool take(const char* pointer, std::int64_t& out) { return of_.at_pointer(pointer).get(out) == simdjson::SUCCESS; }
  bool take(const char* pointer, int& out) {
    std::int64_t n = 0;
    if (!take(pointer, n) || n < INT32_MIN || n > INT32_MAX) return false;
    out = static_cast<int>(n);
    return true;
  }
  static std::string words(std::string pointer) {
    pointer.erase(0, 1);
    for (char& c : pointer)
      if (c == '/') c = '.';
    return pointer;
  }

  Element of_;
  std::string& why_;
};

} // namespace

struct NewsReader::Impl {
  simdjson::dom::parser parser;
  simdjson::ondemand::parser bytes;

  /// The text of `data` in the value, or all of it.
  std::string raw(const simdjson::padded_string& value, bool inside) {
    simdjson::ondemand::document document = bytes.iterate(value);
    simdjson::ondemand::object object = document.get_object();
    if (inside) object = object["data"].get_object();
    const std::string_view text = object.raw_json();
    std::string out(text.substr(0, text.find_last_of('}') + 1));
    if (out.find_first_of("\r\n") == std::string::npos) return out;
    std::string small(out.size(), '\0'); // line ends outside strings; inside they are always escaped
    std::size_t size = 0;
    if (simdjson::minify(out.data(), out.size(), small.data(), size) != simdjson::SUCCESS) return out;
    small.resize(size);
    return small;
  }
};

NewsReader::NewsReader() : impl_(std::make_unique<Impl>()) {}
NewsReader::~NewsReader() = default;

std::optional<News> NewsReader::read(Topic topic, std::string_view value, std::string& why) {
  why.clear();
  const simdjson::padded_string padded(value);
  Element document, finding;
  if (const auto error = impl_->parser.parse(padded).get(document); error != simdjson::SUCCESS) {
    why = std::string("it is no JSON: ") + simdjson::error_message(error);
    return std::nullopt;
  }
  if (!document.is_object()) {
    why = "it is no JSON object";
    return std::nullopt;
  }
  const bool inside = document["data"].get(finding) == simdjson::SUCCESS && finding.is_object();
  if (!inside) finding = document;

  News n;
  n.topic = topic;
  int activity = 0;
  Members m(finding, why);
  m.required("/activity_id", activity);
  m.required("/finding_info/uid", n.uid);
  m.required("/finding_info/title", n.title);
  m.required("/finding_info/analytic/uid", n.rule);
  m.required("/severity_id", n.severity);
  m.required("/time", n.time.ms);
  m.required("/unmapped/onecode/subject", n.subject);
  m.optional("/status_id", n.status);
  m.optional("/resources/0/type", n.kind);
  m.optional("/unmapped/onecode/article", n.article);
  m.optional("/unmapped/onecode/act", n.act);
  m.optional("/unmapped/onecode/score", n.score);
  m.optional("/unmapped/onecode/band", n.band);
  m.optional("/unmapped/onecode/proposed_action", n.action);
  m.optional("/unmapped/onecode/policy", n.policy);
  m.optional("/unmapped/onecode/order/id", n.order);
  m.optional("/unmapped/onecode/order/due", n.order_due);
  m.optional("/unmapped/onecode/explanation/zh", n.explanation.zh);
  m.optional("/unmapped/onecode/explanation/en", n.explanation.en);
  if (why.empty() && (activity < 1 || activity > 3)) why = "activity_id is " + std::to_string(activity);
  if (why.empty() && (n.time < Time{0} || n.time > kLatestEvent)) why = "its time is no time in milliseconds";
  if (!why.empty()) return std::nullopt;
  n.activity = static_cast<News::Activity>(activity);
  n.ocsf = impl_->raw(padded, inside);
  return n;
}

} // namespace onecode::app
