//! The formats of docs/protocol/credentials.md, computed here from the page's formulas alone, against the vectors and the crate.

use nym_coconut::backend::{
    affine_g1, affine_g2, encode_scalar, hash_to_g1, reduce, Curve, Group as _, Scalar, G1, G2,
};
use nym_coconut::{
    hashed_attribute, Blindings, CredentialType, Group, HiddenAttributes, OneTimeKey, OpenShow, Pending,
    PublicAttributes, Request, SecretKeyShare, SecretScalar, Show,
};
use serde_json::{json, Value};
use sha2::{Digest, Sha256, Sha512};

use crate::failing::Stuck;
use crate::support::{Full, Token};

const EPOCH: u64 = 7;
const FRESH: u8 = 0x5a;

/// The items, each behind its length.
fn joined(label: &str, items: &[Vec<u8>]) -> Vec<u8> {
    let mut all = Vec::new();
    for item in core::iter::once(label.as_bytes()).chain(items.iter().map(Vec::as_slice)) {
        all.extend_from_slice(&(item.len() as u32).to_be_bytes());
        all.extend_from_slice(item);
    }
    all
}
fn hash(label: &str, items: &[Vec<u8>]) -> [u8; 32] {
    Sha256::digest(joined(label, items)).into()
}
fn challenge(label: &str, items: &[Vec<u8>]) -> Scalar {
    reduce(&hash(label, items))
}
fn uniform(label: &str, items: &[Vec<u8>]) -> Scalar {
    reduce(&Sha512::digest(hash(label, items)))
}
fn g1(point: G1) -> Vec<u8> {
    point.to_affine().to_compressed().to_vec()
}
fn g2(point: G2) -> Vec<u8> {
    point.to_affine().to_compressed().to_vec()
}
fn s(scalar: &Scalar) -> Vec<u8> {
    encode_scalar(scalar).to_vec()
}
fn hexes(list: &[Vec<u8>]) -> Vec<String> {
    list.iter().map(hex::encode).collect()
}
fn scalars(list: &[Scalar]) -> Vec<String> {
    list.iter().map(|scalar| hex::encode(s(scalar))).collect()
}
/// A full-size scalar that everybody can make again.
fn named(name: &str) -> Scalar {
    reduce(&Sha512::digest(name))
}
fn secret(scalar: &Scalar) -> SecretScalar {
    SecretScalar::new(scalar)
}

/// The numbers that a show draws: blocks of SHA-256, two for each scalar.
struct Stream([u8; 32], u64);
impl Stream {
    fn scalar(&mut self) -> Scalar {
        let mut bytes = Vec::new();
        for _ in 0..2 {
            self.1 += 1;
            let block = [&b"nym-coconut-stream-v1"[..], &self.0, &self.1.to_be_bytes()].concat();
            bytes.extend_from_slice(&Sha256::digest(block));
        }
        reduce(&bytes)
    }
}

/// One credential of a type: its parts by the formulas.
struct Made {
    json: Value,
    x: Scalar,
    y: Vec<Scalar>,
    hidden: Vec<Scalar>,
    public: Vec<Scalar>,
    openings: Vec<Scalar>,
    request: Vec<u8>,
    partial: Vec<u8>,
    key_digest: Vec<u8>,
    stored: Vec<u8>,
    h: G1,
    signature: G1,
}

fn make<T: CredentialType>(hidden: Vec<Scalar>, public: Vec<Scalar>) -> Made {
    let (k, q) = (T::HIDDEN, T::HIDDEN + T::PUBLIC);
    let label = T::LABEL.as_bytes().to_vec();
    let counts = vec![q as u8, k as u8];
    let x = named("x");
    let y: Vec<Scalar> = (1..=q).map(|j| named(&format!("y{j}"))).collect();
    let openings: Vec<Scalar> = (0..=k).map(|j| named(&format!("o{j}"))).collect();
    let base = |j: usize| {
        let domain = b"nym-coconut-generator-v1-BLS12381G1_XMD:SHA-256_SSWU_RO_";
        hash_to_g1(format!("attribute {}", j + 1).as_bytes(), domain)
    };
    let one = G1::generator();

    // The commitment and h.
    let all: Vec<Scalar> = hidden.iter().chain(&public).copied().collect();
    let cm = all.iter().enumerate().fold(one * openings[0], |sum, (j, m)| sum + base(j) * m);
    let mut fields = vec![EPOCH.to_be_bytes().to_vec(), counts.clone(), g1(cm)];
    fields.extend(public.iter().map(s));
    let preimage = joined(T::LABEL, &fields);
    let h = hash_to_g1(&preimage, b"nym-coconut-commitment-v1-BLS12381G1_XMD:SHA-256_SSWU_RO_");
    let blinded: Vec<G1> = (0..k).map(|j| one * openings[j + 1] + h * hidden[j]).collect();

    // The proof.
    let mut statement = vec![label.clone(), EPOCH.to_be_bytes().to_vec(), counts, g1(one)];
    statement.extend((0..q).map(|j| g1(base(j))));
    statement.extend([g1(h), g1(cm)]);
    statement.extend(public.iter().map(s));
    statement.extend(blinded.iter().map(|c| g1(*c)));
    let digest = hash("nym-coconut-request-v1", &statement).to_vec();
    let e = challenge("nym-coconut-request-fold-v1", std::slice::from_ref(&digest));
    let weights: Vec<Scalar> = (0..k)
        .scan(Scalar::from(1), |power, _| {
            let now = *power;
            *power *= e;
            Some(now)
        })
        .collect();
    let fold = |values: &[Scalar]| weights.iter().zip(values).fold(Scalar::from(0), |sum, (w, v)| sum + *w * v);
    let mut secrets = vec![digest.clone()];
    secrets.extend(hidden.iter().chain(&openings).map(s));
    let seed = uniform("nym-coconut-request-nonces-v1", &secrets);
    let nonce = |i: u8| uniform("nym-coconut-request-nonce-v1", &[s(&seed), vec![i]]);
    let (w_o, w) = (nonce(0), nonce(1));
    let w_m: Vec<Scalar> = (0..k).map(|j| nonce(2 + j as u8)).collect();
    let a = w_m.iter().enumerate().fold(one * w_o, |sum, (j, w)| sum + base(j) * w);
    let b = one * w + h * fold(&w_m);
    statement.extend([g1(a), g1(b)]);
    let c = challenge("nym-coconut-request-v1", &statement);
    let z_o = w_o - c * openings[0];
    let z = w - c * fold(&openings[1..]);
    let z_m: Vec<Scalar> = w_m.iter().zip(&hidden).map(|(w, m)| *w - c * m).collect();
    let mut request = g1(cm);
    blinded.iter().for_each(|c| request.extend(g1(*c)));
    [c, z_o, z].iter().chain(&z_m).for_each(|scalar| request.extend(s(scalar)));

    // The signature of member 1, alone in its group, and the credential.
    let of_public = public.iter().zip(&y[k..]).fold(x, |sum, (m, y)| sum + *m * y);
    let blind = blinded.iter().zip(&y).fold(h * of_public, |sum, (c, y)| sum + *c * y);
    let partial = [&1u16.to_be_bytes()[..], &g1(blind)].concat();
    let signature = h * all.iter().zip(&y).fold(x, |sum, (m, y)| sum + *m * y);
    let mut stored = [&EPOCH.to_be_bytes()[..], &g1(h), &g1(signature)].concat();
    all.iter().for_each(|m| stored.extend(s(m)));
    let mut key = vec![label, g2(G2::generator() * x)];
    y.iter().for_each(|y| key.extend([g1(one * y), g2(G2::generator() * y)]));
    let key_digest = hash("nym-coconut-key-v1", &key).to_vec();

    let json = json!({
        "type": T::LABEL, "epoch": EPOCH, "q": q, "k": k,
        "x": hex::encode(s(&x)), "y": scalars(&y),
        "hidden": scalars(&hidden), "public": scalars(&public),
        "o": hex::encode(s(&openings[0])), "o_j": scalars(&openings[1..]),
        "cm": hex::encode(g1(cm)), "h_preimage": hex::encode(&preimage), "h": hex::encode(g1(h)),
        "c_j": hexes(&blinded.iter().map(|c| g1(*c)).collect::<Vec<_>>()),
        "statement_digest": hex::encode(&digest), "e": hex::encode(s(&e)),
        "w_o": hex::encode(s(&w_o)), "w": hex::encode(s(&w)), "w_m": scalars(&w_m),
        "A": hex::encode(g1(a)), "B": hex::encode(g1(b)),
        "challenge": hex::encode(s(&c)), "z_o": hex::encode(s(&z_o)), "z": hex::encode(s(&z)), "z_m": scalars(&z_m),
        "request": hex::encode(&request), "partial_signature": hex::encode(&partial),
        "key_digest": hex::encode(&key_digest), "credential": hex::encode(&stored),
    });
    Made { json, x, y, hidden, public, openings, request, partial, key_digest, stored, h, signature }
}

/// The crate's group and request for the same inputs; asserts that its messages are the same bytes.
fn check<T: CredentialType>(
    made: &Made,
    hidden: HiddenAttributes<T>,
    public: PublicAttributes<T>,
) -> (Group<T>, nym_coconut::Credential<T>) {
    let share = [&1u16.to_be_bytes()[..], &s(&made.x), &made.y.iter().flat_map(s).collect::<Vec<_>>()].concat();
    let share = SecretKeyShare::<T>::from_secret_bytes(&share).unwrap();
    let group = Group::new(1, vec![(1, share.verification_key())]).unwrap();
    assert_eq!(group.key().digest().to_vec(), made.key_digest);
    let pending = Pending::new(EPOCH, public.clone(), hidden, Blindings::from_fn(|i| secret(&made.openings[i])));
    assert_eq!(hex::encode(pending.request().to_bytes()), hex::encode(&made.request));
    let request = Request::<T>::from_bytes(&made.request).unwrap();
    let answer = share.sign(EPOCH, &public, &request).unwrap();
    assert_eq!(hex::encode(answer.to_bytes()), hex::encode(&made.partial));
    let credential = pending.aggregate(&group, &[answer], &mut Stuck(FRESH)).unwrap();
    assert_eq!(hex::encode(credential.to_secret_bytes()), hex::encode(&made.stored));
    (group, credential)
}

fn selective() -> Value {
    let made = make::<Full>(vec![named("m1"), named("m2")], vec![Scalar::from(1_000), named("m4")]);
    let hidden = HiddenAttributes::new([secret(&made.hidden[0]), secret(&made.hidden[1])]).unwrap();
    let public = PublicAttributes::<Full>::new([made.public[0], made.public[1]]);
    let (group, credential) = check(&made, hidden, public.clone());

    let context = b"a verifier's context".to_vec();
    let drawn = hash(
        "nym-coconut-hedged-v1",
        &[vec![FRESH; 32], made.stored.clone(), made.key_digest.clone(), context.clone()],
    );
    let mut stream = Stream(drawn, 0);
    let (r, r_prime, w_r) = (stream.scalar(), stream.scalar(), stream.scalar());
    let w: Vec<Scalar> = (0..2).map(|_| stream.scalar()).collect();
    let (h, sig) = (made.h * r_prime, made.signature * r_prime + made.h * (r * r_prime));
    let two = G2::generator();
    let sum = |first: Scalar, m: &[Scalar]| two * (first + made.x + m[0] * made.y[0] + m[1] * made.y[1]);
    let points = affine_g2(&[sum(r, &made.hidden), two * made.hidden[0], sum(w_r, &w), two * w[0]]);
    let point = |i: usize| points[i].to_compressed().to_vec();
    let mut items = vec![Full::LABEL.as_bytes().to_vec(), vec![4, 2], made.key_digest.clone(), g1(h), g1(sig)];
    items.extend([point(0), point(1)]);
    items.extend(made.public.iter().map(s));
    items.extend([context.clone(), point(2), point(3)]);
    let c = challenge("nym-coconut-show-v1", &items);
    let z_r = w_r - c * r;
    let z: Vec<Scalar> = w.iter().zip(&made.hidden).map(|(w, m)| *w - c * m).collect();
    let show = [g1(h), g1(sig), point(0), point(1), s(&c), s(&z_r), s(&z[0]), s(&z[1])].concat();

    let ours = credential.show(group.key(), &context, &mut Stuck(FRESH));
    assert_eq!(hex::encode(ours.to_bytes()), hex::encode(&show));
    Show::<Full>::from_bytes(&show).unwrap().verify(group.key(), &public, &context).unwrap();
    let mut json = made.json;
    json["show"] = json!({
        "context": hex::encode(&context), "fresh": hex::encode([FRESH; 32]), "stream_seed": hex::encode(drawn),
        "r": hex::encode(s(&r)), "r_prime": hex::encode(s(&r_prime)), "w_r": hex::encode(s(&w_r)), "w_m": scalars(&w),
        "A_kappa": hex::encode(point(2)), "A_zeta": hex::encode(point(3)),
        "challenge": hex::encode(s(&c)), "z_r": hex::encode(s(&z_r)), "z_m": scalars(&z),
        "zeta": hex::encode(point(1)), "show": hex::encode(&show),
    });
    json
}

fn open() -> Value {
    let seed = [7; 32];
    let key = OneTimeKey::from_seed(&seed);
    let serial = Sha256::digest(key.public_key())[..16].to_vec();
    let attribute = uniform(
        "nym-coconut-attribute-v1",
        &[b"bandwidth-info-v1".to_vec(), b"type 1".to_vec(), b"2026-11-30".to_vec()],
    );
    assert_eq!(attribute, hashed_attribute("bandwidth-info-v1", &[b"type 1", b"2026-11-30"]));
    let made = make::<Token>(vec![reduce(&serial)], vec![attribute]);
    let hidden = HiddenAttributes::new([key.serial()]).unwrap();
    let public = PublicAttributes::<Token>::new([attribute]);
    let (group, credential) = check(&made, hidden, public.clone());

    let context: [&[u8]; 3] = [b"chain", b"contract", b"payee"];
    let mut items = vec![vec![FRESH; 32], made.stored.clone()];
    items.extend(context.iter().map(|field| field.to_vec()));
    let drawn = hash("nym-coconut-hedged-v1", &items);
    let r_prime = Stream(drawn, 0).scalar();
    let points = affine_g1(&[made.h * r_prime, made.signature * r_prime]);
    let (h, sig) = (points[0].to_compressed().to_vec(), points[1].to_compressed().to_vec());
    let mut fields: Vec<Vec<u8>> = context.iter().map(|field| field.to_vec()).collect();
    fields.extend([h.clone(), sig.clone()]);
    let message = joined("nym-spend-v1", &fields);
    let signature = ed25519_dalek::Signer::sign(&ed25519_dalek::SigningKey::from_bytes(&seed), &message).to_bytes();
    let show = [&h[..], &sig, &key.public_key(), &signature].concat();

    let ours = credential.spend(&key, &context, &mut Stuck(FRESH)).unwrap();
    assert_eq!(hex::encode(ours.to_bytes()), hex::encode(&show));
    let read = OpenShow::<Token>::from_bytes(&show).unwrap();
    assert_eq!(read.serial().to_vec(), serial);
    let info = group.key().prepare(&public);
    read.verify(&info, &context).unwrap();
    let of_info = G2::generator() * (made.x + made.y[1] * attribute);
    assert_eq!(info.point().to_compressed().to_vec(), g2(of_info));
    let mut json = made.json;
    json["show"] = json!({
        "one_time_seed": hex::encode(seed), "one_time_key": hex::encode(key.public_key()), "serial": hex::encode(&serial),
        "attribute": {"label": "bandwidth-info-v1", "values": ["type 1", "2026-11-30"], "scalar": hex::encode(s(&attribute))},
        "context": ["chain", "contract", "payee"], "fresh": hex::encode([FRESH; 32]), "stream_seed": hex::encode(drawn),
        "r_prime": hex::encode(s(&r_prime)), "A_info": hex::encode(g2(of_info)), "message": hex::encode(&message),
        "signature": hex::encode(signature), "show": hex::encode(&show),
    });
    json
}

#[test]
fn messages_and_transcripts_are_those_of_the_page_and_the_vectors() {
    let now = json!({
        "about": "Issuance and show of one credential of each kind by the formats of docs/protocol/credentials.md, all intermediate values. Scalars little endian, points compressed. One member with x and the y's signs alone. x, y, o and most attributes are SHA-512 of their names, reduced. Checked by tests/credentials/formats.rs, which computes them from the page's formulas.",
        "selective": selective(),
        "open_serial": open(),
    });
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/credentials.json");
    if std::env::var_os("NYM_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, serde_json::to_string_pretty(&now).unwrap() + "\n").unwrap();
    }
    let pinned: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(now, pinned);
}
