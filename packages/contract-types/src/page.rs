//! The one rule for page sizes of list queries.

/// Number of entries a list query returns: what was asked for, `default` if nothing was, never more than `max` and never zero.
///
/// A larger wish is clamped, not refused. Zero is read as one: an empty page would look like the end.
pub fn limit(wanted: Option<u32>, default: u32, max: u32) -> usize {
    wanted.unwrap_or(default).clamp(1, max) as usize
}

#[cfg(test)]
mod tests {
    use super::limit;

    #[test]
    fn wishes_are_clamped_and_the_default_applies() {
        assert_eq!(limit(Some(5_000), 100, 150), 150);
        assert_eq!(limit(None, 100, 150), 100);
        assert_eq!(limit(Some(7), 100, 150), 7);
        assert_eq!(limit(Some(0), 100, 150), 1);
    }
}
