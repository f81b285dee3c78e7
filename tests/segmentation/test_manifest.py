"""A manifest knows every byte of its snapshot."""

import orjson
import pytest

from segmentation.errors import StoreDamaged, StoreError
from segmentation.manifest import read_manifest, verify_files, verify_sizes, write_json
from tests.snapshots import build_snapshot


@pytest.fixture
def folder(tmp_path):
    """A small snapshot that a test may spoil."""
    build_snapshot(tmp_path / "run", users=20).close()
    return tmp_path / "run"


def test_one_flipped_bit_is_found(folder):
    """In any file; the message names it."""
    manifest = read_manifest(folder)
    for name in manifest["files"]:
        path = folder / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

        with pytest.raises(StoreDamaged, match=rf"{name}` is not what the manifest says"):
            verify_files(folder, manifest)

        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    verify_files(folder, manifest)


def test_a_missing_file_is_found(folder):
    """By the full check and by the quick one."""
    (folder / "tables/users.parquet").unlink()

    for check in (verify_files, verify_sizes):
        with pytest.raises(StoreDamaged, match=r"users\.parquet` is missing"):
            check(folder, read_manifest(folder))


def test_a_file_cut_short_is_found_without_reading(folder):
    """Its size gives it away."""
    (folder / "index/users.npy").write_bytes(b"")

    with pytest.raises(StoreDamaged, match=r"users\.npy` is missing or cut short"):
        verify_sizes(folder, read_manifest(folder))


def test_a_file_too_many_is_found(folder):
    """A snapshot holds what it states and nothing else."""
    (folder / "index/extra.npy").write_bytes(b"")

    with pytest.raises(StoreDamaged, match=r"extra\.npy` is not in the manifest"):
        verify_files(folder, read_manifest(folder))


def test_a_newer_schema_is_refused(folder):
    """The message says to upgrade."""
    write_json(folder / "manifest.json", read_manifest(folder) | {"schema_version": 3})

    with pytest.raises(StoreError, match=r"schema version 3.*reads up to 2.*Upgrade"):
        read_manifest(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"schema_version": null}', b"\xff"])
def test_a_manifest_that_is_none_is_damaged(folder, content):
    """Whatever it holds instead."""
    (folder / "manifest.json").write_bytes(content)

    with pytest.raises(StoreDamaged, match=r"manifest\.json` cannot be read"):
        read_manifest(folder)


def test_equal_values_are_equal_bytes(tmp_path):
    """Keys are sorted, and NaN, which JSON does not know, is null."""
    write_json(tmp_path / "a", {"x": 1, "y": float("nan")})
    write_json(tmp_path / "b", {"y": None, "x": 1})

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert orjson.loads((tmp_path / "a").read_bytes()) == {"x": 1, "y": None}
