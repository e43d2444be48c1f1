"""Plotly figures of reports and sweeps, in colours that are distinct for every kind of colour vision."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from seqdisent.evaluation.schema import CODES, FactorSummary, Leakage, ProbeScore, StepScore

LINES = (
    "#CC6677",
    "#332288",
    "#B39A2F",
    "#117733",
    "#4FA9DB",
    "#882255",
    "#44AA99",
    "#7A7A1F",
    "#AA4499",
)
ON_TARGET = ((0, "#FFFFFF"), (1, "#4A6FA5"))  # full is good
OFF_TARGET = ((0, "#FFFFFF"), (0.02, "#FFF1DC"), (1, "#C23B22"))  # empty is good
FONT = {"family": "system-ui, sans-serif", "size": 13}


def heat_map(leakage: Leakage, posterior: str = "mean") -> go.Figure:
    """Bits about each factor in each code, as a share of the factor's entropy.

    Two scales: blue where the factor belongs in the code, red where it does not.
    """
    factors = [f for f in leakage.factors if not f.not_measurable]
    figure = go.Figure()
    for on_target, scale in ((True, ON_TARGET), (False, OFF_TARGET)):
        shares, texts, hovers = [], [], []
        for code in CODES:
            scores = [
                leakage.best(code, f.name, posterior) if (f.kind == code) == on_target else None
                for f in factors
            ]
            pairs = list(zip(scores, factors, strict=True))
            shares.append([None if score is None else _share(score, f) for score, f in pairs])
            texts.append(["" if score is None else f"{score.bits.value:.2f}" for score in scores])
            hovers.append(["" if score is None else _hover(score, f) for score, f in pairs])
        figure.add_heatmap(
            z=shares,
            x=[f.name for f in factors],
            y=[f"{code} code" for code in CODES],
            text=texts,
            texttemplate="%{text}",
            customdata=hovers,
            hovertemplate="%{customdata}<extra></extra>",
            colorscale=scale,
            zmin=0,
            zmax=1,
            xgap=3,
            ygap=3,
            hoverongaps=False,
            showscale=False,
        )
    figure.update_layout(
        template="plotly_white",
        font=FONT,
        height=260,
        margin={"l": 110, "r": 20, "t": 20, "b": 40},
        xaxis={"side": "bottom", "type": "category"},
        yaxis={"autorange": "reversed", "type": "category"},
    )
    return figure


def curves(leakage: Leakage) -> go.Figure:
    """Bits about each factor in the dynamic code of each single step, with 95 % bands."""
    figure = go.Figure()
    by_factor: dict[str, list[StepScore]] = {}
    for point in leakage.steps:
        by_factor.setdefault(point.factor, []).append(point)
    for number, (name, points) in enumerate(by_factor.items()):
        factor, colour = leakage.factor(name), LINES[number % len(LINES)]
        steps = [p.step + 1 for p in points]
        low, high = [p.bits.low for p in points], [p.bits.high for p in points]
        figure.add_scatter(
            x=[*steps, *steps[::-1]],
            y=[*high, *low[::-1]],
            fill="toself",
            fillcolor=colour,
            opacity=0.15,
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            legendgroup=name,
        )
        entropy = factor.entropy_bits
        figure.add_scatter(
            x=steps,
            y=[p.bits.value for p in points],
            name=name if entropy is None else f"{name} (of {entropy:.2f})",
            legendgroup=name,
            mode="lines+markers",
            line={"color": colour, "dash": "solid" if factor.kind == "static" else "dot"},
            customdata=list(zip(low, high, strict=True)),
            hovertemplate=f"{name}: %{{y:.2f}} [%{{customdata[0]:.2f}}, %{{customdata[1]:.2f}}] bits<extra></extra>",
        )
    figure.update_layout(
        template="plotly_white",
        font=FONT,
        height=380,
        margin={"l": 60, "r": 20, "t": 20, "b": 50},
        xaxis={"title": "step", "dtick": 1},
        yaxis={"title": "bits", "rangemode": "tozero"},
        hovermode="x unified",
    )
    return figure


FAMILIES = {
    "variants": ("papers, equal weights", "#222222", "diamond"),
    "weights": ("DBSE, weights and sizes", "#4FA9DB", "circle"),
    "beyond": ("VAST, parts of it", "#CC6677", "square"),
}


def frontier(results: list[dict[str, Any]]) -> go.Figure:
    """Identity in the dynamic code against motion and direction in the static one; no leakage is at the lower left.

    Filled marks are models as trained, open ones with their codes pruned to the subspace that carries signal; size is
    the reconstruction error.
    """
    figure = go.Figure()
    errors = [r["figures"]["squared_error"]["value"] for r in results]
    for family, (title, colour, symbol) in FAMILIES.items():
        for cut in (False, True):
            rows = [r for r in results if r["family"] == family and r["cut"] == cut]
            if not rows:
                continue
            of = lambda name, key, rows=rows: [r["figures"][name][key] for r in rows]
            # Two seeds have no interval worth a look, and bits none below 0.
            spread = lambda name, key, rows=rows: [
                0
                if r["seeds"] < 3
                else min(abs(f[key] - f["value"]), f["value"] if key == "low" else 99)
                for r in rows
                for f in (r["figures"][name],)
            ]
            bars_of = lambda name, s=spread, c=colour: {
                "type": "data",
                "color": c,
                "thickness": 1,
                "width": 3,
                "array": s(name, "high"),
                "arrayminus": s(name, "low"),
            }
            error = of("squared_error", "value")
            figure.add_scatter(
                x=of("action parts", "value"),
                y=of("identity", "value"),
                mode="markers+text",
                name=title + (", pruned" if cut else ""),
                text=[r["point"] for r in rows],
                textposition="top center",
                textfont={"size": 10, "color": colour},
                error_x=bars_of("action parts"),
                error_y=bars_of("identity"),
                marker={
                    "color": colour,
                    "symbol": symbol + ("-open" if cut else ""),
                    "line": {"width": 2},
                    "size": [
                        8 + 12 * (e - min(errors)) / max(1e-9, max(errors) - min(errors))
                        for e in error
                    ],
                },
                customdata=[[r["seeds"], e] for r, e in zip(rows, error, strict=True)],
                hovertemplate="%{text}: %{x:.2f} bits of the action in the static code, %{y:.2f} of the identity in "
                "the dynamic one<br>squared error %{customdata[1]:.0f}, %{customdata[0]} seeds<extra></extra>",
            )
    figure.update_layout(
        template="plotly_white",
        font=FONT,
        height=640,
        width=980,
        margin={"l": 70, "r": 20, "t": 20, "b": 60},
        xaxis={
            "title": "motion and direction in the static code, bits of 3.17",
            "range": [-0.15, 3.5],
        },
        yaxis={"title": "identity in the dynamic code, bits of 10.34", "range": [-0.4, 8.5]},
        legend={"orientation": "h", "y": 1.06},
    )
    return figure


CODERS = {
    "dsvae": ("DSVAE: static code, and D numbers a frame", LINES[1], "circle"),
    "frame-vae": ("VAE of frames, as many numbers", LINES[0], "square"),
}
QUALITY = {
    "psnr_db": "PSNR of a posterior sample, dB",
    "envelope_db": "envelope error, dB (better is up)",
}


def bits(results: list[dict[str, Any]]) -> go.Figure:
    """Quality against bits a frame, a panel for each data set: better is up, cheaper is to the left.

    Points are labelled with D. H.264 stands as a star, filled with its headers and open without; the training mean,
    which costs nothing, is a dotted line.
    """
    datasets = list(dict.fromkeys(r["dataset"] for r in results))
    figure = make_subplots(1, len(datasets), subplot_titles=datasets, horizontal_spacing=0.09)
    shown: set[str] = set()
    for column, dataset in enumerate(datasets, 1):
        rows = [r for r in results if r["dataset"] == dataset]
        measure = next(k for k in reversed(QUALITY) if all(k in r["figures"] for r in rows))
        of = lambda row, name: row["figures"][name]["value"]

        def put(name: str, x: list, y: list, column: int = column, **style) -> None:
            figure.add_scatter(
                row=1,
                col=column,
                x=x,
                y=y,
                name=name,
                legendgroup=name,
                showlegend=name not in shown,
                **style,
            )
            shown.add(name)

        for model, (title, colour, symbol) in CODERS.items():
            mine = [r for r in rows if r["model"] == model]
            low = [r["figures"][measure]["low"] for r in mine]
            spread = [
                0 if v is None else of(r, measure) - v for r, v in zip(mine, low, strict=True)
            ]
            put(
                title,
                [of(r, "bits") for r in mine],
                [of(r, measure) for r in mine],
                mode="lines+markers+text",
                text=[f"{r['size']}" for r in mine],
                textposition="top center" if model == "dsvae" else "bottom center",
                textfont={"color": colour, "size": 11},
                line={"color": colour},
                marker={"symbol": symbol, "size": 8},
                error_y={"type": "data", "array": spread, "thickness": 1, "width": 3},
                customdata=[
                    [r["numbers"], of(r, "static_bits"), of(r, "dynamic_bits")] for r in mine
                ],
                hovertemplate="D = %{text}: %{y:.2f} dB at %{x:.1f} bits a frame<br>static %{customdata[1]:.1f}, "
                "dynamic %{customdata[2]:.1f} bits; %{customdata[0]:.3g} numbers a frame<extra></extra>",
            )
        for row in rows:
            if row["model"] == "H.264":
                for name, key, symbol in (
                    ("H.264", "bits", "star"),
                    ("H.264 without headers", "picture_bits", "star-open"),
                ):
                    put(
                        name,
                        [of(row, key)],
                        [of(row, measure)],
                        mode="markers",
                        marker={
                            "symbol": symbol,
                            "size": 13,
                            "color": LINES[3],
                            "line": {"width": 1},
                        },
                        hovertemplate=f"{name}: %{{y:.2f}} dB at %{{x:.0f}} bits a frame<extra></extra>",
                    )
            if row["model"] == "training mean":
                figure.add_hline(
                    of(row, measure),
                    line={"dash": "dot", "color": "#777777"},
                    row=1,
                    col=column,
                    annotation_text="training mean, 0 bits",
                    annotation_font_size=10,
                )
        ticks = [digit * 10**power for power in range(5) for digit in (1, 2, 5)]
        figure.update_xaxes(title="bits a frame", type="log", tickvals=ticks, row=1, col=column)
        better = "reversed" if measure == "envelope_db" else True
        figure.update_yaxes(
            title=QUALITY[measure], autorange=better, title_standoff=4, row=1, col=column
        )
    figure.update_layout(
        template="plotly_white",
        font=FONT,
        height=460,
        width=120 + 430 * len(datasets),
        margin={"l": 70, "r": 20, "t": 90, "b": 60},
        legend={"orientation": "h", "y": 1.24},
    )
    return figure


def _share(score: ProbeScore, factor: FactorSummary) -> float:
    """Bits as a share of the entropy; R² for a continuous factor."""
    if factor.entropy_bits:
        return min(1.0, score.bits.value / factor.entropy_bits)
    return max(0.0, score.score.value)


def _hover(score: ProbeScore, factor: FactorSummary) -> str:
    bits, value = score.bits, score.score
    lines = [f"{factor.name}: {bits.value:.2f} [{bits.low:.2f}, {bits.high:.2f}] bits"]
    if factor.entropy_bits:
        lines[0] += f" of {factor.entropy_bits:.2f}"
        lines.append(
            f"accuracy {100 * value.value:.1f} [{100 * value.low:.1f}, {100 * value.high:.1f}] %"
        )
        if factor.chance is not None and factor.majority is not None:
            lines.append(
                f"chance {100 * factor.chance:.1f} %, majority {100 * factor.majority:.1f} %"
            )
    else:
        lines.append(f"R² {value.value:.2f} [{value.low:.2f}, {value.high:.2f}]")
    if score.null_bits is not None:
        lines.append(f"shuffled labels: {score.null_bits:.2f} bits")
    if score.p is not None:
        lines.append(f"p = {score.p:.3g}")
    return "<br>".join(lines)
