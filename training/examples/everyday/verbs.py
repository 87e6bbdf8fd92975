"""Verb forms by rule."""

from dataclasses import dataclass

_GODAN = {  # ending: (i-stem, te, ta, nai-stem)
    "う": ("い", "って", "った", "わ"),
    "つ": ("ち", "って", "った", "た"),
    "る": ("り", "って", "った", "ら"),
    "む": ("み", "んで", "んだ", "ま"),
    "ぶ": ("び", "んで", "んだ", "ば"),
    "ぬ": ("に", "んで", "んだ", "な"),
    "く": ("き", "いて", "いた", "か"),
    "ぐ": ("ぎ", "いで", "いだ", "が"),
    "す": ("し", "して", "した", "さ"),
}


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb in the forms that the templates use."""

    plain: str
    past: str
    te: str
    polite: str
    polite_past: str
    negative: str

    @property
    def asked(self) -> tuple[str, str, str, str]:
        """Forms that may end a question in the past, without the question mark."""
        return self.polite_past + "か", self.past, self.past + "か", self.past + "のですか"


def verb(plain: str) -> Verb:
    """Derive all forms from a dictionary form: ``買う``, ``食べ|る``, ``掃除する``, ``行く``.

    In an ichidan verb, a bar stands before the ru.
    """
    if plain.endswith("する"):
        stem = plain[:-2]
        return Verb(plain, stem + "した", stem + "して", stem + "します", stem + "しました", stem + "しない")
    if plain.endswith("|る"):
        stem = plain[:-2]
        return Verb(stem + "る", stem + "た", stem + "て", stem + "ます", stem + "ました", stem + "ない")
    stem, (i, te, ta, nai) = plain[:-1], _GODAN[plain[-1]]
    if plain.endswith("行く"):
        te, ta = "って", "った"
    return Verb(plain, stem + ta, stem + te, stem + i + "ます", stem + i + "ました", stem + nai + "ない")
