"""The command line's client of the gateway's ``/api/v1``: plain blocking HTTP with the API key made at set-up."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from settings import Settings

_MARGIN_S = 60.0
"""Recognition and queueing on top of the dialogue's own time limit."""


class ClientError(Exception):
    """The request was not served; the message is one line that says what to do."""


class GatewayClient:
    """Calls the gateway at ``settings.url_of("gateway")``. Every method raises ``ClientError`` on refusal."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.url_of("gateway")
        self._key = settings.api_key.get_secret_value()
        self._timeout = settings.turn_timeout_s + _MARGIN_S

    def ask(self, text: str, fields: dict[str, str]) -> Any:
        """A turn from text. ``fields``: sender_id, region, channel."""
        body = json.dumps({"text": text, **fields}, ensure_ascii=False).encode()
        return self._call("/api/v1/turns", body, "application/json")

    def listen(self, path: Path, fields: dict[str, str]) -> Any:
        """A turn from an audio file."""
        boundary = uuid.uuid4().hex
        lines: list[bytes] = []
        for name, value in fields.items():
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
            lines.append(head.encode() + value.encode() + b"\r\n")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="audio"; filename="audio"\r\n\r\n'
        lines += [head.encode() + path.read_bytes() + b"\r\n", f"--{boundary}--\r\n".encode()]
        return self._call("/api/v1/turns", b"".join(lines), f"multipart/form-data; boundary={boundary}")

    def parse(self, text: str) -> Any:
        return self._call("/api/v1/nlu/parse", json.dumps({"text": text}).encode(), "application/json")

    def cases(self, sender: str | None, limit: int) -> Any:
        query = {"limit": str(limit)} | ({"sender": sender} if sender else {})
        return self._call(f"/api/v1/cases?{urlencode(query)}")

    def case(self, case_id: str) -> Any:
        return self._call(f"/api/v1/cases/{quote(case_id, safe='')}")

    def running(self) -> bool:
        """Whether a gateway answers at all."""
        try:
            self._call("/healthz")
        except ClientError:
            return False
        return True

    def _call(self, path: str, body: bytes | None = None, content_type: str | None = None) -> Any:
        headers = {"X-API-Key": self._key} | ({"Content-Type": content_type} if content_type else {})
        request = urllib.request.Request(self._url + path, data=body, headers=headers)  # noqa: S310  our own URL
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ClientError(_reason(error)) from error
        except (urllib.error.URLError, OSError) as error:
            raise ClientError(f"the assistant does not answer at {self._url}: start it with `xiangyin up`") from error
        except ValueError as error:
            raise ClientError(f"{self._url} answered something else than JSON") from error


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        detail = json.load(error)["error"]
        return f"{detail['message']} ({detail['code']})"
    except (ValueError, KeyError, TypeError, OSError):
        return f"refused with status {error.code}"
