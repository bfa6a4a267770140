#include "bench/common/load.hpp"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>

namespace onecode::bench {
namespace {

constexpr std::uint64_t kZones = 40;

std::string id(char kind, std::uint64_t n, int width) {
  char text[24];
  std::snprintf(text, sizeof text, "%c-%0*llu", kind, width, static_cast<unsigned long long>(n));
  return text;
}

std::string command(const std::string& name, const std::string& target, const std::string& role, std::uint64_t number,
                    const std::string& args, Time at) {
  const std::string time = format_time(at);
  return R"({"specversion":"1.0","id":"c-)" + std::to_string(number) +
         R"(","source":"/bench","type":"onecode.command.v1","time":")" + time + R"(","data":{"command":")" + name +
         R"(","target":")" + target + R"(","actor":{"id":"bench","role":")" + role + R"("},"issued_at":")" + time +
         R"(","nonce":"n-)" + std::to_string(number) + R"(","reason":"bench","args":)" + args + "}}";
}

} // namespace

Load::Load(std::uint64_t accounts, std::uint64_t devices, LoadTimes times)
    : accounts_(accounts), devices_(devices), seq_(devices, 0), zone_(accounts), times_(times) {
  for (auto& z : zone_) z = static_cast<std::uint8_t>(random() % kZones);
}

std::uint64_t Load::random() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return state_;
}

LoadRecord Load::registration(std::uint64_t n) const {
  const auto made = [&](const std::string& name, const std::string& target, const std::string& role,
                        const std::string& args) -> LoadRecord {
    return {Topic::commands, target, command(name, target, role, n + 1, args, times_.registered)};
  };
  if (n == 0)
    return made(
        "integration.adopt", "gates", "information-centre",
        R"({"unit":"bench","owners":["bench"],"plan":{"purpose":"p","architecture":"a","data_security":"d","expected_effect":"e"},"manifest":{"functions":["access"]}})");
  const std::uint64_t d = (n - 1) / 4;
  if (d >= devices_)
    return made("account.open", id('a', n - 1 - 4 * devices_, 7), "registrar",
                R"({"category":"student","valid_from":"2020-01-01T00:00:00+08:00"})");
  const std::string device = id('d', d, 4);
  switch ((n - 1) % 4) {
    case 0:
      return made("device.register", device, "information-centre",
                  R"({"serial":"s-)" + std::to_string(d) + R"(","model":"m","integration":"gates"})");
    case 1:
      return made("device.certify", device, "information-centre",
                  R"({"certificate":"c","valid_to":"2030-01-01T00:00:00+08:00"})");
    case 2:
      return made("device.install", device, "integration-owner",
                  R"({"integration":"gates","zone":"z-)" + std::to_string(d % kZones) +
                      R"(","position":{"lat":29.37,"lon":113.1,"accuracy_m":5},"network":{},"kind":"fixed"})");
    default:
      return made("device.activate", device, "integration-owner", "{}");
  }
}

std::vector<LoadRecord> Load::registration(std::uint64_t from, std::uint64_t count) const {
  std::vector<LoadRecord> out;
  const std::uint64_t all = 1 + 4 * devices_ + accounts_;
  for (std::uint64_t n = from; n < all && n - from < count; ++n) out.push_back(registration(n));
  return out;
}

void Load::next(LoadRecord& out) {
  times_.first = times_.first + milliseconds(4);
  next(out, times_.first);
}

void Load::next(LoadRecord& out, Time at) {
  const std::uint64_t a = random() % accounts_;
  std::uint64_t z = zone_[a];
  if (random() % 2 == 0) z = z + 1 < kZones ? z + 1 : z - 1;
  const bool ghost = random() % 5000 == 0;
  if (ghost) z = random() % kZones;
  zone_[a] = static_cast<std::uint8_t>(z);
  const std::uint64_t d = (random() % (devices_ / kZones)) * kZones + z;
  std::uint64_t seq = ++seq_[d];
  const std::string device = id('d', d, 4), account = id('a', a, 7);
  out.topic = Topic::scans;
  out.key = device;
  out.value.clear();
  out.value += R"({"specversion":"1.0","id":")";
  out.value += "gw-" + std::to_string(d % 32) + "/" + device + "/1/" + std::to_string(seq);
  out.value += R"(","source":"/gateways/gw-)" + std::to_string(d % 32);
  out.value += R"(","type":"onecode.scan.v1","time":")";
  append_time(out.value, at);
  out.value += R"(","datacontenttype":"application/json","data":{"account":")" + account + R"(","device":")" + device;
  out.value +=
      R"(","seq":)" + std::to_string(seq) + R"(,"boot":1,"function":"access","auth":"present","direction":")";
  out.value += random() % 2 == 0 ? "in" : "out";
  out.value += R"(","outcome":"accepted","handset":")" + id('h', ghost ? a + 5'000'000 : a, 7);
  out.value += R"(","integration":"gates","offline":false}})";
}

double cpu_seconds() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Time wall_time() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

double peak_memory_mib() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_maxrss) / 1024.0;
}

} // namespace onecode::bench
