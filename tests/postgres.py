"""A PostgreSQL server made for the occasion, that listens on a socket file alone."""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = shutil.which("postgres")
ACCOUNT = "postgres" if os.geteuid() == 0 else getpass.getuser()


@contextmanager
def server() -> Iterator[str]:
    """Start a new, empty server and give its address; stop it and forget it at the end."""
    # Not under `tmp_path`: a server never runs as root, and its account must reach the folder.
    folder = Path(tempfile.mkdtemp(prefix="coterie-"))
    if os.geteuid() == 0:
        shutil.chown(folder, ACCOUNT)
    control = Path(os.path.realpath(PROGRAM)).with_name("pg_ctl")
    options = f"-c listen_addresses= -c fsync=off -k {folder}"
    command = [control, "--pgdata", folder / "data", "--silent"]
    settings = {"user": ACCOUNT if os.geteuid() == 0 else None, "cwd": folder, "check": True}
    subprocess.run([*command, "init", "-o", "--auth=trust --username=coterie"], **settings)
    log = ["--log", folder / "log"]
    subprocess.run([*command, *log, "--wait", "start", "-o", options], **settings)
    yield f"postgresql://coterie@/postgres?host={folder}"
    subprocess.run([*command, "--wait", "--mode=immediate", "stop"], **settings)
    shutil.rmtree(folder)
