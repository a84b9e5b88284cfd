"""Colours of reports, on light and on dark, and how well one is seen on another."""

from __future__ import annotations

#: Names that the style sheet takes, in both schemes. ``ink`` and ``soft`` are for text, on ``page`` and on ``card``; so
#: are ``accent``, ``warn`` and ``bad``, which drawings are made of too. ``line`` separates and carries no meaning.
LIGHT = {
    "page": "#ffffff",
    "card": "#f5f6f8",
    "ink": "#1a1d21",
    "soft": "#59626d",
    "line": "#dfe2e7",
    "accent": "#2b5fc7",
    "warn": "#915600",
    "bad": "#b4322b",
}
DARK = {
    "page": "#14171b",
    "card": "#1e2228",
    "ink": "#e9ebee",
    "soft": "#a3acb8",
    "line": "#363d47",
    "accent": "#84abff",
    "warn": "#e9b058",
    "bad": "#ff8d84",
}
#: Shades of a cell by how much of its row it holds, from almost nothing to all.
SHADES = 6


def contrast(one: str, other: str) -> float:
    """How well a colour is seen on another, from 1 to 21. Source: WCAG 2.2, relative luminance and contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def shades(colours: dict[str, str], hue: str) -> list[tuple[str, str]]:
    """`SHADES` backgrounds from the page's colour to a hue, each with the colour of text that is seen best on it."""
    found = []
    for step in range(1, SHADES + 1):
        background = _mixed(colours["page"], colours[hue], 0.06 + 0.94 * (step / SHADES) ** 1.3)
        text = max(("#000000", "#ffffff"), key=lambda c: contrast(c, background))
        found.append((background, text))
    return found


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    parts = [c / 255 for c in _channels(colour)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
