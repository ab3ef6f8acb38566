//! What a local network is made of.

use crate::ports::{Ports, MAX_APIS, MAX_GATEWAYS, MAX_MIX_NODES, MAX_VALIDATORS, PORTS};
use std::path::PathBuf;

/// Where blocks of free ports are looked for: below those that systems give to outgoing connections.
const FIRST_PORT: u16 = 17_000;
const LAST_PORT: u16 = 32_600;

/// The chain below everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// The embedded chain.
    Devchain,
    /// So many wasmd validators.
    Wasmd {
        /// How many.
        validators: u16,
    },
    /// A chain that runs already. Its accounts are made by sending them coins.
    Running {
        /// Addresses of its RPC.
        endpoints: Vec<String>,
        /// Mnemonic of an account of its genesis with coins of both denoms.
        mnemonic_file: PathBuf,
    },
}

/// What a local network is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of everything; made if missing, and emptied: a local network begins anew.
    pub dir: PathBuf,
    /// Folder of the programs; usually that of the running one.
    pub programs: PathBuf,
    /// Folder of the project's scripts, for wasmd.
    pub scripts: PathBuf,
    /// The mixnet contract.
    pub contract: PathBuf,
    /// The chain below everything.
    pub chain: Chain,
    /// Mix nodes, at least three.
    pub mix_nodes: u16,
    /// Gateways, at least one.
    pub gateways: u16,
    /// Validator APIs; more than half and at least two thirds must agree on a topology.
    pub apis: u16,
    /// First port; the network uses the 500 from there on.
    pub base_port: u16,
    /// Length of an epoch after the first, seconds.
    pub epoch_seconds: u64,
    /// Mean delay in a mix node, milliseconds.
    pub mean_hop_delay_ms: u32,
    /// Share of the packets that every link loses on purpose, 0 to 1.
    pub link_loss: f64,
    /// No cover of the nodes' own and no probes: for tests that account for every packet.
    pub quiet: bool,
    /// Log filter of every process.
    pub log: String,
}

impl Options {
    /// Six mix nodes, two gateways, three validator APIs, on devchain.
    pub fn new(dir: impl Into<PathBuf>, programs: impl Into<PathBuf>, contract: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            programs: programs.into(),
            scripts: "scripts".into(),
            contract: contract.into(),
            chain: Chain::Devchain,
            mix_nodes: 6,
            gateways: 2,
            apis: 3,
            base_port: 17_000,
            epoch_seconds: 60,
            mean_hop_delay_ms: 50,
            link_loss: 0.0,
            quiet: false,
            log: "info".into(),
        }
    }

    /// Takes the first block of ports at or after the base port, or from 17,000 on, that nothing listens on.
    pub fn on_free_ports(mut self) -> anyhow::Result<Self> {
        let blocks = (FIRST_PORT..=LAST_PORT - PORTS).step_by(usize::from(PORTS));
        let (before, after): (Vec<u16>, Vec<u16>) = blocks.partition(|base| *base < self.base_port);
        let free = after.into_iter().chain(before).find(|base| Ports::new(*base).check_free(&self).is_ok());
        self.base_port =
            free.ok_or_else(|| anyhow::anyhow!("no {PORTS} ports between {FIRST_PORT} and {LAST_PORT} are free"))?;
        Ok(self)
    }

    /// How many of the APIs must agree: two thirds, rounded up, and more than half.
    pub fn threshold(&self) -> usize {
        let apis = usize::from(self.apis);
        (apis * 2).div_ceil(3).max(apis / 2 + 1)
    }

    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.mix_nodes >= 3, "{} mix nodes cannot fill three layers", self.mix_nodes);
        anyhow::ensure!(self.gateways >= 1, "a network needs a gateway");
        anyhow::ensure!(self.apis >= 1, "a network needs a validator API");
        anyhow::ensure!(
            self.mix_nodes <= MAX_MIX_NODES && self.gateways <= MAX_GATEWAYS && self.apis <= MAX_APIS,
            "at most {MAX_MIX_NODES} mix nodes, {MAX_GATEWAYS} gateways and {MAX_APIS} validator APIs have room in the \
             network's ports"
        );
        if let Chain::Wasmd { validators } = self.chain {
            anyhow::ensure!(
                (1..=MAX_VALIDATORS).contains(&validators),
                "{validators} validators are not between 1 and {MAX_VALIDATORS}"
            );
        }
        anyhow::ensure!(
            self.base_port > 0 && self.base_port <= u16::MAX - PORTS,
            "base port {} leaves no room for {PORTS} ports",
            self.base_port
        );
        Ok(())
    }
}
