"""transformers' Trainer, evaluated each epoch as the server would answer."""

from collections.abc import Sequence
from typing import Any

from transformers import LukeForQuestionAnswering, Trainer, TrainingArguments

from luke_qa.choices import EndLabel
from luke_qa.tokenizer import Tokenizer
from luke_qa_client.metrics import Score
from ops.reader import Reader
from training.data.qa_data import Paragraph
from training.evaluation.outcomes import as_asked, overall, score_outcomes, with_refusals
from training.finetuning.features import Feature, collate
from training.finetuning.trained_model import TrainedModel


class QuestionTrainer(Trainer):
    """A Trainer that evaluates the development questions with the serving engine."""

    def __init__(
        self,
        model: LukeForQuestionAnswering,
        args: TrainingArguments,
        features: Sequence[Feature],
        development: Sequence[Paragraph],
        tokenizer: Tokenizer,
    ) -> None:
        super().__init__(model, args, collate, list(features), list(development))
        self._network, self._development, self._tokenizer = model, development, tokenizer

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Measure exact match and F1 over all development questions, in percent; ``eval_dataset`` is ignored."""
        score = measure(self._network, self._development, self._tokenizer, self.args.bf16)
        metrics = {
            f"{metric_key_prefix}_exact_match": round(100 * score.exact_match, 2),
            f"{metric_key_prefix}_f1": round(100 * score.f1, 2),
        }
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def measure(
    model: LukeForQuestionAnswering, development: Sequence[Paragraph], tokenizer: Tokenizer, bf16: bool
) -> Score:
    """Measure exact match and F1 of ``model``.

    If the data has questions without answers, "no answer" may win.
    """
    reader = Reader(tokenizer, TrainedModel(model, bf16), EndLabel.EXCLUSIVE)
    outcomes = score_outcomes(development, reader.answer(as_asked(development)))
    return overall(outcomes) if all(o.question.answers for o in outcomes) else with_refusals(outcomes)
