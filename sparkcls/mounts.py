"""Which folders lie on a filesystem that other machines see too."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

#: Roots that every node of a Databricks cluster sees, however they are mounted.
SHARED_ROOTS = ("/Volumes", "/dbfs", "/Workspace")
#: Types that are the same folder wherever it is mounted; others may be a host's way to show its disk to a container.
_CLUSTER = re.compile(r"nfs\d?|cifs|smb\d?|smbfs|lustre|gpfs|beegfs|ceph|glusterfs|afs|orangefs|pvfs2|panfs|wekafs")
#: Types of network filesystems, as Linux names them in its table of mounts.
_NETWORK = re.compile(
    _CLUSTER.pattern
    + r"|9p|virtiofs|fuse"
    + r"|fuse\.(?!fuse-overlayfs|portal|gvfsd|lxcfs|ntfs|ext|bindfs|unionfs|mergerfs|snapfuse).+"
)
#: Types whose times the kernel keeps, and that no other machine writes to. Not those of images, such as squashfs: their
#: times are what the image's maker has chosen, often one for all, and two images may follow each other on one device.
_OWN = re.compile(r"ext[234]|xfs|btrfs|zfs|f2fs|bcachefs|jfs|reiserfs|overlay|tmpfs")
_TABLE = Path("/proc/self/mounts")


def on_network(path: Path, table: str | None = None) -> bool:
    """Whether a path lies on a network filesystem: NFS, SMB, a parallel one, an object store's mount.

    Such a folder is copied to the machine's own disk before it is mapped: mapping is slow there, and fails if the
    connection does.

    Parameters
    ----------
    table
        Mounts in the format of ``/proc/self/mounts``; default: those of this machine. Where there are none (macOS,
        Windows) only `SHARED_ROOTS` count.
    """
    return in_shared_root(path) or bool(_NETWORK.fullmatch(_mount(path, table)[1]))


def on_cluster_mount(path: Path, table: str | None = None) -> bool:
    """Whether other machines have the same folder mounted, as far as can be told here; see `on_network`."""
    point, kind = _mount(path, table)
    return in_shared_root(path) or (point != Path("/") and bool(_CLUSTER.fullmatch(kind)))


def on_own_disk(path: Path, table: str | None = None) -> bool:
    """Whether a path lies on a disk, or in memory, of this machine alone; False where that is not known.

    Parameters
    ----------
    table
        See `on_network`.
    """
    return not in_shared_root(path) and bool(_OWN.fullmatch(_mount(path, table)[1]))


def in_shared_root(path: Path) -> bool:
    """Whether a path lies where all nodes of a Databricks cluster have the same."""
    path = Path(path).absolute()
    # On macOS /Volumes holds its own disks.
    return sys.platform != "darwin" and any(Path(root) in (path, *path.parents) for root in SHARED_ROOTS)


def _mount(path: Path, table: str | None) -> tuple[Path, str]:
    """Where the filesystem of a path is mounted, and its type; empty where there is no table."""
    try:
        absolute = path.absolute()
        return _known(absolute, _device(absolute)) if table is None else _found(absolute, table)
    except (OSError, ValueError, RuntimeError):  # the last for links in a circle, before Python 3.13
        return Path(), ""


def _device(path: Path) -> int:
    """The number of the filesystem of a path, or of what it will be in."""
    for part in (path, *path.parents):
        with suppress(OSError):
            return part.stat().st_dev
    return 0


# LightPipeline asks for every text. Another filesystem at the path, or at the end of a link, has another number.
@lru_cache(maxsize=256)
def _known(path: Path, device: int) -> tuple[Path, str]:
    return _found(path, _TABLE.read_text(encoding="utf-8", errors="replace"))


def _found(path: Path, table: str) -> tuple[Path, str]:
    resolved = path.resolve()
    best, kind = Path(), ""
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        # Blanks and the like stand there as octal numbers.
        point = Path(re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), fields[1]))
        # The later of two mounts at one point hides the other.
        if point in (resolved, *resolved.parents) and len(point.parts) >= len(best.parts):
            best, kind = point, fields[2]
    return best, kind
