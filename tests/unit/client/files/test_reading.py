"""What is read from files, and what is said about those that cannot be read."""

import os
import random
import resource
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Protocol

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given
from hypothesis import strategies as st

from luke_qa_client._files import isolated, reading
from luke_qa_client._files.encodings import decode
from luke_qa_client._files.kinds import Kind
from luke_qa_client._files.parts import FileText, Reason, UnreadableFileError
from luke_qa_client._files.pdf import MOST_PAGES, read_pdf
from tests.support.files import SENTENCES, Pdf, pdf, word, wrapped


class Read(Protocol):
    """Reads a file with this name and content."""

    def __call__(self, name: str, content: bytes, seconds: float = 120) -> FileText: ...


@pytest.fixture
def alone(tmp_path: Path) -> Read:
    """As it is: most files are read in a process of their own."""

    def write_and_read(name: str, content: bytes, seconds: float = 120) -> FileText:
        (tmp_path / name).write_bytes(content)
        return reading.read_file(tmp_path / name, seconds)

    return write_and_read


@pytest.fixture
def read(alone: Read, monkeypatch: pytest.MonkeyPatch) -> Read:
    """The same in this process, which saves the seconds in which another one starts."""
    monkeypatch.setattr(reading, "_read_isolated", lambda path, kind, seconds: isolated.read(kind, path))
    return alone


def texts(found: FileText) -> list[tuple[str, str]]:
    return [(part.title("F").removeprefix("F").removeprefix(", "), part.text) for part in found.parts]


# --- PDF


def joined(content: bytes) -> list[str]:
    return [part.text.replace("\n", "") for part in read_pdf(content)]


def test_each_page_of_a_pdf_is_a_part_with_its_number(read: Read) -> None:
    found = read("manual.pdf", pdf(wrapped(SENTENCES, 30), [], ["終わりのページです。"]))
    assert texts(found) == [("page 1", "\n".join(wrapped(SENTENCES, 30))), ("page 3", "終わりのページです。")]
    assert found.is_wrapped


def test_columns_are_read_one_after_the_other() -> None:
    page = Pdf()
    page.lines(wrapped(f"左の段です。{SENTENCES}", 20), x=60)
    page.lines(wrapped(f"右の段です。{SENTENCES}", 20), x=320)
    assert joined(page.content()) == [f"左の段です。{SENTENCES}右の段です。{SENTENCES}"]


def test_vertical_text_is_read_down_and_from_right_to_left() -> None:
    by_font, by_character = Pdf(vertical=True), Pdf()
    for number, line in enumerate(wrapped(SENTENCES, 30)):
        by_font.text(500 - 20 * number, 760, line)
    for number, line in enumerate(wrapped(SENTENCES, 30)):
        for place, character in enumerate(line):
            by_character.text(500 - 20 * number, 760 - 12 * place, character)
    assert joined(by_font.content()) == joined(by_character.content()) == [SENTENCES]


def test_readings_beside_a_line_do_not_cut_it() -> None:
    page = Pdf()
    page.text(72, 700, "山田灯台は早川さんが設計した。")
    page.text(72, 712, "やまだとうだい", size=5)
    (found,) = read_pdf(page.content())
    assert "山田灯台は早川さんが設計した。" in found.text.split("\n")


def test_a_table_is_read_row_by_row() -> None:
    page = Pdf()
    for row, cells in enumerate([("項目", "値", "単位"), ("高さ", "四十", "メートル")]):
        for column, cell in enumerate(cells):
            page.text(72 + 120 * column, 700 - 20 * row, cell)
    assert joined(page.content()) == ["項目値単位高さ四十メートル"]


def test_a_pdf_that_may_only_not_be_copied_is_read() -> None:
    assert joined(pdf(["保証期間は二年間です。"], owner="o")) == ["保証期間は二年間です。"]


# --- Word, HTML, Markdown


def test_a_word_file_has_a_part_for_each_heading(read: Read) -> None:
    content = word(
        ("Normal", "前書きです。"),
        ("Heading 1", "設置"),
        ("Normal", "水平な場所に置きます。"),
        ("Heading 2", "電源"),
        ("List Bullet", "百ボルトです。"),
        table=[("項目", "値"), ("高さ", "四十")],
        ruby=("山田灯台", "やまだとうだい"),
    )
    found = read("a.docx", content)
    assert texts(found) == [
        ("", "前書きです。"),
        ("設置", "設置\n水平な場所に置きます。"),
        ("電源", "電源\n百ボルトです。\n項目\t値\n高さ\t四十\n山田灯台は早川さんが設計した。"),
    ]
    assert not found.is_wrapped


PAGE = """<!DOCTYPE html><html><head><meta charset="{charset}"><title>題</title><style>p {{}}</style></head>
<body><p>前書き<br>です。</p><h1>設置 <small>の手順</small></h1><script>x = 1</script><div>水平な
場所に<b>置き</b>ます。</div><!-- 注 --><h2>灯台</h2><table><tr><th>項目</th><td>値</td></tr>
<tr><td>高さ</td><td>四十</td></tr></table>
<p><ruby>山田灯台<rp>(</rp><rt>やまだとうだい</rt><rp>)</rp></ruby>は&amp;</p><pre>  一
  二</pre></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "Shift_JIS", "euc-jp", "iso-2022-jp"])
def test_html_is_read_as_a_browser_shows_it(read: Read, charset: str) -> None:
    for page in (PAGE, PAGE.replace('<meta charset="{charset}">', "")):
        found = read("a.html", page.format(charset=charset).encode(charset))
        assert texts(found) == [
            ("", "前書き\nです。"),
            ("設置 の手順", "設置 の手順\n水平な 場所に置きます。"),
            ("灯台", "灯台\n項目\t値\n高さ\t四十\n山田灯台は&\n一\n二"),
        ]


def test_markdown_is_read_as_it_is_written(read: Read) -> None:
    text = "前書き\r\n\r\n# 設置 *手順*\n水平に。\n```\n# コード\n```\n電源\n----\n百ボルト\u2028です。\n> # 引用"
    found = read("a.md", text.encode())
    assert texts(found) == [
        ("", "前書き\r\n\r\n"),
        ("設置 *手順*", "# 設置 *手順*\n水平に。\n```\n# コード\n```\n"),
        ("電源", "電源\n----\n百ボルト\u2028です。\n> # 引用"),
    ]


def word_with(body: str) -> bytes:
    """A Word file with this XML, beneath a paragraph."""
    document = docx.Document()
    document.add_paragraph("前書き")
    for number, element in enumerate(list(parse_xml(f"<w:body {nsdecls('w')}>{body}</w:body>")), 1):
        document.element.body.insert(number, element)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(text: str) -> str:
    return f"<w:tc>{paragraph(text)}</w:tc>"


def controlled(content: str) -> str:
    return f"<w:sdt><w:sdtPr/><w:sdtContent>{content}</w:sdtContent></w:sdt>"


@pytest.mark.parametrize(
    "around",
    [
        controlled,
        lambda content: controlled(controlled(content)),
        lambda content: f'<w:customXml w:element="a">{content}</w:customXml>',
        lambda content: f'<w:ins w:id="1" w:author="a">{content}</w:ins>',
    ],
)
def test_what_stands_in_a_content_control_or_an_insertion_is_read(read: Read, around: Callable[[str], str]) -> None:
    rows = f"<w:tr>{cell('項目')}{around(cell('値'))}</w:tr>", around(f"<w:tr>{cell('高さ')}{cell('四十')}</w:tr>")
    table = f"<w:tbl><w:tblPr/><w:tblGrid/>{''.join(rows)}</w:tbl>"
    body = around(paragraph("設置", "Heading1") + paragraph("水平に。")) + around(table) + table + paragraph("以上。")
    assert texts(read("a.docx", word_with(body))) == [
        ("", "前書き"),
        ("設置", "設置\n水平に。\n項目\t値\n高さ\t四十\n項目\t値\n高さ\t四十\n以上。"),
    ]


def test_what_was_deleted_or_moved_away_is_not_read(read: Read) -> None:
    gone = [f'<w:p><w:{name} w:id="1"><w:r><w:t>旧</w:t></w:r></w:{name}></w:p>' for name in ("del", "moveFrom")]
    assert texts(read("a.docx", word_with("".join(gone)))) == [("", "前書き")]


# --- plain text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\x1b$B-!<RD9\x1b(B, \x1b$@-j\x1b(B: \x1b$B|b;3\x1b(B", "①社長, ㈱: 髙山"),  # what Windows adds
        (b"\x1b(I12\x1b(B", "ｱｲ"),
        (b"\x1b$(D0!\x1b(B", "丂"),
    ],
)
def test_iso_2022_jp_is_read_as_windows_and_others_write_it(read: Read, content: bytes, text: str) -> None:
    found = read("a.txt", content)
    assert (texts(found), found.encoding) == ([("", text)], "ISO-2022-JP")


@pytest.mark.parametrize("damage", [b"\x1b$B)!\x1b(B", b"\x1b$B<RD\x1b", b"\x1b$(D-!\x1b(B"])
def test_damaged_iso_2022_jp_is_not_taken_for_another_text(damage: bytes) -> None:
    with pytest.raises(UnreadableFileError, match="it looks like ISO-2022-JP, but not all of it is"):
        decode(b"abc " + damage)


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "UTF-16"),
        ("cp932", "Shift_JIS (CP932)"),
        ("euc_jp", "EUC-JP"),
        ("iso2022_jp", "ISO-2022-JP"),
    ],
)
@pytest.mark.parametrize("text", ["私は苺が好きです。\r\n", SENTENCES * 2000, f"料金: 1,200円\n{SENTENCES}"])
def test_the_encoding_of_a_text_is_found_and_said(read: Read, encoding: str, named: str | None, text: str) -> None:
    found = read("a.txt", text.encode(encoding))
    assert (texts(found), found.encoding) == ([("", text)], named)


@given(
    st.binary(max_size=60) | st.text("a\x1b$B(J\x82\xa0\xa4\n\0", max_size=40).map(lambda text: text.encode("latin-1"))
)
def test_no_bytes_are_more_than_a_sentence(content: bytes) -> None:
    with suppress(UnreadableFileError):
        assert "\0" not in decode(content).text


# --- what cannot be read

PDF, WORD = pdf(["保証期間は二年間です。"]), word(("Normal", "保証期間は二年間です。"))


def archive(**members: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def scanned() -> bytes:
    page = Pdf()
    page.picture()
    return page.content()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.pdf", scanned(), "it holds no text, only pictures of pages: run text recognition"),
        ("a.pdf", pdf(["苺"], password="geheim", owner="o"), "it is protected by a password: save a copy without one."),
        ("a.pdf", PDF[:40], "it is damaged"),
        ("a.pdf", b"%PDF-1.7\n%%EOF", "it is damaged"),
        ("a.pdf", WORD[:200], "it is damaged"),
        ("a.pdf", "題".encode(), "it is damaged or has the wrong name: it is no PDF."),
        ("a.docx", WORD[: len(WORD) // 2], "it is damaged"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + bytes(600), "it is an old Office file or protected by a password"),
        ("a.docx", archive(word__document_xml=b"x"), "it is an archive"),
        ("a.docx", archive(**{"word__document.xml": b"<x/>"}), "it is damaged: Word's file cannot be read."),
        ("a.docx", archive(**{"word__document.xml": bytes(400 * 2**20)}), "it unpacks to more than 300 MB"),
        ("a.xlsx", archive(**{"xl__workbook.xml": b"x"}), "it is an Excel workbook: use luke-qa batch"),
        ("a.pptx", archive(**{"ppt__presentation.xml": b"x"}), "it is a PowerPoint file: save it as PDF."),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(100), "it is a picture"),
        ("a.txt", bytes(range(256)) * 4, "it is not a text"),
        ("a.txt", b"", "it is empty."),
        ("a.txt", b" \n\n", "it has no text."),
        ("a.html", b"<html><script>x</script></html>", "it has no text."),
        ("a.html", b"<html>", "it has no text."),
    ],
)
def test_what_cannot_be_read_is_told_why_and_what_to_do(read: Read, name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read(name, content)
    assert str(caught.value).startswith(sentence)
    assert str(caught.value).endswith(".")
    assert caught.value.reason in Reason


@pytest.mark.parametrize(
    ("name", "content"), [("manual.txt", PDF), ("manual", PDF), ("manual.pdf", WORD), ("x.bin", WORD)]
)
def test_a_renamed_file_is_read_by_its_content(alone: Read, name: str, content: bytes) -> None:
    assert [part.text for part in alone(name, content).parts] == ["保証期間は二年間です。"]


def test_a_pdf_of_too_many_pages_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("luke_qa_client._files.pdf.MOST_PAGES", 2)
    with pytest.raises(UnreadableFileError) as caught:
        read_pdf(pdf(["一"], ["二"], ["三"]))
    assert str(caught.value) == "it has 3 pages, and at most 2 are read: split it."


@pytest.mark.slow
def test_ten_thousand_pages_are_refused_in_bounded_time(alone: Read) -> None:
    made = Pdf()
    for _ in range(10_000):
        made.end_page()
    with pytest.raises(UnreadableFileError) as caught:
        alone("a.pdf", made.content(), seconds=60)
    assert str(caught.value) == f"it has 10,000 pages, and at most {MOST_PAGES:,} are read: split it."


@pytest.mark.parametrize("paths", [None, "", os.pathsep, f"{os.pathsep}/nowhere{os.pathsep}"])
def test_the_reader_imports_nothing_from_the_current_directory(
    alone: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: str | None
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('mine')")
    monkeypatch.chdir(tmp_path)
    if paths is None:
        monkeypatch.delenv("PYTHONPATH", raising=False)
    else:
        monkeypatch.setenv("PYTHONPATH", paths)
    assert [part.text for part in alone("a.html", b"<p>abc</p>").parts] == ["abc"]


def test_a_file_that_takes_too_long_is_given_up(alone: Read) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        alone("a.pdf", PDF, seconds=0.01)
    assert str(caught.value) == "it takes more than 0.01 seconds to read: split it."


def test_a_reader_cannot_take_more_memory_than_it_may() -> None:
    code = f"import {isolated.__name__} as i; i._limit_memory(); x = bytearray(4 * 2**30)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env={"PYTHONPATH": "client/src"})
    assert b"MemoryError" in done.stderr


def bombs() -> list[bytes]:
    """Streams that unpack to gigabytes, entities that multiply, tags that nest."""
    stream = zlib.compress(bytes(50 * 2**20), 9)
    stream = zlib.compress(stream * 20, 9)
    page = b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>"
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, o) for n, o in enumerate(objects, 1))
    head = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>" % len(stream)
    body += b"4 0 obj\n%s\nstream\n%s\nendstream\nendobj\ntrailer << /Root 1 0 R >>\n%%%%EOF" % (head, stream)
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    document = b'<!DOCTYPE x [<!ENTITY l0 "lol">%s]><w:document>&l9;</w:document>' % laughs
    return [body, archive(**{"word__document.xml": document}), b"<html>" + b"<div>" * 200_000]


@pytest.mark.parametrize("number", range(3))
def test_a_bomb_does_no_harm(alone: Read, number: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UnreadableFileError):
        alone("a.bin" if number < 2 else "a.html", bombs()[number], seconds=30)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 * 2**10


@pytest.mark.parametrize("kind", ["pdf", "word", "html"])
def test_no_damage_is_more_than_a_sentence(tmp_path: Path, kind: str) -> None:
    """Cut, overwritten and shuffled files: each is read, or ends with its reason."""
    chance = random.Random(kind)
    whole = {"pdf": PDF, "word": WORD, "html": PAGE.format(charset="utf-8").encode()}[kind]
    outcomes = []
    for damage in range(60):
        content = bytearray(whole)
        for _ in range(damage):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if damage and chance.random() < 0.3:
            del content[chance.randrange(len(content)) :]
        (tmp_path / "a").write_bytes(content)
        outcomes.append(isolated.read(Kind(kind), tmp_path / "a"))
    assert all(outcome.keys() in ({"parts"}, {"problem", "reason"}) for outcome in outcomes)
    assert "parts" in outcomes[0]
