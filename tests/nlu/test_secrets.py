"""Passwords and one-time codes are noticed and blanked before anything keeps them."""

from __future__ import annotations

import pytest

from nlu.dialect.secrets import blank, has_secret

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "said", ["我的密码是123456", "验证码：8 8 2 1 0 4", "短信码九九八二一", "660123就是验证码", "密码 ８８９９１１"]
)
def test_a_secret_is_blanked_and_still_known_for_one(said: str) -> None:
    assert has_secret(said)
    blanked = blank(said)
    assert not any(c.isdigit() for c in blanked)
    assert not any(c in "零一二三四五六七八九幺" for c in blanked)
    assert has_secret(blanked)


@pytest.mark.parametrize(
    "said",
    ["户号12345678", "有人要我的验证码", "密码忘了怎么办", "我电话13800138000", "贷五万，两年", "密码能不能告诉别人"],
)
def test_ordinary_messages_stay_as_they_are(said: str) -> None:
    assert not has_secret(said)
    assert blank(said) == said
