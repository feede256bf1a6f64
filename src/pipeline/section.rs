//! Typed access to the tables of a TOML file, with the place of everything.
//!
//! In: one parsed table. Out: values of the type asked for. Invariant: a value of the wrong type, a missing key and an
//! unknown key are each reported once, at their place; nothing is read twice or silently ignored.

use std::cell::RefCell;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::exact::{Amount, NumberFormat};
use crate::problem::{Problems, nearest};

/// A value and where it stands in the file.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) at: Range<usize>,
}

/// One table of the file while it is being read.
pub(super) struct Section<'a> {
    path: String,
    at: Range<usize>,
    table: &'a DeTable<'a>,
    asked: RefCell<Vec<&'static str>>,
    pub(super) problems: &'a Problems<'a>,
}

impl<'a> Section<'a> {
    pub(super) fn root(table: &'a Spanned<DeTable<'a>>, problems: &'a Problems<'a>) -> Self {
        Self::new(String::new(), 0..0, table.get_ref(), problems)
    }

    fn new(path: String, at: Range<usize>, table: &'a DeTable<'a>, problems: &'a Problems<'a>) -> Self {
        Self { path, at, table, asked: RefCell::default(), problems }
    }

    /// The full name of a key, for messages.
    pub(super) fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn at(&self) -> &Range<usize> {
        &self.at
    }

    /// Whether the file has a key.
    pub(super) fn names(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref() == key)
    }

    fn find(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().push(key);
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        self.problems.add(
            &value.span(),
            format!("`{}` is of type {}", self.name(key), value.get_ref().type_str()),
            format!("write {expected}"),
        );
    }

    pub(super) fn missing(&self, key: &str, expected: &str) {
        self.problems.add(&self.at, format!("`{}` is missing", self.name(key)), format!("add {expected}"));
    }

    pub(super) fn text(&self, key: &'static str) -> Option<Placed<String>> {
        let value = self.find(key)?;
        if let DeValue::String(text) = value.get_ref() {
            return Some(Placed { value: text.to_string(), at: value.span() });
        }
        self.wrong_type(key, value, &format!("a text, as in `{key} = \"...\"`"));
        None
    }

    /// Whether a key is there; reports it as missing otherwise.
    fn has(&self, key: &'static str, example: &str) -> bool {
        let there = self.names(key);
        if !there {
            self.asked.borrow_mut().push(key);
            self.missing(key, example);
        }
        there
    }

    pub(super) fn required_text(&self, key: &'static str, example: &str) -> Option<Placed<String>> {
        if self.has(key, example) { self.text(key) } else { None }
    }

    /// One of a few words, which must be there.
    pub(super) fn required_choice<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&'static str, T)],
        example: &str,
    ) -> Option<T> {
        if self.has(key, example) { self.choice(key, choices) } else { None }
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        let value = self.find(key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.wrong_type(key, value, "`true` or `false`");
        None
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = choices.iter().find(|(word, _)| *word == text.value).map(|(_, choice)| *choice);
        if found.is_none() {
            let words: Vec<String> = choices.iter().map(|(word, _)| format!("{word:?}")).collect();
            self.problems.add(
                &text.at,
                format!("`{}` has the unknown word {:?}", self.name(key), text.value),
                format!("write one of {}", words.join(", ")),
            );
        }
        found
    }

    /// A whole number of at least `low`.
    pub(super) fn count(&self, key: &'static str, low: u64) -> Option<u64> {
        let value = self.find(key)?;
        if let DeValue::Integer(integer) = value.get_ref()
            && let Ok(number) = u64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix())
            && number >= low
        {
            return Some(number);
        }
        self.problems.add(
            &value.span(),
            format!("`{}` is not a whole number of at least {low}", self.name(key)),
            format!("write a whole number, {low} or more"),
        );
        None
    }

    /// An exact decimal number between two bounds (in 1/10,000).
    pub(super) fn decimal(&self, key: &'static str, low: Amount, high: Amount) -> Option<Amount> {
        let value = self.find(key)?;
        let text = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
            DeValue::Float(float) => float.as_str(),
            _ => "",
        };
        let exact = NumberFormat::default().parse(text.replace('_', "").as_bytes());
        if let Ok(amount) = exact
            && (low..=high).contains(&amount)
        {
            return Some(amount);
        }
        let unit = crate::exact::SCALE;
        self.problems.add(
            &value.span(),
            format!("`{}` is not a number from {} to {}", self.name(key), low / unit, high / unit),
            "write it with a decimal point, as in 0.25".to_owned(),
        );
        None
    }

    /// A text, or a list of texts.
    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<Placed<String>>> {
        let value = self.find(key)?;
        let texts = texts_of(value);
        if texts.is_none() {
            self.wrong_type(key, value, "a text or a list of texts, as in `[\"a\", \"b\"]`");
        }
        texts
    }

    /// A list of small whole numbers.
    pub(super) fn levels(&self, key: &'static str) -> Option<Vec<Placed<u8>>> {
        levels_of(self, key, self.find(key)?)
    }

    pub(super) fn section(&self, key: &'static str) -> Option<Section<'a>> {
        let value = self.find(key)?;
        if let DeValue::Table(table) = value.get_ref() {
            return Some(Section::new(self.name(key), value.span(), table, self.problems));
        }
        self.wrong_type(key, value, &format!("a table, as in `[{}]`", self.name(key)));
        None
    }

    /// An array of tables (`[[key]]`).
    pub(super) fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong_type(key, value, &format!("a list of tables, as in `[[{}]]`", self.name(key)));
            return Vec::new();
        };
        array
            .iter()
            .filter_map(|item| {
                if let DeValue::Table(table) = item.get_ref() {
                    Some(Section::new(self.name(key), item.span(), table, self.problems))
                } else {
                    self.wrong_type(key, item, &format!("a table, as in `[[{}]]`", self.name(key)));
                    None
                }
            })
            .collect()
    }

    /// Every key of a table whose keys are free names, with its place.
    pub(super) fn entries(&self) -> Vec<Entry<'a>> {
        let entry = |(name, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let name: &Spanned<std::borrow::Cow<'a, str>> = name;
            Entry { name: Placed { value: name.get_ref().to_string(), at: name.span() }, value }
        };
        self.table.iter().map(entry).collect()
    }

    /// The table below a free name.
    pub(super) fn section_of(&self, entry: &Entry<'a>) -> Option<Section<'a>> {
        if let DeValue::Table(table) = entry.value.get_ref() {
            let at = entry.name.at.clone();
            return Some(Section::new(self.name(&entry.name.value), at, table, self.problems));
        }
        self.wrong_type(&entry.name.value, entry.value, "a table");
        None
    }

    /// A text or a list of texts below a free name.
    pub(super) fn texts_of(&self, entry: &Entry<'a>) -> Option<Vec<Placed<String>>> {
        let texts = texts_of(entry.value);
        if texts.is_none() {
            self.wrong_type(&entry.name.value, entry.value, "a header, or a list of headers");
        }
        texts
    }

    /// A text below a free name.
    pub(super) fn text_of(&self, entry: &Entry<'a>) -> Option<Placed<String>> {
        if let DeValue::String(text) = entry.value.get_ref() {
            return Some(Placed { value: text.to_string(), at: entry.value.span() });
        }
        self.wrong_type(&entry.name.value, entry.value, "a text");
        None
    }

    /// Headers below a free name, each a text or a table `{ header = "...", pay_basis = "..." }`.
    pub(super) fn headers_of(&self, entry: &Entry<'a>) -> Option<Vec<PlacedHeader>> {
        let one = |item: &'a Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::String(text) => Some((Placed { value: text.to_string(), at: item.span() }, None)),
            DeValue::Table(table) => {
                let section = Section::new(self.name(&entry.name.value), item.span(), table, self.problems);
                let header = section.required_text("header", "the header, as in `header = \"Hourly Rate\"`");
                let basis = section.text("pay_basis");
                section.finish();
                header.map(|header| (header, basis))
            }
            _ => {
                self.wrong_type(&entry.name.value, item, "a header, or a list of headers");
                None
            }
        };
        match entry.value.get_ref() {
            DeValue::Array(array) => array.iter().map(one).collect(),
            _ => one(entry.value).map(|header| vec![header]),
        }
    }

    /// Two exact decimal numbers below a free name, between two bounds (in 1/10,000) and the lower one first.
    pub(super) fn range_of(&self, entry: &Entry<'a>, low: Amount, high: Amount) -> Option<[Amount; 2]> {
        let number = |item: &Spanned<DeValue<'_>>| {
            let text = match item.get_ref() {
                DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
                DeValue::Float(float) => float.as_str(),
                _ => "",
            };
            NumberFormat::default().parse(text.replace('_', "").as_bytes()).ok()
        };
        let numbers: Option<Vec<Amount>> = match entry.value.get_ref() {
            DeValue::Array(array) => array.iter().map(number).collect(),
            _ => None,
        };
        if let Some(&[first, second]) = numbers.as_deref()
            && low <= first
            && first < second
            && second <= high
        {
            return Some([first, second]);
        }
        let unit = crate::exact::SCALE;
        self.problems.add(
            &entry.value.span(),
            format!("`{}` is no range", self.name(&entry.name.value)),
            format!(
                "write the lowest and the highest value, between {} and {}, as in `[5.0, 150.0]`",
                low / unit,
                high / unit
            ),
        );
        None
    }

    /// A list of levels below a free name.
    pub(super) fn levels_of(&self, entry: &Entry<'a>) -> Option<Vec<Placed<u8>>> {
        levels_of(self, &entry.name.value, entry.value)
    }

    /// Reports the keys that nobody asked for. Call it last.
    pub(super) fn finish(self) {
        let asked = self.asked.into_inner();
        for (name, _) in self.table {
            let key: &str = name.get_ref();
            if asked.contains(&key) {
                continue;
            }
            let full = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
            let mend = match nearest(key, asked.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known here: {}", asked.join(", ")),
            };
            self.problems.add(&name.span(), format!("`{full}` is unknown"), mend);
        }
    }
}

/// A header, and the pay basis that stands beside it.
pub(super) type PlacedHeader = (Placed<String>, Option<Placed<String>>);

/// A free name and what stands below it.
pub(super) struct Entry<'a> {
    pub(super) name: Placed<String>,
    value: &'a Spanned<DeValue<'a>>,
}

impl Entry<'_> {
    pub(super) fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }
}

fn texts_of(value: &Spanned<DeValue<'_>>) -> Option<Vec<Placed<String>>> {
    let one = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
        DeValue::String(text) => Some(Placed { value: text.to_string(), at: value.span() }),
        _ => None,
    };
    match value.get_ref() {
        DeValue::Array(array) => array.iter().map(one).collect(),
        _ => one(value).map(|text| vec![text]),
    }
}

fn levels_of(section: &Section<'_>, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Vec<Placed<u8>>> {
    let one = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::Integer(integer) => {
            let level = integer.as_str().parse::<u8>().ok().filter(|level| (1..=20).contains(level))?;
            Some(Placed { value: level, at: item.span() })
        }
        _ => None,
    };
    let levels = match value.get_ref() {
        DeValue::Array(array) if !array.is_empty() => array.iter().map(one).collect(),
        _ => None,
    };
    if levels.is_none() {
        section.wrong_type(key, value, "a list of levels, as in `[2, 4, 6]`");
    }
    levels
}
