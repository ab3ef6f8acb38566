//! Where secrets come from: files, stdin, a terminal without echo. Never flags, never the environment.

use std::{
    io::{IsTerminal, Write},
    os::fd::AsFd,
    path::Path,
};

use nix::sys::termios::{tcgetattr, tcsetattr, LocalFlags, SetArg};
use nym_daemon::Failure;
use nym_keys::files::read_secret_text;
use zeroize::Zeroizing;

use crate::failure::{unusable, usage, Outcome};

/// Longest secret that is read: a mnemonic of 24 words has at most 215 characters.
const MAX_SECRET: usize = 4_096;

/// What helps against a mnemonic that is none.
pub(crate) const MNEMONIC: &str =
    "a mnemonic is 12, 15, 18, 21 or 24 English words in their order; check it word by word";

/// What helps where nobody can be asked.
const PASSPHRASE_FILE: &str = "give it with --passphrase-file FILE";

/// Shortest passphrase of a new key.
const MIN_PASSPHRASE: usize = 8;

/// Refuses to run when somebody put a secret into our environment, where every child and `ps` sees it.
pub(crate) fn refuse_secret_environment() -> Outcome<()> {
    const SECRET: [&str; 5] = ["MNEMONIC", "PASSPHRASE", "PASSWORD", "SECRET", "PRIVATE_KEY"];
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("NYM_") && SECRET.iter().any(|word| name.ends_with(word)) {
            return Err(usage(
                "secrets are not taken from the environment",
                format!("{name} is set, where every program that is started from here sees it"),
                format!("unset {name} and use --mnemonic-file or --passphrase-file"),
            ));
        }
    }
    Ok(())
}

/// Reads a secret from a file, or from stdin for `-`. Trailing line ends are cut off.
pub(crate) fn from_file(path: &Path, what: &str) -> Outcome<Zeroizing<String>> {
    let could_not = format!("could not read the {what} from '{}'", path.display());
    let failed = |e: std::io::Error| unusable(could_not.clone(), e);
    let mut text = if path == Path::new("-") {
        read_secret_text(std::io::stdin().lock(), MAX_SECRET).map_err(failed)?
    } else {
        let file = std::fs::File::open(path).map_err(failed)?;
        warn_if_shared(&file, path, what);
        read_secret_text(file, MAX_SECRET).map_err(failed)?
    };
    let kept = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(kept);
    if text.is_empty() {
        return Err(usage(could_not, "it is empty", "write it into the file, on one line"));
    }
    Ok(text)
}

/// A passphrase for a key that exists.
pub(crate) fn passphrase(file: Option<&Path>, key: &str) -> Outcome<Zeroizing<String>> {
    match file {
        Some(path) => from_file(path, "passphrase"),
        None => ask(&format!("passphrase of key '{key}': ")),
    }
}

/// A passphrase for a new key: typed twice, or from a file.
pub(crate) fn new_passphrase(file: Option<&Path>, key: &str) -> Outcome<Zeroizing<String>> {
    let could_not = format!("could not store key '{key}'");
    let passphrase = match file {
        Some(path) => from_file(path, "passphrase")?,
        None => {
            let first = ask(&format!("new passphrase for key '{key}': "))?;
            let second = ask("once more: ")?;
            if first != second {
                return Err(usage(could_not, "the two passphrases differ", "type the same one twice"));
            }
            first
        }
    };
    if passphrase.chars().count() < MIN_PASSPHRASE {
        return Err(usage(
            could_not,
            format!("the passphrase has fewer than {MIN_PASSPHRASE} characters"),
            "use a longer one: it is all that protects the key file",
        ));
    }
    Ok(passphrase)
}

fn warn_if_shared(file: &std::fs::File, path: &Path, what: &str) {
    use std::os::unix::fs::PermissionsExt;
    // A pipe or /dev/stdin has modes of its own; only regular files are worth a word.
    let Ok(meta) = file.metadata() else { return };
    if meta.is_file() && meta.permissions().mode() & 0o077 != 0 {
        let path = path.display();
        crate::output::notice(&format!("warning: others can read the {what} in '{path}'; run: chmod 600 {path}"));
    }
}

/// Asks on the terminal without echo.
fn ask(prompt: &str) -> Outcome<Zeroizing<String>> {
    const COULD_NOT: &str = "could not ask for the passphrase";
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(usage(COULD_NOT, "there is no terminal", PASSPHRASE_FILE));
    }
    let failed = |e: nix::Error| Failure::from(e).context(COULD_NOT).with_help(PASSPHRASE_FILE);
    let before = tcgetattr(stdin.as_fd()).map_err(failed)?;
    let mut silent = before.clone();
    silent.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(stdin.as_fd(), SetArg::TCSAFLUSH, &silent).map_err(failed)?;
    let _ = write!(std::io::stderr(), "{prompt}");
    let mut line = Zeroizing::new(String::with_capacity(MAX_SECRET));
    let read = stdin.read_line(&mut line);
    let _ = tcsetattr(stdin.as_fd(), SetArg::TCSAFLUSH, &before);
    let _ = writeln!(std::io::stderr());
    read.map_err(|e| Failure::from(e).context(COULD_NOT).with_help(PASSPHRASE_FILE))?;
    let kept = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(kept);
    Ok(line)
}
