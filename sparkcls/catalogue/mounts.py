"""Which folders lie on a filesystem that other machines see too."""

from __future__ import annotations

import re
from pathlib import Path

#: Roots that every node of a Databricks cluster sees, however they are mounted.
SHARED_ROOTS = ("/Volumes", "/dbfs", "/Workspace")
#: Types of network filesystems, as Linux names them in its table of mounts.
_NETWORK = re.compile(
    r"(nfs\d?|cifs|smb\d?|smbfs|lustre|gpfs|beegfs|ceph|glusterfs|9p|virtiofs|afs|orangefs|pvfs2|panfs|wekafs"
    r"|fuse\.(?!fuse-overlayfs|portal|gvfsd|lxcfs|ntfs|ext|bindfs|unionfs|mergerfs|snapfuse).+)"
)
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
    path = Path(path).absolute()
    if any(Path(root) in (path, *path.parents) for root in SHARED_ROOTS):
        return True
    try:
        lines = (_TABLE.read_text(encoding="utf-8", errors="replace") if table is None else table).splitlines()
        resolved = path.resolve()
    except OSError:
        return False
    best, kind = -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        # Blanks and the like stand there as octal numbers.
        point = Path(re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), fields[1]))
        # The later of two mounts at one point hides the other.
        if point in (resolved, *resolved.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return bool(_NETWORK.fullmatch(kind))
