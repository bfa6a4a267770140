// main() of every test program, and a listener that writes one line per test case to the file named by
// ONECODE_TEST_REPORT, flushed at once: "passed|failed|skipped <tab> seconds <tab> name[: reason]", then "end".
// `./dev test` counts these lines; a report without "end" is a program that died in the test case after its last.
#if __has_include(<catch2/catch_all.hpp>)
#define ONECODE_CATCH2_V3
#else
#define CATCH_CONFIG_RUNNER
#endif
#include "tests/catch.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

std::string skip_reason;
bool skipped = false;

#ifdef ONECODE_CATCH2_V3
using ListenerBase = Catch::EventListenerBase;
#else
using ListenerBase = Catch::TestEventListenerBase;
#endif

class ReportListener : public ListenerBase {
public:
  using ListenerBase::ListenerBase;

  void testRunStarting(const Catch::TestRunInfo& run) override {
    ListenerBase::testRunStarting(run);
    if (const char* path = std::getenv("ONECODE_TEST_REPORT")) report_.open(path, std::ios::trunc);
  }

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    ListenerBase::testCaseStarting(info);
    skipped = false;
    skip_reason.clear();
    started_ = std::chrono::steady_clock::now();
  }

#ifdef ONECODE_CATCH2_V3
  void assertionEnded(const Catch::AssertionStats& stats) override {
    if (stats.assertionResult.getResultType() == Catch::ResultWas::ExplicitSkip)
      skip_reason = std::string(stats.assertionResult.getMessage());
  }
#endif

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
#ifdef ONECODE_CATCH2_V3
    skipped = stats.totals.testCases.skipped > 0;
    const std::string& name = stats.testInfo->name;
#else
    const std::string& name = stats.testInfo.name;
#endif
    const bool failed = stats.totals.testCases.failed > 0;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    report_ << (failed ? "failed" : skipped ? "skipped" : "passed") << '\t' << seconds << '\t' << name;
    if (skipped && !failed) report_ << ": " << skip_reason;
    report_ << std::endl;
    ListenerBase::testCaseEnded(stats);
  }

  void testRunEnded(const Catch::TestRunStats& stats) override {
    report_ << "end" << std::endl;
    ListenerBase::testRunEnded(stats);
  }

private:
  std::ofstream report_;
  std::chrono::steady_clock::time_point started_;
};

CATCH_REGISTER_LISTENER(ReportListener)

} // namespace

#ifndef ONECODE_CATCH2_V3
void onecode_test::skip_current_test_case(const std::string& reason) {
  skipped = true;
  skip_reason = reason;
}
#endif

int main(int argc, char* argv[]) { return Catch::Session().run(argc, argv); }
