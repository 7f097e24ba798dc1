"""Which East Asian encoding a text that is not UTF-8 is written in, by decoding it."""

from __future__ import annotations

from typing import Final

_LEAST: Final = 4  # characters beyond ASCII from which on a text can be told
_KANA: Final = 0.2  # share of kana in Japanese sentences; umlauts of German text make kanji, never kana
_IDEOGRAPHS: Final = 0.7  # share of ideographs in Chinese text; the rest is punctuation
_SAMPLE: Final = 100_000


def east_asian_encoding(raw: bytes) -> tuple[str, str]:
    """Encoding that a text is plausibly written in and one of its words; both empty where none is.

    Shift-JIS and EUC-JP where the text decodes and at least a fifth of what is not ASCII is full-width kana, GB 18030
    where all of it are pairs of bytes of GB 2312, ideographs for the most part. Text in Windows-1252 has single high
    bytes, which the last two cannot decode and which give no kana in the first.

    Parameters
    ----------
    raw : bytes
        Text that is not UTF-8.
    """
    sample = raw[: raw.rfind(b"\n", 0, _SAMPLE) + 1] if len(raw) > _SAMPLE else raw
    for codec, name in (
        ("shift_jis", "shift_jis"),
        ("cp932", "cp932"),
        ("euc_jp", "euc_jp"),
        ("gb2312", "gb18030"),
    ):
        try:
            text = sample.decode(codec)
        except UnicodeDecodeError:
            continue
        foreign = [letter for letter in text if not letter.isascii()]
        if len(foreign) < _LEAST:
            return "", ""
        kana = sum("\u3041" <= letter <= "\u30ff" for letter in foreign) / len(foreign)
        ideographs = sum("\u4e00" <= letter <= "\u9fff" for letter in foreign) / len(foreign)
        if ideographs >= _IDEOGRAPHS and kana < _KANA if name == "gb18030" else kana >= _KANA:
            return name, _word(text)
    return "", ""


def _word(text: str) -> str:
    """The first run of characters beyond ASCII, shortened."""
    first = next(place for place, letter in enumerate(text) if not letter.isascii())
    word = text[first : first + 12]
    end = next((place for place, letter in enumerate(word) if letter.isascii()), len(word))
    return word[:end]
