"""See the package's docstring."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.gpu.device import DEVICE_VARIABLE, TEXTS_VARIABLE


def main() -> int:
    """Run the tests, then measure whatever they said."""
    parser = argparse.ArgumentParser(prog="python -m tests.gpu")
    parser.add_argument("--out", type=Path, required=True, help="folder for the log and the figures")
    parser.add_argument("--texts", type=Path, help="folder of Parquet files with a column `text`")
    parser.add_argument("--device", default="cuda:0")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    os.environ |= {DEVICE_VARIABLE: arguments.device, "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    if arguments.texts:
        os.environ[TEXTS_VARIABLE] = str(arguments.texts)
    command = [sys.executable, "-m", "pytest", "tests/gpu", "-q", "-s", "--durations=8", "-o", "addopts="]
    with open(arguments.out / "tests.log", "w", encoding="utf-8") as log:
        failed = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    print((arguments.out / "tests.log").read_text(encoding="utf-8")[-5000:], flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SPARKCLS_CACHE"] = f"{folder}/cache"
        # In a process of its own, because the variables are read when the modules are imported.
        code = (
            "import sys; from pathlib import Path; from tests.gpu.measure import main; main(*map(Path, sys.argv[1:]))"
        )
        measured = subprocess.run([sys.executable, "-c", code, folder, str(arguments.out)], check=False).returncode
    return failed or measured


if __name__ == "__main__":
    raise SystemExit(main())
