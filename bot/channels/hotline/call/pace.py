"""How long a call waits for what, in seconds; and when it gives up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Waiting times of a call in seconds.

    Attributes:
        silence_s: from the end of the voice until a silent caller is asked whether they are there, and again each.
        hold_s: until a caller who waits for an answer hears that we are at it: a soft tone, which may break off.
        hold_word_s: after that, until words say so.
        hold_again_s: between the words that say so; the soft tone fills the time.
        key_pause_s: after a digit, until a number counts as complete.
        longest_utterance_s: then the caller is answered though they have not stopped.
        joined_s: speech that goes on within this time after a pause, before it was answered, belongs to it.
        person_s: for the gateway to say what a person should know, before the caller goes to one without it.
        lost_s: without a sign of life from the gateway while an answer is due, until the caller goes to a person.
        answer_s: for an answer, whatever the gateway's health.
        call_s: a call in all; ``warning_s`` before its end the caller is told.
        record_s: for the last record to get through, after the call.
        record_every: exchanges between two records.
    """

    silence_s: float = 6.0
    hold_s: float = 1.5
    hold_word_s: float = 1.5
    hold_again_s: float = 8.0
    key_pause_s: float = 4.0
    longest_utterance_s: float = 25.0
    joined_s: float = 2.0
    person_s: float = 3.0
    lost_s: float = 1.2
    answer_s: float = 35.0
    call_s: float = 1800.0
    warning_s: float = 90.0
    record_s: float = 5.0
    record_every: int = 4
