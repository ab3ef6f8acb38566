//! A contract's response as it is written: events, data, and payments.
//!
//! `cosmwasm_std::Response` can hold every message that any chain knows. Our contracts pay and do nothing else; the code for the rest stays out.

use cosmwasm_std::{BankMsg, Coin, CosmosMsg, ReplyOn, Response, SubMsg};

use crate::json::{write_object, Write};

/// A response in the form that the machine reads.
pub struct Answer(Response);

/// A message of a response, which is a payment without a reply.
struct Payment<'a> {
    message: &'a SubMsg,
    to_address: &'a String,
    amount: &'a Vec<Coin>,
}

impl Answer {
    /// The form of a response; an error if it holds anything but payments without a reply.
    pub fn of(response: Response) -> Result<Self, String> {
        if response.messages.iter().all(|message| Payment::of(message).is_some()) {
            Ok(Self(response))
        } else {
            Err("this contract sends payments only".to_owned())
        }
    }
}

impl<'a> Payment<'a> {
    fn of(message: &'a SubMsg) -> Option<Self> {
        match (&message.msg, &message.reply_on) {
            (CosmosMsg::Bank(BankMsg::Send { to_address, amount }), ReplyOn::Never) => {
                Some(Self { message, to_address, amount })
            }
            _ => None,
        }
    }
}

impl Write for Answer {
    fn write(&self, text: &mut Vec<u8>) {
        let Response { messages, attributes, events, data, .. } = &self.0;
        let payments: Vec<_> = messages.iter().filter_map(Payment::of).collect();
        write_object(text, "messages,attributes,events,data", &[&payments, attributes, events, data]);
    }
}

/// Writes one of the objects around a payment.
struct Inner<'a>(&'a Payment<'a>, u8);

impl Write for Payment<'_> {
    fn write(&self, text: &mut Vec<u8>) {
        let SubMsg { id, payload, gas_limit, .. } = self.message;
        let fields: &[&dyn Write] = &[id, payload, &Inner(self, 0), gas_limit, &"never"];
        write_object(text, "id,payload,msg,gas_limit,reply_on", fields);
    }
}

impl Write for Inner<'_> {
    fn write(&self, text: &mut Vec<u8>) {
        match self.1 {
            0 => write_object(text, "bank", &[&Inner(self.0, 1)]),
            1 => write_object(text, "send", &[&Inner(self.0, 2)]),
            _ => write_object(text, "to_address,amount", &[self.0.to_address, self.0.amount]),
        }
    }
}
