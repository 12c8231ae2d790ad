"""What happens to stored files: bits that flip, files that are cut short, deleted, swapped, copied."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

KINDS = ("flip", "truncate", "delete", "append", "swap", "copy")
SHARES = (0.6, 0.15, 0.1, 0.05, 0.05, 0.05)


def damage(folder: Path, rng: np.random.Generator) -> str:
    """Damage one file of a folder, drawn by size for bits, evenly for the rest; return what was done."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    kind = str(rng.choice(KINDS, p=SHARES))
    sizes = np.array([path.stat().st_size for path in files], dtype=float)
    path = files[int(rng.choice(len(files), p=sizes / sizes.sum() if kind == "flip" else None))]
    content = bytearray(path.read_bytes())
    other = files[int(rng.integers(len(files)))]
    if kind == "flip":
        content[int(rng.integers(len(content)))] ^= 1 << int(rng.integers(8))
        path.write_bytes(content)
    elif kind == "truncate":
        path.write_bytes(content[: int(rng.integers(len(content)))])
    elif kind == "append":
        path.write_bytes(bytes(content) + rng.bytes(int(rng.integers(1, 50))))
    elif kind == "delete":
        path.unlink()
    elif kind == "swap":
        path.write_bytes(other.read_bytes())
        other.write_bytes(bytes(content))
    else:
        shutil.copy(path, path.with_name(f"{'0' * 20}-copy{path.suffix}"))
    return f"{kind} {path.relative_to(folder)}"
