//! What reaches stdout and stderr, and nothing else does.
//!
//! An [`Answer`] is data for programs and a table for people, made from the same values. JSON has one
//! envelope, `{"schema_version":1,"data":…,"warnings":[…]}`; errors are JSON on stderr then.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use comfy_table::{presets, CellAlignment, ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressStyle};
use nym_daemon::{ErrorKind, Failure};
use serde::Serialize;
use serde_json::{json, Value};

use crate::{
    args::Format,
    failure::{lines, whole},
};

/// Version of the envelope: raised only when a field changes its meaning or goes away.
const SCHEMA_VERSION: u32 = 1;

/// What a command has to say.
pub(crate) struct Answer {
    data: Value,
    human: Human,
    warnings: Vec<String>,
}

/// The form for people.
enum Human {
    /// Columns with headings.
    Table { headings: Vec<&'static str>, rows: Vec<Vec<String>>, empty: &'static str },
    /// A name and a value per line.
    Record(Vec<(&'static str, String)>),
    /// Text as it is.
    Text(String),
    /// Not even an empty line.
    Nothing,
}

impl Answer {
    /// A list: one row per item.
    pub fn table<T: Serialize>(
        items: &[T],
        headings: &[&'static str],
        empty: &'static str,
        row: impl Fn(&T) -> Vec<String>,
    ) -> Self {
        let rows = items.iter().map(row).collect();
        Self::new(to_value(&items), Human::Table { headings: headings.to_vec(), rows, empty })
    }

    /// One thing: a line per property. Properties without a value are left out.
    pub fn record<T: Serialize>(data: &T, lines: Vec<(&'static str, Option<String>)>) -> Self {
        let lines = lines.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        Self::new(to_value(data), Human::Record(lines))
    }

    /// Text, for people and programs alike.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(Value::String(text.clone()), Human::Text(text))
    }

    /// Nothing more: the answer was printed while the command was still at work.
    pub fn nothing() -> Self {
        Self::new(Value::Null, Human::Nothing)
    }

    /// JSON in both forms.
    pub fn json(data: Value) -> Self {
        let pretty = serde_json::to_string_pretty(&data).unwrap_or_default();
        Self::new(data, Human::Text(pretty))
    }

    /// Adds a warning: on stderr for people, in the envelope for programs.
    pub fn warn(mut self, warning: impl Into<String>) -> Self {
        self.warnings.push(warning.into());
        self
    }

    fn new(data: Value, human: Human) -> Self {
        Answer { data, human, warnings: Vec::new() }
    }

    fn envelope(&self) -> Value {
        json!({ "schema_version": SCHEMA_VERSION, "data": self.data, "warnings": self.warnings })
    }

    fn human_text(&self) -> String {
        match &self.human {
            Human::Nothing => String::new(),
            Human::Text(text) => text.trim_end().to_owned(),
            Human::Table { rows, empty, .. } if rows.is_empty() => (*empty).to_owned(),
            Human::Table { headings, rows, .. } => {
                let mut table = plain_table();
                table.set_header(headings.iter().map(|heading| heading.to_uppercase()));
                table.add_rows(rows);
                trimmed(&table)
            }
            Human::Record(lines) => {
                let mut table = plain_table();
                table.add_rows(lines.iter().map(|(name, value)| [(*name).to_owned(), value.clone()]));
                trimmed(&table)
            }
        }
    }
}

fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    // Wrapped cells help a reader and break a script, so only a terminal gets them.
    let arrangement =
        if std::io::stdout().is_terminal() { ContentArrangement::Dynamic } else { ContentArrangement::Disabled };
    table.set_content_arrangement(arrangement);
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Left);
    }
    table
}

fn trimmed(table: &Table) -> String {
    let lines = table.lines().map(|line| line.trim_end().strip_prefix(' ').unwrap_or(line.trim_end()).to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

fn to_value<T: Serialize + ?Sized>(data: &T) -> Value {
    // Only maps with keys that are not text fail, and none of ours has such.
    serde_json::to_value(data).unwrap_or(Value::Null)
}

/// Prints an answer. A closed pipe (`| head`) is no failure.
pub(crate) fn answer(answer: &Answer, format: Format) -> ExitCode {
    if matches!(answer.human, Human::Nothing) {
        return ExitCode::SUCCESS;
    }
    let text = match format {
        Format::Json => answer.envelope().to_string(),
        Format::Human => {
            for warning in &answer.warnings {
                notice(&format!("warning: {warning}"));
            }
            answer.human_text()
        }
    };
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(ErrorKind::Failed.code()),
        _ => ExitCode::SUCCESS,
    }
}

/// Prints a failure on stderr.
pub(crate) fn failure(failure: Failure, format: Format) -> ExitCode {
    let failure = whole(failure);
    match format {
        Format::Human => notice(&lines(&failure)),
        Format::Json => {
            let envelope = json!({ "schema_version": SCHEMA_VERSION, "error": failure.to_json() });
            notice(&envelope.to_string());
        }
    }
    ExitCode::from(failure.kind().code())
}

/// A line on stderr.
pub(crate) fn notice(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A spinner while something takes long, on a terminal only.
pub(crate) fn progress(message: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.set_message(message.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_get_columns_and_programs_the_envelope() {
        let answer =
            Answer::table(&[1, 2], &["number", "double"], "none", |n| vec![n.to_string(), (n * 2).to_string()]);

        assert_eq!(answer.human_text(), "NUMBER  DOUBLE\n1       2\n2       4");
        assert_eq!(answer.envelope().to_string(), r#"{"data":[1,2],"schema_version":1,"warnings":[]}"#);
    }

    #[test]
    fn an_empty_list_says_so() {
        let none: [u8; 0] = [];

        assert_eq!(Answer::table(&none, &["x"], "no nodes", |_| vec![]).human_text(), "no nodes");
    }

    #[test]
    fn a_record_leaves_out_what_it_has_not() {
        let answer = Answer::record(
            &json!({}),
            vec![("name", Some("a".into())), ("layer", None), ("address", Some("b".into()))],
        );

        assert_eq!(answer.human_text(), "name     a\naddress  b");
    }
}
