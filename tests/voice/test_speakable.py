"""What is written and how it is said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.synthesis.readings import READINGS
from voice.synthesis.speakable import opening, sentences, speakable

pytestmark = pytest.mark.unit

SAID = [
    ("贷款50,000元", "贷款五万元"),
    ("每月还4,234.56元", "每月还四千二百三十四元五角六分"),
    ("共1.05元", "共一元零五分"),
    ("0.5元一斤", "五角一斤"),
    ("¥105.80", "一百零五元八角"),
    ("12.5万元", "十二点五万元"),
    ("年利率3.65%", "年利率百分之三点六五"),
    ("涨了2%-3%", "涨了百分之二到百分之三"),
    ("2026年11月3日", "二零二六年十一月三日"),
    ("2026-11-23 08:05", "二零二六年十一月二十三日八点零五分"),
    ("14:30开门", "十四点三十分开门"),
    ("每亩15-20kg", "每亩十五到二十公斤"),
    ("2.35元/公斤", "两元三角五分每公斤"),
    ("100ml/亩", "一百毫升每亩"),
    ("气温-5℃", "气温零下五摄氏度"),
    ("10~15天", "十到十五天"),
    ("2亩地，2个月，2号，第2个", "两亩地，两个月，二号，第二个"),
    ("20000斤", "两万斤"),
    ("电话13800138000", "电话幺三八零零幺三八零零零"),
    ("拨打12316", "拨打幺二三幺六"),
    ("请打110", "请打幺幺零"),
    ("有110人报名", "有一百一十人报名"),
    ("户号102345678", "户号幺零二三四五六七八"),
    ("尾号1234", "尾号幺二三四"),
    ("药水比例1:500", "药水比例一比五百"),
    ("**重要**：见[办法](https://a.cn/x?y=1)", "重要：见办法"),
    ("看 https://example.cn/a?b=1。好", "看。好"),
    ("好的👌😀", "好的"),
    ("去ATM机取", "去取款机取"),
    ("卡号6228 4804 0256 4890 018", "卡号六二二八四八零四零二五六四八九零零幺八"),
    ("18:00-20:00开门", "十八点到二十点开门"),
    ("N-P-K 15-15-15 复合肥", "氮磷钾十五，十五，十五复合肥"),
    ("①先登记②再办理", "第一，先登记，第二，再办理"),
    ("间隔5-7d", "间隔五到七天"),
    ("大约$20", "大约二十美元"),
    ("5G套餐", "五记套餐"),
    ("身份证号51010719900101123X", "身份证号五幺零幺零七幺九九零零幺零幺幺二三艾克斯"),
    ("编号1234567890", "编号幺二三四五六七八九零"),
    (
        "1. 甲\n2. 乙\n3. 丙\n4. 丁\n5. 戊\n6. 己\n完了。",
        "第一，甲\n第二，乙\n第三，丙\n第四，丁\n还有两条，请看文字。\n完了。",
    ),
    ("- 甲\n- 乙\n- 丙\n- 丁\n- 戊", "甲\n乙\n丙\n丁\n戊"),
]


@pytest.mark.parametrize(("written", "said"), SAID)
def test_is_said_as_people_say_it(written: str, said: str) -> None:
    assert speakable(written) == said


@given(st.text(alphabet=st.sampled_from("0123456789.,:-/%元万年月日亩斤kg℃¥*#|[]()（）。，、A b\n你2👌"), max_size=40))
def test_nothing_is_left_that_cannot_be_said(text: str) -> None:
    assert re.fullmatch(r"[\u3400-\u9fff，。、；：？！（）“”‘’《》【】\n\-.％%℃¥°]*", speakable(text)), speakable(text)
    assert not re.search(r"[0-9A-Za-z]", speakable(text))


@given(st.text(alphabet="好吗的，。！？、\n", max_size=300))
def test_sentences_lose_no_word_and_stay_short(text: str) -> None:
    parts = sentences(text, longest=40)
    assert all(len(part) <= 40 for part in parts)
    words = re.sub(r"[^好吗的]", "", text)
    assert re.sub(r"[^好吗的]", "", "".join(parts)) == words


def test_every_reading_has_a_syllable_for_each_character() -> None:
    assert {phrase: read for phrase, read in READINGS.items() if len(phrase) != len(read)} == {}


@pytest.mark.parametrize(
    ("sentence", "pieces"),
    [
        ("您的贷款申请，已经交到银行了。", ["您的贷款申请，", "已经交到银行了。"]),
        ("小麦得了锈病，发病初期，就要打药。", ["小麦得了锈病，", "发病初期，就要打药。"]),
        ("好，请您说。", ["好，请您说。"]),
        ("交电费。", ["交电费。"]),
        ("中央和省里给购置农业机械的农户的补贴，", ["中央和省里给购置农业机械的农户的补贴，"]),
    ],
)
def test_the_first_clause_goes_before_the_rest(sentence: str, pieces: list[str]) -> None:
    assert opening(sentence) == pieces
