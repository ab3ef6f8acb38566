//! The issuing group of the measured network: its key, which it generates and announces, and the seeds of epochs, for which its members
//! post shares on the chain.

use futures::future::join_all;
use nym_chain_client::{Account, ChainClient, Contract, ContractAddress as _, MixnetMessages, MixnetQueries};
use nym_coconut::beacon::{beacon_message, BeaconKey, BeaconShare, PartialSeed};
use nym_coconut::dkg::{Board, Committee, Dealing, Inbox, Plan, ReceiverSecret, Registry};
use nym_contract_types::lottery;
use nym_contract_types::mixnet::{self, BeaconMember, SeedShare};
use rand::rngs::OsRng;
use std::time::Duration;

pub struct IssuingGroup {
    key: BeaconKey,
    /// So many sign.
    threshold: usize,
    members: Vec<(Account, BeaconShare)>,
    chain_id: String,
}

/// The seed of an epoch, and what it took to bring it.
pub struct Brought {
    pub seed: Vec<u8>,
    /// Gas of each share.
    pub shares: Vec<u64>,
    /// Gas of the seed itself.
    pub gas: u64,
}

impl IssuingGroup {
    /// Generates the key of the group that these accounts are.
    pub fn generate(chain_id: &str, accounts: &[Account]) -> Self {
        let indices: Vec<u16> = (1..).take(accounts.len()).collect();
        let committee = Committee::new(&indices).unwrap();
        let threshold = committee.threshold();
        let plan = Plan::new_key(chain_id, "issuing group", 1, 1, committee).unwrap();
        let mut registry = Registry::new(plan.clone());
        let mut secrets = Vec::new();
        for &index in &indices {
            let (secret, registration) = ReceiverSecret::register(&plan, index, &mut OsRng);
            registry.post(index, &registration.to_bytes(&plan)).unwrap();
            secrets.push((index, secret));
        }
        let ceremony = registry.close().unwrap();
        let mut board = Board::new(ceremony.clone());
        for &dealer in &indices {
            let dealing = Dealing::deal(&ceremony, dealer, None, &mut OsRng).unwrap();
            board.post_dealing(dealer, &dealing.to_bytes(&ceremony)).unwrap();
        }
        board.close_dealing();
        board.close();
        let outcome = board.outcome().unwrap();
        let shares = secrets.iter().map(|(index, secret)| {
            let inbox = Inbox::open(&board, *index, secret, &mut OsRng).unwrap();
            inbox.finish(&outcome).unwrap().beacon_share()
        });
        let members = accounts.iter().cloned().zip(shares).collect();
        Self { key: BeaconKey::new(outcome.key()), threshold, members, chain_id: chain_id.to_owned() }
    }

    /// Announces the key and ends the first epoch, for whose successor it does not sign yet: nobody is bonded, and no set could be drawn.
    pub async fn announce(&self, contract: &Contract<ChainClient>, owner: &Account) {
        let members = self.members.iter().map(|(account, share)| BeaconMember {
            account: account.address().to_owned(),
            index: share.index().into(),
            key: self.key.member(share.index()).unwrap().to_compressed().into(),
        });
        let key = mixnet::BeaconKey {
            key: self.key.group().to_compressed().into(),
            threshold: u32::try_from(self.threshold).unwrap(),
            members: members.collect(),
        };
        owner.send(&contract.update_beacon_key(key).unwrap()).await.unwrap();
        owner.send(&contract.begin_epoch_transition(Some(0)).unwrap()).await.unwrap();
        // Until nobody may bring a seed any more.
        let until = contract.beacon().await.unwrap().until.unwrap();
        while contract.epoch_status().await.unwrap().current_blocktime < until {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        owner.send(&contract.advance_epoch(Some(0), None).unwrap()).await.unwrap();
    }

    /// As many members as suffice post their shares; anyone brings what these make together. One of them alone is refused.
    pub async fn bring_seed(&self, contract: &Contract<ChainClient>, anyone: &Account) -> Brought {
        let asked = contract.beacon().await.unwrap();
        let message = self.message(contract, asked.epoch).await;
        assert_eq!(asked.message.as_slice(), message, "the contract asks for a signature of something else");
        let posts = self.members.iter().take(self.threshold).map(|(account, share)| {
            let share = share.sign(&message).to_bytes()[2..].to_vec();
            let tx = contract.submit_seed_share(asked.epoch, share).unwrap();
            async move { account.send(&tx).await.unwrap().gas_used }
        });
        let shares = join_all(posts).await;

        let posted = contract.beacon().await.unwrap().shares;
        let alone = contract.submit_seed(asked.epoch, posted[0].share.to_vec()).unwrap();
        let refused = anyone.simulate(&alone).await.unwrap_err();
        let sentence = format!("the signature is not by the group over the message of epoch {}", asked.epoch);
        assert_eq!(refused.contract_error(), Some(sentence.as_str()), "{refused}");

        let seed = self.combine(&message, &posted);
        let tx = contract.submit_seed(asked.epoch, seed.clone()).unwrap();
        let gas = anyone.send(&tx).await.unwrap().gas_used;
        Brought { seed, shares, gas }
    }

    /// What is signed for an epoch.
    async fn message(&self, contract: &Contract<ChainClient>, epoch: u32) -> Vec<u8> {
        let mut last = contract.lottery().await.unwrap().seed.to_vec();
        // There was no seed yet.
        if last.is_empty() {
            last = lottery::first_seed(&self.chain_id, contract.address()).to_vec();
        }
        beacon_message(&self.chain_id, contract.address(), epoch, &last)
    }

    fn combine(&self, message: &[u8], posted: &[SeedShare]) -> Vec<u8> {
        let partial = |posted: &SeedShare| {
            let index = u16::try_from(posted.index).unwrap().to_be_bytes();
            PartialSeed::decode(&[index.as_slice(), posted.share.as_slice()].concat()).unwrap()
        };
        let partials: Vec<PartialSeed> = posted.iter().map(partial).collect();
        self.key.combine(message, &partials, &mut OsRng).unwrap().to_bytes().to_vec()
    }
}
