//! What a response is besides its events, on every runtime: by the method of the request, and compressed by choice.

#[path = "../every_runtime/mod.rs"]
#[macro_use]
mod every_runtime;

mod client;
mod compression;
mod decoder;
mod methods;
mod server;
