//! Memory that is given back holds no secret: every block is searched when it is freed, through the whole life of two credentials, and
//! through a key generation in which a dealer cheats, the refresh of its shares, and what the shares sign.
//!
//! A test binary of its own, because it has an allocator of its own. The stack and registers are not searched.
#![allow(clippy::unwrap_used, unsafe_code, missing_docs)]
// One backend has some operations as methods of its own, the other as methods of traits.
#![cfg_attr(not(feature = "blst"), allow(unused_imports))]

#[path = "dkg/forge.rs"]
mod forge;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use nym_coconut::backend::{decode_scalar, random_nonzero_scalar, Curve, Group, Scalar, G1, G2};
use nym_coconut::beacon::{beacon_message, BeaconKey, BeaconShare, PartialSeed};
use nym_coconut::dkg::algebra::evaluate;
use nym_coconut::dkg::{
    Announcement, Board, Committee, Dealing, GroupKey, Inbox, MemberKey, MemberShare, Place, Plan, ReceiverSecret,
    Registry,
};
use nym_coconut::test_util::{sign_all, Full, Token, EPOCH};
use nym_coconut::{
    Blindings, Credential, HiddenAttributes, OneTimeKey, Pending, PublicAttributes, SecretKeyShare, SecretScalar,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

use forge::Forge;

const MOST: usize = 512;
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
    // A list that gave its last away still has it behind its end, where dropping does not come.
    let shortened = || {
        let mut list = black_box(vec![secret.clone(), secret.clone()]);
        drop(list.pop());
        list
    };
    assert_eq!(found(shortened), 1);
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

const HONEST: [u16; 3] = [1, 2, 3];

/// A source of its own for each step of each member, so that a run can be had twice and its secrets be drawn again.
fn source(plan: &Plan, step: u64, member: u16) -> ChaCha20Rng {
    let mut rng = ChaCha20Rng::seed_from_u64(plan.epoch());
    rng.set_stream(100 * step + u64::from(member));
    rng
}

/// What a ceremony of four leaves its members with.
struct Run {
    board: Board,
    key: GroupKey,
    secrets: Vec<ReceiverSecret>,
    shares: Vec<MemberShare>,
}

impl Run {
    /// Members 1, 2 and 3 are honest. In the first ceremony 4 deals 1 a wrong share; in a refresh it deals nothing.
    fn new(plan: &Plan, old: &[MemberShare]) -> Self {
        let mut registry = Registry::new(plan.clone());
        let secrets: Vec<ReceiverSecret> = (1..=4)
            .map(|index| {
                let (secret, registration) = ReceiverSecret::register(plan, index, &mut source(plan, 1, index));
                registry.post(index, &registration.to_bytes(plan)).unwrap();
                secret
            })
            .collect();
        let ceremony = registry.close().unwrap();
        let mut board = Board::new(ceremony.clone());
        for dealer in HONEST {
            let share = old.iter().find(|share| share.index() == dealer);
            let dealing = Dealing::deal(&ceremony, dealer, share, &mut source(plan, 2, dealer)).unwrap();
            board.post_dealing(dealer, &dealing.to_bytes(&ceremony)).unwrap();
        }
        if old.is_empty() {
            let rng = &mut source(plan, 2, 4);
            let mut forge = Forge::new(&ceremony, 4, None, rng);
            forge.instead.insert((1, 0), Scalar::from(9));
            board.post_dealing(4, &forge.bytes(&ceremony, rng)).unwrap();
        }
        board.close_dealing();
        let inboxes: Vec<Inbox> = HONEST
            .iter()
            .zip(&secrets)
            .map(|(&index, secret)| Inbox::open(&board, index, secret, &mut source(plan, 3, index)).unwrap())
            .collect();
        for (inbox, secret) in inboxes.iter().zip(&secrets) {
            let complaints = inbox.complaints(&board, secret, &mut source(plan, 4, 0));
            assert_eq!(complaints.len(), inbox.wrong().len());
            for complaint in complaints {
                board.post_complaint(complaint.receiver(), &complaint.to_bytes(&ceremony)).unwrap();
            }
        }
        board.close();
        let outcome = board.outcome().unwrap();
        assert_eq!(outcome.qualified(), HONEST);
        let shares = inboxes.iter().map(|inbox| inbox.finish(&outcome).unwrap()).collect();
        Self { board, key: outcome.key().clone(), secrets, shares }
    }

    /// A new key, and its refresh.
    fn two() -> [Self; 2] {
        let committee = Committee::new(&[1, 2, 3, 4]).unwrap();
        let plan = Plan::new_key("nym-test-1", "n1dkg", 1, 2, committee.clone()).unwrap();
        let first = Self::new(&plan, &[]);
        let plan = Plan::hand_over("nym-test-1", "n1dkg", 2, Arc::new(first.key.clone()), committee).unwrap();
        let second = Self::new(&plan, &first.shares);
        [first, second]
    }

    /// The secrets of all that are honest: of their receivers' keys, of what they dealt each other, and of their shares.
    fn look_for_secrets(&self, old: &[MemberShare]) {
        for secret in &self.secrets {
            look_for_scalar(&SecretScalar::from_secret_bytes(secret.to_secret_bytes().as_ref()).unwrap());
        }
        self.shares.iter().flat_map(scalars).for_each(|share| look_for_scalar(&SecretScalar::new(&share)));
        for dealer in HONEST {
            self.look_for_dealing(dealer, old.iter().find(|share| share.index() == dealer));
        }
    }

    /// Coefficients, nonces and shares of a dealing, drawn again from its source.
    fn look_for_dealing(&self, dealer: u16, old: Option<&MemberShare>) {
        let look = |secret: &Scalar| look_for_scalar(&SecretScalar::new(secret));
        let ceremony = self.board.ceremony();
        let dealing = self.board.dealing(dealer).unwrap();
        let rng = &mut source(ceremony.plan(), 2, dealer);
        let constants = old.map(scalars);
        let mut polynomials: Vec<Vec<Scalar>> = Vec::new();
        for number in 0..usize::from(ceremony.plan().polynomials()) {
            let mut coefficients: Vec<Scalar> = constants.iter().map(|known| known[number]).collect();
            while coefficients.len() < ceremony.plan().committee().threshold() {
                coefficients.push(random_nonzero_scalar(rng));
            }
            polynomials.push(coefficients);
        }
        let nonce = random_nonzero_scalar(rng);
        assert_eq!((G1::generator() * nonce).to_affine(), *dealing.nonce());
        polynomials.iter().flatten().chain([&nonce]).for_each(look);
        for receiver in HONEST {
            let shares: Vec<Scalar> = polynomials.iter().map(|polynomial| evaluate(polynomial, receiver)).collect();
            let images = MemberKey {
                alpha: (G2::generator() * shares[0]).to_affine(),
                beta: shares[1..3].iter().map(|y| (G1::generator() * y).to_affine()).collect(),
                beacon: (G2::generator() * shares[3]).to_affine(),
            };
            assert_eq!(images, dealing.commitments().at(receiver), "others were dealt than are looked for");
            shares.iter().for_each(look);
        }
        // A response is w − c·secret, so whoever knows the secret has the nonce w.
        let (bytes, layout) = (dealing.to_bytes(ceremony), nym_coconut::dkg::Layout::of(ceremony));
        let proof = |number| decode_scalar(&bytes[layout.range(Place::Proof { number }).unwrap()], "proof").unwrap();
        let proved = polynomials.iter().map(|polynomial| polynomial[0]).chain([nonce]);
        (1u8..).zip(proved).for_each(|(number, secret)| look(&(proof(number) + proof(0) * secret)));
    }
}

/// A member's shares of x, y1, y2 and z.
fn scalars(share: &MemberShare) -> Vec<Scalar> {
    share.to_secret_bytes()[10..].chunks(32).map(|scalar| decode_scalar(scalar, "share").unwrap()).collect()
}

#[test]
fn n_14_no_freed_memory_holds_a_secret_of_key_generation() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    COUNT.store(0, Ordering::Relaxed);

    // Once to know every secret, and to make the tables; then again.
    let [known, refreshed] = Run::two();
    known.look_for_secrets(&[]);
    refreshed.look_for_secrets(&known.shares);
    let count = found(|| {
        let runs = Run::two();
        assert_eq!(runs[1].key, refreshed.key, "another run than the one whose secrets are known");
        let stored = |share: &MemberShare| MemberShare::from_secret_bytes(&share.to_secret_bytes()).unwrap();
        let shares: Vec<MemberShare> = runs[1].shares.iter().map(stored).collect();
        let restored = ReceiverSecret::from_secret_bytes(runs[1].secrets[0].to_secret_bytes().as_ref()).unwrap();
        let announced: Vec<Announcement> = shares.iter().map(Announcement::new).collect();
        let signers: Vec<_> = shares.iter().map(|share| SecretKeyShare::<Token>::from_member(share).unwrap()).collect();
        let message = beacon_message("nym-test-1", "n1mixnet", 12, &[5; 32]);
        let partials: Vec<PartialSeed> = shares.iter().map(|share| share.beacon_share().sign(&message)).collect();
        let rng = &mut source(runs[1].board.ceremony().plan(), 5, 0);
        let seed = BeaconKey::new(&runs[1].key).combine(&message, &partials, rng).unwrap();
        (runs, Box::new(restored), shares, announced, signers, seed)
    });
    assert_eq!(count, 0);
}

#[test]
fn n_14_every_type_of_secret_erases_itself_when_dropped() {
    // Does not compile for a type that gives no such promise; that the promises are kept, the search of freed memory shows.
    fn erases_when_dropped<T: zeroize::ZeroizeOnDrop>() {}
    erases_when_dropped::<SecretScalar>();
    erases_when_dropped::<SecretKeyShare<Full>>();
    erases_when_dropped::<Blindings<Full>>();
    erases_when_dropped::<HiddenAttributes<Full>>();
    erases_when_dropped::<Pending<Full>>();
    erases_when_dropped::<Credential<Full>>();
    erases_when_dropped::<OneTimeKey>();
    erases_when_dropped::<ReceiverSecret>();
    erases_when_dropped::<Inbox>();
    erases_when_dropped::<MemberShare>();
    erases_when_dropped::<BeaconShare>();
}
