"""What a machine says of itself: the same questions to the driver and to the workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Facts by name; plain values, as JSON has them.
Facts = dict[str, Any]

#: Packages whose versions matter where rows are scored.
PACKAGES = (
    *("sparkcls", "pyspark", "numpy", "pandas", "pyarrow", "torch", "transformers", "tokenizers", "safetensors"),
    *("huggingface_hub", "protobuf", "grpcio", "grpcio-status"),
)


def asking(packages: tuple[str, ...] = PACKAGES, seconds: float = 90.0) -> Callable[[], Facts]:
    """A function that gathers facts. It is a closure, so it is pickled whole: workers may lack sparkcls.

    Parameters
    ----------
    seconds
        For importing torch, which a broken driver of a GPU can keep waiting.
    """

    def ask() -> Facts:
        import importlib
        import importlib.metadata
        import json
        import os
        import platform
        import shutil
        import socket
        import subprocess
        import sys
        import tempfile

        def version(package: str) -> str | None:
            try:
                return importlib.metadata.version(package)
            except importlib.metadata.PackageNotFoundError:
                pass
            try:
                # Spark's own pyspark, and what came by --py-files, was not installed.
                return importlib.import_module(package).__version__ if package in ("pyspark", "sparkcls") else None
            except Exception:
                return None

        def text_of(file: str) -> str:
            try:
                with open(file, encoding="utf-8", errors="replace") as f:
                    return f.read()
            except OSError:
                return ""

        def output(command: list[str], limit: float) -> tuple[str, str]:
            """What a command prints, and what is wrong with it."""
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=limit, check=False, stdin=subprocess.DEVNULL
                )
            except (OSError, subprocess.SubprocessError) as e:
                return "", str(e)
            lines = done.stderr.strip().splitlines()
            return done.stdout.strip(), (lines[-1] if lines else "it failed") if done.returncode else ""

        def torch() -> dict[str, Any]:
            code = (
                "import json, torch; n = torch.cuda.device_count(); print(json.dumps({'cuda': torch.version.cuda, "
                "'gpus': [torch.cuda.get_device_name(i) for i in range(n)]}))"
            )
            said, wrong = output([sys.executable, "-c", code], seconds)
            try:
                return dict(json.loads(said.splitlines()[-1]))
            except (ValueError, IndexError):
                return {"error": wrong or "it does not answer"}

        def cache() -> dict[str, Any]:
            try:
                from sparkcls.settings import cache_folder

                path = folder = str(cache_folder())
                while not os.path.isdir(folder):
                    folder = os.path.dirname(folder)
                found = {"path": path, "free": shutil.disk_usage(folder).free}
            except Exception as e:
                return {"error": str(e)}
            try:
                with tempfile.TemporaryFile(dir=folder):
                    return found
            except OSError as e:
                return {**found, "unwritable": str(e)}

        versions = {package: version(package) for package in packages}
        first = text_of("/proc/cpuinfo").split("\n\n")[0]
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else None
        threads = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        return {
            "host": socket.gethostname(),
            "python": platform.python_version(),
            "executable": sys.executable,
            "system": f"{platform.system()} {platform.machine()}",
            "versions": versions,
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "memory": pages,
            "threads": {name: os.environ[name] for name in threads if name in os.environ},
            "processor": first,
            "torch": torch() if versions.get("torch") else None,
            "gpus_of_system": output(["nvidia-smi", "-L"], 20)[0].splitlines() if shutil.which("nvidia-smi") else [],
            "cache": cache() if versions.get("sparkcls") else None,
        }

    return ask
