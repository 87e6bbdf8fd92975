"""What is compared, and what counts as equal."""

from bench.parity import NOISE, Compared, Found, compare, of_body, render

ANSWER = Found("苺", 7, 8, 0.9, 0.1)
REFUSED = Found(None, None, None, None, None, "invalid_value")


def test_noise_is_equal_and_more_is_not() -> None:
    near = Found("苺", 7, 8, 0.9 + NOISE / 2, 0.1)
    assert compare("HTTP", [near, REFUSED], [ANSWER, REFUSED]).is_equal
    far = Found("苺", 7, 8, 0.9, 0.1 + 2 * NOISE)
    assert not compare("HTTP", [far], [ANSWER]).is_equal


def test_another_place_or_error_is_not_equal() -> None:
    found = compare("HTTP", [Found("苺", 9, 10, 0.9, 0.1), REFUSED, ANSWER], [ANSWER, ANSWER, ANSWER])
    assert (found.same, found.errors, found.is_equal) == (1, 1, False)


def test_a_reply_is_read() -> None:
    body = {"answer": "苺", "start": 7, "end": 8, "score": 0.9, "no_answer_score": 0.1}
    assert (of_body(200, body), of_body(400, {"type": "invalid_value"})) == (ANSWER, REFUSED)


def test_the_page_names_what_was_left_out() -> None:
    about = {"date": "2026-11-28", "command": "python -m bench.parity"}
    page = render(about, [Compared("Ray", 2, 2, 0, 1e-8)], {"kserve": "It is not installed."})
    assert "| Ray | 2 | 2 | 0 | 1.0e-08 |" in page
    assert "Left out: kserve. It is not installed." in page
