"""The lexicon: what is replaced for whom, what stays, and which area words point to."""
# ruff: noqa: E501 - tables read best with many cases a line (a Chinese character counts as two columns)

from __future__ import annotations

import csv
import re
import time
from pathlib import Path

import pytest
import yaml

from nlu.dialect import lexicon
from nlu.dialect.profiles import profiles

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PAIRS = ROOT.parent / "shared" / "data" / "dialect_sentence_pairs.tsv"


def test_every_area_has_its_words() -> None:
    dialect = [w for w in lexicon.words() if w.word != w.mandarin and w.use != "name"]
    assert len(dialect) >= 1500
    for area in list(profiles())[1:]:
        assert sum(area in w.regions for w in dialect) >= 150, area


def test_every_row_says_where_it_can_be_looked_up() -> None:
    assert all(w.source for w in lexicon.words())
    assert sum(w.witness is not None for w in lexicon.words()) >= 500


@pytest.mark.parametrize(
    ("text", "region", "mandarin"),
    [
        ("嬢嬢，屋头的苞谷遭虫吃了咋个办", None, "阿姨，家里的玉米遭虫吃了怎么办"),
        ("好多钱一斤", "510100", "多少钱一斤"),
        ("好多钱一斤", "四川话", "多少钱一斤"),
        ("好多钱一斤", "130100", "好多钱一斤"),
        ("边度有得卖，几多钱", "440100", "哪里有得卖，多少钱"),
        ("种土豆", "350200", "种花生"),
        ("种土豆", None, "种马铃薯"),
        ("谷子生虫", "430100", "水稻生虫"),
        ("谷子生虫", "140100", "谷子生虫"),
        ("恁啥时候来", "410100", "你们什么时候来"),
        ("什么时候", "340100", "什么时候"),
        ("中不中", "national", "行不行"),
    ],
)  # fmt: skip
def test_words_mean_what_the_speaker_means(text: str, region: str | None, mandarin: str) -> None:
    assert lexicon.normalise(text, region) == mandarin


@pytest.mark.parametrize(
    "text",
    [
        "今日头条上看的", "用手电筒照一照", "阿拉善的骆驼", "如何解决", "早稻和晚稻", "母猪生了", "交警大队打来的",
        "水稻钻心虫", "他觉得行", "玉米长虫了", "上街上转转", "没得到补贴", "电话费怎么交", "好久没下雨了", "人工费多少",
        "毛巾手巾都有", "公路交通不中断", "转来的钱到了吗",
    ],
)  # fmt: skip
@pytest.mark.parametrize("region", [None, "510100", "410100", "440100", "310100", "430100", "350200"])
def test_plain_mandarin_stays(text: str, region: str | None) -> None:
    assert lexicon.normalise(text, region) == text


def test_names_are_standard_and_say_no_less_in_a_sentence() -> None:
    livestock = lexicon.terms("livestock")
    assert livestock["鸡婆"] == livestock["母鸡"] == "鸡"
    assert lexicon.normalise("鸡婆不下蛋") == "母鸡不下蛋"
    assert lexicon.terms("crop")["苞谷"] == "玉米"


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["屋头的苞谷咋个办嘛", "莫得钱"], "西南官话"),
        (["佢哋喺边度", "唔该晒"], "粤语"),
        (["咋整啊", "这疙瘩埋汰"], "东北官话"),
        (["阿拉屋里厢的事体", "勿晓得"], "吴语"),
        (["我想贷款买化肥"], None),
        ([], None),
    ],
)
def test_the_area_is_guessed_only_from_its_own_words(texts: list[str], name: str | None) -> None:
    guessed = lexicon.guess_profile(texts)
    assert (guessed.name if guessed else None) == name


def test_a_sentence_takes_less_than_a_millisecond() -> None:
    text = "嬢嬢，我屋头的苞谷遭虫吃了咋个办嘛，好多钱一亩的农药要得不，哪个晓得"
    lexicon.normalise(text, "510100")
    start = time.process_time()
    for _ in range(200):
        lexicon.normalise(text, "510100")
    assert (time.process_time() - start) / 200 < 1e-3


def test_training_sentences_without_dialect_stay() -> None:
    """Of the training sentences only those with a word people know for dialect change."""
    lines = [
        line.strip(" -")
        for path in (ROOT / "nlu/data").glob("*.yml")
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        for line in item.get("examples", "").splitlines()
    ]
    changed = [line for line in lines if lexicon.normalise(line) != line]
    assert len(lines) > 1000
    assert len(changed) / len(lines) < 0.2


@pytest.mark.skipif(not PAIRS.exists(), reason="the shared dialect sentences are not beside this checkout")
def test_sentences_come_nearer_to_mandarin_more_often_than_they_leave_it() -> None:
    with PAIRS.open(encoding="utf-8") as file:
        pairs = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    nearer = farther = 0
    for pair in pairs:
        said, meant = (re.sub(r"\W", "", pair[name]) for name in ("dialect_sentence", "mandarin"))
        before, after = _distance(said, meant), _distance(lexicon.normalise(said), meant)
        nearer += after < before
        farther += after > before
    assert nearer > 0.25 * len(pairs)
    assert farther < 0.12 * len(pairs)


def _distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]
