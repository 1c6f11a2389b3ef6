//! Compile-time promises: each is a small file that must not compile, with the compiler's whole message beside it.

#[test]
fn what_the_spec_does_not_grant_does_not_compile() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
