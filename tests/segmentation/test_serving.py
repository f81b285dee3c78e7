"""Starting the service: what is refused before anything is made."""

import socket
from datetime import UTC, datetime

import pytest

from segmentation.errors import StoreError
from segmentation.serving import address_of, require_free, serve_forever

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_port_that_is_taken_is_refused_before_a_key_is_made(tmp_path):
    """Or the key shown once would be gone with the start that failed."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StoreError, match=f"127.0.0.1:{port} cannot be listened on"):
            serve_forever(
                tmp_path / "store", host="127.0.0.1", port=port, workers=1, no_auth=False, now=NOW
            )

    assert not (tmp_path / "store").exists()


def test_an_address_of_another_machine_is_refused():
    """As is one that is none."""
    for host in ("192.0.2.1", "no.such.host.invalid"):
        with pytest.raises(StoreError, match="cannot be listened on"):
            require_free(host, 8000)


def test_an_address_of_the_newer_kind_stands_in_brackets():
    """As browsers want it."""
    assert address_of("::1", 80) == "http://[::1]:80"
