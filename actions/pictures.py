"""Pictures on demand: the gateway asks for one when somebody looks at it, with what a message said about it."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from functools import lru_cache

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from actions.repayment.picture import PlanPainter
from actions.repayment.plan import MOST_FEN, MOST_MONTHS, Method, Plan, make_plan
from actions.repayment.words import burden, headline
from actions.texts import repayment as say


class PlanPicture(BaseModel):
    """Which plan a picture shows; stands in the ``picture`` of a message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Method
    amount_fen: int = Field(gt=0, le=MOST_FEN)
    annual_percent: Decimal = Field(ge=0, le=36, max_digits=8)
    months: int = Field(ge=1, le=MOST_MONTHS)
    sample: bool = False


def picture_of(plan: Plan, *, sample: bool) -> dict[str, object]:
    """What a message carries so that its plan can be drawn later, and ``alt``: the same in words."""
    asked = PlanPicture(
        method=plan.method,
        amount_fen=plan.amount_fen,
        annual_percent=plan.annual_percent,
        months=plan.months,
        sample=sample,
    )
    mark = f"{say.SAMPLE}。" if sample else ""
    return {"alt": f"{mark}{headline(plan).text}。{burden(plan).text}", "plan": asked.model_dump(mode="json")}


class PictureRoutes:
    """``POST /pictures``: a :class:`PlanPicture`, answered with a PNG."""

    def __init__(self, painter: PlanPainter) -> None:
        self._draw = lru_cache(maxsize=64)(
            lambda asked: painter.png(
                make_plan(asked.method, asked.amount_fen, asked.annual_percent, asked.months), sample=asked.sample
            )
        )

    async def draw(self, request: web.Request) -> web.Response:
        """Draw it, off the event loop."""
        try:
            asked = PlanPicture.model_validate_json(await request.read())
            drawn = await asyncio.to_thread(self._draw, asked)
        except (ValidationError, ValueError):
            return web.json_response({"error": {"code": "bad_picture", "message": "not a plan"}}, status=400)
        return web.Response(body=drawn, content_type="image/png")
