"""Sentences in a document that speak to the machine and not to the reader: they are neither heeded nor cited."""

from __future__ import annotations

import re

from guideqa.text.normalization import normalize
from guideqa.text.sentences import sentences

LEFT_OUT = "（省略）"
_PLANTED = re.compile(
    r"(?:指示|命令|プロンプト|ルール|制約|system|prompt|instruction)[^。\n]{0,20}(?:無視|忘れ|破棄|従わ|上書き|ignore|disregard|forget|override)"
    r"|(?:ignore|disregard|forget|override)[^.。\n]{0,40}(?:instruction|prompt|rule|above|previous)"
    r"|(?:言語モデル|AI|人工知能|アシスタント|チャットボット|生成AI|LLM|あなた)(?:は|へ|に|が|よ)[^。\n]{0,60}"
    r"(?:答え|回答|出力|返答|述べ|書[いけき]|記載|従[いっうえ]|してください|しなさい|せよ)"
    r"|(?:と|を|のみ|だけ)(?:答えよ|答えなさい|答えてください|回答せよ|回答しなさい|回答してください|回答すること|答えること|出力せよ|出力しなさい|出力してください|出力すること)"
    r"|システム(?:プロンプト|メッセージ|指示)|(?:system|developer)\s*(?:prompt|message|:)|<\|?(?:im_start|im_end|system|endoftext)|\[/?INST\]"
    r"|you\s+are\s+(?:now\s+)?(?:an?\s+)?(?:ai|assistant|chatbot|language model)",
    re.IGNORECASE,
)


def is_planted(sentence: str) -> bool:
    """Whether a sentence is an instruction to whoever is made to answer from it."""
    return bool(_PLANTED.search(normalize(sentence)))


def without_planted(text: str) -> str:
    """The text as the model gets it."""
    return "\n".join(
        "".join(LEFT_OUT if is_planted(sentence) else sentence for sentence in sentences(line))
        for line in text.splitlines()
    )
