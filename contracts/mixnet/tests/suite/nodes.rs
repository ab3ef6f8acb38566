//! Nodes with keys, as their operators announce them.

use cosmwasm_std::{coin, coins, Addr, Binary, Coin, Response};
use ed25519_dalek::{Signer, SigningKey};
use nym_contract_types::keys;
use nym_contract_types::mixnet::{
    ExecuteMsg, Gateway, GatewayBonding, MixNode, MixNodeCostParams, MixnodeBonding, NodeKeys, QueryMsg,
    SigningNonceResponse,
};
use nym_contract_types::signing::{MessageType, Payload};
use nym_contract_types::{NodeId, Percent};
use nym_mixnet_contract::ContractError;

use super::{attribute, Suite, DENOM, NYM, PLEDGE};

/// An identity key that is the same for the same number in every run.
#[derive(Clone)]
pub struct Identity(SigningKey);

impl Identity {
    pub fn of(number: u32) -> Self {
        let mut seed = [7u8; 32];
        for (byte, from) in seed.iter_mut().zip(number.to_be_bytes()) {
            *byte = from;
        }
        Self(SigningKey::from_bytes(&seed))
    }

    pub fn text(&self) -> String {
        keys::to_text(self.0.verifying_key().as_bytes())
    }

    pub fn sign(&self, payload: &[u8]) -> Binary {
        Binary::from(self.0.sign(payload).to_bytes())
    }
}

/// What is announced, before it is signed.
pub struct Announced;

impl Announced {
    pub fn mix_node(identity: &Identity) -> MixNode {
        MixNode {
            host: "203.0.113.7".to_owned(),
            mix_port: 1_789,
            verloc_port: 1_790,
            http_api_port: 8_000,
            sphinx_key: keys::to_text(&[1; 32]),
            identity_key: identity.text(),
            version: "0.1.0".to_owned(),
            noise_key: Some(keys::to_text(&[2; 32])),
        }
    }

    pub fn gateway(identity: &Identity) -> Gateway {
        Gateway {
            host: "2001:db8::7".to_owned(),
            mix_port: 1_789,
            clients_port: 9_000,
            location: "Neuchâtel".to_owned(),
            sphinx_key: keys::to_text(&[1; 32]),
            identity_key: identity.text(),
            version: "0.1.0".to_owned(),
            noise_key: Some(keys::to_text(&[2; 32])),
        }
    }

    pub fn costs() -> MixNodeCostParams {
        MixNodeCostParams {
            profit_margin_percent: Percent::from_percentage(10).unwrap(),
            interval_operating_cost: coin(40 * NYM, DENOM),
        }
    }
}

impl Suite {
    pub fn nonce(&self, address: &Addr) -> u64 {
        self.query::<SigningNonceResponse>(QueryMsg::GetSigningNonce { address: address.to_string() }).nonce
    }

    /// The message that bonds a mix node, signed for `owner` and `funds`.
    pub fn mixnode_bonding(
        &self,
        owner: &Addr,
        identity: &Identity,
        mix_node: MixNode,
        costs: MixNodeCostParams,
        funds: &[Coin],
    ) -> ExecuteMsg {
        let data = MixnodeBonding { mix_node, cost_params: costs };
        let payload = Payload {
            chain_id: &self.env.block.chain_id,
            contract: self.env.contract.address.as_str(),
            message_type: MessageType::MixnodeBonding,
            sender: owner.as_str(),
            nonce: self.nonce(owner),
            data: &data,
            funds,
        };
        let owner_signature = identity.sign(&payload.bytes());
        ExecuteMsg::BondMixnode { mix_node: data.mix_node, cost_params: data.cost_params, owner_signature }
    }

    /// The message that bonds a gateway, signed for `owner` and `funds`.
    pub fn gateway_bonding(&self, owner: &Addr, identity: &Identity, gateway: Gateway, funds: &[Coin]) -> ExecuteMsg {
        let data = GatewayBonding { gateway };
        let payload = Payload {
            chain_id: &self.env.block.chain_id,
            contract: self.env.contract.address.as_str(),
            message_type: MessageType::GatewayBonding,
            sender: owner.as_str(),
            nonce: self.nonce(owner),
            data: &data,
            funds,
        };
        let owner_signature = identity.sign(&payload.bytes());
        ExecuteMsg::BondGateway { gateway: data.gateway, owner_signature }
    }

    /// Keys of a period, the same for the same `number` in every run.
    pub fn keys_of(period: u32, number: u8) -> NodeKeys {
        NodeKeys { period, sphinx_key: keys::to_text(&[number; 32]), noise_key: keys::to_text(&[number + 1; 32]) }
    }

    /// The message that announces keys, signed for `owner`.
    pub fn key_update(&self, owner: &Addr, identity: &Identity, new: NodeKeys) -> ExecuteMsg {
        let payload = Payload {
            chain_id: &self.env.block.chain_id,
            contract: self.env.contract.address.as_str(),
            message_type: MessageType::NodeKeys,
            sender: owner.as_str(),
            nonce: self.nonce(owner),
            data: &new,
            funds: &[],
        };
        let signature = identity.sign(&payload.bytes());
        let NodeKeys { period, sphinx_key, noise_key } = new;
        ExecuteMsg::UpdateNodeKeys { period, sphinx_key, noise_key, signature }
    }

    pub fn bond_with(&mut self, owner: &Addr, number: u32, pledge: u128) -> Result<Response, ContractError> {
        let identity = Identity::of(number);
        let funds = coins(pledge, DENOM);
        let msg = self.mixnode_bonding(owner, &identity, Announced::mix_node(&identity), Announced::costs(), &funds);
        self.execute(owner, msg, &funds)
    }

    /// Bonds a mix node of `owner` with the least pledge. `number` makes its identity.
    #[track_caller]
    pub fn bond(&mut self, owner: &Addr, number: u32) -> NodeId {
        let response = self.bond_with(owner, number, PLEDGE).unwrap();
        attribute(&response, "mix_id").parse().unwrap()
    }

    /// Bonds `count` mix nodes of as many owners in one block, and goes to the next.
    #[track_caller]
    pub fn bond_many(&mut self, count: u32) -> Vec<NodeId> {
        let ids = (1..=count).map(|number| self.bond(&self.account(&format!("operator {number}")), number)).collect();
        self.next_block();
        ids
    }

    /// Owner of the `number`th node of [`Suite::bond_many`].
    pub fn operator(&self, number: u32) -> Addr {
        self.account(&format!("operator {number}"))
    }

    #[track_caller]
    pub fn bond_gateway(&mut self, owner: &Addr, number: u32) -> String {
        let identity = Identity::of(number);
        let funds = coins(PLEDGE, DENOM);
        let msg = self.gateway_bonding(owner, &identity, Announced::gateway(&identity), &funds);
        self.execute(owner, msg, &funds).unwrap();
        identity.text()
    }
}
