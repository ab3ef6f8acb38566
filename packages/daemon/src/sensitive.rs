//! A wrapper that keeps addresses, client identities and sizes out of logs.
//!
//! Whatever would let a reader of a log link people is wrapped before it is formatted. Only an
//! operator who asks for it (`logging.sensitive = true`, a debugging session on a machine of one's
//! own) sees the values.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

static SHOWN: AtomicBool = AtomicBool::new(false);

/// A value that prints as `[hidden]` unless the operator asked to see such values.
#[derive(Clone, Copy)]
pub struct Sensitive<T>(pub T);

/// Shows sensitive values in everything that is formatted from now on, in the whole process.
pub fn show_sensitive_values(shown: bool) {
    SHOWN.store(shown, Ordering::Relaxed);
}

impl<T: fmt::Display> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if SHOWN.load(Ordering::Relaxed) {
            self.0.fmt(f)
        } else {
            f.write_str("[hidden]")
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if SHOWN.load(Ordering::Relaxed) {
            self.0.fmt(f)
        } else {
            f.write_str("[hidden]")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sensitive;

    #[test]
    fn a_sensitive_value_is_hidden_by_default() {
        let address = Sensitive("198.51.100.7:1789");

        assert_eq!(format!("{address} {address:?}"), "[hidden] [hidden]");
    }
}
