"""A reply's picture: from the message that names a plan to the PNG behind an address nobody can guess."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image

from actions.pictures import PictureRoutes, picture_of
from actions.repayment.picture import PlanPainter
from actions.repayment.plan import Method, make_plan
from bot.channels.http import errors_as_json
from bot.channels.media import MediaRoutes
from bot.database import open_engine
from bot.pictures import Pictures
from bot.rasa import DialogueMessage
from bot.replies import compose
from bot.store import GatewayStore, Question

pytestmark = pytest.mark.unit

PLAN = make_plan(Method.EQUAL_INSTALMENTS, 5_000_000, Decimal("4.35"), 24)


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[tuple[TestClient, GatewayStore]]:
    drawing = web.Application()
    drawing.router.add_post("/pictures", PictureRoutes(PlanPainter(None)).draw)
    store = GatewayStore(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}"))
    async with TestServer(drawing) as server, aiohttp.ClientSession() as session:
        gateway = web.Application(middlewares=[errors_as_json])
        gateway.add_routes(MediaRoutes(Pictures(store, session, f"http://127.0.0.1:{server.port}", "s")).routes())
        async with TestClient(TestServer(gateway)) as client:
            yield client, store
    store.close()


async def test_a_picture_is_drawn_when_somebody_looks(page: tuple[TestClient, GatewayStore]) -> None:
    client, store = page
    message = DialogueMessage(text="每个月还……", custom={"picture": picture_of(PLAN, sample=True)})
    composed = compose([message])
    (reply,), spoken, pictures = composed.replies, composed.spoken, composed.pictures
    assert reply.image_alt is not None
    for part in ("示例", "50,000元", "两年", "2,179.04元"):
        assert part in reply.image_alt
    store.finish_turn("api:wang", "m1", "{}", Question(), spoken, pictures)
    answer = await client.get(str(reply.image))
    assert answer.status == 200
    assert answer.content_type == "image/png"
    assert Image.open(io.BytesIO(await answer.read())).size == (900, 1000)


async def test_unknown_and_old_pictures_are_gone(page: tuple[TestClient, GatewayStore]) -> None:
    client, _store = page
    for path, status in ((f"/media/{'x' * 22}.png", 404), ("/media/1.png", 404), ("/media/../secrets.env", 404)):
        assert (await client.get(path)).status == status


async def test_messages_without_a_picture_have_none() -> None:
    composed = compose([DialogueMessage(text="您好", custom={"kind": "talk"})])
    (reply,), pictures = composed.replies, composed.pictures
    assert reply.image is None
    assert reply.image_alt is None
    assert pictures == ()


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[1]", b'{"method":"x","amount_fen":1,"annual_percent":"1","months":1}',
     b'{"method":"\xe7\xad\x89\xe9\xa2\x9d\xe6\x9c\xac\xe6\x81\xaf","amount_fen":3,"annual_percent":"1","months":12}',
     b'{"method":"\xe7\xad\x89\xe9\xa2\x9d\xe6\x9c\xac\xe6\x81\xaf","amount_fen":300,"annual_percent":"NaN","months":12}'],
)  # fmt: skip
async def test_what_is_no_plan_is_refused(body: bytes) -> None:
    drawing = web.Application()
    drawing.router.add_post("/pictures", PictureRoutes(PlanPainter(None)).draw)
    async with TestClient(TestServer(drawing)) as client:
        assert (await client.post("/pictures", data=body)).status == 400
