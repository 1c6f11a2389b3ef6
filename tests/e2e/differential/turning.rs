//! The scenes of a rotation: labels that move, and passwords.

use super::call::{create, delete, describe, get, password, put, relabel};
use super::script::Scene;

pub fn moving() -> Scene {
    let current = || relabel("move", "AWSCURRENT");
    let blue = || relabel("move/own", "BLUE");
    vec![
        ("move: set up", create("move").text("one")),
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
        ("move: set up for writes", create("move/write").text("one")),
        ("move: set up what is current", put("move/write").text("two").token('b')),
        ("move: set up what is written over", put("move/write").text("three").token('c').stages(&["AWSPENDING"])),
        ("move: current before a write", relabel("move/write", "AWSCURRENT").from('b').to('c')),
        ("move: write", put("move/write").text("four").token('d')),
        ("move: describe after a write", describe("move/write")),
        ("move: set up for one's own", create("move/own").text("one")),
        ("move: set up one's second", put("move/own").text("two").token('b')),
        ("move: set up one's third", put("move/own").text("three").token('c')),
        ("move: one's own, first", blue().to('b')),
        ("move: one's own to where it is", blue().to('b')),
        ("move: one's own, no from", blue().to('c')),
        ("move: one's own", blue().from('b').to('c')),
        ("move: describe one's own", describe("move/own")),
        ("move: one's own away", blue().from('c')),
        ("move: one's own away again", blue().from('c')),
        ("move: describe without one's own", describe("move/own")),
    ]
}

pub fn not_moving() -> Scene {
    let current = || relabel("stay", "AWSCURRENT");
    vec![
        ("stay: set up", create("stay").text("one")),
        ("stay: set up a second version", put("stay").text("two").token('b')),
        ("stay: set up a third version", put("stay").text("three").token('c')),
        ("stay: current without from", current().to('b')),
        ("stay: current from another", current().from('b').to('b')),
        ("stay: current away", current().from('c')),
        ("stay: to an unknown version", current().from('c').to('z')),
        ("stay: from an unknown version", current().from('z').to('b')),
        ("stay: a label that is nowhere, from", relabel("stay", "BLUE").from('b').to('c')),
        ("stay: neither from nor to", current()),
        ("stay: to a version id of 31", current().from('c').into_of('a', 31)),
        ("stay: to a version id of 65", current().from('c').into_of('a', 65)),
        ("stay: an empty label", relabel("stay", "").to('b')),
        ("stay: missing", relabel("missing", "AWSCURRENT").to('a')),
        ("stay: describe after refusals", describe("stay")),
        ("stay: delete", delete("stay")),
        ("stay: pending deletion", current().from('c').to('b')),
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
