"""Numbers and the like in the gateway's database: encrypted, so that a copied file tells nobody's telephone."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class Seal:
    """AES-256-GCM under a key made of the session secret, for one purpose.

    Args:
        secret: the session secret.
        purpose: what is sealed; another purpose has another key.
    """

    def __init__(self, secret: str, purpose: str) -> None:
        info = f"xiangyin gateway {purpose}".encode()
        self._cipher = AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode()))

    def seal(self, text: str, place: str) -> str:
        """``text`` encrypted for one place (a row's key): moved to another it cannot be opened."""
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())).decode()

    def open(self, sealed: str, place: str) -> str | None:
        """What was sealed for this place; None when the session secret is another one now."""
        raw = base64.b64decode(sealed)
        try:
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], place.encode()).decode()
        except InvalidTag:
            return None
