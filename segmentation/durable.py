"""Files that are wholly there or not at all, also after the power fails."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a name beside `path` to write to; on success it takes the place of `path`.

    What is no plain file, such as `/dev/stdout`, a pipe or a link, is written into instead: it is
    not ours to remove.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        with _written_into(path) as elsewhere:
            yield elsewhere
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
        sync_file(beside)
        beside.replace(path)
        sync_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _written_into(path: Path) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        elsewhere = Path(folder) / "part"
        yield elsewhere
        with elsewhere.open("rb") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)


def replace_text(path: Path, text: str) -> None:
    """Put a text file in place as a whole: a reader sees the old one or the new one."""
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")


def move(source: Path, target: Path) -> None:
    """Rename within one file system; once this returns, the new name is on disk."""
    source.rename(target)
    sync_folder(target.parent)
    sync_folder(source.parent)


def link(source: Path, target: Path) -> None:
    """Give a file that never changes a second name, or copy it to another file system."""
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def link_folder(source: Path, target: Path) -> None:
    """Give every file under a folder a second name under another folder, made here."""
    target.mkdir()
    for path in sorted(source.iterdir()):
        (link_folder if path.is_dir() else link)(path, target / path.name)


def sync_tree(folder: Path) -> None:
    """Bring every file under a folder, and the names themselves, to the disk."""
    for path in folder.rglob("*"):
        (sync_folder if path.is_dir() else sync_file)(path)
    sync_folder(folder)


def sync_file(path: Path) -> None:
    """Bring one file's bytes to the disk."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Bring a folder's names to the disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
