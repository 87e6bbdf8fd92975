"""More text than one request may have."""

from collections.abc import Callable
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


def find(context: Context, options: AskOptions, words: tuple[str, ...] = ("苺",)) -> Answer:
    """A server: the words wherever they are; the more 「！」 behind one, the better."""
    texts = texts_of(context)
    spans = [
        Span(
            word,
            0.1 + 0.1 * text[place:].count("！"),
            place,
            place + len(word),
            number,
            passage=Passage(text, 0, len(text)),
        )
        for number, text in enumerate(texts)
        for word in words
        for place in range(len(text))
        if text.startswith(word, place)
    ]
    best, *others = sorted(spans, key=lambda span: -span.score) or [Span("", 0.9, None, None, None)]
    fields: dict[str, Any] = {name: getattr(best, name) for name in Span.__dataclass_fields__}
    rest = tuple(others[: (options.get("top_k") or 1) - 1])
    return Answer(**fields, no_answer_score=0.5, request_id="r", alternatives=rest, windows=Windows(1, len(texts)))


def ask(
    context: Context, server: Callable[[Context, AskOptions], Answer] = find, **options: Any
) -> tuple[Answer, list[tuple[Context, AskOptions]]]:
    steps, asked = ask_in_parts(context, options), []  # type: ignore[arg-type]
    request = next(steps)
    while True:
        asked.append(request)
        try:
            request = steps.send(server(*request))
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


def test_the_best_answer_of_a_later_part_is_not_cut_for_the_others_of_an_earlier_one() -> None:
    answer, asked = ask(["あ苺", "い苺", "う苺", "え苺！！"], top_k=3)
    assert answer.document == 3
    assert texts_of(asked[-1][0]) == ["あ苺", "い苺", "え苺！！"]  # in the order of the context


def test_what_is_blank_is_not_asked() -> None:
    answer, asked = ask(["あ", "い", "う", "", "\u200b\n", "　", *["\u200b"] * 3, "苺", "え", ""])
    assert (answer.document, answer.start) == (9, 0)
    assert [texts_of(context) for context, _ in asked] == [["あ", "い", "う"], ["苺", "え"], ["苺"]]
    _, asked = ask("あ" * 90 + " " * 200 + "苺")
    assert not any(text.isspace() for context, _ in asked for text in texts_of(context))


def test_if_all_is_blank_the_server_says_so() -> None:
    parts = split_documents([Document("")] * 4)
    assert [[piece.document.text for piece in part] for part in parts] == [["", "", ""], [""]]


def test_a_document_in_pieces_has_as_many_answers_as_it_may() -> None:
    text = "苺！！" + "あ" * 200 + "苺！" + "あ" * 50
    answer, _ = ask([text, "苺"], top_k=2, top_k_per_document=1)
    assert [(span.document, span.start) for span in (answer.best, *answer.alternatives)] == [(0, 0), (1, 0)]
    answer, _ = ask([text, "苺"], top_k=2)
    assert [(span.document, span.start) for span in (answer.best, *answer.alternatives)] == [(0, 0), (0, 203)]


@pytest.mark.parametrize(("overlap", "starts"), [(None, [92, 94]), (0.4, [92, 94]), (0.2, [92])])
def test_answers_from_two_pieces_of_a_document_share_no_more_than_they_may(
    overlap: float | None, starts: list[int]
) -> None:
    def server(context: Context, options: AskOptions) -> Answer:
        return find(context, options, ("苺と桃", "桃と梨"))

    answer, _ = ask("あ" * 92 + "苺と桃と梨" + "あ" * 92, server, top_k=5, overlap=overlap)  # in both pieces
    assert [span.start for span in (answer.best, *answer.alternatives)] == starts


def test_a_place_in_a_long_document_is_counted_from_its_beginning() -> None:
    text = "🍓" * 250 + "苺！" + "あ" * 100
    answer, _ = ask(text)
    assert (answer.document, answer.start, answer.end) == (0, 250, 251)
    assert answer.passage == Passage(text[245:256], 245, 256)
    in_utf16, asked = ask(text, offsets="utf16")
    assert (in_utf16.start, in_utf16.end) == (500, 501)
    assert in_utf16.passage == Passage(text[245:256], 490, 506)
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
