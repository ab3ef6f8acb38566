//! The program itself: init, bonding, mistakes, signals.

use nym_contract_types::mixnet::GatewayBonding;
use nym_links::test_util::program::Program;

const PROGRAM: Program = Program {
    path: env!("CARGO_BIN_EXE_gateway"),
    serves: "gateway serves",
    extra: &["--clients-listen", "127.0.0.1:0", "--clients-announce-port", "9000"],
};

#[test]
fn sigterm_and_sigint_stop_a_node_within_ten_seconds() {
    PROGRAM.sigterm_and_sigint_stop_a_node_within_ten_seconds();
}

#[test]
fn two_nodes_on_one_home_folder_are_refused_in_three_lines() {
    PROGRAM.two_nodes_on_one_home_folder_are_refused_in_three_lines();
}

#[test]
fn bonding_info_is_signed_by_the_identity_key() {
    let identity = |bonding: &GatewayBonding| bonding.gateway.identity_key.clone();

    let bonded = PROGRAM.bonding_info_is_signed_by_the_identity_key(identity);

    assert_eq!(bonded.gateway.mix_port, 1789);
    assert_eq!(bonded.gateway.clients_port, 9000);
}

#[test]
fn keys_info_is_signed_by_the_identity_key() {
    PROGRAM.keys_info_is_signed_by_the_identity_key();
}

#[test]
fn mistakes_are_three_lines_with_their_exit_code() {
    PROGRAM.mistakes_are_three_lines_with_their_exit_code();
}

#[test]
fn the_configuration_is_shown_with_its_origins() {
    PROGRAM.the_configuration_is_shown_with_its_origins();
}

#[test]
fn sighup_changes_the_log_level_and_nothing_else() {
    PROGRAM.sighup_changes_the_log_level_and_nothing_else();
}
