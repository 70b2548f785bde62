//! What variables need of the world: random secrets, the clock, and the file that keeps them.
//!
//! Values are those of the official CLI: passwords of `[a-z0-9]`, RSA keys in PKCS#1, certificates signed with SHA-256.
//! Beyond it there is `user`, as config servers have it. Secrets go nowhere but into the value that is returned, and into the store
//! ([`StoreFile`]), which only its owner may read.

mod certificate;
mod crypt;
mod key;
mod parameters;
mod password;
mod store;

use std::time::SystemTime;

use crate::deployment::variables::Generator;
use crate::yaml::Value;
use parameters::Parameters;

pub use store::StoreFile;

/// Makes values of variables.
pub struct Secrets {
    /// The time at which certificates begin to be valid.
    now: SystemTime,
}

impl Secrets {
    /// Certificates begin to be valid `now`.
    pub fn new(now: SystemTime) -> Self {
        Self { now }
    }
}

impl Generator for Secrets {
    fn generate(
        &mut self,
        kind: &str,
        options: &Value,
        known: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Value, String> {
        match kind {
            "password" => password::generate(options),
            "user" => password::generate_user(options),
            "rsa" => key::generate_rsa(),
            "ssh" => key::generate_ssh(),
            "certificate" => certificate::generate(options, self.now, known),
            _ => Err(unsupported(kind)),
        }
    }
}

fn unsupported(kind: &str) -> String {
    let known = ["password", "certificate", "rsa", "ssh", "user"];
    let near = crate::nearest::nearest(kind, known);
    let near = near.map_or(String::new(), |near| format!(" (did you mean {near}?)"));
    format!("Unsupported value type: {kind}{near}")
}

/// Random bytes.
fn random(bytes: &mut [u8]) -> Result<(), String> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| "Reading random numbers".to_owned())
}
