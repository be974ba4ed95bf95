//! Where cases are tested that cannot be run from their data.

/// The test that does what this case asks for, in words.
pub(super) fn tested_by(id: &str) -> Option<&'static str> {
    let tests = [
        ("H-301", "see the test `tested_otherwise::a_host_without_an_address_is_tried_again` of this crate"),
        ("H-302", "see the test `tested_otherwise::another_scheme_fails` of this crate"),
        ("H-303", "see the test `tested_otherwise::an_invalid_url_is_an_error_of_the_constructor` of this crate"),
        ("H-304", "see the case H-1304, which refuses the encoding"),
        (
            "H-306",
            "see the test `over_http2_a_reset_stream_and_a_server_that_goes_away_are_losses` of this crate, for each runtime",
        ),
        ("H-307", "see the case H-1307"),
        ("H-308", "see the case H-1308"),
    ];
    tests.iter().find(|(other, _)| *other == id).map(|(_, test)| *test)
}
