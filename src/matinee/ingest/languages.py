"""Language tags as files carry them (ISO 639-2, often in its bibliographic form) → BCP 47 and the name a viewer reads."""

from __future__ import annotations

import re

from matinee.terms.language import UNDETERMINED, Language

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")

_SHORT = {
    "ara": "ar", "bul": "bg", "cat": "ca", "ces": "cs", "cze": "cs", "dan": "da", "deu": "de", "ger": "de", "ell": "el",
    "gre": "el", "eng": "en", "est": "et", "eus": "eu", "baq": "eu", "fas": "fa", "per": "fa", "fin": "fi", "fra": "fr",
    "fre": "fr", "glg": "gl", "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id", "isl": "is", "ice": "is",
    "ita": "it", "jpn": "ja", "kor": "ko", "lav": "lv", "lit": "lt", "msa": "ms", "may": "ms", "nld": "nl", "dut": "nl",
    "nor": "no", "nob": "nb", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "slk": "sk", "slo": "sk",
    "slv": "sl", "spa": "es", "srp": "sr", "swe": "sv", "tha": "th", "tur": "tr", "ukr": "uk", "vie": "vi", "zho": "zh",
    "chi": "zh",
}  # fmt: skip

_NAMES = {
    "ar": "العربية", "bg": "Български", "ca": "Català", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά",
    "en": "English", "es": "Español", "et": "Eesti", "eu": "Euskara", "fa": "فارسی", "fi": "Suomi", "fr": "Français",
    "gl": "Galego", "he": "עברית", "hi": "हिन्दी", "hr": "Hrvatski", "hu": "Magyar", "id": "Indonesia", "is": "Íslenska",
    "it": "Italiano", "ja": "日本語", "ko": "한국어", "lt": "Lietuvių", "lv": "Latviešu", "ms": "Melayu", "nb": "Norsk bokmål",
    "nl": "Nederlands", "no": "Norsk", "pl": "Polski", "pt": "Português", "ro": "Română", "ru": "Русский",
    "sk": "Slovenčina", "sl": "Slovenščina", "sr": "Српски", "sv": "Svenska", "th": "ไทย", "tr": "Türkçe",
    "uk": "Українська", "vi": "Tiếng Việt", "zh": "中文",
}  # fmt: skip


def tag(found: str | None) -> Language:
    """The BCP 47 tag of what a file says; `und` where it says nothing that is one."""
    text = (found or "").strip().replace("_", "-")
    if len(text) > 35 or not _TAG.match(text):
        return UNDETERMINED
    first, *rest = text.split("-")
    return "-".join([_SHORT.get(first.lower(), first.lower()), *rest])


def name(language: Language) -> str:
    """What the language calls itself; its tag where we do not know."""
    known = _NAMES.get(language.split("-", maxsplit=1)[0].lower())
    if language == UNDETERMINED:
        return "Original"
    if known is None:
        return language
    return known if "-" not in language else f"{known} ({language.partition('-')[2]})"


def is_known(language: Language) -> bool:
    """Whether it is one of the languages that we know by name."""
    return language.split("-", maxsplit=1)[0].lower() in _NAMES
