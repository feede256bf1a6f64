//! [`Profile`]: what one company's rows of one period look like from afar.
//!
//! In: [`ValidBatch`]es of one company and period. Out: counts, sums and a coarse spread of pay, small enough for the footer of the stored
//! file, so that two periods are compared without reading a record. Invariant: it does not depend on how rows were split into
//! batches, or on their order; no ID is in it, only how IDs are written; and a profile that cannot be read is none.

use std::collections::{BTreeMap, HashSet};

use arrow::array::{Array, BooleanArray, Date32Array, Decimal64Array, DictionaryArray, StringArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Int32Type;
use serde::{Deserialize, Serialize};

use super::histogram::Histogram;
use crate::exact::{Amount, SCALE};
use crate::intake::ValidBatch;
use crate::measure::{MeasureSettings, PayBasis};
use crate::record::PAY_BASES;

/// Distinct codes of a column that are told one by one; of a column with more, none is.
const CODES: usize = 64;

/// Distinct codes of a column that are counted.
const DISTINCT: usize = 10_000;

/// Values that are added up at once: so many of the largest amounts fit a 64-bit sum.
const SUMMED: usize = 1 << 10;

/// A whole number of any size, written as text: not every reader of JSON knows larger ones than 64 bits.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(number: &i128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// What a column holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// Records that say something.
    pub filled: u64,
    /// Of these, zeros; of flags, noes.
    pub zeros: u64,
    /// The sum of numbers, in 1/10,000, or of days.
    #[serde(with = "as_text")]
    pub sum: i128,
    /// Of codes: the sum of what is made of each, by which two columns are known to differ.
    pub mixed: u64,
    /// Whether it is of numbers, which have a mean.
    pub is_number: bool,
}

/// How employee IDs are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdShape {
    /// IDs of digits alone that begin with a zero, which is what a spreadsheet takes from them.
    pub leading_zero: u64,
    /// IDs of digits alone.
    pub digits: u64,
    /// Characters of the shortest; zero where there are no IDs.
    pub shortest: u64,
    /// Characters of the longest.
    pub longest: u64,
}

/// What one company's rows of one period look like from afar.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Records.
    pub records: u64,
    /// Columns, by canonical name.
    pub columns: BTreeMap<String, ColumnProfile>,
    /// Codes of gender, as uploads write them, and how many records have each; none where there are too many codes.
    pub genders: Option<BTreeMap<String, u64>>,
    /// Currencies, and how many records have each.
    pub currencies: BTreeMap<String, u64>,
    /// Positive base pay, brought to a year, by the word of its basis.
    pub pay: BTreeMap<String, Histogram>,
    /// How IDs are written.
    pub ids: IdShape,
}

impl Profile {
    /// Reads what [`Profiler::finish`] wrote into a footer; none where it is of another build or damaged.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// As text for a footer.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Pay for a year, whatever its basis.
    #[must_use]
    pub fn yearly_pay(&self) -> Histogram {
        let mut all = Histogram::default();
        self.pay.values().for_each(|pay| all.merge(pay));
        all
    }

    /// The basis of most pay.
    #[must_use]
    pub fn main_basis(&self) -> Option<PayBasis> {
        let most = self.pay.iter().max_by_key(|(_, pay)| pay.count())?;
        PayBasis::of_word(most.0)
    }

    /// The currency of nearly all records; none where several matter, or where nothing says.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        let all: u64 = self.currencies.values().sum();
        let (most, count) = self.currencies.iter().max_by_key(|(_, count)| **count)?;
        (count * 10 >= all * 9).then_some(most)
    }

    /// Whether two profiles tell of amounts in one currency.
    #[must_use]
    pub fn is_comparable(&self, other: &Self) -> bool {
        self.currency().is_some() && self.currency() == other.currency()
    }

    /// The filled part of a column, as records; zero where there is no such column.
    #[must_use]
    pub fn filled(&self, column: &str) -> u64 {
        self.columns.get(column).map_or(0, |column| column.filled)
    }
}

impl ColumnProfile {
    /// The mean of what is filled, in units.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio that is compared with a coarse threshold")]
    pub fn mean(&self) -> Option<f64> {
        (self.is_number && self.filled > 0).then(|| self.sum as f64 / SCALE as f64 / self.filled as f64)
    }

    /// Whether it is of numbers and filled, with zeros alone.
    #[must_use]
    pub fn holds_zeros_only(&self) -> bool {
        self.is_number && self.filled > 0 && self.zeros == self.filled
    }

    /// Records that say something; of numbers, something else than zero.
    #[must_use]
    pub fn telling(&self) -> u64 {
        if self.is_number { self.filled - self.zeros } else { self.filled }
    }
}

/// A column while its batches pass.
#[derive(Default)]
struct Counting {
    name: String,
    profile: ColumnProfile,
    /// What is made of each distinct code, up to a bound.
    distinct: HashSet<u64>,
    /// Whether there are more.
    overflows: bool,
    /// Whether they are counted at all.
    counts_distinct: bool,
    /// Codes with their numbers, of the few columns of which that is wanted; none where there are too many.
    codes: Option<BTreeMap<String, u64>>,
}

/// Makes a [`Profile`].
pub struct Profiler {
    pay_basis: Option<PayBasis>,
    weekly_hours: Option<Amount>,
    currency: Option<String>,
    records: u64,
    columns: Vec<Counting>,
    counts_distinct: bool,
    /// By basis, in the order of [`PAY_BASES`].
    pay: [Histogram; PAY_BASES.len()],
    ids: IdShape,
    /// Whether the IDs are those of the upload: without employee IDs intake makes some, and how those are written tells nothing.
    has_employee_ids: bool,
}

impl Profiler {
    /// With what the pipeline says of records that do not say.
    #[must_use]
    pub fn new(settings: &MeasureSettings) -> Self {
        Self {
            pay_basis: settings.pay_basis,
            weekly_hours: settings.standard_weekly_hours,
            currency: settings.currency.clone(),
            records: 0,
            columns: Vec::new(),
            counts_distinct: false,
            pay: Default::default(),
            ids: IdShape::default(),
            has_employee_ids: settings.has_employee_ids,
        }
    }

    /// The same, and counts the distinct codes of each column.
    #[must_use]
    pub fn with_distinct(settings: &MeasureSettings) -> Self {
        Self { counts_distinct: true, ..Self::new(settings) }
    }

    /// Adds a batch.
    pub fn update_batch(&mut self, batch: &ValidBatch) {
        let (ids, columns) = batch.rows();
        self.records += ids.len() as u64;
        if self.has_employee_ids {
            self.ids.update(ids);
        }
        for (place, (field, array)) in columns.schema_ref().fields().iter().zip(columns.columns()).enumerate() {
            self.column(place, field.name()).update(array.as_ref());
        }
        self.update_pay(columns);
    }

    /// The column of this name, which is nearly always at the same place as in the batch before.
    fn column(&mut self, place: usize, name: &str) -> &mut Counting {
        let place = match self.columns.get(place) {
            Some(column) if column.name == name => place,
            _ => self.columns.iter().position(|column| column.name == name).unwrap_or_else(|| {
                self.columns.push(Counting::new(name, self.counts_distinct));
                self.columns.len() - 1
            }),
        };
        &mut self.columns[place]
    }

    fn update_pay(&mut self, columns: &arrow::array::RecordBatch) {
        let numbers = |name: &str| columns.column_by_name(name)?.as_any().downcast_ref::<Decimal64Array>();
        let Some(pay) = numbers("base_pay") else { return };
        let hours = numbers("weekly_hours");
        let bases: Option<&DictionaryArray<Int32Type>> =
            columns.column_by_name("pay_basis").and_then(|column| column.as_any().downcast_ref());
        let default = self.pay_basis.map(Factor::of);
        let known: Vec<Option<Factor>> = bases.and_then(words).map_or_else(Vec::new, |words| {
            words.iter().map(|word| word.and_then(PayBasis::of_word).map(Factor::of)).collect()
        });
        for record in 0..pay.len() {
            if pay.is_null(record) || pay.value(record) <= 0 {
                continue;
            }
            let code = bases.and_then(|bases| bases.key(record));
            let Some(factor) = code.map_or(default, |code| known[code]) else { continue };
            #[expect(clippy::cast_precision_loss, reason = "a spread to within a percent")]
            let amount = pay.value(record) as f64;
            let year = factor.year.or_else(|| {
                let own = hours.filter(|hours| hours.is_valid(record)).map(|hours| hours.value(record));
                let hours = own.or(self.weekly_hours).filter(|hours| *hours > 0)?;
                #[expect(clippy::cast_precision_loss, reason = "a spread to within a percent")]
                Some(hours as f64 / SCALE as f64 * 52.0)
            });
            if let Some(year) = year {
                self.pay[factor.place].add(amount * year);
            }
        }
    }

    /// The distinct codes of each column that has codes; none where there are more than can be counted.
    pub fn distinct(&self) -> impl Iterator<Item = (&str, Option<usize>)> {
        let of_codes = self.columns.iter().filter(|column| column.overflows || !column.distinct.is_empty());
        of_codes.map(|column| (column.name.as_str(), (!column.overflows).then_some(column.distinct.len())))
    }

    /// The profile.
    #[must_use]
    pub fn finish(self) -> Profile {
        let mut profile =
            Profile { records: self.records, ids: self.ids, genders: Some(BTreeMap::new()), ..Profile::default() };
        for column in self.columns {
            match column.name.as_str() {
                "gender" => profile.genders = column.codes,
                "currency" => profile.currencies = column.codes.unwrap_or_default(),
                _ => {}
            }
            profile.columns.insert(column.name, column.profile);
        }
        let unsaid = self.records - profile.currencies.values().sum::<u64>();
        if let Some(currency) = self.currency.filter(|_| unsaid > 0) {
            *profile.currencies.entry(currency).or_default() += unsaid;
        }
        let pay = PAY_BASES.into_iter().zip(self.pay).filter(|(_, pay)| pay.count() > 0);
        profile.pay = pay.map(|(word, pay)| (word.to_owned(), pay)).collect();
        profile
    }
}

/// How pay of a basis becomes pay of a year.
#[derive(Clone, Copy)]
struct Factor {
    /// The place of the basis.
    place: usize,
    /// What it is multiplied by; none for an hour, which needs the hours of a week.
    year: Option<f64>,
}

impl Factor {
    fn of(basis: PayBasis) -> Self {
        let place = PAY_BASES.iter().position(|word| PayBasis::of_word(word) == Some(basis)).unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "small whole numbers")]
        let year = basis.annual(SCALE, None).map(|year| year as f64 / SCALE as f64);
        Self { place, year }
    }
}

fn words(codes: &DictionaryArray<Int32Type>) -> Option<&StringArray> {
    codes.values().as_any().downcast_ref()
}

impl IdShape {
    fn update(&mut self, ids: &StringArray) {
        let bytes = ids.value_data();
        for ends in ids.value_offsets().windows(2) {
            let place = |end: i32| usize::try_from(end).unwrap_or(0);
            let id = &bytes[place(ends[0])..place(ends[1])];
            let length = id.len() as u64;
            let is_number = id.iter().all(u8::is_ascii_digit);
            self.digits += u64::from(is_number);
            self.leading_zero += u64::from(is_number && id.first() == Some(&b'0'));
            self.shortest = if self.longest == 0 { length } else { self.shortest.min(length) };
            self.longest = self.longest.max(length);
        }
    }
}

impl Counting {
    fn new(name: &str, counts_distinct: bool) -> Self {
        let codes = matches!(name, "gender" | "currency").then(BTreeMap::new);
        Self { name: name.to_owned(), codes, counts_distinct, ..Self::default() }
    }

    fn update(&mut self, array: &dyn Array) {
        self.profile.filled += (array.len() - array.null_count()) as u64;
        let any = array.as_any();
        if let Some(numbers) = any.downcast_ref::<Decimal64Array>() {
            self.profile.is_number = true;
            in_pieces(numbers.values(), numbers.nulls(), |piece| {
                self.profile.sum += i128::from(piece.iter().sum::<i64>());
                self.profile.zeros += piece.iter().filter(|value| **value == 0).count() as u64;
            });
        } else if let Some(dates) = any.downcast_ref::<Date32Array>() {
            in_pieces(dates.values(), dates.nulls(), |piece| {
                self.profile.sum += i128::from(piece.iter().map(|day| i64::from(*day)).sum::<i64>());
            });
        } else if let Some(flags) = any.downcast_ref::<BooleanArray>() {
            let filled = flags.len() - flags.null_count();
            self.profile.zeros += (filled - flags.true_count()) as u64;
            self.profile.sum += flags.true_count() as i128;
        } else if let Some(codes) = any.downcast_ref::<DictionaryArray<Int32Type>>() {
            self.update_codes(codes);
        }
    }

    /// A batch may have a few rows and the words of many companies; then rows are looked at one by one.
    fn update_codes(&mut self, codes: &DictionaryArray<Int32Type>) {
        let Some(words) = words(codes) else { return };
        if codes.len() < words.len() {
            for code in (0..codes.len()).filter_map(|record| codes.key(record)) {
                self.add(words.value(code), 1);
            }
            return;
        }
        let mut counts = vec![0_u64; words.len()];
        let keys = codes.keys();
        in_pieces(keys.values(), keys.nulls(), |piece| {
            for key in piece {
                counts[usize::try_from(*key).unwrap_or(0)] += 1;
            }
        });
        for (code, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            self.add(words.value(code), count);
        }
    }

    fn add(&mut self, word: &str, count: u64) {
        let mixed = mix(word);
        self.profile.mixed = self.profile.mixed.wrapping_add(mixed.wrapping_mul(count));
        if self.counts_distinct && !self.overflows && self.distinct.insert(mixed) && self.distinct.len() > DISTINCT {
            self.overflows = true;
            self.distinct.clear();
        }
        if let Some(codes) = &mut self.codes {
            *codes.entry(word.to_owned()).or_default() += count;
            if codes.len() > CODES {
                self.codes = None;
            }
        }
    }
}

/// A number that is made of a word, the same in every run.
fn mix(word: &str) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = foldhash::fast::FixedState::default().build_hasher();
    hasher.write(word.as_bytes());
    hasher.finish()
}

/// Hands on the valid values, in pieces that can be added up in 64 bits.
fn in_pieces<T>(values: &[T], nulls: Option<&NullBuffer>, mut each: impl FnMut(&[T])) {
    match nulls.filter(|nulls| nulls.null_count() > 0) {
        None => values.chunks(SUMMED).for_each(&mut each),
        Some(nulls) => {
            for (start, end) in nulls.valid_slices() {
                values[start..end].chunks(SUMMED).for_each(&mut each);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch};
    use arrow::datatypes::{Field, Schema};
    use proptest::prelude::*;

    use super::*;

    const GENDERS: [&str; 3] = ["F", "M", "x"];

    /// A row: its ID, pay, basis, hours, gender, and whether and since when it takes part in something.
    type Row = (String, Option<i64>, Option<usize>, Option<i64>, Option<usize>, Option<bool>, Option<i32>);

    fn row() -> impl Strategy<Value = Row> {
        let pay = proptest::option::of(prop_oneof![Just(0), -10_000..2_000_000_000_000_i64]);
        let hours = proptest::option::of(prop_oneof![Just(0), 1_000..1_680_000_i64]);
        let (basis, gender) = (proptest::option::of(0..PAY_BASES.len()), proptest::option::of(0..GENDERS.len()));
        let (flag, day) = (proptest::option::of(any::<bool>()), proptest::option::of(-20_000..40_000_i32));
        ("[0-9A]{1,6}", pay, basis, hours, gender, flag, day)
    }

    fn numbers(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
        Arc::new(values.collect::<Decimal64Array>().with_precision_and_scale(18, 4).expect("amounts"))
    }

    fn batch(rows: &[Row]) -> ValidBatch {
        let ids = StringArray::from_iter_values(rows.iter().map(|row| &row.0));
        let words = |words: &'static [&'static str], code: fn(&Row) -> Option<usize>| {
            let column =
                rows.iter().map(|row| code(row).map(|code| words[code])).collect::<DictionaryArray<Int32Type>>();
            Arc::new(column) as ArrayRef
        };
        let columns = [
            ("base_pay", numbers(rows.iter().map(|row| row.1))),
            ("pay_basis", words(&PAY_BASES, |row| row.2)),
            ("weekly_hours", numbers(rows.iter().map(|row| row.3))),
            ("gender", words(&GENDERS, |row| row.4)),
            ("benefit_health_enrolled", Arc::new(rows.iter().map(|row| row.5).collect::<BooleanArray>())),
            ("hire_date", Arc::new(rows.iter().map(|row| row.6).collect::<Date32Array>())),
        ];
        let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        ValidBatch::made_up(ids, RecordBatch::try_new(schema, arrays).expect("columns of one length"))
    }

    fn settings() -> MeasureSettings {
        MeasureSettings {
            pay_basis: Some(PayBasis::Month),
            standard_weekly_hours: Some(40 * SCALE),
            currency: Some("EUR".to_owned()),
            ..MeasureSettings::default()
        }
    }

    fn profile<'r>(pieces: impl Iterator<Item = &'r [Row]>) -> Profile {
        let mut profiler = Profiler::new(&settings());
        pieces.for_each(|piece| profiler.update_batch(&batch(piece)));
        profiler.finish()
    }

    /// The slow and obvious twin of counts and sums.
    fn column(rows: &[Row], value: impl Fn(&Row) -> Option<i128>) -> [i128; 3] {
        let values: Vec<i128> = rows.iter().filter_map(value).collect();
        let zeros = values.iter().filter(|value| **value == 0).count();
        [values.len() as i128, zeros as i128, values.iter().sum()]
    }

    /// The slow and obvious twin of pay for a year, by the exact conversion of the measures.
    fn yearly(rows: &[Row], basis: PayBasis) -> Vec<Amount> {
        let pay = |row: &Row| {
            let own = row.2.and_then(|place| PayBasis::of_word(PAY_BASES[place])).unwrap_or(PayBasis::Month);
            let pay = row.1.filter(|pay| *pay > 0 && own == basis)?;
            basis.annual(pay, row.3.or(Some(40 * SCALE)))
        };
        let mut all: Vec<Amount> = rows.iter().filter_map(pay).collect();
        all.sort_unstable();
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_profile_is_that_of_its_rows_however_they_are_split(
            rows in proptest::collection::vec(row(), 1..80), piece in 1_usize..80,
        ) {
            let whole = profile(std::iter::once(&rows[..]));
            prop_assert_eq!(&whole, &profile(rows.chunks(piece)));
            let backwards: Vec<Row> = rows.iter().rev().cloned().collect();
            let turned = profile(backwards.chunks(piece));
            prop_assert_eq!(whole.text(), turned.text());
            let read = Profile::read(&whole.text());
            prop_assert_eq!(Some(&whole), read.as_ref());

            prop_assert_eq!(whole.records, rows.len() as u64);
            let found = |name: &str| {
                let column = &whole.columns[name];
                [i128::from(column.filled), i128::from(column.zeros), column.sum]
            };
            prop_assert_eq!(found("base_pay"), column(&rows, |row| row.1.map(i128::from)));
            prop_assert_eq!(found("weekly_hours"), column(&rows, |row| row.3.map(i128::from)));
            prop_assert_eq!(found("benefit_health_enrolled"), column(&rows, |row| row.5.map(i128::from)));
            let days = column(&rows, |row| row.6.map(i128::from));
            prop_assert_eq!(found("hire_date"), [days[0], 0, days[2]]);
            for (place, gender) in GENDERS.iter().enumerate() {
                let count = rows.iter().filter(|row| row.4 == Some(place)).count() as u64;
                prop_assert_eq!(whole.genders.as_ref().and_then(|all| all.get(*gender)).copied().unwrap_or(0), count);
            }
            prop_assert_eq!(whole.currency(), Some("EUR"));
            let is_number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
            let padded = rows.iter().filter(|row| is_number(&row.0) && row.0.starts_with('0')).count() as u64;
            let lengths = || rows.iter().map(|row| row.0.len() as u64);
            prop_assert_eq!(&whole.ids, &IdShape {
                leading_zero: padded,
                digits: rows.iter().filter(|row| is_number(&row.0)).count() as u64,
                shortest: lengths().min().unwrap_or(0),
                longest: lengths().max().unwrap_or(0),
            });
            for word in PAY_BASES {
                let truth = yearly(&rows, PayBasis::of_word(word).expect("a basis"));
                let found = whole.pay.get(word).cloned().unwrap_or_default();
                prop_assert_eq!(found.count(), truth.len() as u64, "{}", word);
                if truth.first().is_some_and(|least| *least > 1_000) {
                    #[expect(clippy::cast_precision_loss, reason = "to within a percent")]
                    let median = truth[(truth.len() - 1) / 2] as f64;
                    let ratio = found.quantile(50).expect("there is pay") / median;
                    prop_assert!((ratio - 1.0).abs() < 0.01, "{word}: {ratio}");
                }
            }
        }

        /// Batches of one upload share the words of all its companies.
        #[test]
        fn words_that_no_row_has_do_not_count(codes in proptest::collection::vec(0..3_i32, 0..8)) {
            let words = Arc::new(StringArray::from(GENDERS.to_vec()));
            let keys = arrow::array::Int32Array::from(codes.clone());
            let column: ArrayRef = Arc::new(DictionaryArray::new(keys, words));
            let mut counting = Counting::new("gender", false);
            counting.update(column.as_ref());
            let all = counting.codes.unwrap_or_default();
            prop_assert_eq!(all.values().sum::<u64>(), codes.len() as u64);
            prop_assert!(all.values().all(|count| *count > 0));
        }
    }

    #[test]
    fn a_damaged_or_foreign_profile_is_none() {
        for text in ["", "{}", "{\"records\":1}", "null", "{\"records\":-1}"] {
            assert_eq!(Profile::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_column_of_too_many_codes_tells_none_of_them() {
        let mut counting = Counting::new("gender", true);
        (0..=CODES).for_each(|code| counting.add(&code.to_string(), 1));
        assert_eq!(counting.codes, None);
        assert_eq!(counting.distinct.len(), CODES + 1);
    }
}
