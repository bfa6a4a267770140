#include "tests/monitoring/prometheus.hpp"

#include <arpa/inet.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/support/surroundings.hpp"

namespace onecode::test {
namespace {

using namespace std::chrono_literals;

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

bool is_free(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return free;
}

/// Below the range from which the kernel takes ports for outgoing connections.
int free_port() {
  std::random_device random;
  for (;;)
    if (const int port = 20'000 + static_cast<int>(random() % 10'000); is_free(port)) return port;
}

} // namespace

std::string hurried(std::string expr) {
  for (const auto& [what, by] : {std::pair{"$__rate_interval", "1m"},
                                 {"$__interval", "1m"},
                                 {"$instance", ".*"},
                                 {"[30d:15m]", "[5m:1s]"},
                                 {"[90d:15m]", "[5m:1s]"},
                                 {"interval: 15s", "interval: 1s"},
                                 {"interval: 3m", "interval: 1s"}})
    replace_all(expr, what, by);
  return expr;
}

Prometheus::Prometheus(const std::filesystem::path& source, const std::filesystem::path& folder,
                       const std::string& target)
    : log_(folder / "prometheus.log") {
  const auto from = source / "monitoring" / "prometheus";
  std::string config = hurried(content(from / "prometheus.yml"));
  replace_all(config, "127.0.0.1:9464", target);
  std::ofstream(folder / "prometheus.yml") << config;
  std::ofstream(folder / "onecode.rules.yml") << hurried(content(from / "onecode.rules.yml"));
  // Somebody may take the port in between.
  for (int tries = 0; tries < 3; ++tries) {
    const int port = free_port();
    process_.start({"/usr/bin/env", "prometheus", "--config.file=" + (folder / "prometheus.yml").string(),
                    "--storage.tsdb.path=" + (folder / "tsdb").string(),
                    "--web.listen-address=127.0.0.1:" + std::to_string(port), "--log.level=warn"},
                   log_);
    http_ = std::make_unique<httplib::Client>("127.0.0.1", port);
    began_ = now();
    const auto patience = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < patience) {
      if (process_.ended()) break;
      if (const auto answer = http_->Get("/-/ready"); answer && answer->status == 200) return;
      std::this_thread::sleep_for(50ms);
    }
    process_.kill();
  }
  throw std::runtime_error("Prometheus does not start (apt-get install prometheus): " + log());
}

Prometheus::~Prometheus() = default;

double Prometheus::now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string Prometheus::log() const { return content(log_); }

nlohmann::json Prometheus::get(const std::string& path) {
  const auto answer = http_->Get(path);
  if (!answer) throw std::runtime_error("Prometheus does not answer: " + log());
  auto body = nlohmann::json::parse(answer->body);
  if (body.at("status") != "success") throw std::runtime_error(body.value("error", answer->body));
  return body.at("data");
}

nlohmann::json Prometheus::range(const std::string& expr) {
  const httplib::Params params{
      {"query", expr}, {"start", std::to_string(began_)}, {"end", std::to_string(now())}, {"step", "1"}};
  return get("/api/v1/query_range?" + httplib::detail::params_to_query_str(params)).at("result");
}

std::size_t Prometheus::scrapes() {
  const httplib::Params params{{"query", "sum_over_time(up{job=\"onecode\"}[1h])"}};
  const auto result = get("/api/v1/query?" + httplib::detail::params_to_query_str(params)).at("result");
  return result.empty() ? 0 : std::stoul(result.at(0).at("value").at(1).get<std::string>());
}

nlohmann::json Prometheus::rules() {
  auto out = nlohmann::json::array();
  const auto data = get("/api/v1/rules");
  for (const auto& group : data.at("groups"))
    for (const auto& rule : group.at("rules")) out.push_back(rule);
  return out;
}

} // namespace onecode::test
