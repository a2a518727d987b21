"""Language tags as files carry them (ISO 639-2, often in its bibliographic form) → BCP 47 and the name a viewer reads."""

from __future__ import annotations

import re
from typing import NamedTuple

from matinee.terms.language import UNDETERMINED, Language

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_SCRIPT, _REGION = re.compile(r"[A-Za-z]{4}\Z"), re.compile(r"(?:[A-Za-z]{2}|\d{3})\Z")


class _Known(NamedTuple):
    """A language: what it calls itself, its English name, its codes of three letters, the bibliographic one last."""

    name: str
    english: str
    codes: str


_LANGUAGES = {
    "af": _Known("Afrikaans", "afrikaans", "afr"),
    "am": _Known("አማርኛ", "amharic", "amh"),
    "ar": _Known("العربية", "arabic", "ara"),
    "az": _Known("Azərbaycan", "azerbaijani", "aze"),
    "be": _Known("Беларуская", "belarusian", "bel"),
    "bg": _Known("Български", "bulgarian", "bul"),
    "bn": _Known("বাংলা", "bengali", "ben"),
    "bs": _Known("Bosanski", "bosnian", "bos"),
    "ca": _Known("Català", "catalan", "cat"),
    "cs": _Known("Čeština", "czech", "ces cze"),
    "cy": _Known("Cymraeg", "welsh", "cym wel"),
    "da": _Known("Dansk", "danish", "dan"),
    "de": _Known("Deutsch", "german", "deu ger"),
    "el": _Known("Ελληνικά", "greek", "ell gre"),
    "en": _Known("English", "english", "eng"),
    "eo": _Known("Esperanto", "esperanto", "epo"),
    "es": _Known("Español", "spanish", "spa"),
    "et": _Known("Eesti", "estonian", "est"),
    "eu": _Known("Euskara", "basque", "eus baq"),
    "fa": _Known("فارسی", "persian", "fas per"),
    "fi": _Known("Suomi", "finnish", "fin"),
    "fr": _Known("Français", "french", "fra fre"),
    "ga": _Known("Gaeilge", "irish", "gle"),
    "gl": _Known("Galego", "galician", "glg"),
    "gu": _Known("ગુજરાતી", "gujarati", "guj"),
    "he": _Known("עברית", "hebrew", "heb"),
    "hi": _Known("हिन्दी", "hindi", "hin"),
    "hr": _Known("Hrvatski", "croatian", "hrv"),
    "hu": _Known("Magyar", "hungarian", "hun"),
    "hy": _Known("Հայերեն", "armenian", "hye arm"),
    "id": _Known("Indonesia", "indonesian", "ind"),
    "is": _Known("Íslenska", "icelandic", "isl ice"),
    "it": _Known("Italiano", "italian", "ita"),
    "ja": _Known("日本語", "japanese", "jpn"),
    "ka": _Known("ქართული", "georgian", "kat geo"),
    "kk": _Known("Қазақ тілі", "kazakh", "kaz"),
    "km": _Known("ខ្មែរ", "khmer", "khm"),
    "kn": _Known("ಕನ್ನಡ", "kannada", "kan"),
    "ko": _Known("한국어", "korean", "kor"),
    "lb": _Known("Lëtzebuergesch", "luxembourgish", "ltz"),
    "lo": _Known("ລາວ", "lao", "lao"),
    "lt": _Known("Lietuvių", "lithuanian", "lit"),
    "lv": _Known("Latviešu", "latvian", "lav"),
    "mk": _Known("Македонски", "macedonian", "mkd mac"),
    "ml": _Known("മലയാളം", "malayalam", "mal"),
    "mn": _Known("Монгол", "mongolian", "mon"),
    "mr": _Known("मराठी", "marathi", "mar"),
    "ms": _Known("Melayu", "malay", "msa may"),
    "mt": _Known("Malti", "maltese", "mlt"),
    "my": _Known("မြန်မာ", "burmese", "mya bur"),
    "nb": _Known("Norsk bokmål", "bokmal", "nob"),
    "ne": _Known("नेपाली", "nepali", "nep"),
    "nl": _Known("Nederlands", "dutch", "nld dut"),
    "nn": _Known("Norsk nynorsk", "nynorsk", "nno"),
    "no": _Known("Norsk", "norwegian", "nor"),
    "pa": _Known("ਪੰਜਾਬੀ", "punjabi", "pan"),
    "pl": _Known("Polski", "polish", "pol"),
    "pt": _Known("Português", "portuguese", "por"),
    "ro": _Known("Română", "romanian", "ron rum"),
    "ru": _Known("Русский", "russian", "rus"),
    "si": _Known("සිංහල", "sinhala", "sin"),
    "sk": _Known("Slovenčina", "slovak", "slk slo"),
    "sl": _Known("Slovenščina", "slovenian", "slv"),
    "sq": _Known("Shqip", "albanian", "sqi alb"),
    "sr": _Known("Српски", "serbian", "srp"),
    "sv": _Known("Svenska", "swedish", "swe"),
    "sw": _Known("Kiswahili", "swahili", "swa"),
    "ta": _Known("தமிழ்", "tamil", "tam"),
    "te": _Known("తెలుగు", "telugu", "tel"),
    "th": _Known("ไทย", "thai", "tha"),
    "tl": _Known("Tagalog", "tagalog", "tgl"),
    "tr": _Known("Türkçe", "turkish", "tur"),
    "uk": _Known("Українська", "ukrainian", "ukr"),
    "ur": _Known("اردو", "urdu", "urd"),
    "uz": _Known("O'zbek", "uzbek", "uzb"),
    "vi": _Known("Tiếng Việt", "vietnamese", "vie"),
    "yi": _Known("ייִדיש", "yiddish", "yid"),
    "zh": _Known("中文", "chinese", "zho chi"),
    "zu": _Known("isiZulu", "zulu", "zul"),
}
_SHORT = {code: short for short, known in _LANGUAGES.items() for code in known.codes.split()}
_BY_NAME = {name.casefold(): short for short, known in _LANGUAGES.items() for name in (known.name, known.english)}

_VARIANTS = {
    "en-GB": "English (UK)",
    "en-US": "English (US)",
    "es-419": "Español (Latinoamérica)",
    "es-ES": "Español (España)",
    "fr-CA": "Français (Canada)",
    "pt-BR": "Português (Brasil)",
    "pt-PT": "Português (Portugal)",
    "zh-Hans": "简体中文",
    "zh-Hant": "繁體中文",
}


def tag(found: str | None) -> Language:
    """The BCP 47 tag of what a file says, in its usual letters; `und` where it says nothing that is one."""
    text = (found or "").strip().replace("_", "-")
    if len(text) > 35 or not _TAG.match(text):
        return UNDETERMINED
    first, *rest = text.split("-")
    return "-".join([_SHORT.get(first.lower(), first.lower()), *map(_cased, rest)])


def _cased(subtag: str) -> str:
    """RFC 5646, section 2.1.1: a script begins with a capital, a region is of capitals."""
    if len(subtag) == 4:
        return subtag.title()
    return subtag.upper() if len(subtag) == 2 else subtag


def recognised(word: str) -> Language | None:
    """The tag of a language that we know, from its code or its name: "de", "ger", "pt_BR", "German", "Deutsch"."""
    named = _BY_NAME.get(word.casefold())
    if named is not None:
        return named
    first, *rest = tag(word).split("-")
    fitting = len(rest) <= 2 and all(_SCRIPT.match(part) or _REGION.match(part) for part in rest)
    return "-".join([first, *rest]) if first in _LANGUAGES and fitting else None


def name(language: Language) -> str:
    """What the language calls itself; its tag where we do not know."""
    known = _LANGUAGES.get(language.split("-", maxsplit=1)[0].lower())
    if language == UNDETERMINED:
        return "Original"
    if known is None:
        return language
    if "-" not in language:
        return known.name
    return _VARIANTS.get(tag(language), f"{known.name} ({language.partition('-')[2]})")


def is_known(language: Language) -> bool:
    """Whether it is one of the languages that we know by name."""
    return language.split("-", maxsplit=1)[0].lower() in _LANGUAGES
