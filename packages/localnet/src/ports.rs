//! Which process listens where: fixed offsets from the base port, so that addresses can be remembered.

use crate::{Chain, Options};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Ports of one network.
pub const PORTS: u16 = CHAIN + MAX_VALIDATORS * VALIDATOR_PORTS;
/// Validator APIs that have room.
pub const MAX_APIS: u16 = 10;
/// Gateways that have room.
pub const MAX_GATEWAYS: u16 = 30;
/// Mix nodes that have room.
pub const MAX_MIX_NODES: u16 = 90;
/// Validators of wasmd that have room.
pub const MAX_VALIDATORS: u16 = 20;

const API: u16 = 0;
const API_ADMIN: u16 = API + MAX_APIS;
const GATEWAY: u16 = API_ADMIN + MAX_APIS;
const GATEWAY_CLIENTS: u16 = GATEWAY + MAX_GATEWAYS;
const GATEWAY_ADMIN: u16 = GATEWAY_CLIENTS + MAX_GATEWAYS;
const MIX_NODE: u16 = GATEWAY_ADMIN + MAX_GATEWAYS;
const MIX_NODE_ADMIN: u16 = MIX_NODE + MAX_MIX_NODES;
/// A round number: the RPC is what people type.
const CHAIN: u16 = 300;
const _: () = assert!(MIX_NODE_ADMIN + MAX_MIX_NODES <= CHAIN, "ports overlap");
/// From one validator's RPC to that of the next; it uses the first three: RPC, p2p, gRPC (`scripts/wasmd-net`).
const VALIDATOR_PORTS: u16 = 10;

/// The network's addresses.
#[derive(Debug, Clone, Copy)]
pub struct Ports(u16);

impl Ports {
    /// Addresses from the base port on.
    pub fn new(base: u16) -> Self {
        Self(base)
    }

    fn at(self, offset: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.0 + offset).into()
    }

    /// RPC of the embedded chain, or of the first validator.
    pub fn rpc(self) -> SocketAddr {
        self.at(CHAIN)
    }

    /// What a validator of wasmd listens on.
    pub fn validator(self, index: u16) -> [SocketAddr; 3] {
        [0, 1, 2].map(|offset| self.at(CHAIN + VALIDATOR_PORTS * index + offset))
    }

    /// HTTP of a validator API.
    pub fn api(self, index: u16) -> SocketAddr {
        self.at(API + index)
    }

    /// Administration of a validator API.
    pub fn api_admin(self, index: u16) -> SocketAddr {
        self.at(API_ADMIN + index)
    }

    /// Links of a gateway.
    pub fn gateway(self, index: u16) -> SocketAddr {
        self.at(GATEWAY + index)
    }

    /// Clients of a gateway.
    pub fn gateway_clients(self, index: u16) -> SocketAddr {
        self.at(GATEWAY_CLIENTS + index)
    }

    /// Administration of a gateway.
    pub fn gateway_admin(self, index: u16) -> SocketAddr {
        self.at(GATEWAY_ADMIN + index)
    }

    /// Links of a mix node.
    pub fn mix_node(self, index: u16) -> SocketAddr {
        self.at(MIX_NODE + index)
    }

    /// Administration of a mix node.
    pub fn mix_node_admin(self, index: u16) -> SocketAddr {
        self.at(MIX_NODE_ADMIN + index)
    }

    /// Every address that the network will listen on.
    pub fn all(self, options: &Options) -> Vec<SocketAddr> {
        let mut all: Vec<_> = match options.chain {
            Chain::Devchain => vec![self.rpc()],
            Chain::Wasmd { validators } => (0..validators).flat_map(|index| self.validator(index)).collect(),
            Chain::Running { .. } => Vec::new(),
        };
        all.extend((0..options.apis).flat_map(|index| [self.api(index), self.api_admin(index)]));
        all.extend(
            (0..options.gateways)
                .flat_map(|index| [self.gateway(index), self.gateway_clients(index), self.gateway_admin(index)]),
        );
        all.extend((0..options.mix_nodes).flat_map(|index| [self.mix_node(index), self.mix_node_admin(index)]));
        all
    }

    /// Says which address is taken before anything is started.
    pub fn check_free(self, options: &Options) -> anyhow::Result<()> {
        for address in self.all(options) {
            TcpListener::bind(address).map_err(|error| {
                anyhow::anyhow!("address {address} cannot be used: {error}; is another local network running?")
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::collections::BTreeSet;

    fn largest() -> Options {
        Options {
            chain: Chain::Wasmd { validators: MAX_VALIDATORS },
            mix_nodes: MAX_MIX_NODES,
            gateways: MAX_GATEWAYS,
            apis: MAX_APIS,
            ..Options::new("", "", "")
        }
    }

    #[test]
    fn the_largest_network_has_its_ports_for_itself_and_within_the_said_number() {
        let options = largest();
        assert!(options.check().is_ok());

        let all = Ports::new(20_000).all(&options);

        assert_eq!(all.len(), usize::from(3 * MAX_VALIDATORS + 2 * MAX_APIS + 3 * MAX_GATEWAYS + 2 * MAX_MIX_NODES));
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "an address is used twice");
        assert!(all.iter().all(|address| (20_000..20_000 + PORTS).contains(&address.port())), "{all:?}");
        assert_eq!(PORTS, 500, "the help and the README of the command line say so");
    }

    #[test]
    fn a_network_that_has_no_room_is_refused() {
        for change in [
            |options: &mut Options| options.mix_nodes += 1,
            |options: &mut Options| options.gateways += 1,
            |options: &mut Options| options.apis += 1,
            |options: &mut Options| options.chain = Chain::Wasmd { validators: MAX_VALIDATORS + 1 },
            |options: &mut Options| options.chain = Chain::Wasmd { validators: 0 },
            |options: &mut Options| options.base_port = u16::MAX - PORTS + 1,
        ] {
            let mut options = largest();
            change(&mut options);
            assert!(options.check().is_err(), "{options:?}");
        }
    }

    #[test]
    fn a_port_of_any_validator_that_is_taken_is_named() {
        // A block that is free as a whole, so that what is found taken is what the test took.
        let options = Options { chain: Chain::Wasmd { validators: 4 }, ..Options::new("", "", "") };
        let options = options.on_free_ports().unwrap();
        let ports = Ports::new(options.base_port);
        let last = ports.validator(3)[2];
        let _taken = TcpListener::bind(last).unwrap();

        let error = ports.check_free(&options).unwrap_err().to_string();

        assert!(error.contains(&last.to_string()), "{error}");
        let fewer = Options { chain: Chain::Wasmd { validators: 3 }, ..options };
        assert!(ports.check_free(&fewer).is_ok(), "nobody wants that port");
    }
}
