"""A signed-in browser, shown by a cookie that only this server can have made."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import time
from pathlib import Path

from guideqa.access.users import User, UserStore
from guideqa.errors import GuideqaError

FILE = "session.key"
COOKIE = "guideqa_session"
_KEY_BYTES = 32


class Sessions:
    """Cookies: name and end of the session, under an HMAC-SHA256 of them and of the user's password hash.

    The hash is part of what is signed, so that another password ends all sessions, and without a list of them
    that several processes would have to share.
    """

    def __init__(self, data_dir: Path, users: UserStore, seconds: int) -> None:
        """`seconds`: how long somebody stays signed in."""
        self._path = data_dir / FILE
        self._users = users
        self._key = b""
        self.seconds = seconds

    def begin(self, user: User) -> str:
        """The cookie's value for a user who has just shown their password."""
        content = json.dumps({"user": user.name, "until": int(time.time()) + self.seconds})
        payload = base64.urlsafe_b64encode(content.encode()).decode()
        return f"{payload}.{self.sign(payload, user.hash)}"

    def user_of(self, cookie: str) -> User | None:
        """The user of a cookie; None where it is not ours, too old, or its user or password is gone."""
        payload, _, signature = cookie.partition(".")
        try:
            content = json.loads(base64.urlsafe_b64decode(payload))
            user, until = self._users.all().get(content["user"]), int(content["until"])
        except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
            return None
        if user is None or not hmac.compare_digest(
            self.sign(payload, user.hash).encode(), signature.encode()
        ):
            return None
        return user if time.time() < until else None

    def sign(self, *parts: str) -> str:
        """The HMAC of some text, 64 hex digits."""
        return hmac.new(self._secret(), "\0".join(parts).encode(), hashlib.sha256).hexdigest()

    def _secret(self) -> bytes:
        """The key in the data folder; made once, by whichever process is first."""
        if not self._key:
            try:
                self._key = self._path.read_bytes() if self._path.exists() else self._made()
            except OSError as error:
                raise GuideqaError(f"署名の鍵を使えません（{error.strerror}）: {self._path}") from error
        return self._key

    def _made(self) -> bytes:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_name(f"{FILE}.{os.getpid()}")
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        try:
            os.link(aside, self._path)
        except FileExistsError:
            pass  # another process was first
        finally:
            aside.unlink()
        return self._path.read_bytes()
