//! The folder of a network: emptied at the start, but only if a local network made it.

use anyhow::Context as _;
use std::path::{Path, PathBuf};

/// What tells a network's folder from somebody's files.
const MARKER: &str = ".nym-localnet";
const MARKER_TEXT: &str = "A local network made this folder. The next one that starts here empties it.\n";

/// A folder that a local network may not empty, since it did not make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignFolder(pub PathBuf);

impl std::fmt::Display for ForeignFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not empty and was not made by a local network (it has no file {MARKER})", self.0.display())
    }
}

impl std::error::Error for ForeignFolder {}

/// Fails unless the folder is missing, empty, or of a local network. Changes nothing.
pub(crate) fn check(dir: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot use folder {}", dir.display());
    let mut entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(cannot),
    };
    let is_ours = std::fs::symlink_metadata(dir.join(MARKER)).is_ok_and(|marker| marker.is_file());
    anyhow::ensure!(is_ours || entries.next().is_none(), ForeignFolder(dir.to_owned()));
    Ok(())
}

/// Makes the folder, or empties the one that a local network made.
pub(crate) fn make_anew(dir: &Path) -> anyhow::Result<()> {
    check(dir)?;
    let cannot = || format!("cannot empty folder {}", dir.display());
    std::fs::create_dir_all(dir).with_context(cannot)?;
    // The marker comes first and goes never: a folder that is half emptied is still known.
    std::fs::write(dir.join(MARKER), MARKER_TEXT).with_context(cannot)?;
    for entry in std::fs::read_dir(dir).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        if entry.file_name() == MARKER {
            continue;
        }
        // What a link leads to is not ours.
        let removed = if entry.file_type().with_context(cannot)?.is_dir() {
            std::fs::remove_dir_all(entry.path())
        } else {
            std::fs::remove_file(entry.path())
        };
        removed.with_context(cannot)?;
    }
    Ok(())
}

/// Logs that a network has left in its folder, also one that did not start: name and file, by name.
///
/// # Errors
/// When no network was started in the folder.
pub fn logs(dir: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let of = |folder: PathBuf, prefix: &str| -> std::io::Result<Vec<(String, PathBuf)>> {
        let files = std::fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path());
        let logs = files.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
        let named = |path: PathBuf| Some((format!("{prefix}{}", path.file_stem()?.to_str()?), path));
        Ok(logs.filter_map(named).collect())
    };
    let services = of(dir.join("logs"), "");
    // Validators of wasmd are started by their script, which keeps their logs beside their homes.
    let validators = of(dir.join("chain"), "validator-").unwrap_or_default();
    anyhow::ensure!(
        services.is_ok() || !validators.is_empty(),
        "no local network in {}: it has no folder of logs",
        dir.display()
    );
    let mut logs: Vec<_> = services.unwrap_or_default().into_iter().chain(validators).collect();
    logs.sort();
    Ok(logs)
}
