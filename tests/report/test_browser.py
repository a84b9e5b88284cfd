"""Reports as a browser shows them: they run nothing, ask for nothing, fit a phone, and follow the scheme."""

import pytest

from sparkcls.report.palette import DARK, LIGHT
from sparkcls.report.style import SCOPE
from tests.report.chromium import Chromium, executable
from tests.report.samples import ATTACK, evaluation_of, every_report, summary_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(executable() is None, reason="Chromium is not installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture
def show(chromium, tmp_path):
    """Shows a report, or a file."""

    def opened(report, **window):
        file = tmp_path / "report.html"
        if isinstance(report, str):
            file.write_text(report, encoding="utf-8")
        else:
            report.report(file)
        chromium.errors.clear()
        chromium.open(file, **window)
        return chromium

    return opened


def rgb(colour):
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def test_the_browser_would_notice(show):
    """What the tests below rely on, shown on a page that does all of it."""
    bad = "<!DOCTYPE html><title>x</title><script>document.title='pwned';console.error('seen')</script>"
    browser = show(f"{bad}<img src='http://127.0.0.1:9/x'><p style='width:900px'>{ATTACK[:80]}", width=360)
    assert browser.ask("document.title") == "pwned"
    assert any("seen" in error for error in browser.errors)
    assert any("127.0.0.1:9" in error for error in browser.errors)
    assert browser.ask("document.documentElement.scrollWidth") > 360


def test_nothing_runs_and_nothing_is_asked_for(show):
    for report in (summary_of(6), evaluation_of(30)):
        browser = show(report)
        assert browser.errors == []
        assert browser.ask("document.title").startswith("model_<script>document.title='pwned'</script><img")
        assert browser.ask("document.querySelectorAll('script, img, iframe, link, object, embed').length") == 0
        assert "<script>document.title='pwned'</script>" in browser.ask("document.body.innerText")
        # Nor would anything that got through.
        browser.ask(
            "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\"><p style=\"color:red\">')"
        )
        assert any("Content Security Policy" in error for error in browser.errors)
        assert browser.ask("document.title") != "1"


def test_it_fits_a_phone(show):
    for name, report in every_report().items():
        browser = show(report, width=360, height=740)
        browser.ask("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert browser.ask("document.documentElement.scrollWidth") == 360, name
        # What is wider scrolls within, and nothing else is cut off.
        wide = (
            "[...document.querySelectorAll('main *:not(.scroll *)')].filter(e => e.getBoundingClientRect().right > 361)"
        )
        assert browser.ask(f"{wide}.map(e => e.tagName + '.' + e.getAttribute('class'))") == [], name
        smallest = "Math.min(...[...document.querySelectorAll('main p, main td, main th, main dd, main li')]"
        assert browser.ask(f"{smallest}.map(e => parseFloat(getComputedStyle(e).fontSize)))") >= 13, name
        assert browser.errors == [], name


@pytest.mark.parametrize(("scheme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_it_follows_the_scheme(show, scheme, colours):
    browser = show(evaluation_of(6), scheme=scheme)
    style = "getComputedStyle(document.querySelector('{}')).{}"
    assert browser.ask(style.format("body", "backgroundColor")) == rgb(colours["page"])
    assert browser.ask(style.format("main", "backgroundColor")) == rgb(colours["page"])
    assert browser.ask(style.format(".lead", "color")) == rgb(colours["ink"])
    assert browser.ask(style.format("svg .fill", "fill")) == rgb(colours["accent"])
    assert browser.ask(style.format("svg text", "fill")) == rgb(colours["soft"])


def test_a_notebook_keeps_its_look_and_says_its_scheme(show):
    page = (
        "<!DOCTYPE html><title>x</title><style>table{width:33px}h1{color:#ff0000}</style>"
        "<body SCHEME><h1>Mine</h1><p>text</p><table><tr><td>1</td></tr></table><svg class='bar'></svg>CELL</body>"
    )
    looks = (
        "JSON.stringify([...document.querySelectorAll('body > *:not(." + SCOPE + ")')].map(e => "
        "[...getComputedStyle(e)].map(p => p + getComputedStyle(e)[p]).filter(p => !/origin|block|inline|width|height/.test(p))))"
    )
    before = show(page.replace("CELL", "")).ask(looks)
    browser = show(page.replace("CELL", summary_of(2)._repr_html_() + evaluation_of(2)._repr_html_()))
    assert browser.ask(looks) == before
    assert browser.errors == []
    ground = f"getComputedStyle(document.querySelector('.{SCOPE}')).backgroundColor"
    assert browser.ask(ground) == rgb(LIGHT["page"])
    for scheme, light, colours in (("light", "false", DARK), ("dark", "true", LIGHT)):
        own = page.replace("SCHEME", f"data-jp-theme-light={light}").replace("CELL", summary_of(2)._repr_html_())
        assert show(own, scheme=scheme).ask(ground) == rgb(colours["page"])
