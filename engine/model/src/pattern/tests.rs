//! Accepted patterns, refused patterns with the position of the fault, and the time of a match.

use std::time::{Duration, Instant};

use super::{Pattern, PatternError, PatternFault};

#[test]
fn what_is_let_through_is_taken_and_matches_as_it_says() {
    for (pattern, yes, no) in [
        ("^a$", "a", "ab"),
        ("b", "abc", "ac"),
        ("", "anything", ""),
        ("^(?:ab|cd)+$", "abcd", "abc"),
        (r"^\d\D\w\W$", "1a_-", "aa_-"),
        (r"^[\d.-]+$", "1.2-3", "1a"),
        (r"^[^a-c\]]$", "d", "]"),
        (r"^[-a]+$", "-a", "b"),
        (r"^[a\-z]+$", "a-z", "b"),
        (r"^a{2}b{2,}c{2,3}$", "aabbbcc", "aabbbc"),
        (r"^\{\}\[\]\(\)\|\\\^\$\.\*\+\?\/\-$", r"{}[]()|\^$.*+?/-", "x"),
        (r"^\t\n\r$", "\t\n\r", "tnr"),
        (r"^[!-/:-@`{-~]$", "~", "a"),
        ("^[&~#'\"]$", "&", "a"),
        ("^(((a{10}){10}){10})$", &"a".repeat(1000), "a"),
        ("^.$", "é", "\n"),
        (r"^[\W\d]$", "é", "a"),
        (r"^[^\w\\]$", "é", r"\"),
        (r"^\D$", "٣", "3"),
    ] {
        let parsed = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        assert!(parsed.matches(yes), "{pattern} on {yes:?}");
        assert!(no.is_empty() || !parsed.matches(no), "{pattern} on {no:?}");
    }
}

#[test]
fn err_what_engines_read_differently_is_refused_with_its_place() {
    use PatternFault::{Character, Class, Count, Depth, Escape, Group, Repetition, Size};
    for (pattern, fault, at) in [
        ("é", Character, 0),
        ("a\n", Character, 1),
        ("a\0", Character, 1),
        (r"\", Escape, 0),
        (r"\s", Escape, 0),
        (r"a\b", Escape, 1),
        (r"\1", Escape, 0),
        (r"\pL", Escape, 0),
        (r"\x41", Escape, 0),
        (r"\u0041", Escape, 0),
        (r"\A", Escape, 0),
        (r"\z", Escape, 0),
        ("a}", Escape, 1),
        ("a]", Escape, 1),
        ("[", Class, 0),
        ("[]", Class, 1),
        ("[]a]", Class, 1),
        ("[^]", Class, 2),
        ("[a", Class, 0),
        ("[[:alpha:]]", Class, 1),
        ("[a&&b]", Class, 2),
        ("[a~~b]", Class, 2),
        ("[a--b]", Class, 2),
        ("[a-b-c]", Class, 4),
        ("[z-a]", Class, 1),
        (r"[\d-z]", Class, 1),
        (r"[a-\d]", Class, 1),
        (r"[\s]", Class, 1),
        ("[a^]", Class, 2),
        ("[é]", Class, 1),
        ("(a", Group, 2),
        ("a)", Group, 1),
        ("(?i)a", Group, 0),
        ("(?=a)", Group, 0),
        ("(?<n>a)", Group, 0),
        ("(?", Group, 0),
        ("*", Repetition, 0),
        ("a**", Repetition, 2),
        ("a+?", Repetition, 2),
        ("a++", Repetition, 2),
        ("a{2}{3}", Repetition, 4),
        ("^*", Repetition, 1),
        ("(*a)", Repetition, 1),
        ("a|*", Repetition, 2),
        ("{2}", Repetition, 0),
        ("a{", Count, 1),
        ("a{}", Count, 1),
        ("a{,2}", Count, 1),
        ("a{x}", Count, 1),
        ("a{3,2}", Count, 1),
        ("a{1001}", Count, 1),
        ("a{99999999999}", Count, 1),
        ("(a{100}){11}", Count, 8),
        ("((a{100})*b{2}){11}", Count, 15),
        ("a{1000}b{1000}c", Size, 14),
        ("(ab){1000}[c-d]", Size, 14),
        ("((ab){30}c{30}){30}", Size, 18),
        ("(?:a{500}|b{500}|c{500}|d{500}|e{500})", Size, 31),
    ] {
        assert_eq!(Pattern::parse(pattern), Err(PatternError { fault, at }), "{pattern}");
    }
    for (part, times) in [("a", 2_001), ("[a-z]{999}", 141), ("(a{1000})", 3), ("x?", 2_001)] {
        let fault = Pattern::parse(&part.repeat(times)).map_err(|error| error.fault);
        assert_eq!(fault.err(), Some(Size), "{part} {times} times");
    }
    let deep = "(".repeat(100_000);
    assert_eq!(Pattern::parse(&deep), Err(PatternError { fault: Depth, at: 16 }));
}

#[test]
fn a_match_takes_a_time_in_proportion_to_the_text() {
    let long = "a".repeat(64 * 1024);
    // A pseudorandom text, so that the engine keeps reaching new states.
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if state & 0x8000_0000 == 0 { 'a' } else { 'b' }
    };
    let mixed: String = (0..64 * 1024).map(|_| random()).collect();
    for pattern in [
        "(?:[ -~]{1,1000}x)",
        "(?:a?){500}a{500}x",
        "(a*)*x",
        "(?:a|aa)+x",
        "[ab]*a[ab]{1000}x",
        "(?:.{0,450}z){2}",
        "^(?:[^x]{1,1000})+x",
    ] {
        let pattern = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        for text in [&long, &mixed] {
            let begun = Instant::now();
            assert!(!pattern.matches(text), "{pattern:?}");
            let time = begun.elapsed();
            assert!(time < Duration::from_secs(20), "{pattern:?} took {time:?}");
        }
    }
}
