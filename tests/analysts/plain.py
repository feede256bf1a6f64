"""Proves nothing alone: the plain, slow definitions that both recounts use, written from DESIGN 3-4 and DISCLOSURE 1-3.

Amounts are integers in 1/10,000 of their unit and every figure is an exact fraction until it is rounded, so that a
difference from the program is a difference of definition and never of floating point.
"""

import math
import os
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

SCALE = 10_000


@dataclass(frozen=True)
class Policy:
    """A protection policy; by default the survey preset."""

    companies: int = 5
    employees: int = 10
    group: int = 3  # on either side of a share
    share: Fraction = Fraction(1, 4)  # largest part of one holding
    p: Fraction = Fraction(1, 10)
    quartiles: tuple = (5, 20)  # holdings, employees
    deciles: tuple = (10, 50)
    side: tuple = (3, 5)
    org_percentiles: int = 10
    hourly: int = SCALE // 20  # rounding steps
    annual: int = 100 * SCALE
    part: int = SCALE // 200
    other: int = SCALE // 10
    count: int = 5


SURVEY = Policy()
INCUMBENT = ["mean", "sd", "p10", "p25", "p50", "p75", "p90"]
ORGANIZATION = ["org_mean", "org_p25", "org_p50", "org_p75"]
FIGURES = ["n_companies", "n_employees", *INCUMBENT, *ORGANIZATION]


def check(passed, what):
    """Prints one line for each proof, and stops at the first that fails."""
    print(("ok    " if passed else "FAIL  ") + what, flush=True)
    if not passed:
        sys.exit(1)


def amount(text):
    """A number in 1/10,000, halves to the even one."""
    return round(Fraction(Decimal(text)) * SCALE)


def percentile(ordered, percent):
    """Hyndman-Fan type 7 of a sorted list."""
    rank = Fraction((len(ordered) - 1) * percent, 100)
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)


def variance(values):
    """Of a sample, exact."""
    n, total = len(values), sum(values)
    return Fraction(n * sum(value * value for value in values) - total * total, n * (n - 1))


def published(exact, step):
    """The nearest multiple of a step, halves to the even one, in units; unrounded without a step."""
    return float((round(Fraction(exact) / step) * step if step else Fraction(exact)) / SCALE)


def root(square, step):
    """A square root, rounded like any figure; 50 digits are more than exact enough to see on which side of a half it is."""
    digits = 10**50
    return published(Fraction(math.isqrt(square.numerator * digits**2 // square.denominator), digits), step)


def p_percent(contributions, p):
    """Whether the p%-rule calls the contributions safe, against one other company."""
    ranked = sorted(contributions, reverse=True)
    return sum(ranked[2:]) >= p * ranked[0]


def within_share(contributions, share):
    return max(contributions) <= share * sum(contributions)


def families(holdings, share=False, policy=SURVEY):
    """Whether the incumbent-weighted and the organization-weighted family of a cell are safe.

    `holdings` maps a holding to its values; of a share the values are SCALE (has it) and 0 (has it not). Of a share the
    25 % are judged on the employees of the denominator, and the p%-rule on both sides.
    """
    employees = [len(own) for own in holdings.values()]
    if len(holdings) < policy.companies or sum(employees) < policy.employees:
        return False, False
    if share:
        having = [sum(own) // SCALE for own in holdings.values()]
        lacking = [count - has for count, has in zip(employees, having)]
        if min(sum(having), sum(lacking)) < policy.group:
            return False, False
        incumbent = p_percent(having, policy.p) and p_percent(lacking, policy.p)
    else:
        if not any(map(any, holdings.values())):  # all zero is 0 % of a share
            return False, False
        totals = [abs(sum(own)) for own in holdings.values()]
        incumbent = p_percent(totals, policy.p) and within_share(totals, policy.share)
        values = [value for own in holdings.values() for value in own]
        if len(values) > 1 and sum(values):
            # By Samuelson's inequality no value is farther from the mean than this: everybody's would be known to within p %.
            far = variance(values) * (len(values) - 1) ** 2 / len(values)
            incumbent = incumbent and far >= (policy.p * Fraction(sum(values), len(values))) ** 2
        incumbent = incumbent and not others_are_known(holdings, policy.p)
    incumbent = incumbent and within_share(employees, policy.share)
    return incumbent, p_percent([abs(mean) for mean in means(holdings)], policy.p)


def others_are_known(holdings, p):
    """Whether a holding that knows its own values learns all others' to within p of the middle between two bounds.

    It subtracts what it knows from number, sum and squares of all (and Samuelson's inequality bounds what is left), and counts how many
    of its own lie on a side of each percentile: all others lie on the other side where so many must.
    """
    values = sorted(value for own in holdings.values() for value in own)
    for name, own in holdings.items():
        others = [value for other, theirs in holdings.items() if other != name for value in theirs]
        n, total = len(others), len(values)
        if not others:
            continue
        reach = math.sqrt(variance(others) * Fraction((n - 1) ** 2, n)) if n > 1 else 0
        low, high = sum(others) / n - reach, sum(others) / n + reach
        for percent in (10, 25, 50, 75, 90):
            bound, rank = percentile(values, percent), Fraction((total - 1) * percent, 100)
            if math.floor(rank) + 1 - sum(value <= bound for value in own) >= n:
                high = min(high, bound)
            if total - math.ceil(rank) - sum(value >= bound for value in own) >= n:
                low = max(low, bound)
        if 0 < low + high and max(high - low, 0) < p * (high + low):
            return True
    return False


def means(holdings):
    return [Fraction(sum(own), len(own)) for own in holdings.values()]


def deep_enough(holdings, values, percent, needed, side):
    """Whether enough employees of enough holdings stand behind a percentile, and on each side of it."""
    if len(holdings) < needed[0] or len(values) < needed[1]:
        return False
    bound = percentile(values, percent)
    for on_side in (lambda value: value <= bound, lambda value: value >= bound):
        counts = [sum(map(on_side, own)) for own in holdings.values()]
        if sum(map(bool, counts)) < side[0] or sum(counts) < side[1]:
            return False
    return True


def statistics(values, step=0):
    """Mean, sd and percentiles of a list of amounts, as INCUMBENT."""
    values = sorted(values)
    mean = published(Fraction(sum(values), len(values)), step)
    percentiles = {f"p{percent}": published(percentile(values, percent), step) for percent in (10, 25, 50, 75, 90)}
    return {"mean": mean, "sd": root(variance(values), step) if len(values) > 1 else None, **percentiles}


def expected_row(holdings, unit, policy=SURVEY, share=None):
    """Both statuses and every figure that a cell and measure must have in the release. `unit` is a step of the policy."""
    share, step = unit == "part" if share is None else share, getattr(policy, unit)
    values = sorted(value for own in holdings.values() for value in own)
    incumbent, organization = families(holdings, share, policy)
    row = dict.fromkeys(FIGURES) | {"status": label(incumbent), "org_status": label(organization)}
    if incumbent or organization:
        row["n_companies"] = len(holdings)
        row["n_employees"] = (len(values) + policy.count // 2) // policy.count * policy.count
    if incumbent:
        row |= statistics(values, step)
        withheld = ["sd", "p10", "p25", "p50", "p75", "p90"] if share else []
        depths = ((10, policy.deciles), (25, policy.quartiles), (75, policy.quartiles), (90, policy.deciles))
        withheld += [f"p{at}" for at, needed in depths if not deep_enough(holdings, values, at, needed, policy.side)]
        row |= dict.fromkeys(withheld)
    if organization:
        ordered = sorted(means(holdings))
        row["org_mean"] = published(sum(ordered) / len(ordered), step)
        if len(ordered) >= policy.org_percentiles:
            row |= {f"org_p{at}": published(percentile(ordered, at), step) for at in (25, 50, 75)}
    return row


def label(safe):
    return "published" if safe else "suppressed"


def same(found, expected):
    """Whether two figures are the same, but for float noise."""
    if found is None or expected is None or isinstance(expected, str):
        return found == expected
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)


def differences(found, expected, columns):
    """Compares rows by key: how many figures (of them how many are not null), and a line for each difference."""
    figures = numbers = 0
    lines = [f"{key} is missing" for key in sorted(expected.keys() - found.keys(), key=str)]
    lines += [f"{key} should not be there" for key in sorted(found.keys() - expected.keys(), key=str)]
    for key in sorted(expected.keys() & found.keys(), key=str):
        for column in columns:
            ours, theirs = expected[key][column], found[key][column]
            figures += 1
            numbers += ours is not None
            if not same(theirs, ours):
                lines.append(f"{key} {column}: {theirs} in the file, {ours} by the recount")
    return figures, numbers, lines


def compare(found, expected, columns):
    """Compares rows by key: how many figures (of them how many are not null), and how many differ; prints the first."""
    figures, numbers, lines = differences(found, expected, columns)
    for line in lines[:20]:
        print("      " + line)
    return figures, numbers, len(lines)


def payquorum(command, pipeline, *options):
    """Runs the binary that PAYQUORUM_BINARY names; nothing goes on where it fails."""
    words = [os.environ["PAYQUORUM_BINARY"], command, pipeline, *options]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    if done.returncode:
        print(done.stderr)
    check(done.returncode == 0, f"payquorum {command} {os.path.basename(pipeline)}")
