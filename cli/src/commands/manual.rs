//! Completions and manual pages, made from the tree of commands.

use std::path::Path;

use serde_json::json;

use crate::{
    failure::{unusable, Outcome},
    output::Answer,
};

/// The completions of a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::command(), "nym-cli", &mut script);
    Answer::text(String::from_utf8_lossy(&script))
}

/// The manual page of `nym-cli`, or all pages in a folder.
pub(crate) fn man(folder: Option<&Path>) -> Outcome<Answer> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(crate::command())
            .render(&mut page)
            .map_err(|e| unusable("could not make the manual page", e))?;
        return Ok(Answer::text(String::from_utf8_lossy(&page)));
    };
    let failed = |e: std::io::Error| unusable(format!("could not write to '{}'", folder.display()), e);
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(crate::command(), folder).map_err(failed)?;
    let data = json!({ "folder": folder });
    Ok(Answer::record(&data, vec![("folder", Some(folder.display().to_string()))]))
}
