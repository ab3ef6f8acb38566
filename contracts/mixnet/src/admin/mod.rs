//! What the owner may change, and the rules that parameters obey however they come in.

pub mod execute;
pub mod params;
