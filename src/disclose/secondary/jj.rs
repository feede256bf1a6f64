//! JJ files: problems as the field's tools exchange them (the CSPLIB instances; tau-Argus and sdcTable read and write them).
//!
//! In: the text of a file. Out: a [`Problem`], or all mistakes with their places. Invariant: what is written is read back as
//! the same problem; no message repeats a value.
//!
//! A line `0`; the number of cells; for each cell `index value [frequency] cost status lower upper LPL UPL SPL`; the number of
//! equations; for each `sum count : index (coefficient) ...`. Status `s` is safe, `u` unsafe, `m` or `x` withheld already, and
//! `z` must be published. A sliding protection level that exceeds the other two is met by raising the upper one.

use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use hashbrown::HashMap;

use super::problem::{Equation, Problem, ProblemCell, ProblemError, Role};
use super::protect::Pattern;
use crate::exact::{Amount, NumberFault, NumberFormat, decimal};
use crate::problem::{FileProblems, Problems};

/// Fields of a cell's line, without and with a frequency.
const FIELDS: [usize; 2] = [9, 10];

/// A JJ file that has been read.
#[derive(Debug, Clone)]
pub struct JjFile {
    /// The problem.
    pub problem: Problem,
    /// The index of each cell in the file.
    pub indices: Vec<u64>,
}

/// Reads a JJ file. Its cells have no contributors, so that only outsiders are guarded against; an unsafe cell without protection
/// levels is guarded against being known exactly.
///
/// # Errors
/// [`FileProblems`]: every mistake, with its place.
pub fn read_jj(file: &Path, text: &str) -> Result<JjFile, FileProblems> {
    let problems = Problems::new(text);
    let read = Reader { problems: &problems, lines: lines(text) }.read();
    match read {
        Some(read) if problems.is_empty() => Ok(read),
        _ => Err(problems.of(file)),
    }
}

/// Lines that are not empty, and their places.
fn lines(text: &str) -> std::vec::IntoIter<(Range<usize>, &str)> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            lines.push((start..start + line.len(), line));
        }
        start += line.len();
    }
    lines.into_iter()
}

struct Reader<'a> {
    problems: &'a Problems<'a>,
    lines: std::vec::IntoIter<(Range<usize>, &'a str)>,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Option<JjFile> {
        let (at, first) = self.next("the line `0`")?;
        if first.trim() != "0" {
            self.problems.add(&at, "does not begin as a JJ file", "write `0` in the first line");
        }
        let count = self.count("cells")?;
        let mut cells = Vec::new();
        let mut places: HashMap<u64, u32> = HashMap::new();
        let mut indices = Vec::new();
        for place in 0..count {
            let (at, line) = self.next("a cell")?;
            let Some((index, cell)) = self.cell(&at, line) else { continue };
            if places.insert(index, u32::try_from(place).unwrap_or(u32::MAX)).is_some() {
                self.problems.add(&at, "has the index of an earlier cell", "give each cell an index of its own");
            }
            indices.push(index);
            cells.push(cell);
        }
        let count = self.count("equations")?;
        let mut equations = Vec::new();
        let mut at_line = Vec::new();
        for _ in 0..count {
            let (at, line) = self.next("an equation")?;
            equations.extend(self.equation(&at, line, &places));
            at_line.push(at);
        }
        if let Some((at, _)) = self.lines.next() {
            self.problems.add(&at, "stands behind the last equation", "count the equations again, or remove the line");
        }
        if !self.problems.is_empty() {
            return None;
        }
        match Problem::new(cells, equations, 1) {
            Ok(problem) => Some(JjFile { problem, indices }),
            Err(error) => {
                let at = match error {
                    ProblemError::Unequal(equation) | ProblemError::NoSuchCell(equation) => at_line[equation].clone(),
                    ProblemError::SharesExceed(_)
                    | ProblemError::Layers
                    | ProblemError::TooLarge
                    | ProblemError::TooMany => 0..0,
                };
                self.problems.add(&at, error.to_string(), "compare the values with the table that they are taken from");
                None
            }
        }
    }

    fn next(&mut self, expected: &str) -> Option<(Range<usize>, &'a str)> {
        let next = self.lines.next();
        if next.is_none() {
            self.problems.add(
                &(usize::MAX..usize::MAX),
                format!("ends where {expected} should stand"),
                "is the file whole?",
            );
        }
        next
    }

    fn count(&mut self, of: &str) -> Option<usize> {
        let (at, line) = self.next(&format!("the number of {of}"))?;
        let count = line.trim().parse().ok();
        if count.is_none() {
            self.problems.add(&at, format!("is not the number of {of}"), "write a whole number");
        }
        count
    }

    fn cell(&self, at: &Range<usize>, line: &str) -> Option<(u64, ProblemCell)> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if !FIELDS.contains(&fields.len()) {
            let mend =
                "write index, value, cost, status, lower, upper, LPL, UPL and SPL, perhaps a frequency after the value";
            self.problems.add(at, format!("has {} fields", fields.len()), mend);
            return None;
        }
        let [status, cost] = [6, 7].map(|from_end| fields[fields.len() - from_end]);
        let number = |name: &str, field: &str| {
            let number = amount(field);
            if number.is_none() {
                self.problems.add(at, format!("{name} is not a number"), "write digits, at most four after a point");
            }
            number
        };
        let index = fields[0].parse().ok();
        if index.is_none() {
            self.problems.add(at, "the index is not a whole number", "number the cells from 0");
        }
        let last = &fields[fields.len() - 5..];
        let value = number("the value", fields[1]);
        let loss = number("the cost", cost);
        let bounds = [number("the lower bound", last[0]), number("the upper bound", last[1])];
        let levels = [number("LPL", last[2]), number("UPL", last[3]), number("SPL", last[4])];
        let role = match status {
            "s" => Role::Open,
            "u" | "m" | "x" => Role::Unsafe,
            "z" => Role::Known,
            _ => {
                self.problems.add(
                    at,
                    "has an unknown status",
                    "write s (safe), u (unsafe), m or x (withheld) or z (published)",
                );
                return None;
            }
        };
        let (value, loss) = (value?, loss?.max(0));
        let [lower, upper] = [bounds[0]?, bounds[1]?];
        if value < lower || value > upper {
            self.problems.add(
                at,
                "has a value outside its bounds",
                "let lower be at most the value, and upper at least",
            );
        }
        let [below, above, sliding] = [levels[0]?.max(0), levels[1]?.max(0), levels[2]?.max(0)];
        let protection = match status {
            "u" if below == 0 && above == 0 && sliding == 0 => [1, 1],
            "u" => [below, above.max(sliding - below)],
            _ => [0, 0],
        };
        // A cell of zero protects nobody: everybody expects it.
        let role = if role == Role::Open && value == 0 { Role::Known } else { role };
        Some((index?, ProblemCell { value, loss, role, believed: [lower, upper], protection, shares: Vec::new() }))
    }

    fn equation(&self, at: &Range<usize>, line: &str, places: &HashMap<u64, u32>) -> Option<Equation> {
        let mend = "write `sum count : index (coefficient) index (coefficient) ...`";
        let wrong = |what: &str| {
            self.problems.add(at, what, mend);
            None
        };
        let Some((head, tail)) = line.split_once(':') else { return wrong("has no colon") };
        let head: Vec<&str> = head.split_whitespace().collect();
        let [sum, count] = head[..] else { return wrong("does not begin with a sum and a count") };
        let (Some(sum), Ok(count)) = (amount(sum), count.parse::<usize>()) else {
            return wrong("does not begin with a sum and a count");
        };
        let words: Vec<&str> =
            tail.split(|c: char| c.is_whitespace() || c == '(' || c == ')').filter(|word| !word.is_empty()).collect();
        if count.checked_mul(2) != Some(words.len()) {
            return wrong("has another number of terms than it says");
        }
        let mut terms = Vec::with_capacity(count);
        for pair in words.chunks(2) {
            let Some(&place) = pair[0].parse().ok().and_then(|index: u64| places.get(&index)) else {
                return wrong("names a cell that is not in the list");
            };
            let Ok(factor) = pair[1].parse::<i32>() else {
                return wrong("has a coefficient that is not a whole number");
            };
            terms.push((place, factor.into()));
        }
        Some(Equation { terms, sum })
    }
}

fn amount(field: &str) -> Option<Amount> {
    match NumberFormat::default().parse(field.as_bytes()) {
        Ok(amount) => Some(amount),
        Err(NumberFault::TooLarge) if !field.starts_with('-') => Some(Amount::MAX),
        Err(_) => None,
    }
}

/// Writes a problem, with a pattern where there is one: cells that are withheld for others get the status `m`.
#[must_use]
pub fn write_jj(problem: &Problem, indices: &[u64], pattern: Option<&Pattern>) -> String {
    let mut text = format!("0\n{}\n", problem.cells().len());
    for (place, (cell, index)) in problem.cells().iter().zip(indices).enumerate() {
        let is_withheld = pattern.is_some_and(|pattern| pattern.withheld[place]);
        let status = match cell.role {
            Role::Unsafe if cell.protection == [0, 0] => 'm',
            Role::Unsafe => 'u',
            Role::Open if is_withheld => 'm',
            Role::Open => 's',
            Role::Known => 'z',
        };
        let [lower, upper] = cell.believed.map(decimal);
        let [below, above] = cell.protection.map(decimal);
        let (value, loss) = (decimal(cell.value), decimal(cell.loss));
        let _ = writeln!(text, "{index} {value} {loss} {status} {lower} {upper} {below} {above} 0");
    }
    let _ = writeln!(text, "{}", problem.equations().len());
    for equation in problem.equations() {
        let _ = write!(text, "{} {} :", decimal(equation.sum), equation.terms.len());
        for &(cell, factor) in &equation.terms {
            let _ = write!(text, " {} ({factor})", indices[cell as usize]);
        }
        text.push('\n');
    }
    text
}
