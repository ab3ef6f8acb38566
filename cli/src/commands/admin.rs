//! `admin`: who owns the contract, and handing it over in two steps.

use clap::Subcommand;
use nym_chain_client::{MixnetMessages, MixnetQueries};
use serde_json::json;

use crate::{
    args::TxArgs,
    context::Context,
    failure::{not_found, Attempt, Outcome},
    output::Answer,
    submit::submit_and_report,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Show who owns the contract and to whom it is offered
    Show,
    /// Offer the contract to another owner, who has to accept; your own address takes the offer back
    Offer {
        /// Address of the receiver
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        #[command(flatten)]
        tx: TxArgs,
    },
    /// Accept the contract that was offered to you
    Accept {
        #[command(flatten)]
        tx: TxArgs,
    },
}

pub(crate) async fn run(command: Admin, context: &Context) -> Outcome<Answer> {
    match command {
        Admin::Show => {
            let mixnet = context.mixnet().await?;
            let (owner, pending) =
                futures::try_join!(mixnet.admin(), mixnet.pending_params()).attempt("read who owns the contract")?;
            let data = json!({ "owner": owner, "offered": pending.admin });
            Ok(Answer::record(
                &data,
                vec![
                    ("owner", Some(owner.map_or_else(|| "nobody".to_owned(), |owner| owner.to_string()))),
                    ("offered to", pending.admin.map(|offered| offered.to_string())),
                ],
            ))
        }
        Admin::Offer { to, tx } => {
            let what = format!("offer the contract to {to}");
            context.check_address(&to, &what)?;
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let message = mixnet.update_admin(to).attempt(what.clone())?;
            submit_and_report(&account, message, &tx, &what).await
        }
        Admin::Accept { tx } => {
            let (account, mixnet) = context.account_and_mixnet(&tx).await?;
            let offered = mixnet.pending_params().await.attempt("read who owns the contract")?.admin;
            if offered.as_ref().is_none_or(|offered| offered.as_str() != account.address()) {
                return Err(not_found(
                    "could not accept the contract",
                    format!("it is not offered to {}", account.address()),
                    "nym-cli admin show tells to whom; its owner offers it with nym-cli admin offer",
                ));
            }
            let message = mixnet.accept_admin().attempt("accept the contract")?;
            submit_and_report(&account, message, &tx, "accept the contract").await
        }
    }
}
