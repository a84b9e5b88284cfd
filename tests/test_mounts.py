import os
from pathlib import Path

import pytest

from sparkcls import mounts
from sparkcls.mounts import in_shared_root, on_cluster_mount, on_network, on_own_disk

TABLE = """\
/dev/sda1 / ext4 rw 0 0
server:/export /mnt/nfs nfs4 rw 0 0
/dev/sdb1 /mnt/nfs/local xfs rw 0 0
//server/share /mnt/with\\040blank cifs rw 0 0
bucket /mnt/bucket fuse.gcsfuse rw 0 0
overlay /mnt/layer fuse.fuse-overlayfs rw 0 0
server:/models /opt/models lustre rw 0 0
tmpfs /opt/models/scratch tmpfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "shared"),
    [
        ("/home/me/model", False),
        ("/mnt/nfs", True),
        ("/mnt/nfs/model", True),
        ("/mnt/nfs2/model", False),
        ("/mnt/nfs/local/model", False),
        ("/mnt/with blank/model", True),
        ("/mnt/bucket/model", True),
        ("/mnt/layer/model", False),
        ("/opt/models/x", True),
        ("/opt/models/scratch/x", False),
        ("/Volumes/main/default/models/x", True),
        ("/dbfs/models/x", True),
        ("/dbfs2/models/x", False),
    ],
)
def test_what_other_machines_see(path, shared):
    assert on_network(Path(path), TABLE) is shared


@pytest.mark.parametrize(
    ("path", "table", "shared"),
    [
        ("/mnt/nfs/model", TABLE, True),
        ("/opt/models/x", TABLE, True),
        ("/mnt/bucket/model", TABLE, False),
        ("/home/me/model", TABLE, False),
        ("/home/me/model", "none / 9p rw\n", False),
        ("/home/me/model", "server:/root / nfs4 rw\n", False),
        ("/data/model", "host /data virtiofs rw\n", False),
        ("/Volumes/main/x", "", True),
    ],
)
def test_what_needs_no_carrying(path, table, shared):
    """Rather carried for nothing than not there."""
    assert on_cluster_mount(Path(path), table) is shared


def test_volumes_of_a_mac_are_its_own(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    assert not in_shared_root(Path("/Volumes/disk/model"))


def test_of_two_mounts_at_one_point_the_later_counts():
    assert on_network(Path("/a/b"), "x /a nfs rw\ny /a ext4 rw\n") is False
    assert on_network(Path("/a/b"), "y /a ext4 rw\nx /a nfs rw\n") is True


def test_this_machines_temporary_folder_is_its_own(tmp_path):
    assert on_network(tmp_path) is False


def test_the_table_is_read_once_for_a_filesystem_at_a_path(tmp_path, monkeypatch):
    table = tmp_path / "mounts"
    table.write_text(f"disk {tmp_path} ext4 rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(mounts, "_TABLE", table)
    model = tmp_path / "mnt" / "model"
    assert not on_network(model)
    table.write_text(f"disk {tmp_path} ext4 rw 0 0\nhost:/x {tmp_path}/mnt nfs4 rw 0 0\n", encoding="utf-8")
    assert not on_network(model), "nothing says that it has changed"
    stat = Path.stat

    def mounted(path, **options):
        found = list(stat(path, **options))
        found[2] += 1
        return os.stat_result(found)

    monkeypatch.setattr(Path, "stat", mounted)
    assert on_network(model), "another filesystem is there"
    monkeypatch.setattr(Path, "stat", stat)
    assert not on_network(model)


@pytest.mark.parametrize(
    ("path", "table", "own"),
    [
        ("/home/me/model", TABLE, True),
        ("/mnt/nfs/model", TABLE, False),
        ("/mnt/nfs/local/model", TABLE, True),
        ("/mnt/layer/model", TABLE, False),
        ("/opt/models/x", TABLE, False),
        ("/opt/models/scratch/x", TABLE, True),
        ("/Volumes/main/x", TABLE, False),
        ("/home/me/model", "overlay / overlay rw\n", True),
        # A change cannot be told by times that the image's maker has set.
        ("/snap/x/model", "/dev/loop0 /snap/x squashfs ro\n", False),
        ("/snap/x/model", "/dev/loop0 /snap/x erofs ro\n", False),
        ("/home/me/model", "none / 9p rw\n", False),
        ("/home/me/model", "/dev/sda1 / fuseblk rw\n", False),
        ("/home/me/model", "", False),
    ],
)
def test_what_this_machine_alone_writes_to(path, table, own):
    assert on_own_disk(Path(path), table) is own
