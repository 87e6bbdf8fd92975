"""Evaluate a checkpoint on a question set, with the serving engine.

    python -m training.evaluate --data valid.jsonl --checkpoint checkpoints/embedded [--json report.json] [--calibrate]

Contexts are used exactly as given. The report starts with exact match and F1 over characters, normalised as in
JGLUE, by question type and length. The row "card" is the model card's own measure. Baselines, calibration, risk and
coverage, confidence, "no answer" and ranking follow.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from luke_qa.checkpoint import CheckpointError, open_checkpoint
from luke_qa.choices import EndLabel
from luke_qa.errors import RequestError
from luke_qa.metadata import Fitted
from luke_qa_client.evaluation import reliability
from luke_qa_client.evaluation.breakdown import Row, make_row
from luke_qa_client.metrics import Score
from ops.archive import resolve_end_label
from ops.reader import Computed, Reader
from training.data.qa_data import Paragraph, ReadReport, read_questions, sample
from training.evaluation.baselines import baseline_rows
from training.evaluation.breakdown import rows
from training.evaluation.calibration import Calibration, as_stored, calibration, fit_temperature, store_calibration
from training.evaluation.confidence import check_enough, fit_scaling, fit_thresholds, measure_states, scaled
from training.evaluation.exchanges import as_unanswerable, draw_exchanges
from training.evaluation.no_answer import answer_exchanges, measure_no_answer, measure_written
from training.evaluation.outcomes import Outcome, answerable, as_asked, score_outcomes, with_refusals
from training.evaluation.phrases import answer_with_weights, best_phrase_weight, phrase_rows
from training.evaluation.positions import score_positions
from training.evaluation.ranking import measure_ranking, prefers_relative_energies
from training.evaluation.report import Report, lines
from training.evaluation.risk import measure_risk
from training.evaluation.tokens import measure_tokens

_SEED = 7
_RANKED = 5  # paragraphs
_COMPARED = 400  # questions by which is chosen whether energies are relative


def measure_rows(
    paragraphs: Sequence[Paragraph], computed: Sequence[Computed], outcomes: Sequence[Outcome]
) -> list[Row]:
    """Compute the rows over all questions of ``paragraphs``."""
    answered = answerable(outcomes)
    found = [make_row("all", "characters (JGLUE)", answered)]
    if len(answered) < len(outcomes):
        found.append(_row("all", "with no answer (2.0)", with_refusals(outcomes)))
    found.append(_row("all", "card (token positions)", score_positions(paragraphs, computed)))
    return [*found, *baseline_rows(answered), *rows(answered)]


def measure_calibration(
    reader: Reader, computed: Sequence[Computed], outcomes: Sequence[Outcome], fit: bool
) -> list[Calibration]:
    """Measure calibration at the checkpoint's temperature and, if ``fit`` is set, at the fitted one.

    Questions without answers count too: any span is wrong for them.
    """
    right = [o.exact_match if o.question.answers else 0.0 for o in outcomes]

    def scores_at(temperature: float) -> list[float]:
        return [answers.spans[0].score for of_item in reader.decode(computed, temperature) for answers in of_item]

    found = [calibration([o.score for o in outcomes], right, reader.fitted.temperature)]
    if fit:
        best = fit_temperature(scores_at, right)
        found.append(calibration(scores_at(best), right, best))
    return found


def evaluate(reader: Reader, paragraphs: Sequence[Paragraph], limit: int | None, pairs: int, fit: bool) -> Report:
    """Measure everything.

    If ``fit`` is set, first choose whether energies are relative to "no answer", by how often the right paragraph comes
    first, then fit the weight of phrases, the temperature, the scaling and the thresholds, as if none had been before.
    ``limit`` is the maximum number of questions for the rows, ``pairs`` for no-answer and ranking.

    Raises:
        RequestError: the server would reject one of the questions.
        ValueError: there are too few questions to fit anything.
    """
    chosen, exchanges = sample(paragraphs, limit), draw_exchanges(paragraphs, 1, pairs, _SEED)
    if fit:
        questions = [question for paragraph in chosen for question in paragraph.questions]
        answered = sum(bool(question.answers) for question in questions)
        check_enough(answered, len(questions) - answered + len(exchanges))
        reader = replace(reader, fitted=Fitted(prior_weight=reader.fitted.prior_weight))
        compared = draw_exchanges(paragraphs, _RANKED - 1, min(pairs, _COMPARED), _SEED)
        relative = prefers_relative_energies(reader, compared, _SEED)
        reader = replace(reader, fitted=replace(reader.fitted, relative_energies=relative))
    computed = reader.compute(as_asked(chosen))
    if fit:
        by_weight = answer_with_weights(reader, chosen, computed)
        weight = best_phrase_weight(by_weight)
        reader = replace(reader, fitted=replace(reader.fitted, phrase_weight=weight))
        outcomes, weighed = by_weight[weight], phrase_rows(by_weight)
    else:
        outcomes, weighed = score_outcomes(chosen, reader.decode(computed)), []
    calibrations = measure_calibration(reader, computed, outcomes, fit)
    if fit:
        temperature = round(calibrations[-1].temperature, 3)
        reader = replace(reader, fitted=replace(reader.fitted, temperature=temperature))
        outcomes = score_outcomes(chosen, reader.decode(computed))
    own, other = answer_exchanges(reader, exchanges)
    unanswerable = [o for o in outcomes if not o.golds]
    unanswerable += score_outcomes(as_unanswerable(exchanges), [[answers] for answers in other])
    fitted = reader.fitted
    if fit:
        scaling = fit_scaling([o.place_score for o in outcomes], [o.right_place for o in outcomes])
        outcomes, unanswerable = scaled(outcomes, scaling), scaled(unanswerable, scaling)
        fitted = replace(fitted, place_scaling=scaling, thresholds=fit_thresholds(outcomes, unanswerable))
    return Report(
        rows=(*measure_rows(chosen, computed, outcomes), *weighed),
        tokens=measure_tokens(chosen, computed),
        calibrations=tuple(calibrations),
        place=reliability([o.place_score for o in outcomes], [o.right_place for o in outcomes]),
        risks=measure_risk(outcomes),
        states=measure_states(answerable(outcomes), unanswerable, fitted.thresholds) if fitted.thresholds else (),
        end_label=reader.end_label,
        fitted=fitted,
        no_answer=measure_no_answer(exchanges, own, other),
        written=measure_written(outcomes, fitted.thresholds),
        ranking=measure_ranking(reader, draw_exchanges(paragraphs, _RANKED - 1, pairs, _SEED), _SEED),
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="SQuAD JSON or JSONL, also .xz")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--json", type=Path, help="also write the report to this file")
    parser.add_argument("--limit", type=int, help="number of questions, drawn with a fixed seed; default: all")
    parser.add_argument("--pairs", type=int, default=500, help="number of questions for no-answer and ranking")
    parser.add_argument(
        "--calibrate",
        "--fit-temperature",  # its name before there were thresholds
        action="store_true",
        help="fit the weight of phrases, the temperature, the scaling of place_score and the thresholds of "
        "confidence on this data (development data only), choose whether energies are relative to no answer, and store "
        "all in the checkpoint",
    )
    parser.add_argument(
        "--end-label", type=EndLabel, choices=list(EndLabel), help="required if the checkpoint does not declare it"
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    args = parser.parse_args(argv)
    dropped = ReadReport()
    try:
        paragraphs = read_questions(args.data, dropped)
        end_label = resolve_end_label(open_checkpoint(args.checkpoint), args.end_label)
        reader = Reader.open(args.checkpoint, args.device, args.dtype, end_label)
        report = evaluate(reader, paragraphs, args.limit, args.pairs, args.calibrate)
    except (CheckpointError, RequestError, ValueError) as error:
        print(f"Nothing was measured. {error}", file=sys.stderr)
        return 1
    runs_on = reader.model.describe()
    print(f"{args.data.name}, answered by {args.checkpoint} ({', '.join(runs_on.values())})")
    for reason, count in dropped.dropped.items():
        print(f"dropped: {count} ({reason})")
    print(*lines(report), sep="\n")
    if args.calibrate:
        store_calibration(args.checkpoint, report.end_label, report.fitted)
        relative = "relative" if report.fitted.relative_energies else "absolute"
        print(
            f"\nphrase_weight {report.fitted.phrase_weight:g}, temperature {report.fitted.temperature:.3f}, {relative} "
            f"energies, scaling and thresholds stored in {args.checkpoint}"
        )
    if args.json:
        header = {"data": args.data.name, "checkpoint": args.checkpoint.name, "dropped": dropped.dropped} | runs_on
        measured = {name: value for name, value in asdict(report).items() if name not in ("end_label", "fitted")}
        measured["metadata"] = as_stored(report.end_label, report.fitted)
        args.json.write_text(json.dumps(header | measured, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


def _row(group: str, label: str, score: Score) -> Row:
    return Row(group, label, score.count, 100 * score.exact_match, 100 * score.f1)


if __name__ == "__main__":
    sys.exit(main())
