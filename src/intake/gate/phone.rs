//! Telephone numbers.
//!
//! In: a value in which every dash is `-` and every space a space. Out: the rule by which a telephone number stands in it.
//! Invariant: two separators and ten digits are not enough. A number is known by a country code behind `+`, a word such
//! as `tel`, an area code in brackets, the North American form, or the groups of a national number with its leading 0;
//! ranges, dates, thousands and hierarchies have none of these.

/// A `+` and a country's calling code.
const INTERNATIONAL: &str = "phone_international";
/// `00` and a country's calling code.
const DOUBLE_ZERO: &str = "phone_double_zero";
/// A word for a telephone in front.
const LABEL: &str = "phone_label";
/// An area code in brackets.
const BRACKETS: &str = "phone_brackets";
/// `ddd-ddd-dddd`.
const NORTH_AMERICAN: &str = "phone_north_american";
/// A leading 0 and the groups of a telephone number.
const TRUNK_ZERO: &str = "phone_trunk_zero";
/// The header says telephone, and the value is digits and separators.
const COLUMN: &str = "phone_column";

/// A local number that has a word in front has seven digits, others have more.
const FEWEST_DIGITS: usize = 7;

/// Calling codes of countries (ITU-T E.164); `35x` stands for all of three digits that begin with 35.
const CALLING_CODES: &str = "1 7 20 211 212 213 216 218 22x 23x 24x 25x 26x 27 290 291 297 298 299 30 31 32 33 34 35x 36 \
    37x 380 381 382 383 385 386 387 389 39 40 41 420 421 423 43 44 45 46 47 48 49 50x 51 52 53 54 55 56 57 58 59x 60 61 \
    62 63 64 65 66 670 672 673 674 675 676 677 678 679 68x 690 691 692 81 82 84 850 852 853 855 856 86 870 880 886 90 91 \
    92 93 94 95 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 979 98 992 993 994 995 996 998";

/// Words for a telephone, as people put them in front of a number.
#[rustfmt::skip]
const LABELS: [&str; 24] = [
    "tel", "tél", "telephone", "téléphone", "telefon", "telefono", "teléfono", "telefone", "telefoon", "telefonnummer",
    "phone", "ph", "mobile", "mobil", "mobiel", "mob", "móvil", "handy", "cellphone", "fax", "gsm", "whatsapp", "puh",
    "tlf",
];

/// The rule by which the value is or holds a telephone number.
///
/// `is_code` says that the column holds codes of jobs, cost centres and the like: bare groups of digits are then codes.
#[must_use]
pub fn rule_that_speaks(value: &str, is_code: bool) -> Option<&'static str> {
    let bytes = value.as_bytes();
    if digits(value) < FEWEST_DIGITS {
        return None;
    }
    let mut at = 0;
    while at < bytes.len() {
        let end = at + bytes[at..].iter().take_while(|byte| is_phone_byte(**byte)).count();
        if end == at {
            at += 1;
            continue;
        }
        let run = value[at..end].trim_matches(|c: char| matches!(c, ' ' | '-' | '.' | '/' | ')'));
        if has_label(&value[..at]) && is_labelled_number(run) {
            return Some(LABEL);
        }
        let glued = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        // `GL-401-200-3000` and `A030-555` are codes, `/+49 30 5550100` is a number.
        let glued_before =
            at > 0 && glued(bytes[at - 1]) && !matches!(bytes[at], b' ' | b'(' | b'+') && !run.starts_with('+');
        let glued_after = end < bytes.len() && glued(bytes[end]) && bytes[end - 1].is_ascii_digit();
        if !glued_before && (!glued_after || is_extension(&value[end..])) {
            let whole = run.len() == value.trim().len();
            if let Some(rule) = rule_of_run(run).filter(|rule| !(is_code && whole && is_bare(rule))) {
                return Some(rule);
            }
        }
        at = end;
    }
    None
}

/// The value of a column for telephones: 6 to 15 digits and what people put between them, but no date.
#[must_use]
pub fn rule_in_phone_column(value: &str) -> Option<&'static str> {
    let value = value.trim();
    let count = digits(value);
    let only = value.bytes().all(is_phone_byte);
    (only && (6..=15).contains(&count) && !is_date(value) && !value.contains(" - ")).then_some(COLUMN)
}

/// Rules that digits and their groups alone make speak.
fn is_bare(rule: &str) -> bool {
    [NORTH_AMERICAN, TRUNK_ZERO, DOUBLE_ZERO].contains(&rule)
}

fn is_phone_byte(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'/' | b' ' | b'(' | b')')
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// `x12`, `ext. 12` behind a number.
fn is_extension(rest: &str) -> bool {
    rest.starts_with(['x', 'X', 'e', 'E'])
}

/// The text ends with a word for a telephone, perhaps with a mark behind it.
fn has_label(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '.', ':', '#', '=', '-']);
    let word = before.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let number = ["no", "nr", "number", "num"].iter().any(|number| word.eq_ignore_ascii_case(number));
    let word =
        if number { before[..before.len() - word.len()].trim_end().rsplit(' ').next().unwrap_or(word) } else { word };
    let word = word.trim_end_matches('.').to_lowercase();
    LABELS.contains(&word.as_str())
}

fn is_labelled_number(run: &str) -> bool {
    (FEWEST_DIGITS..=15).contains(&digits(run)) && !is_date(run) && !is_range(run)
}

/// The rule by which digits and separators are a telephone number, or several of them.
fn rule_of_run(run: &str) -> Option<&'static str> {
    if is_trunk_code_apart(run) {
        return Some(TRUNK_ZERO);
    }
    // `52 000 - 61 000` is a range, and each side is judged for itself; so are numbers behind one another.
    let sides = run.split(" - ").flat_map(|side| side.split(" / "));
    sides.flat_map(|side| parts_with_plus(side.trim())).find_map(rule_of_number)
}

/// `0171 - 5550123`, `030 / 5550100`: a trunk code that stands apart from the rest.
fn is_trunk_code_apart(run: &str) -> bool {
    [" - ", " / "].iter().filter_map(|between| run.split_once(between)).any(|(area, local)| {
        let digits_only = local.bytes().all(|byte| byte.is_ascii_digit() || byte == b' ');
        (3..=5).contains(&area.len()) && is_trunk_code(area) && digits_only && (6..=8).contains(&digits(local))
    })
}

/// What stands before the first `+`, and what begins with each.
fn parts_with_plus(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let part = rest?;
        let next = part.char_indices().skip(1).find(|(_, letter)| *letter == '+').map(|(at, _)| at);
        rest = next.map(|at| &part[at..]);
        Some(part[..next.unwrap_or(part.len())].trim())
    })
}

fn rule_of_number(run: &str) -> Option<&'static str> {
    let count = digits(run);
    if !(8..=15).contains(&count) {
        return None;
    }
    if let Some(number) = run.strip_prefix('+') {
        return is_international(number.trim_start_matches(['(', ' '])).then_some(INTERNATIONAL);
    }
    if let Some(number) = run.strip_prefix("00") {
        let apart = number.bytes().any(|byte| !byte.is_ascii_digit());
        return (apart && count >= 12 && !is_even(run) && is_behind_zeros(number.trim_start())).then_some(DOUBLE_ZERO);
    }
    if has_area_in_brackets(run) {
        return Some(BRACKETS);
    }
    let groups = Groups::of(run)?;
    if groups.is_north_american() {
        return Some(NORTH_AMERICAN);
    }
    groups.is_national().then_some(TRUNK_ZERO)
}

/// What follows a `+` is a calling code and a number: not `10 000 000`, whose first group is no calling code.
fn is_international(number: &str) -> bool {
    let first = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let plain: String = number.chars().filter(char::is_ascii_digit).collect();
    calling_code(&plain).is_some_and(|code| (first == code || first > 3) && !plain[code..].starts_with("000"))
}

/// What follows `00` is a calling code, and then a number without a leading 0 (Italy keeps its own, others write `(0)`).
fn is_behind_zeros(number: &str) -> bool {
    let first = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    calling_code(number).is_some_and(|code| {
        let rest = number[code..].bytes().find(u8::is_ascii_digit);
        (first == code || first > 3) && (rest != Some(b'0') || number.contains("(0)") || number.starts_with("39"))
    })
}

/// The length of the calling code at the beginning of a number.
fn calling_code(number: &str) -> Option<usize> {
    CALLING_CODES.split(' ').find_map(|code| {
        let any = code.strip_suffix('x');
        let known = any.unwrap_or(code);
        let length = code.len();
        let fits = number.starts_with(known) && number.as_bytes().get(..length)?.iter().all(u8::is_ascii_digit);
        fits.then_some(length)
    })
}

/// All groups of digits have the same length: a code, not a telephone number.
fn is_even(run: &str) -> bool {
    let mut lengths = run.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).map(str::len);
    let first = lengths.next();
    lengths.all(|length| Some(length) == first)
}

/// `(030) 555 0100`, `(555) 010-0123`, `1 (555) 010-0123`.
fn has_area_in_brackets(run: &str) -> bool {
    let Some((before, rest)) = run.split_once('(') else { return false };
    let Some((area, number)) = rest.split_once(')') else { return false };
    let before = before.trim();
    let fits = before.len() <= 3 && before.bytes().all(|byte| byte.is_ascii_digit());
    fits && (1..=5).contains(&area.len())
        && area.bytes().all(|byte| byte.is_ascii_digit())
        && (6..=if area == "0" { 11 } else { 9 }).contains(&digits(number))
        && !number.contains('(')
        && !is_range(number)
}

/// The digits of a run in groups, and the one kind of separator before each but the first.
struct Groups<'r> {
    digits: Vec<&'r str>,
    separators: Vec<u8>,
}

impl<'r> Groups<'r> {
    /// Nothing when a separator is longer than one character, or a bracket or a plus.
    fn of(run: &'r str) -> Option<Self> {
        let digits: Vec<&str> = run.split(|c: char| !c.is_ascii_digit()).collect();
        let separators: Vec<u8> = run.bytes().filter(|byte| !byte.is_ascii_digit()).collect();
        let single = digits.iter().all(|group| !group.is_empty());
        let plain = separators.iter().all(|byte| matches!(byte, b' ' | b'-' | b'.' | b'/'));
        (single && plain && digits.len() > 1).then_some(Self { digits, separators })
    }

    fn lengths(&self) -> Vec<usize> {
        self.digits.iter().map(|group| group.len()).collect()
    }

    fn only(&self, separator: u8) -> bool {
        self.separators.iter().all(|byte| *byte == separator)
    }

    /// `ddd-ddd-dddd`, perhaps with a 1 in front, as the North American plan gives them out; area 555 is for invented ones.
    fn is_north_american(&self) -> bool {
        let groups = match self.digits.as_slice() {
            ["1", rest @ ..] => rest,
            all => all,
        };
        let [area, exchange, line] = groups else { return false };
        let shaped = area.len() == 3 && exchange.len() == 3 && line.len() == 4;
        let uniform = self.separators.windows(2).all(|two| two[0] == two[1]) && !self.only(b'/');
        let given = |three: &str| three.as_bytes()[0] >= b'2' && !three.ends_with("11");
        shaped && uniform && (*area == "555" || (given(area) && area.as_bytes()[1] != b'9' && given(exchange)))
    }

    /// A leading 0 that is a trunk prefix, 9 to 12 digits, and groups as telephone numbers have them.
    fn is_national(&self) -> bool {
        let lengths = self.lengths();
        let count: usize = lengths.iter().sum();
        let pairs = lengths.len() == 5 && lengths.iter().all(|length| *length == 2);
        // Days, months and steps of a hierarchy; of French numbers one in a hundred looks so.
        let hierarchy = pairs && self.digits[1..].iter().all(|pair| *pair < "32");
        if !is_trunk_code(self.digits[0]) || !(9..=12).contains(&count) || hierarchy || is_ddmmyyyy(&self.digits) {
            return false;
        }
        let local = &lengths[1..];
        let rest_is = |separator| self.separators[1..].iter().all(|byte| *byte == separator);
        if self.only(b' ') || (matches!(self.separators[0], b'/' | b'-') && rest_is(b' ') && lengths.len() > 2) {
            let even = lengths.len() < 5 && local.iter().all(|length| *length == lengths[0]);
            let long_enough = if lengths.len() == 2 { count >= 10 } else { true };
            return lengths.len() <= 5 && !even && long_enough && local.iter().all(|length| (2..=8).contains(length));
        }
        match (self.separators.as_slice(), lengths.as_slice()) {
            ([b'/'], [3..=5, 5..=8]) | ([b'-'], [2..=5, 6..=8]) => true,
            (_, [2, 2, 2, 2, 2]) => self.only(b'.') || self.only(b'-'),
            (_, [3, 3, 2, 2]) => self.only(b'.') || (self.separators[0] == b'/' && self.separators[1..] == *b".."),
            // `090-1234-5678`; a last group that begins with 00 is a serial number.
            ([b'-', b'-'], [3, 4, 4]) => self.digits[0].ends_with('0') && !self.digits[2].starts_with("00"),
            _ => false,
        }
    }
}

/// `030`, `06`, `07700`: a 0 and no second one.
fn is_trunk_code(group: &str) -> bool {
    let bytes = group.as_bytes();
    (2..=5).contains(&bytes.len())
        && bytes[0] == b'0'
        && (b'1'..=b'9').contains(&bytes[1])
        && bytes.iter().all(u8::is_ascii_digit)
}

/// Begins with day, month and year.
fn is_ddmmyyyy(groups: &[&str]) -> bool {
    let small = |group: &str, most: u32| group.len() <= 2 && group.parse().is_ok_and(|n: u32| (1..=most).contains(&n));
    let year = |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    match groups {
        [a, b, c, ..] => (small(a, 31) && small(b, 31) && year(c)) || (year(a) && small(b, 31) && small(c, 31)),
        _ => false,
    }
}

/// The value is one date, or two with something between.
fn is_date(text: &str) -> bool {
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let all_short = groups.iter().all(|group| group.len() == 2 || group.len() == 4);
    let short_date = matches!(groups.as_slice(), [a, b, c] if a.len() == 2 && b.len() == 2 && c.len() == 2);
    (is_ddmmyyyy(&groups) && all_short) || short_date || is_period(&groups)
}

/// `2025-2026`, `2026-09`.
fn is_period(groups: &[&str]) -> bool {
    let year = |group: &&str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    matches!(groups, [from, to] if year(from) && (year(to) || to.len() == 2))
}

/// `52 000 - 61 000`.
fn is_range(text: &str) -> bool {
    text.contains(" - ") && text.split(" - ").all(|side| digits(side) >= 4)
}
