from __future__ import annotations

import pytest

from actions.dialogue import persons


@pytest.mark.parametrize("said", ["一年", "半年", "三亩地", "五万块", "万元", "十二个月", "玉米", "白菜", "高粱"])
def test_the_answer_to_another_question_is_no_name(said: str) -> None:
    assert persons.loose_name(said) is None
    assert persons.whole_name(said) is None


@pytest.mark.parametrize("said", ["万建国", "李三", "王一年", "欧阳小明", "张有田", "钱大力"])
def test_a_name_with_a_numeral_in_it_is_one(said: str) -> None:
    assert persons.whole_name(said) == said


@pytest.mark.parametrize("name", ["玉米", "百里奚", "白杨"])
def test_who_says_that_it_is_their_name_is_believed(name: str) -> None:
    assert persons.whole_name(f"我叫{name}") == name


@pytest.mark.parametrize("said", ["张家营", "李家坝", "我是王家冲的", "白马村三组"])
def test_a_village_by_its_ending(said: str) -> None:
    assert persons.whole_village(said) is not None


@pytest.mark.parametrize("said", ["不得行", "晓得了", "啥意思", "没得"])
def test_what_is_no_village(said: str) -> None:
    assert persons.whole_village(said) is None
    assert persons.loose_village(said) is None


@pytest.mark.parametrize(
    ("said", "purpose"),
    [
        ("我想搞点钱养几只鸭子", "养几只鸭子"),
        ("我寻思贷点款整个大棚", "整个大棚"),
        ("想贷俩钱儿买头驴", "买头驴"),
    ],
)
def test_getting_money_is_no_purpose(said: str, purpose: str) -> None:
    assert persons.purpose_in(said) == purpose
