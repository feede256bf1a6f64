//! How upload files are written: encoding, delimiter, header, numbers, dates, and what their base pay means.
//!
//! In: `[input]` and `[formats.NAME]`. Out: a [`FileFormat`]. Invariant: numbers, dates and encodings other than UTF-8 are declared, never
//! guessed; only the delimiter may be found from a file's own header.

use super::dates::{DateForm, Dates};
use super::section::Section;
use crate::exact::{DecimalMark, Grouping, NumberFormat, ThousandsMark};

/// How one group of upload files is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileFormat {
    /// The declared encoding.
    pub encoding: Encoding,
    /// The declared delimiter; found from the header where it is not.
    pub delimiter: Option<u8>,
    /// The line on which the header stands, from 1; the first that is not blank where it is not declared.
    pub header_line: Option<u64>,
    /// The sheet of a workbook; its only one where it is not declared.
    pub sheet: Option<String>,
    /// How numbers are written.
    pub number: NumberFormat,
    /// Whether that was declared.
    pub numbers_are_declared: bool,
    /// How dates are written.
    pub dates: Dates,
    /// Whether columns whose headers mean a direct identifier are left unread, instead of refusing the file.
    pub drops_identifiers: bool,
    /// Headers that mean no identifier, although they look like it.
    pub allow: Vec<String>,
    /// What an amount of base pay means.
    pub pay: PayTerms,
}

/// What an amount of base pay means beyond its pay basis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PayTerms {
    /// How many monthly salaries a year has, where it is not 12.
    pub pays_per_year: Option<u8>,
    /// Whether base pay is the rate of the full-time job, of which an employee gets a part.
    pub is_full_time: bool,
    /// Whether `fte` is written in percent, also without the sign.
    pub fte_is_percent: bool,
}

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// By its byte order mark, else UTF-8.
    #[default]
    Auto,
    /// As declared, by a label of the WHATWG Encoding Standard.
    Declared(&'static encoding_rs::Encoding),
}

impl Encoding {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "UTF-8",
            Self::Declared(encoding) => encoding.name(),
        }
    }
}

impl FileFormat {
    /// Reads the format keys of a section; what it does not say is as in `base`.
    pub(super) fn read(section: &Section<'_>, base: &Self) -> Self {
        let delimiters = [(",", b','), (";", b';'), ("\t", b'\t'), ("tab", b'\t'), ("|", b'|')];
        let identifiers = [("refuse", false), ("drop", true)];
        let sheet = section.text("sheet").map(|text| text.value);
        let header_line = section.count("header_line", 1);
        Self {
            encoding: encoding(section).unwrap_or(base.encoding),
            delimiter: section.choice("delimiter", &delimiters).or(base.delimiter),
            header_line: header_line.or(base.header_line),
            sheet: sheet.or_else(|| base.sheet.clone()),
            numbers_are_declared: base.numbers_are_declared || section.names("decimal") || section.names("thousands"),
            number: number(section, base.number),
            dates: dates(section, &base.dates),
            drops_identifiers: section.choice("identifiers", &identifiers).unwrap_or(base.drops_identifiers),
            allow: section
                .texts("allow")
                .map_or_else(|| base.allow.clone(), |texts| texts.into_iter().map(|text| text.value).collect()),
            pay: PayTerms::read(section, base.pay),
        }
    }
}

impl PayTerms {
    /// Reads the keys of a section that say what base pay means.
    pub(super) fn read(section: &Section<'_>, base: Self) -> Self {
        let pays = section.count("pays_per_year", 1);
        if pays.is_some_and(|pays| !(10..=20).contains(&pays)) {
            section.problems.add(
                section.at(),
                format!("`{}` is not from 10 to 20", section.name("pays_per_year")),
                "write how many monthly salaries a year has, as in `pays_per_year = 14`",
            );
        }
        let meanings = [("actual", false), ("full_time", true)];
        Self {
            pays_per_year: pays.and_then(|pays| u8::try_from(pays).ok()).or(base.pays_per_year),
            is_full_time: section.choice("base_pay_is", &meanings).unwrap_or(base.is_full_time),
            fte_is_percent: section
                .choice("fte_is", &[("part", false), ("percent", true)])
                .unwrap_or(base.fte_is_percent),
        }
    }
}

fn encoding(section: &Section<'_>) -> Option<Encoding> {
    let text = section.text("encoding")?;
    if text.value.eq_ignore_ascii_case("auto") {
        return Some(Encoding::Auto);
    }
    let known = encoding_rs::Encoding::for_label_no_replacement(text.value.as_bytes());
    if known.is_none() {
        section.problems.add(
            &text.at,
            format!("`{}` is no encoding", section.name("encoding")),
            "write a label of the WHATWG Encoding Standard, as in \"utf-8\", \"windows-1252\" (Western Europe), \"windows-1250\" (Central \
             Europe), \"windows-1251\" (Cyrillic), \"shift_jis\", \"gb18030\" or \"utf-16le\"; or \"auto\"",
        );
    }
    known.map(Encoding::Declared)
}

fn number(section: &Section<'_>, base: NumberFormat) -> NumberFormat {
    let decimals = [(".", DecimalMark::Point), (",", DecimalMark::Comma)];
    let thousands = [
        ("", None),
        (",", Some(ThousandsMark::Comma)),
        (".", Some(ThousandsMark::Point)),
        (" ", Some(ThousandsMark::Space)),
        ("'", Some(ThousandsMark::Apostrophe)),
    ];
    let groupings = [("thousands", Grouping::Thousands), ("lakh", Grouping::Lakh)];
    let thousands = section.choice("thousands", &thousands);
    let decimal = section.choice("decimal", &decimals);
    let number = NumberFormat {
        // Who declares a point between thousands has said that it is no decimal mark.
        decimal: decimal.unwrap_or(match thousands {
            Some(Some(ThousandsMark::Point)) => DecimalMark::Comma,
            Some(Some(ThousandsMark::Comma)) => DecimalMark::Point,
            _ => base.decimal,
        }),
        thousands: thousands.unwrap_or(base.thousands),
        grouping: section.choice("grouping", &groupings).unwrap_or(base.grouping),
    };
    let same = matches!(
        (number.decimal, number.thousands),
        (DecimalMark::Point, Some(ThousandsMark::Point)) | (DecimalMark::Comma, Some(ThousandsMark::Comma))
    );
    if same {
        section.problems.add(
            section.at(),
            format!("`{}` is also the decimal mark", section.name("thousands")),
            "declare two different marks, or `thousands = \"\"`",
        );
    }
    number
}

fn dates(section: &Section<'_>, base: &Dates) -> Dates {
    let mut dates = base.clone();
    if let Some(pivot) = section.count("year_pivot", 0) {
        dates.pivot = u8::try_from(pivot).ok().filter(|pivot| *pivot < 100);
        if dates.pivot.is_none() {
            let what = format!("`{}` is not from 0 to 99", section.name("year_pivot"));
            section.problems.add(
                section.at(),
                what,
                "write the last two-digit year of this century, as in `year_pivot = 30`",
            );
        }
    }
    if let Some(texts) = section.texts("open_end") {
        dates.open_ends = texts.into_iter().map(|text| text.value.trim().to_owned()).collect();
    }
    let Some(texts) = section.texts("dates") else { return dates };
    let mut forms: Vec<DateForm> = Vec::new();
    for text in &texts {
        let Some(form) = DateForm::of(&text.value) else {
            section.problems.add(
                &text.at,
                format!("`{}` has no form of a date", section.name("dates")),
                "write YYYY or YY, MM or MON, and DD with `-`, `/`, `.` or a space between them, as in \"DD.MM.YYYY\", or \"YYYYMMDD\"",
            );
            continue;
        };
        if form.has_short_year() && dates.pivot.is_none() {
            section.problems.add(
                &text.at,
                format!("{:?} has a year of two digits, and nothing says of which century", text.value),
                "add `year_pivot = 30`: years up to 30 are of this century, later ones of the last",
            );
        }
        if let Some(other) = forms.iter().find(|other| form.clashes_with(other)) {
            section.problems.add(
                &text.at,
                format!("{:?} and {:?} could read one text as two dates", other.name(), form.name()),
                "declare one of them, and a [formats.NAME] for the files that use the other",
            );
        }
        forms.push(form);
    }
    if !forms.is_empty() {
        dates.forms = forms;
    }
    dates
}
