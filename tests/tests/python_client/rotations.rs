//! Secrets Manager's part of a rotation for a program in another language: it asks on a port of loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::{io, thread};

use paypulse_runtime::client::RotationStep;
use paypulse_runtime::testing::EmbeddedSecretsManager;

/// Listens until the process ends. For each connection it reads the name of a secret, begins a rotation of that, and answers with
/// the event of the first step. For an empty name it brings the copies in other Regions up to date.
pub fn serve(server: EmbeddedSecretsManager) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for connection in listener.incoming() {
            // A caller that breaks off fails by itself.
            let _ = connection.and_then(|connection| begin(&server, connection));
        }
    });
    Ok(address)
}

fn begin(server: &EmbeddedSecretsManager, mut connection: TcpStream) -> io::Result<()> {
    let mut name = String::new();
    BufReader::new(&connection).read_line(&mut name)?;
    let name = name.trim_end();
    if name.is_empty() {
        server.replicate();
        return connection.write_all(b"done");
    }
    let version = server.begin_rotation(name);
    connection.write_all(server.rotation_event(name, RotationStep::Create, &version).as_bytes())
}
