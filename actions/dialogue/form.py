"""Leads through a form, one turn at a time.

Rasa gives every message to the active form first (``validate_<form>``); everything that may happen inside a form is
decided here, in this order: a password is refused, the first turn takes what the opening sentence says, an answer to
"go on or switch?" is heard, a pressed option is taken, a stop word stops, a message that is completely the asked value
is taken whatever the classifier thought, corrections are applied, questions are answered without touching a slot,
another task asks before it interrupts, and only then is a value looked for inside the sentence. Slots have custom
mappings only, so nothing else in Rasa can fill them.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions.cases import Case
from actions.dialogue import emergency, form_answers, form_changes, options, words
from actions.dialogue.desk import is_case_number, told
from actions.dialogue.form_replies import ASK_BACK, FormReplies, warning
from actions.dialogue.form_spec import (
    DIGRESSIONS,
    DRAFT_SEEN,
    FORM_OF,
    KEY,
    MISSES,
    PENDING,
    REQUESTED,
    SURE,
    TRIED,
    FormSpec,
    Rejected,
    Values,
)
from actions.dialogue.handed_in import changes
from actions.dialogue.recall import DRAFT, Recall, restored, summary
from actions.dialogue.talk import which_heard
from actions.dialogue.turn import Entity, Handler, Message, Option, Reply, Turn, payload
from actions.dialogue.values import is_question
from actions.errors import ActionsError
from actions.texts import forms as say
from actions.texts.say import Say
from nlu.dialect import secrets

log = logging.getLogger(__name__)

LAST = "last"
"""Kind of a pending question: use what was said last time?"""
LONG_ENOUGH = 5
"""Characters from which a question that was not understood is worth looking up."""


class Form(FormReplies):
    """Runs the turns of one form."""

    def __init__(self, spec: FormSpec, handlers: Mapping[str, Handler], repeat: Handler, recall: Recall) -> None:
        super().__init__(spec, handlers, repeat)
        self._recall = recall

    async def step(self, turn: Turn) -> Reply:
        """Handle one message while the form is active (or becomes active), and keep what was filled in."""
        reply = await self._step(turn)
        after = {**turn.slots, **reply.slots}
        if after.get(REQUESTED) is not None:
            if (after.get(PENDING) or {}).get("ask") != DRAFT:  # until that is answered the old draft stays
                await self._recall.keep(turn, self._spec, after)
            return reply
        if reply.follow_up is not None or (turn.slots.get(KEY) is None and KEY not in reply.slots):
            return reply  # left for another task, to come back to; or never begun
        await self._recall.drop(turn.sender, self._spec.intent)
        offer = await self._recall.offer(turn.sender)
        if offer is None or any(message.options for message in reply.messages):
            return reply
        return replace(reply, messages=(*reply.messages, offer), slots={**reply.slots, DRAFT_SEEN: True})

    async def _step(self, turn: Turn) -> Reply:
        spec = self._spec
        values: Values = {name: turn.slots.get(name) for name in (*spec.slots, *spec.extras)}
        danger = emergency.found(turn.words)
        if turn.slots.get(KEY) is None or turn.slots.get(REQUESTED) is None:
            if danger and emergency.certain(turn.words):
                return Reply((emergency.message(danger),), {REQUESTED: None})
            other = await self._no_beginning(turn)
            if other is not None:
                return Reply(other.messages, {REQUESTED: None})
            started = await self._start(turn)
            return emergency.before(danger, started) if danger else started
        asked = str(turn.slots[REQUESTED])
        if danger:
            told = emergency.message(danger)
            go_on = Option(say.GO_ON, payload("repeat"))
            return self._say([replace(told, options=(*told.options, go_on))], asked)
        if secrets.has_secret(turn.text) or secrets.is_code(turn.words, asked):
            return self._again(asked, values, [warning()])
        turn = self._resolved(turn)
        asked_back = next((told.options for told in turn.last_messages if told.kind == ASK_BACK), ())
        if asked_back and (words.yes(turn.words) or words.no(turn.words)):
            turn = turn.choosing(asked_back[0 if words.yes(turn.words) else -1].payload)
        pending = turn.slots.get(PENDING)
        if pending:
            answer = await self._answered(turn, values, asked, pending)
            if answer is not None:
                return answer
        if turn.is_payload and turn.intent == "cancel" and turn.first("field") == DRAFT:
            await self._recall.drop(turn.sender, str(turn.first("value")))
            return self._again(asked, values, [Message(say.DRAFT_DROPPED, kind="form")])
        stops = (turn.intent == "cancel" and (turn.is_payload or turn.confidence >= 0.8)) or (
            words.cancel(turn.words) or words.withdraws(turn.words)
        )
        said = spec.whole(asked, turn, values) if turn.words else None
        only_no = isinstance(said, dict) and any(value is False for value in said.values())  # 算了，征信莫查
        if stops and not only_no:
            return await self._cancelled(turn)
        pressed = self._pressed(turn)
        if pressed is not None:
            return await self._filled(turn, values, pressed, [])
        if turn.is_payload and turn.intent == "repeat":
            return self._again(asked, values, [])
        if words.repeat(turn.words):
            return await self._repeated(turn, asked, values)
        if words.same_as_last(turn.words) and not is_question(turn.words):
            return await self._last_time(turn, values, asked)
        if words.person(turn.words) or (turn.is_payload and turn.intent == "human_agent"):
            return await self._digress(turn, values, asked, "human_agent")
        if asked == spec.confirm:
            answer = await self._confirmed(turn, values)
            if answer is not None:
                return answer
        return await self._heard(turn, values, asked)

    async def handed_in(self, turn: Turn, case: Case) -> Reply:
        """The form was submitted, and the conversation does not know (a part died on the way): say so, and end it."""
        await self._recall.drop(turn.sender, self._spec.intent)
        message = told(case)
        spoken = message.spoken and say.HANDED_IN + message.spoken
        return self._end([replace(message, text=say.HANDED_IN + message.text, spoken=spoken)])

    async def dropped(self, turn: Turn) -> None:
        """The user gave the form up: nothing of it is kept."""
        await self._recall.drop(turn.sender, self._spec.intent)

    async def _cancelled(self, turn: Turn) -> Reply:
        """Stop. An earlier yes may still be under way: the ledger decides which of the two was first."""
        try:
            case = await self._recall.stop(str(turn.slots[KEY]))
        except ActionsError as error:
            log.warning("form stopped unsure code=%s", error.code)
            return self._end([Message(say.CANCELLED_UNSURE, kind="cancelled")])
        if case is None:
            return self._end([Message(say.CANCELLED, kind="cancelled")])
        reply = await self.handed_in(turn, case)
        if case.state.final:
            return reply
        return replace(reply, messages=(*reply.messages, Message(say.STOPPED_LATE[case.kind], kind="form")))

    # -- the turn ------------------------------------------------------------------------------------------------

    async def _heard(self, turn: Turn, values: Values, asked: str) -> Reply:
        """A free message: an answer, a correction, a digression, another task, or none of them."""
        spec = self._spec
        told = turn.words
        if told and asked != spec.confirm and not (words.corrects(told) and len(told) > 2):
            whole = form_answers.whole(spec, asked, turn, values)
            if isinstance(whole, Rejected):
                return self._rejected(turn, asked, values, whole)
            if whole:
                return await self._filled(turn, values, whole, [])
        if (where := spec.where(asked, told)) is not None:
            return self._again(asked, values, [Message(where, kind="form")])
        if words.waits(told) and not is_question(told):
            return self._say([Message(say.WAITING, kind="form")], asked)
        if words.unsure(told):
            return self._missed(turn, asked, values, say.UNSURE + spec.ask(asked, values).text)
        if turn.intent == "cancel" and turn.confidence >= SURE:
            return await self._cancelled(turn)
        if turn.intent == "repeat" and turn.confidence >= SURE:
            return await self._repeated(turn, asked, values)
        if turn.intent == "correct_value" or words.corrects(told):
            changed = form_changes.corrected(spec, turn, values)
            if changed:
                changed = {**form_answers.others(spec, turn, values), **changed}
                return await self._filled(turn, values, changed, [], changed=True)
            field = spec.named(told)
            if asked == spec.confirm and field and words.only_changes(told) and values.get(field) is not None:
                return await self._filled(turn, values, spec.cleared(field), [])  # to what?
            if asked == spec.confirm and words.correction(told):
                return self._missed(turn, asked, values, spec.not_changed(turn))
            # A mere "I said it wrong" is about an answer before, where there is one; the last option drops the form.
            bare = not words.correction(told) and len(spec.change_options(values)) > 1
            if asked == spec.confirm or turn.is_payload or bare:
                return self._say([Message(say.CHANGE_WHAT, options=spec.change_options(values), kind="form")], asked)
            meant = words.correction(told)
            if meant and not turn.is_payload:  # not a known value: the answer is what is left of it
                turn = form_answers.meaning(turn, meant)
                whole = spec.whole(asked, turn, values)
                if isinstance(whole, dict) and whole:
                    return await self._filled(turn, values, whole, [])
        if words.refuses(told, denied=turn.intent == "deny" and turn.confidence >= SURE) and asked != spec.confirm:
            farewell = await spec.refused(asked, turn)
            if farewell is not None:
                return self._end(farewell)
        if turn.intent in FORM_OF and FORM_OF[turn.intent] != self._name():
            if turn.slots.get(TRIED):
                choices = spec.ask(spec.confirm, values).options
                first = Message(say.FINISH_FIRST.format(task=spec.task), options=choices, kind="form")
                return self._say([first], asked)
            return self._ask_switch(turn, asked)
        alone = turn.intent == "check_fraud" and words.alone(told)  # 没人叫我转钱，是我自己买化肥: an answer
        if turn.intent == "help" and asked == spec.confirm and not words.who(told):
            return self._again(asked, values, [Message(say.HELP.format(task=spec.task), kind="form")])
        if turn.intent in DIGRESSIONS and not alone:
            return await self._digress(turn, values, asked, turn.intent)
        if turn.intent == "goodbye":
            return self._say([Message(say.PAUSED.format(task=spec.task), kind="form")], asked)
        if turn.is_payload:  # an option of something said earlier
            return self._again(asked, values, [])
        if turn.intent == spec.intent:
            opening = spec.opening(turn)
            other = [slot for slot, value in opening.items() if values.get(slot) not in (None, value)]
            for slot in other:
                values = {**values, **spec.cleared(slot)}
            return await self._filled(turn, values, opening, []) if opening else self._again(asked, values, [])
        if told and asked != spec.confirm:
            loose = spec.loose(asked, turn, values)
            if isinstance(loose, Rejected):
                return self._rejected(turn, asked, values, loose)
            found = {**form_answers.others(spec, turn, values), **(loose or {})}
            if found:
                return await self._filled(turn, values, found, [])
        if turn.choices:
            return Reply((which_heard(turn),), self._keep(asked, {}))
        if is_question(told) and len(told) >= LONG_ENOUGH and turn.intent == "nlu_fallback":
            return await self._digress(turn, values, asked, "ask_knowledge")
        return self._missed(turn, asked, values, spec.hint(asked))

    async def _no_beginning(self, turn: Turn) -> Reply | None:
        """What sounds like the task but is about one handed in already."""
        if words.withdraws(turn.words) or changes(turn.words):
            return await self._handlers["handed_in"](turn)
        if is_case_number(turn.words):
            return await self._handlers["check_progress"](turn)
        return None

    async def _start(self, turn: Turn) -> Reply:
        spec = self._spec
        case = await self._recall.handed_in(turn.sender, spec.intent)
        if case is not None:
            return await self.handed_in(turn, case)
        pending = turn.slots.get(PENDING)
        opening = turn
        if pending:  # the task the user interrupted another one for
            entities = tuple(Entity(*item) for item in pending.get("entities", ()))
            opening = replace(turn, text=pending.get("text", ""), intent=spec.intent, entities=entities)
        values: Values = dict.fromkeys((*spec.slots, *spec.extras))
        if secrets.has_secret(opening.text):
            messages = [warning()]
        else:
            messages = []
            values.update(spec.opening(opening))
        if opening.first("field") == DRAFT:
            return await self._resumed(turn, values, messages)
        started = spec.started(values)
        if started is not None:
            messages.append(started)
        fresh = self._fresh(turn)
        if any(draft.task == spec.intent for draft in await self._recall.drafts(turn.sender)):
            choices = (Option(say.GO_ON_WITH_DRAFT, payload("affirm")), Option(say.ANEW, payload("deny")))
            ask = Message(say.HALF_DONE.format(task=spec.task), options=choices, kind="form")
            slots = {**values, MISSES: 0, KEY: fresh.slots[KEY], REQUESTED: self._next(values) or spec.confirm}
            return Reply((ask,), {**slots, PENDING: {"ask": DRAFT}})
        if words.same_as_last(opening.words):
            return await self._last_time(replace(fresh, text=opening.text), values, self._next(values) or spec.confirm)
        return await self._filled(fresh, {}, values, messages)

    def _fresh(self, turn: Turn) -> Turn:
        key = f"{turn.sender}:{uuid.uuid4().hex}"
        return replace(turn, slots={**turn.slots, KEY: key, PENDING: None})

    async def _resumed(self, turn: Turn, new: Values, messages: list[Message]) -> Reply:
        """Go on with the draft, if it is still there; what was said now counts more than what was said then."""
        spec = self._spec
        draft = next((d for d in await self._recall.drafts(turn.sender) if d.task == spec.intent), None)
        if draft is None:
            return await self._filled(self._fresh(turn), {}, new, [*messages, Message(say.DRAFT_GONE, kind="form")])
        values = {**dict.fromkeys((*spec.slots, *spec.extras)), **restored(draft, spec)}
        values.update({slot: value for slot, value in new.items() if value is not None})
        told = Say(say.RESUMED) + summary(values) + Say("。")
        key = draft.values.get(KEY) or self._fresh(turn).slots[KEY]
        fresh = replace(turn, slots={**turn.slots, KEY: key, PENDING: None})
        reply = await self._filled(fresh, {}, values, [*messages, Message(told.text, told.spoken, kind="form")])
        return replace(reply, slots={**reply.slots, TRIED: draft.values.get(TRIED), DRAFT_SEEN: True})

    async def _last_time(self, turn: Turn, values: Values, asked: str) -> Reply:
        """The same as last time: read back before it is used."""
        found = await self._recall.earlier(turn, self._spec, values)
        kept = {**values, **self._keep(asked, {KEY: turn.slots.get(KEY), MISSES: 0})}
        told = summary(found)
        if not told.text:
            nothing = Message(say.NO_LAST_TIME, kind="form")
            return Reply((nothing, self._spec.ask(asked, values)), kept)
        text = Say(say.LAST_TIME) + told + Say(say.LAST_TIME_USE)
        choices = (Option(say.USE_LAST, payload("affirm")), Option(say.NOT_LAST, payload("deny")))
        ask = Message(text.text, text.spoken, options=choices, kind="form")
        return Reply((ask,), {**kept, PENDING: {"ask": LAST, "text": turn.words}})

    async def _confirmed(self, turn: Turn, values: Values) -> Reply | None:
        spec = self._spec
        sure = turn.intent == "affirm" and (turn.is_payload or (turn.confidence >= SURE and len(turn.words) <= 12))
        if form_answers.divided(turn):
            return self._again(spec.confirm, values, [])
        if words.no(turn.words) or (turn.intent == "deny" and not words.corrects(turn.words)):
            return self._say([Message(say.CHANGE_WHAT, options=spec.change_options(values), kind="form")], spec.confirm)
        plain = words.yes(turn.words)
        if not plain and turn.words and form_changes.may_change(turn):
            changed = form_changes.corrected(spec, turn, values)
            if changed:
                return await self._filled(turn, values, changed, [], changed=True)
        doubtful = words.corrects(turn.words) or re.search(r"[\d零一二两三四五六七八九十百千万不错改]", turn.words)
        if plain or (sure and not doubtful):
            if turn.words and not _read_back_last(turn):
                return self._again(spec.confirm, values, [])
            messages, over = await spec.agreed(turn, values, str(turn.slots[KEY]))
            if isinstance(over, dict):  # something is different now: nothing was submitted, it is asked again
                return await self._filled(turn, values, over, messages)
            if over:
                return self._end(messages)
            return Reply(tuple(messages), self._keep(spec.confirm, {TRIED: True}))
        return None

    # -- interruption by another task ----------------------------------------------------------------------------

    def _ask_switch(self, turn: Turn, asked: str) -> Reply:
        other = say.OPEN_TASKS[turn.intent]
        entities = [[entity.kind, entity.value, entity.text] for entity in turn.entities]
        pending = {"intent": turn.intent, "text": turn.words, "entities": entities}
        choices = (
            Option(say.SWITCH_TO.format(task=other), payload("affirm")),
            Option(say.CONTINUE.format(task=self._spec.task), payload("deny")),
        )
        text = say.SWITCH.format(task=self._spec.task, other=other)
        return Reply((Message(text, options=choices, kind="form"),), self._keep(asked, {PENDING: pending}))

    async def _answered(self, turn: Turn, values: Values, asked: str, pending: Mapping[str, Any]) -> Reply | None:
        """The answer to a question the form has put in between; ``None``: it is none, the question is dropped."""
        sure = turn.intent == "affirm" and turn.confidence >= SURE and not words.no(turn.words)
        agreed, refused = words.yes(turn.words) or sure, words.no(turn.words) or turn.intent == "deny"
        kind = pending.get("ask")
        if kind == DRAFT:
            if agreed or words.goes_on(turn.words):
                return await self._resumed(turn, values, [])
            if not (refused or words.anew(turn.words)):
                return None
            await self._recall.drop(turn.sender, self._spec.intent)
            return self._again(asked, values, [])
        if not (agreed or refused):
            return None
        if refused:
            return self._again(asked, values, [])
        if kind == LAST:
            said = replace(turn, text=str(pending.get("text", "")))
            return await self._filled(turn, values, await self._recall.earlier(said, self._spec, values), [])
        ended = self._end([])
        return replace(ended, slots={**ended.slots, PENDING: dict(pending)}, follow_up=FORM_OF[pending["intent"]])

    def _resolved(self, turn: Turn) -> Turn:
        """第二个 as the option it points at, when the last message offered options."""
        offered = [option for message in turn.last_messages for option in message.options]
        option = options.chosen(turn.words, offered)
        if option is None:
            return turn
        asked = turn.slots.get(REQUESTED)
        if asked and self._spec.whole(str(asked), turn, {}) and turn.intent != "choose_option":
            return turn  # "五" asked for mu is an answer, not a choice
        return turn.choosing(option.payload)

    def _pressed(self, turn: Turn) -> Values | None:
        if not turn.is_payload:
            return None
        slot, value = turn.first("field"), turn.first("value")
        if not isinstance(slot, str) or slot not in self._spec.slots:
            return None
        if turn.intent == "correct_value":
            return self._spec.cleared(slot)
        return self._spec.field(slot, str(value)) if value is not None else None


def _read_back_last(turn: Turn) -> bool:
    """Whether the yes answers the read-back and not another question that came after it, or nothing that is known."""
    offered = [option.payload for message in turn.last_messages for option in message.options]
    return payload("affirm") in offered
