"""A reader for Haystack (the extra ``haystack``): the server's answers to a query over documents.

It stands where Haystack 2 had its ``ExtractiveReader``, with the same inputs and outputs, and needs neither a model nor
torch in the pipeline's process.
"""

from collections.abc import Sequence
from typing import Any

from ._answers import Answer, Span
from ._async_client import AsyncLukeQAClient
from ._client import LukeQAClient
from ._errors import MissingExtraError
from ._excerpt import excerpt

try:
    from haystack import Document, ExtractedAnswer, component, default_from_dict, default_to_dict
    from haystack.utils import Secret, deserialize_secrets_inplace
except ImportError as error:
    raise MissingExtraError("LukeQAReader needs the extra haystack: pip install luke_qa_client[haystack]") from error


@component
class LukeQAReader:
    """Finds the answers to a query in documents, best first, and "no answer" as one of them.

    Scores are probabilities and compare across documents. "No answer" has neither data nor document.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        token: Secret | None = Secret.from_env_var("LUKE_QA_TOKEN", strict=False),  # noqa: B008  # as Haystack's own do
        top_k: int = 20,
        score_threshold: float | None = None,
        no_answer: bool = True,
        max_seq_length: int | None = None,
        stride: int | None = None,
        timeout: float | None = None,
    ) -> None:
        """Create a reader. It connects at its first query.

        Args:
            base_url: the server's address; see ``LukeQAClient``.
            token: the server's key, if it requires one.
            top_k: the maximum number of answers, "no answer" included.
            score_threshold: answers with a lower score are left out.
            no_answer: whether "no answer" may be among the answers.
            max_seq_length: the maximum length of a window in tokens; None: the server's.
            stride: the overlap of neighbouring windows in tokens; None: the server's.
            timeout: seconds per attempt; see ``LukeQAClient``.
        """
        self.base_url = base_url
        self.token = token
        self.top_k = top_k
        self.score_threshold = score_threshold
        self.no_answer = no_answer
        self.max_seq_length = max_seq_length
        self.stride = stride
        self.timeout = timeout
        self._client: LukeQAClient | None = None

    @component.output_types(answers=list[ExtractedAnswer])
    def run(
        self,
        query: str,
        documents: list[Document],
        top_k: int | None = None,
        score_threshold: float | None = None,
        no_answer: bool | None = None,
    ) -> dict[str, list[ExtractedAnswer]]:
        """Return the answers; the arguments other than ``query`` and ``documents`` replace those of the reader.

        Raises:
            LukeQAError: the server did not answer.
        """
        if not (readable := _readable(documents)):
            return {"answers": []}
        if self._client is None:
            self._client = LukeQAClient(self.base_url, **self._arguments())
        answer = self._client.ask(query, _texts(readable), **self._options(top_k))
        return {"answers": self._answers(query, readable, answer, top_k, score_threshold, no_answer)}

    @component.output_types(answers=list[ExtractedAnswer])
    async def run_async(
        self,
        query: str,
        documents: list[Document],
        top_k: int | None = None,
        score_threshold: float | None = None,
        no_answer: bool | None = None,
    ) -> dict[str, list[ExtractedAnswer]]:
        """Do the same in an event loop."""
        if not (readable := _readable(documents)):
            return {"answers": []}
        async with AsyncLukeQAClient(self.base_url, **self._arguments()) as client:  # it belongs to this event loop
            answer = await client.ask(query, _texts(readable), **self._options(top_k))
        return {"answers": self._answers(query, readable, answer, top_k, score_threshold, no_answer)}

    def to_dict(self) -> dict[str, Any]:
        """Return the reader's arguments for a pipeline's file. The key itself is never written."""
        result: dict[str, Any] = default_to_dict(
            self,
            base_url=self.base_url,
            token=self.token.to_dict() if self.token else None,
            top_k=self.top_k,
            score_threshold=self.score_threshold,
            no_answer=self.no_answer,
            max_seq_length=self.max_seq_length,
            stride=self.stride,
            timeout=self.timeout,
        )
        return result

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "LukeQAReader":
        """Return the reader that ``to_dict`` described."""
        deserialize_secrets_inplace(data["init_parameters"], keys=["token"])
        reader: LukeQAReader = default_from_dict(cls, data)
        return reader

    def _arguments(self) -> dict[str, Any]:
        return {"token": self.token.resolve_value() if self.token else None, "timeout": self.timeout}

    def _options(self, top_k: int | None) -> dict[str, Any]:
        return {"top_k": top_k or self.top_k, "max_seq_len": self.max_seq_length, "doc_stride": self.stride}

    def _answers(
        self,
        query: str,
        documents: Sequence[Document],
        answer: Answer,
        top_k: int | None,
        score_threshold: float | None,
        no_answer: bool | None,
    ) -> list[ExtractedAnswer]:
        threshold = self.score_threshold if score_threshold is None else score_threshold
        found = [_extracted(query, documents, span) for span in (answer.best, *answer.alternatives) if span]
        if self.no_answer if no_answer is None else no_answer:
            found.append(ExtractedAnswer(query=query, score=answer.no_answer_score))
        found.sort(key=lambda each: each.score, reverse=True)
        return [each for each in found if threshold is None or each.score >= threshold][: top_k or self.top_k]


def _readable(documents: Sequence[Document]) -> list[Document]:
    return [document for document in documents if document.content and document.content.strip()]


def _texts(documents: Sequence[Document]) -> list[str]:
    return [document.content or "" for document in documents]


def _extracted(query: str, documents: Sequence[Document], span: Span) -> ExtractedAnswer:
    document, start, end = documents[span.document or 0], span.start or 0, span.end or 0
    content = document.content or ""
    around = excerpt(content, start, end)
    first = len(around.before)
    return ExtractedAnswer(
        query=query,
        data=span.answer,
        score=span.score,
        document=document,
        document_offset=ExtractedAnswer.Span(start, end),
        context=f"{around.before}{around.answer}{around.after}",
        context_offset=ExtractedAnswer.Span(first, first + len(around.answer)),
        meta=_page(document, content[:start]),
    )


def _page(document: Document, before: str) -> dict[str, Any]:
    """Return the page of an answer, if the document's is known; a form feed begins the next one."""
    page = document.meta.get("page_number")
    return {"answer_page_number": page + before.count("\f")} if isinstance(page, int) else {}
