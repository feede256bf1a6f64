//! What all tests share: a desk of their own in a temporary folder, the program on it, and ways to look at its files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

/// A master key for tests in which bytes are compared.
pub const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Where pipelines of our own have their input, behind their name: quarters, and euros in a year.
const INPUT: &str = r#"period = "quarter"

[input]
uploads   = "uploads/*"
companies = "companies.csv"

[defaults]
currency  = "EUR"
pay_basis = "year"

"#;

/// A pipeline of our own: its name, and what stands behind its input.
pub fn pipeline(name: &str, sections: &str) -> String {
    format!("name   = \"{name}\"\n{INPUT}{sections}")
}

/// A small benchmark of our own, behind its input.
const SMALL: &str = r#"[dimensions]
sector = { from = "company.sector" }

[[tables]]
name     = "by_sector"
by       = ["sector"]
totals   = false
measures = ["base_annual"]

[output]
workspace = "workspace"
"#;

/// A temporary folder, and whether the master key comes from the environment.
pub struct Desk {
    folder: TempDir,
    keyed: bool,
}

/// What a run of the program gave.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Desk {
    /// A desk on which the program makes its own key.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), keyed: false }
    }

    /// A desk on which the program uses [`KEY`].
    pub fn keyed() -> Self {
        Self { keyed: true, ..Self::new() }
    }

    /// A keyed desk with a small pipeline of its own and a register of so many companies, `K1`, `K2` and so on.
    pub fn small(companies: usize) -> Self {
        let desk = Self::keyed();
        let mut register = "company_id,holding_id,sector\n".to_owned();
        for number in 1..=companies {
            writeln!(register, "K{number},,S{}", number % 2).expect("a string takes all");
        }
        desk.write("companies.csv", register);
        desk.write("small.toml", pipeline("small", SMALL));
        desk
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub fn workspace(&self) -> PathBuf {
        self.path("workspace")
    }

    /// The pipeline of [`Desk::small`].
    pub fn pipeline(&self) -> PathBuf {
        self.path("small.toml")
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, relative: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().expect("below the desk")).expect("folders can be made");
        fs::write(&path, content).expect("the file can be written");
        path
    }

    /// The program, with a command.
    pub fn program(&self, command: &str) -> Command {
        let mut program = Command::new(assert_cmd::cargo::cargo_bin!("payquorum"));
        program.current_dir(self.folder.path()).arg(command).env_remove("PAYQUORUM_MASTER_KEY");
        if self.keyed {
            program.env("PAYQUORUM_MASTER_KEY", KEY);
        }
        program
    }

    /// Does `command PIPELINE --workspace WORKSPACE ...` to its end.
    pub fn does(&self, command: &str, pipeline: &Path, more: &[&str]) -> Outcome {
        Outcome::of(self.program(command).arg(pipeline).arg("--workspace").arg(self.workspace()).args(more))
    }

    /// Runs the small pipeline.
    pub fn run(&self) -> Outcome {
        self.does("run", &self.pipeline(), &[])
    }

    /// The store's files of one company, as one table.
    pub fn stored(&self, company: &str, period: &str) -> RecordBatch {
        let folder = self.workspace().join(format!("store/company={company}/period={period}"));
        let files: Vec<PathBuf> = entries(&folder).collect();
        assert_eq!(files.len(), 1, "one file for {company} in {period}");
        parquet(&files[0])
    }
}

impl Outcome {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
        let code = output.status.code().expect("the program ends by itself");
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Asserts that some text was told, on either stream.
    #[track_caller]
    pub fn tells(&self, text: &str) -> &Self {
        assert!(self.all().contains(text), "{text:?} is not in\n{}", self.all());
        self
    }

    /// Asserts that some text was not told.
    #[track_caller]
    pub fn hides(&self, text: &str) -> &Self {
        assert!(!self.all().contains(text), "{text:?} is in\n{}", self.all());
        self
    }

    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The release folder, which is all that a run writes to standard output.
    pub fn release(&self) -> PathBuf {
        let lines: Vec<&str> = self.stdout.lines().collect();
        assert_eq!(lines.len(), 1, "standard output is one line");
        PathBuf::from(lines[0])
    }
}

/// A file of the project.
pub fn project(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// The pipeline of the samples.
pub fn quarterly() -> PathBuf {
    project("pipelines/quarterly.toml")
}

/// What lies in a folder, in order; nothing where there is no folder.
pub fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let listing = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = listing.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.sort();
    paths.into_iter()
}

/// All files below a folder with their bytes, but for the lock.
pub fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for path in entries(&next) {
            if path.is_dir() {
                // What only saves work may differ.
                waiting.extend((!path.ends_with("cache")).then_some(path));
            } else if !path.ends_with(".lock") {
                let name = path.strip_prefix(folder).expect("below the folder").display().to_string();
                found.insert(name, fs::read(&path).expect("the file can be read"));
            }
        }
    }
    found
}

/// Asserts that two trees are the same, naming the files that differ instead of showing their bytes.
#[track_caller]
pub fn same_trees(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) {
    let names = one.keys().chain(other.keys());
    let differing: Vec<&String> = names.filter(|name| one.get(*name) != other.get(*name)).collect();
    assert!(differing.is_empty(), "files that differ: {differing:?}");
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for path in entries(from) {
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).expect("the file can be copied");
        }
    }
}

/// A Parquet file as one table.
pub fn parquet(path: &Path) -> RecordBatch {
    let file = File::open(path).expect("the file is there");
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("the file is Parquet");
    let schema = builder.schema().clone();
    let batches: Vec<RecordBatch> =
        builder.build().expect("a reader").collect::<Result<_, _>>().expect("the file is readable");
    concat_batches(&schema, &batches).expect("one schema")
}

/// A small generator of numbers that are the same on every machine (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is above zero.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a small number");
        usize::try_from(self.roll() % end).expect("a small number")
    }

    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}
