"""Sending a body to an address somebody else chose, without being led to places of our own.

Only HTTPS, only addresses of the open internet, each connection to the very address that was
looked at, no redirects, no proxies, and a limit on the whole of it. What the other side says is
not read beyond its status.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from segmentation.errors import UsageError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST = 2_000
SECONDS = 10.0
CONNECT_SECONDS, MOST_ADDRESSES = 5.0, 2
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class Reply:
    """How sending went: the status, None where nobody answered; `detail` says more in words."""

    status: int | None
    detail: str = ""
    retry_after: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the other side has the message."""
        return self.status is not None and 200 <= self.status < 300


def check_url(url: str, *, loopback: bool) -> SplitResult:
    """Take an address apart; refuse one nothing may be sent to.

    Parameters
    ----------
    loopback : bool
        Whether this machine may be sent to, then also without encryption.

    Raises
    ------
    UsageError
        Says what is wrong with it.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")  # what looking it up will ask of its labels
    except ValueError as error:
        raise UsageError(f"`url` cannot be read: {error}.") from error
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(f"`url` must have at most {LONGEST} plain letters.")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise UsageError("`url` must name a host, and neither a user, a password nor a fragment.")
    literal = address_of(host)
    is_here = host == "localhost" or (literal is not None and literal.is_loopback)
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback and is_here):
        raise UsageError(f"`url` must begin with `https://`, got `{parts.scheme}://`.")
    if (is_here and not loopback) or (literal is not None and not is_open(literal, loopback)):
        raise UsageError(f"`{host}` is no host of the open internet.")
    return parts


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    loopback: bool = False,
    seconds: float = SECONDS,
    trust: ssl.SSLContext | None = None,
) -> Reply:
    """Send a body and say how it went; whatever goes wrong is a reply without a status."""
    try:
        parts = check_url(url, loopback=loopback)
        connection = connected(parts, loopback=loopback, seconds=seconds, trust=trust)
    except (OSError, UsageError) as error:
        return Reply(None, str(error))
    with suppress(OSError), limited(connection, seconds):
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body=body, headers=dict(headers))
            answer = connection.getresponse()
            wait = seconds_of(answer.getheader("Retry-After"), answer.getheader("Date"))
            return Reply(answer.status, answer.reason, wait)
        except (OSError, http.client.HTTPException) as error:
            return Reply(None, f"{type(error).__name__}: {error}")
    return Reply(None, "The connection broke.")


def connected(
    parts: SplitResult, *, loopback: bool, seconds: float, trust: ssl.SSLContext | None
) -> http.client.HTTPConnection:
    """Connect to an address that was looked at; a second look-up might give another."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    closed = [each for each in found if not is_open(ipaddress.ip_address(each), loopback)]
    if closed:
        raise UsageError(f"`{host}` is no host of the open internet.")
    sock = first_socket(sorted(found)[:MOST_ADDRESSES], port)
    sock.settimeout(seconds)
    if parts.scheme == "https":
        try:
            context = trust or ssl.create_default_context()
            sock = context.wrap_socket(sock, server_hostname=host)
        except OSError:
            sock.close()
            raise
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    connection.sock = sock
    return connection


def first_socket(addresses: list[str], port: int) -> socket.socket:
    """Connect to the first address that answers."""
    refused: OSError = OSError("There is no address.")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        except OSError as error:
            refused = error
    raise refused


@contextmanager
def limited(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Break a connection off after a time, however slowly the other side goes on; then close it."""
    sock = connection.sock

    def break_off() -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, break_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()


def is_open(address: Address, loopback: bool) -> bool:
    """Whether an address is one of the open internet, or of this machine where that is allowed."""
    inner = inside(address)
    if inner.is_loopback:
        return loopback
    return inner.is_global and not inner.is_multicast


def inside(address: Address) -> Address:
    """The older address that a newer one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def address_of(host: str) -> Address | None:
    """A host that is written as an address; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def seconds_of(header: str | None, date: str | None) -> float | None:
    """How long a receiver asks to wait: seconds, or until a time by its own clock."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        until, now = parsedate_to_datetime(header), parsedate_to_datetime(date or "")
        return max((until - now).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None
