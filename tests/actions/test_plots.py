"""Outlines of plots."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.plots import PlotInvalid, looks_like, outline

pytestmark = pytest.mark.unit

RING = [[104.1, 30.6], [104.2, 30.6], [104.2, 30.7], [104.1, 30.6]]
POLYGON = {"type": "Polygon", "coordinates": [RING]}


@pytest.mark.parametrize(
    "found",
    [
        POLYGON,
        {"type": "Feature", "geometry": POLYGON, "properties": {"名": "东地"}},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": POLYGON}]},
    ],
)
def test_a_polygon_is_taken(found: dict[str, object]) -> None:
    text = json.dumps(found, ensure_ascii=False)
    assert looks_like(text)
    assert json.loads(outline(text)) == POLYGON


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"type":"Point","coordinates":[1,2]}', '{"type":"Polygon","coordinates":[]}',
        json.dumps({"type": "Polygon", "coordinates": [RING[:3]]}),
        json.dumps({"type": "Polygon", "coordinates": [[*RING[:3], [104.1, 30.61]]]}),
        json.dumps({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}),
        json.dumps({"type": "Polygon", "coordinates": [[[104, 30]] * 4]}),
        '{"type":"FeatureCollection","features":[]}', "[" * 10_000, '{"Polygon":' + "1" * 30_000,
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(PlotInvalid) as caught:
        outline(text)
    assert caught.value.message


JSON = st.recursive(
    st.none() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=10
)


@given(st.text() | JSON.map(json.dumps))
def test_no_text_breaks_it(text: str) -> None:
    with contextlib.suppress(PlotInvalid):
        outline(text)
