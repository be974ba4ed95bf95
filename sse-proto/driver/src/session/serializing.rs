//! Sending values.

use core::{error::Error, fmt, marker::PhantomData};

use bytes::BytesMut;
use sse_proto::{DataWriter, Message, server::SendError};

use super::Sender;

impl Sender {
    /// Returns a sender for values of one type, each of which this function writes.
    ///
    /// ```
    /// use core::fmt::Write;
    /// use sse_driver::Sender;
    ///
    /// async fn prices(sender: Sender) -> Result<(), Box<dyn core::error::Error>> {
    ///     let prices = sender.serializing(|price: &f64, data| write!(data, "{price:.2}"));
    ///     prices.send(&73.5).await?;
    ///     Ok(())
    /// }
    /// ```
    pub fn serializing<T: ?Sized, E, F>(self, write: F) -> Serializing<T, F>
    where
        F: Fn(&T, &mut DataWriter<'_>) -> Result<(), E>,
    {
        Serializing { sender: self, write, value: PhantomData }
    }

    /// Sends an event with this value as its data, written as JSON straight into the field.
    ///
    /// # Errors
    ///
    /// The value cannot be serialized, or the message cannot be [sent](Self::send).
    #[cfg(feature = "json")]
    pub async fn send_json<T>(&self, value: &T) -> Result<(), SendValueError<sse_proto::json::JsonError>>
    where
        T: serde::Serialize + ?Sized,
    {
        self.send_json_with(&Message::new(), value).await
    }

    /// Sends a message with this value as its data, written as JSON straight into the field: type, ID, reconnection time
    /// and comment are the message's.
    ///
    /// # Errors
    ///
    /// The value cannot be serialized, or the message cannot be [sent](Self::send).
    #[cfg(feature = "json")]
    pub async fn send_json_with<T>(
        &self,
        message: &Message,
        value: &T,
    ) -> Result<(), SendValueError<sse_proto::json::JsonError>>
    where
        T: serde::Serialize + ?Sized,
    {
        send_written(self, message, |data| sse_proto::json::write(value, data)).await
    }
}

/// A [`Sender`] with a serializer: made by [`Sender::serializing`].
pub struct Serializing<T: ?Sized, F> {
    sender: Sender,
    write: F,
    value: PhantomData<fn(&T)>,
}

impl<T, E, F> Serializing<T, F>
where
    T: ?Sized,
    F: Fn(&T, &mut DataWriter<'_>) -> Result<(), E>,
{
    /// Sends an event with this value as its data.
    ///
    /// # Errors
    ///
    /// The value cannot be serialized, or the message cannot be [sent](Sender::send).
    pub async fn send(&self, value: &T) -> Result<(), SendValueError<E>> {
        self.send_with(&Message::new(), value).await
    }

    /// Sends a message with this value as its data: type, ID, reconnection time and comment are the message's.
    ///
    /// # Errors
    ///
    /// The value cannot be serialized, or the message cannot be [sent](Sender::send).
    pub async fn send_with(&self, message: &Message, value: &T) -> Result<(), SendValueError<E>> {
        send_written(&self.sender, message, |data| (self.write)(value, data)).await
    }

    /// Returns the sender below, for messages that are no values.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }
}

/// Serializes the value before it locks the session, because the code of the value may use the session.
async fn send_written<E>(
    sender: &Sender,
    message: &Message,
    write: impl FnOnce(&mut DataWriter<'_>) -> Result<(), E>,
) -> Result<(), SendValueError<E>> {
    let mut encoded = BytesMut::new();
    message.encode_with(&mut encoded, write).map_err(SendValueError::Value)?;
    sender.send_when(|machine| machine.send_encoded(&encoded)).await.map_err(SendValueError::Send)
}

impl<T: ?Sized, F: Clone> Clone for Serializing<T, F> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), write: self.write.clone(), value: PhantomData }
    }
}

impl<T: ?Sized, F> fmt::Debug for Serializing<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serializing").finish_non_exhaustive()
    }
}

/// Why a value was not sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendValueError<E> {
    /// The message was not sent.
    Send(SendError),
    /// The value cannot be serialized.
    Value(E),
}

impl<E: fmt::Display> fmt::Display for SendValueError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(error) => error.fmt(f),
            Self::Value(error) => write!(f, "the value cannot be serialized: {error}"),
        }
    }
}

impl<E: Error + 'static> Error for SendValueError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Send(error) => Some(error),
            Self::Value(error) => Some(error),
        }
    }
}
