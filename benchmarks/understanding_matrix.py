"""The confusion matrix as a picture."""

from __future__ import annotations

from pathlib import Path

from benchmarks.understanding_scores import Score


def draw(whole: Score, path: Path) -> None:
    """Write an SVG: what was meant downwards, what was understood to the right, shares of each row by colour."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "xiangyin"
    from matplotlib import pyplot

    names = [name for name, *_ in whole.by_intent]
    totals = {name: number for name, number, *_ in whole.by_intent}
    share = [[whole.confusion[true, said] / totals[true] for said in names] for true in names]
    figure, axes = pyplot.subplots(figsize=(13, 12))
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("understood")
    axes.set_ylabel("meant")
    for row, true in enumerate(names):
        for column, said in enumerate(names):
            number = whole.confusion[true, said]
            if number:
                colour = "white" if share[row][column] > 0.5 else "black"
                axes.text(column, row, str(number), ha="center", va="center", color=colour, fontsize=7)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
