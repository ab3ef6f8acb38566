//! The same from the recorded states of earlier versions, once they have been migrated.
//!
//! What everybody holds in them is not read from them: the model goes through the messages that made them, from the first block on, and only
//! then are the migrated records compared with it. Two things are trusted. That [`play`] is what was recorded: were it not, stakes, pool and
//! clock of the state would differ from the model's. And who was drawn for the epochs before the current one, which no record says and rewards
//! depend on: this version draws them once more.

use std::sync::LazyLock;

use nym_contract_types::mixnet::ExecuteMsg;
use nym_mixnet_contract::epochs::clock::Phase;
use nym_mixnet_contract::epochs::state::RewardedSet;
use proptest::prelude::*;

use super::check::Watch;
use super::model::{Call, Model};
use super::world::World;
use super::{everyone, leavers, live, order, steps, Step};
use crate::migrations::recorded::{play, Recorded};
use crate::migrations::{migrate, VERSIONS};
use crate::suite::{Group, Suite};

/// A recorded state, and what its past says of it.
struct Start {
    recorded: Recorded,
    model: Model,
    /// Messages that were accepted, and those of them that paid something.
    operations: u128,
    payouts: u128,
    /// Rewards of the epoch whose nodes are being gone through, in 10^-18.
    paid_in_epoch: u128,
}

static STARTS: LazyLock<Vec<Start>> = LazyLock::new(|| {
    let mut starts = Vec::new();
    play(|moment, net| {
        for version in VERSIONS {
            let recorded = Recorded::load(version, moment);
            let (then, now) = ((recorded.height, recorded.time), (net.env.block.height, net.env.block.time));
            assert_eq!(then, now, "{version} {moment} was made in another way");
            starts.push(Start::of(recorded, net));
        }
    });
    starts
});

impl Start {
    /// What was recorded when `played` had come as far as it has.
    fn of(recorded: Recorded, played: &Suite) -> Self {
        let past = played.history.as_ref().expect("a play keeps its history");
        let mut model = Model::new(&past.told, played.owner(), past.time);
        let mut paid_before = 0;
        for message in &past.accepted {
            let (sender, msg, name) = (&message.sender, &message.msg, message.msg.name());
            if matches!(msg, ExecuteMsg::BeginEpochTransition { .. }) {
                paid_before = model.paid.atomics();
            }
            let call = Call { sender, msg, sent: message.sent, time: message.time, height: message.height };
            let due = model.execute(&call, message.paid).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
            assert!(due.least <= message.paid && message.paid <= due.most, "{name} paid {}: {due:?}", message.paid);
            model.note_payment(sender, message.paid);
            if model.drawn {
                model.show_set(message.set.clone());
            }
        }
        let paid_in_epoch = if model.phase == Phase::Settling { model.paid.atomics() - paid_before } else { 0 };
        let payouts = past.accepted.iter().filter(|message| message.paid > 0).count() as u128;
        Self { recorded, model, operations: past.accepted.len() as u128, payouts, paid_in_epoch }
    }

    /// The migrated network beside the model. That everything holds there is what the model says has been checked.
    fn world(&self) -> (World, Watch) {
        let mut net = self.recorded.revive();
        migrate(&mut net).unwrap();
        assert_eq!(RewardedSet::load(&net.store, self.model.epoch).unwrap(), self.model.set);
        let groups = vec![Group::new(1, 5, 3), Group::new(2, 4, 3)];
        let world = World::under_way(net, self.model.clone(), groups);
        let mut watch = Watch::under_way(&world, self.operations, self.payouts, self.paid_in_epoch);
        watch.after(&world, false, 0);
        (world, watch)
    }
}

/// A sixteenth of what a new network gets: each sequence is taken from every recorded state.
fn config() -> ProptestConfig {
    let cases = (ProptestConfig::default().cases / 16).max(1);
    ProptestConfig { cases, max_shrink_iters: 500, ..ProptestConfig::default() }
}

/// Whether each message was accepted, by user, and what everybody has in the end.
fn play_from(start: &Start, users: &[Vec<Step>], order: &[usize]) -> (Vec<Vec<bool>>, Vec<u128>) {
    let (mut world, _) = start.world();
    world.drive();
    let mut accepted = vec![Vec::new(); users.len()];
    for number in order {
        let step = &users[*number][accepted[*number].len()];
        accepted[*number].push(world.take(step));
    }
    world.drive();
    world.net.next_block();
    for step in everyone() {
        world.take(&step);
    }
    (accepted, order::received(&world.net))
}

#[test]
fn a_migrated_state_holds_what_the_messages_that_made_it_say() {
    for start in STARTS.iter() {
        start.world();
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn invariants_hold_from_migrated_states_on_and_everyone_can_leave(steps in steps(50), leavers in leavers()) {
        for start in STARTS.iter() {
            let (world, watch) = start.world();
            live(world, watch, &steps, &leavers);
        }
    }

    #[test]
    fn permuting_messages_after_a_migration_changes_nobodys_money((users, one, other) in order::users()) {
        for start in STARTS.iter() {
            order::assert_same(&play_from(start, &users, &one), &play_from(start, &users, &other));
        }
    }
}
