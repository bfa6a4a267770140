#!/usr/bin/python3
"""Runs the Python tests of a folder and reports each test case as tests/main.cpp does, for `./dev test` to count: run.py FOLDER [PATTERN]."""

import os
import pathlib
import sys
import time
import unittest
import warnings

FOLDER = pathlib.Path(__file__).resolve().parent / sys.argv[1]


class Report(unittest.TextTestResult):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = os.environ.get("ONECODE_TEST_REPORT")
        self.report = open(path, "w", encoding="utf-8", buffering=1) if path else None
        self.bad = False

    def startTest(self, test):
        super().startTest(test)
        self.started, self.bad, self.skipped_for = time.monotonic(), False, None

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.bad = True

    def addError(self, test, err):
        super().addError(test, err)
        self.bad = True

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.skipped_for = reason

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        self.bad = self.bad or err is not None

    def stopTest(self, test):
        super().stopTest(test)
        result = "failed" if self.bad else "skipped" if self.skipped_for else "passed"
        reason = f": {self.skipped_for}" if result == "skipped" else ""
        self.line(f"{result}\t{time.monotonic() - self.started:.3f}\t{test.shortDescription()}{reason}")

    def line(self, text):
        if self.report:
            self.report.write(text + "\n")

    def stopTestRun(self):
        super().stopTestRun()
        # What fails before a class's first test has no test to be counted with.
        if len(self.failures) + len(self.errors) > 0 and not self.testsRun:
            self.line(f"failed\t0\tthe tests of {FOLDER.name} could not begin")
        self.line("end")


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    suite = unittest.defaultTestLoader.discover(str(FOLDER), pattern=sys.argv[2] if len(sys.argv) > 2 else "*_test.py")
    sys.exit(0 if unittest.TextTestRunner(resultclass=Report, verbosity=1).run(suite).wasSuccessful() else 1)
