"""Try hostile input: ``python -m hostile KIND --cases N --seed S``; status 1 where there is a fault."""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import importlib
import sys
import tempfile
from pathlib import Path

KINDS = ("files", "lines", "folders", "data", "options", "faults")
UNANSWERED = 900
"""Seconds after which the whole campaign is said to hang, with the place; compiled loops see no alarm."""


def main() -> int:
    """Run one campaign; print its figures, and each fault."""
    parser = argparse.ArgumentParser(prog="python -m hostile")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    campaign = importlib.import_module(f"hostile.{given.kind}").campaign
    place = Path(tempfile.mkdtemp(prefix=f"hostile-{given.kind}-"))
    with contextlib.chdir(place):
        tally = campaign(given.cases, given.seed, place)
    for fault in tally.faults:
        print(fault)
    print(tally.line)
    return 1 if tally.faults else 0


if __name__ == "__main__":
    faulthandler.enable()
    sys.exit(main())
