//! Drawings: SVG with a text alternative each.
//!
//! In: published figures. Out: SVG elements, coloured by classes of the page's style. Invariant: whatever is drawn is said in the title
//! and description as well; nothing is drawn that was not given; no element has an address.

use std::fmt::Write as _;

/// Width of a drawing, in its own units: the page scales it.
const WIDTH: f64 = 640.0;

/// Height of a line.
const LINE: f64 = 26.0;

/// Where the labels end and the scale begins.
const LEFT: f64 = 210.0;

/// Where the scale ends.
const RIGHT: f64 = WIDTH - 16.0;

/// A distribution: percentiles that are published, as percent and figure, and one figure that is marked.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// What it is of.
    pub label: String,
    /// Percent and figure.
    pub percentiles: Vec<(f64, f64)>,
    /// A figure to mark.
    pub mark: Option<f64>,
    /// The same in words.
    pub words: String,
}

/// Text for an element.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text that fits into so many characters.
fn cut(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(length - 1).collect();
    cut.push('\u{2026}');
    cut
}

/// Opens a drawing; `name` tells the drawings of a page apart.
fn open(out: &mut String, name: &str, height: f64, title: &str, description: &str) {
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{name}-t {name}-d\"><title id=\"{name}-t\">{}</title>\
         <desc id=\"{name}-d\">{}</desc>",
        escaped(title),
        escaped(description)
    );
}

/// A scale from the lowest to the highest of some figures.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(figures: impl Iterator<Item = f64>) -> Self {
        let (low, high) =
            figures.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)));
        let room = if high > low { (high - low) * 0.04 } else { 1.0 };
        if low.is_finite() { Self { low: low - room, high: high + room } } else { Self { low: 0.0, high: 1.0 } }
    }

    fn at(&self, figure: f64, left: f64) -> f64 {
        left + (figure - self.low) / (self.high - self.low) * (RIGHT - left)
    }

    /// Up to five round figures.
    fn ticks(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / 4.0;
        let power = 10.0_f64.powf(rough.log10().floor());
        let step =
            [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough).unwrap_or(rough);
        let mut ticks = Vec::new();
        let mut tick = (self.low / step).ceil() * step;
        while tick <= self.high && ticks.len() < 8 {
            ticks.push(tick);
            tick += step;
        }
        ticks
    }
}

fn axis(out: &mut String, scale: &Scale, left: f64, bottom: f64, show: &dyn Fn(f64) -> String) {
    for tick in scale.ticks() {
        let at = scale.at(tick, left);
        let _ = write!(
            out,
            "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"4\" y2=\"{bottom:.1}\"/>\
             <text class=\"tick\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            bottom + 15.0,
            escaped(&show(tick))
        );
    }
}

/// The marks of one band around a height.
fn band(out: &mut String, it: &Band, scale: &Scale, left: f64, middle: f64) {
    let at = |percent: f64| {
        it.percentiles.iter().find(|(known, _)| (known - percent).abs() < 0.5).map(|(_, figure)| *figure)
    };
    let span = |out: &mut String, class: &str, low: Option<f64>, high: Option<f64>, half: f64| {
        if let (Some(low), Some(high)) = (low, high) {
            let (low, high) = (scale.at(low, left), scale.at(high, left));
            let _ = write!(
                out,
                "<rect class=\"{class}\" x=\"{low:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\"/>",
                middle - half,
                (high - low).max(1.0),
                half * 2.0
            );
        }
    };
    span(out, "outer", at(10.0), at(90.0), 4.0);
    span(out, "inner", at(25.0), at(75.0), 7.0);
    if let Some(median) = at(50.0) {
        let x = scale.at(median, left);
        let _ = write!(
            out,
            "<line class=\"median\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>",
            middle - 9.0,
            middle + 9.0
        );
    }
    if let Some(mark) = it.mark {
        let x = scale.at(mark, left);
        let _ = write!(
            out,
            "<path class=\"mark\" d=\"M{x:.1} {:.1} l6 -9 h-12 z\"/><line class=\"mark\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>",
            middle - 2.0,
            middle - 2.0,
            middle + 9.0
        );
    }
}

/// Bands below each other on one scale; `show` writes the figures of the scale.
#[must_use]
pub fn bands(name: &str, title: &str, all: &[Band], show: &dyn Fn(f64) -> String) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a few dozens")]
    let height = all.len() as f64 * LINE + 30.0;
    let words: Vec<&str> = all.iter().map(|band| band.words.as_str()).collect();
    let mut out = String::new();
    open(&mut out, name, height, title, &words.join(" "));
    let scale =
        Scale::of(all.iter().flat_map(|band| band.percentiles.iter().map(|(_, figure)| *figure).chain(band.mark)));
    axis(&mut out, &scale, LEFT, height - 22.0, show);
    for (place, it) in all.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few dozens")]
        let middle = place as f64 * LINE + LINE / 2.0 + 4.0;
        let _ = write!(
            out,
            "<text class=\"label\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 10.0,
            middle + 4.0,
            escaped(&cut(&it.label, 30))
        );
        band(&mut out, it, &scale, LEFT, middle);
    }
    out.push_str("</svg>");
    out
}

/// One band without a label, over the whole width.
#[must_use]
pub fn single(name: &str, title: &str, it: &Band, show: &dyn Fn(f64) -> String) -> String {
    let mut out = String::new();
    open(&mut out, name, 52.0, title, &it.words);
    let scale = Scale::of(it.percentiles.iter().map(|(_, figure)| *figure).chain(it.mark));
    axis(&mut out, &scale, 16.0, 32.0, show);
    band(&mut out, it, &scale, 16.0, 18.0);
    out.push_str("</svg>");
    out
}

/// A grid of figures: rows by columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Labels of the rows.
    pub rows: Vec<String>,
    /// Labels of the columns.
    pub columns: Vec<String>,
    /// Row by row: none where there is no such cell, and no figure where it is withheld.
    pub cells: Vec<Vec<Option<Option<f64>>>>,
}

/// A grid whose cells are the darker the higher their figure; withheld ones are hatched.
#[must_use]
pub fn grid(name: &str, title: &str, it: &Grid, show: &dyn Fn(f64) -> String) -> String {
    const SHADES: f64 = 5.0;
    #[expect(clippy::cast_precision_loss, reason = "a few dozens")]
    let (height, width) = (it.rows.len() as f64 * LINE + 34.0, (RIGHT - LEFT) / it.columns.len().max(1) as f64);
    let figures = || it.cells.iter().flatten().filter_map(|cell| cell.flatten());
    let (low, high) = figures().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)));
    let mut words = Vec::new();
    let mut drawn = String::new();
    for (row, (label, cells)) in it.rows.iter().zip(&it.cells).enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few dozens")]
        let y = row as f64 * LINE + 26.0;
        let _ = write!(
            drawn,
            "<text class=\"label\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 10.0,
            y + 17.0,
            escaped(&cut(label, 27))
        );
        for (column, cell) in cells.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a few dozens")]
            let x = LEFT + column as f64 * width;
            let (class, text) = match cell {
                None => continue,
                Some(None) => ("withheld".to_owned(), "\u{2013}".to_owned()),
                Some(Some(figure)) => {
                    let part = if high > low { (figure - low) / (high - low) } else { 0.5 };
                    (format!("shade{:.0}", (part * SHADES).floor().min(SHADES - 1.0)), show(*figure))
                }
            };
            let said = if class == "withheld" { "withheld" } else { text.as_str() };
            words.push(format!("{label}, {}: {said}.", it.columns[column]));
            let _ = write!(
                drawn,
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\"/>\
                 <text class=\"cell {class}-text\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                x + 1.0,
                width - 2.0,
                LINE - 2.0,
                x + width / 2.0,
                y + 16.0,
                escaped(&text)
            );
        }
    }
    let mut out = String::new();
    open(&mut out, name, height, title, &words.join(" "));
    out.push_str("<defs><pattern id=\"hatch-");
    out.push_str(name);
    out.push_str("\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/></pattern></defs>");
    for (column, label) in it.columns.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few dozens")]
        let x = LEFT + (column as f64 + 0.5) * width;
        let _ = write!(
            out,
            "<text class=\"label\" x=\"{x:.1}\" y=\"17\" text-anchor=\"middle\">{}</text>",
            escaped(&cut(label, 14))
        );
    }
    out.push_str(&drawn.replace("class=\"withheld\"", &format!("class=\"withheld\" fill=\"url(#hatch-{name})\"")));
    out.push_str("</svg>");
    out
}

/// Changes in percent, to the left and to the right of nothing.
#[must_use]
pub fn changes(name: &str, title: &str, all: &[(String, f64)]) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a few dozens")]
    let height = all.len() as f64 * LINE + 30.0;
    let say = |(label, change): &(String, f64)| {
        format!("{label}: {}{} %.", if *change > 0.0 { "+" } else { "" }, super::grouped(*change, 1))
    };
    let words: Vec<String> = all.iter().map(say).collect();
    let mut out = String::new();
    open(&mut out, name, height, title, &words.join(" "));
    let scale = Scale::of(all.iter().map(|(_, change)| *change).chain([0.0]));
    axis(&mut out, &scale, LEFT, height - 22.0, &|tick| format!("{} %", super::grouped(tick, 1)));
    let zero = scale.at(0.0, LEFT);
    for (place, (label, change)) in all.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a few dozens")]
        let middle = place as f64 * LINE + LINE / 2.0 + 4.0;
        let at = scale.at(*change, LEFT);
        let _ = write!(
            out,
            "<text class=\"label\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"12\" rx=\"2\"/>",
            LEFT - 10.0,
            middle + 4.0,
            escaped(&cut(label, 27)),
            if *change < 0.0 { "fall" } else { "rise" },
            at.min(zero),
            middle - 6.0,
            (at - zero).abs().max(1.0)
        );
    }
    let _ = write!(
        out,
        "<line class=\"median\" x1=\"{zero:.1}\" x2=\"{zero:.1}\" y1=\"4\" y2=\"{:.1}\"/></svg>",
        height - 22.0
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(label: &str, mark: Option<f64>) -> Band {
        let percentiles = vec![(10.0, 12.0), (25.0, 15.0), (50.0, 18.0), (75.0, 25.0), (90.0, 40.0)];
        Band { label: label.to_owned(), percentiles, mark, words: format!("{label} words.") }
    }

    #[test]
    fn what_is_drawn_is_also_said_and_nothing_escapes() {
        let drawn =
            bands("b", "Pay <by> sector", &[one("A & B", None), one("<script>", Some(20.0))], &|tick| tick.to_string());
        assert!(drawn.contains("<title id=\"b-t\">Pay &lt;by&gt; sector</title>"));
        assert!(drawn.contains("A &amp; B words. &lt;script&gt; words."));
        assert!(!drawn.contains("<script>"));
        assert_eq!(drawn.matches("class=\"outer\"").count(), 2);
        assert_eq!(drawn.matches("<path class=\"mark\"").count(), 1);
    }

    #[test]
    fn withheld_cells_are_marked_and_said() {
        let it = Grid {
            rows: vec!["S".to_owned()],
            columns: vec!["R1".to_owned(), "R2".to_owned(), "R3".to_owned()],
            cells: vec![vec![Some(Some(7.0)), Some(None), None]],
        };
        let drawn = grid("g", "t", &it, &|figure| figure.to_string());
        assert!(drawn.contains("S, R1: 7. S, R2: withheld.") && !drawn.contains("R3:"));
        assert!(drawn.contains("class=\"withheld\" fill=\"url(#hatch-g)\""));
    }

    #[test]
    fn ticks_are_round_and_few() {
        let scale = Scale::of([12.0, 40.0].into_iter());
        assert_eq!(scale.ticks(), [20.0, 30.0, 40.0]);
        assert_eq!(Scale::of([3.0].into_iter()).ticks().len(), 5);
    }
}
