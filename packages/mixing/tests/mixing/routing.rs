//! Previous hop, this one and the next have to be neighbours in one document.

use std::time::Duration;

use nym_mixing::{Address, DropReason, Neighbours, NextHop, Routing, RoutingTable};
use nym_topology::{Layer, Position};

const A: Address = [1; 32];
const B: Address = [2; 32];
const C: Address = [3; 32];
const D: Address = [4; 32];
const CLIENT: Address = [9; 32];
const MAX: Duration = Duration::from_secs(1);

fn layer(number: u8) -> Position {
    Position::Layer(Layer::new(number).unwrap())
}

fn two(current: Neighbours, previous: Neighbours) -> RoutingTable {
    RoutingTable::new(Some(current), Some(previous), MAX)
}

#[test]
fn either_document_admits_a_route_of_its_own() {
    // This node: layer 1 before, layer 2 now.
    let previous = Neighbours::new(layer(1), [(A, Position::Gateway), (B, layer(2))]);
    let current = Neighbours::new(layer(2), [(C, layer(1)), (D, layer(3))]);
    let table = two(current, previous);
    assert_eq!(table.admit(&A, &B), Ok(NextHop::Node));
    assert_eq!(table.admit(&C, &D), Ok(NextHop::Node));
}

#[test]
fn a_route_put_together_from_two_documents_is_refused() {
    let previous = Neighbours::new(layer(1), [(A, Position::Gateway), (B, layer(2))]);
    let current = Neighbours::new(layer(2), [(C, layer(1)), (D, layer(3))]);
    let table = two(current, previous);
    assert_eq!(table.admit(&A, &D), Err(DropReason::NotNeighbour), "would skip layer 2");
    assert_eq!(table.admit(&C, &B), Err(DropReason::NotNeighbour), "would pass layer 1 twice");
}

#[test]
fn only_a_gateway_has_clients_and_only_layer_three_brings_their_replies() {
    let at_gateway = RoutingTable::new(
        Some(Neighbours::new(Position::Gateway, [(A, layer(3)), (B, layer(1)), (C, Position::Gateway)])),
        None,
        MAX,
    );
    let is_client = |address: &Address| *address == CLIENT;
    let gateway = at_gateway.with_clients(is_client);
    assert_eq!(gateway.admit(&A, &CLIENT), Ok(NextHop::Client));
    assert_eq!(gateway.admit(&A, &B), Ok(NextHop::Node));
    assert_eq!(gateway.admit(&A, &C), Err(DropReason::NotNeighbour));
    assert_eq!(gateway.admit(&B, &CLIENT), Err(DropReason::NotNeighbour));
    assert_eq!(gateway.max_delay(), MAX);

    let at_mix = RoutingTable::new(Some(Neighbours::new(layer(3), [(A, layer(2))])), None, MAX);
    assert_eq!(at_mix.with_clients(is_client).admit(&A, &CLIENT), Err(DropReason::NotNeighbour));
    assert_eq!(RoutingTable::default().with_clients(is_client).admit(&A, &CLIENT), Err(DropReason::NoTopology));
}

#[test]
fn clients_start_their_packets_at_layer_one() {
    let table = RoutingTable::new(Some(Neighbours::new(Position::Gateway, [(A, layer(3)), (B, layer(1))])), None, MAX);
    assert_eq!(table.may_start(&B), Ok(()));
    assert_eq!(table.may_start(&A), Err(DropReason::NotNeighbour));
    assert_eq!(table.may_start(&C), Err(DropReason::UnknownNextHop));
    assert_eq!(RoutingTable::default().may_start(&B), Err(DropReason::NoTopology));
}
