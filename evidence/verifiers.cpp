#include "evidence/verifiers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace onecode::evidence {
namespace {

std::optional<Verifier> parse_line(std::string_view line) {
  const auto word = [&] {
    const auto end = std::min(line.find(' '), line.size());
    const auto out = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return out;
  };
  auto key = parse_verifier(word());
  if (!key) return std::nullopt;
  Verifier out{std::move(*key), {}, {}};
  while (!line.empty()) {
    const auto more = word();
    const auto is = more.find('=');
    auto& time = more.starts_with("from=") ? out.from : out.until;
    if ((!more.starts_with("from=") && !more.starts_with("until=")) || time) return std::nullopt;
    time = parse_utc(more.substr(is + 1));
    if (!time) return std::nullopt;
  }
  return out;
}

} // namespace

std::string utc_text(Time t) {
  const std::string here = format_time(t - kCampusOffset); // with the offset of the campus behind it
  return here.substr(0, here.size() - std::string_view("+08:00").size()) + 'Z';
}

std::optional<Time> parse_utc(std::string_view text) { return text.ends_with('Z') ? parse_time(text) : std::nullopt; }

std::vector<Verifier> parse_verifiers(std::string_view text) {
  std::vector<Verifier> out;
  for (int n = 1; !text.empty(); ++n) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    auto verifier = parse_line(line);
    if (!verifier)
      throw std::invalid_argument(
          fmt::format("line {} is no verifier key (NAME+ID+KEY [from=TIME] [until=TIME])", n));
    out.push_back(std::move(*verifier));
  }
  return out;
}

HeadSigners signers_of(const SignedNote& note, std::string_view origin, const std::vector<Verifier>& verifiers) {
  HeadSigners out;
  for (const auto& signature : note.signatures)
    for (const auto& v : verifiers) {
      if (v.key.name != origin || v.key.type == NoteKey::Type::cosignature || signature.name != origin ||
          signature.key_id != key_id(v.key))
        continue;
      if (!signed_by({note.text, {signature}}, v.key)) {
        out.forged = true;
        continue;
      }
      out.until = !out.good ? v.until : out.until && v.until ? std::max(out.until, v.until) : std::nullopt;
      out.good = true;
    }
  return out;
}

} // namespace onecode::evidence
