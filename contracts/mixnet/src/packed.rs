//! Hot records in binary: what is read and written often is small, because a chain charges for every byte.
//!
//! Keys are those of `cw-storage-plus`; only values differ from its `Map` and `Item`, which write JSON.

use std::marker::PhantomData;

use cosmwasm_std::storage_keys::{to_length_prefixed, to_length_prefixed_nested};
use cosmwasm_std::{Addr, Order, Storage};
use cw_storage_plus::{range_with_prefix, KeyDeserialize, Map, PrimaryKey, RawBound};

use crate::ContractError;

/// A value with a binary form.
pub trait Packed: Sized {
    /// What the value is called in errors.
    const NAME: &'static str;

    /// The binary form.
    fn pack(&self) -> Vec<u8>;

    /// The value of a binary form; `None` if it is none.
    fn unpack(bytes: &mut Reader<'_>) -> Option<Self>;

    /// The value of stored bytes, all of them.
    fn from_stored(bytes: &[u8]) -> Result<Self, ContractError> {
        let mut reader = Reader(bytes);
        let value = Self::unpack(&mut reader).filter(|_| reader.0.is_empty());
        value.ok_or(ContractError::Corrupt { what: Self::NAME })
    }
}

/// First bit of every record whose form is that of 0.2.0 where 0.1.0 had another. `migrations::migrate` makes sure that no record of
/// 0.1.0 begins with it where both forms are read: those are JSON, flags below 64, or numbers that are smaller.
pub const FORM: u8 = 0x80;

/// Reads fields from the front of bytes.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    /// One byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// A number of two bytes.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// A number of four bytes.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A number of eight bytes.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// A number of sixteen bytes.
    pub fn u128(&mut self) -> Option<u128> {
        self.array().map(u128::from_be_bytes)
    }

    /// A number in its shortest form, see [`Write::number`].
    pub fn number<T: TryFrom<u128>>(&mut self) -> Option<T> {
        let mut value = 0u128;
        for shift in (0..u128::BITS).step_by(7) {
            let byte = self.u8()?;
            let group = u128::from(byte & 0x7f);
            // Neither bits that do not fit nor groups that say nothing.
            if group > u128::MAX >> shift || (byte == 0 && shift > 0) {
                return None;
            }
            value |= group << shift;
            if byte & 0x80 == 0 {
                return T::try_from(value).ok();
            }
        }
        None
    }

    /// An amount in its shortest form, see [`Write::amount`].
    pub fn amount<T: TryFrom<u128>>(&mut self) -> Option<T> {
        let first = self.u8()?;
        let mut value = u128::from(first & 0x3f);
        if first & 0x80 != 0 {
            let higher = self.number().filter(|higher| (1..=u128::MAX >> 6).contains(higher))?;
            value |= higher << 6;
        }
        let zeros = if first & 0x40 == 0 { 0 } else { self.u8().filter(|zeros| *zeros > 0)? };
        // Zeros at the end are counted, and nothing has none.
        if value % 10 == 0 && (value > 0 || zeros > 0) {
            return None;
        }
        let value = 10u128.checked_pow(u32::from(zeros))?.checked_mul(value)?;
        T::try_from(value).ok()
    }

    /// An address, see [`Write::address`].
    pub fn address(&mut self) -> Option<Addr> {
        let prefix = usize::from(self.u8()?);
        if prefix == 0 {
            return self.text().filter(|text| bech32(text).is_none()).map(Addr::unchecked);
        }
        let (prefix, tail) = self.0.split_at_checked(prefix)?;
        self.0 = tail;
        let mut text = std::str::from_utf8(prefix).ok()?.to_owned() + "1";
        let (mut bits, mut count) = (0u16, 0);
        for _ in 0..self.number::<u16>()? {
            if count < 5 {
                bits = (bits & 0x1f) << 8 | u16::from(self.u8()?);
                count += 8;
            }
            count -= 5;
            text.push(char::from(*BECH32.get(usize::from(bits >> count & 0x1f))?));
        }
        (bits & ((1 << count) - 1) == 0).then(|| Addr::unchecked(text))
    }

    /// A text, after its length.
    pub fn text(&mut self) -> Option<String> {
        let length = self.number::<usize>()?;
        let (text, tail) = self.0.split_at_checked(length)?;
        self.0 = tail;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

/// One binary record.
pub struct PackedItem<T> {
    namespace: &'static str,
    value: PhantomData<T>,
}

impl<T: Packed> PackedItem<T> {
    /// The record under this key.
    pub const fn new(namespace: &'static str) -> Self {
        Self { namespace, value: PhantomData }
    }

    /// Its storage key.
    pub const fn namespace(&self) -> &'static str {
        self.namespace
    }

    /// The record, if it was ever saved.
    pub fn may_load(&self, storage: &dyn Storage) -> Result<Option<T>, ContractError> {
        storage.get(self.namespace.as_bytes()).map(|bytes| T::from_stored(&bytes)).transpose()
    }

    /// The record, which must have been saved.
    pub fn load(&self, storage: &dyn Storage) -> Result<T, ContractError> {
        self.may_load(storage)?.ok_or(ContractError::Corrupt { what: T::NAME })
    }

    /// Writes the record.
    pub fn save(&self, storage: &mut dyn Storage, value: &T) {
        storage.set(self.namespace.as_bytes(), &value.pack());
    }

    /// Deletes the record.
    pub fn remove(&self, storage: &mut dyn Storage) {
        storage.remove(self.namespace.as_bytes());
    }
}

/// A record that was found, which may not parse.
type Each<K, T> = (K, Result<T, ContractError>);

/// Records of a page, and the key to go on after if there are more.
type Page<K, T> = (Vec<(K, T)>, Option<K>);

/// Binary records by key.
pub struct PackedMap<K, T> {
    namespace: &'static str,
    types: PhantomData<(K, T)>,
}

impl<'a, K: PrimaryKey<'a>, T: Packed> PackedMap<K, T> {
    /// The records under this namespace.
    pub const fn new(namespace: &'static str) -> Self {
        Self { namespace, types: PhantomData }
    }

    /// Its namespace.
    pub const fn namespace(&self) -> &'static str {
        self.namespace
    }

    fn key(&self, key: K) -> Vec<u8> {
        Map::<K, ()>::new(self.namespace).key(key).to_vec()
    }

    /// The record of a key, if there is one.
    pub fn may_load(&self, storage: &dyn Storage, key: K) -> Result<Option<T>, ContractError> {
        storage.get(&self.key(key)).map(|bytes| T::from_stored(&bytes)).transpose()
    }

    /// The record of a key, which must be there.
    pub fn load(&self, storage: &dyn Storage, key: K) -> Result<T, ContractError> {
        self.may_load(storage, key)?.ok_or(ContractError::Corrupt { what: T::NAME })
    }

    /// Whether there is a record of this key.
    pub fn has(&self, storage: &dyn Storage, key: K) -> bool {
        storage.get(&self.key(key)).is_some()
    }

    /// Writes the record of a key.
    pub fn save(&self, storage: &mut dyn Storage, key: K, value: &T) {
        storage.set(&self.key(key), &value.pack());
    }

    /// Deletes the record of a key.
    pub fn remove(&self, storage: &mut dyn Storage, key: K) {
        storage.remove(&self.key(key));
    }
}

impl<'a, K: PrimaryKey<'a> + KeyDeserialize, T: Packed> PackedMap<K, T> {
    /// At most `limit` records in ascending order of their keys, after `start_after`. Each is read on its own: one that does not parse is
    /// an error in its place.
    pub fn page_each(
        &self,
        storage: &dyn Storage,
        start_after: Option<K>,
        limit: usize,
    ) -> Result<Vec<Each<K::Output, T>>, ContractError> {
        let prefix = to_length_prefixed(self.namespace.as_bytes());
        each::<K, T>(storage, &prefix, start_after.map(|key| key.joined_key()), limit)
    }

    /// The same of the keys that begin with `first`; `start_after` and the keys returned are what follows it.
    pub fn page_each_under<S: PrimaryKey<'a> + KeyDeserialize<Output = S>>(
        &self,
        storage: &dyn Storage,
        first: &[u8],
        start_after: Option<S>,
        limit: usize,
    ) -> Result<Vec<Each<S, T>>, ContractError> {
        let prefix = to_length_prefixed_nested(&[self.namespace.as_bytes(), first]);
        each::<S, T>(storage, &prefix, start_after.map(|key| key.joined_key()), limit)
    }

    /// A page of a list: of `limit` records those that parse, and the key to go on after if there are more.
    pub fn list(
        &self,
        storage: &dyn Storage,
        start_after: Option<K>,
        limit: usize,
    ) -> Result<Page<K::Output, T>, ContractError>
    where
        K::Output: Clone,
    {
        Ok(cut(self.page_each(storage, start_after, limit + 1)?, limit))
    }

    /// The same of the keys that begin with `first`; `start_after` and the keys returned are what follows it.
    pub fn list_under<S: PrimaryKey<'a> + KeyDeserialize<Output = S>>(
        &self,
        storage: &dyn Storage,
        first: &[u8],
        start_after: Option<S>,
        limit: usize,
    ) -> Result<Page<S, T>, ContractError> {
        Ok(cut(self.page_each_under(storage, first, start_after, limit + 1)?, limit))
    }
}

/// At most `limit` records under a prefix of storage keys, after what follows it in `start_after`.
fn each<K: KeyDeserialize, T: Packed>(
    storage: &dyn Storage,
    prefix: &[u8],
    start_after: Option<Vec<u8>>,
    limit: usize,
) -> Result<Vec<Each<K::Output, T>>, ContractError> {
    range_with_prefix(storage, prefix, start_after.map(RawBound::Exclusive), None, Order::Ascending)
        .take(limit)
        .map(|(key, value)| Ok((K::from_vec(key)?, T::from_stored(&value))))
        .collect()
}

/// A page of `limit` records of which one more was read, if there is one. The next page goes on after the last record of this, whether or
/// not that parses: a page without any that does is not the end.
fn cut<K: Clone, T>(mut records: Vec<Each<K, T>>, limit: usize) -> Page<K, T> {
    let more = records.len() > limit;
    records.truncate(limit);
    let last = records.last().filter(|_| more).map(|(key, _)| key.clone());
    let whole = records.into_iter().filter_map(|(key, value)| Some((key, value.ok()?)));
    (whole.collect(), last)
}

/// Appends fields to bytes.
pub trait Write: Sized {
    /// Appends raw bytes.
    fn put(self, bytes: &[u8]) -> Self;

    /// Appends a number in groups of seven bits, the lowest first; all but the last have the eighth bit set.
    fn number(self, value: impl Into<u128>) -> Self {
        let (mut rest, mut bytes, mut count) = (value.into(), [0u8; 19], 0);
        for byte in &mut bytes {
            count += 1;
            *byte = (rest & 0x7f) as u8;
            rest >>= 7;
            if rest == 0 {
                break;
            }
            *byte |= 0x80;
        }
        self.put(bytes.get(..count).unwrap_or_default())
    }

    /// Appends a number without the zeros it ends in, in decimal, and their count if there are any: what people pledge and delegate is
    /// round, and a chain charges for every byte. The first byte has six bits of the number, one that says whether a count follows it,
    /// and one that says whether more of the number follows.
    fn amount(self, value: impl Into<u128>) -> Self {
        let (mut rest, mut zeros) = (value.into(), 0u8);
        while rest > 0 && rest % 10 == 0 {
            rest /= 10;
            zeros += 1;
        }
        let higher = rest >> 6;
        let first = (rest & 0x3f) as u8 | u8::from(zeros > 0) << 6 | u8::from(higher > 0) << 7;
        let bytes = self.put(&[first]);
        let bytes = if higher > 0 { bytes.number(higher) } else { bytes };
        if zeros > 0 {
            bytes.put(&[zeros])
        } else {
            bytes
        }
    }

    /// Appends an address: five bits for each letter of its bech32 text, after its prefix. What is none is a text, after a zero.
    fn address(self, address: &Addr) -> Self {
        let Some((prefix, length, data)) = bech32(address.as_str()) else {
            return self.put(&[0]).text(address.as_str());
        };
        let mut bytes = self.put(&[length]).put(prefix.as_bytes()).number(data.len() as u64);
        let (mut bits, mut count) = (0u16, 0);
        for letter in data {
            bits = bits << 5 | u16::from(letter);
            count += 5;
            if count >= 8 {
                count -= 8;
                bytes.append_byte((bits >> count) as u8);
                bits &= (1 << count) - 1;
            }
        }
        if count > 0 {
            bytes.append_byte((bits << (8 - count)) as u8);
        }
        bytes
    }

    /// Appends a byte.
    fn append_byte(&mut self, byte: u8);

    /// Appends a text after its length.
    fn text(self, text: &str) -> Self {
        self.number(text.len() as u64).put(text.as_bytes())
    }
}

impl Write for Vec<u8> {
    fn put(mut self, bytes: &[u8]) -> Self {
        self.extend_from_slice(bytes);
        self
    }

    fn append_byte(&mut self, byte: u8) {
        self.push(byte);
    }
}

/// Letters of bech32 by their values.
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Prefix of a bech32 text with its length, and the values of the letters after the last 1.
fn bech32(text: &str) -> Option<(&str, u8, Vec<u8>)> {
    let (prefix, data) = text.rsplit_once('1')?;
    let length = u8::try_from(prefix.len()).ok().filter(|length| *length > 0)?;
    u16::try_from(data.len()).ok()?;
    let value = |letter| BECH32.iter().position(|known| *known == letter).map(|value| value as u8);
    Some((prefix, length, data.bytes().map(value).collect::<Option<_>>()?))
}

macro_rules! pack_integer {
    ($($type:ident),+) => {
        $(impl Packed for $type {
            const NAME: &'static str = stringify!($type);

            fn pack(&self) -> Vec<u8> {
                self.to_be_bytes().to_vec()
            }

            fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
                bytes.$type()
            }
        })+
    };
}

pack_integer!(u32, u64, u128);

/// Records that are read rarely or by people: JSON.
macro_rules! json_records {
    ($($type:ty => $name:literal),+ $(,)?) => {
        $(impl $crate::packed::Packed for $type {
            const NAME: &'static str = $name;

            fn pack(&self) -> Vec<u8> {
                nym_contract_runtime::json::to_vec(self)
            }

            fn unpack(bytes: &mut $crate::packed::Reader<'_>) -> Option<Self> {
                nym_contract_runtime::json::from_slice(bytes.rest()).ok()
            }
        })+
    };
}

pub(crate) use json_records;

/// A record that says no more than that its key is there.
pub struct Present;

impl Packed for Present {
    const NAME: &'static str = "marker";

    fn pack(&self) -> Vec<u8> {
        // The host refuses empty values.
        vec![1]
    }

    fn unpack(bytes: &mut Reader<'_>) -> Option<Self> {
        (bytes.u8()? == 1).then_some(Self)
    }
}
