//! [`Contributions`]: what each holding contributes to a cell, in little room.
//!
//! In: [`Contribution`]s. Out: the same ones, one by one. Invariant: nothing is rounded or cut; where a number does not fit
//! the narrow form, the whole cell is kept in the wide one.
//!
//! A release of all measures holds tens of millions of contributions at once, and nearly all of them say the same thing
//! twice: a distribution has one amount, and the amounts of a share are its people.

use serde::{Deserialize, Serialize};

use crate::exact::SCALE;

/// What one holding contributes to a cell: employees, and up to two amounts with the people behind each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contribution {
    /// Place of the holding in [`CellTable::holdings`](super::CellTable::holdings).
    pub holding: u32,
    /// Its employees with a value.
    pub employees: u64,
    /// In 1/10,000: of a distribution or total the sum of values; of a ratio numerators and denominators; of a gap the pay of
    /// women and of men; of a share the number who have it, and who have it not.
    pub amounts: [i128; 2],
    /// Of a gap women and men; of a share those who have it, and who have it not.
    pub people: [u64; 2],
    /// The holding's own figure, in [`super::PARTS`] of an amount step; none where it is not defined.
    pub figure: Option<i128>,
}

/// The contributions to one cell, in the order of holdings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contributions(Form);

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Form {
    /// One amount, and nobody apart.
    One(Box<[One]>),
    /// The amounts count the people, and the people are all employees.
    Heads(Box<[Heads]>),
    /// Two amounts, each with people of its own.
    Two(Box<[Two]>),
    /// A number does not fit.
    Wide(Box<[Contribution]>),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct One {
    amount: i64,
    figure: i64,
    holding: u32,
    employees: u32,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Heads {
    figure: i64,
    holding: u32,
    people: [u32; 2],
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Two {
    amounts: [i64; 2],
    figure: i64,
    holding: u32,
    employees: u32,
    people: [u32; 2],
}

/// Stands for no figure; a figure that is this number does not fit.
const NONE: i64 = i64::MIN;

fn narrow(figure: Option<i128>) -> Option<i64> {
    figure.map_or(Some(NONE), |figure| i64::try_from(figure).ok().filter(|&figure| figure != NONE))
}

fn wide(figure: i64) -> Option<i128> {
    (figure != NONE).then(|| i128::from(figure))
}

fn heads(people: [u32; 2]) -> [i128; 2] {
    people.map(|people| i128::from(people) * i128::from(SCALE))
}

impl Two {
    fn of(own: &Contribution) -> Option<Self> {
        let amount = |side: usize| i64::try_from(own.amounts[side]).ok();
        let people = |side: usize| u32::try_from(own.people[side]).ok();
        Some(Self {
            amounts: [amount(0)?, amount(1)?],
            figure: narrow(own.figure)?,
            holding: own.holding,
            employees: u32::try_from(own.employees).ok()?,
            people: [people(0)?, people(1)?],
        })
    }

    fn has_one_amount(&self) -> bool {
        self.amounts[1] == 0 && self.people == [0; 2]
    }

    fn counts_heads(&self) -> bool {
        self.amounts.map(i128::from) == heads(self.people)
            && self.people[0].checked_add(self.people[1]) == Some(self.employees)
    }
}

impl From<Two> for One {
    fn from(Two { amounts: [amount, _], figure, holding, employees, .. }: Two) -> Self {
        Self { amount, figure, holding, employees }
    }
}

impl From<Two> for Heads {
    fn from(Two { figure, holding, people, .. }: Two) -> Self {
        Self { figure, holding, people }
    }
}

/// Contributions that fit, in one piece of memory of the right size.
fn packed<T: From<Two>>(all: &[Contribution]) -> Box<[T]> {
    let mut packed = Vec::with_capacity(all.len());
    packed.extend(all.iter().filter_map(Two::of).map(T::from));
    packed.into()
}

impl Contributions {
    /// Packs contributions.
    #[must_use]
    pub fn of(all: &[Contribution]) -> Self {
        let (mut one_amount, mut heads) = (true, true);
        for own in all {
            let Some(own) = Two::of(own) else { return Self(Form::Wide(all.into())) };
            one_amount &= own.has_one_amount();
            heads &= own.counts_heads();
        }
        Self(match (one_amount, heads) {
            (true, _) => Form::One(packed(all)),
            (false, true) => Form::Heads(packed(all)),
            (false, false) => Form::Two(packed(all)),
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::One(all) => all.len(),
            Form::Heads(all) => all.len(),
            Form::Two(all) => all.len(),
            Form::Wide(all) => all.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The contributions, in the order of holdings.
    pub fn iter(&self) -> impl Iterator<Item = Contribution> + '_ {
        (0..self.len()).map(|place| self.get(place))
    }

    fn get(&self, place: usize) -> Contribution {
        match &self.0 {
            Form::One(all) => {
                let One { amount, figure, holding, employees } = all[place];
                let amounts = [i128::from(amount), 0];
                Contribution { holding, employees: employees.into(), amounts, people: [0; 2], figure: wide(figure) }
            }
            Form::Heads(all) => {
                let Heads { figure, holding, people } = all[place];
                let (amounts, people) = (heads(people), people.map(u64::from));
                Contribution { holding, employees: people[0] + people[1], amounts, people, figure: wide(figure) }
            }
            Form::Two(all) => {
                let Two { amounts, figure, holding, employees, people } = all[place];
                let (amounts, people) = (amounts.map(i128::from), people.map(u64::from));
                Contribution { holding, employees: employees.into(), amounts, people, figure: wide(figure) }
            }
            Form::Wide(all) => all[place],
        }
    }
}

/// The same contributions, whatever form they are kept in.
impl PartialEq for Contributions {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers that fit the narrow forms, and those at and beyond their bounds.
    fn amount() -> impl Strategy<Value = i128> {
        let bounds = [i64::MAX, i64::MIN, i64::MIN + 1].map(i128::from);
        prop_oneof![6 => any::<i32>().prop_map(i128::from), 4 => Just(0), 1 => proptest::sample::select(bounds.to_vec()),
            1 => any::<i128>()]
    }

    fn people() -> impl Strategy<Value = u64> {
        prop_oneof![6 => 0_u64..1_000, 4 => Just(0), 1 => proptest::sample::select(vec![u64::from(u32::MAX), 1 << 32])]
    }

    fn any_contribution() -> impl Strategy<Value = Contribution> {
        let figure = proptest::option::of(amount());
        (any::<u32>(), people(), [amount(), amount()], [people(), people()], figure).prop_map(
            |(holding, employees, amounts, people, figure)| Contribution {
                holding,
                employees,
                amounts,
                people,
                figure,
            },
        )
    }

    fn of_value() -> impl Strategy<Value = Contribution> {
        any_contribution().prop_map(|own| Contribution { amounts: [own.amounts[0], 0], people: [0; 2], ..own })
    }

    fn of_heads() -> impl Strategy<Value = Contribution> {
        any_contribution().prop_map(|own| {
            let amounts = own.people.map(|people| i128::from(people) * i128::from(SCALE));
            Contribution { employees: own.people[0] + own.people[1], amounts, ..own }
        })
    }

    proptest! {
        /// The slow twin is the list itself.
        #[test]
        fn packing_changes_nothing(
            all in prop_oneof![
                proptest::collection::vec(any_contribution(), 0..6),
                proptest::collection::vec(of_value(), 0..6),
                proptest::collection::vec(of_heads(), 0..6),
            ]
        ) {
            let packed = Contributions::of(&all);
            prop_assert_eq!(packed.len(), all.len());
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), all);
        }
    }
}
