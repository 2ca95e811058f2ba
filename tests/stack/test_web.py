"""The web chat in a real browser, with a recording as its microphone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from settings import ROOT
from tests.running import Stack
from voice.decode import Limits, decode

pytestmark = pytest.mark.stack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARTEFACTS = os.environ.get("XIANGYIN_TEST_ARTEFACTS")


@pytest.fixture(scope="module")
def microphone(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WAV with a spoken question, as Chromium's fake device takes it."""
    import wave

    import numpy as np

    folder = tmp_path_factory.mktemp("microphone")
    done = stack.command("voice", "speak", "玉米螟怎么防治？", "-o", str(folder / "question.ogg"))
    assert done.returncode == 0, done.stderr
    samples = decode((folder / "question.ogg").read_bytes(), Limits(10**7, 60, 30))
    path = folder / "question.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def browser(microphone: Path) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium (apt install chromium)")
    flags = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}",
        *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
        *("--disable-sync", "--no-first-run", "--autoplay-policy=no-user-gesture-required"),
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 412, "height": 860}, locale="zh-CN", permissions=["microphone"])
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(stack.url)
    expect(page.locator(".theirs").first).to_be_visible(timeout=30_000)
    yield page
    assert problems == []
    context.close()


def keep(page: Page, name: str) -> None:
    if ARTEFACTS:
        page.screenshot(path=str(Path(ARTEFACTS) / f"{name}.png"))


def say(page: Page, text: str) -> None:
    replies = page.locator(".theirs")
    before = replies.count()
    page.fill("#text", text)
    page.click("#write button")
    expect(replies.nth(before)).to_be_visible(timeout=60_000)


def test_a_typed_question_shows_its_source(page: Page) -> None:
    say(page, "小麦条锈病怎么防治")
    last = page.locator(".theirs").last
    expect(last).to_contain_text("锈")
    keep(page, "web-chat")
    page.locator("summary").last.click()
    expect(page.locator("details li").last).to_be_visible()
    keep(page, "web-source")


def test_options_can_be_pressed(page: Page) -> None:
    say(page, "我要缴费")
    replies = page.locator(".theirs")
    before = replies.count()
    page.locator("ol button:not([disabled])").first.click()
    expect(replies.nth(before)).to_be_visible(timeout=60_000)
    assert page.locator(".theirs.trouble").count() == 0
    expect(page.locator(".theirs").last).to_contain_text("号")


def test_the_stars_of_a_covered_number_are_shown(page: Page) -> None:
    say(page, "我想贷款")
    say(page, "我的电话是13812345678")
    expect(page.locator(".theirs", has_text="138******78")).to_be_visible()


def test_hold_to_talk_is_heard(page: Page) -> None:
    replies = page.locator(".theirs")
    before = replies.count()
    box = page.locator("#hold").bounding_box()
    assert box is not None
    page.evaluate(
        """() => {
          const talk = document.getElementById("talk");
          window.seen = [];
          new MutationObserver(() => window.seen.push(
            [[...talk.querySelectorAll(".mine")].at(-1)?.textContent, talk.querySelectorAll(".theirs").length],
          )).observe(talk, { childList: true, subtree: true });
        }"""
    )
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    expect(page.locator("#hold")).to_have_class("recording")
    page.wait_for_timeout(3500)  # the length of the utterance: real time passes while one speaks
    keep(page, "web-recording")
    page.mouse.up()
    expect(replies.nth(before)).to_be_visible(timeout=120_000)
    expect(page.locator(".mine").last).to_contain_text("玉米")
    seen = page.evaluate("window.seen")
    assert any("玉米" in said and answers == before for said, answers in seen), "shown before its answer is there"
    with page.expect_response(
        lambda response: "/audio/" in response.url and response.status in {200, 206}, timeout=120_000
    ):
        page.locator(".listen").last.click()
    keep(page, "web-voice")


def test_what_is_said_without_a_signal_is_sent_once_when_it_is_back(page: Page) -> None:
    page.context.set_offline(True)
    page.fill("#text", "我要交水费")
    page.click("#write button")
    expect(page.locator("#status")).to_contain_text("没有信号")
    expect(page.locator(".mine.waiting")).to_have_count(1)
    waiting = page.locator(".mine.waiting").bounding_box()
    talk = page.locator("#talk").bounding_box()
    assert waiting is not None
    assert talk is not None
    assert waiting["y"] + waiting["height"] <= talk["y"] + talk["height"] + 1, "what waits is seen whole"
    keep(page, "web-offline")
    page.reload()
    expect(page.locator(".mine.waiting")).to_contain_text("我要交水费")  # the page opens, and nothing is lost
    replies = page.locator(".theirs")
    before = replies.count()
    page.context.set_offline(False)
    expect(replies.nth(before)).to_be_visible(timeout=60_000)
    expect(page.locator(".mine.waiting")).to_have_count(0)
    page.reload()
    expect(page.locator(".mine", has_text="我要交水费")).to_have_count(1)


@pytest.mark.parametrize(("way", "name"), [("socket", "小李"), ("asking", "小张")])
def test_an_employee_answers_on_the_page(page: Page, browser: Browser, stack: Stack, way: str, name: str) -> None:
    """What comes unasked, by the socket alone and where there is none."""
    if way == "socket":
        page.route("**/chat/messages*", lambda route: route.abort())
    else:
        page.add_init_script("window.WebSocket = undefined")
    page.reload()
    expect(page.locator(".theirs").first).to_be_visible(timeout=30_000)
    added = subprocess.run(
        [str(ROOT / ".venv/bin/xiangyin"), "staff", "add", name],
        input="a-long-password\n",
        env=stack.environment,
        text=True,
        check=False,
        capture_output=True,
    )
    assert added.returncode == 0, added.stderr
    say(page, "转人工")
    context = browser.new_context(viewport={"width": 1100, "height": 560}, locale="zh-CN")
    console = context.new_page()
    console.goto(stack.url + "/staff")
    console.fill("input[name=name]", name)
    console.fill("input[name=password]", "a-long-password")
    console.click("#login button")
    console.locator("#queue button").last.click()
    console.click("#take")
    console.fill("#text", "您别急，我马上帮您查。")
    keep(console, "staff-console")
    console.click("#answer button")
    expect(page.locator(".staff").last).to_contain_text("我马上帮您查", timeout=30_000)
    say(page, "好的，我等你")
    expect(console.locator("#said .user").last).to_contain_text("我等你")
    expect(console.locator("#said li").last).to_be_in_viewport()
    console.evaluate("document.getElementById('said').scrollTop = 0")
    say(page, "还在吗")
    expect(console.locator("#newer")).to_be_visible()
    expect(console.locator("#said li").first).to_be_in_viewport()
    console.click("#newer")
    expect(console.locator("#said li").last).to_be_in_viewport()
    keep(page, "web-staff")
    console.click("#close")
    expect(page.locator(".staff").last).to_contain_text("接着由我来答您", timeout=30_000)
    context.close()


def test_an_answer_is_rated(page: Page, stack: Stack) -> None:
    say(page, "小麦条锈病怎么防治")
    page.locator(".rating button", has_text="没用").last.click()
    expect(page.locator("#status")).to_contain_text("哪里不好")
    expect(page.locator(".rating button", has_text="没说全").last).to_be_in_viewport()
    keep(page, "web-rating")
    page.locator(".rating button", has_text="没说全").last.click()
    expect(page.locator("#status")).to_contain_text("记下了")
    listed = stack.command("feedback", "list")
    assert "小麦条锈病怎么防治" in listed.stdout, listed.stderr
    assert '"partial": 1' in listed.stdout


def test_the_page_is_light_and_can_be_used_by_all(browser: Browser, stack: Stack) -> None:
    """At most 150 KB before the first interaction, nothing from elsewhere, no violation that axe finds (WCAG 2 AA)."""
    context = browser.new_context(viewport={"width": 412, "height": 860}, locale="zh-CN", service_workers="block")
    page = context.new_page()
    sizes: dict[str, int] = {}
    page.on("response", lambda response: sizes.setdefault(response.url, len(response.body())))
    page.goto(stack.url)
    expect(page.locator(".theirs").first).to_be_visible(timeout=30_000)
    assert all(url.startswith(stack.url) for url in sizes), sizes
    assert sum(sizes.values()) <= 150_000, sizes
    assert len(sizes) <= 15, sizes
    say(page, "小麦条锈病怎么防治")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert found.violations_count == 0, found.generate_report()
    context.close()


def test_letters_twice_as_big_leave_room_on_a_small_phone(browser: Browser, stack: Stack) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 640}, locale="zh-CN", service_workers="block")
    page = context.new_page()
    page.goto(stack.url)
    expect(page.locator(".theirs").first).to_be_visible(timeout=30_000)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    keep(page, "web-big-letters")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('#voice-switch').getBoundingClientRect().right") <= 360
    assert page.locator("main").evaluate("main => main.clientHeight") >= 300
    context.close()


def test_a_strange_page_cannot_speak_for_the_visitor(page: Page, stack: Stack) -> None:
    answer = page.request.post(
        f"{stack.url}/chat/turns", data={"text": "你好"}, headers={"Origin": "https://elsewhere.example"}
    )
    assert answer.status == 401


def test_without_a_session_nothing_is_answered(browser: Browser, stack: Stack) -> None:
    context = browser.new_context()
    answer = context.request.post(f"{stack.url}/chat/turns", data={"text": "你好"})
    assert answer.status == 401
    context.close()
