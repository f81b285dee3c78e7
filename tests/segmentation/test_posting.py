"""Sending to an address that somebody else chose."""

import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading

import pytest

from segmentation.errors import UsageError
from segmentation.posting import check_url, is_open, post, seconds_of
from tests.receivers import receiving

OPENSSL = shutil.which("openssl")


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hooks",
        "ftp://shop.example/hooks",
        "https://",
        "https://user:word@shop.example/",
        "https://shop.example/#part",
        "https://shop.example:99999/",
        "https://shop..example/",
        f"https://{'a' * 64}.example/",
        "https://[::1",
        "https://shop.example/\r\nHost: other",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://224.0.0.1/",
        "https://shop.example/" + "a" * 2_000,
    ],
)
def test_what_is_no_place_of_the_open_internet_is_refused(url):
    """By its form, before anybody is asked."""
    with pytest.raises(UsageError):
        check_url(url, loopback=False)


@pytest.mark.parametrize("url", ["https://shop.example/hooks?a=b", "https://93.184.216.34:8443/"])
def test_an_open_place_is_taken(url):
    """By name or by number."""
    assert check_url(url, loopback=False).scheme == "https"


def test_this_machine_is_taken_where_that_is_allowed_and_no_other():
    """Then also without encryption, but not for others."""
    assert check_url("http://127.0.0.1:8080/", loopback=True).port == 8080
    for url in ("http://shop.example/", "http://10.0.0.1/", "https://10.0.0.1/"):
        with pytest.raises(UsageError):
            check_url(url, loopback=True)


def test_a_name_that_leads_to_a_closed_place_gets_nothing(monkeypatch):
    """The very addresses that are looked at are those connected to; one closed one is enough."""
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
               for address in ("93.184.216.34", "10.0.0.1")]  # fmt: skip
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kinds: answers)

    reply = post("https://shop.example/", b"{}", {})

    assert reply.status is None
    assert "no host of the open internet" in reply.detail


@pytest.mark.parametrize(
    ("address", "answer"),
    [("8.8.8.8", True), ("2606:4700::1", True), ("2002:a00:1::", False), ("0.0.0.0", False)],
)
def test_addresses_inside_addresses_are_looked_at(address, answer):
    """A tunnel's address is what lies at its end."""
    assert is_open(ipaddress.ip_address(address), loopback=False) is answer


def test_a_receiver_gets_the_body_and_the_headers_once():
    """At the path and with the query it named."""
    with receiving() as receiver:
        reply = post(
            receiver.url, b'{"data": {"user_id": "a"}}', {"webhook-id": "m"}, loopback=True
        )

    ((headers, body),) = receiver.posts
    assert (reply.status, reply.is_taken) == (200, True)
    assert (headers["webhook-id"], body) == ("m", b'{"data": {"user_id": "a"}}')


def test_a_redirect_is_not_followed():
    """Where it leads was never looked at."""
    with receiving() as receiver:
        receiver.answers = [(302, {"location": receiver.url})]
        reply = post(receiver.url, b'{"data": {"user_id": "a"}}', {}, loopback=True)

    assert (reply.status, reply.is_taken, len(receiver.posts)) == (302, False, 1)


def test_nobody_at_home_is_a_reply_without_a_status():
    """With the reason in words."""
    with receiving() as receiver:
        pass

    reply = post(receiver.url, b"{}", {}, loopback=True)

    assert reply.status is None
    assert "refused" in reply.detail.lower()


def test_one_who_answers_a_letter_at_a_time_is_broken_off():
    """The limit is on the whole, not on each letter."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()

        def drip():
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(0.05)
                while not stop.wait(0.05):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        reply = post(url, b"{}", {}, loopback=True, seconds=0.4)
        stop.set()
        thread.join()

    assert reply.status is None


def test_how_long_to_wait_is_read_in_seconds_or_as_a_date():
    """And what is neither is not heeded."""
    date = "Sun, 01 Nov 2026 02:00:00 GMT"

    assert seconds_of("120", None) == 120
    assert seconds_of("Sun, 01 Nov 2026 02:01:30 GMT", date) == 90
    assert seconds_of("soon", date) is None
    assert seconds_of(None, date) is None


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for this machine that signs itself."""
    if OPENSSL is None:
        pytest.skip("openssl makes the certificate")
    folder = tmp_path_factory.mktemp("certificate")
    command = [OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
               "subjectAltName=DNS:localhost", "-keyout", folder / "key", "-out",
               folder / "certificate"]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(folder / "certificate", folder / "key")
    return served, ssl.create_default_context(cafile=folder / "certificate")


def test_a_certificate_is_asked_for_and_checked(certificate):
    """One nobody vouches for ends the connection before anything is sent."""
    served, trust = certificate
    with receiving(served) as receiver:
        sent = {"body": b'{"data": {"user_id": "a"}}', "headers": {}, "loopback": True}
        doubted = post(receiver.url, **sent)
        taken = post(receiver.url, **sent, trust=trust)

    assert (doubted.status, taken.status, len(receiver.posts)) == (None, 200, 1)
    assert "certificate" in doubted.detail.lower()
