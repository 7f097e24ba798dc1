"""East Asian text without a declared encoding: what decodes it is named."""

from __future__ import annotations

import pytest

from comply_measure.responses.files.east_asian import east_asian_encoding

JAPANESE = "unit,role,答え\nU1,営業,とても良いと思います\nU2,マーケティング,どちらとも言えない\n"
CHINESE = "unit,role,回答\nU1,销售,非常同意这种说法\nU2,市场营销,完全不同意，因为没有合作\n"
GERMAN = "unit,role,Größe\nMüller & Söhne,Führung,äußerst üblich\nÄÖÜ,Küche,„süß“\n"


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (JAPANESE, "shift_jis", "shift_jis"),
        (JAPANESE + "U3,①,とても良い\n", "cp932", "cp932"),
        (JAPANESE, "euc_jp", "euc_jp"),
        (CHINESE, "gb18030", "gb18030"),
        (GERMAN, "cp1252", ""),
        (GERMAN.upper(), "cp1252", ""),
        (
            "unit,role,답변\nU1,영업,매우 그렇다고 생각합니다\nU2,마케팅,전혀 그렇지 않습니다\n",
            "euc_kr",
            "",
        ),  # as GB 2312: other words
        ("部門,役割\n営業,東京\n販売促進,大阪\n", "euc_jp", ""),  # kanji alone: as GB 2312, too
        ("naïve,café,garçon,öäü,ÉÈÀ,élève\n" * 3, "latin-1", ""),
        ("£5 – “so”…\n" * 3, "cp1252", ""),
    ],
)
def test_the_encoding_is_told_by_decoding(text: str, codec: str, name: str) -> None:
    found, word = east_asian_encoding(text.encode(codec))
    assert found == name
    assert bool(word) == bool(name) and (not name or word in text)
