"""Fine-tune a LUKE model on your own questions, into a checkpoint that the server can load.

    python -m training.finetune --base studio-ousia/luke-japanese-base-lite --train train.json --dev dev.json --out DIR

With several files after --train, all of them are learnt: your own questions, and corrected ones.
The base is a directory or a Hugging Face hub repository: a LUKE that was only pretrained, or one that already
answers questions. The defaults are the recipe of the model card's author. After every epoch, the development
questions are answered as the server would answer them; the best epoch is kept. After an interruption, the same
command resumes from the last complete epoch.
"""

import argparse
import json
import math
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import TrainingArguments, set_seed
from transformers.trainer_utils import get_last_checkpoint

from luke_qa.checkpoint import TOKENIZER_FILE, CheckpointError
from luke_qa.tokenizer import Tokenizer
from ops.reader import DOC_STRIDE
from training.data.qa_data import Paragraph, ReadReport, read_questions
from training.finetuning.base import load_model, locate, save_checkpoint
from training.finetuning.features import FeatureReport, make_features
from training.finetuning.trainer import QuestionTrainer, measure


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.finetune", description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--base", required=True, help="checkpoint directory or Hugging Face hub repository")
    add(
        "--train",
        type=Path,
        nargs="+",
        required=True,
        help="SQuAD JSON or JSONL, also .xz, such as the files of luke-qa ui --feedback and luke-qa eval --show-wrong",
    )
    add("--dev", type=Path, required=True, help="same formats; used to choose the best epoch")
    add("--out", type=Path, required=True, help="checkpoint directory; its training/ contains the run's state")
    add("--epochs", type=int, default=3)
    add("--batch", type=int, default=8, help="windows per step")
    add("--device-batch", type=int, default=8, help="windows that fit into memory at once; must divide --batch")
    add("--rate", type=float, default=5e-5)
    add("--warmup", type=int, default=500, help="warm-up steps; at most a tenth of all steps")
    add("--weight-decay", type=float, default=0.1)
    add("--max-seq-len", type=int, help="tokens per window; default: the model's maximum")
    add("--seed", type=int, default=1)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    args = parse(argv)
    try:
        run(args)
    except (CheckpointError, OSError, ValueError) as error:
        print(f"Nothing was trained. {error}", file=sys.stderr)
        return 1
    return 0


def run(args: argparse.Namespace) -> None:
    """Read the data, train, and save the checkpoint.

    Raises:
        CheckpointError, OSError, ValueError: the base or the data cannot be read, or an option is invalid.
    """
    if args.batch % args.device_batch and args.device_batch < args.batch:
        raise ValueError("--device-batch must divide --batch.")
    set_seed(args.seed)
    base = locate(args.base)
    tokenizer = Tokenizer.from_file(base / TOKENIZER_FILE)
    train = [paragraph for path in args.train for paragraph in _read(path)]
    development = _read(args.dev)
    model = load_model(base)
    longest = model.config.max_position_embeddings - 2
    max_seq_len = min(args.max_seq_len or longest, longest)
    report = FeatureReport()
    features = make_features(train, tokenizer, max_seq_len, min(DOC_STRIDE, max_seq_len // 2), report)
    print(
        f"{report.windows} windows of at most {max_seq_len} tokens, {report.without_answer} without an answer; "
        f"{report.too_long} questions skipped as too long",
        flush=True,
    )
    work = args.out / "training"
    settings = training_arguments(args, work, len(features))
    trainer = QuestionTrainer(model, settings, features, development, tokenizer)
    before = measure(model, development, tokenizer, settings.bf16)
    print(f"before training: exact match {100 * before.exact_match:.2f}, F1 {100 * before.f1:.2f}", flush=True)
    last: str | None = get_last_checkpoint(work) if work.is_dir() else None  # type: ignore[no-untyped-call]
    trainer.train(resume_from_checkpoint=last)
    save_checkpoint(model, base, args.out)
    curve = "".join(json.dumps(entry) + "\n" for entry in trainer.state.log_history)
    (args.out / "curve.jsonl").write_text(curve, "utf-8")
    shutil.rmtree(work)
    print(f"best F1 {trainer.state.best_metric:.2f}; checkpoint saved to {args.out}", flush=True)


def training_arguments(args: argparse.Namespace, work: Path, windows: int) -> TrainingArguments:
    """Build the Trainer's arguments for ``windows`` training windows."""
    cuda = torch.cuda.is_available()
    device_batch = min(args.device_batch, args.batch)
    steps = args.epochs * math.ceil(windows / args.batch)
    return TrainingArguments(
        output_dir=str(work),
        num_train_epochs=args.epochs,
        per_device_train_batch_size=device_batch,
        gradient_accumulation_steps=args.batch // device_batch,
        learning_rate=args.rate,
        warmup_steps=min(args.warmup, steps // 10),
        weight_decay=args.weight_decay,
        bf16=cuda,
        use_cpu=not cuda,
        dataloader_pin_memory=cuda,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="f1",
        greater_is_better=True,
        logging_steps=max(1, min(50, steps // 20)),
        remove_unused_columns=False,
        report_to="none",
        disable_tqdm=not sys.stderr.isatty(),
        seed=args.seed,
    )


def _read(path: Path) -> list[Paragraph]:
    report = ReadReport()
    paragraphs = [paragraph for paragraph in read_questions(path, report) if paragraph.questions]
    dropped = "".join(f", {count} dropped: {reason}" for reason, count in report.dropped.items())
    print(f"{path.name}: {report.kept} questions, {report.unanswerable} without an answer{dropped}", flush=True)
    if not paragraphs:
        raise ValueError(f"{path} contains no questions.")
    return paragraphs


if __name__ == "__main__":
    sys.exit(main())
