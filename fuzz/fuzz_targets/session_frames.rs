//! Frames of clients and of gateways from bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nym_wire::session::{ClientFrame, ClientFrames, GatewayFrame, GatewayFrames, CONFIRM_MAX};

fuzz_target!(|data: &[u8]| {
    let Some((side, bytes)) = data.split_first() else { return };
    if side % 2 == 0 {
        let Ok(frames) = ClientFrames::parse(bytes) else { return };
        let length: usize = frames
            .map(|frame| match frame {
                ClientFrame::Send { first_hop, packet } => 3 + first_hop.len() + packet.len(),
                ClientFrame::Confirm(rows) => {
                    let rows = rows.iter().count();
                    assert!((1..=CONFIRM_MAX).contains(&rows));
                    3 + rows * 8
                }
                ClientFrame::Ping(_) => 3 + 8,
                ClientFrame::Authenticate(proof) => 3 + proof.len(),
            })
            .sum();
        assert_eq!(length, bytes.len(), "every byte belongs to a frame");
    } else {
        let Ok(frames) = GatewayFrames::parse(bytes) else { return };
        let length: usize = frames
            .map(|frame| match frame {
                GatewayFrame::Welcome(_) => 3 + 40,
                GatewayFrame::Delivered { kind, content, .. } => {
                    assert_eq!(content.len(), kind.content_length());
                    3 + nym_wire::session::DELIVERED
                }
                GatewayFrame::Balance(_) | GatewayFrame::Pong(_) => 3 + 8,
                GatewayFrame::Error(_) => 3 + 1,
            })
            .sum();
        assert_eq!(length, bytes.len(), "every byte belongs to a frame");
    }
});
