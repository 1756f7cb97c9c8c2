"""HTML: what is seen, in reading order."""

from __future__ import annotations

import codecs

import pytest

from extractor.documents import charsets, read_document
from extractor.errors import DocumentError, ReadTimeout, TooLarge
from extractor.settings import Limits


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<html><body><p>a</p><p>b</p></body></html>", "a\nb"),
        ("<!DOCTYPE html>\n<p>a\n  b<br>c<br/>d", "a b\nc\nd"),
        ("<p>one <b>two</b> <i>three</i>four</p>", "one two threefour"),
        ("<div>a<div>b<div>c</div></div>d</div>", "a\nb\nc\nd"),
        ("<p>a&nbsp;b &amp; c &#8217; &lt;d&gt; &frac12;</p>", "a\u00a0b & c \u2019 <d> \u00bd"),
        ("<html><head><title>t</title><style>s</style></head><script>x</script><p>a<!-- c --></p>", "a"),
        ("<p>a<span style='color:red; Display : None'>x</span>b<i hidden>y</i>c", "abc"),
        ("<div style='visibility:hidden'>a<div>b</div></div>c<p hidden>d<p>e", "c\ne"),
        ("<p>a<noscript>x</noscript><template>y</template><iframe>z</iframe>b", "ab"),
        ("<pre>a\n  b\n\tc</pre>d", "a\n  b\n\tc\nd"),
        ("<ul><li>a<li>b</ul>c", "a\nb\nc"),
        ("<table><tr><td>Case Number:<td>CM1<tr><td>Date:<td>1/2/17</table>end", "Case Number: CM1\nDate: 1/2/17\nend"),
        (
            "<table><tr><th><p>Label:</p></th><td><div>value</div></td><td></td><td>last</td></tr></table>",
            "Label: value last",
        ),
        ("<table><tr><td>Label:</td><td>a<br>b</td><td>c</td></tr></table>", "Label: a\nb\nc"),
        ("<table><tr><td>x<table><tr><td>a<td>b</table></td><td>y</table>", "x\na b\ny"),
        ("<?xml version='1.0'?>\n<!DOCTYPE html>\n<html xmlns='http://www.w3.org/1999/xhtml'><p>a</p></html>", "a"),
        ("<p>a\fb&#12;c", "a b c"),
        ("<p>a<del>x</del><s>x</s><strike>x</strike><ins>b</ins>", "ab"),
        ("<p>a<span style='text-decoration: underline line-through'>x</span>b", "ab"),
        ("<style>.old{text-decoration:line-through}</style><p>a<b class='k old'>x</b>b", "ab"),
        ("<style>/* */ p .x, #y {display:none !important}</style><p>a<i class=x>x</i><i id=y>y</i>b", "ab"),
        ("<style>div .x{display:none}</style><p>a<i class=x>seen</i>b", "aseenb"),
        ("<style>@media print{.x{display:none}}</style><p>a<i class=x>seen</i>b", "aseenb"),
        ("<style>@media screen{.x{display:none}}</style><p>a<i class=x>x</i>b", "ab"),
        ("<style>.x{display:none}</style><p>a<i class=x style='display:inline'>seen</i>b", "aseenb"),
        ("<style>a:hover{display:none}</style><p>a<a>seen</a>b", "aseenb"),
        ("<p>a<font color=white>x</font><span style='color:#FFF'>x</span><i style='opacity:0'>x</i>b", "ab"),
        ("<table bgcolor=navy><tr><td style='color:white'>seen</td></tr></table>", "seen"),
        ("<p style='visibility:hidden'>x<b style='visibility:visible'>seen</b></p>", "seen"),
        ("<p>a</p>\r\n\r\n<p>b</p>", "a\nb"),
    ],
)
def test_visible_text(markup: str, text: str) -> None:
    document = read_document(markup)
    assert (document.text, document.media_type, document.pages) == (text, "text/html", ((0, len(text)),))


@pytest.mark.parametrize(
    "data",
    [
        "<html><p>Pe\u00f1a\u2019s".encode(),
        "<html><p>Pe\u00f1a\u2019s".encode("utf-8-sig"),
        "<html><p>Pe\u00f1a\u2019s".encode("utf-16"),
        "<html><p>Pe\u00f1a\u2019s".encode("cp1252"),
        "<html><meta charset=windows-1252><p>Pe\u00f1a\u2019s".encode("cp1252"),
        "<html><meta http-equiv=a content='text/html; charset=ISO-8859-1'><p>Pe\u00f1a\u2019s".encode("cp1252"),
        "<html><meta charset='macintosh'><p>Pe\u00f1a\u2019s".encode("mac_roman"),
        "<?xml version='1.0' encoding='windows-1252'?><html><p>Pe\u00f1a\u2019s</p></html>".encode("cp1252"),
        "<html><meta charset=cp1252><p>Pe\u00f1a\u2019s".encode(),
        "<html><meta charset=utf-8><p>Pe\u00f1a\u2019s".encode("cp1252"),
        "<html><meta charset=rot13><p>Pe\u00f1a\u2019s".encode("cp1252"),
        "<html><meta charset=unicode_escape><p>Pe\u00f1a\u2019s".encode("cp1252"),
        "<html><meta charset=nonsense><p>Pe\u00f1a\u2019s".encode("cp1252"),
    ],
)
def test_charsets(data: bytes) -> None:
    assert read_document(data).text == "Pe\u00f1a\u2019s"


def test_pieces_are_fed_without_a_seam() -> None:
    words = [f"w\u00f6rd{i}\u2019s" for i in range(30_000)]
    assert read_document("<p>" + " <b>&amp;</b>".join(words)).text == " &".join(words)


def test_deep_nesting_has_no_limit() -> None:
    for tag in ("div", "b", "td", "div hidden></div><i"):
        assert read_document(f"<html>{f'<{tag}>' * 20_000}deep").text == "deep"


def test_the_budget_holds_while_parsing() -> None:
    with pytest.raises(TooLarge):
        read_document("<p>a" * 2000, limits=Limits(max_characters=1000))
    with pytest.raises(ReadTimeout):
        read_document("<p>a", limits=Limits(seconds=0))


def test_every_cut_of_a_page_is_a_document_or_a_document_error() -> None:
    page = "<!doctype html><html><head><title>t</title></head><td a='b'>\u00e9&eacute;</td><!-- c --><p>x".encode()
    for end in range(len(page)):
        try:
            read_document(page[:end])
        except DocumentError:
            continue


@pytest.mark.parametrize(
    "label",
    [
        *"idna punycode rot13 unicode_escape raw_unicode_escape undefined zip bz2 hex uu utf-7 hz".split(),
        *"cp037 cp500 cp65001 mbcs palmos ../codecs".split(),
        "x" * 3000,
    ],
)
def test_only_what_a_browser_knows_is_an_encoding(label: str) -> None:
    """The rest is as if nothing was said; Python is not even asked, for it would look for a module of that name."""
    page = '<meta charset="{}"><p>caf\xe9 \x93xn--a\x94'
    assert read_document(page.format(label).encode("latin-1")).text == "caf\xe9 \u201cxn--a\u201d"
    assert charsets.named(label) is None


def test_every_label_means_an_encoding_that_there_is() -> None:
    for label in "windows-1252 LATIN1 x-sjis big5 gb2312 koi8-u macintosh tis-620 visual euc-jp".split():
        name = charsets.named(f" {label} ")
        assert name is not None
        assert codecs.lookup(name)._is_text_encoding
    assert {codecs.lookup(name).name for name in charsets._BY_LABEL.values()} >= {"cp1252", "iso8859-2", "koi8-r"}
