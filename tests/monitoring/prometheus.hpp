// A real Prometheus with the repository's configuration and rules that scrapes one node, every second instead of every fifteen.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/process.hpp"

namespace httplib {
class Client;
}

namespace onecode::test {

class Prometheus {
public:
  /// `source` is the repository's root, `target` host:port of the node. Answers when it returns; throws std::runtime_error.
  Prometheus(const std::filesystem::path& source, const std::filesystem::path& folder, const std::string& target);
  ~Prometheus();
  Prometheus(const Prometheus&) = delete;
  Prometheus& operator=(const Prometheus&) = delete;

  /// Series of an expression from the start until now, a step each second: [{metric, values: [[time, text]…]}]. The error
  /// that Prometheus gives is thrown.
  nlohmann::json range(const std::string& expr);
  /// How often the node was scraped.
  std::size_t scrapes();
  /// /api/v1/rules: all rules of all groups.
  nlohmann::json rules();
  /// What it logged.
  std::string log() const;

private:
  nlohmann::json get(const std::string& path);
  static double now();

  std::filesystem::path log_;
  Process process_;
  std::unique_ptr<httplib::Client> http_;
  double began_ = 0;
};

/// How a query of a rule or a dashboard reads where seconds pass for minutes, and minutes for months.
std::string hurried(std::string expr);

} // namespace onecode::test
