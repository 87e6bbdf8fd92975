"""The manual that the examples ask."""

from pathlib import Path

import pytest

from docs.manual import pages, write_manual
from luke_qa.lines import join_lines
from luke_qa_client import LukeQAClient
from luke_qa_client._files.reading import read_file
from ops.instance import Instance


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("manual") / "manual.pdf"
    write_manual(file)
    return file


def test_the_text_of_every_page_comes_back_as_it_was_before_it_was_wrapped(manual: Path) -> None:
    found = read_file(manual)
    assert found.is_wrapped
    assert [part.page for part in found.parts] == list(range(1, 61))
    joined = [join_lines(part.text).text.replace("。\n", "。") for part in found.parts]  # no answer goes on over a 。
    assert joined == [f"{heading}\n{body}" for heading, body in pages()]


@pytest.mark.parametrize(
    ("question", "answer", "page"),
    [
        ("保証期間は何年間ですか", "二年間", 53),
        ("定格消費電力は何ワットですか", "四百三十ワット", 7),
        ("設計を担当したのは誰ですか", "早川さんと三浦さん", 58),
        ("羽根の価格はいくらですか", "九百円", 49),
        ("レーズンは何グラムまで入りますか", "六十グラム", 25),
    ],
)
def test_a_question_finds_its_page(server: Instance, manual: Path, question: str, answer: str, page: int) -> None:
    parts = read_file(manual).parts
    with LukeQAClient(server.inference_url) as client:
        found = client.ask(question, [part.text for part in parts], join_lines=True)
    assert found.document is not None
    assert (found.answer, parts[found.document].page) == (answer, page)
    assert parts[found.document].text[found.start : found.end].replace("\n", "") == answer
