#include "app/evaluate/truth.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unordered_set>

#include "app/errors.hpp"
#include "app/evaluate/fields.hpp"

namespace onecode::app::evaluate {
namespace {

std::string subject_of(const Fields& line) {
  auto subject = line.text("subject");
  const std::string_view kind = std::string_view(subject).substr(0, subject.find(':'));
  if ((kind != "account" && kind != "device" && kind != "integration") || kind.size() + 1 >= subject.size())
    line.wrong("subject", fmt::format("'{}' must be account:ID, device:ID or integration:ID", subject));
  return subject;
}

void span_of(const Fields& line, Time& from, Time& to) {
  from = line.time("from");
  to = line.time("to");
  if (to < from) line.wrong("to", "lies before `from`");
}

Misuse misuse_of(const Fields& line) {
  Misuse out;
  out.id = line.text("id");
  out.scenario = line.text("scenario");
  out.act = line.text("act");
  out.subject = subject_of(line);
  span_of(line, out.from, out.to);
  out.evident = line.time("evident");
  if (out.evident < out.from) line.wrong("evident", "lies before `from`");
  return out;
}

Circumstance circumstance_of(const Fields& line, Circumstance::What what) {
  Circumstance out;
  out.what = what;
  out.id = line.text("id");
  out.scenario = line.text("scenario");
  out.subject = subject_of(line);
  span_of(line, out.from, out.to);
  return out;
}

} // namespace

std::string_view to_string(Circumstance::What what) {
  constexpr std::string_view names[] = {"look-alike", "fault", "approved"};
  return names[static_cast<std::size_t>(what)];
}

Truth read_truth(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) throw InputError(file + ": is a folder, not a truth file");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw InputError(fmt::format("{}: {}", file, std::strerror(errno)));
  Truth out;
  out.file = file;
  std::unordered_set<std::string> ids;
  std::string written;
  for (std::size_t n = 1; std::getline(in, written); ++n) {
    if (written.empty()) continue;
    const Fields line(written, fmt::format("{}:{}", file, n));
    const auto type = line.text("type");
    if ((type == "campus") != (out.people == 0))
      line.wrong("type", out.people == 0 ? "the first line must be the campus" : "there is a campus already");
    if (type == "campus") {
      out.seed = static_cast<std::uint64_t>(line.number("seed", 0, INT64_MAX));
      out.people = static_cast<std::uint64_t>(line.number("people", 1, 1'000'000'000));
      out.days = static_cast<std::uint64_t>(line.number("days", 1, 36'600));
      span_of(line, out.from, out.to);
      continue;
    }
    if (!ids.insert(line.text("id")).second) line.wrong("id", fmt::format("'{}' stands twice", line.text("id")));
    if (type == "misuse")
      out.misuses.push_back(misuse_of(line));
    else if (type == "look-alike")
      out.circumstances.push_back(circumstance_of(line, Circumstance::What::look_alike));
    else if (type == "fault")
      out.circumstances.push_back(circumstance_of(line, Circumstance::What::fault));
    else if (type == "approved")
      out.circumstances.push_back(circumstance_of(line, Circumstance::What::approved));
    else
      line.wrong("type", fmt::format("'{}' must be campus, misuse, look-alike, fault or approved", type));
  }
  if (in.bad()) throw InputError(file + ": cannot be read");
  if (out.people == 0) throw InputError(file + ": holds no campus line");
  return out;
}

} // namespace onecode::app::evaluate
