"""The objects of the HTTP interface and the command line (see ``docs/architecture.md``)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TurnRequest(Model):
    """One inbound text message (``POST /api/v1/turns`` as JSON).

    ``message_id`` makes a repeated delivery harmless: the same id from the same sender gets the same answer.
    """

    text: str
    sender_id: str = Field(default="anonymous", min_length=1, max_length=128)
    region: str | None = Field(default=None, pattern=r"^(national|[1-9][0-9]{5})$")
    channel: str = Field(default="api", pattern=r"^[a-z][a-z0-9_-]{0,31}$")
    message_id: str | None = Field(default=None, min_length=1, max_length=128)


class Alternative(Model):
    text: str
    confidence: float


class Heard(Model):
    """What recognition made of a voice message; ``seconds`` is the audio's length."""

    text: str
    raw: str
    confidence: float
    alternatives: list[Alternative]
    engine: str
    seconds: float


class Entity(Model):
    entity: str
    value: Any
    text: str


class Understood(Model):
    text: str
    intent: str
    confidence: float
    entities: list[Entity]


class Option(Model):
    """A numbered choice: say, type or key ``key``, press it, or say ``title``."""

    key: str
    title: str


class Source(Model):
    id: str
    title: str
    url: str | None = None
    date: str | None = None


class Reply(Model):
    """One message to the user.

    ``audio`` is a path on the gateway where it can be heard (OGG/Opus), ``image`` one of a picture (PNG) that shows
    what the text says, ``image_alt`` the picture in words.
    """

    text: str
    options: list[Option] = []
    sources: list[Source] = []
    audio: str | None = None
    kind: str | None = None
    case_id: str | None = None
    link: str | None = None
    image: str | None = None
    image_alt: str | None = None


class Timings(Model):
    """Milliseconds spent in each part of the turn."""

    hear: int
    dialogue: int
    total: int


class Turn(Model):
    """A turn as the contract gives it."""

    turn_id: str
    sender_id: str
    heard: Heard | None
    understood: Understood | None
    replies: list[Reply]
    timings_ms: Timings
