"""What comes over the wire and is no request."""

import json
import logging
import socket
from urllib.parse import urlsplit

import pytest

from tests.service.servers import store_served


@pytest.mark.parametrize("sent", [b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n", b"hello\r\n\r\n"])
def test_what_is_no_http_is_refused_as_a_problem(planted, sent):
    """In the form of every other refusal, and the connection is closed."""
    with store_served(planted, no_auth=True) as address:
        place = urlsplit(address)
        with socket.create_connection((place.hostname, place.port)) as connection:
            connection.sendall(sent)
            told = b"".join(iter(lambda: connection.recv(4096), b""))

    head, _, body = told.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head
    assert json.loads(body)["type"] == "/problems/bad-request"


def test_a_head_is_answered_without_a_body(planted):
    """And the next request of the connection is understood."""
    asked = b"HEAD /v1/circles HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n"
    with store_served(planted, no_auth=True) as address:
        place = urlsplit(address)
        with socket.create_connection((place.hostname, place.port)) as connection:
            connection.sendall(asked + b"Connection: close\r\n\r\n")
            told = b"".join(iter(lambda: connection.recv(4096), b""))

    first, second = told.split(b"\r\n\r\n", 1)
    assert b"content-length: " in first
    assert second.startswith(b"HTTP/1.1 ")


def test_a_wish_for_a_web_socket_is_answered_as_the_request_it_comes_with(planted, caplog):
    """There are none here; nobody can fill the log by asking for them."""
    asked = b"GET /v1/circles HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Version: 13\r\n"
    asked += b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n\r\n"
    with store_served(planted, no_auth=True) as address:
        logger, place = logging.getLogger("uvicorn.error"), urlsplit(address)
        logger.setLevel("WARNING")
        logger.addHandler(caplog.handler)
        with socket.create_connection((place.hostname, place.port)) as connection:
            connection.sendall(asked)
            head = connection.recv(4096).partition(b"\r\n\r\n")[0]

    logger.removeHandler(caplog.handler)
    assert head.startswith(b"HTTP/1.1 200 ")
    assert not caplog.records
