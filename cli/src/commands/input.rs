//! Text and JSON that is handed over in files or on stdin.

use std::{io::Read, path::Path};

use nym_daemon::{ErrorKind, Failure};
use serde::de::DeserializeOwned;

use crate::failure::{unusable, Outcome};

/// Longest list that a message takes, a thousand scores, is a tenth of that.
const MAX_VALUES: u64 = 1_024 * 1_024;

/// Reads the text of a file, or of stdin for `-`, up to a length.
pub(crate) fn text(path: &Path, most: u64) -> Outcome<String> {
    let failed = |e: std::io::Error| unusable(format!("could not read '{}'", path.display()), e);
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_string(&mut text).map_err(failed)?;
    } else {
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(most).read_to_string(&mut text).map_err(failed)?;
    }
    Ok(text)
}

/// Reads values in JSON; `form` says what they look like.
pub(crate) fn values<T: DeserializeOwned>(path: &Path, form: &str) -> Outcome<T> {
    serde_json::from_str(&text(path, MAX_VALUES)?).map_err(|e| {
        Failure::new(ErrorKind::Usage, format!("could not use the values in '{}'", path.display()))
            .with_cause(&e)
            .with_help(format!("they look like {form}"))
    })
}
