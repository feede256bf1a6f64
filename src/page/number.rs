//! Figures as people read them.
//!
//! In: a figure, its unit and currency. Out: a text. Invariant: digits are grouped by narrow spaces that do not break; nothing is rounded
//! further than a reader of the page needs, and files have the figure itself.

/// A narrow space that does not break.
const SPACE: char = '\u{202f}';

/// A figure with its unit, as in `EUR 38 400 per year` or `83.0 %`.
#[must_use]
pub fn amount(figure: f64, unit: &str, currency: Option<&str>) -> String {
    let money = |per: &str| {
        format!("{}{}{per}", currency.map(|code| format!("{code}{SPACE}")).unwrap_or_default(), short(figure, unit))
    };
    match unit {
        "currency per hour" => money(" per hour"),
        "currency per year" => money(" per year"),
        "currency" => money(""),
        "share" | "percent" => format!("{}{SPACE}%", short(figure, unit)),
        _ => short(figure, unit),
    }
}

/// The number alone, in the way of its unit; of a share its percent.
#[must_use]
pub fn short(figure: f64, unit: &str) -> String {
    match unit {
        "currency per hour" => grouped(figure, 2),
        "currency per year" | "currency" => grouped(figure, if figure.abs() < 1_000.0 { 2 } else { 0 }),
        "share" => grouped(figure * 100.0, 1),
        "percent" => grouped(figure, 1),
        _ => grouped(figure, decimals(figure)),
    }
}

/// Of a figure without a unit of its own: the fewer the larger it is.
fn decimals(figure: f64) -> usize {
    match figure.abs() {
        small if small < 10.0 => 3,
        middling if middling < 1_000.0 => 1,
        _ => 0,
    }
}

/// A number of people, companies or rows.
#[must_use]
pub fn counted(count: u64) -> String {
    grouped_digits(&count.to_string())
}

/// Digits in groups of three.
fn grouped_digits(digits: &str) -> String {
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(SPACE);
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with so many decimals, its digits in groups of three.
#[must_use]
pub fn grouped(figure: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", figure.abs());
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut grouped = String::new();
    // A minus before nothing but zeros would be no number.
    if figure < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
        grouped.push('\u{2212}');
    }
    grouped.push_str(&grouped_digits(whole));
    if let Some(rest) = rest {
        grouped.push('.');
        grouped.push_str(rest);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_people_read_them() {
        let spaced = |text: &str| text.replace('_', &SPACE.to_string());
        assert_eq!(grouped(1_234_567.891, 2), spaced("1_234_567.89"));
        assert_eq!(grouped(-0.04, 1), "0.0");
        assert_eq!(grouped(-1_234.0, 0), spaced("\u{2212}1_234"));
        assert_eq!(amount(38_412.0, "currency per year", Some("EUR")), spaced("EUR_38_412 per year"));
        assert_eq!(amount(0.8297, "share", None), spaced("83.0_%"));
        assert_eq!(amount(20.3236, "currency per hour", Some("USD")), spaced("USD_20.32 per hour"));
        assert_eq!(amount(1.0392, "pay / midpoint", None), "1.039");
    }
}
