"""What outlives a form: drafts to go on with, and what was said in earlier cases."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from actions.cases import Case, CaseKind, EarlierCase
from actions.dialogue.form_spec import FLEETING, FORM_OF, KEY, TRIED, FormSpec, Values
from actions.dialogue.loan_summary import NOTHING, each_once
from actions.dialogue.ports import Cases, Drafts
from actions.dialogue.turn import Message, Option, Turn, payload
from actions.drafts import Draft
from actions.texts import bill as bill_say
from actions.texts import forms as say
from actions.texts import loan as loan_say
from actions.texts.money import amount, area, term
from actions.texts.say import Say, digits, masked
from nlu.dialect import lexicon

log = logging.getLogger(__name__)

DRAFT = "draft"
"""Value of the entity ``field`` in payloads about a draft."""
RESUME = "resume"
_KIND: Mapping[str, CaseKind] = {"apply_loan": "loan", "pay_bill": "bill"}
_TASKS = {"apply_loan": loan_say.TASK, "pay_bill": bill_say.TASK}
_NAMED = {
    "loan_amount": ("金额", "钱数", "贷多少"),
    "loan_purpose": ("用途", "用来", "拿来"),
    "crop_or_livestock": ("种的", "养的", "庄稼", "牲口"),
    "loan_area": ("亩", "面积"),
    "loan_term": ("时间", "期限", "几年", "多久"),
    "applicant_name": ("名字", "姓名"),
    "applicant_phone": ("电话", "手机", "号码"),
    "applicant_village": ("村", "住的"),
    "bill_account": ("户号", "号码", "编号", "账号"),
}
"""Words that name a field in "the same telephone as last time"."""


class Recall:
    """Reads and keeps both. A database that fails costs the comfort, never the turn."""

    def __init__(self, drafts: Drafts, cases: Cases) -> None:
        self._drafts = drafts
        self._cases = cases

    async def keep(self, turn: Turn, spec: FormSpec, after: Mapping[str, Any]) -> None:
        """Keep the form as it is after this turn, if anything is filled in and has changed."""
        names = (*spec.slots, *spec.extras, TRIED)
        now = {name: after[name] for name in names if after.get(name) is not None}
        before = {name: turn.slots[name] for name in names if turn.slots.get(name) is not None}
        if not now or now == before:
            return
        try:
            await self._drafts.keep(turn.sender, spec.intent, {**now, KEY: after.get(KEY)})
        except Exception as error:  # noqa: BLE001 - the form itself goes on
            log.error("draft not kept type=%s", type(error).__name__)

    async def stop(self, key: str) -> Case | None:
        """Nothing will be handed in under ``key`` any more; the case, if it was already.

        Raises:
            ActionsError: it is not certain which was first.
        """
        return await self._cases.drop_key(key)

    async def drop(self, sender: str, task: str | None = None) -> bool:
        """Delete the draft of ``task``, or all; whether there was one."""
        try:
            found = [draft.task for draft in await self._drafts.of(sender) if task in (None, draft.task)]
            for name in found:
                await self._drafts.drop(sender, name)
        except Exception as error:  # noqa: BLE001 - it is deleted by age
            log.error("draft not dropped type=%s", type(error).__name__)
            return False
        return bool(found)

    async def drafts(self, sender: str) -> list[Draft]:
        """The sender's drafts, newest first; none that was handed in (a part died before it could be dropped)."""
        try:
            found = [draft for draft in await self._drafts.of(sender) if draft.task in FORM_OF]
            return [draft for draft in found if await self._case_of(draft) is None]
        except Exception as error:  # noqa: BLE001 - then nothing is offered
            log.error("drafts not read type=%s", type(error).__name__)
            return []

    async def handed_in(self, sender: str, task: str) -> Case | None:
        """The case that was made of the sender's draft of ``task``, while the draft is still there."""
        try:
            found = [await self._case_of(draft) for draft in await self._drafts.of(sender) if draft.task == task]
        except Exception as error:  # noqa: BLE001 - as if there were no draft
            log.error("drafts not read type=%s", type(error).__name__)
            return None
        return next((case for case in found if case is not None), None)

    async def _case_of(self, draft: Draft) -> Case | None:
        key = draft.values.get(KEY)
        return None if key is None else await self._cases.made_by(str(key))

    async def offer(self, sender: str) -> Message | None:
        """The question whether to go on with the newest draft."""
        found = await self.drafts(sender)
        if not found:
            return None
        task = _TASKS[found[0].task]
        choices = (
            Option(say.CONTINUE.format(task=task), payload(found[0].task, field=DRAFT, value=RESUME)),
            Option(say.LET_GO, payload("cancel", field=DRAFT, value=found[0].task)),
        )
        return Message(say.UNFINISHED.format(task=task), options=choices, kind="question")

    async def earlier(self, turn: Turn, spec: FormSpec, values: Mapping[str, Any]) -> Values:
        """Slots that are still missing and were filled in the sender's last case of this kind."""
        kind = _KIND[spec.intent]
        try:
            cases = await self._cases.earlier(turn.sender, kind)
        except Exception as error:  # noqa: BLE001 - then it is asked
            log.error("earlier cases not read type=%s", type(error).__name__)
            return {}
        wanted = values.get("bill_type")
        case = next((c for c in cases if wanted is None or c.said.get("bill_type") == wanted), None)
        if case is None:
            return {}
        said = _loan(case) if kind == "loan" else _bill(case)
        named = {slot for slot, names in _NAMED.items() if slot in said and any(name in turn.words for name in names)}
        missing = {slot: value for slot, value in said.items() if values.get(slot) is None}
        if named:
            extras = set(spec.extras) if "crop_or_livestock" in named else set()
            missing = {slot: value for slot, value in missing.items() if slot in named | extras}
        return missing

    async def last_task(self, sender: str) -> str | None:
        """The intent of the sender's newest case."""
        try:
            case = await self._cases.latest(sender)
        except Exception as error:  # noqa: BLE001 - then it is asked what is wanted
            log.error("latest case not read type=%s", type(error).__name__)
            return None
        return None if case is None else next(task for task, kind in _KIND.items() if kind == case.kind)


def restored(draft: Draft, spec: FormSpec) -> Values:
    """The draft's values as the form may use them: consent and what the bank said are asked for again."""
    names = {*spec.slots, *spec.extras} - FLEETING
    return {name: value for name, value in draft.values.items() if name in names}


def summary(values: Mapping[str, Any]) -> Say:
    """Filled slots in words, the telephone masked."""
    values = each_once(values)
    parts = [part for slot, value in values.items() if value is not None and (part := _told(slot, values)) is not None]
    return Say("，".join(p.text for p in parts), "，".join(p.spoken or p.text for p in parts))


def _told(slot: str, values: Mapping[str, Any]) -> Say | None:
    value = values[slot]
    if slot == "bill_type":
        return Say(bill_say.TYPES.get(str(value), str(value)))
    if slot == "bill_account":
        return Say(f"号码{value}", f"号码{digits(str(value))}")
    if slot == "bill_part":
        return Say(bill_say.PART_TOLD) + amount(int(value))
    label = loan_say.LABEL.get(slot)
    if label is None:
        return None
    if slot == "loan_amount":
        return Say(label) + amount(int(value))
    if slot == "loan_term":
        return Say(label + term(int(value)))
    if slot == "loan_area":
        return Say(label) + area(float(value))
    if slot == "applicant_phone":
        hidden = masked(str(value))
        return Say(label + hidden, f"{label}尾号{digits(str(value)[-2:])}")
    if slot == "crop_or_livestock":
        return Say(loan_say.NEITHER if value == NOTHING else str(value))
    return Say(label + str(value))


def _loan(case: EarlierCase) -> Values:
    said = case.said
    crop = said.get("crop_or_livestock")
    kind = "none"
    if crop is not None:
        kind = next((k for k in ("crop", "livestock") if crop in lexicon.terms(k).values()), "unknown")
    area_mu = said.get("area_mu")
    values: Values = {
        "loan_amount": int(said["amount_fen"]),
        "loan_purpose": said["purpose"],
        "crop_or_livestock": NOTHING if crop is None else crop,
        "loan_kind": kind,
        "loan_area": None if area_mu is None else float(area_mu),
        "loan_term": int(said["term_months"]),
        "applicant_name": said["name"],
        "applicant_phone": said["phone"],
        "applicant_village": said["village"],
    }
    return {slot: value for slot, value in values.items() if value is not None}


def _bill(case: EarlierCase) -> Values:
    return {"bill_type": case.said["bill_type"], "bill_account": case.said["account"]}
