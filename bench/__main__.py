"""`make bench`: every benchmark, or the one that is named."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

SHARED = {
    "harness",
    "installation",
    "bare",
    "first_frame",
    "drawing",
    "overload_house",
    "ten_servers",
    "gateway_peers",
    "idle_crowd",
}
NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if path.stem not in SHARED)


def main(asked: list[str]) -> int:
    unknown = [name for name in asked if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    for name in asked or NAMES:
        print(f"== {name}", flush=True)
        sys.argv = [name]
        runpy.run_module(f"bench.{name}", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
