"""What callers said, as it may stand in a record: nothing that tells who they are or opens what is theirs."""

from __future__ import annotations

import re
from collections.abc import Collection

from nlu.dialect import secrets

HIDDEN = "（不记）"
_RUN = re.compile(r"(?:[0-9０-９零〇一二三四五六七八九幺两][\s,，、-]?){5,}")
_NAMED = re.compile(r"((?:我|俺)(?:的名字)?(?:叫|是叫|姓)|名字(?:叫|是)|姓名(?:是)?)[\u4e00-\u9fff]{1,4}")


def masked(said: str, by: str, private: Collection[str]) -> str:
    """``said`` for the record.

    Args:
        said: what was recognised or keyed.
        by: ``voice`` or ``keys``: of keys only a single one (a choice) is kept.
        private: answers of this call that are kept nowhere.
    """
    if by == "keys":
        return said if len(said) <= 1 else HIDDEN
    if said in private:
        return HIDDEN
    text = _RUN.sub(lambda match: "*" * len(match.group().strip()), secrets.blank(said))
    return _NAMED.sub(lambda match: match[1] + "**", text)
