//! What each step costs on one core, beside its goal: `cargo bench -p nym-coconut --bench credentials`.
#![allow(clippy::unwrap_used)]
// One backend has some operations as methods of its own, the other as methods of traits.
#![cfg_attr(not(feature = "blst"), allow(unused_imports))]

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Instant;

use nym_coconut::backend::{CombG1, FixedG1, Group, Scalar, G1, NAME};
use nym_coconut::test_util::{issue, sign_all, token, Full, Token, EPOCH};
use nym_coconut::{
    verify_batch, verify_open_batch, Blindings, HiddenAttributes, OpenShow, PartialSignature, Pending,
    PublicAttributes, Request, SecretKeyShare, SecretScalar, Show,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

/// What a multiplication of any point takes in this run: the machine is shared, ratios to it move less than times.
static UNIT: OnceLock<f64> = OnceLock::new();

/// Runs for a second; microseconds, divided by `per`. A goal is met when the median meets it; the mean of the fastest third, which a shared
/// machine disturbs less, stands beside it and is returned.
fn measure<R>(name: &str, per: usize, goal: Option<f64>, mut run: impl FnMut() -> R) -> f64 {
    black_box(run());
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < 9 || (start.elapsed().as_secs_f64() < 1.0 && times.len() < 2_000) {
        let one = Instant::now();
        black_box(run());
        times.push(one.elapsed().as_secs_f64() * 1e6 / per as f64);
    }
    times.sort_by(f64::total_cmp);
    let third = &times[..times.len() / 3];
    let (fast, median) = (third.iter().sum::<f64>() / third.len() as f64, times[times.len() / 2]);
    let goal = match goal {
        Some(goal) => format!("goal {goal:>5.0}  {}", if median <= goal { "met" } else { "MISSED" }),
        None => "no goal".to_owned(),
    };
    let ratio = UNIT.get().map(|unit| format!("{:>6.2} G1 multiples", fast / unit)).unwrap_or_default();
    println!("{name:<52} {fast:>8.1} µs (median {median:>7.1}) {ratio:<20} {goal}");
    fast
}

fn main() {
    let rng = &mut ChaCha20Rng::from_seed([7; 32]);
    println!("backend {NAME}, one core; n = 7, t = 5 unless said otherwise");

    let table = FixedG1::new(&G1::generator());
    let scalar = *SecretScalar::random(rng).to_secret_bytes();
    let scalar: Scalar = nym_coconut::attribute(&scalar).unwrap();
    let point = G1::generator().double();
    let unit = measure("G1: constant-time multiple of any point", 1, None, || point * scalar);
    let _ = UNIT.set(unit);
    measure("G1: multiple by constant-time table", 1, None, || table.mul(&scalar));
    measure("G1: comb of a new point", 1, None, || CombG1::new(&point));
    let comb = CombG1::new(&point);
    measure("G1: multiple by a comb", 1, None, || comb.mul(&scalar));

    println!("-- 2 hidden, 2 public attributes, 7 signers, all 7 signatures aggregated");
    let (shares, group) = SecretKeyShare::<Full>::deal(10, 7, rng).unwrap();
    let public = PublicAttributes::<Full>::new([Scalar::from(1000), Scalar::from(20_417)]);
    let hidden = HiddenAttributes::new([SecretScalar::random(rng), SecretScalar::random(rng)]).unwrap();
    let blindings = Blindings::random(rng);
    measure("request", 1, Some(500.0), || Request::new(EPOCH, &public, &hidden, &blindings));
    measure("request, public attributes for the first time", 1, Some(500.0), || {
        let public = PublicAttributes::<Full>::new([Scalar::from(1000), Scalar::from(20_417)]);
        Request::new(EPOCH, &public, &hidden, &blindings)
    });
    let pending = Pending::new(EPOCH, public.clone(), hidden, blindings);
    let wire = pending.request().to_bytes();
    measure("sign: decode, check, sign", 1, Some(1000.0), || {
        let request = Request::<Full>::from_bytes(&wire).unwrap();
        shares[0].sign(EPOCH, &public, &request).unwrap()
    });
    let signatures = sign_all(&shares[..7], &pending);
    let encoded: Vec<_> = signatures.iter().map(PartialSignature::to_bytes).collect();
    measure("aggregate 7, unblind, verify, decoded before", 1, None, || {
        pending.aggregate(&group, &signatures, rng).unwrap()
    });
    measure("decode 7 signatures", 1, None, || {
        encoded.iter().map(|b| PartialSignature::<Full>::from_bytes(b).unwrap().signer()).sum::<u16>()
    });
    measure("decode and aggregate 7, unblind, verify", 1, Some(1600.0), || {
        let signatures: Vec<_> = encoded.iter().map(|b| PartialSignature::<Full>::from_bytes(b).unwrap()).collect();
        pending.aggregate(&group, &signatures, rng).unwrap()
    });
    let scattered: Vec<_> = [0, 2, 3, 5, 6, 8, 9].map(|i| sign_all(&shares[i..=i], &pending)[0].to_bytes()).into();
    measure("the same, of members 1, 3, 4, 6, 7, 9, 10", 1, Some(1600.0), || {
        let signatures: Vec<_> = scattered.iter().map(|b| PartialSignature::<Full>::from_bytes(b).unwrap()).collect();
        pending.aggregate(&group, &signatures, rng).unwrap()
    });
    let credential = pending.aggregate(&group, &signatures, rng).unwrap();
    measure("selective show: prove", 1, Some(900.0), || credential.show(group.key(), b"context", rng));
    let show = credential.show(group.key(), b"context", rng).to_bytes();
    println!("   {} bytes", show.len());
    measure("selective show: decode, verify", 1, Some(2000.0), || {
        Show::<Full>::from_bytes(&show).unwrap().verify(group.key(), &public, b"context").unwrap();
    });
    let shows: Vec<_> = (0..16u64)
        .map(|_| {
            let hidden = HiddenAttributes::new([SecretScalar::random(rng), SecretScalar::random(rng)]).unwrap();
            issue(&shares[..7], &group, &public, hidden, rng).show(group.key(), b"context", rng).to_bytes()
        })
        .collect();
    measure("selective show: batch of 16, each, with decoding", 16, None, || {
        let shows: Vec<_> = shows.iter().map(|b| Show::<Full>::from_bytes(b).unwrap()).collect();
        let items: Vec<_> = shows.iter().map(|s| (s, &public, &b"context"[..])).collect();
        verify_batch(group.key(), &items, rng).unwrap();
    });

    println!("-- open serial: 1 hidden, 1 public attribute");
    let (shares, group) = SecretKeyShare::<Token>::deal(7, 5, rng).unwrap();
    let public = PublicAttributes::<Token>::new([Scalar::from(1000)]);
    let info = group.key().prepare(&public);
    let context: [&[u8]; 4] = [b"nym-chain", b"n1contract", b"n1payee", b"type 1, expiry, epoch"];
    let count = std::env::var("NYM_BENCH_BATCH").ok().and_then(|v| v.parse().ok()).unwrap_or(256usize);
    let mut spent: Vec<[u8; 192]> = Vec::new();
    for i in 0..count {
        let (key, credential) = token(&shares[..5], &group, &public, rng);
        if i == 0 {
            let blindings = Blindings::random(rng);
            let hidden = HiddenAttributes::new([key.serial()]).unwrap();
            measure("request", 1, None, || Request::new(EPOCH, &public, &hidden, &blindings));
            measure("open-serial show: prove", 1, Some(300.0), || credential.spend(&key, &context, rng).unwrap());
        }
        spent.push(credential.spend(&key, &context, rng).unwrap().to_bytes());
    }
    println!("   {} bytes (goal 200)", spent[0].len());
    measure("open-serial show: decode, verify one", 1, Some(1300.0), || {
        OpenShow::<Token>::from_bytes(&spent[0]).unwrap().verify(&info, &context).unwrap();
    });
    for n in [16, 64, 256, 1024] {
        if n > spent.len() {
            break;
        }
        let goal = (n == 256).then_some(250.0);
        measure(&format!("open-serial batch of {n}, each, with decoding"), n, goal, || {
            let shows: Vec<_> = spent[..n].iter().map(|b| OpenShow::<Token>::from_bytes(b).unwrap()).collect();
            let items: Vec<_> = shows.iter().map(|s| (s, &info, &context[..])).collect();
            verify_open_batch(&items, rng).unwrap();
        });
    }
}
