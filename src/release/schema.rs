//! `schema.json`: every column of a release, for programs.
//!
//! In: the pipeline and the safe table; for `verify`, the finished file. Out: a Tabular Data Resource with a Table Schema
//! (Frictionless Data, version 1), or the names of its fields. Invariant: made from the same definitions as the field metadata and
//! `dictionary.md`, one field for each column, in order.

use std::collections::BTreeSet;

use arrow::datatypes::DataType;
use serde_json::{Map, Value, json};

use super::benchmarks::{Column, columns};
use super::dictionary::{GUARD, NULL, STATUSES, codes, label, published_measures, special_codes};
use crate::disclose::SafeTable;
use crate::pipeline::{CopyFormat, Pipeline};

/// The text of the file.
pub(super) fn json(table: &SafeTable, pipeline: &Pipeline) -> String {
    let columns = columns(pipeline);
    let fields: Vec<Value> = columns.iter().map(|column| field(column, table, pipeline)).collect();
    let key = ["table", "period", "measure", "currency"].into_iter().map(str::to_owned);
    let dimensions =
        pipeline.dimensions.iter().map(|it| &it.name).flat_map(|name| [name.clone(), format!("{name}_level")]);
    let key: BTreeSet<String> = key.chain(dimensions).collect();
    let key: Vec<&str> = columns.iter().map(|column| column.name.as_str()).filter(|name| key.contains(*name)).collect();
    let mut meanings: Map<String, Value> = [("null", NULL)].into_iter().chain(STATUSES).map(pair).collect();
    meanings.extend(special_codes().into_iter().map(pair));
    if pipeline.also.contains(&CopyFormat::Csv) {
        meanings.extend([pair(("'", GUARD))]);
    }
    let resource = json!({
        "profile": "tabular-data-resource",
        "name": "benchmarks",
        "title": format!("{} {}", pipeline.name, table.period()),
        "description": "One row for each table, cell and measure. A field whose unit is `unit` is in the unit that the row's field \
                        `unit` tells.",
        "path": "benchmarks.parquet",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "schema": { "fields": fields, "missingValues": [""], "primaryKey": key },
        "meanings": meanings,
    });
    format!("{resource:#}\n")
}

fn pair((word, meaning): (&str, &str)) -> (String, Value) {
    (word.to_owned(), meaning.into())
}

fn field(column: &Column, table: &SafeTable, pipeline: &Pipeline) -> Value {
    let kind = match column.kind {
        DataType::Utf8 => "string",
        DataType::Int64 => "integer",
        _ => "number",
    };
    let mut constraints = Map::new();
    constraints.insert("required".to_owned(), column.null.is_none().into());
    let mut field = json!({
        "name": column.name,
        "type": kind,
        "description": column.meaning,
        "unit": column.unit,
        "source": column.source,
    });
    if let Some(null) = column.null {
        field["null"] = null.into();
    }
    let name = column.name.as_str();
    let of_dimension = |name: &str| pipeline.dimensions.iter().position(|dimension| dimension.name == name);
    let measures = published_measures(pipeline);
    let allowed: Option<Vec<Value>> = match name {
        "status" | "org_status" => Some(STATUSES.iter().map(|(status, _)| (*status).into()).collect()),
        "table" => {
            let tables = pipeline.tables.iter().filter(|table| !table.is_hidden);
            Some(tables.map(|table| table.name.clone().into()).collect())
        }
        "period" => Some(vec![table.period().to_string().into()]),
        "measure" => Some(measures.iter().map(|measure| measure.name.clone().into()).collect()),
        "unit" => {
            let units: BTreeSet<&str> = measures.iter().map(|measure| measure.unit.label()).collect();
            Some(units.into_iter().map(Value::from).collect())
        }
        _ => name.strip_suffix("_level").and_then(of_dimension).map(|place| {
            let levels: BTreeSet<u8> = codes(table, pipeline, place).into_iter().map(|(level, _)| level).collect();
            levels.into_iter().map(Value::from).collect()
        }),
    };
    if let Some(allowed) = allowed {
        constraints.insert("enum".to_owned(), allowed.into());
    }
    if matches!(name, "n_companies" | "n_employees") || name.ends_with("_standard_error") {
        constraints.insert("minimum".to_owned(), 0.into());
    }
    field["constraints"] = constraints.into();
    if let Some(place) = of_dimension(name) {
        let listed = codes(table, pipeline, place).into_iter().map(|(level, code)| {
            let mut entry = json!({ "level": level, "code": code });
            if let Some(label) = label(&pipeline.dimensions[place], code) {
                entry["label"] = label.into();
            }
            entry
        });
        field["codes"] = listed.collect::<Vec<Value>>().into();
    }
    field
}

/// The names of the fields in a finished file; none where it is no such file.
pub(super) fn field_names(text: &[u8]) -> Option<Vec<String>> {
    let resource: Value = serde_json::from_slice(text).ok()?;
    let names = resource.pointer("/schema/fields")?.as_array()?.iter();
    names.map(|field| Some(field.get("name")?.as_str()?.to_owned())).collect()
}
