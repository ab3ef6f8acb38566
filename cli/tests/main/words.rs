//! Help and mistakes, word by word.

use std::{fs, os::unix::fs::PermissionsExt};

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
