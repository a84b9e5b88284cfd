"""The style sheet: every rule is for what stands in an element of the class `SCOPE`; a notebook keeps its own look."""

from __future__ import annotations

import re

from sparkcls.report.palette import DARK, LIGHT, shades

SCOPE = "sparkcls-report"

#: Rules below `SCOPE`, whose name stands before each selector; ``&`` is the element itself. Narrow first: what a phone
#: needs is not undone, wider screens get more.
_RULES = """
& { background: var(--page); color: var(--ink); font: 400 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
    "Helvetica Neue", Arial, sans-serif; text-align: left; max-width: 1060px; padding: 4px 16px 24px;
    box-sizing: border-box; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
*, *::before, *::after { box-sizing: border-box; }
h1, h2, h3, p, ul, ol, dl, dd, figure, table { margin: 0; padding: 0; background: none; color: inherit; }
h1 { font-size: 26px; line-height: 1.2; font-weight: 650; letter-spacing: -.01em; margin: 2px 0 8px; }
h2 { font-size: 19px; line-height: 1.3; font-weight: 650; margin: 0 0 4px; }
h3 { font-size: 15px; line-height: 1.4; font-weight: 650; margin: 0 0 6px; }
header { margin: 0 0 20px; }
.kind { color: var(--soft); font-size: 13px; letter-spacing: .02em; }
.lead { font-size: 18px; line-height: 1.45; max-width: 46em; }
.soft, .note { color: var(--soft); }
.note { max-width: 46em; margin: 0 0 16px; }
.facts { margin-top: 10px; color: var(--soft); font-size: 13px; list-style: none; display: flex; flex-wrap: wrap;
    gap: 2px 18px; }
nav { margin: 0 0 20px; padding: 10px 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 14px; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px;
    border-radius: 3px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 10px; margin: 0 0 20px; }
.figures > div { background: var(--card); border-radius: 8px; padding: 11px 14px 12px; }
.figures dt { color: var(--soft); font-size: 13px; font-weight: 400; }
.figures dd { font-size: 24px; line-height: 1.3; font-weight: 600; letter-spacing: -.01em; }
.figures dd.soft { font-size: 13px; line-height: 1.4; font-weight: 400; letter-spacing: 0; }
.figures dd.warn { color: var(--warn); }
.figures dd.bad { color: var(--bad); }
.notices { list-style: none; margin: 0 0 20px; display: grid; gap: 8px; }
.notices li { border-left: 4px solid var(--warn); background: var(--card); border-radius: 0 6px 6px 0;
    padding: 9px 14px; }
.notices li.bad { border-color: var(--bad); }
section { margin: 0 0 20px; padding: 24px 0 0; border-top: 1px solid var(--line); }
nav + section { border-top: 0; padding-top: 0; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr); gap: 20px 36px; align-items: start; }
.pair + h3, .scroll + h3 { margin-top: 22px; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 290px), 1fr)); gap: 22px 28px; }
figure { max-width: 460px; }
figcaption { font-weight: 600; font-size: 14px; margin: 0 0 2px; display: flex; gap: 4px 12px;
    justify-content: space-between; }
figcaption .soft { font-weight: 400; font-size: 13px; flex: none; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { font: 400 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--soft); }
.axis { stroke: var(--soft); stroke-width: 1; }
.rule { stroke: var(--line); stroke-width: 1; }
.ideal { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 3; fill: none; }
.gap { stroke: var(--bad); stroke-width: 2; }
.curve { stroke: var(--accent); stroke-width: 2; fill: none; }
.fill { fill: var(--accent); }
.fill.warn { fill: var(--warn); }
.fill.bad { fill: var(--bad); }
.track { fill: var(--line); }
svg.bar { height: 6px; border-radius: 3px; overflow: hidden; margin-top: 4px; }
.key { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--soft);
    margin-top: 4px; }
.key svg { display: inline-block; width: 11px; height: 11px; margin-right: 6px; vertical-align: -1px; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; border: 0; font-size: 14px; line-height: 1.4; width: 100%; table-layout: auto; }
caption { text-align: left; font-weight: 600; padding: 0 0 6px; color: inherit; caption-side: top; }
tr, tbody tr:nth-child(odd), tbody tr:hover { background: none; }
th, td { padding: 7px 0 7px 12px; background: none; border: 0; border-bottom: 1px solid var(--line); text-align: left;
    vertical-align: top; font-weight: 400; color: inherit; white-space: normal; max-width: none; }
th:first-child, td:first-child { padding-left: 0; }
thead th { color: var(--soft); font-size: 13px; vertical-align: bottom; overflow-wrap: normal; }
th.n, td.n { text-align: right; }
td.n { white-space: nowrap; }
th.wide, td.wide { width: 60%; min-width: 110px; }
tfoot th, tfoot td { border-bottom: 0; color: var(--soft); }
tbody.total th, tbody.total td { border-bottom: 0; }
tbody.total tr:first-child th, tbody.total tr:first-child td { border-top: 1px solid var(--soft); }
.matrix table { width: auto; border-collapse: separate; border-spacing: 2px; }
.matrix th, .matrix td { border: 0; padding: 6px 8px; }
.matrix td { text-align: center; min-width: 46px; border-radius: 4px; white-space: nowrap; vertical-align: middle; }
.matrix td small { display: block; font-size: 11px; line-height: 1.2; }
.matrix th { white-space: nowrap; overflow-wrap: normal; }
.matrix tbody th { text-align: right; vertical-align: middle; position: sticky; left: 0; background: var(--page); }
.matrix thead th { text-align: center; }
.matrix.many thead th.label { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
    padding: 2px 4px; vertical-align: top; }
.matrix td.none { color: var(--soft); }
.examples { list-style: none; }
.examples li { padding: 10px 0; border-bottom: 1px solid var(--line); }
.examples li:last-child { border-bottom: 0; }
.examples .answer { font-size: 13px; color: var(--soft); }
.examples .answer bdi { color: var(--ink); font-weight: 600; }
.examples .error { color: var(--bad); }
.examples .text { max-width: 70em; }
.code { font: 11px ui-monospace, Menlo, Consolas, monospace; color: var(--soft); border: 1px solid var(--line);
    border-radius: 3px; padding: 0 3px; white-space: nowrap; }
details { margin: 14px 0 0; }
summary { cursor: pointer; color: var(--accent); font-size: 14px; padding: 3px 0; width: fit-content; }
details > :not(summary) { margin-top: 8px; }
.terms { display: grid; grid-template-columns: minmax(0, 1fr); font-size: 14px; }
.terms dt { color: var(--soft); font-weight: 400; margin-top: 6px; }
footer { color: var(--soft); font-size: 13px; padding: 14px 0 0; border-top: 1px solid var(--line); }
"""
_WIDE = """
& { padding: 28px 32px 40px; }
h1 { font-size: 32px; }
section { padding-top: 28px; margin-bottom: 28px; }
th, td { padding-left: 18px; }
.pair { grid-template-columns: minmax(0, 11fr) minmax(0, 9fr); }
.terms { grid-template-columns: 9em minmax(0, 1fr); gap: 6px 16px; }
.terms dt { margin-top: 0; }
"""
_PRINT = """
section, figure, li, tr { break-inside: avoid; }
nav { display: none; }
"""
#: Elements above that say which scheme a notebook has, whatever the machine's is: JupyterLab, VS Code, Colab.
_NOTEBOOKS = {
    "light": ('[data-jp-theme-light="true"]', "body.vscode-light", 'html[theme="light"]'),
    "dark": ('[data-jp-theme-light="false"]', "body.vscode-dark", 'html[theme="dark"]'),
}
#: Of a page of its own, beyond the scope.
_PAGE = (
    ":root{color-scheme:light dark}body{margin:0;background:%s}@media(prefers-color-scheme:dark){body{background:%s}}"
)


def style_sheet(page: bool = False) -> str:
    """The rules.

    Parameters
    ----------
    page
        With those that a page of its own needs; without them nothing beyond `SCOPE` is touched.
    """
    root = f".{SCOPE}"
    parts = [_PAGE % (LIGHT["page"], DARK["page"]) + f"{root}{{margin:0 auto}}"] if page else []
    light, dark = _scheme("light", LIGHT), _scheme("dark", DARK)
    parts += [_scoped(_RULES), _rules(root, light), "@media(prefers-color-scheme:dark){", _rules(root, dark), "}"]
    if not page:
        parts += [_rules(root, light, _NOTEBOOKS["light"]), _rules(root, dark, _NOTEBOOKS["dark"])]
    parts += ["@media(min-width:760px){", _scoped(_WIDE), "}", "@media print{", _scoped(_PRINT), "}"]
    return "".join(parts)


def _scheme(name: str, colours: dict[str, str]) -> list[tuple[str, str]]:
    """Colours of the scope, and of cells."""
    variables = ";".join(f"--{key}:{value}" for key, value in colours.items())
    rules = [("", f"{variables};color-scheme:{name}")]
    for hue, kind in (("accent", "right"), ("bad", "wrong")):
        for step, (background, text) in enumerate(shades(colours, hue), start=1):
            rules.append((f" .{kind}-{step}", f"background:{background};color:{text}"))
    return rules


def _rules(root: str, rules: list[tuple[str, str]], within: tuple[str, ...] = ("",)) -> str:
    return "".join(
        ",".join(f"{element} {root}{selector}".strip() for element in within) + f"{{{declarations}}}"
        for selector, declarations in rules
    )


def _scoped(rules: str) -> str:
    """Rules with the scope before each selector, and no more blanks than needed."""
    found = []
    for selectors, declarations in re.findall(r"([^{}]+)\{([^}]*)\}", rules):
        scoped = ",".join(f".{SCOPE} {s.strip()}".replace(f".{SCOPE} &", f".{SCOPE}") for s in selectors.split(","))
        found.append(f"{scoped}{{{' '.join(declarations.split())}}}")
    return "".join(found)
