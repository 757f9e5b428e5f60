"""Where the language model is: address, name and key, as the settings give them, checked strictly."""

from __future__ import annotations

import logging
import stat
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from guideqa.errors import SettingsError
from guideqa.settings import Settings

_log = logging.getLogger(__name__)
MAX_KEY_CHARS = 4096
# Servers on the intranet that ask for no key still get the header that clients send.
NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible server and the model on it."""

    url: str  # up to and with /v1
    model: str
    timeout_seconds: float  # for the whole answer, the second try included
    key: str = field(default=NO_KEY, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Endpoint:
        """Read the settings and the key file.

        Raises:
            SettingsError: the address, the name or the key file is missing or cannot be.
        """
        if not settings.llm_url:
            raise SettingsError(
                "GUIDEQA_LLM_URL がありません。言語モデルを使うには、URLとモデル名の両方を設定します。"
            )
        if not settings.llm_model.strip():
            raise SettingsError(
                "GUIDEQA_LLM_MODEL がありません。サーバーに置いたモデルの名前を設定します（guideqa models check で確かめられます）。"
            )
        if settings.llm_timeout_seconds >= settings.request_seconds:
            raise SettingsError(
                f"GUIDEQA_LLM_TIMEOUT_SECONDS（{settings.llm_timeout_seconds:g}）は、"
                f"GUIDEQA_REQUEST_SECONDS（{settings.request_seconds:g}）より短くしてください。"
            )
        return cls(
            _checked_url(settings.llm_url),
            settings.llm_model.strip(),
            settings.llm_timeout_seconds,
            read_key(Path(settings.llm_key_file)) if settings.llm_key_file else NO_KEY,
        )


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises where it is no number
    except ValueError as error:
        raise SettingsError(f"GUIDEQA_LLM_URL を読めません: {url}（例 http://127.0.0.1:11434/v1）") from error
    reason = _reason_against(parts)
    if reason:
        raise SettingsError(f"GUIDEQA_LLM_URL {reason}（例 http://127.0.0.1:11434/v1）")
    return url.strip().rstrip("/")


def _reason_against(parts: SplitResult) -> str:
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return f"は http:// か https:// で始まるURLにしてください: {parts.geturl()}"
    if parts.username or parts.password:
        return "に利用者名やパスワードを書かないでください。鍵は GUIDEQA_LLM_KEY_FILE のファイルに書きます"
    if parts.query or parts.fragment:
        return f"に ? や # は使えません: {parts.geturl()}"
    if parts.path.rstrip("/").endswith("/chat/completions"):
        return "は /v1 までにしてください（/chat/completions は付けません）"
    return ""


def read_key(path: Path) -> str:
    """The key in a file: one line of printable ASCII. A file that others can read is warned of.

    Raises:
        SettingsError: there is no such file, or it holds anything else.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise SettingsError(f"言語モデルの鍵のファイルではありません: {path}")
        content = path.read_bytes()[: MAX_KEY_CHARS + 1]
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError(f"言語モデルの鍵のファイルを読めません: {path}（{reason}）") from error
    try:
        key = content.decode("ascii").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise SettingsError(f"言語モデルの鍵は半角の英数字と記号だけで書いてください: {path}") from error
    if not key or len(key) > MAX_KEY_CHARS or not all("!" <= character <= "~" for character in key):
        raise SettingsError(
            f"言語モデルの鍵のファイルには、鍵だけを1行で（空白なし、{MAX_KEY_CHARS:,}文字まで）書いてください: {path}"
        )
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        _log.warning("言語モデルの鍵をほかの利用者も読めます。chmod 600 %s としてください。", path)
    return key
