//! Mistakes in markup do not compile, and the error stands where the mistake is.

#[test]
fn mistakes_are_reported_at_their_place() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
