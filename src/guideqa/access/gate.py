"""Whether somebody may come in: access as the settings and the data folder make it."""

from __future__ import annotations

from dataclasses import dataclass

from guideqa.access.identity import ANYONE, ANYONE_ON_THIS_COMPUTER, Identity
from guideqa.access.keys import KeyStore
from guideqa.access.proxy import Headers, TrustedProxy, is_loopback
from guideqa.access.sessions import COOKIE, Sessions
from guideqa.access.throttle import Throttle
from guideqa.access.users import UserStore
from guideqa.errors import SettingsError
from guideqa.settings import Access, Settings


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request shows of who sends it."""

    headers: Headers
    peer: str  # the address at the other end of the connection


@dataclass(frozen=True, slots=True)
class Gate:
    """Keys, users and the proxy together."""

    mode: Access
    is_local: bool  # only this computer can reach the server
    keys: KeyStore
    users: UserStore
    sessions: Sessions
    throttle: Throttle
    proxy: TrustedProxy

    @classmethod
    def of(cls, settings: Settings) -> Gate:
        """As the settings say.

        Raises:
            SettingsError: a setting of the proxy is off.
        """
        users = UserStore(settings.data_dir)
        proxy = TrustedProxy.of(settings.proxy_user_header, settings.proxy_addresses, settings.proxy_admins)
        return cls(
            settings.access,
            is_loopback(settings.host) and not proxy.networks,  # others come through a proxy
            KeyStore(settings.data_dir),
            users,
            Sessions(settings.data_dir, users, settings.session_hours * 3600),
            Throttle(settings.data_dir),
            proxy,
        )

    @property
    def is_set_up(self) -> bool:
        """Whether there is a way to say who somebody is. Never goes back: a gate must not open by a removal."""
        return bool(self.proxy.header) or self.users.was_used or self.keys.was_used

    @property
    def is_closed(self) -> bool:
        """Whether somebody has to show who they are."""
        if self.mode is Access.AUTO:
            return not self.is_local or self.is_set_up
        return self.mode is Access.REQUIRED

    def refuse_to_be_open_to_all(self, host: str) -> None:
        """Before a server is started.

        Raises:
            SettingsError: other computers would reach it, and nobody could be let in or everybody would.
        """
        if self.is_closed and not self.is_set_up:
            raise SettingsError(
                f"アドレス {host} で動かすには、使う人を確かめる用意が要ります。利用者（guideqa users add 名前）か鍵"
                "（guideqa keys create 名前）を登録するか、認証するプロキシを GUIDEQA_PROXY_USER_HEADER で指定してください。"
                "つながる人がだれでも使えてよいときは GUIDEQA_ACCESS=open とします。"
            )

    def identify(self, claim: Claim) -> Identity | None:
        """Who sends a request: by key, by proxy, by session. None where that is not shown, or is wrong."""
        if not self.is_closed:
            return ANYONE_ON_THIS_COMPUTER if self.is_local else ANYONE
        token = bearer(claim.headers)
        if token is not None:
            key = self.keys.check(token)
            return key.identity if key else None
        user = self.sessions.user_of(_cookie(claim.headers))
        return self.proxy.identity(claim.headers, claim.peer) or (user.identity if user else None)


def bearer(headers: Headers) -> str | None:
    """The token of the Authorization header; None where there is none ("Basic" would be none of ours)."""
    values = [value for name, value in headers if name == b"authorization"]
    scheme, _, token = (values[0] if values else b"").decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _cookie(headers: Headers) -> str:
    """The session cookie's value. Taken apart by hand: browsers send what http.cookies refuses as a whole."""
    for name, value in headers:
        for part in value.decode("latin-1").split(";") if name == b"cookie" else ():
            key, _, content = part.strip().partition("=")
            if key == COOKIE:
                return content
    return ""
