//! Credentials and beacon signatures under the keys that were made.

use nym_coconut::backend::{
    hash_to_g1, msm_g1, pairing_product_is_one, Curve, G1Affine, G2Affine, G2Prepared, PrimeCurveAffine, G1, G2,
};
use nym_coconut::dkg::algebra::lagrange;
use sha2::{Digest, Sha256};

use super::{by, bytes, file, g1, g2, list, number, numbers, scalar, scalars};
use crate::tracked::Node as Value;

#[test]
pub fn a_credential_survives_a_handover() {
    let file = file();
    let credential = &file["credential_across_handover"];
    let attributes = scalars(&credential["attributes"]);
    let h = g1(&credential["h"]);
    for issued in list(&credential["issued"]) {
        let name = issued["committee"].as_str().unwrap();
        let all = list(&file["cases"]).iter().chain(list(&file["reshare"]));
        let committee = all.into_iter().find(|case| case["name"] == name || case["case"] == name).unwrap();
        let indices = numbers(&issued["indices"]);
        for (&index, expected) in indices.iter().zip(list(&issued["shares"])) {
            let shares = &by(&committee["result"]["members"], "index", index)["shares"];
            let exponent =
                scalar(&shares["x"]) + scalar(&shares["y1"]) * attributes[0] + scalar(&shares["y2"]) * attributes[1];
            assert_eq!(h * exponent, g1(expected));
        }
        let points: Vec<G1Affine> = list(&issued["shares"]).iter().map(|share| g1(share).to_affine()).collect();
        assert_eq!(msm_g1(&points, &lagrange(&indices).unwrap()), g1(&issued["s"]));
        assert_eq!(issued["s"], credential["s"]);
        let key = &committee["result"]["group_key"];
        let beta = list(&key["beta_g2"]).iter().zip(&attributes);
        let signed = beta.fold(g2(&key["alpha"]), |sum, (beta, m)| sum + g2(beta) * m);
        let holds = pairing_product_is_one(&[
            (&h.to_affine(), &G2Prepared::from(signed.to_affine())),
            (&(-g1(&credential["s"])).to_affine(), &G2Prepared::from(G2Affine::generator())),
        ]);
        assert_eq!(credential["verifies"], holds);
    }
}

#[test]
pub fn beacon_signatures() {
    let file = file();
    let beacon = &file["beacon"];
    let hash = hash_to_g1(&bytes(&beacon["message"]), beacon["dst"].as_str().unwrap().as_bytes());
    assert_eq!(hash, g1(&beacon["hash"]));
    let generator = G2Prepared::from(G2Affine::generator());
    let verifies = |hash: &G1, key: &G2, signature: &G1| {
        pairing_product_is_one(&[
            (&signature.to_affine(), &generator),
            (&(-*hash).to_affine(), &G2Prepared::from(key.to_affine())),
        ])
    };
    for committee in list(&beacon["committees"]) {
        let name = &committee["committee"];
        let case = list(&file["cases"])
            .iter()
            .chain(list(&file["reshare"]))
            .find(|case| case["name"] == *name || case["case"] == *name)
            .unwrap();
        for partial in list(&committee["partials"]) {
            let member = by(&case["result"]["members"], "index", number(&partial["index"]));
            let signature = g1(&partial["signature"]);
            assert_eq!(hash * scalar(&member["shares"]["z"]), signature);
            assert_eq!(member["beacon_key"], partial["verifies_under"]);
            assert!(verifies(&hash, &g2(&member["beacon_key"]), &signature));
        }
        for aggregate in list(&committee["aggregates"]) {
            assert!(list(&aggregate["indices"]).len() >= usize::from(number(&committee["t"])));
            assert_eq!(combine(&committee["partials"], &aggregate["indices"]), g1(&aggregate["signature"]));
        }
    }
    let key = g2(&beacon["group_beacon_key"]);
    assert_eq!(beacon["verifies"], verifies(&hash, &key, &g1(&beacon["signature"])));
    assert_eq!(Sha256::digest(bytes(&beacon["signature"])).to_vec(), bytes(&beacon["output_sha256"]));
    for wrong in list(&beacon["wrong"]) {
        if let Some(indices) = wrong.get("indices") {
            let mut committees = list(&beacon["committees"]).iter();
            let committee = committees.find(|committee| committee["committee"] == wrong["committee"]).unwrap();
            assert!(list(indices).len() < usize::from(number(&committee["t"])));
            assert_eq!(combine(&committee["partials"], indices), g1(&wrong["signature"]));
        }
        let hash = hash_to_g1(&bytes(&wrong["message"]), beacon["dst"].as_str().unwrap().as_bytes());
        assert_eq!(verifies(&hash, &key, &g1(&wrong["signature"])), wrong["verifies"].as_bool().unwrap());
    }
}

fn combine(partials: &Value, indices: &Value) -> G1 {
    let indices = numbers(indices);
    let points: Vec<G1Affine> =
        indices.iter().map(|&index| g1(&by(partials, "index", index)["signature"]).to_affine()).collect();
    msm_g1(&points, &lagrange(&indices).unwrap())
}
