//! A ceremony of four with one honest message of each kind, and edits of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use nym_coconut::beacon::{beacon_message, BeaconKey};
use nym_coconut::dkg::{
    Accusation, Announcement, Board, Ceremony, Charge, Committee, Complaint, Dealing, GroupKey, Inbox, MemberShare,
    Plan, ReceiverSecret, Registry,
};
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::ChaCha20Rng;

/// What the targets start from.
pub struct World {
    pub plan: Plan,
    pub ceremony: Ceremony,
    pub secrets: BTreeMap<u16, ReceiverSecret>,
    pub registration: Vec<u8>,
    pub dealings: BTreeMap<u16, Vec<u8>>,
    /// After the first window.
    pub board: Board,
    /// Of member 1 about dealer 2, whose shares are right.
    pub complaint: Vec<u8>,
    pub accusation: Vec<u8>,
    pub group: GroupKey,
    pub announcement: Vec<u8>,
    pub shares: BTreeMap<u16, MemberShare>,
    pub beacon: BeaconKey,
    pub message: Vec<u8>,
}

pub static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mut rng = rng();
    let committee = Committee::new(&[1, 2, 3, 4]).expect("four members");
    let plan = Plan::new_key("nym-fuzz-1", "n1dkg", 7, 1, committee).expect("a plan");
    let mut registry = Registry::new(plan.clone());
    let mut secrets = BTreeMap::new();
    let mut first = None;
    for index in 1..=4 {
        let (secret, registration) = ReceiverSecret::register(&plan, index, &mut rng);
        let bytes = registration.to_bytes(&plan);
        registry.post(index, &bytes).expect("honest");
        first.get_or_insert(bytes);
        secrets.insert(index, secret);
    }
    let ceremony = registry.close().expect("all registered");
    let dealings: BTreeMap<u16, Vec<u8>> = (1..=4)
        .map(|dealer| (dealer, Dealing::deal(&ceremony, dealer, None, &mut rng).expect("a dealer").to_bytes(&ceremony)))
        .collect();
    let mut board = Board::new(ceremony.clone());
    for (&dealer, bytes) in &dealings {
        board.post_dealing(dealer, bytes).expect("in time");
    }
    board.close_dealing();
    let complaint = Complaint::make(&board, 2, 1, &secrets[&1], &mut rng).expect("a dealing").to_bytes(&ceremony);
    let accusation = Accusation { dealer: 2, charge: Charge::BadProof }.to_bytes(&ceremony);
    let mut over = board.clone();
    over.close();
    let outcome = over.outcome().expect("all are honest");
    let shares: BTreeMap<u16, MemberShare> = secrets
        .iter()
        .map(|(&index, secret)| {
            let inbox = Inbox::open(&over, index, secret, &mut rng).expect("a receiver");
            (index, inbox.finish(&outcome).expect("right shares"))
        })
        .collect();
    let group = outcome.key().clone();
    let announcement = Announcement::new(&shares[&1]).to_bytes(&group);
    let beacon = BeaconKey::new(&group);
    World {
        plan,
        ceremony,
        secrets,
        registration: first.expect("somebody registered"),
        dealings,
        board,
        complaint,
        accusation,
        group,
        announcement,
        shares,
        beacon,
        message: beacon_message("nym-fuzz-1", "n1mixnet", 1, &[0; 32]),
    }
});

/// The same randomness each time.
pub fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(5)
}

/// The bytes themselves, or an honest message with edits: three bytes each, place and what is added.
pub fn message(data: &[u8], honest: &[u8]) -> Vec<u8> {
    match data.split_first() {
        None => honest.to_vec(),
        Some((0, raw)) => raw.to_vec(),
        Some((_, edits)) => {
            let mut bytes = honest.to_vec();
            for edit in edits.chunks_exact(3) {
                let place = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % bytes.len();
                bytes[place] = bytes[place].wrapping_add(edit[2]);
            }
            bytes
        }
    }
}
