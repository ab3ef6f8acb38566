//! Both backends give the same bytes: each operation side by side in one build, and everything together as hashes that are pinned for both.

use nym_coconut::Transcript;
#[cfg(all(feature = "blst", feature = "pure"))]
use rand_chacha::rand_core::RngCore;

use crate::support::{full_credential, full_pending, rng, sign_all, spend, Full, Token};
use nym_coconut::SecretKeyShare;

/// How many random runs; 10,000 in the long form.
fn runs(short: usize) -> usize {
    std::env::var("NYM_COCONUT_RUNS").ok().and_then(|v| v.parse().ok()).unwrap_or(short)
}

/// One random run of every operation of a backend, as bytes.
#[cfg(all(feature = "blst", feature = "pure"))]
macro_rules! run {
    ($backend:ident, $seed:expr) => {{
        // One backend has some of these as its own methods.
        #[allow(unused_imports)]
        use group::{Curve, Group};
        use nym_coconut::backend::$backend as b;
        let mut rng = <rand_chacha::ChaCha20Rng as rand_chacha::rand_core::SeedableRng>::from_seed($seed);
        let mut out = Vec::new();
        let (x, y, z) = (b::random_scalar(&mut rng), b::random_nonzero_scalar(&mut rng), b::random_scalar(&mut rng));
        let weights = [b::random_weight(&mut rng), b::random_weight(&mut rng)];
        for s in [x + y, x * y, x - z, -x, y.invert().unwrap()] {
            out.extend_from_slice(&b::encode_scalar(&s));
        }
        let mut wide = [0; 64];
        rng.fill_bytes(&mut wide);
        out.extend_from_slice(&b::encode_scalar(&b::reduce(&wide)));
        out.extend_from_slice(&b::encode_scalar(&b::reduce(&wide[..32])));
        let h = b::hash_to_g1(&wide, b"nym-test-v1-BLS12381G1_XMD:SHA-256_SSWU_RO_");
        let q = b::G2::generator() * z;
        let table = b::FixedG1::new(&h);
        let g1 = b::affine_g1(&[h, h * x, h + b::G1::generator(), h.double(), table.mul(&y), b::G1::generator() * x]);
        let g2 = b::affine_g2(&[q, q * x, q + b::G2::generator()]);
        let more = [
            b::msm_g1(&g1[..3], &[x, y, z]),
            b::msm_g1_128(&g1[..2], &weights),
            b::FixedG1::sum(&[(&table, &x), (&table, &y)]),
            b::FixedG1::sum_vartime(&[(&table, &x), (&table, &z)]),
        ];
        g1.iter().chain(&b::affine_g1(&more)).for_each(|p| out.extend_from_slice(&p.to_compressed()));
        let more = b::affine_g2(&[b::msm_g2(&g2, &[x, y, z]), b::msm_g2_128(&g2[..2], &weights)]);
        g2.iter().chain(&more).for_each(|p| out.extend_from_slice(&p.to_compressed()));
        // What multiplies new points by secrets, tables of G2, and sums of so many points that they take the other way.
        let of_h = b::CombG1::new(&h);
        let table = b::FixedG2::new(&q);
        let many: Vec<_> = core::iter::successors(Some(h), |p| Some(p.double() + h)).take(20).collect();
        let many_g2: Vec<_> = core::iter::successors(Some(q), |p| Some(p.double() + q)).take(20).collect();
        let (many, many_g2) = (b::affine_g1(&many), b::affine_g2(&many_g2));
        let scalars: Vec<_> = (0..20).map(|_| b::random_scalar(&mut rng)).collect();
        let short: Vec<_> = (0..20).map(|_| b::random_weight(&mut rng)).collect();
        let small: Vec<_> = (0..20).map(|i| b::Scalar::from(i * i) - b::Scalar::from(90)).collect();
        let more = [
            of_h.mul(&x),
            of_h.mul(&-y),
            b::sum_of_multiples(&g1[..3], &[x, y, z]),
            b::msm_g1(&many, &scalars),
            b::msm_g1_128(&many, &short),
            b::msm_g1_small(&many, &small),
            of_h.base().into(),
        ];
        b::affine_g1(&more).iter().for_each(|p| out.extend_from_slice(&p.to_compressed()));
        let more = [
            table.mul(&x),
            b::FixedG2::sum(&[(&table, &y), (&table, &z)]),
            b::FixedG2::sum_vartime(&[(&table, &x), (&table, &z)]),
            b::msm_g2(&many_g2, &scalars),
            b::msm_g2_128(&many_g2, &short),
        ];
        b::affine_g2(&more).iter().for_each(|p| out.extend_from_slice(&p.to_compressed()));
        // e(x·h, q) · e(−h, x·q) = 1, and not when a factor is exchanged.
        let lines = [b::G2Prepared::from(g2[0]), b::G2Prepared::from(g2[1])];
        let minus = -g1[0];
        out.push(b::pairing_product_is_one(&[(&g1[1], &lines[0]), (&minus, &lines[1])]).into());
        out.push(b::pairing_product_is_one(&[(&g1[1], &lines[1]), (&minus, &lines[0])]).into());
        // Random bytes with the flags of a point: mostly no point, sometimes one outside the subgroup.
        let mut random = [0; 96];
        rng.fill_bytes(&mut random);
        random[0] = random[0] & 0x3f | 0x80;
        let verdict = |result: Result<Vec<u8>, nym_coconut::DecodeError>| format!("{result:?}").into_bytes();
        out.extend(verdict(b::decode_g1(&random[..48], "a point").map(|p| p.to_compressed().to_vec())));
        out.extend(verdict(b::decode_g2(&random, "a point").map(|p| p.to_compressed().to_vec())));
        out.extend(verdict(b::decode_scalar(&random[..32], "a scalar").map(|s| b::encode_scalar(&s).to_vec())));
        out.extend(verdict(b::decode_g1(&g1[0].to_compressed(), "a point").map(|p| p.to_compressed().to_vec())));
        let _ = h.to_affine();
        out
    }};
}

#[cfg(all(feature = "blst", feature = "pure"))]
#[test]
fn every_operation_gives_the_same_bytes_in_both_backends() {
    use ff::Field;
    let mut rng = rng(20);
    for _ in 0..runs(20) {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        assert_eq!(run!(blst, seed), run!(pure, seed), "seed {}", hex::encode(seed));
    }
}

/// The hash of every message of issuances and shows, pinned for 8 runs and for the 10,000 of scripts/test-long. One build has one chosen
/// backend; both builds meet the same pinned hash, so their bytes are equal.
#[test]
fn the_whole_scheme_gives_the_pinned_bytes_in_the_chosen_backend() {
    let count = runs(8);
    let rng = &mut rng(21);
    let mut all = Transcript::new("nym-test-v1");
    let (shares, group) = SecretKeyShare::<Full>::deal(3, 3, rng).unwrap();
    let (token_shares, token_group) = SecretKeyShare::<Token>::deal(3, 3, rng).unwrap();
    all.bytes(&group.key().to_bytes()).bytes(&token_group.key().to_bytes());
    for _ in 0..count {
        let pending = full_pending(rng);
        all.bytes(&pending.request().to_bytes());
        sign_all(&shares, &pending).iter().for_each(|s| {
            all.bytes(&s.to_bytes());
        });
        let credential = full_credential(&shares, &group, rng);
        all.bytes(&credential.to_secret_bytes()).bytes(&credential.show(group.key(), b"context", rng).to_bytes());
        all.bytes(&spend(&token_shares, &token_group, rng).to_bytes());
    }
    let digest = hex::encode(all.digest());
    println!("{count} runs with {}: {digest}", nym_coconut::backend::NAME);
    let pinned = include_str!("snapshots/scheme.txt").lines().filter_map(|line| line.split_once(' '));
    let expected = pinned.filter(|(runs, _)| *runs == count.to_string()).map(|(_, digest)| digest).next();
    assert_eq!(Some(digest.as_str()), expected, "the hash of {count} runs");
}
