"""What the gateway does with a message itself, before and after the dialogue: wishes about what is kept, talks that a
person holds, and what people say of answers."""

from __future__ import annotations

from dataclasses import dataclass

from bot.channels.hotline.desk.beside import CHANNEL as HOTLINE
from bot.channels.hotline.desk.beside import Beside
from bot.options import OfferedOption
from bot.people.feedback import Feedback
from bot.people.handoff import HandOffDesk
from bot.people.privacy import Privacy
from bot.people.wishes import NewsWishes
from bot.rasa import DialogueMessage
from bot.schema import Turn


@dataclass(frozen=True)
class Front:
    """Everything that concerns people rather than their errand. Any part may be absent."""

    privacy: Privacy | None = None
    desk: HandOffDesk | None = None
    feedback: Feedback | None = None
    telephone: Beside | None = None
    wishes: NewsWishes | None = None

    async def answer(
        self, conversation: str, text: str, chosen: OfferedOption | None, asks: str | None
    ) -> list[DialogueMessage] | None:
        """The gateway's own reply to a message; None when it is for the dialogue.

        Raises:
            TurnError: it was a wish that could not be fulfilled now.
        """
        found: list[DialogueMessage] | None = None
        if self.privacy is not None:
            found = await self.privacy.answer(conversation, text, chosen)
        if found is None and self.telephone is not None:
            found = await self.telephone.answer(conversation, text, chosen, asks)
        if found is None and self.wishes is not None and chosen is None:
            found = await self.wishes.answer(conversation, text)
        if found is None and self.desk is not None:
            found = await self.desk.answer(conversation, text, asks)
        if found is None and self.feedback is not None and chosen is None:
            found = await self.feedback.answer(conversation, text)
        return found

    async def kept(self, conversation: str, channel: str, answer: list[DialogueMessage]) -> list[DialogueMessage]:
        """What is left of an answer: on the telephone nobody is asked two things at once, and who waits for a person
        is not asked to say it otherwise."""
        if channel == HOTLINE:
            return self.telephone.kept(answer) if self.telephone is not None else answer
        return await self.desk.left_for_staff(conversation, answer) if self.desk is not None else answer

    async def after(self, conversation: str, channel: str, answer: list[DialogueMessage]) -> list[DialogueMessage]:
        """What is told beside an answer: the place in the queue, and to a newcomer what is kept (a caller was told)."""
        more: list[DialogueMessage] = []
        if self.telephone is not None and channel == HOTLINE:
            more += await self.telephone.after(conversation, answer)
        elif self.desk is not None:
            more += await self.desk.queued(conversation, answer)
        notice = await self.privacy.notice(conversation, channel) if self.privacy is not None else None
        return [*more, notice] if notice is not None else more

    async def note(self, conversation: str, turn: Turn) -> None:
        """Remember what could not be answered."""
        if self.feedback is not None:
            await self.feedback.note(conversation, turn)
