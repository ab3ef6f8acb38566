//! Pieces of memory that the contract and the machine pass to each other, version 8 of the machine's interface.
//!
//! Types say who owns the bytes, so that all but [`take`] is safe: what is lent outlives the call, what changes hands does so once.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::mem::ManuallyDrop;

/// Bytes of the receiver. The machine reads and writes this very form; `allocate` and `deallocate` of `cosmwasm_std` make and free it.
#[repr(C)]
pub struct Region {
    offset: *mut u8,
    capacity: usize,
    length: usize,
}

/// Bytes that change hands.
pub type Passed = Box<Region>;

/// Bytes that stay the contract's: the machine reads them during a call.
#[repr(C)]
pub struct Lent<'a> {
    offset: *const u8,
    capacity: usize,
    length: usize,
    bytes: PhantomData<&'a [u8]>,
}

/// Room that stays the contract's: the machine writes into it during a call.
#[repr(C)]
pub struct Room<'a> {
    offset: *mut u8,
    capacity: usize,
    length: usize,
    bytes: PhantomData<&'a mut [u8]>,
}

impl<'a> Lent<'a> {
    /// Lends bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { offset: bytes.as_ptr(), capacity: bytes.len(), length: bytes.len(), bytes: PhantomData }
    }
}

impl<'a> Room<'a> {
    /// Lends room.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self { offset: bytes.as_mut_ptr(), capacity: bytes.len(), length: bytes.len(), bytes: PhantomData }
    }
}

/// Takes over bytes.
pub fn take(region: Passed) -> Vec<u8> {
    // SAFETY: a region is what `give` made, or what `allocate` made and the machine then wrote: a vector's bytes, its capacity, and how many
    // of them are written. Nobody else has it.
    unsafe { Vec::from_raw_parts(region.offset, region.length, region.capacity) }
}

/// Hands bytes over.
pub fn give(bytes: Vec<u8>) -> Passed {
    let mut bytes = ManuallyDrop::new(bytes);
    Box::new(Region { offset: bytes.as_mut_ptr(), capacity: bytes.capacity(), length: bytes.len() })
}
