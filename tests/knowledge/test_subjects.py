"""One crop's remedy is never given for another's, nor one pest's for another's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from knowledge import index, subjects
from knowledge.embedding import Embedder
from knowledge.entry import Entry, Source, entry_files, load
from knowledge.retriever import Retriever
from knowledge.storage import _words_in, entry_line
from settings import ROOT

pytestmark = pytest.mark.unit


def _entry(title: str, text: str = "", topic: str = "farming") -> Entry:
    return Entry("some", title, topic, text)


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("玉米锈病怎么防治", "咖啡叶锈病怎么防治"),
        ("果树冬剪什么时候剪", "枇杷什么时候剪枝"),
        ("芝麻怎么种", "大麻怎么种"),
        ("小麦蚜虫怎么治", "小麦螟虫怎么治"),
        ("小猪拉稀怎么办", "驴拉稀怎么办"),
        ("小猪拉稀怎么办", "马拉稀怎么办"),
        ("牛口蹄疫", "鹿得了口蹄疫怎么办"),
        ("小麦白粉病怎么防治", "橡胶树白粉病怎么治"),
    ],
)
def test_an_entry_on_another_crop_or_pest(title: str, question: str) -> None:
    assert subjects.another(_entry(title), question)


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("玉米锈病怎么防治", "苞谷锈病怎么防治"),
        ("玉米什么时候种", "马上要种玉米了"),
        ("玉米什么时候种", "玉米可可以现在种"),
        ("稻种怎么浸种", "稻谷种子泡多久"),
        ("打农药中毒了怎么办", "给枇杷打药中毒了怎么办"),
        ("哪些农药国家禁用、不能用", "小麦蚜虫用甲胺磷行不行"),
        ("果树冬剪什么时候剪", "果树怎么剪"),
        ("小麦蚜虫怎么治", "麦子蚜虫怎么治"),
    ],
)
def test_an_entry_that_speaks_of_what_was_asked(title: str, question: str) -> None:
    assert not subjects.another(_entry(title), question)


@pytest.mark.parametrize(
    "text",
    [
        "村里开会多少人参加才算数",
        "本人参不参加都行吗",
        "几个人参谋一下",
        "个人参保要交多少",
        "借的钱应当归还",
        "征地款应当归农民",
        "一百合计多少",
    ],
)
def test_words_that_meet_are_no_crop(text: str) -> None:
    assert not subjects.named(text)


@pytest.mark.parametrize(
    ("text", "name"), [("人参种几年能挖", "人参"), ("种人参赚钱吗", "人参"), ("当归怎么种", "当归")]
)
def test_the_same_words_are_a_crop_where_they_stand_alone(text: str, name: str) -> None:
    assert subjects.named(text) == {name}


@pytest.mark.parametrize(
    ("question", "asked_for_a_person"),
    [("便秘老拉不出吃什么", True), ("小猪便秘咋办", False), ("圈里那个不拉屎", False), ("喂啥能通便", False)],
)
def test_an_animals_cure_is_not_for_people(question: str, asked_for_a_person: bool) -> None:
    assert subjects.of_people(_entry("猪不吃食、拉不出屎（便秘）怎么办"), question) is asked_for_a_person
    assert not subjects.of_people(_entry("玉米什么时候种"), question)


def test_money_is_the_same_for_every_crop_unless_the_title_names_one() -> None:
    assert not subjects.another(_entry("农户贷款怎么申请", topic="finance"), "种咖啡能贷款吗")
    assert subjects.another(_entry("养牛贷款怎么申请", topic="finance"), "养骆驼能贷款吗")


def test_a_crop_no_entry_has_is_refused_and_a_known_one_asked_back(index_dir: Path, embedder: Embedder) -> None:
    retriever = Retriever(index.open_current(index_dir), embedder, index_dir)
    assert retriever.search(["小麦条锈病怎么防治"]).decision == "answer"
    for crop in ("咖啡", "枇杷", "橡胶树"):
        assert retriever.search([f"{crop}条锈病怎么防治"]).decision != "answer"


def test_crops_said_to_have_no_entry_have_none() -> None:
    heads = [load(path)[0] for path in entry_files(ROOT / "knowledge" / "content")]
    titles = [head.title for head in heads if head.topic == "farming"]
    assert titles
    for patterns in subjects.UNWRITTEN:
        assert not [title for title in titles if re.search("|".join(patterns), title)]


def test_an_entry_names_a_crop_in_its_words_and_not_in_its_source(index_dir: Path) -> None:
    opened = index.open_current(index_dir)
    every = range(len(opened.entries))
    for crop in ("小麦", "玉米", "猪", "红薯"):
        names = subjects.spellings(frozenset([crop]))
        wanted = [bool(names.search(opened.entries.words(place))) for place in every]
        assert opened.entries.holding(every, names).tolist() == wanted
    line = entry_line(Entry("a", '说"玉米"', "farming", "种在地里", sources=(Source(title="小麦条例"),)))
    said = _words_in(line)
    assert [word in said for word in ("玉米", "地里", "小麦")] == [True, True, False]
