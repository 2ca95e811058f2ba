"""Disguises and mishearings undone, and what must stay as it is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from knowledge.fraud import MAX_CHARS, WINDOW, embedded_text, pieces
from knowledge.fraud_signs import load_signs
from knowledge.fraud_text import caller_words, plain_text, repaired

pytestmark = pytest.mark.unit
CONTENT = Path(__file__).resolve().parents[2] / "knowledge/content"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("把錢轉到安 佺 帳 户", "把钱转到安全账户"),
        ("喯-跑-吧", "奔跑吧"),
        ("奔一跑一吧一栏一目", "奔跑吧栏目"),
        ("转到按全账户", "转到安全账户"),
        ("加V信 abc123", "加微信abc123"),
        ("叩叩：88123", "qq群:88123"),
        ("登录 http://ccb-jf.vip/a?b=1 领取", "登录网址领取"),
        ("登录[网址]领取[数字]元", "登录网址领取8元"),
        ("电话 138 1234 5678", "电话手机号"),
        ("卡号6222 0210 3345 8876 110", "卡号卡号"),
        ("ＱＱ１２３", "qq123"),
    ],
)
def test_disguise_is_undone(written: str, plain: str) -> None:
    assert plain_text(written) == plain


@pytest.mark.parametrize(
    "honest",
    [
        "鸡蛋四块五一斤",
        "看一看一下",
        "种姜一亩要多少本钱",
        "帮家里人交电费",
        "我用一千块买了牛骨头",
        "把土压紧再浇水",
        "兽医说水费一包",
        "上海沪宁高速",
    ],
)
def test_honest_words_stay(honest: str) -> None:
    assert plain_text(honest) == honest


def test_only_the_caller_is_judged() -> None:
    told = "来电方：您的包裹到了。\n接听方：是不是叫我转到安全账户？\n来电方：不是，放门口了。"
    assert caller_words(told) == "您的包裹到了。\n不是，放门口了。"
    assert caller_words("来电方没有报姓名") == "来电方没有报姓名"


def test_embedded_text_has_neither_points_nor_numbers() -> None:
    assert embedded_text("退款500元,今天!") == "退款数元今天"


@pytest.mark.parametrize("length", [1, WINDOW - 1, WINDOW, WINDOW + 1, 5 * WINDOW])
def test_pieces_cover_everything(length: int) -> None:
    text = "".join(chr(0x4E00 + place) for place in range(length))
    parts = pieces(text)
    assert set("".join(parts)) == set(text)
    assert all(0 < len(part) <= WINDOW for part in parts)
    assert len(parts) == len(set(parts))


def test_repair_leaves_the_shipped_content_alone() -> None:
    """Thousands of honest sentences: a word that some of them merely sound like may not be in the list."""
    changed = []
    for folder in ("farming", "finance", "policy"):
        for file in sorted((CONTENT / folder).glob("*.md")):
            text = "".join(file.read_text(encoding="utf-8").split()).replace("登陆", "登录")
            pairs = zip(text, repaired(text), strict=True)
            places = [place for place, (written, read) in enumerate(pairs) if written != read]
            changed += [f"{file.name}: {text[places[0] - 2 : places[0] + 6]}"] if places else []
    assert not changed, "take the word that sounds like it out of words.txt"


@pytest.mark.parametrize("hostile", ["a.", "a", "1 ", "一", "a-", "[", "我：", "来电方：我：", "万a"])
def test_no_text_takes_long(hostile: str) -> None:
    """Patterns that look back and forth take minutes for some texts of this length, not a second."""
    text = (hostile * MAX_CHARS)[:MAX_CHARS]
    start = time.process_time()
    for piece in pieces(plain_text(caller_words(text))):
        load_signs().found(piece)
    assert time.process_time() - start < 8
