"""Fraud: signs in plain words, labels, and what the classifier must never miss."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from knowledge import fraud_training
from knowledge.cli import fraud
from knowledge.embedding import Embedder
from knowledge.errors import FraudModelError
from knowledge.fraud import MODEL_FILE, FraudChecker, FraudModel
from knowledge.fraud_signs import load_signs

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parents[2]


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
        "网上刷单返钱是不是骗人的",
        "让我把验证码告诉他这是骗人的吧",
        "有人冒充社保局打电话",
        "说我社保卡被停了叫我按一转人工",
        "俺手机上来个信，说俺那个养老卡不中了，叫俺点一下，能点不",
        "电话里头那个女娃说我卡要冻，叫我念那个六个数",
        "有人讲我屋顶可以白装光伏，还要我刷脸",
        "恁说这个不交钱就停电的电话是不是骗人的",
        "他叫我把定期取出来买金条寄给他",
        "我孙娃打游戏，有人送他皮肤，要拿我手机扫码",
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
        "村上说医保要交四百，交到会计那里",
        "我儿打电话回来说发工资了，要给我转五百",
        "收谷子的老板说一块三一斤，当面过秤给现钱",
    ],
)
def test_questions_about_daily_business_are_normal(checker: FraudChecker, told: str) -> None:
    assert checker.check(told).label == "normal"


@pytest.mark.parametrize("told", ["", "   ", "？？", "\n"])
def test_empty_text_is_unsure_and_says_so(checker: FraudChecker, told: str) -> None:
    verdict = checker.check(told)
    assert verdict.label == "unsure"
    assert "没有字" in verdict.advice


@pytest.mark.parametrize(
    "told",
    [
        "尊 敬 的 建 设 银 行 用 户，您 的 积 分 可 兑 換 現 金，登 陸 www.ccb1.top",
        "本公司代开各类发票，点数优惠，联系电话13512345678",
        "澳门赌场真人荷官首存一百送一百",
        "还没打的话打到我老婆的农行卡上，户名李桂香",
        "您的航班因故障取消，请拨打客服办理改签，每位补偿三百元",
        "他喊我莫挂电话，也莫跟屋头人说，去银行把定期取了转给他",
        "他叫我把钱转到按全帐护",
        "尤个人打电华说我孙字把人达商了，较我准被三万筷钱",
        "叫我按星星21加他的号码，开通呼叫转移让客服保护我",
        "有人说在我家放个小盒子插上电话卡，一个月给我一千块",
    ],
)
def test_disguised_and_criminal_offers_are_fraud(checker: FraudChecker, told: str) -> None:
    verdict = checker.check(told)
    assert verdict.label == "fraud", verdict
    assert verdict.signs


@pytest.mark.parametrize(
    "told",
    [
        "移动流量包十元一G，回复1开通，次月自动恢复，退订回T",
        "江景房首付十二万起，热线028，到访送米",
        "银行提醒：我行不会发链接让您填密码，谨防假冒短信",
        "国家反诈中心提醒，刷单返利都是诈骗，不要垫钱",
        "村里提醒：接到要求开屏幕共享的电话马上挂",
        "这个月的话费校验码是 3381，仅限本人使用，勿外传",
    ],
)
def test_daily_advertisements_and_warnings_are_normal(checker: FraudChecker, told: str) -> None:
    assert checker.check(told).label == "normal"


@pytest.mark.parametrize("place", ["start", "middle", "end"])
def test_a_trick_hidden_in_a_long_text_is_found(checker: FraudChecker, place: str) -> None:
    daily = "今天村里开会说了修路的事，下午大家去地里看了看庄稼，晚上一起吃饭。" * 60
    trick = "有个民警打电话叫我把存款转到安全账户，不许告诉家里人。"
    told = {"start": trick + daily, "middle": daily + trick + daily, "end": daily + trick}[place]
    assert checker.check(told).label == "fraud"
    assert checker.check(daily).label == "normal"


def test_verdicts_do_not_depend_on_the_order(checker: FraudChecker) -> None:
    told = ["说我中了一等奖，要先交税", "超市周六打折", "叫我开屏幕共享"]
    assert [checker.check(text) for text in told] == [checker.check(text) for text in reversed(told)][::-1]


def test_missing_model_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(FraudModelError, match="kb build"):
        FraudModel.load(tmp_path / MODEL_FILE)


def test_model_of_an_older_version_names_the_cure(tmp_path: Path) -> None:
    np.savez(tmp_path / MODEL_FILE, identity=np.array("x"), weights=np.zeros(3), bias=0.0)
    with pytest.raises(FraudModelError, match="kb build"):
        FraudModel.load(tmp_path / MODEL_FILE)


def test_every_sign_speaks_plainly() -> None:
    for sign in load_signs().signs:
        assert 6 <= len(sign.say) <= 40
        assert not any(char.isascii() and char.isalpha() for char in sign.say)
        assert sign.weight >= 2.5 or not sign.sure


def test_training_texts_are_enough_and_differ() -> None:
    texts, labels, kinds = fraud_training.training_texts()
    assert len(texts) == len(set(texts)) >= 500
    assert {"sms", "ad", "notice", "report", "call"} <= set(kinds)
    assert 0.35 <= sum(labels) / len(labels) <= 0.65


def _trigrams(text: str) -> set[str]:
    letters = "".join(char for char in text if "一" <= char <= "鿿")
    return {letters[start : start + 3] for start in range(len(letters) - 2)}


def _too_near(texts: list[str], others: list[str], share: float) -> list[str]:
    known = [_trigrams(other) for other in others]
    mine = {text: _trigrams(text) for text in texts}
    return [
        text for text, own in mine.items() if len(own) > 2 and max(len(own & one) for one in known) > share * len(own)
    ]


def test_what_is_measured_on_was_not_trained_on() -> None:
    texts = fraud_training.training_texts()[0]
    lines = [
        line
        for name in ("fraud", "fraud_fresh", "fraud_aside")
        for line in (ROOT / f"benchmarks/questions/{name}.tsv").read_text(encoding="utf-8").splitlines()
    ]
    held_out = [line.split("\t")[2] for line in lines if line[:1] != "#"]
    assert not _too_near(texts, held_out, 0.5)
    public = ROOT.parent / "shared/data/fraud_dev.jsonl"
    if not public.is_file():
        pytest.skip(f"{public.name} is not beside this checkout")
    told = [json.loads(line)["text"] for line in public.read_text(encoding="utf-8").splitlines()]
    assert not _too_near([*texts, *held_out], told, 0.5)


def test_the_command_answers_every_line(tmp_path: Path, checker: FraudChecker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FraudChecker, "open", classmethod(lambda *_: checker))
    file = tmp_path / "told.txt"
    file.write_text("超市打折\r\n\n叫我开屏幕共享\n  \n", encoding="utf-8")
    result = CliRunner().invoke(fraud, ["check", "--file", str(file), "--json"])
    assert result.exit_code == 0, result.output
    labels = [json.loads(line)["label"] for line in result.stdout.splitlines()]
    assert labels == ["normal", "unsure", "fraud", "unsure"]


@pytest.mark.parametrize("arguments", [["check", ""], ["check", "  "], ["check"], ["check", "x", "--file", "y"]])
def test_the_command_refuses_what_it_cannot_judge_in_one_line(arguments: list[str]) -> None:
    result = CliRunner().invoke(fraud, arguments)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert not result.stdout
