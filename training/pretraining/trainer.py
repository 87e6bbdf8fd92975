"""The training loop: batches in, saved states, curve and checkpoints out."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from training.network.export import write_checkpoint
from training.network.network import Network
from training.pretraining import attention
from training.pretraining.batches import Batch
from training.pretraining.curve import Curve
from training.pretraining.development import Item, evaluate
from training.pretraining.losses import batch_losses
from training.pretraining.precision import choose_bf16
from training.pretraining.run_state import Counters, RunningMean, load_state, save_state
from training.pretraining.schedule import Clock, learning_rate

_MASKED_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train; times are in seconds.

    shards: batches per step, computed in parallel by one thread each (on a CPU a fifth faster than two threads on one
    batch); reserve: time kept free at the end of a session to save and export; last: the schedule ends with this
    session.
    """

    rate: float
    warmup: int
    attention: str
    compiled: bool
    evaluate_every: float
    save_every: float
    report_every: float
    deadline: float
    shards: int = 1
    last: bool = False
    reserve: float = 12.0
    weight_decay: float = 0.05
    clip: float = 1.0


class Trainer:
    """Trains a network in one or more sessions."""

    def __init__(
        self,
        network: Network,
        mean: RunningMean,
        settings: Settings,
        device: torch.device,
        work: Path,
        out: Path,
        tokenizer: Path,
    ) -> None:
        self._network, self._mean, self._settings, self._device = network, mean, settings, device
        self._work, self._out, self._tokenizer = work, out, tokenizer
        self._bf16 = True  # chosen by measurement on a CPU
        self._damping = 1.0  # lowered whenever a loss is not finite
        self._parameters = list(network.parameters())
        self._threads = ThreadPoolExecutor(settings.shards, initializer=torch.set_num_threads, initargs=(1,))
        self._plain = Network(network.config).to(device).eval()  # the running mean, for evaluation
        decayed = [p for n, p in network.named_parameters() if p.ndim > 1 and "words" not in n]
        others = [p for n, p in network.named_parameters() if not (p.ndim > 1 and "words" not in n)]
        groups = [
            {"params": decayed, "weight_decay": settings.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(
            groups,
            lr=settings.rate,
            betas=(0.9, 0.98),
            eps=1e-6,
            fused=True,
        )

    def run(
        self,
        stream: Dataset[Batch],
        workers: int,
        counters: Counters,
        clock: Clock,
        progress: Tensor,
        items: dict[str, list[Item]],
    ) -> None:
        """Train until the run is done or the session's deadline is near, then evaluate, save and export."""
        torch.set_float32_matmul_precision("high")
        progress[0] = clock.progress(counters.step)
        batches = self._batches(stream, workers, counters.batches)
        curve = Curve(self._out / "curve.jsonl", self._work / "curve.jsonl", self._device)
        self._network.train()
        if not (self._work / "state.pt").exists():
            self._save(counters)
        torch.manual_seed(counters.step + 1)
        shards = [next(batches) for _ in range(self._settings.shards)]
        loss_of = self._loss_function(shards[0])
        if self._device.type == "cpu":
            self._bf16, line = choose_bf16(lambda bf16: self._gradients(shards[0], loss_of, bf16))
            print(line, flush=True)
        clock.start()
        if self._settings.last:
            clock.total_seconds = clock.seconds() + self._settings.deadline - time.monotonic() - self._settings.reserve
        curve.start(counters.tokens)
        saved = evaluated = clock.seconds()
        while True:
            self._step(shards, loss_of, counters, clock, curve)
            progress[0] = clock.progress(counters.step)
            counters.seconds = clock.seconds()
            if not curve.report(counters, self._settings.report_every, float(progress[0]), self.optimizer):
                self._damping *= 0.7
                print(f"loss not finite: restored the saved state, rate times {self._damping:.2f}", flush=True)
                load_state(self._work / "state.pt", self._network, self._mean, self.optimizer, self._device)
            if counters.seconds - evaluated > self._settings.evaluate_every:
                self._evaluate(items, counters, curve)
                evaluated = clock.seconds()
            if counters.seconds - saved > self._settings.save_every:
                self._save(counters)
                saved = clock.seconds()
            left = self._settings.deadline - time.monotonic()
            if progress[0] >= 1.0 or left < self._settings.reserve:
                break
            shards = curve.waiting(batches, self._settings.shards)
        counters.seconds = clock.seconds()
        self._save(counters)
        self._evaluate(items, counters, curve)
        print(f"session ended at {float(progress[0]):.3f} of the run", flush=True)

    def _step(
        self,
        shards: list[Batch],
        loss_of: "LossFunction",
        counters: Counters,
        clock: Clock,
        curve: Curve,
    ) -> None:
        rate = learning_rate(
            self._settings.rate,
            clock.progress(counters.step),
            counters.step,
            self._settings.warmup,
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate * self._damping
        span, masked = self._backward(shards, loss_of)
        norm = torch.nn.utils.clip_grad_norm_(self._network.parameters(), self._settings.clip)
        if torch.isfinite(norm):  # else the weights stay as they are, and the report finds the loss
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._mean.update(counters.step)
        counters.step += 1
        counters.batches += len(shards)
        counters.tokens += sum(batch["ids"].numel() for batch in shards)
        curve.add(span, masked)

    def _backward(self, shards: list[Batch], loss_of: "LossFunction") -> tuple[Tensor, Tensor]:
        """Store the mean gradients of the shards in the parameters; return the mean losses."""
        if len(shards) == 1:
            span, masked, gradients = self._gradients(shards[0], loss_of, self._bf16)
        else:
            parts = list(self._threads.map(lambda batch: self._gradients(batch, loss_of, self._bf16), shards))
            span, masked = (torch.stack(losses).mean() for losses in list(zip(*parts, strict=True))[:2])
            gradients = [torch.stack(same).mean(0) for same in zip(*(part[2] for part in parts), strict=True)]
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        return span, masked

    def _gradients(self, batch: Batch, loss_of: "LossFunction", bf16: bool) -> tuple[Tensor, Tensor, Sequence[Tensor]]:
        on_device = {k: v.to(self._device, non_blocking=True) for k, v in batch.items()}
        with torch.autocast(self._device.type, torch.bfloat16, enabled=bf16):
            span, masked = loss_of(on_device)
        gradients = torch.autograd.grad(span + _MASKED_WEIGHT * masked, self._parameters)
        return span.detach(), masked.detach(), gradients

    def _loss_function(self, batch: Batch) -> "LossFunction":
        """Choose the fastest working way to compute the losses; try it on a batch before the clock starts."""
        wanted = self._settings.attention
        if wanted == "auto":
            wanted = self._attention()
        ways = [(wanted, self._settings.compiled), ("masked", self._settings.compiled)]
        for kind, compiled in dict.fromkeys([*ways, (wanted, False), ("masked", False)]):
            loss_of = self._way(kind, compiled)
            began = time.monotonic()
            try:
                for _ in range(2):
                    losses = self._gradients(batch, loss_of, self._bf16)[:2]
                values = [round(float(loss), 3) for loss in losses]  # synchronises with the device
            except Exception as error:  # a compiler may raise anything
                print(f"attention {kind}, compiled {compiled}: {type(error).__name__}: {error}"[:600], flush=True)
                continue
            seconds = time.monotonic() - began
            print(f"attention {kind}, compiled {compiled}: {seconds:.1f} s, losses {values}", flush=True)
            return loss_of
        raise RuntimeError("No way to compute the losses works on this device.")

    def _attention(self) -> str:
        if self._device.type == "cpu":
            return "plain"
        return "varlen" if attention.varlen_works(self._device) else "masked"

    def _way(self, kind: str, compiled: bool) -> "LossFunction":
        make = {"varlen": attention.varlen, "masked": attention.masked, "plain": attention.plain}[kind]

        def loss_of(batch: Batch) -> tuple[Tensor, Tensor]:
            return batch_losses(self._network, batch, make(batch))

        return torch.compile(loss_of, dynamic=False) if compiled else loss_of

    def _batches(self, stream: Dataset[Batch], workers: int, step: int) -> Iterator[Batch]:
        loader = DataLoader(
            stream,
            batch_size=None,
            sampler=_From(step),
            num_workers=workers,
            prefetch_factor=3 if workers else None,
            pin_memory=self._device.type == "cuda",
            multiprocessing_context="fork" if workers else None,
        )
        return iter(loader)

    def _evaluate(self, items: dict[str, list[Item]], counters: Counters, curve: Curve) -> None:
        """Measure the running mean on the development sets and write its checkpoint."""
        self._plain.load_state_dict(self._mean.state(), strict=True)
        write_checkpoint(self._mean.state(), self._network.config, self._tokenizer, self._out)
        began = time.monotonic()
        figures = dict[str, float]()
        for name, some in items.items():
            score = evaluate(self._plain, some, self._device, self._bf16)
            figures |= {f"{name}_em": 100 * score.exact_match, f"{name}_f1": 100 * score.f1}
        curve.write(
            counters,
            {k: round(v, 2) for k, v in figures.items()} | {"seconds_taken": round(time.monotonic() - began, 1)},
        )

    def _save(self, counters: Counters) -> None:
        save_state(self._work / "state.pt", self._network, self._mean, self.optimizer, counters)


LossFunction = Callable[[Batch], tuple[Tensor, Tensor]]


class _From(torch.utils.data.Sampler[int]):
    """Batch numbers from ``first`` on, without end."""

    def __init__(self, first: int) -> None:
        self._first = first

    def __iter__(self) -> Iterator[int]:
        number = self._first
        while True:
            yield number
            number += 1
