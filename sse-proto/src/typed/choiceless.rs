//! What is said where the macro `events!` is used without the feature that it needs.

/// Writes an enum whose variants are chosen by the event's type: with the feature `json`, which is not enabled.
#[macro_export]
macro_rules! events {
    ($($_any:tt)*) => {
        ::core::compile_error!("`events!` needs the feature `json` of the crate that it is taken from");
    };
}
