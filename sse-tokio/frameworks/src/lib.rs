//! sse-tokio with the crates that programs use beside it: axum, reqwest, tower-http, serde, tracing.
//!
//! cargo builds all development dependencies of a package for each of its examples. Tests and examples that need these
//! crates are therefore in this package, and the examples of sse-tokio compile only what they run.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct ReadmeOfTheCrate;

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct ReadmeOfTheWorkspace;
