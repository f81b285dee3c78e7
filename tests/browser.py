"""A real browser without a window, driven over the WebDriver protocol (W3C)."""

import base64
import shutil
import socket
import subprocess
from contextlib import contextmanager

import httpx
import pytest

BINARY, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE = 200

needs_a_browser = pytest.mark.skipif(
    not (BINARY and DRIVER), reason="no chromium and chromedriver on this machine"
)


class Browser:
    """One session of a browser."""

    def __init__(self, client, session):
        self._client, self._session = client, session

    def call(self, path, **asked):
        """Send one command; with nothing asked but the path, read."""
        method = "POST" if asked or path.endswith(("/click", "/clear")) else "GET"
        answer = self._client.request(
            method, f"/session/{self._session}{path}", json=asked if method == "POST" else None
        ).json()["value"]
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer

    def open(self, address):
        """Go to a page."""
        self.call("/url", url=address)

    def find(self, selector):
        """The first element a selector finds."""
        return self.call("/element", using="css selector", value=selector)[ELEMENT]

    def text(self, selector):
        """What is read in an element."""
        return self.call(f"/element/{self.find(selector)}/text")

    def type(self, selector, text):
        """Press keys in an element; `\\ue007` is Enter."""
        self.call(f"/element/{self.find(selector)}/value", text=text)

    def clear(self, selector):
        """Empty a field."""
        self.call(f"/element/{self.find(selector)}/clear")

    def run(self, script, *arguments):
        """Run a script in the page; its value."""
        return self.call("/execute/sync", script=script, args=list(arguments))

    def wait_for(self, script):
        """Wait until a script returns something true; that."""
        for _ in range(PATIENCE):
            if found := self.run(script):
                return found
        pytest.fail(f"never came true in the page: {script}")

    def picture(self, path):
        """Keep what is seen."""
        path.write_bytes(base64.b64decode(self.call("/screenshot")))


@contextmanager
def browser(profile, *, width=1280, height=900):
    """Start a browser of a width in CSS pixels, its profile in an empty folder; ends with it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    driver = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL)
    metrics = {"width": width, "height": height, "pixelRatio": 1.0, "mobile": width < 600}
    options = {
        "binary": BINARY,
        "args": [*FLAGS, f"--user-data-dir={profile}"],
        "mobileEmulation": {"deviceMetrics": metrics},
    }
    wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
    transport = httpx.HTTPTransport(retries=8)
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=60, trust_env=False
        ) as client:
            session = client.post("/session", json=wanted).json()["value"]["sessionId"]
            yield Browser(client, session)
            client.delete(f"/session/{session}")
    finally:
        driver.terminate()
        driver.wait(timeout=30)
