"""A city's id out of its name, as it stands in addresses: ``Улан-Удэ`` becomes ``ulan-ude``."""

import re
import unicodedata

LONGEST = 40
_LETTERS = str.maketrans(
    {
        **dict(zip("абвгдеёзийклмнопрстуфыэ", "abvgdeeziyklmnoprstufye", strict=True)),
        "ж": "zh",
        "х": "kh",
        "ц": "ts",
        "ч": "ch",
        "ш": "sh",
        "щ": "shch",
        "ю": "yu",
        "я": "ya",
        "ъ": "",
        "ь": "",
    }
)


def slug_of(name: str) -> str:
    """The id that is offered for a name; nothing where it has no letters that we know."""
    letters = re.sub(r"\bе", "йе", unicodedata.normalize("NFC", name.strip()).casefold())
    return re.sub(r"[^a-z0-9]+", "-", letters.translate(_LETTERS)).strip("-")[:LONGEST].strip("-")
