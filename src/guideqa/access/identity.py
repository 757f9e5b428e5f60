"""Who asks, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a key or a user is good for. None includes another."""

    READ = "read"
    ASK = "ask"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        """What it allows, as a message names it."""
        return {"read": "文書を読む", "ask": "質問する", "admin": "文書や設定を変える"}[self.value]


class Kind(StrEnum):
    """How somebody showed who they are."""

    KEY = "key"
    USER = "user"
    PROXY = "proxy"
    ANYONE = "anyone"


STAFF = frozenset({Scope.READ, Scope.ASK})


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who may use the server."""

    kind: Kind
    name: str
    scopes: frozenset[Scope] = STAFF

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.name}" if self.name else self.kind.value


# Where access is not restricted.
ANYONE = Identity(Kind.ANYONE, "")
ANYONE_ON_THIS_COMPUTER = Identity(Kind.ANYONE, "", frozenset(Scope))
