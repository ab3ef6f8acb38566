//! The client's own loops: which are on their way, and how many come back.

use crate::MessageId;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// A loop that is not back by then is lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// Loops judged together; at the slowest rate they are sent in two minutes.
const SAMPLE: u32 = 5_000;
/// What is reported: ordinary networks lose a few percent.
const ALARM_PERCENT: u32 = 30;

/// At most the loops of [`PATIENCE`] are remembered: 24,000 at the fastest rate.
#[derive(Debug, Default)]
pub(super) struct Loops {
    out: HashMap<MessageId, ()>,
    order: VecDeque<(Duration, MessageId)>,
    judged: u32,
    lost: u32,
}

impl Loops {
    pub(super) fn sent(&mut self, id: MessageId, now: Duration) {
        self.out.insert(id, ());
        self.order.push_back((now, id));
    }

    pub(super) fn returned(&mut self, id: &MessageId) {
        self.out.remove(id);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The percentage lost, when a whole sample has come to its end and the loss is alarming.
    pub(super) fn judge(&mut self, now: Duration) -> Option<u8> {
        while let Some((sent, id)) = self.order.front().copied() {
            if now.saturating_sub(sent) < PATIENCE {
                break;
            }
            self.order.pop_front();
            self.judged += 1;
            if self.out.remove(&id).is_some() {
                self.lost += 1;
            }
        }
        if self.judged < SAMPLE {
            return None;
        }
        let percent = self.lost * 100 / self.judged;
        (self.judged, self.lost) = (0, 0);
        (percent >= ALARM_PERCENT).then_some(percent as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(lost_every: u32) -> Option<u8> {
        let mut loops = Loops::default();
        for number in 0..SAMPLE {
            let id = MessageId::from_bytes(u128::from(number).to_be_bytes());
            loops.sent(id, Duration::ZERO);
            if number % lost_every != 0 {
                loops.returned(&id);
            }
        }
        loops.judge(PATIENCE)
    }

    #[test]
    fn ordinary_loss_is_no_alarm() {
        assert_eq!(run(20), None);
    }

    #[test]
    fn a_node_that_drops_half_of_the_loops_is_noticed() {
        assert_eq!(run(2), Some(50));
    }
}
