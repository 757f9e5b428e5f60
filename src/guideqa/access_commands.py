"""`guideqa keys` and `guideqa users`: who may use the server."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import datetime
from typing import TYPE_CHECKING

from guideqa.cli import Subcommands, print_json

if TYPE_CHECKING:
    from guideqa.access.keys import Key, KeyStore
    from guideqa.access.users import UserStore
    from guideqa.history.store import ConversationStore

_DEFAULT_SCOPES = "read,ask"
_ROLES = {"admin": "管理者", "staff": "利用者"}


def register(commands: Subcommands) -> None:
    """Add the commands on keys and users."""
    _register_keys(commands)
    _register_users(commands)


def _register_keys(commands: Subcommands) -> None:
    keys = commands.add_parser("keys", help="APIの鍵を作る、一覧する、無効にする")
    actions = keys.add_subparsers(metavar="操作", required=True)
    create = actions.add_parser("create", help="鍵を作る（鍵は一度だけ表示する）")
    create.add_argument("name", metavar="名前", help="使うプログラムの名前（一覧と記録に出る）")
    create.add_argument(
        "--scopes",
        default=_DEFAULT_SCOPES,
        metavar="権限",
        help=f"read（文書を読む）、ask（質問する）、admin（変える）をカンマ区切りで（既定 {_DEFAULT_SCOPES}）",
    )
    create.add_argument("--expires", metavar="日付", help="この日の終わりまで使える（例 2027-03-31）")
    create.set_defaults(run=_create_key)
    listing = actions.add_parser("list", help="鍵の一覧（鍵そのものは残していない）")
    listing.add_argument("--json", action="store_true", help="JSONで出す")
    listing.set_defaults(run=_list_keys)
    revoke = actions.add_parser("revoke", help="鍵を無効にする（すぐに使えなくなる）")
    revoke.add_argument("key", metavar="IDか名前")
    revoke.set_defaults(run=_revoke_key)


def _register_users(commands: Subcommands) -> None:
    users = commands.add_parser("users", help="チャットの利用者を加える、一覧する、外す")
    actions = users.add_subparsers(metavar="操作", required=True)
    add = actions.add_parser(
        "add", help="利用者を加える", description="パスワードは端末で尋ねるか、標準入力の1行目から読みます。"
    )
    add.add_argument("name", metavar="名前")
    add.add_argument("--admin", action="store_true", help="文書や設定を変える権限も与える")
    add.set_defaults(run=_add_user)
    listing = actions.add_parser("list", help="利用者の一覧")
    listing.add_argument("--json", action="store_true", help="JSONで出す")
    listing.set_defaults(run=_list_users)
    role = actions.add_parser("role", help="管理者にする、利用者に戻す（すぐに効く）")
    role.add_argument("name", metavar="名前")
    role.add_argument("role", choices=_ROLES, metavar="役割", help="admin（管理者）か staff（利用者）")
    role.set_defaults(run=_change_role)
    remove = actions.add_parser("remove", help="利用者を外す（すぐにサインアウトする）")
    remove.add_argument("name", metavar="名前")
    remove.set_defaults(run=_remove_user)
    passwd = actions.add_parser("passwd", help="パスワードを変える（すぐにサインアウトする）")
    passwd.add_argument("name", metavar="名前")
    passwd.set_defaults(run=_change_password)


def _create_key(options: Namespace) -> None:
    from guideqa.access.identity import Scope
    from guideqa.errors import InputError

    asked = [part.strip() for part in options.scopes.split(",") if part.strip()]
    unknown = sorted(set(asked) - set(Scope))
    if unknown or not asked:
        raise InputError(f"権限は {'、'.join(Scope)} から選んでください: {options.scopes}")
    key, token = _keys().create(options.name, map(Scope, asked), _end_of(options.expires))
    print(
        f"鍵を作りました。この鍵は二度と表示できません（ID {key.id}、{_described(key)}）。", file=sys.stderr
    )
    print(token)


def _end_of(day: str | None) -> datetime | None:
    """The end of a day, by this computer's clock."""
    from datetime import timedelta

    from guideqa.errors import InputError

    if day is None:
        return None
    try:
        end = datetime.strptime(day, "%Y-%m-%d").astimezone() + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise InputError(f"日付は 2027-03-31 のように指定してください: {day}") from error
    if end <= datetime.now().astimezone():
        raise InputError(f"期限が過ぎています: {day}")
    return end


def _list_keys(options: Namespace) -> None:
    keys = _keys().all()
    if options.json:
        print_json([_record(key) for key in keys])
        return
    for key in keys:
        used = f"{key.last_used_at.astimezone():%Y-%m-%d %H:%M}" if key.last_used_at else "まだない"
        print(f"{key.id}  {key.name}  {_described(key)}  最後に使われた時刻: {used}")
    if not keys:
        print("鍵はありません（guideqa keys create 名前 で作ります）。")


def _described(key: Key) -> str:
    scopes = ",".join(sorted(key.scopes))
    if key.revoked_at:
        return f"{scopes}  無効（{key.revoked_at.astimezone():%Y-%m-%d}）"
    if not key.expires_at:
        return f"{scopes}  期限なし"
    return f"{scopes}  {'期限' if key.is_valid else '期限切れ'} {key.expires_at.astimezone():%Y-%m-%d %H:%M}"


def _record(key: Key) -> dict[str, object]:
    times = {name: getattr(key, name) for name in ("created_at", "expires_at", "revoked_at", "last_used_at")}
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "valid": key.is_valid,
        **{name: time and time.isoformat() for name, time in times.items()},
    }


def _revoke_key(options: Namespace) -> None:
    key = _keys().revoke(options.key)
    print(f"無効にしました: {key.name}（ID {key.id}）")


def _add_user(options: Namespace) -> None:
    _users().add(options.name, _password(), admin=options.admin)
    print(f"加えました: {options.name}")


def _list_users(options: Namespace) -> None:
    users = _users().all().values()
    if options.json:
        print_json(
            [{"name": user.name, "admin": user.admin, "created_at": user.created_at} for user in users]
        )
        return
    for user in users:
        print(f"{user.name}  {'管理者' if user.admin else '利用者'}  登録 {user.created_at[:10]}")
    if not users:
        print("利用者はいません（guideqa users add 名前 で加えます）。")


def _change_role(options: Namespace) -> None:
    _users().set_admin(options.name, options.role == "admin")
    print(f"{_ROLES[options.role]}にしました: {options.name}")


def _remove_user(options: Namespace) -> None:
    from guideqa.access.users import folded

    _history().forget_all(f"user:{folded(options.name)}")  # whoever gets the name next must not find them
    _users().remove(options.name)
    print(f"外しました: {options.name}")


def _change_password(options: Namespace) -> None:
    _users().change_password(options.name, _password())
    print(f"パスワードを変えました: {options.name}")


def _password() -> str:
    """From the terminal, twice and unseen, or from stdin; never from the arguments, which all users can see."""
    from getpass import getpass

    from guideqa.errors import InputError

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("パスワード: ")
    if getpass("もう一度: ") != password:
        raise InputError("2回のパスワードが違います。")
    return password


def _keys() -> KeyStore:
    from guideqa.access.keys import KeyStore
    from guideqa.settings import load_settings

    return KeyStore(load_settings().data_dir)


def _history() -> ConversationStore:
    from guideqa.history.store import ConversationStore
    from guideqa.settings import load_settings

    settings = load_settings()
    return ConversationStore(settings.data_dir, settings.history_days)


def _users() -> UserStore:
    from guideqa.access.users import UserStore
    from guideqa.settings import load_settings

    return UserStore(load_settings().data_dir)
