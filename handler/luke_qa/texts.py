"""The texts of a request, checked against the server's limits."""

from luke_qa.errors import InvalidValue, Part, TooLarge
from luke_qa.query import Query
from luke_qa.settings import Settings


def check_texts(query: Query, settings: Settings) -> None:
    """Check the number and the length of the questions and contexts, and that they are text.

    Raises:
        InvalidValue: one is blank, or not valid Unicode.
        TooLarge: a limit is exceeded.
    """
    inputs = (
        ("question", query.questions, settings.max_questions),
        ("context", query.contexts, settings.max_documents),
    )
    for name, texts, limit in inputs:
        if not texts:
            raise InvalidValue("{part} must not be an empty list.", name)
        if len(texts) > limit:
            raise TooLarge(f"{{part}} has {len(texts)} items, but the limit is {limit}.", name)
    for name, texts, _ in inputs:
        for number, text in enumerate(texts):
            # A blank document among others is not read, so it cannot win.
            if not text.strip() and (name == "question" or not any(map(str.strip, texts))):
                raise InvalidValue("{part} must not be empty or blank.", Part(name, number))
            if not is_unicode(text):
                raise InvalidValue("{part} contains a lone surrogate, which is not valid text.", Part(name, number))
    for number, text in enumerate(query.questions):
        if len(text) > settings.max_question_chars:
            raise TooLarge(
                f"{{part}} has {len(text)} characters, but the limit is {settings.max_question_chars}.",
                Part("question", number),
            )
    total = sum(map(len, query.contexts))
    if total > settings.max_context_chars:
        raise TooLarge(
            f"The context has {total} characters in total, but the limit is {settings.max_context_chars}.",
            Part("context", 0 if len(query.contexts) == 1 else None),
        )


def is_unicode(text: str) -> bool:
    """Return False for text with a lone surrogate, which is possible with JSON's escapes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
