//! The script: every request that is made of each server, in order. Each scene has secrets of its own, so that a
//! difference does not carry over into the next.

use super::call::{Call, Id, create, delete, describe, get, put, restore};
use super::turning::{making_up, moving, not_moving};

/// One request, by a name that no other has.
pub struct Step {
    pub name: &'static str,
    pub call: Call,
}

pub type Scene = Vec<(&'static str, Call)>;

pub fn script() -> Vec<Step> {
    let scenes = [
        creating(),
        reading(),
        writing(),
        labelling(),
        relabelling(),
        deleting(),
        pending(),
        restoring(),
        naming(),
        sizes_of_values(),
        other_sizes(),
        malformed(),
        moving(),
        not_moving(),
        making_up(),
    ];
    scenes.into_iter().flatten().map(|(name, call)| Step { name, call }).collect()
}

fn creating() -> Scene {
    vec![
        ("create: with a value", create("plain").text("one").token('a')),
        ("create: without a value", create("empty").token('a')),
        ("create: with everything", {
            create("full").binary(b"\x00\xff").description("What for.").kms_key("alias/app").tag("team", "a")
        }),
        ("create: again, same token, same value", create("plain").text("one").token('a')),
        ("create: again, same token, other value", create("plain").text("two").token('a')),
        ("create: again, same token, no value", create("plain").token('a')),
        ("create: again, other token, same value", create("plain").text("one").token('b')),
        ("create: again, no token", create("plain").text("one")),
        ("create: empty again, same token", create("empty").token('a')),
        ("create: empty again, with a value", create("empty").text("one").token('a')),
        ("create: text and binary at once", create("both").text("one").binary(b"one")),
        ("create: describe with a value", describe("plain")),
        ("create: describe without a value", describe("empty")),
        ("create: describe with everything", describe("full")),
    ]
}

fn reading() -> Scene {
    vec![
        ("read: set up", create("dir/read").text("one")),
        ("read: set up a second version", put("dir/read").text("two").token('b')),
        ("read: set up a third version", put("dir/read").text("three").token('c')),
        ("read: by name", get("dir/read")),
        ("read: by ARN", get(Id::Arn("dir/read"))),
        ("read: by partial ARN", get(Id::PartialArn("dir/read"))),
        ("read: by an ARN of another Region", get(Id::ForeignArn("dir/read"))),
        ("read: by version id", get("dir/read").version('b')),
        ("read: by label", get("dir/read").stage("AWSPREVIOUS")),
        ("read: by version id and its label", get("dir/read").version('b').stage("AWSPREVIOUS")),
        ("read: by version id and another's label", get("dir/read").version('b').stage("AWSCURRENT")),
        ("read: by version id and no one's label", get("dir/read").version('b').stage("NONE")),
        ("read: by an unknown version id", get("dir/read").version('z')),
        ("read: by an unknown version id and a label", get("dir/read").version('z').stage("AWSCURRENT")),
        ("read: by an unknown label", get("dir/read").stage("NONE")),
        ("read: the beginning of a name", get("dir")),
        ("read: missing", get("missing")),
        ("read: without a value", get("empty")),
        ("read: binary", get("full")),
        ("read: describe what was read", describe("dir/read")),
        ("read: describe by ARN", describe(Id::Arn("dir/read"))),
        ("read: describe missing", describe("missing")),
        ("read: a version id of 31", get("dir/read").version_of('b', 31)),
        ("read: a version id of 65", get("dir/read").version_of('b', 65)),
    ]
}

fn writing() -> Scene {
    vec![
        ("write: set up", create("write").text("one")),
        ("write: a second version", put("write").text("two").token('b')),
        ("write: a third, no token", put("write").text("three")),
        ("write: a fourth, by ARN", put(Id::Arn("write")).text("four").token('d')),
        ("write: describe after three writes", describe("write")),
        ("write: a version without a label", get("write").version('b')),
        ("write: same token, same value", put("write").text("four").token('d')),
        ("write: binary", put("write").binary(b"\x00\x01\xfe\xff").token('e')),
        ("write: read binary", get("write")),
        ("write: read the text before it", get("write").stage("AWSPREVIOUS")),
        ("write: missing", put("missing").text("one").token('a')),
        ("write: set up for old tokens", create("write/old").text("one")),
        ("write: set up an old token", put("write/old").text("two").token('b')),
        ("write: set up a token in between", put("write/old").text("three").token('c')),
        ("write: set up a new token", put("write/old").text("four").token('d')),
        ("write: old token, its value", put("write/old").text("two").token('b')),
        ("write: describe after an old token", describe("write/old")),
        ("write: set up for taken tokens", create("write/taken").text("one")),
        ("write: set up a taken token", put("write/taken").text("two").token('b')),
        ("write: taken token, other value", put("write/taken").text("three").token('b')),
        ("write: taken token, binary for text", put("write/taken").binary(b"two").token('b')),
        ("write: read what took the token", get("write/taken").version('b')),
        ("write: set up for values", create("write/values").text("one")),
        ("write: neither text nor binary", put("write/values").token('b')),
        ("write: text and binary at once", put("write/values").text("one").binary(b"one").token('c')),
        ("write: set up an empty one", create("write/empty")),
        ("write: a first version", put("write/empty").text("one").token('b')),
        ("write: describe a first version", describe("write/empty")),
    ]
}

fn labelling() -> Scene {
    let own = |token, labels| put("label/own").text("own").token(token).stages(labels);
    let limits = || put("label/limits").text("v");
    vec![
        ("label: set up", create("label").text("one")),
        ("label: pending", put("label").text("two").token('b').stages(&["AWSPENDING"])),
        ("label: read current beside pending", get("label")),
        ("label: read pending", get("label").stage("AWSPENDING")),
        ("label: current and pending at once", {
            put("label").text("three").token('c').stages(&["AWSCURRENT", "AWSPENDING"])
        }),
        ("label: describe after the turn", describe("label")),
        ("label: set up for one's own", create("label/own").text("one")),
        ("label: two of one's own", own('b', &["BLUE", "GREEN"])),
        ("label: one of them moves", own('c', &["BLUE"])),
        ("label: describe after the move", describe("label/own")),
        ("label: set up an empty one", create("label/empty")),
        ("label: a first version, pending only", put("label/empty").text("one").token('b').stages(&["AWSPENDING"])),
        ("label: describe a first version", describe("label/empty")),
        ("label: set up for limits", create("label/limits").text("one")),
        ("label: no labels", limits().token('b').stages(&[])),
        ("label: 20 labels", limits().token('c').many_stages(20)),
        ("label: 21 labels", limits().token('d').many_stages(21)),
        ("label: an empty label", limits().token('e').stages(&[""])),
    ]
}

fn relabelling() -> Scene {
    let again = |value| put("label/again").text(value).token('b');
    let taken = |value| put("label/taken").text(value).token('b');
    vec![
        ("label: set up for repetition", create("label/again").text("one")),
        ("label: set up a labelled version", again("two").stages(&["BLUE"])),
        ("label: repeated, other label", again("two").stages(&["GREEN"])),
        ("label: describe after repetition", describe("label/again")),
        ("label: set up for a pending token", create("label/taken").text("one")),
        ("label: set up a pending version", taken("two").stages(&["AWSPENDING"])),
        ("label: pending token, other value", taken("three").stages(&["AWSPENDING"])),
        ("label: read the pending version", get("label/taken").version('b')),
        ("label: set up for previous by hand", create("label/previous").text("one")),
        ("label: set up a current version", put("label/previous").text("two").token('b')),
        ("label: previous by hand", put("label/previous").text("three").token('c').stages(&["AWSPREVIOUS"])),
        ("label: describe after previous by hand", describe("label/previous")),
    ]
}

fn deleting() -> Scene {
    vec![
        ("delete: set up", create("delete").text("one")),
        ("delete: a window of 6 days", delete("delete").days(6)),
        ("delete: a window of 31 days", delete("delete").days(31)),
        ("delete: a window of 0 days", delete("delete").days(0)),
        ("delete: by force and with a window", delete("delete").days(7).force(true)),
        ("delete: by force and with a window of 6 days", delete("delete").days(6).force(true)),
        ("delete: read after refusals", get("delete")),
        ("delete: a window of 7 days, no force", delete("delete").days(7).force(false)),
        ("delete: twice", delete("delete").days(7)),
        ("delete: by force in the window", delete("delete").force(true)),
        ("delete: describe what is gone", describe("delete")),
        ("delete: restore what is gone", restore("delete")),
        ("delete: create right after", create("delete").text("two")),
        ("delete: read the successor", get("delete")),
        ("delete: by ARN, 30 days", delete(Id::Arn("delete")).days(30)),
        ("delete: set up for force", create("delete/force").text("one")),
        ("delete: by force", delete("delete/force").force(true)),
        ("delete: by force again", delete("delete/force").force(true)),
        ("delete: read by the ARN of what is gone", get(Id::Arn("delete/force"))),
        ("delete: missing", delete("missing")),
        ("delete: missing, by force", delete("never").force(true)),
        ("delete: missing, a window of 6 days", delete("missing").days(6)),
    ]
}

fn pending() -> Scene {
    vec![
        ("pending: set up", create("pending").text("one")),
        ("pending: set up a second version", put("pending").text("two").token('b')),
        ("pending: delete", delete("pending")),
        ("pending: read", get("pending")),
        ("pending: read by version id", get("pending").version('b')),
        ("pending: read by an unknown label", get("pending").stage("NONE")),
        ("pending: describe", describe("pending")),
        ("pending: create", create("pending").text("three")),
        ("pending: restore", restore("pending")),
        ("pending: read after restore", get("pending")),
        ("pending: describe after restore", describe("pending")),
        ("pending: set up for writes", create("pending/write").text("one").token('a')),
        ("pending: delete before writes", delete("pending/write")),
        ("pending: create with the same token", create("pending/write").text("one").token('a')),
        ("pending: write", put("pending/write").text("two").token('b')),
        ("pending: write again", put("pending/write").text("two").token('b')),
    ]
}

fn restoring() -> Scene {
    vec![
        ("restore: set up", create("restore").text("one")),
        ("restore: not scheduled", restore("restore")),
        ("restore: missing", restore("missing")),
        ("restore: delete", delete("restore").days(7)),
        ("restore: by ARN", restore(Id::Arn("restore"))),
        ("restore: twice", restore("restore")),
        ("restore: read", get("restore")),
    ]
}

fn naming() -> Scene {
    vec![
        ("name: every character", create("Az09/_+=.@-").text("one")),
        ("name: read every character", get("Az09/_+=.@-")),
        ("name: like a suffix", create("like-abcdef").text("one")),
        ("name: like a suffix, by name", get("like-abcdef")),
        ("name: like a suffix, by ARN", get(Id::Arn("like-abcdef"))),
        ("name: like a suffix, by partial ARN", get(Id::PartialArn("like-abcdef"))),
        ("name: in capitals", get("LIKE-ABCDEF")),
        ("name: 512 long", create("n".repeat(512)).text("one")),
        ("name: 513 long", create("n".repeat(513)).text("one")),
        ("name: empty", create("").text("one")),
        ("name: with a star", create("star*").text("one")),
        ("name: not ASCII", create("größe").text("one")),
        ("name: with a space", create("with space").text("one")),
        ("name: read with a space", get("with space")),
        ("name: describe with a space", describe("with space")),
        ("name: write with a space", put("with space").text("two").token('b')),
        ("name: delete with a space", delete("with space").days(7)),
        ("name: restore with a space", restore("with space")),
        ("name: read empty", get("")),
        ("name: read 2049 long", get("n".repeat(2049))),
        ("name: read a broken ARN", get("arn:aws:secretsmanager")),
    ]
}

fn sizes_of_values() -> Scene {
    let write = |letter| put("size").token(letter);
    vec![
        ("size: text of 65536", create("size").text("v".repeat(65_536))),
        ("size: read text of 65536", get("size")),
        ("size: text of 65537", create("size/text").text("v".repeat(65_537))),
        ("size: text of 65538 in 32769 characters", create("size/bytes").text("ü".repeat(32_769))),
        ("size: text of 0", create("size/no-text").text("")),
        ("size: write text of 65537", write('b').text("v".repeat(65_537))),
        ("size: write text of 0", write('c').text("")),
        ("size: binary of 65536", create("size/most").binary(&[b'v'; 65_536])),
        ("size: binary of 65537", create("size/binary").binary(&[b'v'; 65_537])),
        ("size: binary of 0", create("size/no-binary").binary(&[])),
        ("size: write binary of 0", write('d').binary(&[])),
    ]
}

fn other_sizes() -> Scene {
    let write = || put("size/write").text("v");
    vec![
        ("size: token of 31", create("size/31").text("v").token_of('a', 31)),
        ("size: token of 65", create("size/65").text("v").token_of('a', 65)),
        ("size: set up for writes", create("size/write").text("v")),
        ("size: write with a token of 31", write().token_of('b', 31)),
        ("size: write with a token of 32", write().token_of('b', 32)),
        ("size: write with a token of 64", write().token_of('b', 64)),
        ("size: write with a token of 65", write().token_of('b', 65)),
        ("size: empty description", create("size/description").text("v").description("")),
        ("size: describe an empty description", describe("size/description")),
        ("size: empty tag", create("size/tag").text("v").tag("", "")),
    ]
}

fn malformed() -> Scene {
    let text = |body| put("raw").body(body);
    vec![
        ("raw: set up", create("raw").text("one")),
        ("raw: not JSON", get("raw").body("{\"SecretId\": ")),
        ("raw: a list", get("raw").body("[]")),
        ("raw: no secret id", get("raw").body("{}")),
        ("raw: null for a secret id", get("raw").body("{\"SecretId\": null}")),
        ("raw: a number for a secret id", get("raw").body("{\"SecretId\": 7}")),
        ("raw: an unknown member", get("raw").body("{\"SecretId\": \"raw\", \"Unknown\": 1}")),
        ("raw: no name", create("raw").body("{\"SecretString\": \"one\"}")),
        ("raw: create without a token", create("raw").body("{\"Name\": \"raw/2\", \"SecretString\": \"one\"}")),
        ("raw: write without a token", text("{\"SecretId\": \"raw\", \"SecretString\": \"two\"}")),
        ("raw: text for a window", delete("raw").body("{\"SecretId\": \"raw\", \"RecoveryWindowInDays\": \"7\"}")),
    ]
}
