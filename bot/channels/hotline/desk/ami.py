"""Asterisk's manager interface, as far as a call is originated over it (Asterisk 18 and newer).

Lines ``Name: value``, a message ends with an empty line; https://docs.asterisk.org (AMI, action Originate). One
connection a call: with ``Async: false`` the answer comes when the callee has answered, or has not.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LONGEST_LINE = 4096
_CONNECT_S = 5.0
_ANSWER_S = 10.0


class AmiError(Exception):
    """The telephone system cannot be asked; ``code`` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class AmiConfig:
    """Where and how calls are made.

    Attributes:
        channel: the way out, ``{number}`` in it: ``PJSIP/{number}@trunk``.
        context: of the dialplan, in which an answered call begins at ``s``, priority 1.
        caller_id: what the callee's telephone shows; None leaves it to the trunk.
        ring_s: seconds until nobody is there.
    """

    host: str
    port: int
    user: str
    secret: str
    channel: str = "PJSIP/{number}@trunk"
    context: str = "xiangyin-out"
    caller_id: str | None = None
    ring_s: int = 35


async def originate(config: AmiConfig, number: str, variables: Mapping[str, str]) -> bool:
    """Call ``number``; whether it was answered.

    Args:
        number: digits alone.
        variables: of the channel, for the dialplan.

    Raises:
        AmiError: the call could not be asked for; nobody's telephone rang.
    """
    if not (number.isascii() and number.isdigit()):
        raise AmiError("ami_number")
    try:
        async with asyncio.timeout(_CONNECT_S):
            reader, writer = await asyncio.open_connection(config.host, config.port, limit=_LONGEST_LINE)
    except (OSError, TimeoutError) as error:
        raise AmiError("ami_unreachable") from error
    try:
        async with asyncio.timeout(_ANSWER_S):
            if not (await reader.readline()).startswith(b"Asterisk Call Manager/"):
                raise AmiError("ami_stranger")
            login = [("Action", "Login"), ("Username", config.user), ("Secret", config.secret), ("Events", "off")]
            if not await _asked(reader, writer, login):
                raise AmiError("ami_login")
        call = [
            ("Action", "Originate"),
            ("Channel", config.channel.format(number=number)),
            ("Context", config.context),
            ("Exten", "s"),
            ("Priority", "1"),
            ("Timeout", str(config.ring_s * 1000)),
            ("Async", "false"),
            *([("CallerID", config.caller_id)] if config.caller_id else []),
            *(("Variable", f"{name}={value}") for name, value in variables.items()),
        ]
        async with asyncio.timeout(config.ring_s + _ANSWER_S):
            return await _asked(reader, writer, call)
    except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
        raise AmiError("ami_lost") from error
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, action: Sequence[tuple[str, str]]) -> bool:
    """Whether the answer to an action is a success; what else comes in between (events) is left out."""
    if any("\r" in value or "\n" in value for _, value in action):
        raise AmiError("ami_value")
    number = f"xiangyin-{action[0][1]}"
    lines = [*action, ("ActionID", number)]
    writer.write("".join(f"{name}: {value}\r\n" for name, value in lines).encode() + b"\r\n")
    await writer.drain()
    while True:
        answer: dict[str, str] = {}
        while line := (await reader.readuntil(b"\n")).decode("utf-8", "replace").strip():
            name, _, value = line.partition(":")
            answer[name.strip().lower()] = value.strip()
        if "response" in answer and answer.get("actionid", number) == number:
            return answer["response"].lower() == "success"
