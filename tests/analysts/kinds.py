"""Proves nothing alone: the figures of a group for each kind of metric, and whether a cell of them may be published.

`figure` and `own_row` follow the table of kinds, `expected_row` the rules of DISCLOSURE for each kind. Items are what
catalogue.py says: values in 1/10,000, yes or no, (numerator, denominator), or (value, "women" | "men" | None).
Figures are exact, in 1/10,000 too.
"""

import math
from collections import Counter
from fractions import Fraction
from itertools import groupby

import plain
from plain import (
    FIGURES,
    INCUMBENT,
    SCALE,
    deep_enough,
    label,
    p_percent,
    percentile,
    published,
    statistics,
    within_share,
)

BANDS = ("lower", "lower_middle", "upper_middle", "upper")
# Who gets the remainder of people that four groups leave: one, two or three of them.
REMAINDER = (("lower",), ("lower", "upper_middle"), ("lower", "lower_middle", "upper_middle"))
RATIOS = ("ratio", "rate_of_heads", "rate_of_courses")
GAPS = ("mean_gap", "median_gap")
OWN = ["n_employees", "n_left_out", "numerator", "denominator", "n_numerator", "n_denominator", *INCUMBENT]


def by_gender(kind):
    return kind in GAPS or kind.startswith("band_")


# Figures of a group


def mean(values):
    return Fraction(sum(values), len(values)) if values else None


def median(values):
    return percentile(sorted(values), 50) if values else None


def of(items, sex):
    """The values of women or of men."""
    return [value for value, whose in items if whose == sex]


def deciles_ratio(values):
    ordered = sorted(values)
    return percentile(ordered, 90) / percentile(ordered, 10) * SCALE


def gini(values):
    ordered, n = sorted(values), len(values)
    spread = sum((2 * place - n - 1) * value for place, value in enumerate(ordered, start=1))
    return Fraction(spread, n * sum(ordered)) * SCALE


def low_pay_line(values):
    return median(values) * Fraction(2, 3)


def sides(kind, items):
    """What is divided by what: men's less women's figure by men's, or the two sums of a ratio; None where it is unknown."""
    if kind in RATIOS:
        return sum(numerator for numerator, _ in items), sum(denominator for _, denominator in items)
    middle = mean if kind == "mean_gap" else median
    women, men = middle(of(items, "women")), middle(of(items, "men"))
    return None if None in (women, men) else men - women, men


def divided(kind, items):
    numerator, denominator = sides(kind, items)
    if numerator is None or denominator is None or denominator <= 0:
        return None
    return Fraction(numerator) / denominator * SCALE * (100 if kind in GAPS else 1)


def part(having, everybody):
    return Fraction(having * SCALE) / everybody if everybody else None


def figure(kind, items, remainder=REMAINDER, line=None):
    """The one figure of a group, or None; `line` is the low pay line where it is not the group's own."""
    if kind in RATIOS or kind in GAPS:
        return divided(kind, items)
    if kind.startswith("band_"):
        return part(*band_counts(items, remainder)[kind.removeprefix("band_")])
    if kind == "share":
        return part(sum(items), len(items))
    if kind == "low_pay":
        line = low_pay_line(items) if line is None else line
        return part(sum(value < line for value in items), len(items))
    return {"distribution": mean, "total": sum, "p90_p10": deciles_ratio, "gini": gini}[kind](items)


# Quartile bands


def band_sizes(people, remainder):
    """Four near-equal groups."""
    extra = remainder[people % 4 - 1] if people % 4 else ()
    return [people // 4 + (band in extra) for band in BANDS]


def women_until(places, women, people):
    """The women in the first places of a run of equal values, as even as whole women can be."""
    return (2 * places * women + people) // (2 * people)


def band_runs(items, remainder):
    """Band -> the pieces of runs of equal values in it: value, women and people."""
    known = sorted((item for item in items if item[1]), key=lambda item: item[0])
    runs = [[sex for _, sex in run] for _, run in groupby(known, key=lambda item: item[0])]
    values = sorted({value for value, _ in known})
    edges = [0]
    for size in band_sizes(len(known), remainder):
        edges.append(edges[-1] + size)
    pieces, start = {band: [] for band in BANDS}, 0
    for value, run in zip(values, runs):
        women, people = run.count("women"), len(run)
        for band, low, high in zip(BANDS, edges, edges[1:]):
            first, last = (min(max(edge - start, 0), people) for edge in (low, high))
            if last > first:
                in_band = women_until(last, women, people) - women_until(first, women, people)
                pieces[band].append((value, in_band, last - first))
        start += people
    return pieces


def band_counts(items, remainder=REMAINDER):
    """Band -> women, and women and men."""
    return {
        band: (sum(women for _, women, _ in pieces), sum(people for _, _, people in pieces))
        for band, pieces in band_runs(items, remainder).items()
    }


def band_by_holding(holdings, band, remainder):
    """Holding -> women and men of it in the band of a cell; of a run that is cut, each holding has its part of both."""
    everybody = [item for own in holdings.values() for item in own]
    total, own = Counter(everybody), {holding: Counter(items) for holding, items in holdings.items()}
    counts = {holding: [0, 0] for holding in holdings}
    for value, women, people in band_runs(everybody, remainder)[band]:
        for place, (sex, in_band) in enumerate((("women", women), ("men", people - women))):
            for holding, items in own.items():
                if items[value, sex]:
                    counts[holding][place] += Fraction(items[value, sex] * in_band, total[value, sex])
    return {holding: both for holding, both in counts.items() if sum(both)}


# A company's own table


def own_row(kind, items, step=0, remainder=REMAINDER):
    """The row of a group in a company's own table. `step` rounds the figure only."""
    exact = figure(kind, items, remainder)
    row = dict.fromkeys(OWN) | {"n_employees": len(items), "mean": None if exact is None else published(exact, step)}
    if by_gender(kind):
        row["n_left_out"] = sum(sex is None for _, sex in items)
    if kind == "distribution":
        return row | statistics(items)
    if kind == "total":
        return row | {"numerator": float(Fraction(sum(items), SCALE))}
    if kind in RATIOS or kind in GAPS:
        numerator, denominator = (
            None if side is None else float(Fraction(side) / SCALE) for side in sides(kind, items)
        )
        row |= {"numerator": numerator, "denominator": denominator}
    if kind in GAPS:
        women, men = (len(of(items, sex)) for sex in ("women", "men"))
        return row | {"n_employees": women + men, "n_numerator": women, "n_denominator": men}
    if kind in RATIOS:
        row["n_numerator"], row["n_denominator"] = (sum(item[side] > 0 for item in items) for side in (0, 1))
        return row | ({"n_employees": math.floor(row["denominator"])} if kind == "rate_of_heads" else {})
    if kind in ("p90_p10", "gini"):
        return row
    having, everybody = heads(kind, items, remainder)
    return row | {
        "n_employees": everybody,
        "numerator": having,
        "denominator": everybody,
        "n_numerator": having,
        "n_denominator": everybody,
    }


def heads(kind, items, remainder):
    """Who has it, and everybody it is asked of."""
    if kind.startswith("band_"):
        return band_counts(items, remainder)[kind.removeprefix("band_")]
    line = low_pay_line(items) if kind == "low_pay" else None
    return sum(items if line is None else (value < line for value in items)), len(items)


# Disclosure


def enough(employees, policy):
    """`employees` of each holding."""
    return len(employees) >= policy.companies and sum(employees) >= policy.employees


def even(contributions, policy):
    """The share rule and the p%-rule."""
    return within_share(contributions, policy.share) and p_percent(contributions, policy.p)


def verdict_of_values(kind, holdings, policy):
    """Totals and dispersions: whether the cell is deep enough at all, and whether its own figure is safe."""
    employees = list(map(len, holdings.values()))
    totals = [abs(sum(own)) for own in holdings.values()]
    basis = enough(employees, policy) and any(map(any, holdings.values()))
    safe = within_share(employees, policy.share) and even(totals, policy)
    if kind == "p90_p10":
        values = sorted(value for own in holdings.values() for value in own)
        safe = safe and values[0] != values[-1]
        safe = safe and all(deep_enough(holdings, values, at, policy.deciles, policy.side) for at in (10, 90))
    return basis, safe, employees


def verdict_of_heads(kind, holdings, policy, remainder):
    """Shares, low pay and bands: both sides must be groups, and neither may be mostly one holding's."""
    if kind.startswith("band_"):
        both = list(band_by_holding(holdings, kind.removeprefix("band_"), remainder).values())
    else:
        line = low_pay_line([value for own in holdings.values() for value in own]) if kind == "low_pay" else 1
        having = [sum(value < line if kind == "low_pay" else value for value in own) for own in holdings.values()]
        both = [(has, len(own) - has) for has, own in zip(having, holdings.values())]
    employees, (having, lacking) = list(map(sum, both)), zip(*both) if both else ((), ())
    basis = enough(employees, policy) and min(sum(having), sum(lacking)) >= policy.group
    return basis, basis and within_share(employees, policy.share) and both_sides(having, lacking, policy), employees


def both_sides(having, lacking, policy):
    return p_percent(having, policy.p) and p_percent(lacking, policy.p)


def verdict_of_ratio(kind, holdings, policy):
    """Ratios: of money like two sums of values, of heads and courses like two sides of a share."""
    sums = [sides(kind, own) for own in holdings.values()]
    employees = list(map(len, holdings.values()))
    if kind == "ratio":
        basis = enough(employees, policy) and any(numerator for own in holdings.values() for numerator, _ in own)
        safe = all(even([abs(pair[side]) for pair in sums], policy) for side in (0, 1))
    else:
        if kind == "rate_of_heads":
            employees = [math.floor(Fraction(denominator) / SCALE) for _, denominator in sums]
        having = [abs(numerator) for numerator, _ in sums]
        lacking = [abs(denominator - numerator) for numerator, denominator in sums]
        all_having = sum(numerator for numerator, _ in sums)
        groups = [all_having, sum(denominator for _, denominator in sums) - all_having]
        basis = enough(employees, policy)
        basis = basis and all(math.floor(Fraction(group) / SCALE) >= policy.group for group in groups)
        safe = both_sides(having, lacking, policy)
    return basis, basis and within_share(employees, policy.share) and safe, employees


def verdict_of_gap(holdings, policy):
    """Gaps: women and men are each judged like a population of their own."""
    basis, safe = True, True
    for sex in ("women", "men"):
        population = {holding: of(items, sex) for holding, items in holdings.items()}
        population = {holding: own for holding, own in population.items() if own}
        one_basis, one_safe, _ = verdict_of_values("total", population, policy) if population else (False, False, None)
        basis, safe = basis and one_basis, safe and one_safe
    employees = [sum(sex is not None for _, sex in own) for own in holdings.values()]
    return basis, basis and safe, employees


def verdict(kind, holdings, policy, remainder):
    """Whether the counts allow anything, whether the incumbent-weighted figure is safe, and the employees of each holding."""
    if kind in GAPS:
        return verdict_of_gap(holdings, policy)
    if kind in RATIOS:
        return verdict_of_ratio(kind, holdings, policy)
    if kind in ("share", "low_pay") or kind.startswith("band_"):
        return verdict_of_heads(kind, holdings, policy, remainder)
    return verdict_of_values(kind, holdings, policy)


def expected_row(kind, unit, holdings, policy, remainder=REMAINDER):
    """Both statuses and every figure of a cell in a release. `holdings` maps a holding to its items, `unit` is a step."""
    if by_gender(kind):
        holdings = {holding: [item for item in items if item[1]] for holding, items in holdings.items()}
        holdings = {holding: items for holding, items in holdings.items() if items}
    if kind == "distribution":
        return plain.expected_row(holdings, unit, policy, share=False)
    step = policy.count * SCALE if unit == "count" else getattr(policy, unit)
    everybody = [item for own in holdings.values() for item in own]
    basis, incumbent, employees = verdict(kind, holdings, policy, remainder)
    whole = figure(kind, everybody, remainder)
    incumbent = basis and incumbent and whole is not None
    line = low_pay_line(everybody) if kind == "low_pay" else None
    of_holdings = [figure(kind, own, remainder, line) for own in holdings.values()]
    of_holdings = sorted(one for one in of_holdings if one is not None)
    organization = basis and len(of_holdings) >= policy.companies and p_percent(list(map(abs, of_holdings)), policy.p)
    row = dict.fromkeys(FIGURES) | {"status": label(incumbent), "org_status": label(organization)}
    if incumbent or organization:
        row["n_companies"] = len(employees)
        row["n_employees"] = int((Fraction(sum(employees)) + policy.count // 2) // policy.count * policy.count)
    if incumbent:
        row["mean"] = published(whole, step)
    if organization:
        row["org_mean"] = published(sum(of_holdings) / len(of_holdings), step)
        if min(len(of_holdings), row["n_companies"]) >= policy.org_percentiles:
            row |= {f"org_p{at}": published(percentile(of_holdings, at), step) for at in (25, 50, 75)}
    return row


def withheld(row, weighting):
    """A row of which one weighting is withheld after all, because what it is tied to is."""
    figures = INCUMBENT if weighting == "status" else plain.ORGANIZATION
    row = row | dict.fromkeys(figures) | {weighting: label(False)}
    nothing = row["status"] == row["org_status"] == label(False)
    return row | (dict.fromkeys(("n_companies", "n_employees")) if nothing else {})
