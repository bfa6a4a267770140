// kill -9 without a log: what is found afterwards must be the state after exactly as many batches as journal_next()
// says. Anything else, and the journal is replayed from the wrong place: changes lost, or older state on top of
// newer.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "storage/rocks_store.hpp"
#include "tests/catch.hpp"
#include "tests/unit/storage/temp_folder.hpp"

using namespace onecode::storage;

namespace {

using Model = std::map<std::string, std::string>;

constexpr const char* kChildName = "store child: writes until it is killed";
constexpr const char* kFolderVariable = "ONECODE_STORE_CHILD";
constexpr int kFlushEvery = 500;

RocksOptions options(const std::filesystem::path& folder) {
  RocksOptions o;
  o.directory = folder;
  o.cache_bytes = 8U << 20;
  o.write_buffer_bytes = 512U << 10; // small, so that flushes happen all the time
  return o;
}

/// Batch number n, the same in child and parent.
WriteBatch batch(std::int64_t n, Model* model) {
  std::mt19937_64 random(static_cast<std::uint64_t>(n));
  WriteBatch b;
  const auto changes = 1 + random() % 20;
  for (std::uint64_t i = 0; i < changes; ++i) {
    const auto key = "k" + std::to_string(random() % 400);
    if (random() % 5 == 0) {
      b.erase(key);
      if (model) model->erase(key);
    } else {
      const auto value = std::to_string(n) + std::string(random() % 300, 'v');
      b.put(key, value);
      if (model) (*model)[key] = value;
    }
  }
  return b;
}

/// This program again, running only the child's case. exec, because RocksDB's threads do not survive a fork.
pid_t start_child(const std::filesystem::path& folder) {
  std::vector<std::string> environment;
  for (char** e = environ; *e != nullptr; ++e)
    if (!std::string_view(*e).starts_with("ONECODE_TEST_REPORT=")) environment.emplace_back(*e);
  environment.push_back(std::string(kFolderVariable) + "=" + folder.string());
  std::vector<char*> envp;
  for (auto& e : environment) envp.push_back(e.data());
  envp.push_back(nullptr);
  std::string self = "/proc/self/exe", name = kChildName;
  char* const argv[] = {self.data(), name.data(), nullptr};
  const pid_t pid = fork();
  if (pid == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    execve(self.c_str(), argv, envp.data());
    _exit(127);
  }
  return pid;
}

std::int64_t flushed(const std::filesystem::path& folder) {
  std::int64_t n = -1;
  std::ifstream(folder / "flushed") >> n;
  return n;
}

} // namespace

TEST_CASE("store child: writes until it is killed", "[.child]") {
  const char* folder = std::getenv(kFolderVariable);
  if (folder == nullptr) return;
  const auto store = rocks_stores(options(folder))->open(0);
  for (std::int64_t n = store->journal_next().value_or(0);; ++n) {
    store->write(batch(n, nullptr).bytes(), n + 1);
    if (n % kFlushEvery == 0) {
      store->flush();
      std::ofstream(std::filesystem::path(folder) / "flushed.new") << n + 1;
      std::filesystem::rename(std::filesystem::path(folder) / "flushed.new",
                              std::filesystem::path(folder) / "flushed");
    }
  }
}

TEST_CASE("a store killed with -9 holds a prefix of its batches, and says which") {
  const onecode_test::TempFolder folder;
  std::mt19937 random(11);
  std::int64_t before = 0;
  bool lost_some = false;
  for (int round = 0; round < 8; ++round) {
    const auto mark = flushed(folder.path());
    const pid_t child = start_child(folder.path());
    REQUIRE(child > 0);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (flushed(folder.path()) == mark && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 60));
    REQUIRE(kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));

    const auto durable = flushed(folder.path());
    REQUIRE(durable > mark);
    const auto store = rocks_stores(options(folder.path()))->open(0);
    const auto next = store->journal_next();
    REQUIRE(next.has_value());
    CAPTURE(round, before, durable, *next);
    CHECK(*next >= durable); // what flush() made durable is there
    CHECK(*next >= before);
    lost_some = lost_some || *next % kFlushEvery != 1;

    Model expected;
    for (std::int64_t n = 0; n < *next; ++n) batch(n, &expected);
    Model found;
    store->scan("", [&](std::string_view key, std::string_view value) {
      found.emplace(key, value);
      return true;
    });
    CHECK(found == expected);
    before = *next;
  }
  CHECK(lost_some); // at least once the kill fell between two of our own flushes: else this test shows little
}
