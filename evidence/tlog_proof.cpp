#include "evidence/tlog_proof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "streams/base64.hpp"

namespace onecode::evidence {
namespace {

using streams::base64_standard, streams::from_base64_any;

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1", kExtra = "extra ", kIndex = "index ";
constexpr std::size_t kMostHashes = 64;

/// One spelling only.
std::optional<std::string> bytes_of(std::string_view line) {
  auto bytes = from_base64_any(line);
  if (bytes && base64_standard(*bytes) != line) bytes.reset();
  return bytes;
}

} // namespace

std::string to_text(const TlogProof& proof) {
  std::string out = fmt::format("{}\n", kHeader);
  if (!proof.extra.empty()) out += fmt::format("{}{}\n", kExtra, base64_standard(proof.extra));
  out += fmt::format("{}{}\n", kIndex, proof.index);
  for (const auto& h : proof.hashes) out += base64_standard(view(h)) + '\n';
  return out + '\n' + proof.checkpoint;
}

std::optional<TlogProof> parse_tlog_proof(std::string_view text) {
  const auto end = text.find("\n\n");
  if (end == std::string_view::npos) return std::nullopt;
  TlogProof out;
  out.checkpoint = text.substr(end + 2);
  std::vector<std::string_view> lines;
  for (auto rest = text.substr(0, end + 1); !rest.empty() && lines.size() < kMostHashes + 3;) {
    lines.push_back(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(lines.back().size() + 1);
  }
  auto line = lines.begin();
  if (*line++ != kHeader) return std::nullopt;
  if (line != lines.end() && line->starts_with(kExtra)) {
    auto extra = bytes_of(line++->substr(kExtra.size()));
    if (!extra || extra->empty()) return std::nullopt;
    out.extra = std::move(*extra);
  }
  if (line == lines.end() || !line->starts_with(kIndex)) return std::nullopt;
  const auto number = line++->substr(kIndex.size());
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), out.index);
  if (error != std::errc{} || std::to_string(out.index) != number || stop != number.data() + number.size())
    return std::nullopt;
  if (lines.end() - line > static_cast<std::ptrdiff_t>(kMostHashes)) return std::nullopt;
  for (; line != lines.end(); ++line) {
    const auto bytes = bytes_of(*line);
    if (!bytes || bytes->size() != sizeof(TreeHash)) return std::nullopt;
    std::ranges::copy(*bytes, reinterpret_cast<char*>(out.hashes.emplace_back().data()));
  }
  return out;
}

std::optional<Checkpoint> proven(const TlogProof& proof, std::string_view entry, std::string_view origin,
                                 const NoteKey& log) {
  auto c = signed_checkpoint(proof.checkpoint, origin, log);
  if (c && !includes(c->root, c->size, proof.index, leaf_hash(entry), proof.hashes)) c.reset();
  return c;
}

} // namespace onecode::evidence
