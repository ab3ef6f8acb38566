use ark_bls12_381::{Bls12_381, Fr, G1Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use ark_std::rand::{rngs::StdRng, SeedableRng};
use ark_std::UniformRand;
use blake2::Blake2b512;
use coconut_crypto::setup::SignatureParams;
use coconut_crypto::{
    AggregatedSignature, BlindSignature, CommitMessage, CommitmentOrMessage, MessagesPoK, MessagesPoKGenerator,
    PublicKey, SecretKey, SignaturePoK, SignaturePoKGenerator,
};
use schnorr_pok::pok_generalized_pedersen::compute_random_oracle_challenge;

use crate::{measure, Figures, SIGNERS};

fn encode(value: &impl CanonicalSerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.serialize_compressed(&mut bytes).expect("memory is writable");
    bytes
}

fn challenge(bytes: &[u8]) -> Fr {
    compute_random_oracle_challenge::<Fr, Blake2b512>(bytes)
}

/// In this library the caller hashes to h and makes the challenges; h is a random point here, so its hash is not in our peer's figures.
pub fn figures() -> Figures {
    let rng = &mut StdRng::seed_from_u64(7);
    let params = SignatureParams::<Bls12_381>::new::<Blake2b512>(b"peers", 4);
    // Its dealing takes a type that it does not export, so every share is the key itself: a polynomial of degree zero, which costs a signer
    // and a client what any other does.
    let secret = SecretKey::rand(rng, 4);
    let shares = vec![secret.clone(); usize::from(SIGNERS)];
    let key = PublicKey::new(&secret, &params);
    let keys: Vec<_> = shares.iter().map(|share| PublicKey::new(share, &params)).collect();
    let h: G1Affine = (G1Affine::generator() * Fr::rand(rng)).into_affine();
    let messages: Vec<Fr> = (0..4).map(|_| Fr::rand(rng)).collect();
    let commit = || {
        messages.iter().enumerate().map(|(i, m)| {
            if i < 2 {
                CommitMessage::BlindMessageRandomly(*m)
            } else {
                CommitMessage::RevealMessage
            }
        })
    };

    let mut ask = || {
        let generator = MessagesPoKGenerator::init(rng, commit(), &params, &h).expect("the counts are right");
        let mut bytes = Vec::new();
        generator.challenge_contribution(&mut bytes, &params, &h).expect("memory is writable");
        let proof = generator.gen_proof(&challenge(&bytes)).expect("the counts are right");
        (generator, encode(&proof))
    };
    let (generator, wire) = ask();
    let request = measure(&mut ask);
    let sign_with = |share| {
        let proof = MessagesPoK::<Bls12_381>::deserialize_compressed(&wire[..]).expect("it was encoded");
        let mut bytes = Vec::new();
        proof.challenge_contribution(&mut bytes, &params, &h).expect("memory is writable");
        proof.verify(&challenge(&bytes), 2..4, &params, &h).expect("the proof holds");
        let blinded = proof.commitments().copied().map(CommitmentOrMessage::BlindedMessage);
        let shown = messages[2..].iter().copied().map(CommitmentOrMessage::RevealedMessage);
        encode(&BlindSignature::new(blinded.chain(shown), share, &h).expect("the counts are right"))
    };
    let answers: Vec<Vec<u8>> = shares.iter().map(sign_with).collect();
    let sign = measure(|| sign_with(&shares[0]));
    let aggregate = || {
        let parts: Vec<_> = answers
            .iter()
            .zip(&keys)
            .map(|(bytes, key)| {
                let blind = BlindSignature::<Bls12_381>::deserialize_compressed(&bytes[..]).expect("it was encoded");
                blind.unblind((0..2).zip(generator.blindings()), key, &h).expect("the counts are right")
            })
            .collect();
        let all = AggregatedSignature::new((1..).zip(&parts), &h).expect("the indices ascend");
        all.verify(&messages, &key, &params).expect("it is valid");
        all
    };
    let credential = aggregate();
    let aggregate = measure(aggregate);
    let rng = &mut StdRng::seed_from_u64(8);
    let mut prove = || {
        let generator =
            SignaturePoKGenerator::init(rng, commit(), &credential, &key, &params).expect("the counts are right");
        let mut bytes = Vec::new();
        generator.challenge_contribution(&mut bytes, &key, &params).expect("memory is writable");
        encode(&generator.gen_proof(&challenge(&bytes)).expect("the counts are right"))
    };
    let show = prove();
    let prove = measure(prove);
    let verify = measure(|| {
        let show = SignaturePoK::<Bls12_381>::deserialize_compressed(&show[..]).expect("it was encoded");
        let mut bytes = Vec::new();
        show.challenge_contribution(&mut bytes, &key, &params).expect("memory is writable");
        show.verify(&challenge(&bytes), (2..4).zip(&messages[2..]), &key, &params).expect("it is valid");
    });
    Figures { name: "coconut-crypto 0.14", request, sign, aggregate, prove, verify }
}
