// kill -9 without a log: what is found afterwards must be the state after exactly as many batches as journal_next()
// says. Anything else, and the journal is replayed from the wrong place: changes lost, or older state on top of
// newer.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "storage/rocks_store.hpp"
#include "tests/catch.hpp"
#include "tests/unit/storage/temp_folder.hpp"

using namespace onecode::storage;

namespace {

using Model = std::map<std::string, std::string>;

constexpr const char* kChildName = "store child: writes until it is killed";
constexpr const char* kFolderVariable = "ONECODE_STORE_CHILD";
constexpr const char* kPipeVariable = "ONECODE_STORE_CHILD_PIPE";
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

struct Child {
  pid_t pid = -1;
  int told = -1; // what it tells: 'b' after a batch, 'f' after a flush
};

/// This program again, running only the child's case. exec, because RocksDB's threads do not survive a fork.
Child start_child(const std::filesystem::path& folder) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  fcntl(ends[0], F_SETFD, FD_CLOEXEC); // ours alone: a child whose parent is gone ends at its next word
  std::vector<std::string> environment;
  for (char** e = environ; *e != nullptr; ++e)
    if (!std::string_view(*e).starts_with("ONECODE_TEST_REPORT=")) environment.emplace_back(*e);
  environment.push_back(std::string(kFolderVariable) + "=" + folder.string());
  environment.push_back(std::string(kPipeVariable) + "=" + std::to_string(ends[1]));
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
  close(ends[1]);
  return {pid, ends[0]};
}

/// What the child tells next; 0: it died, or said nothing for a minute.
char hear(const Child& child) {
  pollfd waiting{child.told, POLLIN, 0};
  char what = 0;
  if (poll(&waiting, 1, 60'000) != 1 || read(child.told, &what, 1) != 1) return 0;
  return what;
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
  const int pipe_end = std::atoi(std::getenv(kPipeVariable));
  const auto tell = [&](char what) {
    if (::write(pipe_end, &what, 1) != 1) std::abort();
  };
  const auto store = rocks_stores(options(folder))->open(0);
  for (std::int64_t n = store->journal_next().value_or(0);; ++n) {
    store->write(batch(n, nullptr).bytes(), {n + 1});
    tell('b');
    if (n % kFlushEvery == 0) {
      store->flush();
      std::ofstream(std::filesystem::path(folder) / "flushed.new") << n + 1;
      std::filesystem::rename(std::filesystem::path(folder) / "flushed.new",
                              std::filesystem::path(folder) / "flushed");
      tell('f');
    }
  }
}

TEST_CASE("a store killed with -9 holds a prefix of its batches, and says which") {
  const onecode_test::TempFolder folder;
  std::mt19937 random(11);
  std::int64_t before = 0;
  bool lost_some = false;
  // Where a kill falls is the machine's affair: more rounds where all of the first fell upon a flush of ours.
  for (int round = 0; round < 8 || (!lost_some && round < 80); ++round) {
    const auto mark = flushed(folder.path());
    const Child child = start_child(folder.path());
    REQUIRE(child.pid > 0);
    for (char what = 'b'; what != 'f';) REQUIRE((what = hear(child)) != 0);
    for (auto more = random() % 3000; more > 0; --more) REQUIRE(hear(child) != 0);
    REQUIRE(kill(child.pid, SIGKILL) == 0);
    close(child.told);
    int status = 0;
    REQUIRE(waitpid(child.pid, &status, 0) == child.pid);
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
