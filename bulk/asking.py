"""What a row asks, three ways: over its own context, over documents that it names, or over the whole corpus."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow

from bulk.corpus import ID, TEXT, texts_of
from luke_qa.errors import InvalidValue, RequestError, report_failure
from luke_qa.jobs import Failed, Job
from luke_qa.request import Request, parse_request
from luke_qa.response import Response, error_response
from luke_qa.service import Received, Service

Ask = Callable[[pyarrow.Table], list[Response]]
Body = Mapping[str, Any]

_STAND_IN = "。"  # a context that any question may be asked over


def over_contexts(service: Service, options: Body, question: str, context: str) -> Ask:
    """Ask every row over the text, or the texts, in its column ``context``."""

    def ask(table: pyarrow.Table) -> list[Response]:
        rows = zip(table[question].to_pylist(), table[context].to_pylist(), strict=True)
        return _answered(service, [{"question": asked, "context": text, **options} for asked, text in rows])

    return ask


def over_named(service: Service, options: Body, question: str, named: str, documents: pyarrow.Table) -> Ask:
    """Ask every row over the documents whose ids are in its column ``named``."""

    def ask(table: pyarrow.Table) -> list[Response]:
        cells = table[named].to_pylist()
        lists = [[_named(item) for item in cell] if isinstance(cell, list) else None for cell in cells]
        texts = texts_of(documents, (item["id"] for items in lists for item in items or ()))

        def body(asked: object, items: Sequence[Body] | None) -> Body | RequestError:
            if items is None:  # a later file may hold something else than the first, which is checked at the start
                return InvalidValue("{part} must be a list of ids, or of objects with an id.", named)
            for item in items:
                if item["id"] not in texts:
                    return InvalidValue(f"{{part}} names {item['id']!r}, which is not in the corpus.", named)
            return {"question": asked, "context": [{**item, "text": texts[item["id"]]} for item in items], **options}

        return _answered(service, list(map(body, table[question].to_pylist(), lists)))

    return ask


class OverCorpus:
    """Ask every row over all documents, which are validated, tokenized and compared with each other once."""

    def __init__(self, service: Service, options: Body, question: str, documents: pyarrow.Table) -> None:
        self._service, self._options, self._question = service, options, question
        everything = [{"id": row[ID], "text": row[TEXT]} for row in documents.to_pylist()]
        self._request = self._parse(_STAND_IN, everything)
        query = self._request.query
        self._documents = service.engine.read(query.contexts, query.options.join_lines)

    def __call__(self, table: pyarrow.Table) -> list[Response]:
        jobs = [self._job(asked) for asked in table[self._question].to_pylist()]
        return self._service.decode(self._service.compute(jobs))

    def _parse(self, question: object, context: object) -> Request:
        fields = {"question": question, "context": context, **self._options}
        return parse_request(fields, self._service.settings, self._service.engine.max_tokens)

    def _job(self, question: object) -> Job | Failed:
        try:
            alone = self._parse(question, _STAND_IN)
            request = replace(self._request, query=replace(self._request.query, questions=alone.query.questions))
            with request.names.translated():
                return Job("", "", request, self._service.engine.prepare(request.query, documents=self._documents))
        except Exception as error:
            return Failed("", report_failure(error))


def _answered(service: Service, bodies: Sequence[Body | RequestError]) -> list[Response]:
    """Answer each body; those that are errors already stay so."""
    asked = [Received({"body": body}, "") for body in bodies if not isinstance(body, RequestError)]
    answers = iter(service.answer(asked))
    return [error_response(body, "") if isinstance(body, RequestError) else next(answers) for body in bodies]


def _named(item: Any) -> dict[str, Any]:
    """Return a document as a row names it: by its id, or by an object with an id and perhaps a score."""
    fields = item if isinstance(item, dict) else {"id": item}
    return {**fields, "id": str(fields.get("id"))}
