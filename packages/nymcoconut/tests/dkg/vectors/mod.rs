//! Values of an independent implementation: every share, commitment, mask, proof, key, handover and beacon signature of `vectors/dkg.json`, with its hashes,
//! challenges and masks as inputs. How they were made is written in the file's `about`.

mod disputes;
mod results;
mod uses;

use nym_coconut::algebra;
use nym_coconut::backend::{decode_g1, decode_g2, decode_scalar, reduce, Curve, Group, Scalar, G1, G2};
use nym_coconut::dkg::algebra::{evaluate, evaluate_commitments};
use nym_coconut::dkg::sigma::recommit;
use sha2::{Digest, Sha256, Sha512};

use crate::tracked::Node as Value;

fn file() -> Value {
    Value::parse(include_str!("../../vectors/dkg.json"))
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn scalar(value: &Value) -> Scalar {
    decode_scalar(&bytes(value), "vector").unwrap()
}

fn g1(value: &Value) -> G1 {
    decode_g1(&bytes(value), "vector").unwrap().into()
}

fn g2(value: &Value) -> G2 {
    decode_g2(&bytes(value), "vector").unwrap().into()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn number(value: &Value) -> u16 {
    u16::try_from(value.as_u64().unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<u16> {
    list(value).iter().map(number).collect()
}

fn case<'a>(file: &'a Value, name: &str) -> &'a Value {
    list(&file["cases"]).iter().find(|case| case["name"] == name).unwrap()
}

fn by<'a>(items: &'a Value, key: &str, index: u16) -> &'a Value {
    list(items).iter().find(|item| number(&item[key]) == index).unwrap()
}

fn polynomial<'a>(dealing: &'a Value, name: &str) -> &'a Value {
    list(&dealing["polynomials"]).iter().find(|polynomial| polynomial["name"] == name).unwrap()
}

fn scalars(value: &Value) -> Vec<Scalar> {
    list(value).iter().map(scalar).collect()
}

fn in_g2(name: &str) -> bool {
    name == "x" || name == "z"
}

fn lp(hash: &mut Vec<u8>, item: &[u8]) {
    hash.extend_from_slice(&u32::try_from(item.len()).unwrap().to_le_bytes());
    hash.extend_from_slice(item);
}

/// The challenge of the vectors' own transcript.
fn vector_challenge(label: &str, items: &[Vec<u8>]) -> Scalar {
    let mut hashed = Vec::new();
    lp(&mut hashed, label.as_bytes());
    items.iter().for_each(|item| lp(&mut hashed, item));
    reduce(&Sha256::digest(hashed))
}

/// The mask of the vectors' own derivation.
fn vector_mask(case: &Value, dealer: u16, receiver: u16, polynomial: u64, shared: &[u8]) -> Scalar {
    let mut hashed = Vec::new();
    lp(&mut hashed, b"vectors/dkg/mask");
    lp(&mut hashed, case["name"].as_str().unwrap().as_bytes());
    hashed.extend_from_slice(&case["epoch"].as_u64().unwrap().to_le_bytes());
    for index in [u32::from(dealer), u32::from(receiver), u32::try_from(polynomial).unwrap()] {
        hashed.extend_from_slice(&index.to_le_bytes());
    }
    lp(&mut hashed, shared);
    reduce(&Sha512::digest(hashed))
}

#[test]
fn parameters() {
    let file = file();
    assert_eq!(g1(&file["parameters"]["g1"]), G1::generator());
    assert_eq!(g2(&file["parameters"]["g2"]), G2::generator());
    assert_eq!(scalar(&file["parameters"]["r_minus_1"]), -Scalar::from(1));
}

#[test]
fn polynomials_commitments_and_shares() {
    let file = file();
    let mut checked = 0;
    let dealings = list(&file["cases"]).iter().chain(list(&file["reshare"])).flat_map(|case| list(&case["dealings"]));
    for dealing in dealings {
        for item in list(&dealing["polynomials"]) {
            let name = item["name"].as_str().unwrap();
            let expected = name.strip_prefix('y').map_or(if name == "x" { 0 } else { 3 }, |j| j.parse().unwrap());
            assert_eq!(number(&item["number"]), expected);
            let coefficients = scalars(&item["coefficients"]);
            for (coefficient, point) in coefficients.iter().zip(list(&item["commitments_g2"])) {
                assert_eq!(G2::generator() * coefficient, g2(point));
            }
            assert_eq!(item.get("commitments_g1").is_none(), in_g2(name), "x and z are never committed to in G1");
            for (coefficient, point) in
                coefficients.iter().zip(item.get("commitments_g1").map(list).unwrap_or_default())
            {
                assert_eq!(G1::generator() * coefficient, g1(point));
            }
            let points_g2: Vec<G2> = list(&item["commitments_g2"]).iter().map(g2).collect();
            let points_g1: Vec<G1> = item.get("commitments_g1").map(list).unwrap_or_default().iter().map(g1).collect();
            for receiver in list(&dealing["receivers"]) {
                let index = number(&receiver["receiver"]);
                assert_eq!(evaluate(&coefficients, index), scalar(&receiver["shares"][name]));
                if let Some(point) = receiver["feldman_g2"].get(name) {
                    assert_eq!(evaluate_commitments(&points_g2, index), g2(point));
                    checked += 1;
                }
                if let Some(point) = receiver["feldman_g1"].get(name) {
                    assert_eq!(evaluate_commitments(&points_g1, index), g1(point));
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 200, "{checked} Feldman values");
}

#[test]
fn receiver_keys_nonces_masks_and_masked_shares() {
    let file = file();
    let mut checked = 0;
    for case in list(&file["cases"]).iter().filter(|case| case.get("receivers").is_some()) {
        for dealing in list(&case["dealings"]).iter().filter(|dealing| dealing.get("rho").is_some()) {
            let rho = scalar(&dealing["rho"]);
            assert_eq!(G1::generator() * rho, g1(&dealing["R"]));
            for receiver in list(&dealing["receivers"]) {
                let index = number(&receiver["receiver"]);
                let keys = by(&case["receivers"], "index", index);
                let (secret, key) = (scalar(&keys["sk"]), g1(&keys["pk"]));
                assert_eq!(G1::generator() * secret, key);
                let shared = g1(&receiver["K"]);
                assert_eq!(key * rho, shared);
                assert_eq!(g1(&dealing["R"]) * secret, shared);
                for item in list(&dealing["polynomials"]) {
                    let name = item["name"].as_str().unwrap();
                    let sent = receiver
                        .get("sent_wrong")
                        .and_then(|wrong| wrong.get(name))
                        .unwrap_or(&receiver["shares"][name]);
                    let mask = vector_mask(
                        case,
                        number(&dealing["dealer"]),
                        index,
                        item["number"].as_u64().unwrap(),
                        &bytes(&receiver["K"]),
                    );
                    assert_eq!(scalar(sent) + mask, scalar(&receiver["masked"][name]));
                    assert_eq!(scalar(&receiver["masked"][name]) - mask, scalar(sent));
                    checked += 1;
                }
            }
        }
    }
    assert!(checked >= 100, "{checked} masks");
}

#[test]
fn proofs_of_knowledge() {
    let file = file();
    let mut checked = 0;
    for case in list(&file["cases"]) {
        for dealing in list(&case["dealings"]) {
            for proof in dealing.get("proofs_of_knowledge").map(list).unwrap_or_default() {
                let name = proof["name"].as_str().unwrap();
                let (secret, public) = if name == "rho" {
                    (scalar(&dealing["rho"]), dealing["R"].clone())
                } else {
                    let item = polynomial(dealing, name);
                    let points = if in_g2(name) { &item["commitments_g2"] } else { &item["commitments_g1"] };
                    (scalar(&item["coefficients"][0]), points[0].clone())
                };
                let (challenge, response) = (scalar(&proof["challenge"]), scalar(&proof["z"]));
                assert_eq!(algebra::response(&scalar(&proof["w"]), &challenge, &secret), response);
                let base = if in_g2(name) {
                    assert_eq!(recommit(&G2::generator(), &g2(&public), &challenge, &response), g2(&proof["T"]));
                    G2::generator().to_affine().to_compressed().to_vec()
                } else {
                    assert_eq!(recommit(&G1::generator(), &g1(&public), &challenge, &response), g1(&proof["T"]));
                    G1::generator().to_affine().to_compressed().to_vec()
                };
                let small = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap().to_le_bytes().to_vec();
                let items = [
                    case["name"].as_str().unwrap().as_bytes().to_vec(),
                    case["epoch"].as_u64().unwrap().to_le_bytes().to_vec(),
                    small(&case["n"]),
                    small(&case["t"]),
                    small(&dealing["dealer"]),
                    small(&proof["number"]),
                    base,
                    bytes(&public),
                    bytes(&proof["T"]),
                ];
                assert_eq!(vector_challenge("vectors/dkg/pok", &items), challenge);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 15, "three dealings with five proofs");
}

/// Calls every check of these files; a value that none of them reads is there for nothing.
#[test]
fn every_value_of_the_file_is_read() {
    parameters();
    polynomials_commitments_and_shares();
    receiver_keys_nonces_masks_and_masked_shares();
    proofs_of_knowledge();
    disputes::complaints_and_their_decisions();
    disputes::batched_checks_of_shares();
    disputes::batched_checks_of_keys_in_both_groups();
    disputes::copied_and_small_order_nonces();
    results::group_keys_member_shares_and_member_keys();
    results::handovers_keep_the_key_and_factors_belong_to_the_sum();
    uses::a_credential_survives_a_handover();
    uses::beacon_signatures();
    let unread = file().unread(&["about", "note"]);
    assert!(unread.is_empty(), "read by no check: {unread:#?}");
}
