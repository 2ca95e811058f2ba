"""Notices when somebody sends a password or a one-time code, which the assistant must never accept."""

from __future__ import annotations

import re

_NUMBER = r"[0-9０-９零〇一二三四五六七八九幺]"
_SECRET = re.compile(
    rf"(密码|验证码|校验码|动态码|短信码|口令|CVV|安全码)[^。！？?0-9]{{0,8}}?({_NUMBER}[\s,，、-]?){{4,}}"
    rf"|(?<!{_NUMBER})({_NUMBER}[\s,，、-]?){{4,8}}[，,]?(这|那)?(个)?就?是[^。！？?]{{0,4}}(密码|验证码|校验码|动态码|短信码)",
    re.I,
)


def has_secret(text: str) -> bool:
    """Whether ``text`` holds a password or code (a word for it with at least four digits beside it)."""
    return _SECRET.search(text) is not None
