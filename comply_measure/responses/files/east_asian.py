"""Which East Asian encoding a text that is not UTF-8 is written in, by decoding it."""

from __future__ import annotations

from typing import Final

_LEAST: Final = 4  # characters beyond ASCII from which on a text can be told
_KANA: Final = 0.2  # share of kana in Japanese sentences; umlauts of German text make kanji, never kana
_IDEOGRAPHS: Final = 0.7  # share of ideographs in Chinese text; the rest is punctuation
_LATE: Final = (
    0.08  # share of ideographs from row 48 on in Chinese text; Korean letters and usual kanji stand before
)
_SAMPLE: Final = 100_000


def east_asian_encoding(raw: bytes) -> tuple[str, str]:
    """Encoding that a text is plausibly written in and one of its words; both empty where none is.

    Shift-JIS and EUC-JP where the text decodes and at least a fifth of what is not ASCII is full-width kana, GB 18030
    where all of it are pairs of bytes of GB 2312, ideographs for the most part, some of them from row 48 on (syllables
    from x to z in Chinese). Korean in EUC-KR and Japanese in kanji alone decode as GB 2312, too, but hardly reach these
    rows: such a text is left open. Text in Windows-1252 has single high bytes, which the last two cannot decode and
    which give no kana in the first.

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
        chinese = ideographs >= _IDEOGRAPHS and kana < _KANA and _is_late(foreign, codec)
        if chinese if name == "gb18030" else kana >= _KANA:
            return name, _word(text)
    return "", ""


def _is_late(letters: list[str], codec: str) -> bool:
    """Whether enough letters stand from row 48 of the set on, whose first byte is 0xD0 there."""
    late = sum(letter.encode(codec)[0] >= 0xD0 for letter in letters)
    return late >= _LATE * len(letters)


def _word(text: str) -> str:
    """The first run of characters beyond ASCII, shortened."""
    first = next(place for place, letter in enumerate(text) if not letter.isascii())
    word = text[first : first + 12]
    end = next((place for place, letter in enumerate(word) if letter.isascii()), len(word))
    return word[:end]
