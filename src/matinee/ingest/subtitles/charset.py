"""Text in whatever encoding people save it."""

from __future__ import annotations

import codecs

from matinee.terms.language import UNDETERMINED, Language

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_EAST = {
    "ja": ["euc_jp", "cp932"],
    "ko": ["cp949"],
    "zh": ["gb18030", "cp950"],
    "zh-hant": ["cp950", "gb18030"],
    "zh-tw": ["cp950", "gb18030"],
    "zh-hk": ["cp950", "gb18030"],
}
_EIGHT_BIT = {
    "cp1250": "cs hr hu pl ro sk sl bs sq",
    "cp1251": "bg ru uk be mk sr kk",
    "cp1253": "el",
    "cp1254": "tr az",
    "cp1255": "he yi",
    "cp1256": "ar fa ur",
    "cp1257": "et lt lv",
    "cp1258": "vi",
    "cp874": "th",
}
_USUAL = {language: charset for charset, languages in _EIGHT_BIT.items() for language in languages.split()}


def decoded(data: bytes, language: Language = UNDETERMINED) -> str:
    """The text: by its mark, as UTF-8 (a few broken characters forgiven), or in what was usual for its language."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if (guess := _unmarked_utf16(data)) is not None:
        return data.decode(guess, errors="replace")
    text = data.decode(errors="replace")
    broken = text.count("\ufffd")
    if broken * 10 <= sum(character > "\x7f" for character in text) - broken:
        return text
    return _in_usual(data, language.lower())


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without its mark shows as a zero in every second byte of Latin text."""
    start = data[:400]
    if start[1::2].count(0) > len(start) // 3:
        return "utf-16-le"
    return "utf-16-be" if start[0::2].count(0) > len(start) // 3 else None


def _in_usual(data: bytes, language: str) -> str:
    short = language.partition("-")[0]
    for charset in _EAST.get(language, _EAST.get(short, [])):
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    return data.decode(_USUAL.get(short, "cp1252"), errors="replace")
