"""A crop or animal that no list knows: never taken unasked, said back first."""

from __future__ import annotations

import re

from actions.dialogue import persons, words
from actions.dialogue.form_spec import Rejected, Values
from actions.dialogue.turn import Option, payload
from actions.dialogue.values import core
from actions.texts import loan as say

_VERBS = {"种植": "crop", "养殖": "livestock", "种": "crop", "栽": "crop", "养": "livestock", "喂": "livestock"}
_LONGEST = 8
_LONGEST_BARE = 4
_DOING = {"crop": "种", "livestock": "养", "unknown": ""}


def unknown(text: str) -> tuple[str, str] | None:
    """Kind and name of what 种X, 养X or a short X may mean; a name of a person is none."""
    said = text.strip(" 。，,！!.")
    bare = core(said)
    verb = next((verb for verb in _VERBS if re.match(rf"(?:我|俺|家里|家|主要|就|是|[，,])*{verb}", said)), None)
    if verb is not None:
        name = re.sub(r"^(?:了|的是|的|些|点)+", "", core(said.split(verb, 1)[1]))
        longest = _LONGEST
    else:
        name, longest = bare, _LONGEST_BARE
        if persons.whole_name(said) or persons.whole_village(said):
            return None
    if not 1 <= len(name) <= longest or not re.fullmatch("[\u4e00-\u9fff]+", name):
        return None
    if words.yes(name) or words.no(name) or re.search("[不没是谁啥吗呢地田]|知道|打工|做工|上班", name):
        return None
    return (_VERBS[verb] if verb else "unknown"), name


def ask_back(kind: str, name: str) -> Rejected:
    """种X，对吗, with the answers to choose from."""
    told = _DOING[kind] + name
    yes = Option(say.CROP_YES.format(crop=told), payload("inform", field="crop_or_livestock", value=f"{kind}:{name}"))
    no = Option(say.CROP_NO, payload("repeat"))
    return Rejected(say.CROP_UNKNOWN.format(crop=told), (yes, no))


def chosen(value: str) -> Values | None:
    """The pressed answer to :func:`ask_back`."""
    match = re.fullmatch(r"(crop|livestock|unknown):([\u4e00-\u9fff]{1,8})", value)
    if match is None:
        return None
    area = {"loan_area": None} if match[1] == "livestock" else {}
    return {"crop_or_livestock": match[2], "loan_kind": match[1], **area}
