"""The whole pipeline on a few texts: vocabulary, analysis, pretraining, resuming, a checkpoint that answers."""

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from luke_qa.tokenizer import Tokenizer
from ops.layout import ROOT
from ops.reader import Reader
from tests.support.paragraphs import TOWN, paragraph, write_jsonl
from training import train
from training.data.charset import required_characters
from training.data.vocabulary import training_texts
from training.evaluation.outcomes import as_asked

ARTICLES = """\
# 青橋町
青橋町は北の海に面した小さな町である。町の中央を白根川が流れている。人口は約四千人で、漁業と林業が盛んである。
1921年に鉄道が開通し、駅の前に市場ができた。市場では毎週土曜日に魚と野菜が売られている。
町立図書館は1978年に建てられ、設計は建築家の森下誠が担当した。
# 白根川
白根川は白根山を水源とし、青橋町を通って海に注ぐ川である。全長は48キロメートルである。
春には川の両岸で桜が咲き、多くの人が訪れる。1955年の大雨では堤防が切れ、三つの橋が流された。
"""
BOOK = """\
その朝、港には一そうの船が着いた。
船から降りた老人は、白い帽子を手に持っていた。
市場の女たちは、老人が誰なのかを知らなかった。
老人は橋のたもとの宿に入り、三日のあいだ外へ出なかった。
四日目に、老人は町の学校を訪ねた。
校長は古い写真を見て、ようやく老人の名を思い出した。
"""
HELD_OUT = paragraph("灯台", "岬の灯台は石で造られている。", ("灯台は何で造られていますか", "石"))
META_PIECES = 3  # <unk>, <s>, </s>


@dataclass(frozen=True)
class Corpora:
    articles: Path
    questions: Path
    sentences: Path
    books: Path

    def options(self) -> list[str]:
        files = {
            "articles": self.articles,
            "questions": self.questions,
            "sentences": self.sentences,
            "books": self.books,
        }
        return [part for name, file in files.items() for part in (f"--{name}", str(file))]


@pytest.fixture
def corpora(tmp_path: Path) -> Corpora:
    rng = random.Random(1)
    actors, places = ("父", "母", "兄", "姉", "先生"), ("公園", "図書館", "学校", "市場")
    things = ("写真", "野菜", "新聞", "地図")
    lines = [
        f"{rng.choice(actors)} は {rng.choice(places)} で {rng.choice(things)} を 見 まし た 。" for _ in range(60)
    ]
    made = Corpora(*(tmp_path / name for name in ("articles.txt", "questions.jsonl", "sentences.txt", "books.txt")))
    made.articles.write_text(ARTICLES, "utf-8")
    made.sentences.write_text("\n".join(lines) + "\n", "utf-8")
    made.books.write_text(f"{BOOK}\n{BOOK}", "utf-8")
    write_jsonl(made.questions, TOWN)
    return made


def stage(module: str, *options: str) -> str:
    """Run a stage as the README does and return what it printed."""
    paths = os.pathsep.join(str(ROOT / part) for part in (".", "handler", "client/src"))
    threads = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-m", f"training.{module}", *options],
        cwd=ROOT,
        env={**os.environ, **threads, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_handful_of_paragraphs_becomes_a_checkpoint_that_answers(corpora: Corpora, tmp_path: Path) -> None:
    work, out = tmp_path / "work", tmp_path / "checkpoint"
    texts = training_texts(corpora.articles, corpora.questions, corpora.sentences, corpora.books, seed=1)
    size = len(required_characters(texts, 4)) + META_PIECES  # so little text yields no more pieces
    held_out = write_jsonl(tmp_path / "held-out.jsonl", [HELD_OUT])

    paths = ["--held-out", str(held_out), "--work", str(work), "--out", str(out)]
    small = ["--vocabulary-size", str(size), "--rows", "2", "--layers", "2", "--workers", "0"]
    stage("train", *corpora.options(), *paths, *small, "--total-steps", "4")
    packed = {path: path.stat().st_mtime_ns for path in (work / "packed").iterdir()}
    printed = stage("train", *corpora.options(), *paths, *small, "--total-steps", "6")
    assert '"step": 4' in printed  # the second run resumed where the first one ended
    assert packed == {path: path.stat().st_mtime_ns for path in (work / "packed").iterdir()}

    tokenizer = Tokenizer.from_file(out / "sentencepiece.bpe.model")
    assert "苺" in tokenizer.decode(tokenizer.tokenize("苺を売る店").ids)
    reader = Reader.open(out, "cpu")
    for paragraph_of, answers in zip(TOWN, reader.answer(as_asked(TOWN)), strict=True):
        for answer in answers:
            (span,) = answer.spans
            assert span.answer
            assert span.answer == paragraph_of.context[span.start : span.end]
            assert 0 <= span.score <= 1

    another = ["--data", str(work / "packed"), "--work", str(tmp_path / "another"), "--out", str(tmp_path / "further")]
    stage("pretraining.pretrain", *another, *small[2:], "--base", str(out), "--total-steps", "1", "--rate", "1e-6")
    before, after = (load_file(path / "model.safetensors") for path in (out, tmp_path / "further"))
    for name in before:  # weights other than the base's would differ far more
        torch.testing.assert_close(before[name], after[name], rtol=1e-2, atol=1e-4)


def test_a_stage_that_fails_ends_the_run(corpora: Corpora, tmp_path: Path) -> None:
    corpora.questions.write_text("no questions", "utf-8")
    paths = ["--held-out", str(corpora.questions), "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")]
    with pytest.raises(AssertionError, match="neither SQuAD JSON"):
        stage("train", *corpora.options(), *paths)
    assert not (tmp_path / "out").exists()


def test_a_wrong_option_ends_the_command_before_any_stage(corpora: Corpora, tmp_path: Path) -> None:
    paths = ["--held-out", str(corpora.questions), "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")]
    with pytest.raises(AssertionError, match="unrecognized arguments: --rat"):
        stage("train", *corpora.options(), *paths, "--ratt", "1")
    corpora.articles.unlink()
    with pytest.raises(AssertionError, match=r"articles\.txt is not a file"):
        stage("train", *corpora.options(), *paths)
    assert not (tmp_path / "work").exists()


def test_data_without_a_vocabulary_are_named(tmp_path: Path) -> None:
    paths = [part for name in ("data", "work", "out") for part in (f"--{name}", str(tmp_path / name))]
    with pytest.raises(AssertionError, match=rf"Nothing was trained\. {tmp_path}/data/\S+ is missing: training\.data"):
        stage("pretraining.pretrain", *paths)


def test_a_stage_is_repeated_for_other_files(corpora: Corpora, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = list[str]()

    def run(command: list[str]) -> subprocess.CompletedProcess[str]:
        ran.append(command[2])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(os, "execv", lambda *command: None)
    paths = ["--held-out", str(corpora.questions), "--work", str(tmp_path), "--out", str(tmp_path / "out")]
    for _ in range(2):
        train.main([*corpora.options(), *paths])
    assert ran == ["training.data.vocabulary", "training.data.analyse"]
    more = write_jsonl(tmp_path / "more.jsonl", [HELD_OUT])
    train.main([*corpora.options(), *paths, "--held-out", str(corpora.questions), str(more)])
    assert ran[2:] == ["training.data.analyse"]
