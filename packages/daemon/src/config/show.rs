//! `config show [--origin]` and `config validate`, the same for every service.

use std::fmt::Write as _;

use clap::Subcommand;
use figment::value::Value;

use super::{ConfigError, Loaded};

/// The configuration commands of a service.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the configuration in force
    Show {
        /// Say after each value where it came from
        #[arg(long)]
        origin: bool,
    },
    /// Check the configuration strictly: a key that nobody reads is an error
    Validate,
}

impl ConfigCommand {
    /// What the command prints on stdout.
    pub fn run<C>(&self, loaded: &Loaded<C>) -> Result<String, ConfigError> {
        match self {
            Self::Show { origin } => Ok(loaded.show(*origin)),
            Self::Validate => loaded.validate().map(|()| "the configuration is valid\n".to_owned()),
        }
    }
}

impl<C> Loaded<C> {
    /// The configuration as TOML, section by section; with the origin of each value as a comment.
    pub fn show(&self, with_origin: bool) -> String {
        let mut sections: std::collections::BTreeMap<&str, String> = std::collections::BTreeMap::new();
        for (key, value) in &self.values {
            let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
            let mut line = match value {
                Value::Empty(..) => format!("# {name} ="),
                value => format!("{name} = {}", literal(value)),
            };
            if let (true, Some(origin)) = (with_origin, self.origins.get(key)) {
                let _ = write!(line, "  # {origin}");
            }
            let text = sections.entry(section).or_default();
            text.push_str(&line);
            text.push('\n');
        }
        let mut text = String::new();
        for (section, lines) in sections {
            if !text.is_empty() {
                text.push('\n');
            }
            if !section.is_empty() {
                let _ = writeln!(text, "[{section}]");
            }
            text.push_str(&lines);
        }
        text
    }
}

fn literal(value: &Value) -> String {
    toml::Value::try_from(value).map(|value| value.to_string()).unwrap_or_else(|_| "\"?\"".into())
}
