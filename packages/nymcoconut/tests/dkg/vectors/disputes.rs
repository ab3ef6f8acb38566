//! Complaints, batched checks, copied and small-order nonces.

use std::collections::BTreeMap;

use nym_coconut::algebra;
use nym_coconut::backend::{
    decode_g1_or_identity, msm_g1, msm_g2, pairing_product_is_one, Curve, Field, G1Affine, G2Affine, G2Prepared, Group,
    PrimeCurveAffine, Scalar, G1, G2,
};
use nym_coconut::dkg::algebra::evaluate_commitments;
use nym_coconut::dkg::sigma::recommit;
use nym_coconut::DecodeError;

use super::{
    by, bytes, case, file, g1, g2, in_g2, list, number, numbers, polynomial, scalar, vector_challenge, vector_mask,
};
use crate::tracked::Node as Value;

#[test]
pub fn complaints_and_their_decisions() {
    let file = file();
    let names: std::collections::BTreeSet<_> =
        list(&file["complaints"]).iter().map(|complaint| complaint["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 5);
    for complaint in list(&file["complaints"]) {
        let case = case(&file, complaint["case"].as_str().unwrap());
        let name = complaint["polynomial"].as_str().unwrap();
        let (dealer, receiver) = (number(&complaint["dealer"]), number(&complaint["receiver"]));
        let (nonce, key, shared) = (g1(&complaint["R"]), g1(&complaint["pk"]), g1(&complaint["K"]));
        let proof = &complaint["dleq"];
        let (challenge, response) = (scalar(&proof["challenge"]), scalar(&proof["z"]));
        let mut items: Vec<Vec<u8>> = list(&complaint["context"]).iter().map(bytes).collect();
        items.push(G1::generator().to_affine().to_compressed().to_vec());
        items.extend(["R", "pk", "K"].map(|part| bytes(&complaint[part])));
        items.extend(["T1", "T2"].map(|part| bytes(&proof[part])));
        // A false K and another key come with the challenge of the true ones.
        assert_eq!(
            vector_challenge("vectors/dkg/dleq", &items) == challenge,
            complaint["dleq_verifies"] == true,
            "{}",
            complaint["name"]
        );
        let holds = recommit(&G1::generator(), &key, &challenge, &response) == g1(&proof["T1"])
            && recommit(&nonce, &shared, &challenge, &response) == g1(&proof["T2"]);
        assert_eq!(holds, complaint["dleq_verifies"].as_bool().unwrap(), "{}", complaint["name"]);
        let registered = by(&case["receivers"], "index", receiver);
        if !holds {
            assert!(complaint["decision"].as_str().unwrap().contains("proof does not verify"));
            continue;
        }
        assert_eq!(algebra::response(&scalar(&proof["w"]), &challenge, &scalar(&registered["sk"])), response);
        let mask = vector_mask(case, dealer, receiver, complaint["number"].as_u64().unwrap(), &bytes(&complaint["K"]));
        assert_eq!(mask, scalar(&complaint["mask"]));
        let share = scalar(&complaint["masked"]) - mask;
        assert_eq!(share, scalar(&complaint["share"]));
        let item = polynomial(by(&case["dealings"], "dealer", dealer), name);
        let fits = if in_g2(name) {
            let right: Vec<G2> = list(&item["commitments_g2"]).iter().map(g2).collect();
            assert_eq!(G2::generator() * share, g2(&complaint["share_point"]));
            assert_eq!(evaluate_commitments(&right, receiver), g2(&complaint["feldman_point"]));
            evaluate_commitments(&right, receiver) == G2::generator() * share
        } else {
            let right: Vec<G1> = list(&item["commitments_g1"]).iter().map(g1).collect();
            assert_eq!(G1::generator() * share, g1(&complaint["share_point"]));
            assert_eq!(evaluate_commitments(&right, receiver), g1(&complaint["feldman_point"]));
            evaluate_commitments(&right, receiver) == G1::generator() * share
        };
        assert_eq!(fits, complaint["share_matches_commitments"].as_bool().unwrap());
        assert_eq!(complaint["decision"].as_str().unwrap().contains("upheld"), !fits);
    }
}

#[test]
pub fn batched_checks_of_shares() {
    let file = file();
    let check = &file["batched_checks"]["feldman"];
    let case = case(&file, check["case"].as_str().unwrap());
    let receiver = number(&check["receiver"]);
    let weights: BTreeMap<(u16, &str), Scalar> = list(&check["weights"])
        .iter()
        .map(|item| ((number(&item["dealer"]), item["polynomial"].as_str().unwrap()), scalar(&item["weight"])))
        .collect();
    for check in list(&check["checks"]) {
        for (group, two) in [("g1", false), ("g2", true)] {
            let (mut points_g1, mut points_g2, mut factors, mut sum) =
                (Vec::new(), Vec::new(), Vec::new(), Scalar::ZERO);
            for dealer in numbers(&check["dealers"]) {
                let dealing = by(&case["dealings"], "dealer", dealer);
                let row = by(&dealing["receivers"], "receiver", receiver);
                for item in
                    list(&dealing["polynomials"]).iter().filter(|item| in_g2(item["name"].as_str().unwrap()) == two)
                {
                    let name = item["name"].as_str().unwrap();
                    let weight = weights[&(dealer, name)];
                    let sent = row.get("sent_wrong").and_then(|wrong| wrong.get(name)).unwrap_or(&row["shares"][name]);
                    sum += weight * scalar(sent);
                    let mut power = weight;
                    for k in 0..list(&item["coefficients"]).len() {
                        factors.push(power);
                        power *= Scalar::from(u64::from(receiver));
                        if two {
                            points_g2.push(g2(&item["commitments_g2"][k]).to_affine());
                        } else {
                            points_g1.push(g1(&item["commitments_g1"][k]).to_affine());
                        }
                    }
                }
            }
            assert_eq!(sum, scalar(&check[group]["sum_w_s"]));
            let equal = if two {
                assert_eq!(G2::generator() * sum, g2(&check[group]["left"]));
                assert_eq!(msm_g2(&points_g2, &factors), g2(&check[group]["right"]));
                G2::generator() * sum == msm_g2(&points_g2, &factors)
            } else {
                assert_eq!(G1::generator() * sum, g1(&check[group]["left"]));
                assert_eq!(msm_g1(&points_g1, &factors), g1(&check[group]["right"]));
                G1::generator() * sum == msm_g1(&points_g1, &factors)
            };
            assert_eq!(equal, check[group]["equal"].as_bool().unwrap());
        }
    }
}

fn beta_equation(g1_sum: &G1, g2_sum: &G2) -> bool {
    let (left, right) = (g1_sum.to_affine(), g2_sum.to_affine());
    pairing_product_is_one(&[
        (&left, &G2Prepared::from(G2Affine::generator())),
        (&-G1Affine::generator(), &G2Prepared::from(right)),
    ])
}

#[test]
pub fn batched_checks_of_keys_in_both_groups() {
    let file = file();
    let check = &file["batched_checks"]["beta"];
    let members = &case(&file, check["case"].as_str().unwrap())["result"]["members"];
    let key = |item: &Value| (number(&item["member"]), usize::from(number(&item["j"])));
    let weights: Vec<((u16, usize), Scalar)> =
        list(&check["weights"]).iter().map(|item| (key(item), scalar(&item["weight"]))).collect();
    let sum_g1 = weights.iter().fold(G1::identity(), |sum, ((member, j), weight)| {
        sum + g1(&by(members, "index", *member)["beta_g1"][j - 1]) * weight
    });
    assert_eq!(sum_g1, g1(&check["sum_w_beta_g1"]));
    let none = Value::parse("[]");
    let sums = |changed: &Value, equal: bool| {
        let changed: BTreeMap<_, _> = list(changed).iter().map(|item| (key(item), g2(&item["beta_g2"]))).collect();
        weights.iter().fold((G1::identity(), G2::identity()), |(one, two), (at, weight)| {
            let weight = if equal { Scalar::ONE } else { *weight };
            let member = by(members, "index", at.0);
            let beta = changed.get(at).copied().unwrap_or_else(|| g2(&member["beta_g2"][at.1 - 1]));
            (one + g1(&member["beta_g1"][at.1 - 1]) * weight, two + beta * weight)
        })
    };
    let (one, two) = sums(&none, false);
    assert_eq!(two, g2(&check["sum_w_beta_g2"]));
    assert_eq!(beta_equation(&one, &two), check["equation_holds"].as_bool().unwrap());
    for spoilt in list(&check["spoilt"]) {
        let (one, two) = sums(&spoilt["changed"], true);
        assert_eq!(beta_equation(&one, &two), spoilt["equation_holds_equal_weights"].as_bool().unwrap());
        let (one, two) = sums(&spoilt["changed"], false);
        assert_eq!(beta_equation(&one, &two), spoilt["equation_holds_given_weights"].as_bool().unwrap());
    }
}

#[test]
pub fn copied_and_small_order_nonces() {
    let file = file();
    let copied = &file["copied_R"];
    let case = case(&file, copied["case"].as_str().unwrap());
    let (victim, receiver) = (number(&copied["victim"]), number(&copied["receiver"]));
    let dealing = by(&case["dealings"], "dealer", victim);
    assert_eq!(copied["R"], dealing["R"]);
    // The copier has no logarithm of this R: a proof for another does not hold, and the dealing is refused.
    assert_ne!(number(&copied["copier"]), victim);
    let proofs =
        list(&case["dealings"]).iter().filter_map(|dealing| Some((dealing, dealing.get("proofs_of_knowledge")?)));
    let holds = proofs
        .filter(|(dealing, _)| dealing["dealer"] != by(&case["dealings"], "dealer", victim)["dealer"])
        .flat_map(|(_, proofs)| list(proofs))
        .filter(|proof| proof["name"] == "rho")
        .any(|proof| {
            let (challenge, response) = (scalar(&proof["challenge"]), scalar(&proof["z"]));
            recommit(&G1::generator(), &g1(&copied["R"]), &challenge, &response) == g1(&proof["T"])
        });
    assert_eq!(copied["accept_dealing_of_copier"], holds);
    let secret = scalar(&by(&case["receivers"], "index", receiver)["sk"]);
    assert_eq!(g1(&copied["R"]) * secret, g1(&copied["K"]));
    for item in list(&dealing["polynomials"]) {
        let name = item["name"].as_str().unwrap();
        let mask = vector_mask(case, victim, receiver, item["number"].as_u64().unwrap(), &bytes(&copied["K"]));
        let masked = scalar(&by(&dealing["receivers"], "receiver", receiver)["masked"][name]);
        assert_eq!(masked - mask, scalar(&copied["victims_shares_unmasked"][name]));
    }

    let small = &file["small_order_R"];
    let refused = decode_g1_or_identity(&bytes(&small["R"]), "R").unwrap_err();
    assert_eq!(refused, DecodeError::Subgroup { what: "R" }, "refused before anybody publishes a multiple of it");
    assert_eq!(small["accept_dealing"], decode_g1_or_identity(&bytes(&small["R"]), "R").is_ok());
    let order = small["order"].as_u64().unwrap();
    let rest = bytes(&small["sk"]).iter().rev().fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % order);
    assert_eq!(small["sk_mod_order"].as_u64(), Some(rest));
    let nonce =
        Option::<G1Affine>::from(G1Affine::from_compressed_unchecked(&bytes(&small["R"]).try_into().unwrap())).unwrap();
    // The multiple by repeated addition: the backends' ladders assume the subgroup.
    let times = |count: u64| (0..count).fold(G1::identity(), |sum, _| sum + nonce);
    assert!(bool::from(times(small["order"].as_u64().unwrap()).is_identity()));
    assert_eq!(
        times(small["sk_mod_order"].as_u64().unwrap()).to_affine().to_compressed().to_vec(),
        bytes(&small["K"]),
        "K tells the secret modulo the order"
    );
}
