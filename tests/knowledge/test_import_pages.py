"""Import of pages: what is fetched, and what never is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from knowledge.errors import ImportError_
from knowledge.importing import Store, take_in
from knowledge.importing.fetch import fetch
from knowledge.importing.readers import FILE_BYTES
from tests.knowledge.documents import DAY, file, store

__all__ = ["store"]  # a fixture
pytestmark = pytest.mark.unit


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/page":
            self._send("<title>公告</title><body><p>集市改到周三。</p>".encode("gb18030"), "text/html; charset=gb2312")
        elif self.path == "/loop":
            self._send(b"", "text/plain", 302, "/loop")
        elif self.path == "/to-file":
            self._send(b"", "text/plain", 302, "file:///etc/passwd")
        elif self.path == "/large.txt":
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            try:
                for _ in range(FILE_BYTES // 2**20 + 2):
                    self.wfile.write(b"a" * 2**20)
            except OSError:
                pass
        elif self.path == "/slow":
            self.server.stop.wait(20)  # type: ignore[attr-defined]
        else:
            self._send(b"no", "text/plain", 404)

    def _send(self, body: bytes, kind: str, status: int = 200, to: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if to:
            self.send_header("Location", to)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as running:
        running.stop = threading.Event()  # type: ignore[attr-defined]
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.stop.set()  # type: ignore[attr-defined]
        running.shutdown()
        thread.join()


def test_page_is_fetched_and_updated_by_its_address(store: Store, server: str) -> None:
    for expected in (1, 0):
        counts = take_in(store, [f"{server}/page#top"], DAY, allow_local=True)
        assert (counts.added, counts.problems) == (expected, [])
    (entry,) = store.entries()
    assert (entry.text, entry.sources[0].url) == ("集市改到周三。", f"{server}/page")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/loop", "redirects"),
        ("/to-file", "only http"),
        ("/missing", "404"),
        ("/large.txt", "larger than"),
    ],
)
def test_bounds_of_fetching(tmp_path: Path, server: str, path: str, reason: str) -> None:
    with pytest.raises(ImportError_, match=reason):
        fetch(server + path, tmp_path, allow_local=True)


def test_slow_server_is_given_up(tmp_path: Path, server: str) -> None:
    with pytest.raises(ImportError_, match="no answer within"):
        fetch(f"{server}/slow", tmp_path, allow_local=True, seconds=0.3)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.0.0.8/",
        "http://169.254.169.254/latest",
        "http://0.0.0.0/",
        "http://0x7f.1/",
    ],
)
def test_local_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ImportError_, match="this machine or its network"):
        fetch(url, tmp_path)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/a", "http://u:p@example.org/", "http:///a", "http://2130706433/"]
)
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ImportError_):
        fetch(url, tmp_path)


def test_bad_address_is_named_and_the_rest_goes_in(tmp_path: Path, store: Store) -> None:
    counts = take_in(store, ["http://127.0.0.1:1/x", str(file(tmp_path, "a.txt", "甲。"))], DAY)
    assert counts.added == 1
    assert counts.problems[0].startswith("http://127.0.0.1:1/x: ")
