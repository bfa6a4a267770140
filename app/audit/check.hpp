// Is an exported log, or a bundle, what its signatures say? What `audit verify` answers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/audit/exported.hpp"
#include "app/audit/witnessing.hpp"
#include "app/errors.hpp"
#include "evidence/bundle.hpp"

namespace onecode::app {

/// Sound (kDone), tampered with (kAnswerIsNo), or incomplete (kUsage: an answer that cannot be given, CONTRACT §10), and why.
struct Judgement {
  ExitCode code = kDone;
  std::string text;
  std::vector<Witnessed> witnesses;
  const char* word() const { return code == kDone ? "sound" : code == kAnswerIsNo ? "tampered" : "incomplete"; }
};

/// Every byte of it; then who else has seen its head: so many witnesses are `wanted`.
Judgement judge(const LogFolder& log, const std::vector<evidence::Verifier>& keys, std::size_t wanted);

/// Does the log go on from an older head of it, the signed note in `file`?
Judgement judge_since(const LogFolder& log, const std::string& file, const std::vector<evidence::Verifier>& keys);
/// Of the signed note in this file; empty: it is none. Throws InputError.
std::string origin_of(const std::string& file);

struct JudgedBundle {
  Judgement is;
  evidence::SoundBundle bundle; // when it is sound
};
bool is_bundle(const std::filesystem::path& folder);
JudgedBundle judge_bundle(const std::filesystem::path& folder, const std::vector<evidence::Verifier>& keys);

std::string time_text(const Witnessed& w);

} // namespace onecode::app
