"""More text than one request may have."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa_client import Answer, Document, Passage, Span, Windows, _parts
from luke_qa_client._documents import Context, plain, texts_of
from luke_qa_client._parts import ask_in_parts, is_too_much, split_documents
from luke_qa_client._request import AskOptions
from tests.unit.client.conftest import OpenClient
from tests.unit.client.stub import Stub


@pytest.fixture(autouse=True)
def _small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MAX_DOCUMENTS": 3, "MAX_CHARACTERS": 100, "SHARED": 10, "REACH": 5}.items():
        monkeypatch.setattr(_parts, name, value)


def find(context: Context, options: AskOptions) -> Answer:
    """A server: 苺 wherever it is; the more 「！」 behind it, the better."""
    texts = texts_of(context)
    spans = [
        Span("苺", 0.1 + 0.1 * text[place:].count("！"), place, place + 1, number, passage=Passage(text, 0, len(text)))
        for number, text in enumerate(texts)
        for place in range(len(text))
        if text[place] == "苺"
    ]
    best, *others = sorted(spans, key=lambda span: -span.score) or [Span("", 0.9, None, None, None)]
    fields: dict[str, Any] = {name: getattr(best, name) for name in Span.__dataclass_fields__}
    rest = tuple(others[: (options.get("top_k") or 1) - 1])
    return Answer(**fields, no_answer_score=0.5, request_id="r", alternatives=rest, windows=Windows(1, len(texts)))


def ask(context: Context, **options: Any) -> tuple[Answer, list[tuple[Context, AskOptions]]]:
    steps, asked = ask_in_parts(context, options), []  # type: ignore[arg-type]
    request = next(steps)
    while True:
        asked.append(request)
        try:
            request = steps.send(find(*request))
        except StopIteration as stop:
            return stop.value, asked


@given(lengths=st.lists(st.integers(0, 350), min_size=1, max_size=12))
def test_every_character_is_asked_and_no_part_is_too_large(lengths: list[int]) -> None:
    documents = [Document("".join(chr(0x4E00 + k) for k in range(length))) for length in lengths]
    seen: dict[int, set[int]] = {number: set() for number in range(len(documents))}
    for part in split_documents(documents):
        assert len(part) <= 3
        assert sum(len(piece.document.text) for piece in part) <= 100
        for piece in part:
            text = piece.document.text
            assert documents[piece.number].text[piece.offset : piece.offset + len(text)] == text
            seen[piece.number] |= set(range(piece.offset, piece.offset + len(text)))
    assert [len(places) for places in seen.values()] == lengths


def test_the_best_answers_of_all_parts_are_ranked_together() -> None:
    answer, asked = ask(["あ苺！", "い", "う", "え苺！！", "お"], top_k=2)
    assert (answer.document, answer.start, answer.end) == (3, 1, 2)
    assert [(span.document, span.start) for span in answer.alternatives] == [(0, 1)]
    assert [texts_of(context) for context, _ in asked] == [
        ["あ苺！", "い", "う"],
        ["え苺！！", "お"],
        ["あ苺！", "え苺！！"],
    ]
    assert answer.windows == Windows(2, 5)


def test_a_place_in_a_long_document_is_counted_from_its_beginning() -> None:
    text = "🍓" * 250 + "苺！" + "あ" * 100
    answer, _ = ask(text)
    assert (answer.document, answer.start, answer.end) == (0, 250, 251)
    assert answer.passage == Passage(text[245:256], 245, 256)
    in_utf16, asked = ask(text, offsets="utf16")
    assert (in_utf16.start, in_utf16.end) == (500, 501)
    assert all(options["offsets"] is None for _, options in asked)


def test_without_an_answer_in_any_part_there_is_none() -> None:
    answer, asked = ask(["あ"] * 5)
    assert (answer.answer, answer.document, len(asked)) == ("", None, 2)


def test_what_is_known_of_a_document_goes_with_its_pieces() -> None:
    _, asked = ask([Document("苺" * 150, id="p1", score=2.0)])
    assert {(d.id, d.score) for context, _ in asked for d in context} == {("p1", 2.0)}  # type: ignore[union-attr]


def test_a_document_of_which_nothing_is_known_is_a_string_on_the_wire() -> None:
    assert plain([Document("苺"), Document("桃", id="p"), "梨"]) == ["苺", {"text": "桃", "id": "p"}, "梨"]


@pytest.mark.parametrize(("documents", "characters", "expected"), [(3, 100, False), (4, 4, True), (1, 101, True)])
def test_only_what_exceeds_a_limit_is_asked_in_parts(documents: int, characters: int, expected: bool) -> None:
    each = characters // documents
    assert is_too_much(["あ" * (characters - each * (documents - 1)), *["あ" * each] * (documents - 1)]) is expected


def test_a_client_asks_in_parts_by_itself(server: Stub, open_client: OpenClient) -> None:
    with open_client() as client:
        answer = client.ask("何が好きですか", ["雨", "雪", "風", "私は苺が好きです。"])
        (other,) = client.ask_many([("何が好きですか", ["雨", "雪", "風", "私は苺が好きです。"])])
    assert (answer.document, answer.start) == (3, 2)
    assert isinstance(other, Answer)
    assert (other.document, other.start) == (3, 2)
    assert [received.body["context"] for received in server.received[:3]] == [
        ["雨", "雪", "風"],
        ["私は苺が好きです。"],
        ["私は苺が好きです"],
    ]
