"""Which of a question's spans become its answers, besides the best."""

from collections.abc import Sequence

from luke_qa.query import Options, Span

# Where spans are passed over, the search for others ends here: it would go through every span of the documents.
LOWEST_SCORE = 1e-6


def is_too_low(span: Span, options: Options) -> bool:
    """Return whether neither this span nor any that scores less can be an answer."""
    passes_over = options.overlap < 1 or options.top_k_per_document is not None
    return span.score < max(options.min_score, LOWEST_SCORE if passes_over else 0.0)


def may_join(span: Span, chosen: Sequence[Span], options: Options) -> bool:
    """Return whether ``span`` is an answer beside the ``chosen`` ones, which all score more."""
    same_document = [other for other in chosen if other.document == span.document]
    if options.top_k_per_document is not None and len(same_document) >= options.top_k_per_document:
        return False
    return options.overlap >= 1 or all(_shared(span, other) <= options.overlap for other in same_document)


def _shared(one: Span, other: Span) -> float:
    """How much two spans of one document share, as a part of the shorter one."""
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return 0.0
    common = min(one.end, other.end) - max(one.start, other.start)
    return max(0, common) / min(one.end - one.start, other.end - other.start)
