//! Sorting, small: the standard library's is fast for millions and takes 5 KB of a contract for every type that it sorts.

/// Sorts in place, in n·log n steps for every input. Equal entries may change places.
pub fn sort<T: Ord>(entries: &mut [T]) {
    // A heap with the largest entry at its root; then the root goes to the end and the heap is one smaller.
    for root in (0..entries.len() / 2).rev() {
        sink(entries, root, entries.len());
    }
    for end in (1..entries.len()).rev() {
        entries.swap(0, end);
        sink(entries, 0, end);
    }
}

/// Lets an entry sink below those that are larger, within the first `end`.
fn sink<T: Ord>(entries: &mut [T], mut root: usize, end: usize) {
    loop {
        let left = 2 * root + 1;
        if left >= end {
            return;
        }
        let right = left + 1;
        let larger = if right < end && entries.get(right) > entries.get(left) { right } else { left };
        if entries.get(root) >= entries.get(larger) {
            return;
        }
        entries.swap(root, larger);
        root = larger;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_sorts_as_the_standard_library_does(mut entries in prop::collection::vec((0u8..20, any::<u64>()), 0..300)) {
            let mut expected = entries.clone();
            expected.sort_unstable();
            super::sort(&mut entries);
            prop_assert_eq!(entries, expected);
        }
    }
}
