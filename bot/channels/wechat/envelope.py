"""WeChat's signature and encryption of messages.

Scheme: developers.weixin.qq.com, "消息加解密说明"; developer.work.weixin.qq.com/document/path/90968. The signature
is the SHA-1 of token, timestamp, nonce (and ciphertext), sorted and joined. AES-256-CBC, the key's first 16 bytes as
IV, PKCS#7 to 32 bytes; inside: 16 random bytes, the length of the message (4 bytes, big endian), the message, the id
of the receiver. WeChat prescribes SHA-1 and the fixed IV.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_RANDOM = 16
_LENGTH = 4


class ForgedError(Exception):
    """Not from WeChat, or not for us."""


def signature(token: str, *parts: str) -> str:
    """The signature over ``token`` and ``parts`` (timestamp, nonce, and the ciphertext if there is one)."""
    return hashlib.sha1("".join(sorted((token, *parts))).encode()).hexdigest()  # noqa: S324 - prescribed


def check(token: str, given: str, *parts: str) -> None:
    """Raises ForgedError when ``given`` is not the signature of ``parts``."""
    if not hmac.compare_digest(signature(token, *parts).encode(), given.encode()):
        raise ForgedError


class Envelope:
    """Seals and opens messages.

    Args:
        token: of the signature.
        aes_key: EncodingAESKey, 43 characters.
        receiver: AppID or CorpID.

    Raises:
        ValueError: the key is malformed.
    """

    def __init__(self, token: str, aes_key: str, receiver: str) -> None:
        try:
            self._key = base64.b64decode(aes_key + "=", validate=True)
        except binascii.Error as error:
            raise ValueError("EncodingAESKey must be 43 letters and digits") from error
        if len(self._key) != 32:
            raise ValueError("EncodingAESKey must be 43 letters and digits")
        self._token = token
        self._receiver = receiver.encode()

    def open(self, sealed: str, given: str, timestamp: str, nonce: str) -> bytes:
        """The message inside ``sealed``.

        Raises:
            ForgedError: wrong signature, key or receiver.
        """
        check(self._token, given, timestamp, nonce, sealed)
        try:
            data = base64.b64decode(sealed, validate=True)
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(data) + decryptor.finalize()
        except (binascii.Error, ValueError) as error:
            raise ForgedError from error
        padding = plain[-1] if plain else 0
        if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
            raise ForgedError
        content = plain[_RANDOM:-padding]
        end = _LENGTH + int.from_bytes(content[:_LENGTH], "big")
        if len(content) < end or not hmac.compare_digest(content[end:], self._receiver):
            raise ForgedError
        return content[_LENGTH:end]

    def seal(self, message: bytes) -> str:
        """``message`` encrypted, in base64."""
        content = secrets.token_bytes(_RANDOM) + len(message).to_bytes(_LENGTH, "big") + message + self._receiver
        padding = _BLOCK - len(content) % _BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def signed(self, sealed: str, timestamp: str, nonce: str) -> str:
        """The signature that goes with ``sealed``."""
        return signature(self._token, timestamp, nonce, sealed)

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))
