"""The outline of a plot as GeoJSON: checked, and written in one form."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from actions.errors import ActionsError

MOST_CHARS = 20_000
MOST_POINTS = 500
_Longitude = Annotated[float, Field(ge=73, le=136)]
_Latitude = Annotated[float, Field(ge=3, le=54)]
"""China's extent, in degrees (WGS 84 or GCJ-02: they differ by less than a field is wide)."""


_Ring = Annotated[list[tuple[_Longitude, _Latitude]], Field(min_length=4, max_length=MOST_POINTS)]


class PlotInvalid(ActionsError):
    """Not the outline of a field in China; ``message`` says what is wrong."""

    code = "plot_invalid"
    message = "这个地块图我看不懂。要GeoJSON里的一个多边形，或者说以后再补。"


class _Polygon(BaseModel):
    model_config = ConfigDict(extra="ignore")
    type: Literal["Polygon"]
    coordinates: list[Annotated[list[tuple[_Longitude, _Latitude]], Field(min_length=4, max_length=MOST_POINTS)]] = (
        Field(min_length=1, max_length=10)
    )


def looks_like(text: str) -> bool:
    """Whether ``text`` is meant as GeoJSON."""
    return text.lstrip().startswith("{") and '"Polygon"' in text


def outline(text: str) -> str:
    """The polygon of ``text`` (a geometry, a feature or a collection of one) as compact GeoJSON.

    Raises:
        PlotInvalid: no GeoJSON, no polygon, an open ring, too many points, or not in China.
    """
    if len(text) > MOST_CHARS:
        raise PlotInvalid("地块图太大了，请只发一块地的边界。")
    try:
        found = json.loads(text)
        if isinstance(found, dict) and found.get("type") == "FeatureCollection":
            (found,) = found["features"]
        if isinstance(found, dict) and found.get("type") == "Feature":
            found = found["geometry"]
        polygon = _Polygon.model_validate(found)
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        raise PlotInvalid from error
    if any(ring[0] != ring[-1] for ring in polygon.coordinates):
        raise PlotInvalid("地块的边界没有合上，头一个点和最后一个点要一样。")
    if any(len(set(ring)) < 3 for ring in polygon.coordinates):
        raise PlotInvalid
    return json.dumps(polygon.model_dump(), separators=(",", ":"))
