"""Signatures of requests between us and the bank, both ways.

HMAC-SHA256 over method, path with query, timestamp, nonce, idempotency key and the SHA-256 of the body,
joined by newlines. The timestamp bounds replays to five minutes, the nonce forbids them within that time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping

CLIENT = "X-Bank-Client"
TIMESTAMP = "X-Bank-Timestamp"
NONCE = "X-Bank-Nonce"
SIGNATURE = "X-Bank-Signature"
IDEMPOTENCY_KEY = "Idempotency-Key"

WINDOW_S = 300
"""How far a timestamp may be from our clock, either way."""


class SignatureInvalid(Exception):
    """The request is not signed by who it says, too old, or seen before; ``code`` says which."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def _digest(key: bytes, method: str, target: str, stamp: str, nonce: str, idempotency: str, body: bytes) -> str:
    text = "\n".join([method.upper(), target, stamp, nonce, idempotency, hashlib.sha256(body).hexdigest()])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def sign(
    key: bytes, method: str, target: str, body: bytes, *, client: str, idempotency: str | None = None
) -> dict[str, str]:
    """Headers that sign one request. ``target`` is the path with its query, as sent."""
    stamp, nonce = str(int(time.time())), secrets.token_hex(16)
    headers = {
        CLIENT: client,
        TIMESTAMP: stamp,
        NONCE: nonce,
        SIGNATURE: _digest(key, method, target, stamp, nonce, idempotency or "", body),
    }
    if idempotency is not None:
        headers[IDEMPOTENCY_KEY] = idempotency
    return headers


class Verifier:
    """Checks signed requests and remembers nonces for as long as their timestamp is valid."""

    def __init__(self, key: bytes, client: str) -> None:
        self._key = key
        self._client = client
        self._seen: OrderedDict[str, float] = OrderedDict()

    def check(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raise :class:`SignatureInvalid` unless the request is genuine, fresh and new."""
        stamp, nonce = headers.get(TIMESTAMP, ""), headers.get(NONCE, "")
        given = headers.get(SIGNATURE, "")
        if headers.get(CLIENT) != self._client or not nonce or len(nonce) > 64:
            raise SignatureInvalid("signature_missing")
        expected = _digest(self._key, method, target, stamp, nonce, headers.get(IDEMPOTENCY_KEY, ""), body)
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise SignatureInvalid("signature_wrong")
        now = time.time()
        if not stamp.isascii() or not stamp.isdigit() or abs(now - int(stamp)) > WINDOW_S:
            raise SignatureInvalid("timestamp_out_of_range")
        self._forget(now)
        if nonce in self._seen:
            raise SignatureInvalid("nonce_reused")
        # A clock ahead of ours keeps its nonce valid for up to twice the window.
        self._seen[nonce] = now + 2 * WINDOW_S

    def _forget(self, now: float) -> None:
        while self._seen:
            nonce, until = next(iter(self._seen.items()))
            if until > now:
                return
            del self._seen[nonce]
