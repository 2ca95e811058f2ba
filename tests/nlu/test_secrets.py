"""Passwords and one-time codes are noticed and blanked before anything keeps them."""

from __future__ import annotations

import pytest

from nlu.dialect.secrets import blank, blank_code, has_secret, is_code

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


@pytest.mark.parametrize(
    "said",
    [
        "取款密码六个八",
        "密码是八个1",
        "密码三个八三个六",
        "我卡的密码是12三个0",
        "六个八就是密码",
        "验证码六位数是三三九二一零",
        "密码就是我生日",
        "密码是我儿子的生日",
        "我生日就是密码",
        "密码是我身份证后六位",
    ],
)
def test_a_secret_said_by_how_often_or_by_what_it_is_made_of(said: str) -> None:
    assert has_secret(said)
    blanked = blank(said)
    assert not any(word in blanked for word in ("八", "六", "三", "1", "0", "生日"))
    assert has_secret(blanked)


@pytest.mark.parametrize(
    "said",
    [
        "密码输错三次",
        "密码输错三次卡锁了",
        "验证码收不到",
        "验证码三个一直收不到",
        "密码是不是六位数",
        "密码要几个数",
        "密码能不能设成生日",
        "我有三个八十岁的亲戚",
        "两个月前改的密码",
    ],
)
def test_questions_about_passwords_are_no_secrets(said: str) -> None:
    assert not has_secret(said)


@pytest.mark.parametrize("said", ["482913", "四八二九一三", "4 8 2 9 1 3", "４８２９１３。"])
def test_six_bare_figures_are_a_code_where_no_number_is_asked(said: str) -> None:
    for asked in (None, "bill_confirm", "loan_consent", "applicant_name"):
        assert is_code(said, asked)
        blanked = blank_code(said, asked)
        assert not any(c.isdigit() or c in "一二三四八九" for c in blanked)
        assert is_code(blanked, asked)
    assert blank_code(said, "bill_account") == said


@pytest.mark.parametrize("said", ["600000", "12345", "12345678", "13800138000", "六万", "1", "户号482913", "三五"])
def test_other_figures_are_none(said: str) -> None:
    assert not is_code(said, None)
    assert blank_code(said, None) == said
