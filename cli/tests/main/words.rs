//! Help and mistakes, word by word.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

#[test]
fn help_and_mistakes_read_as_recorded() {
    let home = tempfile::tempdir().unwrap();
    // A fresh checkout leaves files readable for others, which is worth a warning that is not recorded here.
    for file in fs::read_dir("tests/cmd/mistakes.in").unwrap() {
        fs::set_permissions(file.unwrap().path(), fs::Permissions::from_mode(0o600)).unwrap();
    }
    trycmd::TestCases::new()
        .env("NYM_CLI_HOME", home.path().to_str().unwrap())
        .env("COLUMNS", "100")
        .case("tests/cmd/*.trycmd")
        .run();
}

#[test]
fn completions_of_every_shell_know_the_commands_and_bash_reads_its_own() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = Command::new(env!("CARGO_BIN_EXE_nym-cli")).args(["completions", shell]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for word in ["update-config", "delegation", "exit-after-ping", "dry-run"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
        if shell == "bash" {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("completions");
            // A wrong line would be a syntax error; what is there is what bash completes with.
            fs::write(&file, script).unwrap();
            let asked = "source \"$0\" && complete -p nym-cli";
            let read = Command::new("bash").args(["-c", asked]).arg(&file).output().unwrap();
            assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        }
    }
}

#[test]
fn a_page_of_the_manual_is_written_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_nym-cli")).args(["man", "--folder"]).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for page in ["nym-cli.1", "nym-cli-mixnode-bond.1", "nym-cli-localnet-up.1", "nym-cli-query.1"] {
        assert!(fs::read_to_string(folder.path().join(page)).unwrap().contains(".SH"), "{page}");
    }
}
