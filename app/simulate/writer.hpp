// Events as lines of an event file, spelled by hand into one buffer: a term of a big campus is gigabytes.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "app/simulate/stage.hpp"
#include "streams/authenticate.hpp"

namespace onecode::app::simulate {

constexpr const char* kIssuer = "campus-app";
constexpr const char* kIssuerSecret = "code-issuer";
constexpr int kCodeSeconds = 60; // a code on the screen is good for a minute

void append_function(std::string& out, Function f);
std::string clerk_name(std::uint16_t clerk);
/// The name by which the policy's readers find a till's key.
std::string device_secret(std::string_view device);
/// name -> raw bytes. Drawn from the seed: keys of a play, good for nothing else.
std::map<std::string, std::string> secrets_of(std::uint64_t seed);

class Writer {
public:
  /// `sink` gets whole lines, many at a time.
  Writer(const Stage& stage, std::function<void(std::string_view)> sink);
  void write(const Event& event);
  void write(const Finished& record);
  void flush();
  std::uint64_t lines() const { return lines_; }
  std::uint64_t scans() const { return scans_; }

private:
  void scan(const Event& e);
  void report(const Event& e);
  void issued(const Event& e);
  void token(const Event& e);

  const Stage& s_;
  std::function<void(std::string_view)> sink_;
  streams::Secrets secrets_;
  std::string issuer_key_;
  std::vector<std::string> device_secrets_;
  std::string out_, account_or_code_, text_;
  std::uint64_t lines_ = 0, scans_ = 0;
};

} // namespace onecode::app::simulate
