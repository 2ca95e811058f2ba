"""The prepared model and a small index of written entries."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge import building
from knowledge.embedding import Embedder, open_embedder
from knowledge.entry import Entry, Source
from knowledge.errors import ModelError
from knowledge.models import resolve
from settings import load_settings

LAW = (Source(title="农药管理条例", article="第三十四条", date=date(2022, 3, 29)),)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    try:
        return open_embedder(resolve(load_settings().models_dir, None))
    except ModelError as error:
        pytest.skip(f"embedding model not prepared: {error}")


@pytest.fixture(scope="session")
def entries() -> list[Entry]:
    def entry(name: str, title: str, topic: str, text: str, *questions: str, **more: object) -> Entry:
        return Entry(name, title, topic, text, questions, text[:40], sources=LAW, **more)  # type: ignore[arg-type]

    return [
        entry("farm-rust", "小麦条锈病怎么防治", "farming", "叶片有黄色粉末，及早用三唑类药剂。", "麦子起黄锈咋办"),
        entry(
            "farm-borer",
            "玉米螟怎么防治",
            "farming",
            "心叶期撒颗粒剂，打药看标签。",
            "苞谷钻心虫咋个治",
        ),
        entry(
            "finance-lost",
            "银行卡丢了怎么挂失",
            "finance",
            "马上打开户行电话挂失，再带身份证补办。",
            "卡丢了咋办",
        ),
        entry(
            "policy-nat",
            "老人有没有高龄津贴",
            "policy",
            "各地标准不同，问民政局。",
            "八十岁有补贴吗",
        ),
        entry(
            "policy-sc",
            "四川老人高龄津贴多少",
            "policy",
            "四川八十岁起发，问民政局。",
            "八十岁有补贴吗",
            region="510000",
        ),
        entry(
            "policy-old",
            "疫情期间缓缴社保",
            "policy",
            "可以缓缴。",
            "社保缓缴吗",
            valid_from=date(2020, 1, 1),
            valid_to=date(2020, 12, 31),
        ),
    ]


@pytest.fixture(scope="session")
def index_dir(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, entries: list[Entry]) -> Path:
    folder = tmp_path_factory.mktemp("index")
    building.build(entries, folder, embedder)
    return folder
