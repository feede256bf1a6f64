//! Proves that a release is the same, byte for byte, whatever the number of threads, the order and names of uploads, and
//! the order of rows in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::desk::{Desk, Dice, entries, project, quarterly, same_trees, tree};

/// Copies the sample uploads to the desk, each under a name and with a content that `change` chooses; gives a pattern.
fn uploads(desk: &Desk, mut change: impl FnMut(usize, &str, Vec<u8>) -> (String, Vec<u8>)) -> String {
    let mut files: Vec<PathBuf> =
        ["2026-Q2", "2026-Q3"].iter().flat_map(|it| entries(&project(&format!("data-samples/uploads/{it}")))).collect();
    Dice(7).shuffle(&mut files);
    for (place, file) in files.iter().enumerate() {
        let name = file.file_name().expect("a name").to_str().expect("a plain name");
        let (name, content) = change(place, name, fs::read(file).expect("an upload"));
        desk.write(&format!("inbox/{:03}/{name}", (place * 89) % files.len()), content);
    }
    desk.path("inbox/*/*.csv").display().to_string()
}

/// Comma-separated, in UTF-8, without quotes: rows can be moved as lines.
fn is_clean(content: &[u8]) -> bool {
    content.is_ascii() && content.starts_with(b"company_id,") && !content.contains(&b'"')
}

fn own_metrics(desk: &Desk) -> BTreeMap<String, Vec<u8>> {
    tree(&desk.workspace().join("companies"))
}

#[test]
fn one_thread_and_two_give_the_same_bytes() {
    let outcome = |threads: &str| {
        let desk = Desk::keyed();
        desk.does("run", &quarterly(), &["--threads", threads]).ends_with(0);
        tree(&desk.workspace())
    };
    // Not the release alone: the store, the companies' own metrics and the ledger are the same as well.
    let one = outcome("1");
    assert!(one.contains_key("companies/quarterly/2026-Q3.parquet"));
    same_trees(&one, &outcome("2"));
}

#[test]
fn the_order_and_the_names_of_uploads_do_not_matter() {
    let (plain, shuffled) = (Desk::keyed(), Desk::keyed());
    let expected = plain.does("run", &quarterly(), &[]).ends_with(0).release();
    let mut renamed = 0;
    let pattern = uploads(&shuffled, |place, name, content| {
        if is_clean(&content) {
            renamed += 1;
            (format!("upload-{place}.csv"), content)
        } else {
            (name.to_owned(), content)
        }
    });
    assert!(renamed > 80, "most samples name their company in a column");
    let found = shuffled.does("run", &quarterly(), &["--uploads", &pattern, "--threads", "2"]).ends_with(0).release();
    same_trees(&tree(&expected), &tree(&found));
    same_trees(&own_metrics(&plain), &own_metrics(&shuffled));
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let (plain, shuffled) = (Desk::keyed(), Desk::keyed());
    let expected = plain.does("run", &quarterly(), &[]).ends_with(0).release();
    let mut dice = Dice(11);
    let pattern = uploads(&shuffled, |_, name, content| {
        if !is_clean(&content) {
            return (name.to_owned(), content);
        }
        let text = String::from_utf8(content).expect("the sample is ASCII");
        let (header, rows) = text.split_once('\n').expect("a header");
        let mut rows: Vec<&str> = rows.lines().collect();
        dice.shuffle(&mut rows);
        (name.to_owned(), format!("{header}\n{}\n", rows.join("\n")).into_bytes())
    });
    let found = shuffled.does("run", &quarterly(), &["--uploads", &pattern]).ends_with(0).release();
    same_trees(&tree(&expected), &tree(&found));
    same_trees(&own_metrics(&plain), &own_metrics(&shuffled));
}
