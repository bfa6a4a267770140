"""Runs the Python tests of a folder and reports each test case as tests/main.cpp does, for `./dev test` to count."""

import os
import sys
import time
import unittest
import warnings


class Report(unittest.TextTestResult):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = os.environ.get("ONECODE_TEST_REPORT")
        self.report = open(path, "w", encoding="utf-8", buffering=1) if path else None
        self.bad = False

    def startTest(self, test):
        super().startTest(test)
        self.started, self.bad = time.monotonic(), False

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.bad = True

    def addError(self, test, err):
        super().addError(test, err)
        self.bad = True

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        self.bad = self.bad or err is not None

    def stopTest(self, test):
        super().stopTest(test)
        self.line(f"{'failed' if self.bad else 'passed'}\t{time.monotonic() - self.started:.3f}\t{test.shortDescription()}")

    def line(self, text):
        if self.report:
            self.report.write(text + "\n")

    def stopTestRun(self):
        super().stopTestRun()
        # What fails before a class's first test has no test to be counted with.
        if len(self.failures) + len(self.errors) > 0 and not self.testsRun:
            self.line("failed\t0\tthe tests could not begin")
        self.line("end")


def main(folder):
    warnings.simplefilter("ignore", DeprecationWarning)
    suite = unittest.defaultTestLoader.discover(str(folder), pattern=sys.argv[1] if len(sys.argv) > 1 else "*_test.py")
    sys.exit(0 if unittest.TextTestRunner(resultclass=Report, verbosity=1).run(suite).wasSuccessful() else 1)
