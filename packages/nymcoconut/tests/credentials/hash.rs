//! Hashing to G1 against the vectors of RFC 9380, in each backend. Nothing of ours hashes to G2.

use crate::tracked::Node;

#[test]
fn both_backends_hash_to_g1_as_rfc_9380_says() {
    let file = Node::parse(include_str!("../vectors/rfc9380_g1.json"));
    let text = |node: &Node| node.as_str().unwrap().to_owned();
    let domain = text(&file["dst"]);
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 5);
    for vector in vectors {
        let expected = hex::decode(text(&vector["x"]) + &text(&vector["y"])).unwrap();
        let message = text(&vector["msg"]);
        #[cfg(feature = "blst")]
        {
            use group::Curve;
            let point = nym_coconut::backend::blst::hash_to_g1(message.as_bytes(), domain.as_bytes()).to_affine();
            assert_eq!(point.to_uncompressed().to_vec(), expected);
        }
        #[cfg(feature = "pure")]
        {
            let point = nym_coconut::backend::pure::hash_to_g1(message.as_bytes(), domain.as_bytes());
            assert_eq!(bls12_381::G1Affine::from(point).to_uncompressed().to_vec(), expected);
        }
        // The host's, which contracts hash with.
        let api = cosmwasm_std::testing::MockApi::default();
        let hash = cosmwasm_std::HashFunction::Sha256;
        let host = cosmwasm_std::Api::bls12_381_hash_to_g1(&api, hash, message.as_bytes(), domain.as_bytes()).unwrap();
        let host = Option::<bls12_381::G1Affine>::from(bls12_381::G1Affine::from_compressed(&host)).unwrap();
        assert_eq!(host.to_uncompressed().to_vec(), expected);
    }
}
