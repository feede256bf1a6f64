//! Pages: HTML files that need nothing but themselves.
//!
//! In: a template and what it shows. Out: a page with its style, its script and its drawings inside. Invariant: a page asks for nothing
//! over a network and says so to the browser; whatever is shown is escaped; without its script a page says the same; the same input
//! gives the same bytes.

pub mod chart;
mod number;

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

pub use number::{amount, counted, grouped, short};

/// Why a page cannot be made: a template is wrong.
#[derive(Debug, thiserror::Error)]
#[error("a page cannot be made: {0}")]
pub struct PageError(#[from] minijinja::Error);

/// A page that the program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// A company's scorecard.
    Scorecard,
    /// The report of a release.
    Report,
}

impl Page {
    fn template(self) -> &'static str {
        match self {
            Self::Scorecard => "scorecard.html",
            Self::Report => "report.html",
        }
    }
}

/// Makes a page of what it shows.
///
/// # Errors
/// [`PageError`].
pub fn render(page: Page, title: &str, shown: impl Serialize) -> Result<String, PageError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_template("layout.html", include_str!("layout.html"))?;
    environment.add_template("scorecard.html", include_str!("scorecard.html"))?;
    environment.add_template("report.html", include_str!("report.html"))?;
    let (style, script) = (include_str!("style.css"), include_str!("tables.js"));
    let template = environment.get_template(page.template())?;
    Ok(template.render(context! { title, style, script, it => Value::from(Serde(shown)) })?)
}
