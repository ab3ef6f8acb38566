use nym_coconut::backend::Scalar;
use nym_coconut::test_util::{Full, EPOCH};
use nym_coconut::{
    Blindings, HiddenAttributes, PartialSignature, Pending, PublicAttributes, Request, SecretKeyShare, SecretScalar,
    Show,
};
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};

use crate::{measure, Figures, SIGNERS};

pub fn figures() -> Figures {
    let rng = &mut ChaCha20Rng::from_seed([7; 32]);
    let (shares, group) = SecretKeyShare::<Full>::deal(SIGNERS, SIGNERS, rng).expect("the threshold is possible");
    let public = PublicAttributes::<Full>::new([Scalar::from(1_000), Scalar::from(20_417)]);
    let hidden = || HiddenAttributes::new([SecretScalar::new(&Scalar::from(5)), SecretScalar::new(&Scalar::from(6))]);
    let blindings = Blindings::random(rng);
    let hidden = hidden().expect("the serial is not zero");
    let request = measure(|| Request::new(EPOCH, &public, &hidden, &blindings).to_bytes());
    let pending = Pending::new(EPOCH, public.clone(), hidden, blindings);
    let wire = pending.request().to_bytes();
    let sign = |share: &SecretKeyShare<Full>| {
        let request = Request::<Full>::from_bytes(&wire).expect("it was encoded");
        share.sign(EPOCH, &public, &request).expect("the proof holds").to_bytes()
    };
    let answers: Vec<Vec<u8>> = shares.iter().map(sign).collect();
    let sign = measure(|| sign(&shares[0]));
    let mut aggregate = |answers: &[Vec<u8>]| {
        let answers: Vec<_> =
            answers.iter().map(|bytes| PartialSignature::from_bytes(bytes).expect("it was encoded")).collect();
        pending.aggregate(&group, &answers, rng).expect("all are valid")
    };
    let credential = aggregate(&answers);
    let aggregate = measure(|| aggregate(&answers));
    let mut rng = ChaCha20Rng::from_seed([8; 32]);
    let show = credential.show(group.key(), b"context", &mut rng).to_bytes();
    let prove = measure(|| credential.show(group.key(), b"context", &mut rng).to_bytes());
    let verify = measure(|| {
        let show = Show::<Full>::from_bytes(&show).expect("it was encoded");
        show.verify(group.key(), &public, b"context").expect("it is valid");
    });
    Figures { name: "ours", request, sign, aggregate, prove, verify }
}
