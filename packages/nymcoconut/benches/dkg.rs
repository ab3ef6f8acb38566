//! What a key generation costs one member on one core, and how long a dealing is, beside the goals.
//!
//! `cargo bench -p nym-coconut --bench dkg`; a number of members as argument measures that group only.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nym_coconut::beacon::{beacon_message, BeaconKey};
use nym_coconut::dkg::{
    Announcement, Board, Committee, Complaint, Dealing, GroupKey, Inbox, Layout, MemberShare, Plan, ReceiverSecret,
    Registry,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

/// x, four y's and the beacon's z: the type that the goals are set for.
const ATTRIBUTES: usize = 4;

fn main() {
    let given: Vec<u16> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    println!("key generation with x, y1 … y{ATTRIBUTES} and z, backend {}, one core", nym_coconut::backend::NAME);
    for (size, seconds, bytes) in [(10, None, None), (50, Some(3.5), Some(24_000)), (100, Some(12.0), Some(46_000))] {
        if given.is_empty() || given.contains(&size) {
            let group = generate(size, seconds, bytes);
            if size == 50 || given.contains(&size) {
                hand_over(&group.0, &group.1);
            }
        }
    }
}

/// Time that this thread has run: waiting for a busy machine's cores is no cost of the work. Elsewhere than on Linux it is the time of the clock.
fn clock() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let scheduled = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let running = scheduled.as_deref().and_then(|text| text.split(' ').next()?.parse().ok()).map(Duration::from_nanos);
    running.unwrap_or_else(|| START.get_or_init(Instant::now).elapsed())
}

fn timed<T>(total: &mut Duration, name: &str, work: impl FnOnce() -> T) -> T {
    let start = clock();
    let result = work();
    let taken = clock().saturating_sub(start);
    *total += taken;
    println!("    {name:<54} {:>9.1} ms", taken.as_secs_f64() * 1e3);
    result
}

/// The mean of twenty runs by the wall's clock: too short for the other one.
fn average<T>(name: &str, mut work: impl FnMut() -> T) {
    let start = Instant::now();
    for _ in 0..20 {
        std::hint::black_box(work());
    }
    println!("    {name:<54} {:>9.2} ms", start.elapsed().as_secs_f64() * 50.0);
}

fn prepare(plan: &Plan, rng: &mut ChaCha20Rng) -> (Registry, BTreeMap<u16, ReceiverSecret>) {
    let mut registry = Registry::new(plan.clone());
    let mut secrets = BTreeMap::new();
    for &index in plan.committee().indices() {
        let (secret, registration) = ReceiverSecret::register(plan, index, rng);
        registry.post(index, &registration.to_bytes(plan)).expect("honest");
        secrets.insert(index, secret);
    }
    (registry, secrets)
}

/// Everything one member does; the other members' work is done before, unmeasured. Returns the key and everybody's shares.
fn generate(size: u16, goal_seconds: Option<f64>, goal_bytes: Option<usize>) -> (GroupKey, BTreeMap<u16, MemberShare>) {
    let mut rng = ChaCha20Rng::seed_from_u64(u64::from(size));
    let committee = Committee::new(&(1..=size).collect::<Vec<_>>()).expect("a group");
    let plan = Plan::new_key("nym-bench-1", "n1dkg", 1, ATTRIBUTES, committee).expect("a plan");
    let registrations: Vec<(u16, Vec<u8>)> = {
        let mut rng = rng.clone();
        plan.committee()
            .indices()
            .iter()
            .map(|&index| (index, ReceiverSecret::register(&plan, index, &mut rng).1.to_bytes(&plan)))
            .collect()
    };
    let (_, secrets) = prepare(&plan, &mut rng);
    println!("\nn = {size}, t = {}", plan.committee().threshold());

    let mut total = Duration::ZERO;
    let ceremony = timed(&mut total, "check all registrations", || {
        let mut registry = Registry::new(plan.clone());
        for (index, bytes) in &registrations {
            registry.post(*index, bytes).expect("honest");
        }
        registry.close().expect("all registered")
    });
    let own = timed(&mut total, "deal", || {
        Dealing::deal(&ceremony, 1, None, &mut rng).expect("a dealer").to_bytes(&ceremony)
    });
    let others: Vec<(u16, Vec<u8>)> = (2..=size)
        .map(|dealer| (dealer, Dealing::deal(&ceremony, dealer, None, &mut rng).expect("a dealer").to_bytes(&ceremony)))
        .collect();

    let mut board = Board::new(ceremony.clone());
    timed(&mut total, "decode all dealings, check proofs and nonces", || {
        board.post_dealing(1, &own).expect("in time");
        for (dealer, bytes) in &others {
            board.post_dealing(*dealer, bytes).expect("in time");
        }
        board.close_dealing();
    });
    let inbox = timed(&mut total, "open own shares of all, check them in one batch", || {
        Inbox::open(&board, 1, &secrets[&1], &mut rng).expect("a receiver")
    });
    assert!(inbox.wrong().is_empty() && board.faults().is_empty());
    board.close();
    let outcome = timed(&mut total, "group key", || board.outcome().expect("all are honest"));
    timed(&mut total, "own share, checked", || inbox.finish(&outcome).expect("right shares"));
    let shares: BTreeMap<u16, MemberShare> = secrets
        .iter()
        .map(|(&index, secret)| {
            (
                index,
                Inbox::open(&board, index, secret, &mut rng)
                    .expect("a receiver")
                    .finish(&outcome)
                    .expect("right shares"),
            )
        })
        .collect();
    timed(&mut total, "keys of all members", || outcome.key().members());
    let announcements: Vec<Announcement> = shares.values().map(Announcement::new).collect();
    timed(&mut total, "keys in G2 of all members, checked", || {
        Announcement::verify(outcome.key(), &announcements, &mut rng).expect("right keys");
    });

    let length = Layout::of(&ceremony).length();
    assert_eq!(length, own.len());
    match (goal_seconds, goal_bytes) {
        (Some(seconds), Some(bytes)) => {
            let (taken, met) = (total.as_secs_f64(), |met: bool| if met { "met" } else { "MISSED" });
            println!("  all work of one member  {taken:>8.2} s   goal {seconds:>6.1} s   {}", met(taken <= seconds));
            println!("  dealing                 {length:>8} B   goal {bytes:>6} B   {}", met(length <= bytes));
        }
        _ => println!(
            "  all work of one member  {:>8.2} s\n  dealing                 {length:>8} B",
            total.as_secs_f64()
        ),
    }
    complaint(&board, &ceremony_board(&ceremony, &own, &others), &secrets[&2], &mut rng);
    beacon(outcome.key(), &shares, &mut rng);
    (outcome.key().clone(), shares)
}

fn ceremony_board(ceremony: &nym_coconut::dkg::Ceremony, own: &[u8], others: &[(u16, Vec<u8>)]) -> Board {
    let mut board = Board::new(ceremony.clone());
    board.post_dealing(1, own).expect("in time");
    board.post_dealing(others[0].0, &others[0].1).expect("in time");
    board.close_dealing();
    board
}

fn complaint(whole: &Board, open: &Board, secret: &ReceiverSecret, rng: &mut ChaCha20Rng) {
    let complaint = Complaint::make(open, 1, 2, secret, rng).expect("a dealing");
    let dealing = whole.dealing(1).expect("dealt");
    let length = complaint.to_bytes(whole.ceremony()).len();
    average("a complaint made", || Complaint::make(open, 1, 2, secret, rng));
    average(&format!("a complaint decided ({length} bytes)"), || complaint.judge(whole.ceremony(), dealing));
}

fn beacon(key: &GroupKey, shares: &BTreeMap<u16, MemberShare>, rng: &mut ChaCha20Rng) {
    let beacon = BeaconKey::new(key);
    let message = beacon_message("nym-bench-1", "n1mixnet", 1, &[0; 48]);
    let first = shares.values().next().expect("shares").beacon_share();
    let partials: Vec<_> = shares.values().map(|share| share.beacon_share().sign(&message)).collect();
    let seed = beacon.combine(&message, &partials, rng).expect("right");
    average("beacon: sign", || first.sign(&message));
    average("beacon: check all partial signatures", || beacon.verify_partials(&message, &partials, rng));
    average("beacon: combine t and check once", || beacon.combine(&message, &partials, rng));
    average("beacon: check a seed", || beacon.verify(&message, &seed));
}

/// The same group gets new shares of its key.
fn hand_over(old: &GroupKey, shares: &BTreeMap<u16, MemberShare>) {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let committee = Committee::new(old.holders()).expect("a group");
    let plan = Plan::hand_over("nym-bench-1", "n1dkg", 2, Arc::new(old.clone()), committee).expect("a plan");
    let (registry, secrets) = prepare(&plan, &mut rng);
    let ceremony = registry.close().expect("all registered");
    println!("  handover to a group of the same size");
    let mut total = Duration::ZERO;
    let own = timed(&mut total, "deal", || {
        Dealing::deal(&ceremony, 1, shares.get(&1), &mut rng).expect("a dealer").to_bytes(&ceremony)
    });
    let others: Vec<(u16, Vec<u8>)> = shares
        .iter()
        .skip(1)
        .map(|(&dealer, share)| {
            (dealer, Dealing::deal(&ceremony, dealer, Some(share), &mut rng).expect("a dealer").to_bytes(&ceremony))
        })
        .collect();
    let mut board = Board::new(ceremony.clone());
    timed(&mut total, "decode all dealings, check proofs and constants", || {
        board.post_dealing(1, &own).expect("in time");
        for (dealer, bytes) in &others {
            board.post_dealing(*dealer, bytes).expect("in time");
        }
        board.close_dealing();
    });
    let inbox = timed(&mut total, "open own shares of all, check them in one batch", || {
        Inbox::open(&board, 1, &secrets[&1], &mut rng).expect("a receiver")
    });
    board.close();
    let outcome = timed(&mut total, "group key", || board.outcome().expect("all are honest"));
    timed(&mut total, "own share, checked", || inbox.finish(&outcome).expect("right shares"));
    assert_eq!(outcome.key().alpha(), old.alpha());
    println!("  all work of one member  {:>8.2} s", total.as_secs_f64());
}
