import codecs
import gzip
import json
import tracemalloc
import zlib

import pytest

from luke_qa.bodies import parse_json
from luke_qa.errors import InvalidJson, TooLarge
from luke_qa.incoming import read_fields
from tests.support.wire import NATIVE

LIMIT = 100_000
TEXT = json.dumps(NATIVE, ensure_ascii=False)
RAW = TEXT.encode()
PACKED = gzip.compress(RAW, mtime=0)  # always the same bytes, which name a test


@pytest.mark.parametrize(
    "body",
    [
        RAW,
        bytearray(RAW),
        TEXT,
        codecs.BOM_UTF8 + RAW,
        "\ufeff" + TEXT,
        PACKED,
        bytearray(gzip.compress(codecs.BOM_UTF8 + RAW)),
    ],
)
def test_a_body_may_be_gzipped_and_begin_with_a_byte_order_mark(body: str | bytes | bytearray) -> None:
    assert parse_json(body, LIMIT) == NATIVE


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("cp932", "Shift_JIS (CP932)"),
        ("euc_jp", "EUC-JP"),
        ("iso2022_jp", "ISO-2022-JP"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("utf-32-be", "UTF-32"),
    ],
)
def test_another_encoding_is_named(encoding: str, named: str) -> None:
    with pytest.raises(InvalidJson) as caught:
        parse_json(TEXT.encode(encoding), LIMIT)
    assert str(caught.value) == f"The body is not UTF-8: it looks like {named}. Send it as UTF-8."


def test_bytes_that_look_like_nothing_have_no_name() -> None:
    with pytest.raises(InvalidJson) as caught:
        parse_json(b'{"question": "\xff\xff"}', LIMIT)
    assert str(caught.value) == "The body is not UTF-8: send it as UTF-8."


def test_a_form_names_its_field() -> None:
    with pytest.raises(InvalidJson) as caught:
        read_fields({"question": bytearray("何が好きですか".encode("cp932")), "context": bytearray(b"")}, LIMIT)
    assert str(caught.value) == "question is not UTF-8: it looks like Shift_JIS (CP932). Send it as UTF-8."


def test_a_bomb_is_refused_without_being_inflated() -> None:
    zeros = zlib.compressobj(9, wbits=31)
    bomb = b"".join(zeros.compress(bytes(10**6)) for _ in range(300)) + zeros.flush()
    assert len(bomb) < 300_000
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge) as caught:
            parse_json(bomb, LIMIT)
        assert tracemalloc.get_traced_memory()[1] < 10 * LIMIT
    finally:
        tracemalloc.stop()
    assert str(LIMIT) in str(caught.value)


def test_the_limit_itself_is_accepted() -> None:
    body = json.dumps("苺" * 1000, ensure_ascii=False).encode()
    assert parse_json(gzip.compress(body), len(body)) == "苺" * 1000
    with pytest.raises(TooLarge):
        parse_json(gzip.compress(body), len(body) - 1)


@pytest.mark.parametrize(
    "body",
    [
        PACKED[:-9],
        PACKED[:20],
        b"\x1f\x8b",
        b"\x1f\x8b\x08" + RAW,
        PACKED[:-8] + b"\0" * 8,
        PACKED + b"x",
        gzip.compress(PACKED),
    ],
)
def test_damaged_gzip_is_an_ordinary_error(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        parse_json(body, LIMIT)
