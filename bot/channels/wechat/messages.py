"""WeChat's XML: what came in, and the reply to it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from lxml import etree
from pydantic import Field, TypeAdapter

from bot import regions
from bot.channels.kinds import News, Text
from bot.channels.wechat import texts
from bot.schema import Reply

_MOST_BYTES = 1800
"""Of a message; WeChat takes 2048."""
_MOST_LINK_CHARS = 600


class MalformedError(Exception):
    """Not WeChat's XML."""


@dataclass(frozen=True)
class Voice:
    media_id: str
    kind: Literal["voice"] = "voice"


@dataclass(frozen=True)
class Told:
    """Something that gets a fixed answer."""

    answer: str
    kind: Literal["told"] = "told"


What = Annotated[Text | Voice | Told | News, Field(discriminator="kind")]
WHAT: TypeAdapter[Text | Voice | Told | News] = TypeAdapter(What)


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        key: the same for every delivery of it.
        user: who sent it (OpenID or UserID).
        account: to whom.
        what: it; None when nothing is to be answered.
    """

    key: str
    user: str
    account: str
    what: Text | Voice | Told | None


def fields(body: bytes) -> dict[str, str]:
    """The elements of ``<xml>`` by name.

    Raises:
        MalformedError: something else.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedError from error
    if root is None or root.tag != "xml":
        raise MalformedError
    return {str(child.tag): "".join(str(text) for text in child.itertext()) for child in root}


def read(given: Mapping[str, str]) -> Message:
    """The message in ``given``.

    Raises:
        MalformedError: it has no sender or receiver, or nothing that tells it from others.
    """
    user, account, kind = (given.get(name, "").strip() for name in ("FromUserName", "ToUserName", "MsgType"))
    event = given.get("Event", "")
    key = given.get("MsgId") or (f"{given.get('CreateTime', '')}-{event}" if event else "")
    if not (user and account and kind and key) or len(user) > 128 or len(key) > 100:
        raise MalformedError
    return Message(f"{user}-{key}"[:128], user, account, _what(kind, event.lower(), given))


def _what(kind: str, event: str, given: Mapping[str, str]) -> Text | Voice | Told | None:
    if kind == "text":
        return Text(given.get("Content", ""))
    if kind == "voice":
        return Voice(given.get("MediaId", ""))
    if kind == "link":
        parts = (given.get(name, "").strip() for name in ("Title", "Description", "Url"))
        return Text("\n".join(part for part in parts if part)[:_MOST_LINK_CHARS])
    if kind == "image":
        return Told(texts.IMAGE)
    if kind == "location":
        # WeChat writes the address beside the coordinates; only the province of it goes further.
        place = regions.named(given.get("Label", ""))
        return Text(f"地区 {place[0]}") if place else Told(texts.LOCATION)
    if kind != "event":
        return Told(texts.UNREADABLE)
    if event in ("subscribe", "enter_agent"):
        return Text("你好")
    return Text(given["EventKey"]) if event == "click" and given.get("EventKey") else None


def reply(user: str, account: str, text: str) -> bytes:
    """The XML of a text reply."""
    values = {"ToUserName": user, "FromUserName": account, "CreateTime": str(int(time.time()))}
    return _xml({**values, "MsgType": "text", "Content": text})


def sealed_reply(sealed: str, signature: str, timestamp: str, nonce: str) -> bytes:
    """The XML around an encrypted reply."""
    return _xml({"Encrypt": sealed, "MsgSignature": signature, "TimeStamp": timestamp, "Nonce": nonce})


def _xml(values: Mapping[str, str]) -> bytes:
    root = etree.Element("xml")
    for name, value in values.items():
        child = etree.SubElement(root, name)
        child.text = value if value.isdigit() else etree.CDATA(_printable(value))
    return bytes(etree.tostring(root, encoding="utf-8"))


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c in "\n\t").replace("]]>", "]] >")


def shown(replies: Sequence[Reply], public_url: str | None, *more: str) -> list[str]:
    """The messages that show replies: one, where it fits; options as numbered lines."""
    lines: list[str] = []
    for one in replies:
        block = [one.text, *(f"{option.key}. {option.title}" for option in one.options)]
        block += [texts.SOURCE.format(title=s.title) + (f"\n{s.url}" if s.url else "") for s in one.sources]
        if one.image and public_url:
            block.append(texts.PICTURE.format(url=f"{public_url}{one.image}"))
        if one.link:
            block.append(page(one.link, public_url))
        lines.append("\n".join(block))
    if any(one.options for one in replies):
        lines.append(texts.CHOOSE)
    return list(_cut("\n\n".join((*lines, *more))))


def page(link: str, public_url: str | None) -> str:
    """A link that can be opened, or the words that say that it cannot."""
    if not link.startswith("/"):
        return link
    return f"{public_url}{link}" if public_url else texts.NO_PAGE


def _cut(text: str) -> Iterator[str]:
    while len(data := text.encode()) > _MOST_BYTES:
        piece = data[:_MOST_BYTES].decode(errors="ignore")
        end = max(piece.rfind(mark) for mark in "\n。！？") + 1
        piece = piece[:end] if end > len(piece) // 2 else piece
        yield piece.strip()
        text = text[len(piece) :]
    yield text.strip() or "…"
