//! Types of the chain: amounts, accounts, bytes, and what the machine passes with a message.

use std::str::FromStr;

use cosmwasm_std::{
    Addr, Attribute, Binary, BlockInfo, Coin, ContractInfo, Decimal, Decimal256, Env, Event, MessageInfo, MigrateInfo,
    Timestamp, Uint128, Uint256, Uint64,
};

use super::ser::write_displayed;
use super::{base64, read_object, write_object, Error, Parser, Read, Write};

/// Reads a number that is a string.
fn parse<T: FromStr>(parser: &mut Parser<'_>) -> Result<T, Error> {
    parser.string()?.parse().map_err(|_| Error::new("a string is not the number that is expected here"))
}

macro_rules! amounts {
    ($($type:ident as $number:ty),+) => {
        $(impl Read for $type {
            fn empty() -> Self {
                Self::zero()
            }

            fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
                *self = Self::from(parse::<$number>(parser)?);
                Ok(())
            }
        }

        impl Write for $type {
            fn write(&self, text: &mut Vec<u8>) {
                write_displayed(text, self);
            }
        })+
    };
}

amounts!(Uint64 as u64, Uint128 as u128, Uint256 as Uint256, Decimal as Decimal, Decimal256 as Decimal256);

impl Read for Addr {
    fn empty() -> Self {
        Self::unchecked("")
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        *self = Self::unchecked(parser.string()?);
        Ok(())
    }
}

impl Write for Addr {
    fn write(&self, text: &mut Vec<u8>) {
        self.as_str().write(text);
    }
}

impl Read for Binary {
    fn empty() -> Self {
        Self::default()
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        let bytes = base64::decode(parser.string()?.as_bytes());
        *self = Self::from(bytes.ok_or_else(|| Error::new("a string is not base64"))?);
        Ok(())
    }
}

impl Write for Binary {
    fn write(&self, text: &mut Vec<u8>) {
        text.push(b'"');
        base64::encode(self.as_slice(), text);
        text.push(b'"');
    }
}

impl Read for Coin {
    fn empty() -> Self {
        Self { denom: String::new(), amount: Uint256::zero() }
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        read_object(parser, "denom,amount", false, &mut [&mut self.denom, &mut self.amount])
    }
}

impl Write for Coin {
    fn write(&self, text: &mut Vec<u8>) {
        write_object(text, "denom,amount", &[&self.denom, &self.amount]);
    }
}

impl Read for Timestamp {
    fn empty() -> Self {
        Self::from_nanos(0)
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        *self = Self::from_nanos(parse(parser)?);
        Ok(())
    }
}

impl Read for BlockInfo {
    fn empty() -> Self {
        Self { height: 0, time: Timestamp::empty(), chain_id: String::new() }
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        let fields: &mut [&mut dyn Read] = &mut [&mut self.height, &mut self.time, &mut self.chain_id];
        read_object(parser, "height,time,chain_id", false, fields)
    }
}

impl Read for ContractInfo {
    fn empty() -> Self {
        Self { address: Addr::empty() }
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        read_object(parser, "address", false, &mut [&mut self.address])
    }
}

/// The transaction's place in its block is gone over: a contract that depends on it could be played with.
impl Read for Env {
    fn empty() -> Self {
        Self { block: BlockInfo::empty(), transaction: None, contract: ContractInfo::empty() }
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        read_object(parser, "block,contract", false, &mut [&mut self.block, &mut self.contract])
    }
}

impl Read for MessageInfo {
    fn empty() -> Self {
        Self { sender: Addr::empty(), funds: Vec::new() }
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        read_object(parser, "sender,funds", false, &mut [&mut self.sender, &mut self.funds])
    }
}

impl Read for MigrateInfo {
    fn empty() -> Self {
        Self { sender: Addr::empty(), old_migrate_version: None }
    }

    fn read(&mut self, parser: &mut Parser<'_>) -> Result<(), Error> {
        let fields: &mut [&mut dyn Read] = &mut [&mut self.sender, &mut self.old_migrate_version];
        read_object(parser, "sender,old_migrate_version?", false, fields)
    }
}

impl Write for Attribute {
    fn write(&self, text: &mut Vec<u8>) {
        write_object(text, "key,value", &[&self.key, &self.value]);
    }
}

impl Write for Event {
    fn write(&self, text: &mut Vec<u8>) {
        write_object(text, "type,attributes", &[&self.ty, &self.attributes]);
    }
}
