"""The intent classifier on a handful of sentences: what it reads, what it learns, what it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from nlu.components.intent_model import IntentModel, train
from nlu.components.readings import readings

pytestmark = pytest.mark.unit
TAUGHT = {
    "price": ["玉米多少钱一斤", "花生什么价", "猪多少钱一斤", "苹果什么价"],
    "loan": ["我想贷五万", "想贷三万块", "贷款两万", "给我贷八万"],
}


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return train([t for texts in TAUGHT.values() for t in texts], [i for i, texts in TAUGHT.items() for _ in texts])


def likeliest(model: IntentModel, text: str) -> str:
    return model.intents[int(model.probabilities(text).argmax())]


def test_every_amount_reads_alike_and_marks_do_not_count() -> None:
    assert readings("贷五万") == readings("贷八万！")
    assert readings("贷五万") != readings("贷五年")


def test_homophones_and_dialect_words_share_readings() -> None:
    heard, meant = set(readings("带款")), set(readings("贷款"))
    assert {r for r in meant if r[0] == "s"} == {r for r in heard if r[0] == "s"}
    assert {r for r in readings("苞谷") if r[0] == "m"} == {r for r in readings("玉米") if r[0] == "m"}


def test_learns_and_answers_for_words_it_has_not_seen(model: IntentModel) -> None:
    assert likeliest(model, "苞谷多少钱一斤") == "price"
    assert likeliest(model, "想带七万") == "loan"
    assert model.probabilities("").sum() == pytest.approx(1)
    assert model.probabilities("🙂 zzz 麤").sum() == pytest.approx(1)


def test_kept_and_read_back_it_answers_the_same(model: IntentModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = IntentModel.load(tmp_path)
    for text in ("黄豆多少钱", "我要贷款"):
        assert again.probabilities(text) == pytest.approx(model.probabilities(text), abs=1e-3)


def test_the_same_sentences_give_the_same_model(model: IntentModel) -> None:
    texts = [t for some in TAUGHT.values() for t in some]
    again = train(texts, [i for i, some in TAUGHT.items() for _ in some])
    assert (again.weights == model.weights).all()
