"""What the dialogue's messages become: replies with numbered options, what each sounds like, what its picture shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot import language
from bot.database import new_key
from bot.options import OfferedOption, read_out
from bot.rasa import DialogueMessage
from bot.schema import Option, Reply, Source


@dataclass(frozen=True)
class Composed:
    """``spoken`` and ``pictures``: pairs of a reply's key and what is said, or shown (JSON)."""

    replies: tuple[Reply, ...]
    options: tuple[OfferedOption, ...]
    spoken: tuple[tuple[str, str], ...]
    pictures: tuple[tuple[str, str], ...]


def compose(messages: Sequence[DialogueMessage]) -> Composed:
    """Replies, their options numbered through the whole turn."""
    replies: list[Reply] = []
    pictures: list[tuple[str, str]] = []
    options: list[OfferedOption] = []
    spoken: list[tuple[str, str]] = []
    for message in messages:
        if not message.text:
            continue
        custom = message.custom or {}
        first = len(options) + 1
        offered = [
            OfferedOption(key=str(number), title=button.title, payload=button.payload)
            for number, button in enumerate(message.buttons, start=first)
        ]
        options += offered
        key = new_key()
        picture = custom.get("picture") or {}
        if picture:
            pictures.append((key, json.dumps(picture["plan"])))
        said = str(custom.get("spoken") or message.text)
        spoken.append((key, read_out(said, [(option.key, option.title) for option in offered])))
        replies.append(
            Reply(
                text=message.text,
                options=[Option(key=o.key, title=o.title) for o in offered],
                sources=[Source.model_validate(_source(s)) for s in custom.get("sources") or ()],
                audio=f"/audio/{key}.ogg",
                kind=custom.get("kind"),
                case_id=custom.get("case_id"),
                link=custom.get("confirm_url"),
                image=f"/media/{key}.png" if picture else None,
                image_alt=picture.get("alt"),
            )
        )
    return Composed(tuple(replies), tuple(options), tuple(spoken), tuple(pictures))


def asked(messages: Sequence[DialogueMessage]) -> str | None:
    """The slot that the last message asks for."""
    asks = (messages[-1].custom or {}).get("asks") if messages else None
    return asks if isinstance(asks, str) else None


def cases_of(messages: Sequence[DialogueMessage]) -> list[tuple[str, int]]:
    """The cases that are told of, each with the step that is told."""
    told = [(m.custom.get("case_id"), m.custom.get("case_step")) for m in messages if m.custom]
    return [(case_id, step) for case_id, step in told if isinstance(case_id, str) and isinstance(step, int)]


def _source(raw: dict[str, object]) -> dict[str, object]:
    return {name: raw.get(name) for name in ("id", "title", "url", "date")}


def foreign() -> DialogueMessage:
    """The answer to a message in another language."""
    return DialogueMessage(text=language.REPLY, custom={"spoken": language.SPOKEN_REPLY, "kind": "foreign"})
