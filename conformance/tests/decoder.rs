//! The decoder against the oracle, on streams that nobody wrote down.

use proptest::prelude::*;
use sse_conformance::{Case, Cutting, Pieces, generate, runner, subjects};

fn check(input: Vec<u8>, seeds: [u64; 2]) {
    let cuttings = |input: &[u8]| {
        let places = [Pieces::Whole, Pieces::Every(1), Pieces::AfterCr, Pieces::At(input.len() / 2)];
        let random = seeds.map(|seed| Cutting::new(Pieces::Random(seed)));
        places.map(Cutting::new).into_iter().chain(random).chain([random[0].with_empty()]).collect()
    };
    runner::run_with(&subjects::proto(), &[Case::by_oracle(input)], cuttings).assert_passed();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn bytes(input in generate::bytes(120), seeds: [u64; 2]) {
        check(input, seeds);
    }

    #[test]
    fn token_soup(input in generate::token_soup(40), seeds: [u64; 2]) {
        check(input, seeds);
    }

    #[test]
    fn well_formed(input in generate::well_formed(40), seeds: [u64; 2]) {
        check(input, seeds);
    }

    #[test]
    fn mutated(input in generate::mutated(40), seeds: [u64; 2]) {
        check(input, seeds);
    }
}
