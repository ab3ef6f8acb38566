//! The contract's verifier on the chain's own functions: what it refuses, why, and that it decides as a gateway does.

use bls12_381::{multi_miller_loop, G1Affine, G1Projective, G2Affine, G2Prepared, Scalar as Oracle};
use cosmwasm_std::{testing::MockApi, Api};
use curve25519_dalek::{constants, edwards::EdwardsPoint, scalar::Scalar as Ed};
use ed25519_dalek::{Signer, SigningKey};
use nym_coconut::contract::{
    ed25519_encoding_is_strict, serial_of, spend_message, verify, verify_batch, Host, Payment, Refusal,
};
use nym_coconut::{verify_open_batch, OpenShow, PreparedInfo, SecretKeyShare, ShowError};
use rand_chacha::{rand_core::RngCore, ChaCha20Rng};
use sha2::{Digest, Sha512};

use crate::support::{rng, spend, token, token_public, Full, Token, CONTEXT, ELSEWHERE};
use crate::vectors::file;

/// The functions that CosmWasm gives a contract, on libraries that ours does not use.
struct Chain {
    api: MockApi,
    /// Whether signatures are looked at; without, a test reaches what comes after them.
    signatures: bool,
}

const CHAIN: fn() -> Chain = || Chain { api: MockApi::default(), signatures: true };

impl Host for Chain {
    fn pairing_equality(&self, ps: &[u8], qs: &[u8], r: &[u8], s: &[u8]) -> bool {
        self.api.bls12_381_pairing_equality(ps, qs, r, s).unwrap_or(false)
    }

    fn in_g1(&self, points: &[u8]) -> bool {
        self.api.bls12_381_aggregate_g1(points).is_ok()
    }

    fn ed25519_verify(&self, messages: &[&[u8]], signatures: &[&[u8]], public_keys: &[&[u8]]) -> bool {
        !self.signatures || self.api.ed25519_batch_verify(messages, signatures, public_keys).unwrap_or(false)
    }
}

/// A payment as it is sent to a contract.
#[derive(Clone)]
struct Sent {
    h: [u8; 96],
    p: [u8; 96],
    s: [u8; 96],
    public_key: [u8; 32],
    signature: [u8; 64],
}

impl Sent {
    fn of(show: &OpenShow<Token>) -> Self {
        let ([h, p, s], bytes) = (show.for_contract(), show.to_bytes());
        Self { h, p, s, public_key: *show.public_key(), signature: bytes[128..].try_into().unwrap() }
    }

    /// Any points, signed by a key of the sender's.
    fn signed(key: &SigningKey, h: &G1Affine, p: &G1Affine, s: &G1Affine) -> Self {
        let message = spend_message(CONTEXT, &h.to_compressed(), &s.to_compressed());
        Self {
            h: h.to_uncompressed(),
            p: p.to_uncompressed(),
            s: s.to_uncompressed(),
            public_key: key.verifying_key().to_bytes(),
            signature: key.sign(&message).to_bytes(),
        }
    }

    fn payment<'a>(&'a self, context: &'a [&'a [u8]]) -> Payment<'a> {
        Payment { h: &self.h, s: &self.s, public_key: &self.public_key, signature: &self.signature, context }
    }
}

/// A contract that stores the key of a group.
struct Contract {
    chain: Chain,
    info: [u8; 96],
    beta: [u8; 96],
}

impl Contract {
    fn new(info: &PreparedInfo<Token>, key: &nym_coconut::VerificationKey<Token>) -> Self {
        Self { chain: CHAIN(), info: info.point().to_compressed(), beta: key.beta_g2()[0].to_compressed() }
    }

    fn one(&self, sent: &Sent) -> Result<[u8; 16], Refusal> {
        verify(&self.chain, &self.info, &self.beta, &sent.payment(CONTEXT), &sent.p)
    }

    fn batch(&self, sent: &[Sent]) -> Result<Vec<[u8; 16]>, Refusal> {
        let payments: Vec<_> = sent.iter().map(|sent| sent.payment(CONTEXT)).collect();
        verify_batch(&self.chain, &self.info, &self.beta, &payments)
    }
}

struct World {
    contract: Contract,
    info: PreparedInfo<Token>,
    shows: Vec<OpenShow<Token>>,
    sent: Vec<Sent>,
    shares: Vec<SecretKeyShare<Token>>,
    group: nym_coconut::Group<Token>,
    rng: ChaCha20Rng,
}

fn world(seed: u8, payments: usize) -> World {
    let mut rng = rng(seed);
    let (shares, group) = SecretKeyShare::<Token>::deal(4, 3, &mut rng).unwrap();
    let info = group.key().prepare(&token_public());
    let shows: Vec<_> = (0..payments).map(|_| spend(&shares, &group, &mut rng)).collect();
    let sent = shows.iter().map(Sent::of).collect();
    World { contract: Contract::new(&info, group.key()), info, shows, sent, shares, group, rng }
}

/// What decoding without a check of the subgroup gives.
pub fn unchecked(bytes: &[u8]) -> G1Affine {
    Option::<G1Affine>::from(G1Affine::from_compressed_unchecked(bytes.try_into().unwrap())).unwrap()
}

/// Points outside the subgroup, of the vectors.
fn outside() -> Vec<G1Affine> {
    let file = file();
    let list = file["points"]["g1"]["refuse"].as_array().unwrap();
    let points = list.iter().filter(|entry| entry["kind"] == "subgroup");
    points.map(|entry| unchecked(&hex::decode(entry["bytes"].as_str().unwrap()).unwrap())).collect()
}

/// m·h by doubling and adding with formulas that are right for every point.
fn times(point: &G1Affine, m: &[u8; 16]) -> G1Affine {
    let mut sum = G1Projective::identity();
    for bit in (0..128).rev() {
        sum = sum.double();
        if m[bit / 8] >> (bit % 8) & 1 == 1 {
            sum += point;
        }
    }
    sum.into()
}

#[test]
fn payments_that_a_gateway_accepts_are_accepted_alone_in_a_batch_and_in_any_order() {
    let mut world = world(80, 5);
    let serials: Vec<_> = world.shows.iter().map(OpenShow::serial).collect();
    for (sent, serial) in world.sent.iter().zip(&serials) {
        assert_eq!(world.contract.one(sent), Ok(*serial));
    }
    for turn in 0..5 {
        world.sent.rotate_left(1);
        let expected: Vec<_> = (0..5).map(|i| serials[(i + turn + 1) % 5]).collect();
        assert_eq!(world.contract.batch(&world.sent), Ok(expected));
    }
}

/// A gateway whose batch is empty has nothing to refuse; a contract is asked to pay for something.
#[test]
fn n_03_an_empty_batch_has_nothing_bad_for_a_gateway_and_is_refused_by_a_contract() {
    let mut world = world(79, 0);
    assert_eq!(world.contract.batch(&[]), Err(Refusal::Empty));
    assert_eq!(verify_open_batch::<Token>(&[], &mut world.rng), Ok(()));
    let (_, group) = SecretKeyShare::<Full>::deal(3, 3, &mut world.rng).unwrap();
    assert_eq!(nym_coconut::verify_batch(group.key(), &[], &mut world.rng), Ok(()));
}

#[test]
fn n_07_another_payee_signature_key_or_product_is_refused_by_name() {
    let world = world(81, 2);
    let (contract, one) = (&world.contract, &world.sent[0]);
    for elsewhere in ELSEWHERE {
        let moved = verify(&contract.chain, &contract.info, &contract.beta, &one.payment(elsewhere), &one.p);
        assert_eq!(moved, Err(Refusal::Signature));
        let replayed = [world.sent[1].payment(CONTEXT), one.payment(elsewhere)];
        let all = verify_batch(&contract.chain, &contract.info, &contract.beta, &replayed);
        assert_eq!(all, Err(Refusal::Signature));
        // Beside itself where it belongs, its serial is there twice.
        let both = [one.payment(CONTEXT), one.payment(elsewhere)];
        let all = verify_batch(&contract.chain, &contract.info, &contract.beta, &both);
        assert_eq!(all, Err(Refusal::Repeated));
    }
    for at in [0, 31, 32, 62] {
        let mut spoilt = one.clone();
        spoilt.signature[at] ^= 1;
        assert!(matches!(contract.one(&spoilt), Err(Refusal::Signature | Refusal::Encoding)));
        assert!(contract.batch(&[world.sent[1].clone(), spoilt]).is_err());
    }
    let other = Sent { public_key: world.sent[1].public_key, ..one.clone() };
    assert_eq!(contract.one(&other), Err(Refusal::Product));
    assert_eq!(contract.batch(&[other]), Err(Refusal::Signature));
    let product = Sent { p: world.sent[1].p, ..one.clone() };
    assert_eq!(contract.one(&product), Err(Refusal::Product));
    let negated = Sent { p: (-G1Affine::from_uncompressed(&one.p).unwrap()).to_uncompressed(), ..one.clone() };
    assert_eq!(contract.one(&negated), Err(Refusal::Product));
    // Another type's or epoch's public attributes, and another group's key.
    let info = world.group.key().prepare(&nym_coconut::PublicAttributes::new([nym_coconut::backend::Scalar::from(78)]));
    assert_eq!(Contract::new(&info, world.group.key()).one(one), Err(Refusal::Credential));
    let stranger = self::world(82, 0);
    assert_eq!(stranger.contract.one(one), Err(Refusal::Credential));
    assert_eq!(stranger.contract.batch(&world.sent), Err(Refusal::Credential));
}

#[test]
fn n_01_identities_have_no_encoding() {
    let world = world(83, 2);
    // Zeros, the infinity flags of both forms, and an infinity with a sign.
    for first in [0x00, 0x40, 0xc0, 0xe0] {
        let mut identity = [0; 96];
        identity[0] = first;
        for place in 0..3 {
            let mut spoilt = world.sent[0].clone();
            *[&mut spoilt.h, &mut spoilt.p, &mut spoilt.s][place] = identity;
            assert_eq!(world.contract.one(&spoilt), Err(Refusal::Point));
            if place != 1 {
                assert_eq!(world.contract.batch(&[world.sent[1].clone(), spoilt]), Err(Refusal::Point));
            }
        }
        let all = Sent { h: identity, p: identity, s: identity, ..world.sent[0].clone() };
        assert_eq!(world.contract.one(&all), Err(Refusal::Point));
    }
    // The host itself takes identities: with them the equation holds for everybody.
    let mut compressed = [0; 48];
    compressed[0] = 0xc0;
    let (contract, twice) = (&world.contract, [compressed, compressed].concat());
    let keys = [contract.info, contract.beta].concat();
    assert!(contract.chain.pairing_equality(&twice, &keys, &compressed, &cosmwasm_std::BLS12_381_G2_GENERATOR));
}

#[test]
fn n_02_points_outside_the_subgroup_are_refused_in_every_place() {
    let world = world(84, 3);
    let key = SigningKey::from_bytes(&[5; 32]);
    let m = serial_of(&key.verifying_key().to_bytes());
    let generator = G1Affine::generator();
    for point in outside() {
        // h' outside with the right product, with any product, and with s' outside: a forger's whole freedom.
        for (p, s) in [(times(&point, &m), generator), (point, point), (generator, -point), (times(&point, &m), -point)]
        {
            if bool::from(p.is_identity()) {
                continue;
            }
            let forged = Sent::signed(&key, &point, &p, &s);
            assert!(matches!(world.contract.one(&forged), Err(Refusal::Product | Refusal::Credential)));
            assert_eq!(world.contract.batch(&[world.sent[1].clone(), forged]), Err(Refusal::Credential));
        }
        // A valid payment's points shifted by it: the equation still holds, since it pairs to one with everything.
        let shifted =
            |bytes: &[u8; 96]| G1Affine::from(G1Projective::from(G1Affine::from_uncompressed(bytes).unwrap()) + point);
        let forged = Sent::signed(&key, &shifted(&world.sent[0].h), &generator, &shifted(&world.sent[0].s));
        assert_eq!(world.contract.one(&forged), Err(Refusal::Product));
        let mut without = Contract::new(&world.info, world.group.key());
        without.chain.signatures = false;
        let s = Sent { s: shifted(&world.sent[0].s).to_uncompressed(), ..world.sent[0].clone() };
        assert_eq!(without.one(&s), Err(Refusal::Credential));
        assert_eq!(without.batch(&[s]), Err(Refusal::Credential));
        let h = shifted(&world.sent[0].h);
        let p = times(&h, &world.shows[0].serial());
        let h = Sent { h: h.to_uncompressed(), p: p.to_uncompressed(), ..world.sent[0].clone() };
        assert!(matches!(without.one(&h), Err(Refusal::Product | Refusal::Credential)));
        assert_eq!(without.batch(&[h]), Err(Refusal::Credential));
    }
}

#[test]
fn n_02_sums_that_reach_z_zero_equal_nothing() {
    let mut world = world(85, 0);
    world.contract.chain.signatures = false;
    // Points of order 3: (0, 2) and (0, −2). Whatever the serial is, the incomplete formulas meet equal or opposite points on the way.
    let three: Vec<G1Affine> =
        outside().into_iter().filter(|p| bool::from((G1Projective::from(p).double() + p).is_identity())).collect();
    assert!(!three.is_empty());
    let mut zero = 0;
    for point in &three {
        for seed in 0..200u8 {
            let key = SigningKey::from_bytes(&[seed; 32]);
            // With Z = 0 both comparisons read 0 = 0 unless Z is looked at: then any P would be taken for the product.
            for p in [G1Affine::generator(), *point, -point] {
                let forged = Sent::signed(&key, point, &p, &G1Affine::generator());
                match world.contract.one(&forged) {
                    Err(Refusal::Product) => zero += 1,
                    refused => assert_eq!(refused, Err(Refusal::Credential)),
                }
            }
        }
    }
    assert!(zero > 0);
}

#[test]
fn n_02_coordinates_off_the_curve_or_above_the_prime_are_refused() {
    let world = world(86, 2);
    let prime: [u8; 48] =
        hex::decode("1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab")
            .unwrap()
            .try_into()
            .unwrap();
    // x + p and y + p: the same point to a decoder that reduces.
    let above = |bytes: &[u8; 96], at: usize| {
        let mut bytes = *bytes;
        let mut carry = 0u16;
        for i in (0..48).rev() {
            carry += u16::from(bytes[at + i]) + u16::from(prime[i]);
            bytes[at + i] = carry as u8;
            carry >>= 8;
        }
        bytes
    };
    for at in [0, 48] {
        for place in 0..3 {
            for spoil in [&|b: &[u8; 96]| above(b, at), &|b: &[u8; 96]| {
                let mut b = *b;
                b[at + 47] ^= 1;
                b
            }] as [&dyn Fn(&[u8; 96]) -> [u8; 96]; 2]
            {
                let mut spoilt = world.sent[0].clone();
                let part = [&mut spoilt.h, &mut spoilt.p, &mut spoilt.s].into_iter().nth(place).unwrap();
                *part = spoil(part);
                assert_eq!(world.contract.one(&spoilt), Err(Refusal::Point));
                if place != 1 {
                    assert_eq!(world.contract.batch(&[world.sent[1].clone(), spoilt]), Err(Refusal::Point));
                }
            }
        }
    }
}

/// No key in reach hashes to sixteen zeros, so the rule is shown where it can be: the library refuses the serial, and a product of zero is no point.
#[test]
fn n_10_a_serial_of_zero_has_no_product() {
    let world = world(87, 1);
    let hidden = nym_coconut::HiddenAttributes::<Token>::new([nym_coconut::SecretScalar::new(
        &nym_coconut::backend::Scalar::from(0),
    )]);
    assert!(hidden.is_err());
    let zero = times(&G1Affine::from_uncompressed(&world.sent[0].h).unwrap(), &[0; 16]);
    assert!(bool::from(zero.is_identity()));
    assert_eq!(world.contract.one(&Sent { p: zero.to_uncompressed(), ..world.sent[0].clone() }), Err(Refusal::Point));
}

#[test]
fn n_06_n_10_cancelling_permuted_repeated_and_mixed_batches_are_refused() {
    let mut world = world(88, 6);
    let shift = {
        let mut bytes = [0; 64];
        world.rng.fill_bytes(&mut bytes);
        G1Projective::generator() * Oracle::from_bytes_wide(&bytes)
    };
    // Two spenders shift their s' by D and −D and sign the result: with equal weights the batch would hold.
    let mut shifted = |sign: Oracle| {
        let (key, credential) = token(&world.shares, &world.group, &token_public(), &mut world.rng);
        let mut bytes = credential.to_secret_bytes();
        let s = G1Affine::from_compressed(&bytes[56..104].try_into().unwrap()).unwrap();
        bytes[56..104].copy_from_slice(&G1Affine::from(shift * sign + s).to_compressed());
        let spoilt = nym_coconut::Credential::<Token>::from_secret_bytes(&bytes).unwrap();
        Sent::of(&spoilt.spend(&key, CONTEXT, &mut world.rng).unwrap())
    };
    let (plus, minus) = (shifted(Oracle::one()), shifted(-Oracle::one()));
    let mut sent = world.sent.clone();
    sent[1] = plus.clone();
    sent[4] = minus.clone();
    assert_eq!(world.contract.batch(&sent), Err(Refusal::Credential));
    // In any order: the weights are a hash of the order too.
    for i in 0..6 {
        sent.swap(i, (i + 2) % 6);
        assert_eq!(world.contract.batch(&sent), Err(Refusal::Credential));
    }
    assert_eq!(world.contract.batch(&[plus, minus]), Err(Refusal::Credential));

    assert_eq!(world.contract.batch(&[sent[0].clone(), sent[0].clone()]), Err(Refusal::Repeated));
    // One credential randomised twice has one serial.
    let (key, credential) = token(&world.shares, &world.group, &token_public(), &mut world.rng);
    let twice: Vec<_> = (0..2).map(|_| Sent::of(&credential.spend(&key, CONTEXT, &mut world.rng).unwrap())).collect();
    assert_ne!(twice[0].h, twice[1].h);
    assert_eq!(world.contract.batch(&twice), Err(Refusal::Repeated));

    // h', s' of one with key and signature of another: every part is somebody's valid one.
    let mixed =
        Sent { public_key: world.sent[1].public_key, signature: world.sent[1].signature, ..world.sent[0].clone() };
    assert_eq!(world.contract.batch(&[mixed, world.sent[2].clone()]), Err(Refusal::Signature));
    // Points of one payment under the keys of others, signed by them: what thieves would send.
    let (a, b) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
    let point = |bytes: &[u8; 96]| G1Affine::from_uncompressed(bytes).unwrap();
    let stolen: Vec<_> = [&a, &b]
        .map(|key| Sent::signed(key, &point(&world.sent[0].h), &point(&world.sent[0].p), &point(&world.sent[0].s)))
        .to_vec();
    assert_eq!(world.contract.batch(&stolen), Err(Refusal::Credential));
}

/// Adversary: makes its points multiples of each other so that the sums meet equal and opposite points.
#[test]
fn related_points_in_a_batch_are_added_right() {
    let mut world = world(89, 1);
    let mut sent = Vec::new();
    for i in 0..4 {
        let (key, credential) = token(&world.shares, &world.group, &token_public(), &mut world.rng);
        // Valid credentials are unrelated: equal and opposite h' only come without signatures of the group.
        let payment = Sent::of(&credential.spend(&key, CONTEXT, &mut world.rng).unwrap());
        let h = G1Affine::from_uncompressed(&world.sent[0].h).unwrap();
        sent.push(Sent { h: if i % 2 == 0 { h } else { -h }.to_uncompressed(), ..payment });
    }
    world.contract.chain.signatures = false;
    assert_eq!(world.contract.batch(&sent), Err(Refusal::Credential));
}

#[test]
pub fn every_case_of_the_vectors_is_refused_and_the_equations_are_as_they_say() {
    let file = file();
    let mut seen = 0;
    for case in file["show_open_serial"].as_array().unwrap() {
        let bytes = |name: &str| hex::decode(case[name].as_str().unwrap()).unwrap();
        let contract = Contract {
            chain: Chain { signatures: false, ..CHAIN() },
            info: bytes("A_info").try_into().unwrap(),
            beta: bytes("beta").try_into().unwrap(),
        };
        let key = SigningKey::from_bytes(&bytes("ed25519_seed").try_into().unwrap());
        let [h, p, s] = ["h_prime", "P", "s_prime"].map(|name| unchecked(&bytes(name)));
        let honest = Sent::signed(&key, &h, &p, &s);
        assert_eq!(contract.one(&honest).unwrap().to_vec(), bytes("m")[..16]);
        contract.batch(std::slice::from_ref(&honest)).unwrap();
        Contract { chain: CHAIN(), ..contract }.one(&honest).unwrap();

        let contract = Contract { chain: Chain { signatures: false, ..CHAIN() }, ..contract };
        for wrong in case["refuse"].as_array().unwrap() {
            seen += 1;
            assert_eq!(wrong["accept"], false);
            let bytes = |name: &str| hex::decode(wrong[name].as_str().unwrap()).unwrap();
            let [h, p, s] = ["h_prime", "P", "s_prime"].map(|name| unchecked(&bytes(name)));
            let public_key: [u8; 32] = bytes("public_key").try_into().unwrap();
            let m: [u8; 16] = bytes("m")[..16].try_into().unwrap();
            assert_eq!(serial_of(&public_key), m);
            let product = times(&h, &m) == p;
            assert_eq!(wrong["P_equals_m_h_prime"], product, "{}", wrong["note"]);
            let lines = |bytes: &[u8; 96]| G2Prepared::from(G2Affine::from_compressed(bytes).unwrap());
            let holds = is_one(&[
                (h, lines(&contract.info)),
                (p, lines(&contract.beta)),
                (-s, G2Prepared::from(G2Affine::generator())),
            ]);
            assert_eq!(wrong["equation_holds"], holds, "{}", wrong["note"]);

            let sent = Sent { public_key, ..Sent::signed(&key, &h, &p, &s) };
            let refusal = contract.one(&sent).unwrap_err();
            let identity = [&h, &p, &s].iter().any(|point| bool::from(point.is_identity()));
            let expected = match (identity, product) {
                (true, _) => vec![Refusal::Point],
                (false, false) => vec![Refusal::Product],
                // Of a point of small order the product may already not be computed.
                (false, true) if !bool::from(h.is_torsion_free()) => vec![Refusal::Product, Refusal::Credential],
                (false, true) => vec![Refusal::Credential],
            };
            assert!(expected.contains(&refusal), "{}: {refusal:?}", wrong["note"]);
            assert!(contract.batch(&[honest.clone(), sent.clone()]).is_err(), "{}", wrong["note"]);
            assert!(contract.batch(&[sent]).is_err(), "{}", wrong["note"]);
        }
    }
    assert_eq!(seen, 16);
}

/// What is left of a product of pairings, whatever the points are.
pub fn is_one(pairs: &[(G1Affine, G2Prepared)]) -> bool {
    let pairs: Vec<_> = pairs.iter().map(|(p, q)| (p, q)).collect();
    multi_miller_loop(&pairs).final_exponentiation() == bls12_381::Gt::identity()
}

#[test]
pub fn batches_of_the_vectors_are_taken_or_refused_as_they_say() {
    let file = file();
    let batch = &file["batch"];
    let bytes = |node: &crate::tracked::Node| hex::decode(node.as_str().unwrap()).unwrap();
    let key = SigningKey::from_bytes(&[9; 32]);
    let sent = |item: &crate::tracked::Node| {
        let [h, p, s] = ["h_prime", "P", "s_prime"].map(|name| unchecked(&bytes(&item[name])));
        let public_key: [u8; 32] = bytes(&item["public_key"]).try_into().unwrap();
        assert_eq!(serial_of(&public_key).to_vec(), bytes(&item["m"])[..16]);
        assert_eq!(times(&h, &serial_of(&public_key)), p);
        Sent { public_key, ..Sent::signed(&key, &h, &p, &s) }
    };
    let beta: [u8; 96] = bytes(&batch["beta"]).try_into().unwrap();
    let one = &batch["one_info"];
    let contract = Contract {
        chain: Chain { signatures: false, ..CHAIN() },
        info: bytes(&one["A_info"]).try_into().unwrap(),
        beta,
    };
    let list = |node: &crate::tracked::Node| node.as_array().unwrap().clone();
    let changed = |entry: &crate::tracked::Node| {
        let mut items = list(&one["items"]);
        for (place, item) in entry["changed"].as_object().unwrap() {
            items[place.parse::<usize>().unwrap()] = item.clone();
        }
        items
    };
    let alone = |items: &[crate::tracked::Node]| -> Vec<u64> {
        let bad = |i: &usize| contract.one(&sent(&items[*i])).is_err();
        (0..items.len()).filter(bad).map(|i| i as u64).collect()
    };
    let places = |entry: &crate::tracked::Node| -> Vec<u64> {
        list(&entry["bad_items"]).iter().map(|place| place.as_u64().unwrap()).collect()
    };
    let all = |items: &[crate::tracked::Node]| contract.batch(&items.iter().map(sent).collect::<Vec<_>>());
    assert_eq!(one["equation_holds"], all(&one["items"].as_array().unwrap().clone()).is_ok());
    for spoilt in one["spoilt"].as_array().unwrap() {
        assert_eq!(all(&changed(spoilt)), Err(Refusal::Credential), "{}", spoilt["note"]);
        assert_eq!(alone(&changed(spoilt)), places(spoilt), "{}", spoilt["note"]);
    }
    let weights: Vec<Oracle> = list(&one["weights"])
        .iter()
        .map(|weight| Oracle::from_bytes(&bytes(weight).try_into().unwrap()).unwrap())
        .collect();
    for entry in one["every_equation_holds_yet_refuse"].as_array().unwrap() {
        let items = changed(entry);
        let expected: &[Refusal] = match entry["kind"].as_str().unwrap() {
            "identity" | "subgroup or identity" => &[Refusal::Point],
            "duplicate serial" => &[Refusal::Repeated],
            "subgroup" => &[Refusal::Credential],
            kind => panic!("{kind} is a kind of its own"),
        };
        assert!(expected.contains(&all(&items).unwrap_err()), "{}", entry["note"]);
        let mut bad = alone(&items);
        let serials: Vec<_> = items.iter().map(|item| item["m"].as_str().unwrap().to_owned()).collect();
        bad.extend((0..items.len()).filter(|i| serials[..*i].contains(&serials[*i])).map(|i| i as u64));
        assert_eq!(bad, places(entry), "{}", entry["note"]);
        // Where nobody looks at the points, the equation holds.
        let sum = |name: &str| -> G1Affine {
            let terms = items.iter().zip(&weights).map(|(item, weight)| unchecked(&bytes(&item[name])) * weight);
            terms.fold(G1Projective::identity(), |sum, term| sum + term).into()
        };
        let lines = |bytes: &[u8; 96]| G2Prepared::from(G2Affine::from_compressed(bytes).unwrap());
        let holds = is_one(&[
            (sum("h_prime"), lines(&contract.info)),
            (sum("P"), lines(&beta)),
            (-sum("s_prime"), G2Prepared::from(G2Affine::generator())),
        ]);
        assert_eq!(entry["equation_holds_given_weights"], holds, "{}", entry["note"]);
    }
    // Two sets of public attributes: a contract takes each by itself and not both under one.
    let two = &batch["two_infos"];
    let items = list(&two["items"]);
    for info in two["infos"].as_array().unwrap() {
        let contract = Contract {
            chain: Chain { signatures: false, ..CHAIN() },
            info: bytes(&info["A_info"]).try_into().unwrap(),
            beta,
        };
        let own: Vec<_> =
            list(&info["items"]).iter().map(|place| sent(&items[place.as_u64().unwrap() as usize])).collect();
        assert_eq!(two["equation_holds"], contract.batch(&own).is_ok());
        let together = contract.batch(&items.iter().map(sent).collect::<Vec<_>>());
        assert_eq!(two["equation_holds_when_all_items_use_the_first_info"], together.is_ok());
    }
}

#[test]
pub fn points_of_the_vectors_have_the_orders_that_they_say() {
    let file = file();
    let bytes = |node: &crate::tracked::Node| hex::decode(node.as_str().unwrap()).unwrap();
    for entry in file["points"]["g1"]["refuse"].as_array().unwrap() {
        if let Some(order) = entry.get("order") {
            let point = unchecked(&bytes(&entry["bytes"]));
            let order: u128 = order.as_str().unwrap().parse().unwrap();
            assert!(bool::from(times(&point, &order.to_le_bytes()).is_identity()));
        }
        if let Some(part) = entry.get("subgroup_part") {
            let sum = G1Projective::from(unchecked(&bytes(part))) + unchecked(&bytes(&entry["order3_part"]));
            assert_eq!(G1Affine::from(sum), unchecked(&bytes(&entry["bytes"])));
        }
    }
    let unchecked = |bytes: Vec<u8>| {
        let point = G2Affine::from_compressed_unchecked(&bytes.try_into().unwrap());
        bls12_381::G2Projective::from(Option::<G2Affine>::from(point).unwrap())
    };
    let times = |point: &bls12_381::G2Projective, count: u64| {
        (0..64).rev().fold(bls12_381::G2Projective::identity(), |sum, bit| {
            let sum = sum.double();
            if count >> bit & 1 == 1 {
                sum + point
            } else {
                sum
            }
        })
    };
    for entry in file["points"]["g2"]["refuse"].as_array().unwrap() {
        if let Some(order) = entry.get("order") {
            let order = order.as_str().unwrap().parse().unwrap();
            assert!(bool::from(times(&unchecked(bytes(&entry["bytes"])), order).is_identity()));
        }
        if let Some(part) = entry.get("subgroup_part") {
            let rest = unchecked(bytes(&entry["bytes"])) - unchecked(bytes(part));
            assert!(!bool::from(rest.is_identity()) && bool::from(times(&rest, 13).is_identity()));
        }
    }
}

/// A key of any kind with a signature that its maker computed.
fn signature(a: &Ed, torsion: &EdwardsPoint, r: &Ed, r_torsion: &EdwardsPoint, message: &[u8]) -> ([u8; 32], [u8; 64]) {
    let key = (EdwardsPoint::mul_base(a) + torsion).compress().to_bytes();
    let r_bytes = (EdwardsPoint::mul_base(r) + r_torsion).compress().to_bytes();
    let hash = Sha512::new().chain_update(r_bytes).chain_update(key).chain_update(message).finalize();
    let s = r + Ed::from_bytes_mod_order_wide(&hash.into()) * a;
    (key, [r_bytes, s.to_bytes()].concat().try_into().unwrap())
}

#[test]
fn n_15_keys_and_signatures_of_every_kind_are_decided_alike_by_gateway_contract_and_host() {
    let world = world(90, 3);
    let api = MockApi::default();
    let [h, _, s] = world.shows[0].for_contract();
    let (h, s) = (G1Affine::from_uncompressed(&h).unwrap(), G1Affine::from_uncompressed(&s).unwrap());
    let message = spend_message(CONTEXT, &h.to_compressed(), &s.to_compressed());
    let mut items = Vec::new();
    for (i, torsion) in constants::EIGHT_TORSION.iter().enumerate() {
        for (j, r_torsion) in constants::EIGHT_TORSION.iter().enumerate() {
            let (a, r) = (Ed::from(100 + i as u64), Ed::from(200 + j as u64));
            items.push((signature(&a, torsion, &r, r_torsion, &message), true));
            let (key, mut bad) = signature(&a, torsion, &r, r_torsion, b"another message");
            items.push(((key, bad), false));
            bad[40] ^= 1;
            items.push(((key, bad), false));
        }
        // Small order alone: the host takes them with any message, the strict rule does not.
        let (key, signature) = signature(&Ed::ZERO, torsion, &Ed::ZERO, torsion, &message);
        assert_eq!(api.ed25519_verify(&message, &signature, &key), Ok(true));
        assert!(!ed25519_encoding_is_strict(&key, &signature));
        items.push(((key, signature), false));
    }
    let gateway = |key: &[u8; 32], signature: &[u8; 64]| {
        let bytes = [&world.shows[0].to_bytes()[..96], key, signature].concat();
        OpenShow::<Token>::from_bytes(&bytes)
            .is_ok_and(|show| show.verify(&world.info, CONTEXT) != Err(ShowError::Signature))
    };
    for ((key, signature), expected) in &items {
        let m = serial_of(key);
        let sent = Sent {
            h: h.to_uncompressed(),
            p: times(&h, &m).to_uncompressed(),
            s: s.to_uncompressed(),
            public_key: *key,
            signature: *signature,
        };
        // The credential is another key's, so a signature that holds leads to the pairing and no further.
        let contract = world.contract.one(&sent);
        assert_eq!(contract == Err(Refusal::Credential), *expected, "{contract:?}");
        assert_eq!(gateway(key, signature), *expected);
        if ed25519_encoding_is_strict(key, signature) {
            assert_eq!(api.ed25519_verify(&message, signature, key), Ok(*expected));
            assert_eq!(api.ed25519_batch_verify(&[&message], &[signature], &[key]), Ok(*expected));
        }
    }
    // Batches of good and bad ones: the whole answer is that all are good.
    let (good, bad): (Vec<_>, Vec<_>) = items
        .iter()
        .filter(|((key, signature), _)| ed25519_encoding_is_strict(key, signature))
        .partition(|(_, good)| *good);
    type Case = (([u8; 32], [u8; 64]), bool);
    let hosts = |some: &[&Case]| {
        let keys: Vec<&[u8]> = some.iter().map(|((key, _), _)| key.as_slice()).collect();
        let signatures: Vec<&[u8]> = some.iter().map(|((_, signature), _)| signature.as_slice()).collect();
        api.ed25519_batch_verify(&vec![message.as_slice(); some.len()], &signatures, &keys).unwrap()
    };
    assert!(hosts(&good));
    for wrong in &bad {
        let mut some = good[..8].to_vec();
        some.insert(3, wrong);
        assert!(!hosts(&some));
    }
}
