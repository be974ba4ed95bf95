//! What the machine asks its driver to do.

use alloc::boxed::Box;
use core::convert::Infallible;

use super::{Change, Request};
use crate::Timestamp;

/// What the driver has to do, or to report to the application.
///
/// The enum is exhaustive on purpose: a driver has to deal with all of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Output {
    /// Report this to the application. With [`Change::Closed`], [`Change::Failed`] and [`Change::Reestablishing`], also
    /// drop the connection. After the first two of these, every further output is [`Change::Closed`].
    Change(Change<Infallible, Infallible>),
    /// Drop the connection, if there is one, and send this request. It is in a box so that the outputs that come with
    /// every event stay small.
    Connect(Box<Request>),
    /// An event was received. Until the next call, [`EventSource::event`](super::EventSource::event) borrows it, and
    /// [`EventSource::take_event`](super::EventSource::take_event) returns it as owned.
    Event,
    /// There is nothing to do until something happens on the connection, or until this moment.
    Wait {
        /// When to poll again at the latest; `None` if there is no deadline.
        until: Option<Timestamp>,
    },
}

/// An output is returned for every event, so that it has to stay small.
const _: () = assert!(size_of::<Output>() <= 64);

impl From<Change<Infallible, Infallible>> for Output {
    fn from(change: Change<Infallible, Infallible>) -> Self {
        Self::Change(change)
    }
}
