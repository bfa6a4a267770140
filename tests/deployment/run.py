#!/usr/bin/python3
"""Runs the tests of this folder, or those of the files that match a pattern."""

import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "support"))

from report import main  # noqa: E402

if __name__ == "__main__":
    main(FOLDER)
