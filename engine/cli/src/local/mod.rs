//! The embedded Secrets Manager for programs on this machine, with the grants of one environment of a spec: what `serve` and
//! `run` have in common.

mod denied;
mod environment;
mod seed;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use driftless_model::{HandlerSpec, Spec, deployed_name};
use driftless_testing::{EmbeddedSecretsManager, Served};
use tokio::runtime::Runtime;

pub use denied::explain;
pub use environment::{CLEARED, variables};
pub use seed::{Seed, SeedError};

/// How often the server looks at the interrupt flag and at the program that it serves.
const ATTENTION: Duration = Duration::from_millis(20);

/// A running server.
pub struct Local {
    /// The server.
    pub server: EmbeddedSecretsManager,
    served: Served,
    runtime: Runtime,
}

/// 127.0.0.1.
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl Local {
    /// Starts a server with the grants of a spec and the values of a seed. With port 0, the port is a free one.
    ///
    /// # Errors
    ///
    /// If the port cannot be opened.
    pub fn start(spec: &Spec, seed: &Seed, address: IpAddr, port: u16) -> io::Result<Self> {
        let server = EmbeddedSecretsManager::enforcing(spec);
        seed.put_into(&server);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listening = runtime.block_on(server.serve_on(SocketAddr::new(address, port)))?;
        Ok(Self { server, served: listening, runtime })
    }

    /// The endpoint URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.served.url()
    }

    /// Serves until there is a result.
    ///
    /// # Errors
    ///
    /// The first error of `look`.
    pub fn until<T>(&self, mut look: impl FnMut() -> io::Result<Option<T>>) -> io::Result<T> {
        self.runtime.block_on(async {
            loop {
                if let Some(result) = look()? {
                    return Ok(result);
                }
                tokio::time::sleep(ATTENTION).await;
            }
        })
    }
}

/// The access key id of a handler, by which the server knows it.
#[must_use]
pub fn access_key_id(prefix: &str, handler: &HandlerSpec) -> String {
    deployed_name(prefix, &handler.name)
}
