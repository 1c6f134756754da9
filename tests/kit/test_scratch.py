"""Folders for a while: the dead's are removed, the living keep theirs (a real kill: `uploads/test_killed.py`)."""

from py360.kit import scratch
from py360.kit.resources import Resources


async def test_only_what_the_dead_left_is_removed(resources: Resources) -> None:
    parent = scratch.root(resources.settings.home)
    with scratch.folder("import") as living:
        (parent / "for-import-dead").mkdir()
        (parent / "for-import-dead" / "file").write_bytes(b"of a customer")
        scratch.sweep()
        assert [*parent.iterdir()] == [living]
    assert not [*parent.iterdir()]
