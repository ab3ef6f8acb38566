//! Adversaries against the one proof that a request has for all its blinded attributes: provers of their own, who know every secret and lie
//! about one. What they are after is a signature on other attributes than those of the commitment that h hashes: two of those under one h make a third.

use std::sync::OnceLock;

use nym_coconut::algebra::{fold, powers, request_commitments, response, Bases};
use nym_coconut::backend::{
    affine_g1, decode_g1, encode_scalar, hash_to_g1, msm_g1, Curve, Field, G1Affine, Group as _, Scalar, G1,
};
use nym_coconut::params::attribute_base;
use nym_coconut::{
    Blindings, CredentialType, HiddenAttributes, IssueError, PublicAttributes, Request, SecretKeyShare, SecretScalar,
    Selective, Transcript, COMMITMENT_DST,
};

use crate::negatives::inverse;
use crate::rejects::with;
use crate::support::{full_public, rng, scalar, Full};

const EPOCH: u64 = 7;

/// Three hidden attributes: pairs other than the first two.
enum Three {}
impl CredentialType for Three {
    const LABEL: &'static str = "test-three";
    const HIDDEN: usize = 3;
    const PUBLIC: usize = 1;
    type Show = Selective;
}

fn bases() -> &'static Bases {
    static BASES: OnceLock<Bases> = OnceLock::new();
    BASES.get_or_init(|| {
        let attributes: Vec<G1> = (0..4).map(|j| G1::from(attribute_base(j))).collect();
        Bases::new(&G1::generator(), &attributes)
    })
}

fn sum(points: &[G1Affine], scalars: &[Scalar]) -> G1Affine {
    msm_g1(points, scalars).to_affine()
}

fn joined(items: &[Vec<u8>]) -> Vec<u8> {
    items.iter().flat_map(|item| [&(item.len() as u32).to_be_bytes()[..], item].concat()).collect()
}

/// What a prover knows, or says that it knows.
#[derive(Clone)]
struct Witness {
    opening: Scalar,
    openings: Vec<Scalar>,
    hidden: Vec<Scalar>,
}

/// What is proved: everything of a request but the proof.
struct Statement<T> {
    public: PublicAttributes<T>,
    h: G1Affine,
    cm: G1Affine,
    blinded: Vec<G1Affine>,
}

impl<T: CredentialType> Clone for Statement<T> {
    fn clone(&self) -> Self {
        Self { public: self.public.clone(), h: self.h, cm: self.cm, blinded: self.blinded.clone() }
    }
}

impl<T: CredentialType> Statement<T> {
    /// The commitment to these attributes, and the blinded ones.
    fn honest(public: &PublicAttributes<T>, witness: &Witness) -> Self {
        let mut points = vec![G1::generator().to_affine()];
        points.extend((0..T::HIDDEN + T::PUBLIC).map(attribute_base));
        let mut scalars = vec![witness.opening];
        scalars.extend(witness.hidden.iter().chain(public.as_slice()));
        let mut made = Self::with_commitment(public, sum(&points, &scalars));
        made.blinded = witness.openings.iter().zip(&witness.hidden).map(|(o, m)| made.blind(o, m)).collect();
        made
    }

    fn with_commitment(public: &PublicAttributes<T>, cm: G1Affine) -> Self {
        let mut fields = vec![T::LABEL.as_bytes().to_vec(), EPOCH.to_be_bytes().to_vec(), Self::counts()];
        fields.push(cm.to_compressed().to_vec());
        fields.extend(public.as_slice().iter().map(|m| encode_scalar(m).to_vec()));
        let h = hash_to_g1(&joined(&fields), COMMITMENT_DST).to_affine();
        Self { public: public.clone(), h, cm, blinded: Vec::new() }
    }

    fn counts() -> Vec<u8> {
        vec![(T::HIDDEN + T::PUBLIC) as u8, T::HIDDEN as u8]
    }

    fn blind(&self, opening: &Scalar, attribute: &Scalar) -> G1Affine {
        sum(&[G1::generator().to_affine(), self.h], &[*opening, *attribute])
    }

    /// The statement with another attribute in one place: cⱼ + δ·h.
    fn moved(&self, place: usize, by: Scalar) -> Self {
        let mut moved = self.clone();
        moved.blinded[place] = sum(&[moved.blinded[place], self.h], &[Scalar::ONE, by]);
        moved
    }

    fn items(&self) -> Vec<Vec<u8>> {
        let mut items = vec![T::LABEL.as_bytes().to_vec(), EPOCH.to_be_bytes().to_vec(), Self::counts()];
        let mut points = vec![G1::generator().to_affine()];
        points.extend((0..T::HIDDEN + T::PUBLIC).map(attribute_base));
        points.extend([self.h, self.cm]);
        items.extend(points.iter().map(|p| p.to_compressed().to_vec()));
        items.extend(self.public.as_slice().iter().map(|m| encode_scalar(m).to_vec()));
        items.extend(self.blinded.iter().map(|c| c.to_compressed().to_vec()));
        items
    }

    /// The weights that a signer uses.
    fn weights(&self) -> Vec<Scalar> {
        let mut transcript = Transcript::new("nym-coconut-request-fold-v1");
        transcript.bytes(&hashed(&self.items()).digest());
        powers(&transcript.challenge(), T::HIDDEN)
    }

    /// A proof with weights of the prover's choice, whose challenge hashes everything but the item left out.
    fn prove(&self, weights: &[Scalar], witness: &Witness, left_out: Option<usize>) -> Vec<u8> {
        let (w_opening, w_folded) = (scalar(1_001), scalar(1_002));
        let w_hidden: Vec<Scalar> = (0..T::HIDDEN as u64).map(|j| scalar(1_003 + j)).collect();
        let mut points = vec![G1::generator().to_affine()];
        points.extend((0..T::HIDDEN).map(attribute_base));
        let mut scalars = vec![w_opening];
        scalars.extend(&w_hidden);
        let mut items = self.items();
        items.push(sum(&points, &scalars).to_compressed().to_vec());
        items.push(self.blind(&w_folded, &fold(weights, &w_hidden)).to_compressed().to_vec());
        if let Some(place) = left_out {
            items.remove(place);
        }
        let challenge = hashed(&items).challenge();
        let mut responses = vec![
            response(&w_opening, &challenge, &witness.opening),
            response(&w_folded, &challenge, &fold(weights, &witness.openings)),
        ];
        responses.extend(w_hidden.iter().zip(&witness.hidden).map(|(w, m)| response(w, &challenge, m)));
        self.bytes(&challenge, &responses)
    }

    fn bytes(&self, challenge: &Scalar, responses: &[Scalar]) -> Vec<u8> {
        let points = [&self.cm].into_iter().chain(&self.blinded).flat_map(|p| p.to_compressed());
        points.chain([challenge].into_iter().chain(responses).flat_map(encode_scalar)).collect()
    }

    /// What A and B must have been under these weights.
    fn commitments(&self, weights: &[Scalar], scalars: &[Scalar]) -> [G1Affine; 2] {
        let mut public = G1::identity();
        for (j, m) in self.public.as_slice().iter().enumerate() {
            public += G1::from(attribute_base(T::HIDDEN + j)) * m;
        }
        let (a, b) = request_commitments(
            bases(),
            &self.h,
            &self.cm,
            &public,
            &self.blinded,
            weights,
            &scalars[0],
            &scalars[1],
            &scalars[2],
            &scalars[3..],
        );
        let both = affine_g1(&[a, b]);
        [both[0], both[1]]
    }

    /// Whether a verifier who takes these weights would accept.
    fn holds_under(&self, weights: &[Scalar], request: &[u8]) -> bool {
        let scalars: Vec<Scalar> =
            request[48 * (1 + T::HIDDEN)..].chunks(32).map(|s| nym_coconut::attribute(s).unwrap()).collect();
        let mut items = self.items();
        items.extend(self.commitments(weights, &scalars).iter().map(|p| p.to_compressed().to_vec()));
        hashed(&items).challenge() == scalars[0]
    }

    /// What a signer says.
    fn signed(&self, share: &SecretKeyShare<T>, request: &[u8]) -> Result<Vec<u8>, IssueError> {
        let request = Request::<T>::from_bytes(request).unwrap();
        share.sign(EPOCH, &self.public, &request).map(|signature| signature.to_bytes())
    }
}

fn hashed(items: &[Vec<u8>]) -> Transcript {
    let mut transcript = Transcript::new("nym-coconut-request-v1");
    items.iter().for_each(|item| {
        transcript.bytes(item);
    });
    transcript
}

fn signer<T: CredentialType>(seed: u8) -> SecretKeyShare<T> {
    SecretKeyShare::deal(1, 1, &mut rng(seed)).unwrap().0.remove(0)
}

fn witness(hidden: usize) -> Witness {
    let some = |from: u64| (0..hidden as u64).map(|j| scalar(from + j)).collect::<Vec<_>>();
    Witness { opening: scalar(10), openings: some(20), hidden: some(30) }
}

/// Every kind of weights that an adversary may hope for: equal ones, one attribute alone, and those of a statement before it was changed.
fn hopes(stale: &[Scalar]) -> Vec<Vec<Scalar>> {
    let mut hopes = vec![vec![Scalar::ONE; stale.len()], stale.to_vec()];
    hopes.extend((0..stale.len()).map(|alone| {
        let mut weights = vec![Scalar::ZERO; stale.len()];
        weights[alone] = Scalar::ONE;
        weights
    }));
    hopes
}

/// The provers of this file are right where they do not lie: signers take their requests, and the crate's own satisfy their equations.
#[test]
fn an_honest_prover_written_from_the_page_is_signed_for() {
    let share = signer::<Full>(140);
    let known = witness(2);
    let statement = Statement::honest(&full_public(), &known);
    let request = statement.prove(&statement.weights(), &known, None);
    assert!(statement.holds_under(&statement.weights(), &request));
    let ours = Request::<Full>::new(
        EPOCH,
        &full_public(),
        &HiddenAttributes::new([30, 31].map(|m| SecretScalar::new(&scalar(m)))).unwrap(),
        &Blindings::from_fn(|j| SecretScalar::new(&if j == 0 { scalar(10) } else { scalar(19 + j as u64) })),
    )
    .to_bytes();
    assert_eq!(ours[..144], request[..144], "the same commitment and blinded attributes");
    assert!(statement.holds_under(&statement.weights(), &ours));
    assert_eq!(statement.signed(&share, &request).unwrap(), statement.signed(&share, &ours).unwrap());
}

/// Adversary: one blinded attribute is not the one of the commitment, and the proof is made with either.
#[test]
fn n_04_a_blinded_attribute_other_than_the_committed_one_is_refused() {
    let share = signer::<Full>(141);
    let known = witness(2);
    let honest = Statement::honest(&full_public(), &known);
    for place in 0..2 {
        for by in [Scalar::ONE, -Scalar::ONE, scalar(1 << 40)] {
            let statement = honest.moved(place, by);
            let mut other = known.clone();
            other.hidden[place] += by;
            let mut weights = hopes(&honest.weights());
            weights.push(statement.weights());
            for weights in &weights {
                for claimed in [&known, &other] {
                    let request = statement.prove(weights, claimed, None);
                    assert_eq!(statement.signed(&share, &request), Err(IssueError::Proof));
                }
            }
        }
    }
}

/// Adversary: two blinded attributes are wrong, so that the errors cancel under weights known before them. A verifier with such weights would accept.
#[test]
fn n_06_two_wrong_attributes_that_cancel_under_weights_known_before_are_refused() {
    let share = signer::<Three>(142);
    let known = witness(3);
    let public = PublicAttributes::<Three>::new([scalar(77)]);
    let honest = Statement::honest(&public, &known);
    let mut real = 0;
    for weights in hopes(&honest.weights()) {
        for (i, j) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
            let by = scalar(5);
            // Where a weight is zero the other attribute is not looked at and needs no counterpart.
            let back =
                if bool::from(weights[j].is_zero()) { scalar(9) } else { -by * weights[i] * inverse(weights[j]) };
            let statement = honest.moved(i, by).moved(j, back);
            let request = statement.prove(&weights, &known, None);
            real += usize::from(statement.holds_under(&weights, &request));
            assert!(!statement.holds_under(&statement.weights(), &request));
            assert_eq!(statement.signed(&share, &request), Err(IssueError::Proof));
            // With the weights that follow from what is sent, the same prover knows no witness.
            let request = statement.prove(&statement.weights(), &known, None);
            assert_eq!(statement.signed(&share, &request), Err(IssueError::Proof));
        }
    }
    assert!(real >= 12, "against fixed weights the attack is real: {real}");
}

/// Adversary: tries blindings until the weights come out as its errors need them.
#[test]
fn n_06_weights_change_with_every_blinding_so_trying_others_hits_nothing() {
    let share = signer::<Full>(143);
    let known = witness(2);
    let honest = Statement::honest(&full_public(), &known);
    let guess = honest.weights();
    let mut seen = std::collections::HashSet::new();
    for attempt in 0..64 {
        let mut tried = known.clone();
        tried.openings[1] = scalar(100 + attempt);
        let mut statement = honest.clone();
        statement.blinded[1] = statement.blind(&tried.openings[1], &tried.hidden[1]);
        let statement = statement.moved(0, scalar(5)).moved(1, -scalar(5) * inverse(guess[1]));
        assert!(seen.insert(encode_scalar(&statement.weights()[1])), "weights of two statements are equal");
        let request = statement.prove(&guess, &tried, None);
        assert!(statement.holds_under(&guess, &request));
        assert_eq!(statement.signed(&share, &request), Err(IssueError::Proof));
    }
}

/// Adversary: the blinded attributes in another order than the commitment's, with a proof in either order.
#[test]
fn n_03_blinded_attributes_in_another_order_are_refused_with_every_proof() {
    let share = signer::<Full>(144);
    let known = witness(2);
    let honest = Statement::honest(&full_public(), &known);
    let mut statement = honest.clone();
    statement.blinded.reverse();
    for (openings, hidden) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut claimed = known.clone();
        if openings {
            claimed.openings.reverse();
        }
        if hidden {
            claimed.hidden.reverse();
        }
        for weights in [statement.weights(), honest.weights(), honest.weights().into_iter().rev().collect()] {
            let request = statement.prove(&weights, &claimed, None);
            assert_eq!(statement.signed(&share, &request), Err(IssueError::Proof));
        }
    }
}

/// Adversary: the commitment holds other public attributes than those that are claimed, or an attribute more.
#[test]
fn n_05_a_commitment_to_other_public_attributes_is_refused() {
    let share = signer::<Full>(145);
    let known = witness(2);
    let honest = Statement::honest(&full_public(), &known);
    for position in 0..4 {
        let cm = sum(&[honest.cm, attribute_base(position)], &[Scalar::ONE, Scalar::ONE]);
        let mut statement = Statement::<Full>::with_commitment(&full_public(), cm);
        statement.blinded = known.openings.iter().zip(&known.hidden).map(|(o, m)| statement.blind(o, m)).collect();
        let request = statement.prove(&statement.weights(), &known, None);
        assert_eq!(statement.signed(&share, &request), Err(IssueError::Proof), "attribute {position}");
    }
}

/// Adversary: a proof whose challenge does not hash one of the things that are proved, so that it could be chosen afterwards.
#[test]
fn n_07_a_proof_whose_challenge_leaves_anything_out_is_refused() {
    let share = signer::<Full>(146);
    let known = witness(2);
    let statement = Statement::honest(&full_public(), &known);
    let items = statement.items().len() + 2;
    assert_eq!(items, 3 + 1 + 4 + 2 + 2 + 2 + 2);
    for left_out in 0..items {
        let request = statement.prove(&statement.weights(), &known, Some(left_out));
        assert_eq!(statement.signed(&share, &request), Err(IssueError::Proof), "item {left_out}");
    }
}

/// Adversary: knows no opening and starts from the responses, with A and B, or a blinded attribute, that fit them.
#[test]
fn n_07_a_simulated_proof_is_refused() {
    let share = signer::<Full>(147);
    let known = witness(2);
    let honest = Statement::honest(&full_public(), &known);
    let responses = [scalar(51), scalar(52), scalar(53), scalar(54)];
    let simulated = |statement: &Statement<Full>, challenge: Scalar| {
        let scalars = [&[challenge], &responses[..]].concat();
        let [a, b] = statement.commitments(&statement.weights(), &scalars);
        let mut items = statement.items();
        items.extend([a, b].iter().map(|p| p.to_compressed().to_vec()));
        hashed(&items).challenge()
    };
    // Any challenge, then the one that its A and B would need, and so on: it never meets itself.
    let mut challenge = scalar(55);
    for _ in 0..32 {
        assert_eq!(honest.signed(&share, &honest.bytes(&challenge, &responses)), Err(IssueError::Proof));
        challenge = simulated(&honest, challenge);
    }
    // The second blinded attribute after the challenge: B = challenge·(c₁ + e·c₂) + … is solved for c₂, and then e is another.
    let weights = honest.weights();
    let request = honest.prove(&weights, &known, None);
    let scalars: Vec<Scalar> = request[144..].chunks(32).map(|s| nym_coconut::attribute(s).unwrap()).collect();
    let [_, b] = honest.commitments(&weights, &scalars);
    let mut statement = honest.moved(0, scalar(3));
    let [_, b_now] = statement.commitments(&weights, &scalars);
    let factor = inverse(scalars[0] * weights[1]);
    statement.blinded[1] = sum(&[statement.blinded[1], b, b_now], &[Scalar::ONE, factor, -factor]);
    assert_eq!(statement.commitments(&weights, &scalars)[1], b, "with the weights of before, B is what was hashed");
    assert_eq!(statement.signed(&share, &statement.bytes(&scalars[0], &scalars[1..])), Err(IssueError::Proof));
}

/// Every byte and every field of a request, changed in every way that still decodes.
#[test]
fn n_03_no_field_of_a_request_can_be_changed() {
    let share = signer::<Full>(148);
    let known = witness(2);
    let statement = Statement::honest(&full_public(), &known);
    let request = statement.prove(&statement.weights(), &known, None);
    statement.signed(&share, &request).unwrap();
    let mut decoded = 0;
    for at in 0..request.len() {
        for change in [1u8, 0x20, 0x80] {
            let mut bytes = request.clone();
            bytes[at] ^= change;
            let Ok(read) = Request::<Full>::from_bytes(&bytes) else { continue };
            decoded += 1;
            assert_eq!(share.sign(EPOCH, &full_public(), &read).unwrap_err(), IssueError::Proof, "byte {at}");
        }
    }
    assert!(decoded > 3 * 32 * 4, "the scalars decode: {decoded}");
    for at in [0, 48, 96] {
        let point = G1::from(decode_g1(&request[at..at + 48], "a point").unwrap());
        let h = G1::from(statement.h);
        for other in [-point, point.double(), point + G1::generator(), point + h, G1::generator(), h] {
            let bytes = with(&request, at, &other.to_affine().to_compressed());
            assert_eq!(statement.signed(&share, &bytes), Err(IssueError::Proof), "point at {at}");
        }
    }
    for at in (144..request.len()).step_by(32) {
        let value = nym_coconut::attribute(&request[at..at + 32]).unwrap();
        for other in [-value, value + Scalar::ONE, value.double(), Scalar::ONE, Scalar::ZERO] {
            let bytes = with(&request, at, &encode_scalar(&other));
            let Ok(read) = Request::<Full>::from_bytes(&bytes) else {
                assert!(at == 144 && bool::from(other.is_zero()), "only a challenge of zero is no message");
                continue;
            };
            assert_eq!(share.sign(EPOCH, &full_public(), &read).unwrap_err(), IssueError::Proof, "scalar at {at}");
        }
    }
}
