"""Fetching a page or file for import: http and https only, bounded, and never from this machine or its network.

The address a name stands for is checked where the connection is made, so neither a redirect nor a name that changes its
address between check and use gets around it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from knowledge.errors import ImportError_
from knowledge.importing.readers import FILE_BYTES, kind

SECONDS = 60.0
REDIRECTS = 5
_ENDINGS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
}


@dataclass(frozen=True)
class Fetched:
    """A file that came over the network."""

    path: Path
    url: str
    """Where it was found in the end, without user data and fragment."""
    encoding: str | None


def is_url(text: str) -> bool:
    """True for an address rather than a path."""
    return "://" in text


class _PublicResolver(AbstractResolver):
    """Gives only addresses of the public internet."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for address in found:
            _refuse_local(address["host"], host)
        return found

    async def close(self) -> None:
        await self._inner.close()


def _refuse_local(address: str, host: str) -> None:
    number = ipaddress.ip_address(address.split("%")[0])
    inner = getattr(number, "ipv4_mapped", None) or getattr(number, "sixtofour", None) or number
    if not inner.is_global or inner.is_multicast:
        raise ImportError_(f"{host} is an address of this machine or its network; --allow-local permits it")


def _checked(url: str, allow_local: bool) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ImportError_("not an address") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ImportError_("only http:// and https:// addresses are fetched")
    if parts.username or parts.password:
        raise ImportError_("an address with a name or password in it is not fetched")
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        pass  # a name: checked when it is resolved
    else:
        if not allow_local:
            _refuse_local(str(literal), host)
    return urlunsplit(parts._replace(fragment=""))


def fetch(url: str, folder: Path, allow_local: bool = False, seconds: float = SECONDS) -> Fetched:
    """Fetches ``url`` into ``folder``.

    Args:
        url: an http or https address.
        folder: where the file is put.
        allow_local: permit addresses of this machine and its network.
        seconds: for everything, redirects included.

    Raises:
        ImportError_: refused, unreachable, too large, or of a kind nobody reads.
    """
    try:
        return asyncio.run(asyncio.wait_for(_fetch(url, folder, allow_local), seconds))
    except ImportError_ as error:
        raise ImportError_(f"{url}: {error}") from error
    except TimeoutError as error:
        raise ImportError_(f"{url}: no answer within {seconds:.0f} seconds") from error
    except aiohttp.ClientError as error:
        raise ImportError_(f"{url}: cannot be fetched ({type(error).__name__})") from error


async def _fetch(url: str, folder: Path, allow_local: bool) -> Fetched:
    resolver = None if allow_local else _PublicResolver()
    connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False)
    agent = {"User-Agent": "xiangyin-import"}
    async with aiohttp.ClientSession(connector=connector, headers=agent, trust_env=False) as session:
        for _ in range(REDIRECTS + 1):
            url = _checked(url, allow_local)
            async with session.get(url, allow_redirects=False) as answer:
                if answer.status in (301, 302, 303, 307, 308) and "Location" in answer.headers:
                    url = urljoin(url, answer.headers["Location"])
                    continue
                if answer.status != 200:
                    raise ImportError_(f"the server answered {answer.status}")
                return await _save(answer, url, folder)
    raise ImportError_(f"more than {REDIRECTS} redirects")


async def _save(answer: aiohttp.ClientResponse, url: str, folder: Path) -> Fetched:
    name = Path(unquote(urlsplit(url).path)).name or "page"
    ending = kind(Path(name)) or _ENDINGS.get(answer.content_type)
    if answer.content_type in ("text/html", "application/xhtml+xml"):
        ending = ".html"  # "notice.pdf" may be a page that shows it
    if ending is None:
        raise ImportError_(f"cannot read this kind of file ({answer.content_type})")
    path = folder / f"fetched{ending}"
    size = 0
    with path.open("wb") as out:
        async for chunk in answer.content.iter_chunked(65536):
            size += len(chunk)
            if size > FILE_BYTES:
                raise ImportError_(f"larger than {FILE_BYTES // 2**20} MB")
            out.write(chunk)
    return Fetched(path, url, answer.charset)
