"""Python environments as users send them to clusters: without sparkcls, with it, packed; and sparkcls as a zip."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

from tests.cluster.processes import REPOSITORY

PACKAGE = REPOSITORY / "sparkcls"


def make_environment(folder: Path, with_sparkcls: bool) -> Path:
    """A virtual environment that has torch and all else from this one by reference, and maybe a copy of sparkcls.

    The reference is a .pth file. Those in the folder that it names do not count, so an editable install of sparkcls
    is not seen through it.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = site_packages(folder)
    (packages / "of_the_tests.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    if with_sparkcls:
        shutil.copytree(PACKAGE, packages / "sparkcls", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def site_packages(folder: Path) -> Path:
    """Where an environment has its packages."""
    return Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))


def pack_environment(folder: Path, archive: Path) -> Path:
    """An environment as a .tar.gz for ``--archives``, by venv-pack where that is installed.

    Elsewhere a plain tar will do: what venv-pack adds is that the shell's ``activate`` works where it is unpacked, and
    Spark calls ``bin/python`` itself, which finds its environment by the pyvenv.cfg beside it.
    """
    if find_spec("venv_pack"):
        import venv_pack

        venv_pack.pack(prefix=str(folder), output=str(archive), quiet=True)
    else:
        with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
            packed.add(folder, ".")
    return archive


def zip_package(archive: Path) -> Path:
    """sparkcls, with the bundled model, as a zip for ``--py-files``."""
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted(PACKAGE.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                packed.write(file, file.relative_to(REPOSITORY))
    return archive
