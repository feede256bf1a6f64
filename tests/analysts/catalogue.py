"""Proves nothing alone: every metric of the catalogue from the records, one plain function for each field of metrics.

`contributions` tells what each employee of a company adds to each metric; `group_row` makes the figures of a group from
that; `own_rows` makes all rows of a company's own table. Written from METRICS and the definitions of the metrics alone.

What an employee adds is, by the kind of the metric (see kinds.py): a value; for a share, yes or no; for a ratio, a
numerator and a denominator; for gaps and bands, a value and "women", "men" or None.
"""

import datetime
import re
from collections import defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache

import kinds
from plain import SCALE
from samples import WEEKS

UK_DAYS = {
    "week": Fraction(7),
    "two_weeks": Fraction(14),
    "half_month": Fraction("15.22"),
    "month": Fraction("30.44"),
    "quarter": Fraction("91.32"),
    "year": Fraction("365.25"),
}
YEAR = Fraction("365.25")
WOMEN = frozenset(("f", "female", "w", "woman", "women"))
MEN = frozenset(("m", "male", "man", "men"))
YES = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
TOTAL, UNKNOWN = "_T", "_U"
SEPARATIONS = (
    "separations_rate",
    "voluntary_separations_rate",
    "involuntary_separations_rate",
    "other_separations_rate",
)
# All that two snapshots are needed for.
PANEL = (
    "retention",
    *(rate + suffix for rate in ("hires_rate", *SEPARATIONS) for suffix in ("", "_closing")),
    "internal_moves",
    "promotion",
    "pay_growth",
)
# The first pattern that matches says kind, step and whether rows are apart by currency.
METRICS = {
    "base_hourly": ("distribution", "hourly", True),
    "base_annual": ("distribution", "annual", True),
    "base_annual_fte": ("distribution", "annual", True),
    "variable_pay": ("distribution", "annual", True),
    "total_cash_annual": ("distribution", "annual", True),
    "overtime_pay": ("distribution", "annual", True),
    "variable_recipients": ("share", "part", False),
    "p90_p10": ("p90_p10", "part", True),
    "gini": ("gini", "part", True),
    "low_pay": ("low_pay", "part", True),
    "living_wage": ("share", "part", False),
    "compa_ratio": ("distribution", "part", False),
    "range_penetration": ("distribution", "part", False),
    "*_access": ("share", "part", False),
    "*_participation": ("share", "part", False),
    "*_take_up": ("share", "part", False),
    "*_employer_cost": ("distribution", "annual", True),
    "*_employer_cost_per_participant": ("distribution", "annual", True),
    "*_cost_per_hour_worked": ("ratio", "hourly", True),
    "benefit_load": ("ratio", "part", True),
    "paid_leave_days": ("distribution", "other", False),
    "uk_mean_*_gap": ("mean_gap", "other", True),
    "uk_median_*_gap": ("median_gap", "other", True),
    "eu_mean_*gap": ("mean_gap", "other", True),
    "eu_median_*gap": ("median_gap", "other", True),
    "uk_bonus_share_*": ("share", "part", False),
    "eu_variable_share_*": ("share", "part", False),
    **{f"??_quartile_{band}_women": (f"band_{band}", "part", True) for band in kinds.BANDS},
    "headcount": ("total", "count", False),
    "fte": ("total", "count", False),
    "tenure_years": ("distribution", "other", False),
    "tenure_*": ("share", "part", False),
    "*_representation": ("share", "part", False),
    "retention": ("share", "part", False),
    "hires_rate*": ("rate_of_heads", "part", False),
    "*separations_rate*": ("rate_of_heads", "part", False),
    "internal_moves": ("share", "part", False),
    "promotion": ("share", "part", False),
    "pay_growth": ("distribution", "part", False),
    "training_hours": ("distribution", "other", False),
    "course_completion": ("rate_of_courses", "part", False),
    "skill_*_assessed": ("share", "part", False),
    "skill_*": ("distribution", "other", False),
}


@dataclass(frozen=True)
class Settings:
    """What a pipeline file declares; amounts in 1/10,000."""

    last_day: datetime.date
    before: datetime.date  # the last day of the earlier period
    standard_hours: int | None = None
    currency: str | None = None
    pay_basis: str | None = None
    participation_from_cost: bool = False
    positive: frozenset = frozenset()  # metrics of which only positive values count
    women: frozenset = WOMEN
    men: frozenset = MEN
    empty_variable_is_zero: bool = False
    remainder: tuple = kinds.REMAINDER
    level_order: tuple = ()
    pay_growth_of: str = "base_hourly"
    max_headcount_change: Fraction = Fraction(1, 2)
    min_matched: Fraction = Fraction(1, 2)
    living_wage: dict = field(default_factory=dict)  # (region, currency) -> hourly
    pay_ranges: dict = field(default_factory=dict)  # (job code, level or "", currency) -> pay basis, minimum, maximum
    plans: tuple = ()
    skills: tuple = ()
    ethnicities: tuple = ()  # as they stand


@cache
def described(metric):
    """Kind, step and whether a metric is apart by currency."""
    return next(told for pattern, told in METRICS.items() if fnmatchcase(metric, pattern))


def is_known(metric):
    return any(fnmatchcase(metric, pattern) for pattern in METRICS)


def declared(uploads):
    """Plans, skills and ethnicities that are in any of the records."""
    names = {name for records in uploads for row in records for name in row}
    plans = {
        found[1]
        for found in map(re.compile("benefit_(.*)_(eligible|enrolled|employer_cost)").fullmatch, names)
        if found
    }
    skills = {name.removeprefix("skill_") for name in names if name.startswith("skill_")}
    ethnicities = {row["ethnicity"] for records in uploads for row in records if row.get("ethnicity")}
    return {"plans": tuple(sorted(plans)), "skills": tuple(sorted(skills)), "ethnicities": tuple(sorted(ethnicities))}


# One employee


def counted(row, last_day):
    return row.get("termination_date") is None or row["termination_date"] > last_day


def hours(row, settings):
    """Contracted hours a week, in 1/10,000."""
    told = row.get("weekly_hours")
    if told is None and row.get("fte") is not None and settings.standard_hours:
        told = round(Fraction(row["fte"] * settings.standard_hours, SCALE))
    told = settings.standard_hours if told is None else told
    return told if told and told > 0 else None


def basis(row, settings):
    return row.get("pay_basis") or settings.pay_basis


def hours_paid_for(pay_basis, weekly):
    """The hours of a pay basis; None where they depend on weekly hours that nobody knows."""
    if pay_basis == "hour":
        return Fraction(1)
    if weekly is None or pay_basis is None:
        return None
    return Fraction(weekly, SCALE) * (Fraction(1, 5) if pay_basis == "day" else WEEKS[pay_basis])


def exact_hourly(row, settings):
    paid_for = hours_paid_for(basis(row, settings), hours(row, settings))
    return None if row.get("base_pay") is None or paid_for is None else row["base_pay"] / paid_for


def base_hourly(row, settings):
    exact = exact_hourly(row, settings)
    return None if exact is None else round(exact)


def base_annual(row, settings):
    """Weekly hours count only where pay is by the hour: anywhere else they cancel out."""
    pay, pay_basis, weekly = row.get("base_pay"), basis(row, settings), hours(row, settings)
    if pay is None or pay_basis is None:
        return None
    if pay_basis == "hour":
        return None if weekly is None else round(pay * Fraction(weekly, SCALE) * 52)
    return round(pay * 5 * 52 if pay_basis == "day" else pay * 52 / WEEKS[pay_basis])


def total_cash(row, settings):
    base, variable = base_annual(row, settings), row.get("variable_pay")
    return None if base is None or variable is None else base + variable


def gender(row, settings):
    """Women, men, or None for others and blanks."""
    told = (row.get("gender") or "").strip().lower()
    return "women" if told in settings.women else "men" if told in settings.men else None


def yes(row, name):
    """Yes or no, or None where it is not told."""
    told = row.get(name)
    return None if told is None else YES[told.lower()]


def pay(row, settings):
    hourly, annual, variable = base_hourly(row, settings), base_annual(row, settings), row.get("variable_pay")
    yield "base_hourly", hourly
    yield "base_annual", annual
    exact = exact_hourly(row, settings)
    if exact is not None and settings.standard_hours:
        yield "base_annual_fte", round(exact * Fraction(settings.standard_hours, SCALE) * 52)
    yield "variable_pay", variable
    yield "total_cash_annual", total_cash(row, settings)
    yield "overtime_pay", row.get("overtime_pay")
    if variable is not None:
        yield "variable_recipients", variable > 0
    if hourly is None:
        return
    if hourly > 0:
        yield "p90_p10", hourly
        yield "gini", hourly
        yield "low_pay", hourly
    floor = settings.living_wage.get((row.get("region"), currency(row, settings)))
    if floor is not None:
        yield "living_wage", hourly >= floor


def pay_range(row, settings):
    """Pay, minimum and maximum for the same time: the record's own, else those of the table by the hour."""
    if row.get("range_min") is not None and row.get("range_max") is not None:
        return row.get("base_pay"), row["range_min"], row["range_max"]
    job, money = row.get("job_code"), currency(row, settings)
    ranges = settings.pay_ranges
    entry = ranges.get((job, row.get("job_level") or "", money)) or ranges.get((job, "", money))
    if entry is None:
        return None, None, None
    paid_for = hours_paid_for(entry[0], settings.standard_hours)
    if paid_for is None:
        return None, None, None
    return base_hourly(row, settings), *(round(bound / paid_for) for bound in entry[1:])


def ranges(row, settings):
    told, low, high = pay_range(row, settings)
    if told is None or low is None or high < low:
        return
    if low + high > 0:
        yield "compa_ratio", round(Fraction(2 * SCALE * told, low + high))
    if high > low:
        yield "range_penetration", round(Fraction(SCALE * (told - low), high - low))


def plan_report(row, plan, settings):
    """Eligible, enrolled, cost as reported, and cost with nothing for those who are said not to be enrolled."""
    enrolled, told = f"benefit_{plan}_enrolled", row.get(f"benefit_{plan}_employer_cost")
    is_enrolled = yes(row, enrolled)
    cost = 0 if told is None and f"benefit_{plan}_employer_cost" in row and is_enrolled is False else told
    if enrolled not in row and settings.participation_from_cost and told is not None:
        is_enrolled = told > 0
    return yes(row, f"benefit_{plan}_eligible"), is_enrolled, told, cost


def benefits(row, settings):
    """Of each plan, and of all plans together."""
    reports, weekly = [plan_report(row, plan, settings) for plan in settings.plans], hours(row, settings)
    worked = None if weekly is None else weekly * 52
    for plan, (eligible, enrolled, told, cost) in zip(settings.plans, reports):
        yield f"{plan}_access", eligible
        yield f"{plan}_participation", enrolled
        if eligible:
            yield f"{plan}_take_up", enrolled
        yield f"{plan}_employer_cost", cost
        if enrolled:
            yield f"{plan}_employer_cost_per_participant", told
        if cost is not None and worked is not None:
            yield f"{plan}_cost_per_hour_worked", (cost, worked)
    eligible = [one for one, _, _, _ in reports if one is not None]
    enrolled = [one for _, one, _, _ in reports if one is not None]
    if eligible:
        yield "benefits_access", any(eligible)
    if enrolled:
        yield "benefits_participation", any(enrolled)
        if any(eligible):
            yield "benefits_take_up", any(enrolled)
    costs = [cost for _, _, _, cost in reports if cost is not None]
    unknown = any(takes_part and told is None for _, takes_part, told, _ in reports)
    if costs and not unknown:
        yield "benefits_employer_cost", sum(costs)
        if any(enrolled):
            yield "benefits_employer_cost_per_participant", sum(costs)
        if worked is not None:
            yield "benefits_cost_per_hour_worked", (sum(costs), worked)
        if total_cash(row, settings) is not None:
            yield "benefit_load", (sum(costs), total_cash(row, settings))
    yield "paid_leave_days", row.get("paid_leave_days")


def uk_hourly(row, settings):
    """SI 2017/172: pay of a week by the weekly hours; these uploads tell no bonus of the pay period."""
    base, pay_basis, weekly = row.get("base_pay"), basis(row, settings), hours(row, settings)
    if None in (base, pay_basis) or yes(row, "full_pay") is False:
        return None
    if pay_basis == "hour":
        return round(base)
    if weekly is None:
        return None
    ordinary = base * 5 if pay_basis == "day" else base * 7 / UK_DAYS[pay_basis]
    return round(ordinary / Fraction(weekly, SCALE))


def equity(row, settings):
    sex, variable = gender(row, settings), row.get("variable_pay")
    if variable is None and settings.empty_variable_is_zero:
        variable = 0
    hourly = uk_hourly(row, settings)
    if hourly is not None and hourly > 0:
        for metric in (
            "uk_mean_hourly_gap",
            "uk_median_hourly_gap",
            *(f"uk_quartile_{band}_women" for band in kinds.BANDS),
        ):
            yield metric, (hourly, sex)
    if variable is not None:
        if variable > 0:
            yield "uk_mean_bonus_gap", (variable, sex)
            yield "uk_median_bonus_gap", (variable, sex)
        if sex:
            yield f"uk_bonus_share_{sex}", variable > 0
            yield f"eu_variable_share_{sex}", variable > 0
    basic, weekly = base_hourly(row, settings), hours(row, settings)
    if basic is not None and basic > 0:
        yield "eu_mean_basic_gap", (basic, sex)
    if variable is None or weekly is None:
        return
    by_hour = round(variable / (52 * Fraction(weekly, SCALE)))
    yield "eu_mean_variable_gap", (by_hour, sex)
    yield "eu_median_variable_gap", (by_hour, sex)
    if basic is not None and basic + by_hour > 0:
        for metric in ("eu_mean_gap", "eu_median_gap", *(f"eu_quartile_{band}_women" for band in kinds.BANDS)):
            yield metric, (basic + by_hour, sex)


def ethnicity_code(told):
    return re.sub("[^a-z0-9]", "_", told.lower())


def workforce(row, settings):
    yield "headcount", SCALE
    if row.get("fte") is not None:
        yield "fte", row["fte"]
    elif row.get("weekly_hours") is not None and settings.standard_hours:
        yield "fte", round(Fraction(row["weekly_hours"] * SCALE, settings.standard_hours))
    hired = row.get("hire_date")
    if hired is not None and hired <= settings.last_day:
        years = (settings.last_day - hired).days / YEAR
        yield "tenure_years", round(years * SCALE)
        yield "tenure_under_1_year", years < 1
        yield "tenure_1_to_5_years", 1 <= years < 5
        yield "tenure_5_to_10_years", 5 <= years < 10
        yield "tenure_10_years_or_more", years >= 10
    if row.get("gender"):
        sex = gender(row, settings)
        yield "women_representation", sex == "women"
        yield "men_representation", sex == "men"
        yield "other_gender_representation", sex is None
    if row.get("ethnicity"):
        for code in sorted(set(map(ethnicity_code, settings.ethnicities))):
            yield f"ethnicity_{code}_representation", ethnicity_code(row["ethnicity"]) == code


def learning(row, settings):
    yield "training_hours", row.get("training_hours")
    enrolled, completed = row.get("courses_enrolled"), row.get("courses_completed")
    if enrolled is not None and completed is not None:
        yield "course_completion", (completed, enrolled)
    for skill in settings.skills:
        if f"skill_{skill}" in row:
            score = row[f"skill_{skill}"]
            yield f"skill_{skill}", score
            yield f"skill_{skill}_assessed", score is not None


# Two snapshots of one company


def by_employee(records):
    """Within a company pseudonyms and employee numbers are one to one."""
    return {row["employee_id"]: row for row in records}


def not_comparable(now, then, settings):
    """Why two snapshots of counted employees are not compared, or None."""
    if then is None:
        return "no earlier snapshot"
    small, large = sorted((len(then), len(now)))
    if large > (1 + settings.max_headcount_change) * small:
        return "the headcount changed too much"
    if len(then.keys() & now.keys()) < settings.min_matched * small:
        return "too few employees are in both"
    return None


def panel(now, then, left, gone, settings):
    """`now` and `then` by employee, those counted; `left` by employee, who left between the two days; `gone`, whenever."""
    came_and_went = [row for employee, row in left.items() if employee not in then]
    for employee, row in then.items():
        stayed = employee in now
        yield "retention", row, stayed
        reason = None if stayed else gone.get(employee, {}).get("termination_reason")
        yield from rates(row, hired=False, separated=not stayed, reason=reason, average=Fraction(1, 2), closing=None)
    for employee, row in now.items():
        hired = employee not in then
        yield from rates(row, hired=hired, separated=False, reason=None, average=Fraction(1, 2), closing=1)
        if not hired:
            yield from stayer(row, then[employee], settings)
    for row in came_and_went:
        reason = row.get("termination_reason")
        yield from rates(row, hired=True, separated=True, reason=reason, average=0, closing=0)


def rates(row, hired, separated, reason, average, closing):
    """What one record adds to the rates of hires and separations; nothing where it adds to neither sum."""
    reason = reason if reason in ("voluntary", "involuntary") else "other"
    numerators = {"hires_rate": hired, "separations_rate": separated}
    numerators |= {
        f"{one}_separations_rate": separated and one == reason for one in ("voluntary", "involuntary", "other")
    }
    for rate, numerator in numerators.items():
        if average or numerator:
            yield rate, row, (numerator * SCALE, average * SCALE)
        if closing or numerator:
            yield f"{rate}_closing", row, (numerator * SCALE, (closing or 0) * SCALE)


def stayer(row, before, settings):
    """Of somebody who is in both snapshots, with present codes."""
    compared = [name for name in ("job_code", "job_level") if name in row and name in before]
    if compared and all(one[name] is not None for name in compared for one in (row, before)):
        yield "internal_moves", row, any(row[name] != before[name] for name in compared)
    levels = [one.get("job_level") for one in (before, row)]
    if all(level in settings.level_order for level in levels):
        was, is_now = map(settings.level_order.index, levels)
        yield "promotion", row, is_now > was
    pay_of = {"base_hourly": base_hourly, "base_annual": base_annual}[settings.pay_growth_of]
    was, is_now = pay_of(before, settings), pay_of(row, settings)
    if was and is_now and min(was, is_now) > 0 and currency(row, settings) == currency(before, settings):
        yield "pay_growth", row, round(Fraction(SCALE * (is_now - was), was))


# A company


def currency(row, settings):
    return row.get("currency") or settings.currency


@dataclass
class Company:
    """The records of one company: of the period, and of the earlier one (None without an upload of it)."""

    now: list
    then: list | None

    def contributions(self, settings):
        """Yields metric, record and what it adds: everything but absent values."""
        present = [row for row in self.now if counted(row, settings.last_day)]
        for row in present:
            for part in (pay, ranges, benefits, equity, workforce, learning):
                for metric, item in part(row, settings):
                    if item is not None and not (metric in settings.positive and item <= 0):
                        yield metric, row, item
        if self.note(settings) is None:
            gone = by_employee(row for row in self.now if not counted(row, settings.last_day))
            yield from panel(by_employee(present), self.earlier(settings), self.left(settings), gone, settings)

    def earlier(self, settings):
        return None if self.then is None else by_employee(row for row in self.then if counted(row, settings.before))

    def left(self, settings):
        return by_employee(
            row
            for row in self.now
            if row.get("termination_date") and settings.before < row["termination_date"] <= settings.last_day
        )

    def note(self, settings):
        """Why the company has no figures from two snapshots, or None."""
        present = by_employee(row for row in self.now if counted(row, settings.last_day))
        return not_comparable(present, self.earlier(settings), settings)


def own_rows(company, by, settings):
    """The rows of a company's own table by codes, metric and currency."""
    groups = defaultdict(list)
    whole = (TOTAL,) * len(by)
    for metric, row, item in company.contributions(settings):
        money = currency(row, settings) if described(metric)[2] else None
        for codes in {whole, tuple(row.get(name) or UNKNOWN for name in by)}:
            groups[*codes, metric, money].append(item)
    rows = {
        key: group_row(key[-2], items, key[:-2] == whole, settings)
        for key, items in groups.items()
        if has_row(key[-2], items)
    }
    if company.note(settings) is not None:
        noted = [metric for metric in PANEL if metric != "promotion" or settings.level_order]
        rows |= {(*whole, metric, None): dict.fromkeys(kinds.OWN) | {"note": True} for metric in noted}
    if by:
        rows |= joint_assessment(groups, whole, settings)
    return rows


def has_row(metric, items):
    """Gaps and bands need a woman or a man; anybody else only counts as left out."""
    kind = described(metric)[0]
    return not kinds.by_gender(kind) or any(sex for _, sex in items)


def group_row(metric, items, is_whole, settings):
    """One row of a company's own table; only the British figures are rounded there."""
    kind, step, _ = described(metric)
    step = {"other": SCALE // 10, "part": SCALE // 1000}[step] if metric.startswith("uk_") else 0
    return kinds.own_row(kind, items, step, settings.remainder) | {"note": remarked(metric, items, is_whole, settings)}


def remarked(metric, items, is_whole, settings):
    """Whether a gap is implausible, or flagged by Art. 10 in a category of workers."""
    if described(metric)[0] not in kinds.GAPS:
        return False
    gap = kinds.figure(described(metric)[0], items)
    if gap is None:
        return False
    if abs(gap) >= 100 * SCALE or metric == "eu_mean_gap" and not is_whole and abs(gap) >= 5 * SCALE:
        return True
    if metric not in ("uk_median_hourly_gap", "eu_median_gap"):
        return False
    counts = kinds.band_counts(items, settings.remainder)
    halves = [[sum(counts[band][at] for band in half) for at in (0, 1)] for half in (kinds.BANDS[:2], kinds.BANDS[2:])]
    if not all(people for _, people in halves):
        return False
    below = Fraction(*halves[0]) - Fraction(*halves[1])
    reported = round(Fraction(gap) / (SCALE // 10))
    return abs(below) > Fraction(1, 5) if reported == 0 else reported * below < 0


def joint_assessment(groups, whole, settings):
    """Art. 10: the categories of workers whose mean gap is 5 % or more, either way."""
    gaps = [
        kinds.figure("mean_gap", items)
        for key, items in groups.items()
        if key[-2] == "eu_mean_gap" and key[:-2] != whole
    ]
    gaps = [gap for gap in gaps if gap is not None]
    if not gaps:
        return {}
    wide = sum(abs(gap) >= 5 * SCALE for gap in gaps)
    people = [sex for key, items in groups.items() if key[:-1] == (*whole, "eu_mean_gap") for _, sex in items]
    told = {"n_employees": sum(map(bool, people)), "mean": wide, "numerator": wide, "denominator": len(gaps)}
    return {(*whole, "eu_joint_assessment_categories", None): dict.fromkeys(kinds.OWN) | told | {"note": False}}
