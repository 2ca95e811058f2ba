"""``xiangyin loans``: import, list and plans from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actions.catalogue.store import SAMPLE
from bot.commands import app

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANGYIN_STATE_DIR", str(tmp_path / "state"))


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["loans", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_sample_is_listed_and_marked() -> None:
    code, out, _ = run("list", "--json")
    products = json.loads(out)
    assert code == 0
    assert len(products) >= 40
    assert all("示例" in product["title"] for product in products)


def test_an_import_names_every_bad_row_and_takes_the_rest(tmp_path: Path) -> None:
    lines = SAMPLE.read_text("utf-8").splitlines()
    sheet = tmp_path / "products.csv"
    sheet.write_text("\n".join([*lines[:3], lines[3].replace("4.35", "很低"), lines[4]]), "utf-8")
    code, out, _ = run("import", str(sheet))
    assert code == 0
    told = json.loads(out)
    assert told["imported"] == 3
    assert [row["row"] for row in told["refused"]] == [4]
    assert "年利率：不是数字" in told["refused"][0]["problems"]
    assert len(json.loads(run("list", "--json")[1])) == 3


def test_nothing_good_leaves_the_catalogue_as_it_was(tmp_path: Path) -> None:
    sheet = tmp_path / "products.csv"
    sheet.write_text("\n".join([SAMPLE.read_text("utf-8").splitlines()[0], "x"]), "utf-8")
    code, _out, err = run("import", str(sheet))
    assert code == 1
    assert err.startswith("error:")
    assert len(json.loads(run("list", "--json")[1])) >= 40
    code, _out, err = run("import", str(tmp_path / "missing.xlsx"))
    assert code == 1
    assert "missing.xlsx" in err


def test_a_plan_with_its_picture(tmp_path: Path) -> None:
    picture = tmp_path / "plan.png"
    code, out, _ = run(
        "plan", "--amount", "50000", "--months", "24", "--product", "S01", "--method", "等额本息",
        "--picture", str(picture), "--json",
    )  # fmt: skip
    assert code == 0
    told = json.loads(out)
    assert told["product"] == "禾苗春耕贷（示例）"
    assert sum(payment["principal_fen"] for payment in told["payments"]) == 5_000_000
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "wrong",
    [
        ("--amount", "五万", "--rate", "4"),
        ("--amount", "50000"),
        ("--amount", "50000", "--rate", "99"),
        ("--amount", "1.001", "--rate", "4"),
        ("--amount", "50000", "--product", "X9"),
        ("--amount", "50000", "--rate", "4", "--method", "随便"),
        ("--amount", "NaN", "--rate", "4"),
        ("--amount", "1e99", "--rate", "4"),
    ],
)
def test_what_makes_no_plan_is_one_line(wrong: tuple[str, ...]) -> None:
    code, _out, err = run("plan", "--months", "24", *wrong)
    assert code == 1
    assert err.startswith("error:")
    assert len(err.strip().splitlines()) == 1
