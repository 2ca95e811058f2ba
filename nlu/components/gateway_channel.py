"""The only way into the Rasa server: one call of the gateway is one turn, and one message is one turn.

``POST /webhooks/gateway/turn``, header ``X-Xiangyin-Secret``, body ``TurnBody``; the answer holds what was understood
and the messages of the turn. Free text never acts as a command: only ``payload``, which the gateway fills from options
it offered itself, names an intent.

A message that comes a second time (``again``, or an id this process has seen) is looked up in the conversation first:
Rasa keeps a turn whole or not at all, so one that was answered gets that answer back, and one that was cut off is run
from where the conversation stood before it. One that newer messages have overtaken is not run any more (409).
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, Field, ValidationError
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from nlu.components.action_calls import build_validator_once, close_connections, keep_connections, remember_event_kinds
from nlu.components.repeats import Seen, answered, contract
from nlu.components.understanding import meant, understand, understood

logger = logging.getLogger(__name__)

SECRET_HEADER = "X-Xiangyin-Secret"  # noqa: S105 - a header's name
SECRET_VARIABLE = "XIANGYIN_INTERNAL_SECRET"  # noqa: S105 - a variable's name

build_validator_once()
remember_event_kinds()
keep_connections()


class Wording(BaseModel):
    """One of the recogniser's readings of a voice message."""

    text: str = Field(max_length=4000)
    confidence: float = 0.0


class TurnBody(BaseModel):
    """What the gateway sends."""

    sender_id: str = Field(min_length=1, max_length=255)
    message_id: str = Field(min_length=1, max_length=255)
    text: str = Field(max_length=4000)
    payload: str | None = Field(default=None, regex=r"^/[a-z_]+(\{.*\})?$", max_length=2000)
    hypotheses: list[Wording] = []
    metadata: dict[str, Any] = {}
    again: bool = False
    """The gateway has sent this message before and does not know what became of it."""
    overtaken: bool = False
    """... and newer ones of the same sender since: a yes of then may not answer what is asked now."""

    def wordings(self) -> list[tuple[str, float]]:
        """All different readings, the likeliest first, with nothing Rasa would take for a command."""
        said = [(w.text, w.confidence) for w in self.hypotheses] or [(self.text, 1.0)]
        plain: dict[str, float] = {}
        for text, confidence in said:
            plain.setdefault(text.strip().lstrip("/／").strip(), confidence)
        return [(t, c) for t, c in plain.items() if t] or [(" ", 1.0)]

    def meaning(self) -> tuple[str, str] | None:
        """Intent and words of a reading the user chose (``/meant{"intent", "text"}``): it goes on as if just said."""
        if self.payload is None or not self.payload.startswith("/meant{"):
            return None
        chosen = json.loads(self.payload.removeprefix("/meant"))
        return str(chosen["intent"]), str(chosen["text"]).lstrip("/／").strip() or " "


class ForgetBody(BaseModel):
    """Which conversations to delete: one, or all that nothing happened in for so long."""

    sender_id: str | None = Field(default=None, min_length=1, max_length=255)
    idle_s: float | None = Field(default=None, gt=0)


class OvertakenError(Exception):
    """A repeat whose answer is no longer known, after newer messages."""


class TurnOutput(OutputChannel):
    """Collects the messages of a turn, each whole: text, buttons and custom part together."""

    def __init__(self) -> None:
        """An empty turn."""
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """The name under which Rasa keeps it."""
        return "gateway"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:  # noqa: ARG002 - Rasa's
        """Take one message of an action or a response."""
        self.messages.append(contract(message))


class GatewayInput(InputChannel):
    """Rasa's side of the contract with the gateway."""

    def __init__(self, secret: str) -> None:
        """Keep the secret both sides know."""
        self._secret = secret.encode()
        self._seen = Seen()

    @classmethod
    def name(cls) -> str:
        """Part of the address: ``/webhooks/gateway``."""
        return "gateway"

    @classmethod
    def from_credentials(cls, _credentials: dict[str, Any] | None) -> InputChannel:
        """Made by Rasa from ``credentials.yml``.

        Raises:
            RuntimeError: the secret is not in the environment; without it anybody could speak for anybody.
        """
        secret = os.environ.get(SECRET_VARIABLE, "")
        if not secret:
            raise RuntimeError(f"{SECRET_VARIABLE} is not set: run the set-up first")
        return cls(secret)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:  # noqa: ARG002 - Rasa's
        """The routes."""
        routes = Blueprint("gateway_channel")

        @routes.listener("before_server_stop")
        async def close(_app: Any, _loop: Any) -> None:
            await close_connections()

        @routes.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            loaded = agent is not None and agent.is_ready()
            return response.json({"ready": loaded}, status=200 if loaded else 503)

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            given = request.headers.get(SECRET_HEADER, "")
            if not hmac.compare_digest(given.encode(), self._secret):
                return response.json({"error": "unauthorized"}, status=401)
            try:
                body = TurnBody.parse_raw(request.body)
            except (ValidationError, ValueError):
                return response.json({"error": "bad_body"}, status=400)
            agent = getattr(request.app.ctx, "agent", None)
            if agent is None or not agent.is_ready():
                return response.json({"error": "not_ready"}, status=503)
            try:
                return response.json(await self._take(agent, body))
            except OvertakenError:
                return response.json({"error": "overtaken"}, status=409)
            except Exception as error:  # noqa: BLE001 - the gateway gets an answer whatever breaks
                # The traceback may hold what the user said: the log gets the kind of error and the turn only.
                turn_id = body.metadata.get("turn_id")
                logger.error("turn_failed turn=%s error=%s", turn_id, type(error).__name__)
                return response.json({"error": "turn_failed"}, status=500)

        @routes.post("/forget")
        async def forget(request: Request) -> HTTPResponse:
            given = request.headers.get(SECRET_HEADER, "")
            if not hmac.compare_digest(given.encode(), self._secret):
                return response.json({"error": "unauthorized"}, status=401)
            try:
                body = ForgetBody.parse_raw(request.body)
            except (ValidationError, ValueError):
                return response.json({"error": "bad_body"}, status=400)
            agent = getattr(request.app.ctx, "agent", None)
            if agent is None or not agent.is_ready():
                return response.json({"error": "not_ready"}, status=503)
            store = agent.tracker_store
            store = getattr(store, "_tracker_store", store)  # Rasa wraps it against failures
            if body.sender_id is not None:
                async with agent.lock_store.lock(body.sender_id):
                    store.forget(body.sender_id)
            if body.idle_s is not None:
                store.forget_idle(time.time() - body.idle_s)
            return response.json({"forgotten": True})

        return routes

    async def _take(self, agent: Agent, body: TurnBody) -> dict[str, Any]:
        again = self._seen.before(body.sender_id, body.message_id) or body.again
        # The conversation's lock, as Agent.handle_message takes it: a repeat waits for the run it repeats.
        async with agent.lock_store.lock(body.sender_id):
            known = await answered(agent.tracker_store, body.sender_id, body.message_id) if again else None
            if known is not None:
                parse, messages = known
                return {"understood": understood(parse), "messages": messages}
            if body.overtaken:
                raise OvertakenError
            parse = await self._parsed(agent, body)
            readings, choices = parse.pop("readings", []), parse.pop("choices", [])
            output = TurnOutput()
            await agent.processor.handle_message(
                UserMessage(
                    text=parse.get("text") or body.text,
                    output_channel=output,
                    sender_id=body.sender_id,
                    parse_data=parse,
                    input_channel=self.name(),
                    message_id=body.message_id,
                    metadata={**body.metadata, "readings": readings, "choices": choices},
                )
            )
        return {"understood": understood(parse), "messages": output.messages}

    async def _parsed(self, agent: Agent, body: TurnBody) -> dict[str, Any]:
        chosen = body.meaning()
        if chosen is not None:
            return await meant(agent, *chosen)
        if body.payload:
            return await agent.parse_message(body.payload)
        return await understand(agent, body.wordings(), heard=bool(body.metadata.get("voice")))
