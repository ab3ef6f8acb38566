//! Text and JSON that is handed over in files or on stdin.

use std::{io::Read, path::Path};

use nym_daemon::{ErrorKind, Failure};
use serde::de::DeserializeOwned;

use crate::failure::{unusable, usage, Outcome};

/// Longest list that a message takes, a thousand scores, is a tenth of that.
const MAX_VALUES: u64 = 1_024 * 1_024;

/// Reads a file, or stdin for `-`; a longer one is refused, not cut off.
pub(crate) fn bytes(path: &Path, most: u64) -> Outcome<Vec<u8>> {
    let could_not = format!("could not read '{}'", path.display());
    let failed = |e: std::io::Error| unusable(could_not.clone(), e);
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).map_err(failed)?)
    };
    let mut bytes = Vec::new();
    input.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(usage(could_not.clone(), format!("it has more than {most} bytes"), "name the file that was meant"));
    }
    Ok(bytes)
}

/// The same for text.
pub(crate) fn text(path: &Path, most: u64) -> Outcome<String> {
    String::from_utf8(bytes(path, most)?).map_err(|e| unusable(format!("could not read '{}'", path.display()), e))
}

/// Reads values in JSON; `form` says what they look like.
pub(crate) fn values<T: DeserializeOwned>(path: &Path, form: &str) -> Outcome<T> {
    serde_json::from_str(&text(path, MAX_VALUES)?).map_err(|e| {
        Failure::new(ErrorKind::Usage, format!("could not use the values in '{}'", path.display()))
            .with_cause(&e)
            .with_help(format!("they look like {form}"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_file_that_is_too_long_or_no_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("message");
        let read = |content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            text(&path, 8).map_err(|failure| crate::failure::lines(&failure))
        };

        assert_eq!(read("{\"ä\":1}".as_bytes()).unwrap(), "{\"ä\":1}");
        // The last character that is allowed ends beyond the eighth byte.
        assert!(read("1234567ä".as_bytes()).unwrap_err().contains("it has more than 8 bytes"));
        assert!(read(b"\xff").unwrap_err().contains("invalid utf-8"));
    }
}
