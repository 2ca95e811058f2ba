"""Posting lists searched for one question: the formula, and that reading fewer lists changes no signal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import ngrams
from knowledge.matching import LENGTH, SATURATION, Question

pytestmark = pytest.mark.unit


def test_scores_are_those_of_the_formula() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["小麦条锈病", "玉米螟虫虫害", "银行卡挂失补办", "小麦白粉病", "玉米"]
    tfidf = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
    table = tfidf.fit_transform(texts)
    for asked in ("小麦病", "玉米玉米虫", "补办银行卡"):
        grams = [asked[place : place + size] for size in (1, 2) for place in range(len(asked) - size + 1)]
        if all(gram in tfidf.vocabulary_ for gram in grams):  # foreign n-grams count in ours, not there
            wanted = (table @ tfidf.transform([asked]).T).toarray()[:, 0]
            question = Question(ngrams.build(texts, ngrams.char_codes), [ngrams.char_codes(asked)])
            np.testing.assert_allclose(question.scores()[0], wanted, atol=1e-6)
            np.testing.assert_allclose(question.signals(np.arange(5), np.arange(5))[0][0, 0], wanted, atol=1e-6)


def test_shares_are_what_a_passage_holds_of_the_question() -> None:
    built = ngrams.build(["小麦锈病", "玉米"], ngrams.char_codes)
    rows = np.array([0, 1])
    question = Question(built, [ngrams.char_codes(text) for text in ("锈病", "锈虫", "")])
    held, partly, nothing = question.signals(rows, rows)[0]
    assert held[1:].tolist() == [[1.0, 0.0], [1.0, 0.0]]
    assert 0 < partly[1, 0] < 1
    assert not nothing.any()


def test_the_counted_shares_are_those_of_bm25() -> None:
    texts = ["小麦小麦锈病", "玉米大斑病怎么防治才好", "稻飞虱"]
    built = ngrams.build(texts, ngrams.char_codes)
    rows = np.arange(3)
    counted = Question(built, [ngrams.char_codes("小麦")]).signals(rows, rows)[2]
    lengths = (1 / built.inverse_norms**2) / np.mean(1 / built.inverse_norms**2)
    twice = 2 * (SATURATION + 1) / (2 + SATURATION * (1 - LENGTH + LENGTH * lengths[0]))
    np.testing.assert_allclose(counted[0], [[twice, 0, 0], [twice, 0, 0]], rtol=1e-5)


def test_an_empty_index_and_an_empty_question_find_nothing() -> None:
    for texts in ([], [""], ["小麦"]):
        question = Question(ngrams.build(texts, ngrams.char_codes), [ngrams.char_codes("")])
        assert question.best(5, np.ones(len(texts), np.bool_)).size == 0


_WORDS = st.text("甲乙丙丁戊a1", max_size=10)


@settings(max_examples=60, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=14), st.lists(_WORDS, min_size=1, max_size=3), st.integers(0, 20))
def test_signals_count_every_ngram_however_few_are_read(texts: list[str], readings: list[str], read: int) -> None:
    built = ngrams.build(texts, ngrams.char_codes)
    codes = [ngrams.char_codes(text) for text in readings]
    whole, part = Question(built, codes), Question(built, codes, read)
    rows = np.arange(0, len(texts), 2)
    starts = np.arange(0, rows.size, 2)
    some, some_whole, some_counted = part.signals(rows, starts)
    every, every_whole, every_counted = whole.signals(rows, starts)
    np.testing.assert_allclose(some_counted, every_counted, atol=1e-6)
    np.testing.assert_allclose(some, every, atol=1e-6)
    np.testing.assert_allclose(some_whole, every_whole, atol=1e-6)
    np.testing.assert_allclose(every[:, 0], whole.scores()[:, rows], atol=1e-6)
    for reading, each in zip(codes, every, strict=True):
        np.testing.assert_allclose(Question(built, [reading]).signals(rows, starts)[0][0], each, atol=1e-6)


def test_the_best_are_allowed_ones_of_every_reading() -> None:
    built = ngrams.build(["小麦锈病", "小麦", "玉米", "水稻"], ngrams.char_codes)
    question = Question(built, [ngrams.char_codes("小麦锈病"), ngrams.char_codes("水稻")])
    assert question.best(1, np.ones(4, np.bool_)).tolist() == [0, 3]
    assert question.best(1, np.array([False, True, True, False])).tolist() == [1]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(0, 400))
def test_the_best_are_the_highest_scores_of_all(seed: int, k: int, passages: int) -> None:
    dice = np.random.default_rng(seed)
    texts = ["".join(dice.choice(list("甲乙丙丁戊己庚辛壬癸"), dice.integers(0, 9))) for _ in range(passages)]
    allowed = dice.random(passages) < 0.9
    question = Question(ngrams.build(texts, ngrams.char_codes), [ngrams.char_codes("甲乙丙丁")])
    (scores,) = question.scores(allowed)
    best = question.best(k, allowed)
    highest = np.sort(scores[scores > 0])[::-1][:k]
    assert np.array_equal(np.sort(scores[best])[::-1], highest)
    assert allowed[best].all()
