"""Encryption of personal fields (AES-256-GCM with a key id) and blind indexes for looking them up.

``XIANGYIN_LEDGER_KEY`` is base64 of 32 bytes, or several of them separated by commas while keys rotate: the
first encrypts, all decrypt. A sealed value is ``key id . base64(nonce + ciphertext + tag)``; it is bound to
the place it was written for, so it cannot be moved to another row or column.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from actions.errors import ActionsError, Misconfigured


class Unsealable(ActionsError):
    """A stored value was sealed with a key we do not have, or was tampered with."""

    code = "ledger_unsealable"


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"xiangyin ledger " + purpose).derive(key)


class Vault:
    """Seals and opens personal fields."""

    def __init__(self, keys: list[bytes]) -> None:
        if not keys or any(len(key) != 32 for key in keys):
            raise Misconfigured(code="ledger_key_wrong_length")
        self._current = _key_id(keys[0])
        self._ciphers = {_key_id(key): AESGCM(_derive(key, b"seal")) for key in keys}
        self._index_keys = [_derive(key, b"index") for key in keys]

    @property
    def current(self) -> str:
        """Id of the key that encrypts."""
        return self._current

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Ids of all keys, the current one first."""
        return tuple(self._ciphers)

    @classmethod
    def from_setting(cls, value: str) -> Vault:
        """Read the setting described above.

        Raises:
            Misconfigured: empty, not base64, or not 32 bytes each.
        """
        if not value.strip():
            raise Misconfigured(code="ledger_key_missing")
        try:
            return cls([base64.b64decode(part.strip(), validate=True) for part in value.split(",")])
        except binascii.Error as error:
            raise Misconfigured(code="ledger_key_not_base64") from error

    def seal(self, text: str, place: str) -> str:
        """Encrypt ``text`` for one place, e.g. ``"1234567890/phone"``."""
        nonce = os.urandom(12)
        sealed = self._ciphers[self._current].encrypt(nonce, text.encode(), place.encode())
        return f"{self._current}.{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """Decrypt what :meth:`seal` made for the same place.

        Raises:
            Unsealable: unknown key, another place, or tampered with.
        """
        key_id, _, body = sealed.partition(".")
        try:
            raw = base64.b64decode(body, validate=True)
            return self._ciphers[key_id].decrypt(raw[:12], raw[12:], place.encode()).decode()
        except (KeyError, InvalidTag, ValueError):
            raise Unsealable from None

    def index(self, text: str, purpose: str) -> str:
        """Blind index under the current key: equal texts give equal hex strings, which tell nothing else."""
        return self.indexes(text, purpose)[0]

    def indexes(self, text: str, purpose: str) -> list[str]:
        """Blind indexes under all keys, for looking up rows written before a rotation."""
        data = f"{purpose}\0{text}".encode()
        return [hmac.new(key, data, hashlib.sha256).hexdigest() for key in self._index_keys]


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"xiangyin ledger key id" + key).hexdigest()[:8]
