"""``xiangyin ask`` and ``xiangyin listen``: a turn over the running gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bot.client import ClientError, GatewayClient
from bot.commands.output import fail, print_json
from settings import load_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print the whole turn as JSON.")]
Sender = Annotated[str, typer.Option(help="Who asks: the same sender goes on with the same conversation.")]
Region = Annotated[str | None, typer.Option(help="GB/T 2260 code of the sender's county, city or province.")]
Channel = Annotated[str, typer.Option(help="Name of the channel.")]


def _fields(sender: str, region: str | None, channel: str) -> dict[str, str]:
    return {"sender_id": sender, "channel": channel} | ({"region": region} if region else {})


def _show(turn: Any, as_json: bool) -> None:
    if as_json:
        print_json(turn)
        return
    if turn["heard"]:
        typer.echo(f"听到：{turn['heard']['text']}")
    for reply in turn["replies"]:
        typer.echo(reply["text"])
        for option in reply["options"]:
            typer.echo(f"  {option['key']}. {option['title']}")
        for source in reply["sources"]:
            place = "，".join(part for part in (source["title"], source["date"], source["url"]) if part)
            typer.echo(f"  来源：{place}")


def ask(
    text: Annotated[str, typer.Argument(help="What the user says.")],
    as_json: AsJson = False,
    sender: Sender = "cli",
    region: Region = None,
    channel: Channel = "cli",
) -> None:
    """Say something to the assistant and print its answer."""
    try:
        turn = GatewayClient(load_settings()).ask(text, _fields(sender, region, channel))
    except ClientError as error:
        fail(error)
    _show(turn, as_json)


def listen(
    file: Annotated[Path, typer.Argument(help="A voice message: OGG, WebM, MP3, M4A, AMR, WAV or FLAC.")],
    as_json: AsJson = False,
    sender: Sender = "cli",
    region: Region = None,
    channel: Channel = "cli",
) -> None:
    """Send a voice message to the assistant and print its answer."""
    if not file.is_file():
        fail(f"no such file: {file}")
    try:
        turn = GatewayClient(load_settings()).listen(file, _fields(sender, region, channel))
    except ClientError as error:
        fail(error)
    _show(turn, as_json)
