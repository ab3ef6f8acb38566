//! Memory that is given back holds no secret: every block is searched when it is freed, through the whole life of two credentials.
//!
//! A test binary of its own, because it has an allocator of its own. The stack and registers are not searched.
#![allow(clippy::unwrap_used, unsafe_code, missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use nym_coconut::backend::Scalar;
use nym_coconut::test_util::{sign_all, Full, Token, EPOCH};
use nym_coconut::{
    Blindings, Credential, HiddenAttributes, OneTimeKey, Pending, PublicAttributes, SecretKeyShare, SecretScalar,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

const MOST: usize = 64;
static FOUND: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// What is looked for: 16 bytes of each secret, as it is written down or as the backend holds it in memory.
static NEEDLES: [[AtomicUsize; 2]; MOST] = [const { [const { AtomicUsize::new(0) }; 2] }; MOST];
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

thread_local! {
    static SEARCHING: Cell<bool> = const { Cell::new(false) };
}

struct Searching;

// SAFETY: allocation is the system's; a block is only read, within its length, while it still belongs to its owner.
unsafe impl GlobalAlloc for Searching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that what a block holds was written by its owner.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if SEARCHING.try_with(Cell::get).unwrap_or(false) {
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            let needles = &NEEDLES[..COUNT.load(Ordering::Relaxed)];
            for window in bytes.windows(16) {
                let half = |at: usize| usize::from_ne_bytes(window[at..at + 8].try_into().unwrap());
                let (low, high) = (half(0), half(8));
                let same =
                    |n: &[AtomicUsize; 2]| n[0].load(Ordering::Relaxed) == low && n[1].load(Ordering::Relaxed) == high;
                if (low | high) != 0 && needles.iter().any(same) {
                    FOUND.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Searching = Searching;

fn look_for(bytes: &[u8]) {
    let at = COUNT.load(Ordering::Relaxed);
    for (half, word) in NEEDLES[at].iter().enumerate() {
        word.store(usize::from_ne_bytes(bytes[8 * half..8 * half + 8].try_into().unwrap()), Ordering::Relaxed);
    }
    COUNT.store(at + 1, Ordering::Relaxed);
}

fn look_for_scalar(secret: &SecretScalar) {
    look_for(secret.to_secret_bytes().as_ref());
    let scalar = secret.expose();
    // SAFETY: a scalar of either backend is four words without padding.
    look_for(unsafe { std::slice::from_raw_parts(std::ptr::from_ref::<Scalar>(&scalar).cast::<u8>(), 32) });
}

/// Runs it and counts the blocks that were freed with a secret in them.
fn found<R>(run: impl FnOnce() -> R) -> usize {
    FOUND.store(0, Ordering::Relaxed);
    SEARCHING.set(true);
    drop(run());
    SEARCHING.set(false);
    FOUND.load(Ordering::Relaxed)
}

#[test]
fn the_search_finds_what_is_not_erased() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    COUNT.store(0, Ordering::Relaxed);
    let secret = SecretScalar::random(&mut ChaCha20Rng::from_seed([1; 32]));
    look_for_scalar(&secret);
    assert_eq!(found(|| vec![secret.expose()]), 1);
    assert_eq!(found(|| secret.to_secret_bytes().to_vec()), 1);
    assert_eq!(found(|| vec![secret.clone(), secret.clone()]), 0);
}

#[test]
fn n_14_no_freed_memory_holds_a_secret() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    COUNT.store(0, Ordering::Relaxed);
    let rng = &mut ChaCha20Rng::from_seed([2; 32]);

    // Where every secret is known: attributes, openings, the shares of the key. Tables are made before the search.
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let serials: Vec<_> = (0..2).map(|_| SecretScalar::random(rng)).collect();
    let openings: Vec<_> = (0..3).map(|_| SecretScalar::random(rng)).collect();
    serials.iter().chain(&openings).for_each(look_for_scalar);
    for share in &shares {
        let bytes = share.to_secret_bytes();
        bytes[2..].chunks(32).for_each(|s| look_for_scalar(&SecretScalar::from_secret_bytes(s).unwrap()));
    }
    let public = PublicAttributes::<Full>::new([Scalar::from(3), Scalar::from(4)]);
    let count = found(|| {
        let hidden = HiddenAttributes::new([serials[0].clone(), serials[1].clone()]).unwrap();
        let pending = Pending::new(EPOCH, public.clone(), hidden, Blindings::from_fn(|i| openings[i].clone()));
        let shares: Vec<_> =
            shares.iter().map(|s| SecretKeyShare::<Full>::from_secret_bytes(&s.to_secret_bytes()).unwrap()).collect();
        let signatures = sign_all(&shares, &pending);
        let keys: Vec<_> = shares.iter().map(SecretKeyShare::verification_key).collect();
        let credential = pending.aggregate(&group, &signatures, rng).unwrap();
        let credential = Credential::<Full>::from_secret_bytes(&credential.to_secret_bytes()).unwrap();
        let show = credential.show(group.key(), b"context", rng);
        show.verify(group.key(), &public, b"context").unwrap();
        (keys, show)
    });
    assert_eq!(count, 0);

    COUNT.store(0, Ordering::Relaxed);
    let (shares, group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    let seed = [0x5a; 32];
    look_for(&seed);
    openings.iter().for_each(look_for_scalar);
    // The serial of a one-time key is 16 bytes that its payment shows, so only the opening and the seed are secrets for good.
    let public = PublicAttributes::<Token>::new([Scalar::from(3)]);
    let count = found(|| {
        let key = Box::new(OneTimeKey::from_seed(&seed));
        let hidden = HiddenAttributes::new([key.serial()]).unwrap();
        let pending = Pending::new(EPOCH, public.clone(), hidden, Blindings::from_fn(|i| openings[i].clone()));
        let signatures = sign_all(&shares, &pending);
        let credential = Box::new(pending.aggregate(&group, &signatures, rng).unwrap());
        let stored = credential.to_secret_bytes();
        let show = credential.spend(&key, &[b"payee"], rng).unwrap();
        (stored, show, Box::new(pending))
    });
    assert_eq!(count, 0);
}

#[test]
fn n_14_every_type_of_secret_erases_itself_when_dropped() {
    fn erases_when_dropped<T: zeroize::ZeroizeOnDrop>() {}
    erases_when_dropped::<SecretScalar>();
    erases_when_dropped::<SecretKeyShare<Full>>();
    erases_when_dropped::<Blindings<Full>>();
    erases_when_dropped::<HiddenAttributes<Full>>();
    erases_when_dropped::<Pending<Full>>();
    erases_when_dropped::<Credential<Full>>();
    erases_when_dropped::<OneTimeKey>();
}
