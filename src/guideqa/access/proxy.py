"""A reverse proxy that has already asked who somebody is, and says so in a header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from guideqa.access.identity import STAFF, Identity, Kind, Scope
from guideqa.access.users import folded
from guideqa.errors import SettingsError

_MAX_NAME_CHARS = 100
Headers = Sequence[tuple[bytes, bytes]]  # as ASGI has them: lower-case names


@dataclass(frozen=True, slots=True)
class TrustedProxy:
    """Addresses whose headers are believed, and the header that names the user."""

    header: bytes
    networks: tuple[IPv4Network | IPv6Network, ...]
    admins: frozenset[str] = frozenset()  # names of those who may do anything

    @classmethod
    def of(cls, header: str, addresses: str, admins: str = "") -> TrustedProxy:
        """As the settings name them, separated by commas; `addresses` are each an address or a network.

        Raises:
            SettingsError: an address is none, or the header is named without an address to believe it from.
        """
        try:
            networks = tuple(ip_network(part.strip()) for part in addresses.split(",") if part.strip())
        except ValueError as error:
            raise SettingsError(
                f"GUIDEQA_PROXY_ADDRESSES が正しくありません（例: 127.0.0.1,10.0.0.0/24）: {addresses}"
            ) from error
        if header and not networks:
            raise SettingsError(
                "GUIDEQA_PROXY_USER_HEADER を使うときは、信頼するプロキシのアドレスを GUIDEQA_PROXY_ADDRESSES に指定してください。"
            )
        names = frozenset(folded(name.strip()) for name in admins.split(",") if name.strip())
        return cls(header.strip().lower().encode("ascii", "replace"), networks, names)

    def believes(self, peer: str) -> bool:
        """Whether what this peer says in its headers is to be believed."""
        try:
            return any(ip_address(peer) in network for network in self.networks)
        except ValueError:
            return False

    def identity(self, headers: Headers, peer: str) -> Identity | None:
        """Who the proxy says is asking; None where it says nothing, or more than one thing."""
        values = [value for name, value in headers if name == self.header] if self.header else []
        if len(values) != 1 or not self.believes(peer):
            return None
        name = folded(values[0].decode("utf-8", "replace").strip())
        is_name = 0 < len(name) <= _MAX_NAME_CHARS and name.isprintable()
        scopes = STAFF | {Scope.ADMIN} if name in self.admins else STAFF
        return Identity(Kind.PROXY, name, scopes) if is_name else None

    def address(self, headers: Mapping[str, str], peer: str) -> str:
        """Where a request comes from: the last address that the proxy adds, or the peer itself."""
        said = headers.get("x-forwarded-for", "").rpartition(",")[2].strip() if self.believes(peer) else ""
        try:
            return str(ip_address(said))
        except ValueError:
            return peer


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach an address that is listened on."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
