"""The address that the server listens on: taken before anything heavy is loaded, or refused in one line."""

from __future__ import annotations

import errno
import resource
import socket
from dataclasses import dataclass

from guideqa.access.proxy import is_loopback
from guideqa.errors import SettingsError

_EVERYWHERE = {"0.0.0.0", "::", ""}
_OPEN_FILES = 65_536


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Where a browser on this computer finds it."""
        host = "127.0.0.1" if self.host in _EVERYWHERE else self.host
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    @property
    def is_open_to_others(self) -> bool:
        """Whether other computers can reach it."""
        return not is_loopback(self.host)


def address_of(host: str, port: str | int) -> Address:
    """The address as given on the command line.

    Raises:
        SettingsError: the port is no number from 1 to 65535.
    """
    if not (str(port).isascii() and str(port).isdecimal() and 1 <= int(port) <= 65535):
        raise SettingsError(f"ポートは1から65535までの数で指定してください: {port}")
    return Address(host, int(port))


def listen(address: Address) -> socket.socket:
    """A socket that listens there.

    Raises:
        SettingsError: the port is in use, may not be used, or the address is not this computer's.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            listener.listen(2048)
        except BaseException:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        raise SettingsError(_reason(address, error)) from error
    listener.set_inheritable(True)
    return listener


def allow_many_connections() -> None:
    """Each connection is an open file, and many systems allow a process a thousand where it does not ask."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _reason(address: Address, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return (
            f"ポート {address.port} は別のプログラムが使っています。"
            f"別のポートを指定してください: PORT={address.port % 65535 + 1} make serve"
            f"（または guideqa serve --port {address.port % 65535 + 1}）"
        )
    if code == errno.EACCES:
        return f"ポート {address.port} を使う権限がありません。1024以上のポートを指定してください。"
    return (
        f"このアドレスでは待ち受けできません: {address.host}（GUIDEQA_HOST または --host を確かめてください）"
    )
