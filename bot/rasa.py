"""The gateway's client of Rasa: one call a turn, over the input channel in ``nlu/components/gateway_channel.py``."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import DialogueUnavailableError, OutcomeUnknownError, OvertakenError
from bot.reachable import status
from bot.schema import Entity, Understood

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DialogueRequest:
    """What Rasa is told of a turn.

    ``payload`` is set only from an option that the bot itself offered. ``again``: the message was sent before and the
    gateway kept no answer; Rasa gives the one it gave then, or runs the turn if it never ended.
    ``overtaken``: and newer messages of the sender were sent since; then it is not run any more.
    """

    sender_id: str
    message_id: str
    text: str
    payload: str | None = None
    hypotheses: tuple[tuple[str, float], ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    again: bool = False
    overtaken: bool = False

    def body(self) -> dict[str, Any]:
        return {
            "sender_id": self.sender_id,
            "message_id": self.message_id,
            "text": self.text,
            "payload": self.payload,
            "hypotheses": [{"text": t, "confidence": c} for t, c in self.hypotheses],
            "metadata": self.metadata,
            "again": self.again,
            "overtaken": self.overtaken,
        }


class Button(BaseModel):
    model_config = ConfigDict(extra="ignore")
    title: str
    payload: str


class DialogueMessage(BaseModel):
    model_config = ConfigDict(extra="ignore")
    text: str | None = None
    buttons: list[Button] = []
    custom: dict[str, Any] | None = None


class DialogueAnswer(BaseModel):
    model_config = ConfigDict(extra="ignore")
    understood: Understood
    messages: list[DialogueMessage]


class RasaClient:
    """Talks to one Rasa server.

    Args:
        session: shared HTTP session.
        base_url: without trailing slash.
        secret: the internal secret, sent as a header.
        timeout_s: bound on a whole turn.
    """

    def __init__(self, session: aiohttp.ClientSession, base_url: str, secret: str, timeout_s: float) -> None:
        self._session = session
        self._url = base_url
        self._headers = {"X-Xiangyin-Secret": secret}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def turn(self, request: DialogueRequest) -> DialogueAnswer:
        """Run one turn of the dialogue.

        Raises:
            DialogueUnavailableError: Rasa did not take the message: nothing was done.
            OutcomeUnknownError: Rasa took it and then broke off, was too slow or answered nothing.
            OvertakenError: an overtaken message whose answer is no longer known.
        """
        try:
            async with self._session.post(
                f"{self._url}/webhooks/gateway/turn",
                json=request.body(),
                headers=self._headers,
                timeout=self._timeout,
            ) as response:
                body = await response.read()
        except aiohttp.ClientConnectorError as error:
            log.warning("dialogue refused the connection")
            raise DialogueUnavailableError from error
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("dialogue broke off: %s", type(error).__name__)
            raise OutcomeUnknownError from error
        if response.status == 409 and request.overtaken:
            raise OvertakenError
        if response.status != 200:
            log.warning("dialogue answered status %s", response.status)
            raise DialogueUnavailableError if response.status == 503 else OutcomeUnknownError
        try:
            answer = DialogueAnswer.model_validate_json(body)
        except ValidationError as error:
            log.warning("dialogue answered something else than a turn: %s errors", error.error_count())
            raise OutcomeUnknownError from error
        if not any(message.text for message in answer.messages):
            # So Rasa answers when the action server cannot be reached.
            log.warning("dialogue answered nothing")
            raise OutcomeUnknownError
        return answer

    async def parse(self, text: str) -> Understood:
        """Understanding alone, without a dialogue (``xiangyin nlu parse``).

        Raises:
            DialogueUnavailableError: Rasa cannot be reached.
        """
        try:
            async with self._session.post(
                f"{self._url}/model/parse", json={"text": text}, timeout=self._timeout
            ) as response:
                response.raise_for_status()
                parsed = json.loads(await response.read())
            return _understood(parsed)
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            raise DialogueUnavailableError from error

    async def forget(self, conversation: str) -> None:
        """Delete what Rasa keeps of a conversation.

        Raises:
            DialogueUnavailableError: Rasa cannot be reached; nothing was deleted.
        """
        await self._forget({"sender_id": conversation})

    async def forget_idle(self, seconds: float) -> None:
        """Delete the conversations in which nothing has happened for so long."""
        await self._forget({"idle_s": seconds})

    async def _forget(self, which: dict[str, Any]) -> None:
        url = f"{self._url}/webhooks/gateway/forget"
        try:
            async with self._session.post(url, json=which, headers=self._headers, timeout=self._timeout) as response:
                response.raise_for_status()
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("dialogue did not forget: %s", type(error).__name__)
            raise DialogueUnavailableError from error

    async def alive(self) -> bool:
        """Whether it answers anything at all, within two seconds."""
        return await status(self._session, self._url, within_s=2) is not None

    async def ready(self) -> bool:
        """Whether a trained model is loaded."""
        return await status(self._session, f"{self._url}/webhooks/gateway/ready", within_s=3) == 200


def _understood(parsed: dict[str, Any]) -> Understood:
    """The contract's form of what Rasa's ``/model/parse`` answers."""
    text = parsed["text"]
    return Understood(
        text=text,
        intent=parsed["intent"]["name"],
        confidence=round(parsed["intent"]["confidence"], 4),
        entities=[
            Entity(entity=e["entity"], value=e["value"], text=text[e["start"] : e["end"]]) for e in parsed["entities"]
        ],
    )
