"""The report's curves, plotted with matplotlib (the extra ``eval``)."""

from pathlib import Path

from .._errors import MissingExtraError
from .calibration import Reliability
from .report import TARGET_ACCURACY, Report
from .risk import Point, RiskCoverage

try:
    from matplotlib.figure import Figure
except ImportError as error:
    message = "Plots need the extra eval: pip install luke_qa_client[eval]"
    raise MissingExtraError(message) from error


def draw_report(report: Report, directory: Path) -> None:
    """Write ``reliability.png`` and ``risk_coverage.png`` to ``directory``."""
    _draw_reliability(report.reliability, directory / "reliability.png")
    _draw_risk_coverage(report.risk_coverage, report.surest, directory / "risk_coverage.png")


def _draw_reliability(found: Reliability, out: Path) -> None:
    """Draw the share of correct answers over the mean score by bin, with the number of answers below."""
    figure = Figure(figsize=(5, 6), layout="constrained")
    above, below = figure.subplots(2, height_ratios=(4, 1), sharex=True)
    above.plot((0, 1), (0, 1), color="grey", linestyle="--", linewidth=1)
    above.plot([b.score for b in found.bins], [b.exact_match for b in found.bins], marker="o")
    above.set(xlim=(0, 1), ylim=(0, 1), ylabel="answers that match exactly", title=f"ECE {found.error:.3f}")
    below.bar(
        [b.low for b in found.bins],
        [b.count for b in found.bins],
        width=[b.high - b.low for b in found.bins],
        align="edge",
        edgecolor="white",
    )
    below.set(xlabel="score", ylabel="answers")
    above.grid(alpha=0.3)
    _save(figure, out)


def _draw_risk_coverage(curve: RiskCoverage, surest: Point | None, out: Path) -> None:
    """Draw the share of wrong answers over the share of questions answered, and mark the target accuracy's point."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([p.coverage for p in curve.points], [p.risk for p in curve.points])
    axes.axhline(1 - TARGET_ACCURACY, color="grey", linestyle="--", linewidth=1)
    if surest is not None:
        axes.plot(surest.coverage, surest.risk, marker="o", label=f"score {surest.score:.3f} or more")
        axes.legend()
    axes.set(xlim=(0, 1), ylim=(0, None), xlabel="questions that are answered", ylabel="answers that are wrong")
    axes.set_title(f"area {curve.area:.3f}")
    axes.grid(alpha=0.3)
    _save(figure, out)


def _save(figure: Figure, out: Path) -> None:
    figure.savefig(out, dpi=150, format="png", metadata={"Software": None})
