#![doc = include_str!("../README.md")]

pub mod json;
pub mod response;

#[cfg(target_arch = "wasm32")]
mod entry;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(target_arch = "wasm32")]
mod region;

#[cfg(target_arch = "wasm32")]
pub use entry::{execute, instantiate, migrate, query};
#[cfg(target_arch = "wasm32")]
pub use region::Passed;

/// Makes the functions that the machine calls out of `instantiate`, `execute`, `query` and `migrate` of a module.
///
/// Their signatures are those of `cosmwasm_std::entry_point`, `migrate` with its `MigrateInfo`. Outside the machine it makes nothing.
#[macro_export]
macro_rules! entry_points {
    ($module:path) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        mod machine_entry_points {
            use $crate::Passed;
            use $module as contract;

            #[no_mangle]
            extern "C" fn instantiate(env: Passed, info: Passed, msg: Passed) -> Passed {
                $crate::instantiate(&contract::instantiate, env, info, msg)
            }

            #[no_mangle]
            extern "C" fn execute(env: Passed, info: Passed, msg: Passed) -> Passed {
                $crate::execute(&contract::execute, env, info, msg)
            }

            #[no_mangle]
            extern "C" fn query(env: Passed, msg: Passed) -> Passed {
                $crate::query(&contract::query, env, msg)
            }

            #[no_mangle]
            extern "C" fn migrate(env: Passed, msg: Passed, info: Passed) -> Passed {
                $crate::migrate(&contract::migrate, env, msg, info)
            }
        }
    };
}
