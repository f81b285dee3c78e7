"""Files are wholly there or not at all."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from segmentation.durable import move, replace_text, replacing, sync_tree


def test_a_failure_leaves_the_old_file(tmp_path):
    """And nothing beside it."""
    path = tmp_path / "file"
    path.write_text("old", encoding="utf-8")

    def fail_half_way():
        with replacing(path) as beside:
            beside.write_text("half", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()

    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_replaced(tmp_path):
    """Made if it was not there."""
    replace_text(tmp_path / "file", "用")
    replace_text(tmp_path / "file", "new")

    assert (tmp_path / "file").read_text(encoding="utf-8") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_link_stays_one(tmp_path):
    """What it leads to gets the new bytes."""
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("a longer old text", encoding="utf-8")
    link.symlink_to(path)

    replace_text(link, "new")

    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == "new"


def test_a_pipe_is_written_into(tmp_path):
    """As `/dev/stdout` may be one: whoever reads it gets the bytes, and it is not replaced."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with ThreadPoolExecutor(1) as threads:
        read = threads.submit(pipe.read_text, encoding="utf-8")
        replace_text(pipe, "told")

    assert read.result() == "told"
    assert pipe.is_fifo()


def test_a_folder_moves_whole(tmp_path):
    """Into another folder."""
    (tmp_path / "a/deep").mkdir(parents=True)
    (tmp_path / "a/deep/file").write_text("x", encoding="utf-8")
    (tmp_path / "b").mkdir()

    sync_tree(tmp_path / "a")
    move(tmp_path / "a", tmp_path / "b/a")

    assert (tmp_path / "b/a/deep/file").read_text(encoding="utf-8") == "x"
    assert not (tmp_path / "a").exists()
