//! Reading a pipeline file, section by section.
//!
//! In: the text of the file. Out: a [`Pipeline`], or all mistakes. Invariant: paths are relative to the file; names that
//! sections share (columns, dimensions, measures) are resolved here and nowhere else.

use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};
use toml::de::DeTable;

use super::choice::Chosen;
use super::differential_privacy::{self, Protect, TablePlace};
use super::scorecard::ScorecardPlan;
use super::section::{Placed, Section};
use super::{
    CopyFormat, Dimension, DimensionSource, FileFormat, Hierarchy, Listed, MappedColumn, MultipleJobs, NamedFormat,
    Overrides, PayTerms, Pipeline, Policy, Table, UnknownCodes,
};
use crate::exact::{Amount, SCALE};
use crate::measure::{MeasureSettings, Population};
use crate::period::PeriodKind;
use crate::problem::{FileProblems, Problems, nearest};
use crate::record::{ColumnKind, is_plain_name};

pub(super) fn read(file: &Path, overrides: &Overrides) -> Result<Pipeline, FileProblems> {
    let bytes = std::fs::read(file);
    let text = match &bytes {
        Ok(bytes) => std::str::from_utf8(bytes).map_err(|error| format!("is not UTF-8: {error}")),
        Err(error) => Err(format!("cannot be read: {error}")),
    };
    let text = match text {
        Ok(text) => text,
        Err(what) => {
            let problems = Problems::new("");
            problems.add(&(0..0), what, "check the path, and save the file as UTF-8");
            return Err(problems.of(file));
        }
    };
    let problems = Problems::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        problems.add(&error.span().unwrap_or(0..0), error.message().to_owned(), "see toml.io for how TOML is written");
    }
    if !problems.is_empty() {
        return Err(problems.of(file));
    }
    let root = Section::root(&table, &problems);
    let mut reader = Reader { root, file, classifications: Sha256::new(), references: Sha256::new() };
    let pipeline = reader.pipeline(text, overrides);
    reader.root.finish();
    match pipeline {
        Some(pipeline) if problems.is_empty() => Ok(pipeline),
        _ => Err(problems.of(file)),
    }
}

/// The pieces of `[input]`.
struct Input {
    uploads: Option<String>,
    companies: Option<PathBuf>,
    format: FileFormat,
    max_reject_share: Amount,
    multiple_jobs: MultipleJobs,
}

pub(super) struct Reader<'a> {
    pub(super) root: Section<'a>,
    file: &'a Path,
    classifications: Sha256,
    /// Tables that figures depend on, but not how uploads are read.
    pub(super) references: Sha256,
}

impl<'a> Reader<'a> {
    /// The whole file; none where the collected problems say why.
    #[expect(
        clippy::too_many_lines,
        reason = "a line for each section of the file, and one for each part of a pipeline"
    )]
    fn pipeline(&mut self, text: &str, overrides: &Overrides) -> Option<Pipeline> {
        let root = &self.root;
        let name = root.required_text("name", "a name, as in `name = \"quarterly\"`");
        if let Some(name) = &name
            && !is_plain_name(&name.value.replace('-', "_"))
        {
            root.problems.add(
                &name.at,
                format!("the name {:?} cannot be a folder", name.value),
                "use lower-case letters, digits, `-` and `_`, starting with a letter",
            );
        }
        let kinds = [("year", PeriodKind::Year), ("quarter", PeriodKind::Quarter), ("month", PeriodKind::Month)];
        let example = "`period = \"quarter\"` (year, quarter or month)";
        let period_kind = root.required_choice("period", &kinds, example);
        let period = overrides.period.as_deref().map(|text| period_kind.and_then(|kind| kind.parse(text)));
        if let (Some(None), Some(kind)) = (period, period_kind) {
            root.problems.add(
                &(0..0),
                "`--period` is not a period of this pipeline",
                format!("write it like {}", kind.example()),
            );
        }
        let input = self.input();
        let formats = self.formats(input.as_ref().map(|input| &input.format));
        let columns = self.columns();
        let has_employee_ids = columns.has_employee_ids;
        let columns = columns.mapped;
        let words = self.words(&columns);
        let register_headers = self.register_headers();
        let settings = MeasureSettings { has_employee_ids, ..self.settings(period_kind) };
        let dimensions = self.dimensions(&columns);
        let positive = self.populations();
        let mut chosen = Chosen { columns: &columns, settings: &settings, positive: &positive, measures: Vec::new() };
        let (tables, places) = self.tables(&dimensions, &mut chosen);
        let company = self.company_metrics(&mut chosen, &tables);
        let measures = chosen.measures;
        let protection = self.root.section("protection");
        let policy = Policy::read(protection.as_ref());
        let asked = differential_privacy::Asked {
            tables: &tables,
            places: &places,
            dimensions: &dimensions,
            measures: &measures,
            settings: &settings,
        };
        let differential_privacy = asked.read(protection.as_ref(), self.root.problems);
        if let Some(protection) = protection {
            protection.finish();
        }
        let schedule = self.schedule(period_kind);
        let edits = self.edits();
        let scorecard = ScorecardPlan::read(self.root.section("scorecard"));
        let (workspace, also) = self.output();
        let mut also = overrides.also.clone().unwrap_or(also);
        also.sort_unstable();
        also.dedup();
        let digest: [u8; 32] = {
            let mut hasher = self.classifications.clone();
            hasher.update(self.references.clone().finalize());
            hasher.update(text.as_bytes());
            hasher.finalize().into()
        };
        let intake_digest = intake_digest(text, self.classifications.clone());
        let (Some(name), Some(period_kind), Some(input)) = (name, period_kind, input) else {
            return None;
        };
        let uploads = overrides.uploads.clone().or(input.uploads)?;
        let companies = overrides.companies.clone().or(input.companies);
        if companies.is_none() {
            self.refuse_dimensions_of_companies(&dimensions);
        }
        let workspace = overrides.workspace.clone().or_else(|| workspace.map(|text| self.path(&text.value)));
        Some(Pipeline {
            file: self.file.to_owned(),
            name: name.value,
            period_kind,
            period: period.flatten(),
            uploads,
            companies,
            workspace: workspace.unwrap_or_else(|| self.path("out")),
            format: input.format,
            formats,
            columns,
            has_employee_ids,
            words,
            register_headers,
            max_reject_share: input.max_reject_share,
            multiple_jobs: input.multiple_jobs,
            settings,
            dimensions,
            tables,
            linked: Vec::new(),
            measures,
            positive,
            company_breakdown: company.by,
            company_measures: company.measures,
            company_patterns: company.patterns,
            policy,
            differential_privacy,
            edits,
            scorecard,
            schedule,
            also,
            digest,
            intake_digest,
        })
    }

    pub(super) fn path(&self, relative: &str) -> PathBuf {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        tidy(&folder.join(relative))
    }

    fn input(&self) -> Option<Input> {
        let Some(section) = self.root.section("input") else {
            self.root.missing("input", "a table `[input]` with `uploads` and `companies`");
            return None;
        };
        let uploads = section.required_text("uploads", "`uploads = \"uploads/*.csv\"`");
        if let Some(uploads) = &uploads
            && let Err(error) = glob::Pattern::new(&uploads.value)
        {
            section.problems.add(&uploads.at, format!("is not a file pattern: {}", error.msg), "use `*`, `?` and `**`");
        }
        let companies = section.text("companies");
        let input = Input {
            uploads: uploads.map(|text| self.path(&text.value).to_string_lossy().into_owned()),
            companies: companies.map(|text| self.path(&text.value)),
            format: FileFormat::read(&section, &self.defaults_of_pay()),
            max_reject_share: section.decimal("max_reject_share", 0, SCALE).unwrap_or(SCALE / 20),
            multiple_jobs: section
                .choice("multiple_jobs", &[("reject", MultipleJobs::Reject), ("sum", MultipleJobs::Sum)])
                .unwrap_or(MultipleJobs::Reject),
        };
        section.finish();
        Some(input)
    }

    /// What `[defaults]` says that base pay means.
    fn defaults_of_pay(&self) -> FileFormat {
        let pay = self.root.section("defaults").map(|section| PayTerms::read(&section, PayTerms::default()));
        FileFormat { pay: pay.unwrap_or_default(), ..FileFormat::default() }
    }

    /// Without a register nothing but their names is known of companies.
    fn refuse_dimensions_of_companies(&self, dimensions: &[Dimension]) {
        for dimension in dimensions {
            if let DimensionSource::Company(column) = &dimension.source {
                self.root.problems.add(
                    &(0..0),
                    format!(
                        "the dimension `{}` is taken from `company.{column}`, and there is no register",
                        dimension.name
                    ),
                    "add `companies = \"companies.csv\"` under `[input]`, or take the dimension from the record",
                );
            }
        }
    }

    /// The workspace, and which copies of the benchmarks a release holds.
    fn output(&self) -> (Option<Placed<String>>, Vec<CopyFormat>) {
        let Some(output) = self.root.section("output") else { return (None, Vec::new()) };
        let workspace = output.text("workspace");
        let mut also = Vec::new();
        for text in output.texts("also").unwrap_or_default() {
            match text.value.as_str() {
                "csv" => also.push(CopyFormat::Csv),
                "xlsx" => also.push(CopyFormat::Xlsx),
                other => output.problems.add(
                    &text.at,
                    format!("{other:?} is no form of a copy of the benchmarks"),
                    "write `\"csv\"` or `\"xlsx\"`, or both as `also = [\"csv\", \"xlsx\"]`",
                ),
            }
        }
        output.finish();
        (workspace, also)
    }

    fn formats(&self, base: Option<&FileFormat>) -> Vec<NamedFormat> {
        let default = FileFormat::default();
        let base = base.unwrap_or(&default);
        let Some(formats) = self.root.section("formats") else { return Vec::new() };
        let mut named = Vec::new();
        for entry in formats.entries() {
            let Some(section) = formats.section_of(&entry) else { continue };
            let patterns = section.texts("files");
            if patterns.is_none() {
                section.missing("files", "the files of this format, as in `files = [\"**/C011.csv\"]`");
            }
            let mut files = Vec::new();
            for text in patterns.unwrap_or_default() {
                match glob::Pattern::new(&text.value) {
                    Ok(pattern) => files.push(pattern),
                    Err(error) => section.problems.add(
                        &text.at,
                        format!("is not a file pattern: {}", error.msg),
                        "use `*`, `?` and `**`",
                    ),
                }
            }
            named.push(NamedFormat { name: entry.name.value.clone(), files, format: FileFormat::read(&section, base) });
            section.finish();
        }
        named
    }

    /// The dimensions that make sense; what does not is among the problems.
    fn dimensions(&mut self, columns: &[MappedColumn]) -> Vec<Dimension> {
        let Some(section) = self.root.section("dimensions") else { return Vec::new() };
        let entries = section.entries();
        for entry in &entries {
            let level_of = entries.iter().find(|other| format!("{}_level", other.name.value) == entry.name.value);
            if let Some(other) = level_of {
                section.problems.add(
                    &entry.name.at,
                    format!(
                        "`{}` is also the column of the level of the dimension `{}`",
                        entry.name.value, other.name.value
                    ),
                    "give one of the two another name",
                );
            }
        }
        entries.iter().filter_map(|entry| self.dimension(&section, entry, columns)).collect()
    }

    fn dimension(
        &mut self,
        parent: &Section<'a>,
        entry: &super::section::Entry<'a>,
        columns: &[MappedColumn],
    ) -> Option<Dimension> {
        const TAKEN: [&str; 33] = [
            "table",
            "period",
            "measure",
            "unit",
            "currency",
            "status",
            "mean",
            "sd",
            "n_employees",
            "n_companies",
            "n_employees_standard_error",
            "mean_standard_error",
            "p10",
            "p25",
            "p50",
            "p75",
            "p90",
            "org_status",
            "org_mean",
            "org_p25",
            "org_p50",
            "org_p75",
            // Columns of the private ledger.
            "family",
            "action",
            "verdict",
            "rule",
            "withheld_statistics",
            "holdings",
            "employees",
            "largest_employee_part",
            "largest_value_part",
            "rest_to_largest",
            "company",
        ];
        let name = &entry.name;
        if !is_plain_name(&name.value) || TAKEN.contains(&name.value.as_str()) {
            parent.problems.add(
                &name.at,
                format!("`{}` cannot be the name of a dimension", name.value),
                "use lower-case letters, digits and `_`, and no column name of the release or its ledger",
            );
        }
        let section = parent.section_of(entry)?;
        let from = section.required_text("from", "its source, as in `from = \"company.naics\"` or `from = \"region\"`");
        let source = from.and_then(|from| dimension_source(&section, &from, columns));
        let hierarchy = match section.text("hierarchy") {
            None => Some(Hierarchy::Flat),
            Some(text) => self.hierarchy(&section, &text),
        };
        if matches!(hierarchy, Some(Hierarchy::Flat))
            && let Some(unknown) = section.text("unknown")
        {
            section.problems.add(
                &unknown.at,
                "`unknown` is for dimensions with a `hierarchy`: without one no code is unknown".to_owned(),
                "leave it out, or name a classification",
            );
        }
        let unknown = section.choice("unknown", &[("reject", UnknownCodes::Reject), ("count", UnknownCodes::Count)]);
        let home = section.text("home");
        if let (Some(home), Some(DimensionSource::Company(_))) = (&home, &source) {
            section.problems.add(
                &home.at,
                "`home` is for dimensions of the record".to_owned(),
                "leave it out: the register says this of each company",
            );
        }
        let levels = section.levels("levels");
        let known = hierarchy.as_ref().map(Hierarchy::levels);
        for level in levels.iter().flatten() {
            if known.as_ref().is_some_and(|known| !known.contains(&level.value)) {
                section.problems.add(
                    &level.at,
                    format!("level {} does not exist", level.value),
                    format!("levels here: {known:?}").replace("Some(", "").replace(')', ""),
                );
            }
        }
        section.finish();
        let mut levels: Vec<u8> = match levels {
            Some(levels) => levels.into_iter().map(|level| level.value).collect(),
            None => known?.last().copied().into_iter().collect(),
        };
        levels.sort_unstable();
        levels.dedup();
        let home = home.map(|home| home.value);
        Some(Dimension {
            name: name.value.clone(),
            source: source?,
            hierarchy: hierarchy?,
            unknown: unknown.unwrap_or_default(),
            levels,
            home,
        })
    }

    fn hierarchy(&mut self, section: &Section<'a>, text: &Placed<String>) -> Option<Hierarchy> {
        if let Some(listed) = Listed::named(&text.value) {
            return Some(Hierarchy::Listed(listed));
        }
        let path = self.path(&text.value);
        match Hierarchy::read(&path) {
            Ok(hierarchy) => {
                if let Ok(bytes) = std::fs::read(&path) {
                    self.classifications.update(&bytes);
                }
                Some(hierarchy)
            }
            Err(error) => {
                section.problems.add(
                    &text.at,
                    format!("the classification is not usable: {error}"),
                    format!("write {}, or a CSV file with `code,parent,label`", built_in()),
                );
                None
            }
        }
    }

    fn tables(&self, dimensions: &[Dimension], chosen: &mut Chosen<'_>) -> (Vec<Table>, Vec<TablePlace>) {
        let (mut tables, mut places): (Vec<Table>, Vec<TablePlace>) = Default::default();
        let sections = self.root.sections("tables");
        if sections.is_empty() {
            self.root.missing("tables", "at least one `[[tables]]` with `name`, `by` and `measures`");
        }
        for section in sections {
            let name = section.required_text("name", "a name, as in `name = \"sector_by_region\"`");
            if let Some(name) = &name
                && (!is_plain_name(&name.value) || tables.iter().any(|table| table.name == name.value))
            {
                section.problems.add(
                    &name.at,
                    format!("the table name {:?} is taken or not plain", name.value),
                    "use lower-case letters, digits and `_`, each name once",
                );
            }
            let mut by = Vec::new();
            for text in section.texts("by").unwrap_or_default() {
                let place = dimensions.iter().position(|dimension| dimension.name == text.value);
                match place {
                    Some(place) if !by.contains(&place) => by.push(place),
                    _ => {
                        let names = dimensions.iter().map(|dimension| dimension.name.as_str());
                        section.problems.add(
                            &text.at,
                            format!("{:?} is no dimension, or is named twice", text.value),
                            suggestion(&text.value, names, "dimensions"),
                        );
                    }
                }
            }
            let named = section.texts("measures");
            if named.as_ref().is_none_or(Vec::is_empty) {
                section.missing("measures", "the measures, as in `measures = [\"base_hourly\"]`");
            }
            let named = named.unwrap_or_default();
            let (measures, patterns) = chosen.choose(&section, named.clone(), true);
            let levels = table_levels(&section, dimensions, &by);
            let protect = section.choice("protect", &Protect::WORDS).unwrap_or_default();
            let totals = section.flag("totals").unwrap_or(protect == Protect::Suppression);
            let roll_up = section.flag("roll_up").unwrap_or(false);
            let at = section.at().clone();
            section.finish();
            if let Some(name) = name {
                tables.push(Table {
                    name: name.value,
                    by,
                    levels,
                    totals,
                    roll_up,
                    measures,
                    patterns,
                    protect,
                    is_hidden: false,
                });
                places.push(TablePlace { at, named });
            }
        }
        (tables, places)
    }

    /// The measures that count positive values only.
    fn populations(&self) -> Vec<String> {
        let Some(section) = self.root.section("measures") else { return Vec::new() };
        let mut positive = Vec::new();
        for entry in section.entries() {
            let Some(table) = section.section_of(&entry) else { continue };
            let choices = [("all", Population::All), ("positive", Population::Positive)];
            if table.choice("values", &choices) == Some(Population::Positive) {
                positive.push(entry.name.value.clone());
            }
            table.finish();
        }
        positive
    }

    /// What `[company_metrics]` says; without it, companies get the measures of the tables.
    fn company_metrics(&self, chosen: &mut Chosen<'_>, tables: &[Table]) -> CompanyMetrics {
        let of_tables = CompanyMetrics {
            by: Vec::new(),
            measures: (0..chosen.measures.len()).collect(),
            patterns: tables.iter().flat_map(|table| table.patterns.clone()).collect(),
        };
        let Some(section) = self.root.section("company_metrics") else { return of_tables };
        let by = section.texts("by").unwrap_or_default();
        let codes = || code_columns(chosen.columns);
        for text in &by {
            if !codes().any(|name| name == text.value) {
                section.problems.add(
                    &text.at,
                    format!("{:?} is no code column", text.value),
                    suggestion(&text.value, codes(), "code columns"),
                );
            }
        }
        let by: Vec<String> = by.into_iter().map(|text| text.value).collect();
        let metrics = match section.texts("measures") {
            Some(named) => {
                let (measures, patterns) = chosen.choose(&section, named, false);
                CompanyMetrics { by, measures, patterns }
            }
            None => CompanyMetrics { by, ..of_tables },
        };
        section.finish();
        metrics
    }
}

/// `[company_metrics]`.
struct CompanyMetrics {
    by: Vec<String>,
    measures: Vec<usize>,
    patterns: Vec<String>,
}

/// The path without `name/..`, for people to read.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        let into_named = matches!(tidied.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::ParentDir if into_named => {
                tidied.pop();
            }
            part => tidied.push(part),
        }
    }
    tidied
}

fn code_columns(columns: &[MappedColumn]) -> impl Iterator<Item = &str> {
    let is_code = |mapped: &&MappedColumn| matches!(mapped.column.kind, ColumnKind::Code | ColumnKind::Word(_));
    columns.iter().filter(is_code).map(|mapped| mapped.column.name.as_str())
}

fn dimension_source(section: &Section<'_>, from: &Placed<String>, columns: &[MappedColumn]) -> Option<DimensionSource> {
    if let Some(column) = from.value.strip_prefix("company.") {
        return Some(DimensionSource::Company(column.to_owned()));
    }
    if code_columns(columns).any(|name| name == from.value) {
        return Some(DimensionSource::Record(from.value.clone()));
    }
    section.problems.add(
        &from.at,
        format!("{:?} is no code column of the record", from.value),
        format!(
            "{}; a register column is written `company.<column>`",
            suggestion(&from.value, code_columns(columns), "code columns")
        ),
    );
    None
}

fn table_levels(section: &Section<'_>, dimensions: &[Dimension], by: &[usize]) -> Vec<Vec<u8>> {
    let mut levels: Vec<Vec<u8>> = by.iter().map(|&place| dimensions[place].levels.clone()).collect();
    let Some(own) = section.section("levels") else { return levels };
    for entry in own.entries() {
        let place = by.iter().position(|&place| dimensions[place].name == entry.name.value);
        let Some(chosen) = own.levels_of(&entry) else { continue };
        let Some(place) = place else {
            let names = by.iter().map(|&place| dimensions[place].name.as_str());
            own.problems.add(
                &entry.name.at,
                format!("{:?} is no dimension of this table", entry.name.value),
                suggestion(&entry.name.value, names, "dimensions of the table"),
            );
            continue;
        };
        let known = dimensions[by[place]].hierarchy.levels();
        for level in chosen.iter().filter(|level| !known.contains(&level.value)) {
            own.problems.add(
                &level.at,
                format!("level {} does not exist", level.value),
                format!("levels of `{}`: {known:?}", entry.name.value),
            );
        }
        levels[place] = chosen.into_iter().map(|level| level.value).collect();
        levels[place].sort_unstable();
        levels[place].dedup();
    }
    levels
}

fn suggestion<'n>(word: &str, known: impl IntoIterator<Item = &'n str>, what: &str) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("{what}: {}", known.join(", ")),
    }
}

/// The names of the classifications that are built in.
fn built_in() -> String {
    Listed::ALL.map(|listed| format!("`{}`", listed.name())).join(", ")
}

/// What decides how an upload is read: input formats, columns, defaults and dimensions, with their classifications.
fn intake_digest(text: &str, classifications: Sha256) -> [u8; 32] {
    let document = text.parse::<toml::Table>().unwrap_or_default();
    let mut hasher = classifications;
    hasher.update(concat!("payquorum intake ", env!("CARGO_PKG_VERSION"), "\0"));
    for key in ["period", "input", "formats", "columns", "words", "defaults", "dimensions"] {
        let mut value = document.get(key).cloned();
        if let Some(toml::Value::Table(input)) = value.as_mut() {
            for place in ["uploads", "companies"] {
                input.remove(place);
            }
        }
        let shown = value.map(|value| value.to_string()).unwrap_or_default();
        hasher.update([key.as_bytes(), b"=", shown.as_bytes(), b"\0"].concat());
    }
    hasher.finalize().into()
}
