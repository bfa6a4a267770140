#include "tests/chaos/load.hpp"

#include <chrono>
#include <nlohmann/json.hpp>

namespace onecode::chaos {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr std::chrono::milliseconds kTick{10};

void move(Json& of, const char* name, Duration by) {
  of[name] = format_time(*parse_time(of.at(name).get<std::string>()) + by);
}

} // namespace

std::string later(const std::string& event, Duration by, const app::SigningKey& key) {
  if (by.ms == 0) return event;
  auto json = Json::parse(event);
  move(json, "time", by);
  auto& data = json.at("data");
  if (!data.contains("signature")) return json.dump();
  move(data, "issued_at", by);
  data.erase("signature");
  return *app::sign_command_event(json.dump(), key);
}

Load::Load(streams::Broker& broker, app::Campus& campus, unsigned per_second, Duration shift)
    : campus_(campus), per_second_(per_second), shift_(shift), publisher_(broker.publisher()), thread_([this] {
        try {
          run();
        } catch (...) {
          failure_ = std::current_exception();
        }
      }) {}

Load::~Load() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Load::run() {
  const auto began = Clock::now();
  std::uint64_t sent = 0;
  while (!stopping_) {
    const auto passed = std::chrono::duration<double>(Clock::now() - began).count();
    for (const auto due = static_cast<std::uint64_t>(passed * per_second_); sent < due; ++sent) publish_one();
    std::this_thread::sleep_for(kTick);
  }
  publisher_->flush();
}

void Load::publish_one() {
  static const app::SigningKey none;
  const auto scan = campus_.next();
  publisher_->publish(scan.topic, -1, scan.key, later(*scan.value, shift_, none), {}, streams::kNoTimestamp);
  published_.insert("demo/" + std::to_string(campus_.drawn()));
}

std::set<std::string> Load::stop() {
  stopping_ = true;
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
  return std::move(published_);
}

} // namespace onecode::chaos
