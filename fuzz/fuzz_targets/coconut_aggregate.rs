//! Any signatures from any signers: the honest credential, or every signer of a wrong one is named and nobody else.
#![no_main]

#[path = "support/coconut.rs"]
#[allow(dead_code)]
mod coconut;

use std::sync::LazyLock;

use coconut::{altered, rng, Full, WORLD};
use libfuzzer_sys::fuzz_target;
use nym_coconut::{AggregateError, PartialSignature};

static HONEST: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| WORLD.partials.iter().map(|p| p.to_bytes()).collect());
static CREDENTIAL: LazyLock<Vec<u8>> = LazyLock::new(|| WORLD.credential.to_secret_bytes().to_vec());

fuzz_target!(|data: &[u8]| {
    // Each step: which signer's signature, and how it is changed; a step of one byte changes nothing.
    let mut partials = Vec::new();
    for step in data.chunks(8).take(6) {
        let honest = &HONEST[usize::from(step[0] % 4)];
        let bytes = altered(honest, &step[1..]);
        partials.extend(PartialSignature::<Full>::from_bytes(&bytes));
    }
    let indices: Vec<u16> = partials.iter().map(PartialSignature::signer).collect();
    let wrong = |partial: &PartialSignature<Full>| !HONEST.contains(&partial.to_bytes());
    match WORLD.pending.aggregate(&WORLD.group, &partials, &mut rng()) {
        Ok(credential) => {
            assert!(!partials.iter().any(wrong) && partials.len() >= 3);
            assert_eq!(credential.to_secret_bytes()[..], CREDENTIAL[..]);
        }
        Err(AggregateError::TooFew { required, got }) => assert!(got == partials.len() && got < required),
        Err(AggregateError::Index(_)) => assert!((1..indices.len()).any(|i| indices[..i].contains(&indices[i]))),
        Err(AggregateError::Stranger { member }) => assert!(indices.contains(&member) && member > 4),
        Err(AggregateError::Invalid { culprits }) => {
            let mut expected: Vec<u16> = partials.iter().filter(|p| wrong(p)).map(|p| p.signer()).collect();
            expected.sort_unstable();
            assert_eq!(culprits, expected);
        }
    }
});
