//! The error for the macro `events!` without the feature that it needs.

/// Defines an enum whose variants are chosen by the event's type. It needs the feature `json`, which is not enabled.
#[macro_export]
macro_rules! events {
    ($($_any:tt)*) => {
        ::core::compile_error!("`events!` needs the feature `json` of the crate that it is taken from");
    };
}
