//! The HTTP client of any runtime.

use core::marker::PhantomData;
use std::sync::Arc;

use super::follow;
use crate::{
    http::{Client, HttpSubject, Journal, Setup, Unsupported},
    runtimes::{EventSource, UnderTest},
};

/// The client of this runtime.
pub(crate) fn client<R: UnderTest>() -> Client {
    Client::Network(Arc::new(OnRuntime(PhantomData::<R>)))
}

struct OnRuntime<R>(PhantomData<R>);

impl<R: UnderTest> HttpSubject for OnRuntime<R> {
    fn name(&self) -> &str {
        R::NAME
    }

    fn follow(&self, url: &str, setup: &Setup, journal: &Journal) -> Result<(), Unsupported> {
        let config = setup.config(url)?;
        R::block_on(async {
            let mut source = EventSource::<R>::open(config).map_err(|error| Unsupported(error.to_string()))?;
            follow(&mut source, journal).await;
            Ok(())
        })
    }
}
