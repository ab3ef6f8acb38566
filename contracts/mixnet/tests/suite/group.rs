//! An issuing group whose secrets the test knows: shares of one polynomial, signatures with them, interpolation.

use blstrs::{G1Affine, G1Projective, G2Projective, Scalar};
use cosmwasm_std::Binary;
use ff::Field;
use group::{Curve, Group as _};
use nym_contract_types::beacon::DOMAIN;
use nym_contract_types::mixnet::{BeaconKey, BeaconMember, BeaconResponse, ExecuteMsg, QueryMsg};

use super::Suite;

pub struct Group {
    /// Coefficients of the polynomial, lowest first; as many as shares are needed.
    coefficients: Vec<Scalar>,
    members: u32,
}

impl Group {
    /// `members` of whom `threshold` sign; another `name`, another key.
    pub fn new(name: u64, members: u32, threshold: u32) -> Self {
        let coefficients =
            (1..=u64::from(threshold)).map(|power| (Scalar::from(name * 1_000 + power)).square().square()).collect();
        Self { coefficients, members }
    }

    fn secret(&self, index: u32) -> Scalar {
        let x = Scalar::from(u64::from(index));
        self.coefficients.iter().rev().fold(Scalar::ZERO, |value, coefficient| value * x + coefficient)
    }

    fn public(secret: Scalar) -> Binary {
        Binary::from((G2Projective::generator() * secret).to_affine().to_compressed())
    }

    /// The key as it is announced; members are accounts `signer 1`, `signer 2`, …
    pub fn key(&self, net: &Suite) -> BeaconKey {
        let members = (1..=self.members)
            .map(|index| BeaconMember {
                account: net.account(&format!("signer {index}")).to_string(),
                index,
                key: Self::public(self.secret(index)),
            })
            .collect();
        BeaconKey { key: Self::public(self.secret(0)), threshold: self.coefficients.len() as u32, members }
    }

    fn sign(secret: Scalar, message: &[u8]) -> Binary {
        Binary::from((G1Projective::hash_to_curve(message, DOMAIN, &[]) * secret).to_affine().to_compressed())
    }

    /// A member's share.
    pub fn share(&self, index: u32, message: &[u8]) -> Binary {
        Self::sign(self.secret(index), message)
    }

    /// What these shares give.
    pub fn combine(shares: &[(u32, Binary)]) -> Binary {
        let scalar = |index: &u32| Scalar::from(u64::from(*index));
        let mut sum = G1Projective::identity();
        for (own, share) in shares {
            let mut weight = Scalar::ONE;
            for (other, _) in shares.iter().filter(|(other, _)| other != own) {
                weight *= scalar(other) * (scalar(other) - scalar(own)).invert().unwrap();
            }
            let share = G1Affine::from_compressed(share.as_slice().try_into().unwrap()).unwrap();
            sum += G1Projective::from(share) * weight;
        }
        Binary::from(sum.to_affine().to_compressed())
    }

    /// The group's signature for the coming epoch, made by the members that just suffice.
    pub fn seed(&self, net: &Suite) -> Binary {
        let message = net.beacon().message;
        let shares: Vec<_> =
            (1..=self.coefficients.len() as u32).map(|index| (index, self.share(index, &message))).collect();
        Self::combine(&shares)
    }
}

impl Suite {
    pub fn beacon(&self) -> BeaconResponse {
        self.query(QueryMsg::GetBeacon {})
    }

    /// Announces the group's key and takes the network to the first epoch in whose transition it signs.
    #[track_caller]
    pub fn establish(&mut self, group: &Group) {
        let (owner, key) = (self.owner(), group.key(self));
        self.send(&owner, ExecuteMsg::UpdateBeaconKey { key }).unwrap();
        while self.beacon().key.is_none() {
            self.turn_seedless();
        }
    }

    /// Ends the current epoch; no seed comes.
    #[track_caller]
    pub fn turn_seedless(&mut self) {
        self.end_epoch();
        self.advance_seconds(300);
        self.begin().unwrap();
        self.advance(None).unwrap();
        self.advance_seconds(600);
        self.finish(None);
    }
}
