"""Fraud: signs in plain words, labels, and what the classifier must never miss."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge import fraud_training
from knowledge.embedding import Embedder
from knowledge.errors import FraudModelError
from knowledge.fraud import MODEL_FILE, FraudChecker, FraudModel
from knowledge.fraud_signs import load_signs

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> FraudChecker:
    folder = tmp_path_factory.mktemp("fraud")
    assert fraud_training.train(embedder, folder) is True
    assert fraud_training.train(embedder, folder) is False
    return FraudChecker(FraudModel.load(folder / MODEL_FILE), embedder)


@pytest.mark.parametrize(
    ("told", "sign"),
    [
        ("有个警察打电话喊我把钱都转到安全账户去", "安全账户"),
        ("那个客服叫我把验 证 码发给他", "验证码"),
        ("说要教我退钱，喊我开屏幕共享", "屏幕共享"),
        ("说我中了一等奖，要先交税", "先交钱"),
    ],
)
def test_fraud_is_named(checker: FraudChecker, told: str, sign: str) -> None:
    verdict = checker.check(told)
    assert verdict.label == "fraud"
    assert any(sign in said for said in verdict.signs)
    assert "96110" in verdict.advice


@pytest.mark.parametrize(
    "told",
    [
        "超市周六打折，鸡蛋四块五一斤，欢迎光临",
        "您的验证码是 552190，请勿泄露给任何人",
        "公安提醒：叫您转到安全账户的都是诈骗，不要相信",
        "我的银行卡密码忘了怎么办",
    ],
)
def test_advertisements_and_warnings_are_not_fraud(checker: FraudChecker, told: str) -> None:
    assert checker.check(told).label != "fraud"


@pytest.mark.parametrize(
    "told",
    [
        "孙子打电话说出车祸要打钱",
        "儿子微信上说被抓了让我转五万",
        "ETC到期短信是真的吗",
        "收到短信说ETC失效要重新认证",
        "有人要我去缅甸上班高工资",
        "说去柬埔寨打工一个月三万包机票",
        "公安局打电话说我银行卡涉案",
    ],
)
def test_well_known_tricks_are_never_called_normal(checker: FraudChecker, told: str) -> None:
    verdict = checker.check(told)
    assert verdict.label != "normal"
    assert verdict.signs


@pytest.mark.parametrize(
    "told",
    [
        "给儿子转钱要手续费吗",
        "儿子在外打工打钱回来怎么取",
        "我孙子住院报销多少",
        "出车祸了保险怎么赔",
        "ETC怎么办理",
        "银行卡被冻结了去哪里解",
        "公安局办身份证要带什么",
    ],
)
def test_questions_about_daily_business_are_normal(checker: FraudChecker, told: str) -> None:
    assert checker.check(told).label == "normal"


@pytest.mark.parametrize("told", ["", "   ", "？？", "\n"])
def test_empty_text_is_unsure(checker: FraudChecker, told: str) -> None:
    assert checker.check(told).label == "unsure"


def test_missing_model_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(FraudModelError, match="kb build"):
        FraudModel.load(tmp_path / MODEL_FILE)


def test_every_sign_speaks_plainly() -> None:
    for sign in load_signs().signs:
        assert 6 <= len(sign.say) <= 40
        assert not any(char.isascii() and char.isalpha() for char in sign.say)


def test_training_texts_are_enough_and_differ() -> None:
    texts, labels, kinds = fraud_training.training_texts()
    assert len(texts) == len(set(texts)) >= 250
    assert {"sms", "ad", "notice", "report", "call"} <= set(kinds)
    assert 0.35 <= sum(labels) / len(labels) <= 0.65
