//! Pieces of memory that the contract and the machine pass to each other, version 8 of the machine's interface.
#![allow(unsafe_code)]

/// Where bytes are. The machine reads and writes this very form; `allocate` and `deallocate` of `cosmwasm_std` make and free it.
#[repr(C)]
pub struct Region {
    offset: u32,
    capacity: u32,
    length: u32,
}

impl Region {
    /// Bytes that stay the contract's: the machine reads them during a call.
    pub fn lend(bytes: &[u8]) -> Self {
        let length = bytes.len() as u32;
        Self { offset: bytes.as_ptr() as u32, capacity: length, length }
    }

    /// Bytes that the machine writes during a call.
    pub fn lend_mut(bytes: &mut [u8]) -> Self {
        let length = bytes.len() as u32;
        Self { offset: bytes.as_mut_ptr() as u32, capacity: length, length }
    }

    /// The address to pass to the machine.
    pub fn address(&self) -> u32 {
        std::ptr::from_ref(self) as u32
    }
}

/// Takes over bytes that the machine put into a region of `allocate`.
pub fn take(address: u32) -> Vec<u8> {
    // SAFETY: the machine passes each region that it got from `allocate` once: a box of three numbers, of a vector of that
    // capacity of which it has written that length.
    unsafe {
        let region = Box::from_raw(address as *mut Region);
        Vec::from_raw_parts(region.offset as *mut u8, region.length as usize, region.capacity as usize)
    }
}

/// Hands bytes over to the machine, which gives them back to `deallocate`.
pub fn give(bytes: Vec<u8>) -> u32 {
    let bytes = std::mem::ManuallyDrop::new(bytes);
    let region =
        Region { offset: bytes.as_ptr() as u32, capacity: bytes.capacity() as u32, length: bytes.len() as u32 };
    Box::into_raw(Box::new(region)) as u32
}
