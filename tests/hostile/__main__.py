"""Try hostile input: ``python -m hostile KIND --cases N --seed S``; status 1 where there is a fault."""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import importlib
import math
import sys
import tempfile
from pathlib import Path

from hostile.tally import Enough, Tally

KINDS = {
    "files": "experiment files",
    "lines": "command lines",
    "folders": "stored folders",
    "data": "data sets",
    "options": "options at their edges",
    "faults": "numerical faults",
}


def main() -> int:
    """Run one campaign; print its figures, and each fault."""
    parser = argparse.ArgumentParser(prog="python -m hostile")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--cases", type=int, default=1_000, help="how many; of folders, for each file")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--minutes", type=float, default=math.inf, help="after which it is enough")
    given = parser.parse_args()
    campaign = importlib.import_module(f"hostile.{given.kind}").campaign
    tally = Tally(KINDS[given.kind], given.minutes)
    place = Path(tempfile.mkdtemp(prefix=f"hostile-{given.kind}-"))
    with contextlib.chdir(place), contextlib.suppress(Enough):
        campaign(tally, given.cases, given.seed, place)
    for fault in tally.faults:
        print(fault)
    print(tally.line)
    return 1 if tally.faults else 0


if __name__ == "__main__":
    # What no alarm ends, such as a compiled loop without end, is seen with its place from outside.
    faulthandler.enable()
    sys.exit(main())
