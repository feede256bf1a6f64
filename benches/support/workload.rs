//! Uploads that are made up, in the shapes that matter to speed.
//!
//! In: a [`Shape`]. Out: a folder with uploads, a register and a pipeline. Invariant: the same shape always gives the same bytes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use payquorum::ingest::uploads;
use payquorum::intake::Register;
use payquorum::pipeline::{Overrides, Pipeline};

/// What uploads are like.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub name: &'static str,
    pub companies: usize,
    /// Of each company.
    pub employees: usize,
    /// Benefit plans: two columns for each.
    pub plans: usize,
    /// How many job codes there are.
    pub jobs: usize,
    pub is_quoted: bool,
    pub is_packed: bool,
}

/// One shape for everything that can be different.
pub const SHAPES: [Shape; 8] = {
    const FEW_HUGE: Shape = Shape {
        name: "few_huge",
        companies: 2,
        employees: 50_000,
        plans: 2,
        jobs: 18,
        is_quoted: false,
        is_packed: false,
    };
    const MANY_SMALL: Shape = Shape { name: "many_small", companies: 1_000, employees: 100, ..FEW_HUGE };
    [
        FEW_HUGE,
        MANY_SMALL,
        Shape { name: "few_huge_quoted", is_quoted: true, ..FEW_HUGE },
        Shape { name: "many_small_quoted", is_quoted: true, ..MANY_SMALL },
        Shape { name: "few_huge_packed", is_packed: true, ..FEW_HUGE },
        Shape { name: "wide", companies: 40, employees: 2_500, plans: 20, ..FEW_HUGE },
        Shape { name: "narrow", companies: 40, employees: 2_500, plans: 0, ..FEW_HUGE },
        Shape { name: "many_codes", companies: 40, employees: 2_500, jobs: 2_000, ..FEW_HUGE },
    ]
};

/// A folder with uploads, and how many bytes they have.
pub struct Workload {
    folder: tempfile::TempDir,
    pub rows: u64,
    pub bytes: u64,
}

impl Workload {
    pub fn of(shape: &Shape) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let uploads = folder.path().join("uploads");
        std::fs::create_dir(&uploads).expect("a folder");
        let mut register = String::from("company_id,naics\n");
        let mut bytes = 0;
        for company in 0..shape.companies {
            let _ = writeln!(register, "C{company:05},{}", ["541511", "522110", "236220", "621111"][company % 4]);
            let text = upload(shape, company);
            bytes += text.len() as u64;
            let path = uploads.join(format!("C{company:05}.csv"));
            if shape.is_packed {
                let file = std::fs::File::create(path.with_extension("csv.gz")).expect("a file");
                let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::new(6));
                packed.write_all(text.as_bytes()).expect("packed");
                packed.finish().expect("packed");
            } else {
                std::fs::write(path, text).expect("written");
            }
        }
        std::fs::write(folder.path().join("companies.csv"), register).expect("written");
        std::fs::write(folder.path().join("bench.toml"), pipeline(shape)).expect("written");
        Self { folder, rows: (shape.companies * shape.employees) as u64, bytes }
    }

    /// The pipeline in a workspace, with its register and uploads.
    pub fn open(&self, workspace: &Path) -> (Pipeline, Register, Vec<PathBuf>) {
        let overrides = Overrides { workspace: Some(workspace.to_owned()), ..Overrides::default() };
        let pipeline = Pipeline::read(&self.folder.path().join("bench.toml"), &overrides).expect("a pipeline");
        let register = Register::of(&pipeline).expect("a register");
        let files = uploads(&pipeline.uploads).expect("uploads");
        (pipeline, register, files)
    }
}

fn upload(shape: &Shape, company: usize) -> String {
    let mut headers: Vec<String> =
        "employee_id,period,region,job_code,gender,hire_date,weekly_hours,pay_basis,base_pay,currency,variable_pay"
            .split(',')
            .map(str::to_owned)
            .collect();
    for plan in 0..shape.plans {
        headers.extend(["enrolled", "employer_cost"].map(|part| format!("benefit_plan{plan}_{part}")));
    }
    let line = |fields: &[String]| {
        if shape.is_quoted { format!("\"{}\"\n", fields.join("\",\"")) } else { format!("{}\n", fields.join(",")) }
    };
    let mut text = line(&headers);
    for employee in 0..shape.employees {
        let mix = (employee * 7_919 + company * 104_729) % 10_007;
        let mut fields = vec![
            format!("E{company:05}{employee:06}"),
            "2026-09".to_owned(),
            format!("R{}", mix % 16),
            format!("{}-{:04}", 11 + mix % 40, mix % shape.jobs),
            ["F", "M"][mix % 2].to_owned(),
            format!("20{:02}-{:02}-{:02}", mix % 25, 1 + mix % 12, 1 + mix % 28),
            "37.5".to_owned(),
            "hour".to_owned(),
            format!("{}.{:02}", 15 + mix % 60, mix % 100),
            "EUR".to_owned(),
            format!("{}.5", mix % 9_000),
        ];
        for plan in 0..shape.plans {
            let takes_part = !(mix + plan).is_multiple_of(3);
            let cost = if takes_part { format!("{}.25", (mix * (plan + 3)) % 8_000) } else { String::new() };
            fields.extend([if takes_part { "yes" } else { "no" }.to_owned(), cost]);
        }
        text.push_str(&line(&fields));
    }
    text
}

fn pipeline(shape: &Shape) -> String {
    let mut plans = String::new();
    for plan in 0..shape.plans {
        let _ = write!(plans, ", \"plan{plan}_participation\", \"plan{plan}_employer_cost\"");
    }
    format!(
        r#"
name = "bench"
period = "month"
[input]
uploads = "uploads/*"
companies = "companies.csv"
[dimensions]
sector = {{ from = "company.naics", hierarchy = "naics", levels = [6] }}
region = {{ from = "region" }}
job    = {{ from = "job_code" }}
[[tables]]
name = "t"
by = ["sector", "region", "job"]
totals = false
measures = ["base_hourly", "variable_pay"{plans}]
[company_metrics]
by = ["job_code"]
measures = ["base_hourly", "variable_pay"{plans}]
"#
    )
}
