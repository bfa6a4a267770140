// The demo: a campus, its gateways, the engine and a person who watches, in one process.
#pragma once

#include <cstdint>
#include <string>

namespace onecode::app {

struct DemoOptions {
  std::uint64_t seconds = 0; // 0: until Ctrl-C
  std::uint64_t events = 0;  // 0: no limit
  std::uint64_t rate = 3000;
  std::size_t people = 4000;
  std::uint64_t seed = 1;
  std::string brokers; // empty: the in-process broker
  bool json = false;
};

int run_demo(const DemoOptions& options);

} // namespace onecode::app
