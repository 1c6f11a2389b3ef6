//! The scenes of a rotation: labels that move, and passwords.

use super::call::{create, delete, describe, get, password, put, relabel};
use super::script::Scene;

pub fn moving() -> Scene {
    let current = || relabel("move", "AWSCURRENT");
    let blue = || relabel("move/own", "BLUE");
    vec![
        ("move: set up", create("move").text("one").token('a')),
        ("move: set up a second version", put("move").text("two").token('b')),
        ("move: set up a pending version", put("move").text("three").token('c').stages(&["AWSPENDING"])),
        ("move: current to pending", current().from('b').to('c')),
        ("move: describe after the move", describe("move")),
        ("move: current, from where it was", current().from('b').to('c')),
        ("move: current to where it is", current().to('c')),
        ("move: current from and to where it is", current().from('c').to('c')),
        ("move: pending away", relabel("move", "AWSPENDING").from('c')),
        ("move: describe after a rotation", describe("move")),
        ("move: read after a rotation", get("move")),
        ("move: current to previous", current().from('c').to('b')),
        ("move: describe after the way back", describe("move")),
        ("move: set up for writes", create("move/write").text("one").token('a')),
        ("move: set up what is written over", put("move/write").text("two").token('b').stages(&["AWSPENDING"])),
        ("move: current before a write", relabel("move/write", "AWSCURRENT").from('a').to('b')),
        ("move: write", put("move/write").text("three").token('c')),
        ("move: describe after a write", describe("move/write")),
        ("move: set up for one's own", create("move/own").text("one").token('a')),
        ("move: set up one's other", put("move/own").text("two").token('b')),
        ("move: one's own, first", blue().to('a')),
        ("move: one's own to where it is", blue().to('a')),
        ("move: one's own, no from", blue().to('b')),
        ("move: one's own", blue().from('a').to('b')),
        ("move: describe one's own", describe("move/own")),
        ("move: one's own away", blue().from('b')),
        ("move: one's own away again", blue().from('b')),
        ("move: describe without one's own", describe("move/own")),
    ]
}

pub fn not_moving() -> Scene {
    let current = || relabel("stay", "AWSCURRENT");
    vec![
        ("stay: set up", create("stay").text("one").token('a')),
        ("stay: set up a second version", put("stay").text("two").token('b')),
        ("stay: current without from", current().to('a')),
        ("stay: current from another", current().from('a').to('a')),
        ("stay: current away", current().from('b')),
        ("stay: to an unknown version", current().from('b').to('z')),
        ("stay: from an unknown version", current().from('z').to('a')),
        ("stay: a label that is nowhere, from", relabel("stay", "BLUE").from('a').to('b')),
        ("stay: neither from nor to", current()),
        ("stay: to a version id of 31", current().from('b').to_of('a', 31)),
        ("stay: to a version id of 65", current().from('b').to_of('a', 65)),
        ("stay: an empty label", relabel("stay", "").to('a')),
        ("stay: missing", relabel("missing", "AWSCURRENT").to('a')),
        ("stay: describe after refusals", describe("stay")),
        ("stay: delete", delete("stay")),
        ("stay: pending deletion", current().from('b').to('a')),
    ]
}

/// Each is so long, or made so, that chance leaves no kind out.
pub fn making_up() -> Scene {
    vec![
        ("password: as it comes", password("{}")),
        ("password: of 4096", password("{\"PasswordLength\": 4096}")),
        ("password: of 4097", password("{\"PasswordLength\": 4097}")),
        ("password: of 0", password("{\"PasswordLength\": 0}")),
        ("password: of 4", password("{\"PasswordLength\": 4}")),
        ("password: of 3, four kinds", password("{\"PasswordLength\": 3}")),
        (
            "password: of 1, any kind",
            password(
                "{\"PasswordLength\": 1, \"RequireEachIncludedType\": false, \
            \"ExcludeNumbers\": true, \"ExcludePunctuation\": true, \"ExcludeUppercase\": true}",
            ),
        ),
        ("password: of 5 with a space", password("{\"PasswordLength\": 5, \"IncludeSpace\": true}")),
        ("password: no kind required", password("{\"PasswordLength\": 4096, \"RequireEachIncludedType\": false}")),
        ("password: letters", password("{\"ExcludeNumbers\": true, \"ExcludePunctuation\": true}")),
        ("password: numbers and punctuation", password("{\"ExcludeLowercase\": true, \"ExcludeUppercase\": true}")),
        ("password: a kind without its characters", password("{\"ExcludeCharacters\": \"0123456789\"}")),
        (
            "password: of no kind",
            password(
                "{\"ExcludeLowercase\": true, \"ExcludeUppercase\": true, \
            \"ExcludeNumbers\": true, \"ExcludePunctuation\": true}",
            ),
        ),
    ]
}
