//! A dual simplex that looks only where something moves.
//!
//! In: a problem, a cell that must move, and for each other cell how far it may go and what that costs. Out: the cheapest way in
//! which all equations still hold. Invariant: the same question gives the same answer; the work is bounded by a number of
//! steps, and depends on what moves, not on the size of the problem.
//!
//! Where nothing moves, every equation holds and nothing costs less: so the method starts there, moves the one cell, and
//! mends one equation after another, each with the cell that is cheapest at the prices so far. Equations that nobody has
//! touched hold by themselves and are never looked at. (The dual simplex for bounded variables: Koberstein, *The dual simplex
//! method*, 2005, chapter 3; each cell is two variables, one for each direction.)

use super::problem::Problem;

/// How far a cell may move down and up, and what each step of it costs; in parts of the move of the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    pub(super) down: f64,
    pub(super) up: f64,
    pub(super) cost: f64,
}

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There is a way.
    Found,
    /// There is none.
    Impossible,
    /// It was given up after too many steps.
    GaveUp,
}

/// Smaller amounts are rounding of floats.
const NOTHING: f64 = 1e-9;

/// Parts of an inverse that are zero but for rounding.
const ZERO: f64 = 1e-13;

/// Smaller pivots are not trusted.
const PIVOT: f64 = 1e-7;

/// One of the two variables of a cell: the way up or the way down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Variable {
    cell: u32,
    is_up: bool,
}

impl Variable {
    fn sign(self) -> f64 {
        if self.is_up { 1.0 } else { -1.0 }
    }
}

/// What is known of a cell that was looked at; what is seldom asked stands in [`Simplex::room`].
#[derive(Debug, Clone, Copy)]
struct Column {
    cost: f64,
    /// What its equations charge for it at the prices so far.
    charge: f64,
    /// Change of the equation in question for a step of the cell.
    slope: f64,
    /// Its place among the variables that are neither at zero nor at a limit, or `NOWHERE`.
    basic: u32,
    /// Whether the way up, or down, stands at its limit.
    full: Option<bool>,
    /// Whether there is any room down, and up.
    open: [bool; 2],
}

const NOWHERE: u32 = u32::MAX;

/// The state of an equation.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// What is wrong in it.
    excess: f64,
    /// Its place among the equations that a variable keeps, or `NOWHERE`.
    kept: u32,
    /// Its place among those that were looked at, or `NOWHERE`.
    seen: u32,
}

const UNTOUCHED: Row = Row { excess: 0.0, kept: NOWHERE, seen: NOWHERE };

/// What leaves: a variable that went too far, or the excess of an equation.
#[derive(Debug, Clone, Copy)]
enum Leaving {
    Variable { place: usize, to: f64 },
    Excess { row: u32 },
}

/// What enters: another variable, or the other way of the cell whose variable leaves.
#[derive(Debug, Clone, Copy)]
enum Entering {
    Variable(Variable),
    Turned(usize),
}

/// Room for the method, used again from question to question.
#[derive(Debug, Default)]
pub(super) struct Simplex {
    columns: Vec<Option<Column>>,
    /// How far each of them may go down and up.
    room: Vec<[f64; 2]>,
    rows: Vec<Row>,
    seen_columns: Vec<u32>,
    seen_rows: Vec<u32>,
    /// Equations that were looked at before this one hold.
    holding: usize,
    basics: Vec<Variable>,
    values: Vec<f64>,
    kept: Vec<u32>,
    /// For each basic variable its row of the inverse, by kept equation.
    inverse: Vec<Vec<f64>>,
    /// Rows of earlier questions, empty, with their room.
    unused: Vec<Vec<f64>>,
    sloped: Vec<u32>,
    weights: Vec<f64>,
    spare: Vec<f64>,
    sparse: Vec<(usize, f64)>,
}

impl Simplex {
    /// Asks for the cheapest way to move `target` by `step`; `limits` tells those of every other cell. See [`moves`](Self::moves).
    pub(super) fn solve(
        &mut self,
        problem: &Problem,
        target: u32,
        step: f64,
        most: usize,
        limits: &impl Fn(u32) -> Limits,
    ) -> Outcome {
        self.clear(problem);
        self.column(target, &|_| Limits { down: 0.0, up: 0.0, cost: 0.0 });
        self.shift(problem, target, step);
        for _ in 0..most {
            let Some(leaving) = self.leaving() else { return Outcome::Found };
            let wanted = self.slopes(problem, leaving, limits);
            match self.entering(leaving, wanted) {
                Some(Entering::Variable(entering)) => self.exchange(problem, leaving, entering),
                Some(Entering::Turned(place)) => self.turn(place),
                None => return Outcome::Impossible,
            }
        }
        Outcome::GaveUp
    }

    /// The cells that move in the answer, beside the target, and how far.
    pub(super) fn moves(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        let basic =
            self.basics.iter().zip(&self.values).map(|(variable, value)| (variable.cell, variable.sign() * value));
        let full = self.seen_columns.iter().filter_map(|&cell| {
            let column = self.columns[cell as usize]?;
            let [down, up] = self.room[cell as usize];
            Some((cell, if column.full? { up } else { -down }))
        });
        basic.chain(full).filter(|(_, by)| by.abs() > NOTHING)
    }

    fn clear(&mut self, problem: &Problem) {
        for cell in self.seen_columns.drain(..) {
            self.columns[cell as usize] = None;
        }
        for row in self.seen_rows.drain(..) {
            self.rows[row as usize] = UNTOUCHED;
        }
        self.holding = 0;
        self.columns.resize(problem.cells().len(), None);
        self.room.resize(problem.cells().len(), [0.0; 2]);
        self.rows.resize(problem.equations().len(), UNTOUCHED);
        self.sloped.clear();
        self.basics.clear();
        self.values.clear();
        self.kept.clear();
        for mut line in self.inverse.drain(..) {
            line.clear();
            self.unused.push(line);
        }
    }

    fn column(&mut self, cell: u32, limits: &impl Fn(u32) -> Limits) -> &mut Column {
        let slot = &mut self.columns[cell as usize];
        if slot.is_none() {
            self.seen_columns.push(cell);
        }
        let room = &mut self.room[cell as usize];
        slot.get_or_insert_with(|| {
            let Limits { down, up, cost } = limits(cell);
            *room = [down, up];
            let open = [down > NOTHING, up > NOTHING];
            Column { cost, charge: 0.0, slope: 0.0, basic: NOWHERE, full: None, open }
        })
    }

    fn kept_at(&self, row: u32) -> u32 {
        self.rows[row as usize].kept
    }

    /// Moves a cell, and tells all its equations but those that are kept.
    fn shift(&mut self, problem: &Problem, cell: u32, by: f64) {
        for &(row, factor) in problem.factors_of(cell) {
            let slot = &mut self.rows[row as usize];
            if slot.seen == NOWHERE {
                slot.seen = u32::try_from(self.seen_rows.len()).unwrap_or(NOWHERE);
                self.seen_rows.push(row);
            }
            if slot.kept == NOWHERE {
                slot.excess += by * float(factor);
                self.holding = self.holding.min(slot.seen as usize);
            }
        }
    }

    /// What is to be mended next: of the equations the one that was touched first, or else the variable that went farthest
    /// beyond its limits; none where nothing is wrong.
    fn leaving(&mut self) -> Option<Leaving> {
        let is_wrong = |row: &u32| {
            let Row { kept, excess, .. } = self.rows[*row as usize];
            kept == NOWHERE && excess.abs() > NOTHING
        };
        let wrong = self.seen_rows[self.holding..].iter().position(is_wrong);
        self.holding = wrong.map_or(self.seen_rows.len(), |place| self.holding + place);
        if let Some(&row) = self.seen_rows.get(self.holding) {
            return Some(Leaving::Excess { row });
        }
        let mut worst = (NOTHING, None);
        for (place, (variable, &value)) in self.basics.iter().zip(&self.values).enumerate() {
            let limit = self.limit(*variable);
            let (wrong, to) = if value < 0.0 { (-value, 0.0) } else { (value - limit, limit) };
            if wrong > worst.0 {
                worst = (wrong, Some(Leaving::Variable { place, to }));
            }
        }
        worst.1
    }

    fn limit(&self, variable: Variable) -> f64 {
        self.room[variable.cell as usize][usize::from(variable.is_up)]
    }

    /// Computes how what leaves answers to a step of each other cell, and tells the direction in which it must go.
    fn slopes(&mut self, problem: &Problem, leaving: Leaving, limits: &impl Fn(u32) -> Limits) -> f64 {
        for cell in self.sloped.drain(..) {
            if let Some(column) = &mut self.columns[cell as usize] {
                column.slope = 0.0;
            }
        }
        self.weights.clear();
        let wanted = match leaving {
            Leaving::Variable { place, to } => {
                self.weights.extend(self.inverse[place].iter().map(|part| -part));
                to - self.values[place]
            }
            Leaving::Excess { row } => {
                self.add_slopes(problem, row, 1.0, limits);
                self.weights.resize(self.kept.len(), 0.0);
                for &cell in &self.sloped {
                    let Some(column) = self.columns[cell as usize].filter(|column| column.basic != NOWHERE) else {
                        continue;
                    };
                    let factor = column.slope * self.basics[column.basic as usize].sign();
                    for (weight, part) in self.weights.iter_mut().zip(&self.inverse[column.basic as usize]) {
                        *weight -= factor * part;
                    }
                }
                -self.rows[row as usize].excess
            }
        };
        let weights = std::mem::take(&mut self.weights);
        for (place, &weight) in weights.iter().enumerate() {
            if weight.abs() > ZERO {
                self.add_slopes(problem, self.kept[place], weight, limits);
            }
        }
        self.weights = weights;
        wanted
    }

    fn add_slopes(&mut self, problem: &Problem, row: u32, weight: f64, limits: &impl Fn(u32) -> Limits) {
        for &(cell, factor) in &problem.equations()[row as usize].terms {
            let column = self.column(cell, limits);
            if column.open == [false; 2] {
                continue;
            }
            if column.slope == 0.0 {
                column.slope = weight * float(factor);
                self.sloped.push(cell);
            } else {
                column.slope += weight * float(factor);
                if column.slope == 0.0 {
                    // Listed already: kept apart from zero, far below any pivot.
                    column.slope = f64::MIN_POSITIVE;
                }
            }
        }
    }

    /// The variable that moves what leaves the right way at the least price; none where nothing does.
    fn entering(&self, leaving: Leaving, wanted: f64) -> Option<Entering> {
        let mut best: Option<(f64, f64, Variable)> = None;
        for &cell in &self.sloped {
            let Some(column) = self.columns[cell as usize] else { continue };
            if column.slope.abs() < PIVOT || column.basic != NOWHERE {
                continue;
            }
            let helps_up = (column.slope > 0.0) == (wanted > 0.0);
            // At zero either way is open; from a limit there is only the way back.
            let (is_up, price) = match column.full {
                None if helps_up => (true, column.cost - column.charge),
                None => (false, column.cost + column.charge),
                Some(true) if !helps_up => (true, column.charge - column.cost),
                Some(false) if helps_up => (false, -column.charge - column.cost),
                Some(_) => continue,
            };
            if !column.open[usize::from(is_up)] {
                continue;
            }
            let ratio = price.max(0.0) / column.slope.abs();
            let is_better = best.is_none_or(|(least, slope, _)| {
                ratio < least - 1e-12 || ratio <= least + 1e-12 && column.slope.abs() > slope + 1e-12
            });
            if is_better {
                best = Some((ratio, column.slope.abs(), Variable { cell, is_up }));
            }
        }
        let other = best.map(|(.., variable)| Entering::Variable(variable));
        // Whoever would go below zero on one way can go the other way instead.
        if let Leaving::Variable { place, to } = leaving
            && to == 0.0
            && let Variable { cell, is_up } = self.basics[place]
            && let Some(column) = self.columns[cell as usize].filter(|column| column.open[usize::from(!is_up)])
            && best.is_none_or(|(least, ..)| 2.0 * column.cost < least)
        {
            return Some(Entering::Turned(place));
        }
        other
    }

    /// Lets the cell of a variable that is below zero go the other way.
    fn turn(&mut self, place: usize) {
        let Variable { cell, is_up } = self.basics[place];
        let turned = Variable { cell, is_up: !is_up };
        if let Some(column) = self.columns[cell as usize].filter(|column| column.slope != 0.0) {
            self.charge((turned.sign() * column.cost - column.charge) / column.slope);
        }
        self.basics[place] = turned;
        self.values[place] = -self.values[place];
        self.inverse[place].iter_mut().for_each(|part| *part = -*part);
    }

    /// Changes the prices along what leaves.
    fn charge(&mut self, rise: f64) {
        for &cell in &self.sloped {
            if let Some(column) = &mut self.columns[cell as usize] {
                column.charge += rise * column.slope;
            }
        }
    }

    fn exchange(&mut self, problem: &Problem, leaving: Leaving, entering: Variable) {
        let sign = entering.sign();
        let column = self.columns[entering.cell as usize].unwrap_or(Column {
            cost: 0.0,
            charge: 0.0,
            slope: 1.0,
            basic: NOWHERE,
            full: None,
            open: [false; 2],
        });
        // Prices: the entering variable's own becomes its cost.
        self.charge((sign * column.cost - column.charge) / column.slope);
        // How basic variables answer to a step of the entering one.
        let mut answers = std::mem::take(&mut self.spare);
        answers.clear();
        answers.resize(self.basics.len(), 0.0);
        for &(row, factor) in problem.factors_of(entering.cell) {
            let place = self.kept_at(row);
            if place != NOWHERE {
                let factor = float(factor) * sign;
                for (answer, line) in answers.iter_mut().zip(&self.inverse) {
                    *answer += factor * line[place as usize];
                }
            }
        }
        let wanted = match leaving {
            Leaving::Variable { place, to } => to - self.values[place],
            Leaving::Excess { row } => -self.rows[row as usize].excess,
        };
        let step = wanted / (column.slope * sign);
        for (place, answer) in answers.iter().enumerate() {
            let change = -answer * step;
            if change.abs() > ZERO {
                self.values[place] += change;
                let variable = self.basics[place];
                self.shift(problem, variable.cell, change * variable.sign());
            }
        }
        self.shift(problem, entering.cell, step * sign);
        let was_full = column.full.is_some();
        let start = if was_full { self.limit(entering) } else { 0.0 };
        let value = start + step;
        match leaving {
            Leaving::Variable { place, to } => {
                let left = self.basics[place];
                if let Some(column) = &mut self.columns[left.cell as usize] {
                    column.basic = NOWHERE;
                    column.full = (to > 0.0).then_some(left.is_up);
                }
                self.basics[place] = entering;
                self.values[place] = value;
                self.enter(entering, place);
                let mut line = std::mem::take(&mut self.inverse[place]);
                for part in &mut line {
                    *part /= answers[place];
                }
                answers[place] = 0.0;
                self.subtract(&line, &answers);
                self.inverse[place] = line;
            }
            Leaving::Excess { row } => {
                // What is left of the new variable in the new equation once the others have answered.
                let left = column.slope * sign;
                let mut line = self.unused.pop().unwrap_or_default();
                line.extend(self.weights.iter().map(|weight| weight / left));
                line.push(1.0 / left);
                self.inverse.iter_mut().for_each(|inverse| inverse.push(0.0));
                self.subtract(&line, &answers);
                self.inverse.push(line);
                let place = self.basics.len();
                self.basics.push(entering);
                self.values.push(value);
                self.enter(entering, place);
                let slot = &mut self.rows[row as usize];
                *slot = Row { excess: 0.0, kept: u32::try_from(place).unwrap_or(NOWHERE), ..*slot };
                self.kept.push(row);
            }
        }
        self.spare = answers;
    }

    /// Subtracts so many times a line from each row of the inverse. Most of both are zero.
    fn subtract(&mut self, line: &[f64], times: &[f64]) {
        self.sparse.clear();
        self.sparse.extend((0_usize..).zip(line.iter().copied()).filter(|(_, part)| part.abs() > ZERO));
        for (inverse, times) in self.inverse.iter_mut().zip(times).filter(|(_, times)| times.abs() > ZERO) {
            for &(place, part) in &self.sparse {
                inverse[place] -= times * part;
            }
        }
    }

    fn enter(&mut self, variable: Variable, place: usize) {
        if let Some(column) = &mut self.columns[variable.cell as usize] {
            column.basic = u32::try_from(place).unwrap_or(NOWHERE);
            column.full = None;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "factors are small")]
fn float(factor: i64) -> f64 {
    factor as f64
}
