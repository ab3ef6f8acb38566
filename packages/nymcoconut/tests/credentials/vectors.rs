//! An independent implementation's vectors: what follows from other values is computed, here and in `contract`, and compared. Taken as they are: secrets,
//! nonces, weights, hashes' inputs, and what forgers put into their messages, of which the equations must say what the vectors say.

use ed25519_dalek::{Signature, VerifyingKey};
use nym_coconut::algebra::{
    blinded_attribute, commitment, credential_equation, fold, kappa, open_equation, powers, public_commitment,
    public_part, randomise, randomise_folded, request_commitments, response, show_commitments, sign, unblind, zeta,
    Bases, ShowBases,
};
use nym_coconut::backend::{
    affine_g1, affine_g2, decode_g1, decode_g1_or_identity, decode_g2, decode_g2_or_identity, decode_scalar,
    hash_to_g1, msm_g1, msm_g1_128, msm_g2, pairing_product_is_one, reduce, CombG1, Curve, FixedG1, FixedG2, G1Affine,
    G2Affine, G2Prepared, Group, PrimeCurveAffine, Scalar, G1, G2,
};
use nym_coconut::dkg::algebra::{evaluate, lagrange};
use sha2::{Digest, Sha256};

use crate::tracked::Node as Value;

pub fn file() -> Value {
    Value::parse(include_str!("../vectors/coconut.json"))
}
fn bytes(v: &Value) -> Vec<u8> {
    hex::decode(v.as_str().unwrap()).unwrap()
}
fn s(v: &Value) -> Scalar {
    decode_scalar(&bytes(v), "a scalar").unwrap()
}
fn ss(v: &Value) -> Vec<Scalar> {
    v.as_array().unwrap().iter().map(s).collect()
}
fn p1(v: &Value) -> G1Affine {
    decode_g1_or_identity(&bytes(v), "a point").unwrap()
}
fn p2(v: &Value) -> G2Affine {
    decode_g2_or_identity(&bytes(v), "a point").unwrap()
}
fn p1s(v: &Value) -> Vec<G1Affine> {
    v.as_array().unwrap().iter().map(p1).collect()
}
fn p2s(v: &Value) -> Vec<G2Affine> {
    v.as_array().unwrap().iter().map(p2).collect()
}
fn each(v: &Value) -> std::slice::Iter<'_, Value> {
    v.as_array().unwrap().iter()
}
fn named<'a>(list: &'a Value, key: &str, name: &Value) -> &'a Value {
    each(list).find(|entry| &entry[key] == name).unwrap()
}
fn numbered(list: &Value, index: u16) -> &Value {
    each(list).find(|entry| entry["index"].as_u64() == Some(index.into())).unwrap()
}
/// Four bytes of the length, little endian, then the bytes: how the vectors join fields.
fn lp(to: &mut Vec<u8>, field: &[u8]) {
    to.extend_from_slice(&(field.len() as u32).to_le_bytes());
    to.extend_from_slice(field);
}
/// The challenge of the vectors' own transcript.
fn vector_challenge(label: &str, items: &[Vec<u8>]) -> Scalar {
    let mut all = Vec::new();
    lp(&mut all, label.as_bytes());
    items.iter().for_each(|item| lp(&mut all, item));
    reduce(&Sha256::digest(all))
}
fn indices(v: &Value) -> Vec<u16> {
    each(v).map(|i| i.as_u64().unwrap() as u16).collect()
}
fn minus_g2() -> G2Prepared {
    G2Prepared::from(-G2Affine::generator())
}
#[track_caller]
fn same1(got: G1, expected: &Value) {
    assert_eq!(hex::encode(got.to_affine().to_compressed()), expected.as_str().unwrap());
}
#[track_caller]
fn same2(got: G2, expected: &Value) {
    assert_eq!(hex::encode(got.to_affine().to_compressed()), expected.as_str().unwrap());
}
fn bases(file: &Value) -> Bases {
    let points: Vec<G1> = each(&file["parameters"]["generators"]).map(|g| p1(&g["point"]).to_curve()).collect();
    Bases::new(&G1::generator(), &points)
}

struct Tables {
    g2: FixedG2,
    alpha: FixedG2,
    beta: Vec<FixedG2>,
}
impl Tables {
    fn new(key: &Value) -> Self {
        let key = &key["verification_key"];
        Self {
            g2: FixedG2::new(&G2::generator()),
            alpha: FixedG2::new(&p2(&key["alpha"]).to_curve()),
            beta: p2s(&key["beta_g2"]).iter().map(|b| FixedG2::new(&b.to_curve())).collect(),
        }
    }
    fn show(&self) -> ShowBases<'_> {
        ShowBases { g2: &self.g2, alpha: &self.alpha, beta: &self.beta }
    }
    fn of(&self, attributes: &[Scalar]) -> G2 {
        public_part(&self.show(), 0, attributes) + self.alpha.base()
    }
}

#[test]
fn parameters_and_hash_to_the_curve() {
    let file = file();
    for (j, g) in (1..).zip(each(&file["parameters"]["generators"])) {
        assert_eq!((g["index"].as_u64(), bytes(&g["message"])), (Some(j), format!("h{j}").into_bytes()));
        same1(hash_to_g1(&bytes(&g["message"]), g["dst"].as_str().unwrap().as_bytes()), &g["point"]);
    }
    assert_eq!(p1(&file["parameters"]["g1"]), G1Affine::generator());
    assert_eq!(p2(&file["parameters"]["g2"]), G2Affine::generator());
    assert_eq!(s(&file["parameters"]["r_minus_1"]), -Scalar::from(1));
}

#[test]
fn keys_and_interpolation() {
    for key in each(&file()["keygen"]) {
        let x = ss(&key["polynomials"]["x"]);
        let y: Vec<Vec<Scalar>> = each(&key["polynomials"]["y"]).map(ss).collect();
        for signer in each(&key["signers"]) {
            let i = signer["index"].as_u64().unwrap() as u16;
            assert_eq!(evaluate(&x, i), s(&signer["x"]));
            same2(G2::generator() * s(&signer["x"]), &signer["alpha"]);
            for (j, y) in y.iter().enumerate() {
                assert_eq!(evaluate(y, i), s(&signer["y"][j]));
                same1(G1::generator() * evaluate(y, i), &signer["beta_g1"][j]);
                same2(G2::generator() * evaluate(y, i), &signer["beta_g2"][j]);
            }
        }
        assert_eq!(x[0], s(&key["master"]["x"]));
        assert_eq!(y.iter().map(|y| y[0]).collect::<Vec<_>>(), ss(&key["master"]["y"]));
        let (n, t) = (key["n"].as_u64().unwrap() as u16, key["t"].as_u64().unwrap() as usize);
        assert_eq!((key["q"].as_u64().unwrap() as usize, x.len()), (y.len(), t));
        assert_eq!(each(&key["signers"]).len(), usize::from(n));
        for (j, y) in y.iter().enumerate() {
            same2(G2::generator() * y[0], &key["verification_key"]["beta_g2"][j]);
        }
        let few = &key["too_few"];
        assert_eq!(few.is_null(), t == 1, "no set is smaller than one");
        if !few.is_null() {
            // t − 1 shares interpolate to another key.
            let members = indices(&few["indices"]);
            assert_eq!(members.len(), t - 1);
            let lambda = lagrange(&members).unwrap();
            assert_eq!(lambda, ss(&few["coefficients"]));
            let at = |i: &u16| s(&numbered(&key["signers"], *i)["x"]);
            let got = members.iter().zip(&lambda).fold(Scalar::from(0), |sum, (i, l)| sum + at(i) * l);
            assert_eq!(got, s(&few["x"]));
            same2(G2::generator() * got, &few["alpha"]);
            assert_eq!(few["equals_master"], got == x[0]);
            assert_eq!(few["equals_master"], false);
        }
        for set in each(&key["lagrange_at_zero"]) {
            let members = indices(&set["indices"]);
            let lambda = lagrange(&members).unwrap();
            assert_eq!(lambda, ss(&set["coefficients"]));
            let of = |i: &u16| numbered(&key["signers"], *i);
            let alpha: Vec<G2Affine> = members.iter().map(|i| p2(&of(i)["alpha"])).collect();
            same2(msm_g2(&alpha, &lambda), &key["verification_key"]["alpha"]);
            for j in 0..y.len() {
                let beta: Vec<G1Affine> = members.iter().map(|i| p1(&of(i)["beta_g1"][j])).collect();
                same1(msm_g1(&beta, &lambda), &key["verification_key"]["beta_g1"][j]);
            }
        }
        for set in each(&key["index_sets_to_refuse"]) {
            let members = indices(&set["indices"]);
            let outside = members.iter().any(|i| *i > n) || members.len() < t;
            assert!(outside || lagrange(&members).is_err(), "{set}");
        }
    }
}

#[test]
fn issuance_from_commitment_to_aggregate() {
    let file = file();
    let bases = bases(&file);
    for case in each(&file["issuance"]) {
        let key = named(&file["keygen"], "name", &case["key"]);
        let k = case["k"].as_u64().unwrap() as usize;
        let attributes = ss(&case["attributes"]);
        let (hidden, public) = attributes.split_at(k);
        let openings = ss(&case["o_j"]);
        let q = case["q"].as_u64().unwrap();
        let mut message = Vec::new();
        lp(&mut message, &bytes(&case["type_label"]));
        message.extend_from_slice(&case["epoch"].as_u64().unwrap().to_le_bytes());
        message.extend_from_slice(&(q as u32).to_le_bytes());
        message.extend_from_slice(&(k as u32).to_le_bytes());
        lp(&mut message, &bytes(&case["cm"]));
        each(&case["attributes"]).skip(k).for_each(|m| lp(&mut message, &bytes(m)));
        assert_eq!(message, bytes(&case["h_message"]));
        assert_eq!((q, &case["q"]), (attributes.len() as u64, &key["q"]));
        same1(commitment(&bases, &s(&case["o"]), &attributes), &case["cm"]);
        same1(hash_to_g1(&bytes(&case["h_message"]), case["h_dst"].as_str().unwrap().as_bytes()), &case["h"]);
        let h = p1(&case["h"]);
        let of_h = CombG1::new(&h.to_curve());
        for j in 0..k {
            same1(blinded_attribute(&bases, &of_h, &openings[j], &hidden[j]), &case["c"][j]);
        }

        let proof = &case["proof"];
        let (w_o, w_oj, w_m) = (s(&proof["w_o"]), ss(&proof["w_o_j"]), ss(&proof["w_m"]));
        same1(commitment(&bases, &w_o, &w_m), &proof["A"]);
        for j in 0..k {
            same1(blinded_attribute(&bases, &of_h, &w_oj[j], &w_m[j]), &proof["B"][j]);
        }
        let challenge = s(&proof["challenge"]);
        let ours = |blinded: &[Vec<u8>], a: Vec<u8>, b: Vec<Vec<u8>>| {
            let mut items = vec![G1Affine::generator().to_compressed().to_vec()];
            let generators = each(&file["parameters"]["generators"]).take(attributes.len());
            items.extend(generators.map(|g| bytes(&g["point"])));
            items.extend([bytes(&case["h"]), bytes(&case["cm"])]);
            items.extend([attributes.len(), k].map(|n| (n as u32).to_le_bytes().to_vec()));
            items.extend(each(&case["attributes"]).skip(k).map(bytes));
            items.extend_from_slice(blinded);
            items.push(a);
            items.extend(b);
            vector_challenge("vectors/pi_s", &items) == challenge
        };
        let sent: Vec<Vec<u8>> = each(&case["c"]).map(bytes).collect();
        let right = ours(&sent, bytes(&proof["A"]), each(&proof["B"]).map(bytes).collect());
        assert_eq!(proof["verifies"], right);
        let mut wrong_sent = sent.clone();
        wrong_sent[0] = bytes(&proof["wrong_c_1"]["c_1"]);
        let mut wrong_b: Vec<Vec<u8>> = each(&proof["B"]).map(bytes).collect();
        wrong_b[0] = bytes(&proof["wrong_c_1"]["B_1_recomputed"]);
        assert_eq!(proof["wrong_c_1"]["verifies"], ours(&wrong_sent, bytes(&proof["A"]), wrong_b));
        assert_eq!(response(&w_o, &challenge, &s(&case["o"])), s(&proof["z_o"]));
        for j in 0..k {
            assert_eq!(response(&w_oj[j], &challenge, &openings[j]), s(&proof["z_o_j"][j]));
            assert_eq!(response(&w_m[j], &challenge, &hidden[j]), s(&proof["z_m"][j]));
        }
        let blinded = p1s(&case["c"]);
        let check = |blinded: &[G1Affine]| {
            let (z_o, z_oj, z_m) = (s(&proof["z_o"]), ss(&proof["z_o_j"]), ss(&proof["z_m"]));
            // The vectors prove each blinded attribute by itself: ours is that with all weights but one zero.
            let public = public_commitment(&bases, k, public);
            let cm = p1(&case["cm"]);
            let one = |j: usize| {
                let mut weights = vec![Scalar::from(0); k];
                weights[j] = Scalar::from(1);
                let z = fold(&weights, &z_oj);
                request_commitments(&bases, &h, &cm, &public, blinded, &weights, &challenge, &z_o, &z, &z_m)
            };
            (one(0).0, (0..k).map(|j| one(j).1).collect::<Vec<_>>())
        };
        let (a, b) = check(&blinded);
        same1(a, &proof["A"]);
        b.into_iter().enumerate().for_each(|(j, b)| same1(b, &proof["B"][j]));
        // With other weights, it is the weighted sum of what the vectors say.
        let weights = powers(&Scalar::from(7), k);
        let (z, known) = (fold(&weights, &ss(&proof["z_o_j"])), public_commitment(&bases, k, public));
        let (z_o, z_m, cm) = (s(&proof["z_o"]), ss(&proof["z_m"]), p1(&case["cm"]));
        let (_, b) = request_commitments(&bases, &h, &cm, &known, &blinded, &weights, &challenge, &z_o, &z, &z_m);
        assert_eq!(b, msm_g1(&p1s(&proof["B"]), &weights));
        let mut wrong = blinded.clone();
        wrong[0] = p1(&proof["wrong_c_1"]["c_1"]);
        same1(check(&wrong).1[0], &proof["wrong_c_1"]["B_1_recomputed"]);

        for signer in each(&case["signers"]) {
            let secret = named(&key["signers"], "index", &signer["index"]);
            let blind = sign(&h, &blinded, public, &s(&secret["x"]), &ss(&secret["y"]));
            same1(blind, &signer["blinded"]);
            let beta: Vec<FixedG1> = p1s(&secret["beta_g1"])[..k].iter().map(|b| FixedG1::new(&b.to_curve())).collect();
            let unblinded = unblind(&blind, &openings, &beta);
            same1(unblinded, &signer["unblinded"]);
            assert_eq!(signer["verifies_under_signer_key"], valid_share(secret, &h, &attributes, &unblinded));
        }
        let beta: Vec<FixedG1> =
            p1s(&key["verification_key"]["beta_g1"])[..k].iter().map(|b| FixedG1::new(&b.to_curve())).collect();
        for aggregate in each(&case["aggregates"]) {
            let members = indices(&aggregate["indices"]);
            let of = |i: &u16| p1(&numbered(&case["signers"], *i)["blinded"]);
            let blind = msm_g1(&members.iter().map(of).collect::<Vec<_>>(), &lagrange(&members).unwrap());
            same1(blind, &aggregate["blinded"]);
            same1(unblind(&blind, &openings, &beta), &aggregate["s"]);
            assert_eq!(aggregate["s"], case["s"]);
        }
        let tables = Tables::new(key);
        assert!(credential_equation(&h, &tables.of(&attributes), &p1(&case["s"]), &minus_g2()));
        assert_eq!(case["verifies"], true);
        for wrong in each(&case["wrong_attributes"]) {
            let holds = credential_equation(&h, &tables.of(&ss(&wrong["attributes"])), &p1(&case["s"]), &minus_g2());
            assert_eq!(wrong["verifies"], holds, "{}", wrong["note"]);
            assert!(!holds);
        }
        for wrong in each(&case["wrong_aggregates"]) {
            let members = indices(&wrong["indices"]);
            let shares = p1s(&wrong["shares"]);
            let s = msm_g1(&shares, &lagrange(&members).unwrap());
            same1(s, &wrong["s"]);
            let holds = credential_equation(&h, &tables.of(&attributes), &s.to_affine(), &minus_g2());
            assert_eq!(wrong["verifies"], holds, "{}", wrong["note"]);
            assert!(!holds);
            let mut culprits: Vec<u16> = members
                .iter()
                .zip(&shares)
                .filter(|(i, share)| !valid_share(numbered(&key["signers"], **i), &h, &attributes, &share.to_curve()))
                .map(|(i, _)| *i)
                .collect();
            culprits.sort_unstable();
            match wrong.get("culprits") {
                Some(expected) => assert_eq!(culprits, indices(expected), "{}", wrong["note"]),
                // Too few, and each of them right.
                None => assert!(culprits.is_empty() && members.len() < key["t"].as_u64().unwrap() as usize),
            }
            if let Some(other) = wrong.get("h_of_last_share") {
                // Right, but of another h.
                let (last, share) = (members[members.len() - 1], shares[shares.len() - 1].to_curve());
                assert!(valid_share(numbered(&key["signers"], last), &p1(other), &attributes, &share));
            }
        }
    }
}

/// Whether an unblinded share is its signer's: e(h, α + Σ mⱼ·β2ⱼ) = e(share, g2) under the signer's key.
fn valid_share(signer: &Value, h: &G1Affine, attributes: &[Scalar], share: &G1) -> bool {
    let key = p2s(&signer["beta_g2"])
        .iter()
        .zip(attributes)
        .fold(p2(&signer["alpha"]).to_curve(), |sum, (b, m)| sum + *b * m);
    credential_equation(h, &key, &share.to_affine(), &minus_g2())
}

#[test]
fn selective_shows() {
    let file = file();
    for case in each(&file["show_full"]) {
        let tables = Tables::new(named(&file["keygen"], "name", &case["key"]));
        let bases = tables.show();
        let k = case["k"].as_u64().unwrap() as usize;
        let all = ss(&case["attributes"]);
        let hidden = all[..k].to_vec();
        let public = ss(&case["public_attributes"]);
        let issued = named(&file["issuance"], "name", &case["issuance"]);
        assert!(["key", "q", "k", "h", "s", "attributes"].iter().all(|name| issued[*name] == case[*name]));
        assert_eq!((all.len() as u64, &all[k..]), (case["q"].as_u64().unwrap(), public.as_slice()));
        let (h, sig) = randomise_folded(&p1(&case["h"]), &p1(&case["s"]), &s(&case["r_prime"]), &s(&case["r"]));
        assert_eq!((h, sig), (p1(&case["h_prime"]), p1(&case["s_prime"])));
        same2(kappa(&bases, &s(&case["r"]), &hidden), &case["kappa"]);
        same2(zeta(&bases, &hidden[0]), &case["zeta"]);
        same2(public_part(&bases, k, &public), &case["public_part"]);
        let holds = |h: &G1Affine, kappa: &G2Affine, public: &[Scalar], sig: &G1Affine| {
            credential_equation(h, &(public_part(&bases, k, public) + kappa), sig, &minus_g2())
        };
        assert_eq!(case["equation_holds"], holds(&h, &p2(&case["kappa"]), &public, &sig));
        assert_eq!(case["equation_holds"], true);

        let proof = &case["proof"];
        let key = &named(&file["keygen"], "name", &case["key"])["verification_key"];
        let mut items = vec![G2Affine::generator().to_compressed().to_vec(), bytes(&key["alpha"])];
        items.extend(each(&key["beta_g2"]).map(bytes));
        items.extend(["h_prime", "s_prime", "kappa", "zeta"].map(|name| bytes(&case[name])));
        items.extend([all.len(), k].map(|n| (n as u32).to_le_bytes().to_vec()));
        items.extend(each(&case["public_attributes"]).map(bytes));
        items.extend(["context", "A_kappa", "A_zeta"].map(|name| bytes(&proof[name])));
        assert_eq!(proof["verifies"], vector_challenge("vectors/pi_v", &items) == s(&proof["challenge"]));
        let w = ss(&proof["w_m"]);
        same2(kappa(&bases, &s(&proof["w_r"]), &w), &proof["A_kappa"]);
        same2(zeta(&bases, &w[0]), &proof["A_zeta"]);
        let challenge = s(&proof["challenge"]);
        assert_eq!(response(&s(&proof["w_r"]), &challenge, &s(&case["r"])), s(&proof["z_r"]));
        for (j, m) in hidden.iter().enumerate() {
            assert_eq!(response(&w[j], &challenge, m), s(&proof["z_m"][j]));
        }
        let (a_kappa, a_zeta) = show_commitments(
            &bases,
            &p2(&case["kappa"]),
            &p2(&case["zeta"]),
            &challenge,
            &s(&proof["z_r"]),
            &ss(&proof["z_m"]),
        );
        same2(a_kappa, &proof["A_kappa"]);
        same2(a_zeta, &proof["A_zeta"]);

        let stranger = &case["rerandomised_by_a_stranger"];
        let (h2, s2) = randomise(&h, &sig, &s(&stranger["u"]));
        assert_eq!((h2, s2), (p1(&stranger["h_prime"]), p1(&stranger["s_prime"])));
        assert_eq!(stranger["equation_holds"], holds(&h2, &p2(&case["kappa"]), &public, &s2));
        // h' and s' are in the challenge, so the proof is of no use with them.
        let mut moved = items.clone();
        let at = 2 + all.len();
        (moved[at], moved[at + 1]) = (bytes(&stranger["h_prime"]), bytes(&stranger["s_prime"]));
        assert_eq!(stranger["accept"], vector_challenge("vectors/pi_v", &moved) == challenge);
        let cancelled = &case["public_attribute_cancelled"];
        if !cancelled.is_null() {
            let others = ss(&cancelled["public_attributes"]);
            assert_eq!(cancelled["equation_holds"], holds(&h, &p2(&cancelled["kappa"]), &others, &sig));
            // κ and the public attributes are in the challenge too.
            let mut moved = items.clone();
            let at = 2 + all.len() + 2;
            moved[at] = bytes(&cancelled["kappa"]);
            for (j, m) in each(&cancelled["public_attributes"]).enumerate() {
                moved[at + 4 + j] = bytes(m);
            }
            assert_eq!(cancelled["accept"], vector_challenge("vectors/pi_v", &moved) == s(&proof["challenge"]));
        }
        for wrong in each(&case["wrong"]) {
            let point = |name: &str, or: G1Affine| if wrong[name].is_null() { or } else { p1(&wrong[name]) };
            let kappa = if wrong["kappa"].is_null() { p2(&case["kappa"]) } else { p2(&wrong["kappa"]) };
            let public =
                if wrong["public_attributes"].is_null() { public.clone() } else { ss(&wrong["public_attributes"]) };
            let got = holds(&point("h_prime", h), &kappa, &public, &point("s_prime", sig));
            assert_eq!(wrong["equation_holds"], got, "{}", wrong["note"]);
        }
    }
}

#[test]
fn open_serial_shows() {
    let file = file();
    for case in each(&file["show_open_serial"]) {
        let tables = Tables::new(named(&file["keygen"], "name", &case["key"]));
        let key = nym_coconut::OneTimeKey::from_seed(&bytes(&case["ed25519_seed"]).try_into().unwrap());
        assert_eq!(key.public_key().to_vec(), bytes(&case["ed25519_public_key"]));
        let m = s(&case["m"]);
        assert_eq!(key.serial().expose(), m);
        let (h, sig) = randomise(&p1(&case["h"]), &p1(&case["s"]), &s(&case["r_prime"]));
        assert_eq!((h, sig), (p1(&case["h_prime"]), p1(&case["s_prime"])));
        same1(h * m, &case["P"]);
        let info = public_part(&tables.show(), 1, &ss(&case["public_attributes"])) + tables.alpha.base();
        same2(info, &case["A_info"]);
        let (info, beta) = (G2Prepared::from(info.to_affine()), G2Prepared::from(p2(&case["beta"])));
        assert!(open_equation(&h, &(h * m), &sig, &info, &beta, &minus_g2()));
        let issued = named(&file["issuance"], "name", &case["issuance"]);
        assert!(["key", "q", "h", "s"].iter().all(|name| issued[*name] == case[*name]));
        assert_eq!((case["serial_index"].as_u64(), case["equation_holds"].as_bool()), (Some(1), Some(true)));
        assert_eq!(case["beta"], named(&file["keygen"], "name", &case["key"])["verification_key"]["beta_g2"][0]);
        let hash = Sha256::digest(key.public_key());
        assert_eq!((hash.to_vec(), reduce(&hash[..16])), (bytes(&case["sha256_of_public_key"]), m));

        // The vectors' message has their label and order of bytes; the signature is over it and over no other payee's.
        let mut message = Vec::new();
        each(&case["message_fields"]).for_each(|field| lp(&mut message, &bytes(&field["value"])));
        let names: Vec<_> = each(&case["message_fields"]).map(|field| field["name"].as_str().unwrap()).collect();
        assert_eq!(
            names,
            ["label", "chain_id", "contract", "payee", "type", "key_epoch", "value", "h_prime", "s_prime"]
        );
        assert_eq!(message, bytes(&case["message"]));
        let verifying = VerifyingKey::from_bytes(&key.public_key()).unwrap();
        let signature = Signature::from_slice(&bytes(&case["ed25519_signature"])).unwrap();
        let verifies = |message: &[u8]| verifying.verify_strict(message, &signature).is_ok();
        assert_eq!(case["signature_verifies"], verifies(&message));
        let other = &case["signature_over_other_payee"];
        assert_ne!(message, bytes(&other["message"]));
        assert_eq!(other["verifies"], verifies(&bytes(&other["message"])));
        for wrong in each(&case["refuse"]) {
            let read = |name: &str| decode_g1(&bytes(&wrong[name]), "a point");
            let (Ok(h), Ok(p), Ok(sig)) = (read("h_prime"), read("P"), read("s_prime")) else {
                // Refused where bytes become points. What the equation says there, `contract` shows by an oracle that does not look.
                assert!(wrong["equation_holds"].as_bool().unwrap() && wrong["P_equals_m_h_prime"].as_bool().unwrap());
                continue;
            };
            let m = s(&wrong["m"]);
            let product = h * m == p.to_curve();
            assert_eq!(wrong["P_equals_m_h_prime"], product, "{}", wrong["note"]);
            let holds = open_equation(&h, &p.to_curve(), &sig, &info, &beta, &minus_g2());
            assert_eq!(wrong["equation_holds"], holds, "{}", wrong["note"]);
            assert_eq!(wrong["accept"], product && holds, "{}", wrong["note"]);
        }
    }
}

#[test]
fn batches() {
    let file = file();
    let batch = &file["batch"];
    let beta = G2Prepared::from(p2(&batch["beta"]));
    let sums = |items: &[Value], weights: &[[u8; 16]]| -> Option<[G1; 3]> {
        let read = |name: &str| {
            items.iter().map(|i| decode_g1(&bytes(&i[name]), "a point").ok()).collect::<Option<Vec<G1Affine>>>()
        };
        let (h, sig) = (read("h_prime")?, read("s_prime")?);
        let weighted: Vec<Scalar> = items.iter().zip(weights).map(|(i, w)| reduce(w) * s(&i["m"])).collect();
        Some([msm_g1_128(&h, weights), msm_g1(&h, &weighted), msm_g1_128(&sig, weights)])
    };
    let weights = |v: &Value| -> Vec<[u8; 16]> {
        each(v)
            .map(|w| {
                let w = bytes(w);
                assert!(w[16..].iter().all(|b| *b == 0));
                w[..16].try_into().unwrap()
            })
            .collect()
    };
    let holds = |sums: &[G1; 3], info: &G2Affine| {
        let a = affine_g1(sums);
        let info = G2Prepared::from(*info);
        pairing_product_is_one(&[(&a[0], &info), (&a[1], &beta), (&a[2], &minus_g2())])
    };
    let one = &batch["one_info"];
    let (items, given) = (one["items"].as_array().unwrap(), weights(&one["weights"]));
    let info = p2(&one["A_info"]);
    let good = sums(items, &given).unwrap();
    for (sum, name) in good.iter().zip(["sum_w_h", "sum_w_m_h", "sum_w_s"]) {
        same1(*sum, &one[name]);
    }
    assert!(holds(&good, &info));
    let tables = Tables::new(named(&file["keygen"], "name", &batch["key"]));
    assert_eq!((batch["q"].as_u64(), batch["serial_index"].as_u64()), (Some(tables.beta.len() as u64), Some(1)));
    same2(tables.beta[0].base().to_curve(), &batch["beta"]);
    let info_of =
        |entry: &Value| public_part(&tables.show(), 1, &ss(&entry["public_attributes"])) + tables.alpha.base();
    same2(info_of(one), &one["A_info"]);
    let changed = |entry: &Value| {
        let mut items = items.clone();
        for (i, item) in entry["changed"].as_object().unwrap() {
            items[i.parse::<usize>().unwrap()] = item.clone();
        }
        items
    };
    for spoilt in each(&one["spoilt"]) {
        let got = sums(&changed(spoilt), &given).unwrap();
        for (sum, name) in got.iter().zip(["sum_w_h", "sum_w_m_h", "sum_w_s"]) {
            same1(*sum, &spoilt[name]);
        }
        assert_eq!(holds(&got, &info), spoilt["equation_holds_given_weights"].as_bool().unwrap(), "{}", spoilt["note"]);
        if let Some(expected) = spoilt["equation_holds_equal_weights"].as_bool() {
            let mut equal = [[0; 16]; 8];
            equal.iter_mut().for_each(|w| w[0] = 1);
            assert_eq!(holds(&sums(&changed(spoilt), &equal).unwrap(), &info), expected, "{}", spoilt["note"]);
        }
    }
    for case in each(&one["every_equation_holds_yet_refuse"]) {
        let items = changed(case);
        let serials: std::collections::HashSet<_> = items.iter().map(|i| i["m"].as_str().unwrap()).collect();
        // Decoding refuses identities and points outside the subgroup; equal serials are left, which the batch names.
        assert!(sums(&items, &given).is_none() || serials.len() < items.len(), "{}", case["note"]);
    }
    let two = &batch["two_infos"];
    let (items, given) = (two["items"].as_array().unwrap(), weights(&two["weights"]));
    let all = sums(items, &given).unwrap();
    same1(all[1], &two["sum_w_m_h"]);
    same1(all[2], &two["sum_w_s"]);
    let mut parts = vec![all[1], all[2]];
    let mut lines = vec![beta.clone(), minus_g2()];
    for (i, info) in each(&two["infos"]).enumerate() {
        let places: Vec<usize> = each(&info["items"]).map(|i| i.as_u64().unwrap() as usize).collect();
        let h: Vec<G1Affine> = places.iter().map(|&i| p1(&items[i]["h_prime"])).collect();
        let w: Vec<[u8; 16]> = places.iter().map(|&i| given[i]).collect();
        let sum = msm_g1_128(&h, &w);
        same1(sum, &two["sum_w_h"][i]);
        parts.push(sum);
        same2(info_of(info), &info["A_info"]);
        lines.push(G2Prepared::from(p2(&info["A_info"])));
    }
    let parts = affine_g1(&parts);
    assert!(pairing_product_is_one(&parts.iter().zip(&lines).collect::<Vec<_>>()));
    assert!(!holds(&all, &p2(&two["infos"][0]["A_info"])));
}

#[test]
fn known_forgeries_satisfy_the_equation_as_the_vectors_say() {
    let file = file();
    let forgeries = &file["forgeries"];
    let tables = Tables::new(named(&file["keygen"], "name", &forgeries["key"]));
    let case = &forgeries["one_h_two_messages"];
    let h = p1(&case["h"]);
    let weights = ss(&case["weights"]);
    let signed = case["signed"].as_array().unwrap();
    let forged: Vec<G1Affine> = signed.iter().map(|c| p1(&c["s"])).collect();
    same1(msm_g1(&forged, &weights), &case["forged"]["s"]);
    // Both are signed, and every affine combination of them is.
    let sum =
        |j: usize| signed.iter().zip(&weights).fold(Scalar::from(0), |sum, (c, w)| sum + ss(&c["attributes"])[j] * w);
    let attributes = ss(&case["forged"]["attributes"]);
    assert_eq!((0..4).map(sum).collect::<Vec<_>>(), attributes);
    assert_eq!(weights.iter().fold(Scalar::from(0), |sum, w| sum + w), Scalar::from(1));
    for c in signed {
        assert!(credential_equation(&h, &tables.of(&ss(&c["attributes"])), &p1(&c["s"]), &minus_g2()));
    }
    let holds = credential_equation(&h, &tables.of(&attributes), &p1(&case["forged"]["s"]), &minus_g2());
    assert_eq!(case["equation_holds"], holds);
    let key = named(&file["keygen"], "name", &forgeries["key"]);
    let (x, y) = (s(&key["master"]["x"]), ss(&key["master"]["y"]));
    for c in signed {
        let exponent = ss(&c["attributes"]).iter().zip(&y).fold(x, |sum, (m, y)| sum + *m * y);
        same1(h * exponent, &c["s"]);
    }

    // Whoever has x·g1 signs anything under h = g1, with what everybody has.
    let case = &forgeries["g1_to_the_x_published"];
    same1(G1::generator(), &case["h"]);
    same1(G1::generator() * x, &case["g1_x"]);
    let attributes = ss(&case["attributes"]);
    let of_attributes = msm_g1(&p1s(&key["verification_key"]["beta_g1"]), &attributes);
    same1(p1(&case["g1_x"]).to_curve() + of_attributes, &case["s"]);
    let holds = credential_equation(&p1(&case["h"]), &tables.of(&attributes), &p1(&case["s"]), &minus_g2());
    assert_eq!(case["equation_holds"], holds);
    // No message of ours holds a multiple of g1 by x: commitments to x are points of G2 by type, and 48 bytes are no point of G2.
    assert!(decode_g2(&bytes(&case["g1_x"]), "alpha").is_err());
}

#[test]
fn n_02_every_encoding_to_refuse_is_refused_and_every_one_to_accept_is_read() {
    let file = file();
    use nym_coconut::DecodeError::{Identity, Length, Point, Scalar as NotBelow, Subgroup};
    let right = |error, entry: &Value| match (entry["kind"].as_str().unwrap(), error) {
        ("identity", Identity { .. }) | ("length", Length { .. }) | ("value", NotBelow { .. }) => true,
        ("field" | "curve" | "flags" | "curve or subgroup", Point { .. }) => true,
        // One backend calls the points with x = 0 malformed.
        ("subgroup" | "curve or subgroup", Subgroup { .. }) | ("subgroup", Point { .. }) => true,
        _ => false,
    };
    for entry in each(&file["points"]["g1"]["refuse"]) {
        let error = decode_g1(&bytes(&entry["bytes"]), "a point").unwrap_err();
        assert!(right(error, entry), "{}: {error}", entry["reason"]);
    }
    for entry in each(&file["points"]["g2"]["refuse"]) {
        let error = decode_g2(&bytes(&entry["bytes"]), "a point").unwrap_err();
        assert!(right(error, entry), "{}: {error}", entry["reason"]);
    }
    for entry in each(&file["points"]["scalar"]["refuse"]) {
        let error = decode_scalar(&bytes(&entry["bytes"]), "a scalar").unwrap_err();
        assert!(right(error, entry), "{}: {error}", entry["reason"]);
    }
    for entry in each(&file["points"]["g1"]["accept"]) {
        assert_eq!(
            decode_g1(&bytes(&entry["bytes"]), "a point").unwrap().to_compressed().to_vec(),
            bytes(&entry["bytes"])
        );
    }
    for entry in each(&file["points"]["g2"]["accept"]) {
        assert_eq!(
            decode_g2(&bytes(&entry["bytes"]), "a point").unwrap().to_compressed().to_vec(),
            bytes(&entry["bytes"])
        );
    }
    for entry in each(&file["points"]["scalar"]["accept"]) {
        decode_scalar(&bytes(&entry["bytes"]), "a scalar").unwrap();
    }
    let _ = affine_g2(&[]);
}

/// Calls every check of this file; a value that none of them reads is there for nothing.
#[test]
fn every_value_of_the_file_is_read() {
    parameters_and_hash_to_the_curve();
    keys_and_interpolation();
    issuance_from_commitment_to_aggregate();
    selective_shows();
    open_serial_shows();
    batches();
    known_forgeries_satisfy_the_equation_as_the_vectors_say();
    n_02_every_encoding_to_refuse_is_refused_and_every_one_to_accept_is_read();
    crate::contract::every_case_of_the_vectors_is_refused_and_the_equations_are_as_they_say();
    crate::contract::batches_of_the_vectors_are_taken_or_refused_as_they_say();
    crate::contract::points_of_the_vectors_have_the_orders_that_they_say();
    let unread = file().unread(&["about", "note", "reason"]);
    assert!(unread.is_empty(), "read by no check: {unread:#?}");
}
