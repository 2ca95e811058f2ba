from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from bot.channels.hotline.desk.calls import Call, CallBook
from bot.database import open_engine


def test_a_call_announced_many_times_in_the_same_moment_is_one(tmp_path: Path) -> None:
    books = [CallBook(open_engine(f"sqlite:///{tmp_path / 'calls.sqlite'}"), "session") for _ in range(2)]
    for _ in range(20):
        call_id, now = str(uuid4()), datetime.now(UTC)
        with ThreadPoolExecutor(16) as pool:
            begun = [
                pool.submit(
                    books[n % 2].begin,
                    Call(call_id, "hotline:a", "13800000000", None, "websocket", None, None, now),
                )
                for n in range(16)
            ]
            numbers = [pool.submit(books[0].number_of, "hotline:a") for _ in range(16)]
        assert len({id(future.result()) for future in begun}) == 2, "one a gateway"
        assert {future.result() for future in numbers} <= {None, "13800000000"}
