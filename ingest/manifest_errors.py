"""What is off in the manifest, in words that name the entry and the key."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError


def in_words(error: ValidationError, entry: type[BaseModel]) -> str:
    """Everything that is off, for whoever wrote the file. `entry` is the model of a `[[works]]`."""
    return "／".join(_complaint(item, entry) for item in error.errors())


def _complaint(item: Any, entry: type[BaseModel]) -> str:
    table, *place = item["loc"]
    number = next((part for part in place if isinstance(part, int)), None)
    where = f"{table} の{number + 1}番目の " if number is not None else ""
    names = [part for part in place if isinstance(part, str)]
    key = names[0] if names else str(table)
    known = ", ".join(entry.model_fields) if where else "works"
    if item["type"] == "extra_forbidden":
        return f"{where}{key} は知らない項目です（使えるもの: {known}）"
    if item["type"] == "missing":
        return f"{where}{key} がありません"
    if item["type"] == "value_error":
        return f"{where}{item['ctx']['error']}"
    if key == "populations":
        return f'{where}{key} は {{ "1万人未満" = ["自治体名"] }} の形で書いてください: {item["input"]!r}'
    kind = "文字列の並び" if "tuple" in item["type"] or len(place) > 2 else "文字列"
    return f"{where}{key} は{kind if where else '[[works]] の並び'}で書いてください: {item['input']!r}"
