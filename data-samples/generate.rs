//! Writes the synthetic samples of this folder: the company register, the region hierarchy, two
//! quarters of uploads (clean and dirty), the small uploads that must be refused, and the reference
//! tables that uploads are compared with.
//!
//! Everything is invented and drawn from one fixed seed in whole numbers, so every run on every
//! machine writes the same bytes. How to run:
//! `cargo run --release --example generate_samples -- data-samples`

use std::{collections::BTreeMap, env, fs, io, path::Path};

#[path = "generate/attributes.rs"]
mod attributes;
#[path = "generate/dialect.rs"]
mod dialect;
#[path = "generate/references.rs"]
mod references;
#[path = "generate/workforce.rs"]
mod workforce;

use dialect::{Dialect, TIDY, Table};
use workforce::{Company, Employee, JOBS, Random, describe_june, describe_september};

const SEED: u64 = 1737;
const COMPANIES: usize = 72;
/// A company whose upload of a month does not exist.
const MISSING_UPLOAD: (usize, &str) = (71, "2026-06");
/// Each snapshot month with the folder of its uploads.
const PERIODS: [(&str, &str); 2] = [("2026-06", "2026-Q2"), ("2026-09", "2026-Q3")];
const REGIONS_CSV: &str = "code,parent,label\n\
    NORTH,,The North\nSOUTH,,The South\n\
    R1,NORTH,Fjordland\nR2,NORTH,Pine Coast\nR3,NORTH,Lakeside\n\
    R4,SOUTH,Vine Hills\nR5,SOUTH,Salt Plain\nR6,SOUTH,Far Isles\n";

fn row(company: &Company, employee: &Employee, period: &str) -> Vec<(&'static str, String)> {
    let dialect = Dialect::of_company(company.number);
    let flag = |yes: bool| u8::from(yes).to_string();
    let cost = |enrolled: bool, cents: i64| {
        if enrolled { dialect.amount(cents) } else { String::new() }
    };
    let prefix = if company.number.is_multiple_of(4) { "E" } else { "" };
    let (left, reason) = match employee.left {
        Some((date, reason)) => (dialect.date(date), reason),
        None => Default::default(),
    };
    let score = |score: Option<i64>| score.map(|score| dialect.tenths(score)).unwrap_or_default();
    let (range_min, range_max) = company.range_cents(employee);
    let more = &employee.more;
    let retirement_cents = employee.yearly_cents * company.retirement_permille / 100_000 * 100;
    let bonus_cents = employee.yearly_cents * employee.bonus_permille / 10_000_000 * 10_000;
    let comment = if employee.id % 3 == 0 { "Moved desk,\nsays \"fine\" to it" } else { "" };
    #[rustfmt::skip]
    let mut row = vec![
        ("company_id", company.id()),
        ("employee_id", format!("{prefix}{}", employee.id)),
        ("period", period.to_owned()),
        ("region", format!("R{}", employee.region + 1)),
        ("job_code", JOBS[employee.job].code.to_owned()),
        ("job_family", JOBS[employee.job].family.to_owned()),
        ("job_level", employee.level.to_string()),
        ("gender", employee.gender.to_owned()),
        ("ethnicity", more.ethnicity.to_owned()),
        ("hire_date", dialect.date(employee.hired)),
        ("termination_date", left),
        ("termination_reason", reason.to_owned()),
        ("weekly_hours", dialect.tenths(employee.weekly_hours)),
        ("fte", dialect.tenths(company.fte(employee))),
        ("pay_basis", company.pay_basis().to_owned()),
        ("base_pay", dialect.amount(company.base_pay_cents(employee))),
        ("full_pay", flag(!more.on_leave)),
        ("range_min", dialect.amount(range_min)),
        ("range_max", dialect.amount(range_max)),
        ("currency", "EUR".to_owned()),
        ("variable_pay", dialect.amount(bonus_cents)),
        ("overtime_pay", dialect.amount(employee.overtime_cents)),
        ("benefit_health_eligible", flag(employee.health.0)),
        ("benefit_health_enrolled", flag(employee.health.1)),
        ("benefit_health_employer_cost", cost(employee.health.1, company.health_cents)),
        ("benefit_retirement_eligible", flag(employee.retirement.0)),
        ("benefit_retirement_enrolled", flag(employee.retirement.1)),
        ("benefit_retirement_employer_cost", cost(employee.retirement.1, retirement_cents)),
        ("benefit_life_eligible", flag(more.life.0)),
        ("benefit_life_enrolled", flag(more.life.1)),
        ("benefit_life_employer_cost", cost(more.life.1, company.life_cents)),
        ("paid_leave_days", employee.leave_days.to_string()),
        ("training_hours", employee.training_hours.to_string()),
        ("courses_enrolled", more.courses.0.to_string()),
        ("courses_completed", more.courses.1.to_string()),
        ("skill_safety", score(more.safety)),
        ("skill_digital", score(more.digital)),
        ("comment", comment.to_owned()),
    ];
    row.retain(|(column, _)| company.reports(column));
    row
}

/// The dirt that sits in the content rather than in the way it is written.
fn soil(table: &mut Table, company: &Company, period: &str) {
    if company.number == 20 {
        table.set(4, "base_pay", "n/a");
        table.set(23, "hire_date", "2026-02-30");
        table.set(51, "pay_basis", "piecework");
        table.rows.push(table.rows[10].clone());
    }
    if company.number == 21 && period == "2026-09" {
        table.rename("employee_id", "Employee Number");
        table.rename("base_pay", "Annual Salary");
    }
}

/// Writes uploads that must be refused whole; each file name says why. `sound` would pass.
fn write_refused(sound: &Table, folder: &Path) -> io::Result<()> {
    let last = sound.rows.len() - 1;
    let e_mail = |row| format!("person{row}@example.com");
    let bank_account = |row| if row == last { "DE89370400440532013000" } else { "Bau" }.to_owned();
    let save = |name: &str, spoil: &dyn Fn(&mut Table)| {
        let mut table = sound.clone();
        spoil(&mut table);
        table.write(TIDY, &folder.join(format!("{name}.csv")))
    };
    save("social-security-numbers", &|table| {
        table.add("job_family", |row| format!("9{:02}-45-{}", row + 10, row + 6780));
    })?;
    save("e-mail-addresses", &|table| table.add("job_family", e_mail))?;
    save("phone-numbers", &|table| {
        table.add("job_family", |row| format!("+1 555 0100 {}", row + 100));
    })?;
    // One value, in the last row: who looks at the first rows only does not see it.
    save("bank-accounts", &|table| table.add("job_family", bank_account))?;
    save("birth-dates", &|table| {
        table.add("date_of_birth", |row| format!("19{}-05-17", row + 60));
    })?;
    save("person-names", &|table| {
        table.add("First Name", |row| format!("Invented{row}"));
        table.add("Last Name", |_| "Person".to_owned());
    })?;
    save("employee-id-is-e-mail", &|table| {
        (0..=last).for_each(|row| table.set(row, "employee_id", &e_mail(row)));
    })?;
    save("too-many-bad-rows", &|table| {
        (0..=last).step_by(5).for_each(|row| table.set(row, "base_pay", "unknown"));
    })?;
    save("no-employee-id", &|table| table.drop_column("employee_id"))
}

/// What each holding brings to each cell of the table sector by region: employees, and their yearly
/// base pay. A check on the samples by the plain rules, not a release.
#[derive(Default)]
struct Tally(BTreeMap<(&'static str, usize), Cell>);

type Cell = BTreeMap<String, (i64, i64)>;

impl Tally {
    fn count(&mut self, company: &Company, staff: &[Employee]) {
        let holding = Some(company.holding().to_owned()).filter(|holding| !holding.is_empty());
        let holding = holding.unwrap_or_else(|| company.id());
        for employee in staff.iter().filter(|employee| employee.left.is_none()) {
            let cell = self.0.entry((company.sector.code, employee.region + 1)).or_default();
            let (employees, pay) = cell.entry(holding.clone()).or_default();
            *employees += 1;
            *pay += employee.yearly_cents;
        }
    }

    fn report(&self, period: &str) {
        let mut passing = 0;
        for ((sector, region), cell) in &self.0 {
            let employees: i64 = cell.values().map(|brings| brings.0).sum();
            let pay: i64 = cell.values().map(|brings| brings.1).sum();
            let permille = |brings: &(i64, i64)| (brings.0 * 1000 / employees).max(brings.1 * 1000 / pay);
            let shares = cell.iter().map(|(holding, brings)| (permille(brings), holding));
            let (share, largest) = shares.max().expect("a cell has a holding");
            let verdict = match cell.len() {
                0..5 => "too few holdings",
                _ if employees < 10 => "too few employees",
                _ if share >= 250 => "dominated",
                _ => "passes",
            };
            passing += usize::from(verdict == "passes");
            eprintln!(
                "{period} {sector} R{region}: {employees} employees, {} holdings, {largest} has \
                 {share} permille: {verdict}",
                cell.len()
            );
        }
        eprintln!("{period}: {passing} of {} cells pass", self.0.len());
    }
}

/// A company's people in June and in September, with all that the uploads tell of them.
fn staff_of(company: &Company, random: &mut Random, own: &mut Random) -> [Vec<Employee>; 2] {
    let mut june = company.staff_in_june(random);
    describe_june(&mut june, own);
    let mut september = company.staff_in_september(&june, random);
    september.extend(company.taken_over(june.len(), &september, own));
    describe_september(&mut september, &june, own);
    [june, september]
}

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).expect("the first argument is the output folder");
    let folder = Path::new(&folder);
    let (uploads, refused) = (folder.join("uploads"), folder.join("refused"));
    fs::create_dir_all(&refused)?;
    let mut random = Random(SEED);
    let mut register = vec!["company_id,holding_id,naics,headquarters_region,size_band,name".to_owned()];
    let mut tallies = [Tally::default(), Tally::default()];
    for number in 1..=COMPANIES {
        let mut own = Random::of_company(number);
        let company = Company::found(number, &mut random, &mut own);
        let (id, holding, naics) = (company.id(), company.holding(), company.naics);
        let (region, band) = (format!("R{}", company.places[0].0 + 1), company.size_band());
        let name = format!("Sample Company {number:03}");
        register.push([id.as_str(), holding, naics, &region, band, &name].join(","));
        let [june, september] = staff_of(&company, &mut random, &mut own);
        for (quarter, staff) in [june, september].iter().enumerate() {
            let (period, quarter_folder) = PERIODS[quarter];
            if (number, period) == MISSING_UPLOAD {
                continue;
            }
            let mut table = Table::of(staff.iter().map(|employee| row(&company, employee, period)));
            soil(&mut table, &company, period);
            fs::create_dir_all(uploads.join(quarter_folder))?;
            let path = uploads.join(quarter_folder).join(format!("{id}.csv"));
            table.write(Dialect::of_company(number), &path)?;
            tallies[quarter].count(&company, staff);
            if number == 1 && quarter == 1 {
                table.rows.truncate(20);
                write_refused(&table, &refused)?;
            }
        }
    }
    fs::write(folder.join("companies.csv"), register.join("\n") + "\n")?;
    fs::write(folder.join("regions.csv"), REGIONS_CSV)?;
    for (name, table) in references::tables() {
        fs::write(folder.join(name), table)?;
    }
    for ((period, _), tally) in PERIODS.iter().zip(&tallies) {
        tally.report(period);
    }
    Ok(())
}
