//! A ceremony of four for tests of single messages, and encodings that are none.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use nym_coconut::backend::{decode_g2, encode_scalar, Curve, Field, Group, Scalar, G1, G2};
use nym_coconut::dkg::{Board, Ceremony, Dealing, Flaw, ReceiverSecret};
use nym_coconut::DecodeError;

use super::forge::Forge;
use super::net::{committee, new_key, not_on_curve, register, rng, small_order};

/// A ceremony of four with everybody's dealing, before the window ends.
pub struct Four {
    pub ceremony: Ceremony,
    pub secrets: BTreeMap<u16, ReceiverSecret>,
    pub dealings: BTreeMap<u16, Vec<u8>>,
}

pub fn four(epoch: u64, seed: u64) -> Four {
    let mut rng = rng(seed);
    let (ceremony, secrets) = register(new_key(epoch, committee(4)), &BTreeMap::new(), &mut rng).unwrap();
    let dealings = (1..=4)
        .map(|dealer| (dealer, Dealing::deal(&ceremony, dealer, None, &mut rng).unwrap().to_bytes(&ceremony)))
        .collect();
    Four { ceremony, secrets, dealings }
}

impl Four {
    /// The board at the end of the first window, with this dealing instead of member 2's.
    pub fn board_with(&self, bytes: &[u8]) -> Board {
        let mut board = Board::new(self.ceremony.clone());
        for (&dealer, dealing) in &self.dealings {
            board.post_dealing(dealer, if dealer == 2 { bytes } else { dealing }).unwrap();
        }
        board.close_dealing();
        board
    }

    pub fn board(&self) -> Board {
        self.board_with(&self.dealings[&2])
    }

    pub fn forge(&self, seed: u64) -> Forge {
        Forge::new(&self.ceremony, 2, None, &mut rng(seed))
    }

    pub fn flaw_of(&self, bytes: &[u8]) -> Flaw {
        Dealing::check(&self.ceremony, 2, bytes).unwrap_err()
    }
}

/// The name of a point of the vectors, and its bytes.
type Point = (String, Vec<u8>);

/// Points of the vectors that are on the curve and outside the subgroup: of small and of composite order, of no small order, and right ones plus a small one.
static OUTSIDE: LazyLock<[Vec<Point>; 2]> = LazyLock::new(|| {
    let file: serde_json::Value = serde_json::from_str(include_str!("../vectors/coconut.json")).unwrap();
    ["g1", "g2"].map(|group| {
        let list = file["points"][group]["refuse"].as_array().unwrap();
        let points = list.iter().filter(|point| point["kind"] == "subgroup");
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        points.map(|point| (text(&point["reason"]), hex::decode(text(&point["bytes"])).unwrap())).collect()
    })
});

/// Encodings of 48 bytes that are no point of G1 other than the identity.
pub fn bad_g1() -> Vec<(&'static str, Vec<u8>)> {
    let mut identity = vec![0; 48];
    identity[0] = 0xc0;
    let generator = G1::generator().to_affine().to_compressed();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = generator.to_vec();
        change(&mut bytes);
        bytes
    };
    let mut bad = vec![
        ("the identity", identity.clone()),
        ("the identity with a body", [&identity[..47], &[1]].concat()),
        ("the identity with a sign", [&[0xe0], &identity[1..]].concat()),
        ("the uncompressed flag", with(&|bytes| bytes[0] &= 0x7f)),
        ("an x of the field's prime or more", [&[0x9f], &[0xff; 47][..]].concat()),
        ("an x with no point", not_on_curve().to_vec()),
        ("a point of order 3", small_order().to_vec()),
        ("zeros", vec![0; 48]),
    ];
    bad.extend(OUTSIDE[0].iter().map(|(reason, point)| (reason.as_str(), point.clone())));
    bad
}

/// Encodings of 96 bytes that are no point of G2 other than the identity.
pub fn bad_g2() -> Vec<(&'static str, Vec<u8>)> {
    let mut identity = vec![0; 96];
    identity[0] = 0xc0;
    let mut outside = vec![0; 96];
    outside[0] = 0x80;
    let outside = (0..=255u8).find_map(|x| {
        outside[95] = x;
        matches!(decode_g2(&outside, "x"), Err(DecodeError::Subgroup { .. })).then(|| outside.clone())
    });
    let mut nowhere = vec![0; 96];
    nowhere[0] = 0x80;
    let nowhere = (0..=255u8).find_map(|x| {
        nowhere[95] = x;
        matches!(decode_g2(&nowhere, "x"), Err(DecodeError::Point { .. })).then(|| nowhere.clone())
    });
    let mut uncompressed = G2::generator().to_affine().to_compressed().to_vec();
    uncompressed[0] &= 0x7f;
    let mut bad = vec![
        ("the identity", identity.clone()),
        ("the identity with a body", [&identity[..95], &[1]].concat()),
        ("the uncompressed flag", uncompressed),
        ("an x of the field's prime or more", [&[0x9f], &[0xff; 95][..]].concat()),
        ("an x with no point", nowhere.unwrap()),
        ("a point outside the subgroup", outside.unwrap()),
        (
            "two points of G1",
            [G1::generator().to_affine().to_compressed(), G1::generator().to_affine().to_compressed()].concat(),
        ),
    ];
    bad.extend(OUTSIDE[1].iter().map(|(reason, point)| (reason.as_str(), point.clone())));
    bad
}

/// Encodings of 32 bytes that are no canonical scalar.
pub fn bad_scalars() -> Vec<(&'static str, Vec<u8>)> {
    let mut order = encode_scalar(&-Scalar::ONE);
    order[0] += 1;
    let mut above = order;
    above[0] += 1;
    vec![("the order", order.to_vec()), ("one above the order", above.to_vec()), ("all ones", vec![0xff; 32])]
}

pub fn bad_values(length: usize) -> Vec<(&'static str, Vec<u8>)> {
    match length {
        48 => bad_g1(),
        96 => bad_g2(),
        _ => bad_scalars(),
    }
}
