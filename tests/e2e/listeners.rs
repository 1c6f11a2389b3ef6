//! Where a program listens, as Linux tells under `/proc`: the rig opens nothing to anybody outside this machine.
//!
//! Source: [proc(5)](https://man7.org/linux/man-pages/man5/proc_pid_net.5.html).

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libtest_mimic::Trial;

use crate::account::Account;
use crate::chain::Rig;
use crate::{Result, check};

/// The state of a socket that listens.
const LISTEN: &str = "0A";

/// A server that enforces IAM is for this machine alone.
pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    let trial = check("listens_on_this_machine_alone", move || {
        let addresses = Account::open(&rig.tools)?.listens_on()?;
        match addresses.iter().find(|address| !address.is_loopback()) {
            Some(address) => Err(format!("the server listens on {address}").into()),
            None if addresses.is_empty() => Err("the server listens nowhere".into()),
            None => Ok(()),
        }
    });
    vec![trial.with_ignored_flag(!cfg!(target_os = "linux"))]
}

/// The addresses on which a process listens.
pub fn of(process: u32) -> Result<Vec<IpAddr>> {
    let sockets = sockets(process)?;
    let mut addresses = Vec::new();
    for table in ["tcp", "tcp6"] {
        for line in fs::read_to_string(format!("/proc/{process}/net/{table}"))?.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, local, _, state, _, _, _, _, _, inode, ..] = fields[..] else {
                return Err(format!("a line of /proc/net/{table} has too few fields").into());
            };
            if state == LISTEN && sockets.contains(inode) {
                addresses.push(address(local)?);
            }
        }
    }
    Ok(addresses)
}

/// The inodes of a process's sockets.
fn sockets(process: u32) -> Result<BTreeSet<String>> {
    let mut inodes = BTreeSet::new();
    for descriptor in fs::read_dir(format!("/proc/{process}/fd"))? {
        // One that is closed in the meantime is no socket that listens.
        let Ok(target) = fs::read_link(descriptor?.path()) else { continue };
        let target = target.to_string_lossy();
        inodes.extend(target.strip_prefix("socket:[").and_then(|it| it.strip_suffix(']')).map(str::to_owned));
    }
    Ok(inodes)
}

/// `0100007F:1F90`: words of four bytes in the machine's order, which here is the little end first.
fn address(local: &str) -> Result<IpAddr> {
    let (digits, _) = local.split_once(':').ok_or("an address without a port")?;
    let words = digits.as_bytes().chunks(8).map(|word| {
        let word = u32::from_str_radix(std::str::from_utf8(word)?, 16)?;
        Ok(word.to_le_bytes())
    });
    let bytes = words.collect::<Result<Vec<[u8; 4]>>>()?.concat();
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes.as_slice()) {
        return Ok(Ipv4Addr::from(bytes).into());
    }
    let bytes = <[u8; 16]>::try_from(bytes.as_slice()).map_err(|_| "an address of neither 4 nor 16 bytes")?;
    Ok(Ipv6Addr::from(bytes).into())
}
