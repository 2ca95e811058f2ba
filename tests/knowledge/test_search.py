"""Search over a small index: filters, decisions, swap while serving."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from knowledge import building, index, scoring
from knowledge.embedding import Embedder
from knowledge.entry import Entry
from knowledge.errors import IndexError_
from knowledge.retriever import Retriever, decide

pytestmark = pytest.mark.unit


@pytest.fixture
def retriever(index_dir: Path, embedder: Embedder) -> Retriever:
    return Retriever(index.open_current(index_dir), embedder, index_dir)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("小麦条锈病怎么防治", "farm-rust"),
        ("小麦条修病怎么防治", "farm-rust"),
        ("苞谷钻心虫咋整", "farm-borer"),
        ("银行卡掉了咋挂失", "finance-lost"),
    ],
)
def test_right_entry_answers_with_its_source(retriever: Retriever, asked: str, wanted: str) -> None:
    found = retriever.search([asked])
    assert (found.decision, found.hits[0].id) == ("answer", wanted)
    assert found.hits[0].sources[0].article == "第三十四条"


@pytest.mark.parametrize("asked", ["给我讲个笑话", "怎么做红烧肉", "足球世界杯谁赢了"])
def test_out_of_scope_is_refused(retriever: Retriever, asked: str) -> None:
    assert retriever.search([asked]).decision == "refuse"


@pytest.mark.parametrize("asked", [[], [""], ["   "]])
def test_nothing_asked_is_refused(retriever: Retriever, asked: list[str]) -> None:
    assert retriever.search(asked) == type(retriever.search([""]))("refuse", ())


def test_punctuation_and_long_text_do_not_fail(retriever: Retriever) -> None:
    assert retriever.search(["？！…"]).decision == "refuse"
    assert retriever.search(["小麦条锈病" * 500]).hits


def test_a_later_hypothesis_can_win(retriever: Retriever) -> None:
    assert retriever.search(["银航咔", "银行卡丢了怎么挂失"]).hits[0].id == "finance-lost"


def test_region_falls_back_from_county_to_nation_nearest_first(retriever: Retriever) -> None:
    asked = ["八十岁有补贴吗"]
    assert retriever.search(asked, region="510123").hits[0].id == "policy-sc"
    assert {hit.id for hit in retriever.search(asked, region="110101").hits} & {"policy-sc"} == set()
    assert retriever.search(asked).hits[0].id == "policy-nat"


def test_expired_entry_is_found_only_on_its_days(retriever: Retriever) -> None:
    asked = ["疫情期间缓缴社保"]
    assert "policy-old" not in {hit.id for hit in retriever.search(asked).hits}
    assert retriever.search(asked, on=date(2020, 12, 31)).hits[0].id == "policy-old"
    assert "policy-old" not in {hit.id for hit in retriever.search(asked, on=date(2021, 1, 1)).hits}


def test_topic_filter(retriever: Retriever) -> None:
    assert {hit.topic for hit in retriever.search(["小麦条锈病怎么防治"], topic="finance").hits} == {"finance"}


def test_k_limits_hits_without_changing_the_decision(retriever: Retriever) -> None:
    asked = ["八十岁有补贴吗"]
    assert len(retriever.search(asked, k=1).hits) == 1
    assert retriever.search(asked, k=1).decision == retriever.search(asked, k=5).decision


@pytest.mark.parametrize(
    ("chances", "nothing", "wanted"),
    [
        ([0.8, 0.1], 0.1, "answer"),
        ([0.48, 0.47], 0.05, "clarify"),
        ([0.4, 0.1], 0.5, "clarify"),
        ([0.6, 0.3], 0.1, "clarify"),
        ([0.7], 0.3, "answer"),
        ([0.2, 0.1], 0.7, "refuse"),
        ([], 1.0, "refuse"),
    ],
)
def test_decision(chances: list[float], nothing: float, wanted: str) -> None:
    assert decide(replace(scoring.default_decision(), answer=0.6, clarify=0.5, margin=0.7), chances, nothing) == wanted


def test_shipped_weights_belong_to_the_shipped_model(embedder: Embedder) -> None:
    assert scoring.default_decision().model == embedder.identity


def test_misheard_words_are_read_again(retriever: Retriever) -> None:
    assert retriever.index.rehearing("小脉条秀病怎么放治") == "小麦条锈病怎么防治"
    assert retriever.index.rehearing("给我讲个笑话") == "给我讲个笑话"


def test_hypotheses_that_disagree_are_no_confident_answer(retriever: Retriever) -> None:
    alone = retriever.search(["小麦条锈病怎么防治"])
    split = retriever.search(["小麦条锈病怎么防治", "玉米螟怎么防治", "玉米螟怎么防治啊"])
    assert alone.decision == "answer"
    assert split.decision == "clarify"
    assert {hit.id for hit in split.hits[:2]} == {"farm-rust", "farm-borer"}


def test_a_question_word_the_entry_lacks_lowers_its_probability(retriever: Retriever) -> None:
    right, other = (retriever.search([asked]).hits[0] for asked in ("小麦条锈病怎么防治", "小麦吸浆虫怎么防治"))
    assert right.id == other.id == "farm-rust"
    assert other.score < right.score - 0.05


def test_unchanged_inputs_are_not_built_again(index_dir: Path, embedder: Embedder, entries: list[Entry]) -> None:
    assert building.build(entries, index_dir, embedder)[1] is False


def test_swap_while_serving(tmp_path: Path, embedder: Embedder, entries: list[Entry]) -> None:
    building.build(entries[:3], tmp_path, embedder)
    retriever = Retriever(index.open_current(tmp_path), embedder, tmp_path)
    failures: list[BaseException] = []
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            try:
                assert retriever.search(["小麦条锈病怎么防治"]).hits[0].id == "farm-rust"
            except BaseException as error:  # noqa: BLE001 - handed to the test
                failures.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    for count in (4, 5, 6):
        building.build(entries[:count], tmp_path, embedder)
        assert retriever.refresh() is True
        assert retriever.index.manifest.entries == count
    assert retriever.refresh() is False
    done.set()
    thread.join()
    assert failures == []
    assert len(list(tmp_path.glob("index-*"))) == building.KEPT_FOLDERS


@pytest.mark.parametrize(
    "name", ["manifest.json", "vectors.faiss", "tables.npz", "chars/rows.npy", "pinyin/codes.npy", "entries.jsonl"]
)
def test_damaged_index_is_named_and_rebuilt(
    tmp_path: Path, index_dir: Path, embedder: Embedder, entries: list[Entry], name: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(index_dir, copy)
    folder = index.current_folder(copy)
    assert folder is not None
    (folder / name).write_bytes((folder / name).read_bytes()[:50])
    with pytest.raises(IndexError_, match="kb build"):
        index.open_current(copy)
    assert building.build(entries, copy, embedder)[1] is True
    assert index.open_current(copy).manifest.entries == len(entries)


def test_two_entries_with_one_id_are_refused(tmp_path: Path, embedder: Embedder, entries: list[Entry]) -> None:
    with pytest.raises(IndexError_, match="farm-rust"):
        building.build([entries[0], entries[0]], tmp_path, embedder)


def test_missing_index_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(IndexError_, match="kb build"):
        index.open_current(tmp_path)


def test_among_titles_asked_back_those_on_another_crop_come_last(tmp_path: Path, embedder: Embedder) -> None:
    maize = ("玉米被大风刮趴下了还能救不", "大风刮趴下了还能救不")
    entries = [
        Entry("maize", "玉米被风刮倒怎么办", "farming", "玉米倒了先看折没折。", maize, "先看折没折。"),
        Entry("wheat", "小麦倒伏了怎么办", "farming", "小麦倒了别绑。", ("小麦怎么防倒伏",), "小麦倒了别绑。"),
    ]
    building.build(entries, tmp_path, embedder)
    ask = replace(scoring.default_decision(), answer=1.01, clarify=0.0)  # what is asked back does not hang on weights
    found = Retriever(index.open_folder(index.open_current(tmp_path).folder, ask), embedder).search(
        ["麦子叫大风刮趴下了还能救不"]
    )
    assert found.decision == "clarify"
    assert found.hits[0].score < found.hits[1].score, "by its words the question is nearer to the maize"
    assert [hit.id for hit in found.hits] == ["wheat", "maize"]
