"""Understands single sentences without the running stack: ``.venv-rasa/bin/python -m nlu.parse --text 我想贷款``.

One input a line (``--text`` or standard input), one JSON object a line:
``{"text", "intent", "confidence", "entities": [{"entity", "value", "text"}]}``. With ``--wordings`` an input is a JSON
list of what may have been said, ``[[text, confidence], ...]``, the likeliest first.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import nlu.quiet  # before rasa

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Parse and print; 0 when every line was answered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", help="one sentence; without it lines are read from standard input")
    parser.add_argument("--wordings", action="store_true", help="lines are JSON lists of [text, confidence]")
    parser.add_argument("--state", type=Path, default=ROOT / os.environ.get("XIANGYIN_STATE_DIR", "var"))
    options = parser.parse_args()
    model = options.state.resolve() / "models" / "rasa" / "current.tar.gz"
    if not model.exists():
        print(f"error: no trained model at {model}; run `python -m nlu.train`", file=sys.stderr)
        return 1
    lines = [options.text] if options.text is not None else (line.rstrip("\n") for line in sys.stdin)
    return asyncio.run(_parse(model, lines, wordings=options.wordings))


async def _parse(model: Path, lines: Iterable[str], *, wordings: bool) -> int:
    with contextlib.redirect_stdout(sys.stderr):
        from rasa.core.agent import Agent

        from nlu.components.understanding import understand, understood

        nlu.quiet.quiet_structlog()
        agent = Agent.load(str(model))
    for line in lines:
        heard = json.loads(line) if wordings else [(line, 1.0)]
        parse = await understand(agent, [(_spoken(text), confidence) for text, confidence in heard])
        text = understood(parse)["text"] if wordings else line
        print(json.dumps({**understood(parse), "text": text}, ensure_ascii=False), flush=True)
    return 0


def _spoken(text: str) -> str:
    """A leading slash would be a command to Rasa; what people say never is one."""
    return text.strip().lstrip("/／").strip() or " "


if __name__ == "__main__":
    sys.exit(main())
