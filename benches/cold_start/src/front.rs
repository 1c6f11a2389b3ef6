//! TLS before a server that speaks plain http: what arrives is decrypted and passed on.

use std::net::Ipv4Addr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::Result;

/// Listens on a loopback port, until the process ends, for the server at `http`. Returns the URL, which begins with `https`.
pub async fn open(acceptor: TlsAcceptor, http: String) -> Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("https://{}", listener.local_addr()?);
    let server = http.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pass(acceptor.clone(), stream, server.clone()));
        }
    });
    Ok(url)
}

/// One connection. A client that does not get through says so itself.
async fn pass(acceptor: TlsAcceptor, stream: TcpStream, server: String) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut client = acceptor.accept(stream).await?;
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
