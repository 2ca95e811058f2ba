"""The gateway of the measurements of the media path: the double of the tests in a process of its own, with a script.

    python -m benchmarks.hotline.scripted --port 8600 --secret s --out turns.json

Calls from 139... are asked for a number at every turn, all others get three sentences of about seven seconds. What was
asked of it is written to ``--out`` when it is told to end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from pathlib import Path

from bot.channels.hotline.wire import CallTurn, Expected, SpokenReply, SpokenTurn
from tests.bot.channels.hotline.gateway_double import Behaviour, GatewayDouble

KEYING = "139"
LONG = "这个月的水费可以在手机上交。到村里的服务点也可以交。您要是不方便，家里人替您交也行。还想问点什么？"
NUMBER = "请按电话键把号码输进来，输完按井号。"


def script(double: GatewayDouble) -> None:
    """Make the double answer as the measurement needs it."""

    def answer(call: str, turn: CallTurn) -> SpokenTurn:
        caller = next((start.caller for start in double.starts if start.call_id == call), "") or ""
        keyed = caller.startswith(KEYING)
        return SpokenTurn(
            turn_id=turn.message_id,
            replies=(SpokenReply(say=NUMBER if keyed else LONG),),
            expects=Expected.DIGITS if keyed else Expected.ANYTHING,
        )

    double.behaviour.answer = answer


async def serve(options: argparse.Namespace) -> None:
    behaviour = Behaviour(
        hear_s=options.hear_ms / 1000,
        turn_s=options.turn_ms / 1000,
        speech_s=options.speech_ms / 1000,
        character_s=0.16,
    )
    double = GatewayDouble(behaviour, secret=options.secret)
    script(double)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with double.running(options.port):
        await stop.wait()
    kept = {
        "turns": [
            {"call": call, "text": turn.text, "heard": turn.heard.text if turn.heard else None}
            for call, turn in double.turns
        ],
        "calls": len(double.starts),
        "purposes": [start.purpose for start in double.starts if start.purpose],
        "records": {call: [record.outcome for record in records] for call, records in double.records.items()},
    }
    options.out.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--hear-ms", type=float, default=50)
    parser.add_argument("--turn-ms", type=float, default=66, help="p50 of results/turns.md")
    parser.add_argument("--speech-ms", type=float, default=80)
    parser.add_argument("--out", type=Path, required=True)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
