"""Notices when somebody sends a password or a one-time code, which the assistant must never accept or keep."""

from __future__ import annotations

import re

_BLANK = "*"
_NUMBER = rf"[0-9０-９零〇一二三四五六七八九幺{_BLANK}]"
"""Blanked digits count: what was blanked on the way in is still known for a secret."""
_SECRET = re.compile(
    rf"(密码|验证码|校验码|动态码|短信码|口令|CVV|安全码)[^。！？?0-9]{{0,8}}?({_NUMBER}[\s,，、-]?){{4,}}"
    rf"|(?<!{_NUMBER})({_NUMBER}[\s,，、-]?){{4,8}}[，,]?(这|那)?(个)?就?是[^。！？?]{{0,4}}(密码|验证码|校验码|动态码|短信码)",
    re.I,
)


def has_secret(text: str) -> bool:
    """Whether ``text`` holds a password or code (a word for it with at least four digits beside it)."""
    return _SECRET.search(text) is not None


def blank(text: str) -> str:
    """``text`` with the figures of every secret in it blanked; ``has_secret`` still holds for it."""
    return _SECRET.sub(lambda match: re.sub(_NUMBER, _BLANK, match.group()), text)
