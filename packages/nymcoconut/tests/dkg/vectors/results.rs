//! What ceremonies and handovers make.

use nym_coconut::backend::{msm_g1, msm_g2, Curve, Field, Scalar, G1, G2};
use nym_coconut::dkg::algebra::{evaluate_commitments, lagrange};

use super::{by, case, file, g1, g2, in_g2, list, number, numbers, polynomial, scalar, scalars};
use crate::tracked::Node as Value;

/// Shares, keys and the group's key of a case or a handover, whose sums have these weights.
fn check_result(case: &Value, qualified: &[u16], weights: &[Scalar]) {
    let result = &case["result"];
    assert_eq!(list(&result["members"]).len(), usize::from(number(&case["n"])));
    let names: Vec<&str> = list(&case["polynomials"]).iter().map(|name| name.as_str().unwrap()).collect();
    for &name in &names {
        let dealt: Vec<&Value> =
            qualified.iter().map(|&dealer| polynomial(by(&case["dealings"], "dealer", dealer), name)).collect();
        let secret = dealt
            .iter()
            .zip(weights)
            .map(|(item, weight)| scalar(&item["coefficients"][0]) * weight)
            .fold(Scalar::ZERO, |sum, term| sum + term);
        assert_eq!(secret, scalar(&result["group_secret"][name]));
        let size = list(&dealt[0]["coefficients"]).len();
        assert_eq!(size, usize::from(number(&case["t"])));
        let sum_g2: Vec<G2> = (0..size)
            .map(|k| {
                msm_g2(
                    &dealt.iter().map(|item| g2(&item["commitments_g2"][k]).to_affine()).collect::<Vec<_>>(),
                    weights,
                )
            })
            .collect();
        let sum_g1: Option<Vec<G1>> = (!in_g2(name)).then(|| {
            (0..size)
                .map(|k| {
                    msm_g1(
                        &dealt.iter().map(|item| g1(&item["commitments_g1"][k]).to_affine()).collect::<Vec<_>>(),
                        weights,
                    )
                })
                .collect()
        });
        let key = |holder: &Value, sum_g2: G2, sum_g1: Option<G1>| match name {
            "x" => assert_eq!(sum_g2, g2(&holder["alpha"])),
            "z" => assert_eq!(sum_g2, g2(&holder["beacon_key"])),
            _ => {
                let j: usize = name.trim_start_matches('y').parse().unwrap();
                assert_eq!(sum_g2, g2(&holder["beta_g2"][j - 1]));
                assert_eq!(sum_g1.unwrap(), g1(&holder["beta_g1"][j - 1]));
            }
        };
        key(&result["group_key"], sum_g2[0], sum_g1.as_ref().map(|sum| sum[0]));
        for member in list(&result["members"]) {
            let index = number(&member["index"]);
            let share = qualified.iter().zip(weights).fold(Scalar::ZERO, |sum, (&dealer, weight)| {
                let receivers = &by(&case["dealings"], "dealer", dealer)["receivers"];
                sum + scalar(&by(receivers, "receiver", index)["shares"][name]) * weight
            });
            assert_eq!(share, scalar(&member["shares"][name]));
            key(
                member,
                evaluate_commitments(&sum_g2, index),
                sum_g1.as_ref().map(|sum| evaluate_commitments(sum, index)),
            );
        }
        let indices = numbers(&result["reconstruct"]["indices"]);
        let coefficients = lagrange(&indices).unwrap();
        assert_eq!(coefficients, scalars(&result["reconstruct"]["coefficients"]));
        let shares = indices.iter().map(|&index| scalar(&by(&result["members"], "index", index)["shares"][name]));
        assert_eq!(
            shares.zip(coefficients).fold(Scalar::ZERO, |sum, (share, coefficient)| sum + share * coefficient),
            secret
        );
    }
}

#[test]
pub fn group_keys_member_shares_and_member_keys() {
    for case in list(&file()["cases"]) {
        let qualified = numbers(&case["qualified"]);
        let dealers = list(&case["dealings"]).iter().map(|dealing| number(&dealing["dealer"]));
        let excluded = numbers(&case["excluded"]);
        assert!(dealers.filter(|dealer| !excluded.contains(dealer)).eq(qualified.iter().copied()));
        assert!(excluded.iter().all(|dealer| !qualified.contains(dealer)));
        check_result(case, &qualified, &vec![Scalar::ONE; qualified.len()]);
    }
}

#[test]
pub fn handovers_keep_the_key_and_factors_belong_to_the_sum() {
    let file = file();
    for handover in list(&file["reshare"]) {
        let old = case(&file, handover["old_case"].as_str().unwrap());
        let qualified = numbers(&handover["qualified"]);
        let coefficients = lagrange(&qualified).unwrap();
        let scaled = handover["name"] == "scaled-constants";
        let mut dealers = [qualified.clone(), numbers(&handover["excluded"])].concat();
        dealers.sort_unstable();
        assert_eq!(dealers, numbers(&handover["old_dealers"]));
        assert_eq!(list(&handover["weights"]).len(), qualified.len());
        for ((weight, coefficient), dealer) in list(&handover["weights"]).iter().zip(&coefficients).zip(&qualified) {
            assert_eq!((scalar(&weight["lambda"]), number(&weight["dealer"])), (*coefficient, *dealer));
            assert_eq!(weight["applied_to"], if scaled { "constant" } else { "sum" });
        }
        // The rule in words, and below in values: the constant term and its commitment against the dealer's old share.
        assert_eq!(handover["constant_term"].as_str().unwrap().starts_with("lambda_d * s_d"), scaled);
        assert_eq!(handover["constant_commitment_check"].as_str().unwrap().starts_with("C_0 = lambda_d"), scaled);
        for (&dealer, coefficient) in qualified.iter().zip(&coefficients) {
            let dealing = by(&handover["dealings"], "dealer", dealer);
            let member = by(&old["result"]["members"], "index", dealer);
            for name in list(&handover["polynomials"]).iter().map(|name| name.as_str().unwrap()) {
                let factor = if scaled { *coefficient } else { Scalar::ONE };
                assert_eq!(
                    scalar(&polynomial(dealing, name)["coefficients"][0]),
                    scalar(&member["shares"][name]) * factor
                );
                if name == "x" {
                    let committed = g2(&polynomial(dealing, name)["commitments_g2"][0]);
                    assert_eq!(committed, g2(&member["alpha"]) * factor);
                }
            }
        }
        check_result(handover, &qualified, &if scaled { vec![Scalar::ONE; qualified.len()] } else { coefficients });
        for part in ["alpha", "beta_g1", "beta_g2", "beacon_key"] {
            let (new, before) = (&handover["result"]["group_key"][part], &old["result"]["group_key"][part]);
            assert_eq!(handover["group_key_unchanged"], new.is_null() || new == before, "the key stays: {part}");
        }
        if let Some(lost) = handover.get("if_one_dealer_is_lost") {
            let gone = number(&lost["lost"]);
            let rest = qualified.iter().filter(|&&dealer| dealer != gone);
            let sum = rest.fold(Scalar::ZERO, |sum, &dealer| {
                sum + scalar(&polynomial(by(&handover["dealings"], "dealer", dealer), "x")["coefficients"][0])
            });
            assert_eq!(sum, scalar(&lost["sum_of_remaining_constants_x"]));
            let whole = sum == scalar(&handover["result"]["group_secret"]["x"]);
            assert_eq!(lost["equals_group_secret"], whole);
            assert!(!whole, "why the factor is not dealt");
        }
    }
}
