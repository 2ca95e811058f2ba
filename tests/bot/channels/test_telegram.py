"""Telegram: the real client library against a local Bot API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.channels.telegram import texts
from bot.database import open_engine
from bot.people import privacy_texts
from bot.people.feedback import Feedback, Reason, Verdict
from bot.people.texts import REASONS
from bot.preferences import Preferences
from bot.schema import Reply
from tests.bot.channels.bot_api import BOT_ID, BOT_NAME
from tests.bot.channels.contract import NEWS, ChannelContract
from tests.bot.channels.telegram_driver import SPEECH, Artist, TelegramDriver, driver_with
from tests.bot.dialogue import HEARD, Dialogue
from tests.bot.recordings import encoded

pytestmark = pytest.mark.unit
GROUP = -100_200
LONG_AGO = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def dialogue() -> Dialogue:
    return Dialogue()


@pytest.fixture
async def driver(dialogue: Dialogue, tmp_path: Path) -> AsyncIterator[TelegramDriver]:
    async with driver_with(dialogue, tmp_path) as driver:
        yield driver


class TestTelegram(ChannelContract):
    @pytest.fixture
    async def driver(self, dialogue: Dialogue, tmp_path: Path) -> AsyncIterator[TelegramDriver]:
        async with driver_with(dialogue, tmp_path) as driver:
            yield driver


async def test_a_voice_message_is_answered_by_voice(driver: TelegramDriver) -> None:
    voice = {"file_id": driver.file(SPEECH), "file_unique_id": "u", "duration": 1}
    sent = await driver.write(voice=voice)
    assert [call.method for call in sent] == ["sendMessage", "sendVoice", "sendMessage", "sendVoice"]
    assert sent[1].data["voice"] == SPEECH
    assert driver.mouth.said[0].startswith("您好。请您选：1，贷款。2，交费")


async def test_text_is_answered_by_text_until_somebody_wants_to_hear_it(driver: TelegramDriver) -> None:
    assert {call.method for call in await driver.write(text="你好")} == {"sendMessage"}
    (menu,) = await driver.write(text="/voice", entities=[command("/voice")])
    assert [data for _, data in menu.buttons] == ["v:as_asked", "v:always", "v:never"]
    await driver.press("v:always")
    assert "sendVoice" in {call.method for call in await driver.write(text="你好")}
    await driver.press("v:never")
    voice = {"file_id": driver.file(SPEECH), "file_unique_id": "u", "duration": 1}
    assert {call.method for call in await driver.write(voice=voice)} == {"sendMessage"}


def command(word: str) -> dict[str, object]:
    return {"type": "bot_command", "offset": 0, "length": len(word)}


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("audio", encoded("mp3", "libmp3lame", 44_100)),
        ("video_note", encoded("mp4", "aac", 44_100, picture=True)),
        ("document", encoded("amr", "libopencore_amrnb", 8_000)),
    ],
)
async def test_every_kind_of_sound_is_heard(
    driver: TelegramDriver, dialogue: Dialogue, field: str, data: bytes
) -> None:
    file = {"file_id": driver.file(data), "file_unique_id": "u", "file_size": len(data)}
    more = {
        "video_note": {"length": 64, "duration": 1},
        "audio": {"duration": 1},
        "document": {"mime_type": "audio/amr"},
    }
    await driver.write(**{field: {**file, **more[field]}})
    assert dialogue.received[0]["text"] == HEARD


async def test_a_recording_that_is_too_large_is_not_fetched(driver: TelegramDriver) -> None:
    voice = {"file_id": "nowhere", "file_unique_id": "u", "duration": 1, "file_size": 10**8}
    (said,) = await driver.write(voice=voice)
    assert "太大" in said.text
    assert not [call for call in driver.api.calls if call.method == "getFile"]


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ({"photo": [{"file_id": "p", "file_unique_id": "u", "width": 9, "height": 9}]}, texts.PHOTO),
        ({"document": {"file_id": "p", "file_unique_id": "u", "mime_type": "image/png"}}, texts.PHOTO),
        ({"document": {"file_id": "p", "file_unique_id": "u", "mime_type": "application/pdf"}}, texts.UNREADABLE),
        ({"dice": {"emoji": "🎲", "value": 3}}, texts.UNREADABLE),
        ({"location": {"latitude": 30.6, "longitude": 104.1}}, texts.LOCATION),
    ],
)
async def test_what_cannot_be_read_is_named(
    driver: TelegramDriver, dialogue: Dialogue, content: dict[str, object], answer: str
) -> None:
    (said,) = await driver.write(**content)
    assert said.text == answer
    assert dialogue.received == []


async def test_a_contact_is_a_telephone_number(driver: TelegramDriver, dialogue: Dialogue) -> None:
    await driver.write(contact={"phone_number": "+86 138 0000 1234", "first_name": "儿子"})
    assert dialogue.received[0]["text"] == "13800001234"


async def test_a_province_goes_with_every_turn(driver: TelegramDriver, dialogue: Dialogue) -> None:
    (menu,) = await driver.write(text="/region", entities=[command("/region")])
    data = dict(menu.buttons)["四川"]
    (said,) = await driver.press(data)
    assert "四川" in said.text
    await driver.write(text="你好")
    assert dialogue.received[0]["metadata"]["region"] == "510000"
    await driver.write(text="/region 我是河南周口的", entities=[command("/region")])
    await driver.write(text="你好")
    assert dialogue.received[1]["metadata"]["region"] == "410000"
    (said,) = await driver.write(text="/region 火星", entities=[command("/region")])
    assert said.text == texts.PROVINCE_UNKNOWN


async def test_a_place_with_an_address_is_a_province(
    driver: TelegramDriver, dialogue: Dialogue, tmp_path: Path
) -> None:
    spot = {"latitude": 30.6, "longitude": 104.1}
    venue = {"location": spot, "title": "供销社", "address": "四川省成都市双流区板桥村7组"}
    (said,) = await driver.write(venue=venue, location=spot)
    assert said.text == texts.PROVINCE_SET.format(name="四川")
    await driver.write(text="你好")
    assert dialogue.received[0]["metadata"]["region"] == "510000"
    files = [file.read_bytes() for file in tmp_path.glob("gateway.sqlite*")]  # noqa: ASYNC240
    assert not any("板桥村".encode() in data for data in files)


async def test_a_button_pressed_twice_acts_once(driver: TelegramDriver, dialogue: Dialogue) -> None:
    first, _ = await driver.write(text="你好")
    data = first.buttons[1][1]
    sent = [await driver.press(data) for _ in range(2)]
    assert [call["payload"] for call in dialogue.received] == [None, "/pay_bill"]
    assert sent[0]
    assert sent[1] == []
    answers = [call.data for call in driver.api.calls if call.method == "answerCallbackQuery"]
    assert [answer.get("text") for answer in answers] == [None, texts.STALE]
    (marked,) = [call for call in driver.api.calls if call.method == "editMessageReplyMarkup"]
    assert marked.buttons == [("✅ 交费", "x:")]


async def test_an_answer_is_rated_with_a_reason(driver: TelegramDriver, dialogue: Dialogue, tmp_path: Path) -> None:
    dialogue.kind = "answer"
    answer, more = await driver.write(text="小麦条锈病咋治")
    options, rating = answer.buttons[:2], dict(answer.buttons[2:])
    assert list(rating) == ["👍 有用", "👎 没用"]
    assert [title for title, _ in more.buttons] == ["3. 找人"], "one answer, one pair of buttons"
    assert await driver.press(rating["👎 没用"]) == []
    asked = driver.api.calls[-1].buttons
    assert asked[:2] == options, "the options can still be chosen"
    assert [title for title, _ in asked[2:]] == ["👍 有用", "✅ 没用", *REASONS.values()]
    await driver.press(dict(asked)["太难懂"])
    assert [title for title, _ in driver.api.calls[-1].buttons[2:]] == ["👍 有用", "✅ 没用"]
    told = [call.data.get("text") for call in driver.api.calls if call.method == "answerCallbackQuery"]
    assert told == [texts.WHY_NOT, texts.REASON_KEPT]
    feedback = Feedback(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}"), driver.store)
    (kept,) = feedback.questions(LONG_AGO)
    assert (kept.text, kept.verdict, kept.reason) == ("小麦条锈病咋治", Verdict.USELESS, Reason.HARD)
    await driver.press(rating["👍 有用"])
    (kept,) = feedback.questions(LONG_AGO)
    assert (kept.verdict, kept.reason) == (Verdict.USEFUL, None)
    await driver.press(rating["👎 没用"], chat=1002)
    assert driver.api.calls[-1].data["text"] == texts.NOT_RATED, "only who was answered"
    assert len(dialogue.received) == 1
    await driver.press(options[1][1])
    assert dialogue.received[1]["payload"] == "/pay_bill"


async def test_an_old_button_never_answers_a_new_question(driver: TelegramDriver, dialogue: Dialogue) -> None:
    old, _ = await driver.write(text="你好")
    await driver.write(text="交电费")
    assert await driver.press(old.buttons[0][1]) == []
    assert len(dialogue.received) == 2


async def test_a_number_in_answer_to_an_old_question_is_not_taken(driver: TelegramDriver, dialogue: Dialogue) -> None:
    old, _ = await driver.write(text="你好")
    new, _ = await driver.write(text="交电费")

    def to(call: object) -> dict[str, object]:
        ours = driver.api.message(1001, text="?")
        ours["from"] = {"id": BOT_ID, "is_bot": True, "first_name": "乡音", "username": BOT_NAME}
        return {**ours, "reply_markup": json.loads(call.data["reply_markup"])}  # type: ignore[attr-defined]

    (said,) = await driver.write(text="1", reply_to_message=to(old))
    assert said.text == texts.STALE_REPLY
    assert len(dialogue.received) == 2
    await driver.write(text="1", reply_to_message=to(new))
    assert dialogue.received[2]["payload"] == "/apply_loan"


async def test_a_question_about_a_forwarded_message_holds_that_message(
    driver: TelegramDriver, dialogue: Dialogue
) -> None:
    stranger = {"type": "hidden_user", "date": 1_790_000_000, "sender_user_name": "客服"}
    forwarded = driver.api.message(1001, text="您中奖了，请转账", forward_origin=stranger)
    await driver.write(text="这是骗子吗", reply_to_message=forwarded)
    assert dialogue.received[0]["text"] == "这是骗子吗\n您中奖了，请转账"


async def test_an_edit_of_the_last_message_counts_as_said(driver: TelegramDriver, dialogue: Dialogue) -> None:
    message = driver.api.message(1001, text="交水费")
    await driver.send(driver.api.update(message=message))
    edited = {**message, "text": "交电费", "edit_date": message["date"] + 20}
    await driver.send(driver.api.update(edited_message=edited))
    assert [call["text"] for call in dialogue.received] == ["交水费", "交电费"]


async def test_an_edit_of_an_older_message_changes_nothing(driver: TelegramDriver, dialogue: Dialogue) -> None:
    message = driver.api.message(1001, text="交水费")
    await driver.send(driver.api.update(message=message))
    await driver.write(text="五十块")
    edited = {**message, "text": "交电费", "edit_date": message["date"] + 20}
    (said,) = await driver.send(driver.api.update(edited_message=edited))
    assert said.text == texts.EDITED
    assert len(dialogue.received) == 2


async def test_groups_are_left_alone_unless_they_speak_to_us(driver: TelegramDriver, dialogue: Dialogue) -> None:
    assert await driver.write(GROUP, 7, text="今天天气真好") == []
    assert await driver.write(GROUP, 7, text="/help", entities=[command("/help")]) == []
    assert dialogue.received == []
    mention = {"type": "mention", "offset": 0, "length": len(BOT_NAME) + 1}
    sent = await driver.write(GROUP, 7, text=f"@{BOT_NAME} 玉米螟怎么治", entities=[mention])
    assert dialogue.received[0]["text"] == "玉米螟怎么治"
    assert dialogue.received[0]["sender_id"] == f"telegram:{GROUP}.7"
    assert json.loads(sent[0].data["reply_parameters"])["message_id"]
    named = f"/help@{BOT_NAME}"
    assert await driver.write(GROUP, 7, text=named, entities=[command(named)])


async def test_members_of_a_group_do_not_answer_for_each_other(driver: TelegramDriver, dialogue: Dialogue) -> None:
    mention = {"type": "mention", "offset": 0, "length": len(BOT_NAME) + 1}
    await driver.write(GROUP, 7, text=f"@{BOT_NAME} 你好", entities=[mention])
    await driver.write(GROUP, 8, text=f"@{BOT_NAME} 1", entities=[mention])
    assert dialogue.received[1]["payload"] is None


async def test_news_is_never_shown_to_a_group(driver: TelegramDriver) -> None:
    await driver.channel.deliver(f"{GROUP}.7", [NEWS])
    await driver.channel.lanes.idle()
    assert [(call.chat, call.text) for call in driver.api.sent] == [(7, NEWS.text)]


async def test_a_bare_code_is_taken_out_of_the_chat(driver: TelegramDriver, dialogue: Dialogue) -> None:
    sent = await driver.write(text="482913")
    assert sent[-1].text == texts.REMOVED
    assert "482913" not in json.dumps(dialogue.received)


async def test_a_secret_is_taken_out_of_the_chat(driver: TelegramDriver, dialogue: Dialogue, tmp_path: Path) -> None:
    sent = await driver.write(text="我的密码是135790")
    assert sent[-1].text == texts.REMOVED
    (removed,) = [call for call in driver.api.calls if call.method == "deleteMessage"]
    assert removed.chat == 1001
    assert "135790" not in json.dumps(dialogue.received)
    files = [file.read_bytes() for file in tmp_path.glob("gateway.sqlite*")]  # noqa: ASYNC240
    assert files
    assert not any(b"135790" in data for data in files)


async def test_a_secret_that_cannot_be_removed_is_left_to_the_user(driver: TelegramDriver) -> None:
    driver.api.refuses.add("deleteMessage")
    sent = await driver.write(text="我的密码是135790")
    assert sent[-1].text == texts.PLEASE_REMOVE


@pytest.mark.parametrize(("word", "said"), [("/start", "你好"), ("/help", "你能帮我做什么"), ("/human", "转人工")])
async def test_commands_that_are_sentences(driver: TelegramDriver, dialogue: Dialogue, word: str, said: str) -> None:
    await driver.write(text=word, entities=[command(word)])
    assert dialogue.received[0]["text"] == said


async def test_deleting_asks_first_and_then_deletes(driver: TelegramDriver, dialogue: Dialogue, tmp_path: Path) -> None:
    await driver.press("r:510000")
    await driver.write(text="我叫王大山")
    (menu,) = await driver.write(text="/delete", entities=[command("/delete")])
    (kept,) = await driver.press(menu.buttons[1][1])
    assert kept.text == privacy_texts.KEPT
    (menu,) = await driver.write(text="/delete", entities=[command("/delete")])
    (said,) = await driver.press(menu.buttons[0][1])
    assert said.text == privacy_texts.DELETED
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    assert Preferences(engine).of("telegram:1001").region is None
    with engine.connect() as connection:
        for table in ("answered_turns", "spoken_replies", "received", "letters"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            assert not [row for row in rows if "王大山" in str(row)]
    engine.dispose()


async def test_unknown_commands_say_so(driver: TelegramDriver, dialogue: Dialogue) -> None:
    (unknown,) = await driver.write(text="/wat", entities=[command("/wat")])
    assert unknown.text == texts.DO_NOT_KNOW_COMMAND
    (privacy,) = await driver.write(text="/privacy", entities=[command("/privacy")])
    assert len(privacy.buttons) > 2
    assert dialogue.received == []


async def test_a_picture_comes_before_its_words_and_may_be_missing(driver: TelegramDriver) -> None:
    replies = [
        Reply(text="每月还三百。", image=f"/media/{Artist.KEY}.png", image_alt="每月还款的图"),
        Reply(text="就这些。", image=f"/media/{'B' * 22}.png"),
    ]
    await driver.channel.deliver("1001", replies)
    await driver.channel.lanes.idle()
    assert [call.method for call in driver.api.sent] == ["sendPhoto", "sendMessage", "sendMessage"]
    assert driver.api.sent[0].data["photo"] == Artist.DRAWN
    assert driver.api.sent[0].data["caption"] == "每月还款的图"


async def test_what_is_written_below_a_picture_is_answered(driver: TelegramDriver, dialogue: Dialogue) -> None:
    photo = [{"file_id": "p", "file_unique_id": "u", "width": 9, "height": 9}]
    first, second, *_ = await driver.write(photo=photo, caption="中奖要先交税，验证码是 482913，真的吗")
    assert first.text == texts.PHOTO_WITH_WORDS
    assert second.text.startswith("听到中奖要先交税")
    assert "482913" not in str(dialogue.received)


async def test_it_shows_that_it_is_at_work(driver: TelegramDriver, dialogue: Dialogue) -> None:
    dialogue.open.clear()
    await driver.api.push(driver.api.update(message=driver.api.message(1001, text="你好")))
    await driver.api.called("sendChatAction")
    dialogue.open.set()
    await driver.channel.lanes.idle()
    (action, *_) = [call for call in driver.api.calls if call.method == "sendChatAction"]
    assert action.data["action"] == "typing"


async def test_floods_and_broken_gateways_lose_nothing(driver: TelegramDriver) -> None:
    driver.api.floods, driver.api.breaks = 1, 1
    sent = await driver.write(text="你好")
    assert [call.text for call in sent] == ["听到你好", "还有"]


async def test_who_has_blocked_us_is_not_tried_again(driver: TelegramDriver, dialogue: Dialogue) -> None:
    driver.api.gone.add(1001)
    assert await driver.write(text="你好") == []
    assert len([call for call in driver.api.calls if call.method == "sendMessage"]) == 1
    assert await driver.write(1002, text="你好")


async def test_an_update_that_cannot_be_read_stops_nobody(driver: TelegramDriver, dialogue: Dialogue) -> None:
    broken = driver.api.update(message={"message_id": "x", "chat": 5})
    unknown = driver.api.update(something_new={"a": 1})
    good = driver.api.update(message=driver.api.message(1001, text="你好"))
    assert await driver.send(broken, unknown, good)


async def test_the_token_is_never_logged(driver: TelegramDriver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    await driver.write(text="你好")
    ours = " ".join(record.getMessage() for record in caplog.records if record.name != "aiohttp.access")
    assert "telegram: connected" in ours
    assert "test-token" not in ours
    assert "你好" not in ours
