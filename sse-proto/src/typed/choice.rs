//! The macro for an enum with a variant for each type of event.

use core::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::{Event, Text, json::JsonError};

/// Reads a payload for the macro: by inherent methods for the types that are not JSON, and by [`ReadJson`] for the rest.
#[derive(Debug)]
#[doc(hidden)]
pub struct Payload<'a, T> {
    event: &'a Event,
    payload: PhantomData<T>,
}

impl<'a, T> Payload<'a, T> {
    pub fn new(event: &'a Event) -> Self {
        Self { event, payload: PhantomData }
    }
}

impl Payload<'_, Event> {
    pub fn read(self) -> Result<Event, JsonError> {
        Ok(self.event.clone())
    }
}

impl Payload<'_, Text> {
    pub fn read(self) -> Result<Text, JsonError> {
        Ok(self.event.clone().into_parts().1)
    }
}

#[doc(hidden)]
pub trait ReadJson {
    type Value;

    fn read(self) -> Result<Self::Value, JsonError>;
}

impl<T: DeserializeOwned> ReadJson for Payload<'_, T> {
    type Value = T;

    fn read(self) -> Result<T, JsonError> {
        self.event.json()
    }
}

/// Defines an enum whose variants are chosen by the event's type, and implements
/// [`FromEvent`](crate::typed::FromEvent) for it.
///
/// A variant's payload is read from the event's data as JSON: its type is [`Deserialize`](serde::Deserialize), and not
/// borrowed. A payload of the type [`Event`](crate::Event) is the event as it was received, and one of the type
/// [`Text`](crate::Text) is its data; a variant without a payload does not look at the data. The last variant, `_`, is for
/// all other types of events, so that none is lost: there must be one. `_ => Other` without a payload keeps only that
/// there was such an event. Events that name no type have the type `message`.
///
/// ```
/// use sse_proto::{Event, EventId, EventType, typed::FromEvent};
///
/// sse_proto::events! {
///     /// What the feed sends.
///     #[derive(Debug, PartialEq)]
///     pub enum Feed {
///         /// A trade.
///         "trade" | "late-trade" => Trade((String, f64)),
///         /// The server is there.
///         "ping" => Ping,
///         /// Something else.
///         _ => Unknown(Event),
///     }
/// }
///
/// let event = |event_type: &str, data: &str| -> Result<_, sse_proto::FieldError> {
///     Ok(Event::new(EventType::new(event_type)?, data, EventId::empty()))
/// };
/// assert_eq!(Feed::from_event(&event("trade", "[\"XYZ\", 1.5]")?)?, Feed::Trade(("XYZ".into(), 1.5)));
/// assert_eq!(Feed::from_event(&event("ping", "")?)?, Feed::Ping);
/// let news = event("news", "no JSON")?;
/// assert_eq!(Feed::from_event(&news)?, Feed::Unknown(news));
/// assert!(Feed::from_event(&event("trade", "no JSON")?).is_err());
///
/// sse_proto::events! {
///     #[derive(Debug, PartialEq)]
///     enum Flag {
///         "flag" => Set((String, bool)),
///         _ => Other,
///     }
/// }
///
/// assert_eq!(Flag::from_event(&event("news", "no JSON")?)?, Flag::Other);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[macro_export]
macro_rules! events {
    ($(#[$meta:meta])* $visibility:vis enum $name:ident { $($variants:tt)* }) => {
        $crate::events!(@read_variants [$(#[$meta])* $visibility enum $name] [] $($variants)*);
    };
    (@read_variants $head:tt [$($known:tt)*]
        $(#[$meta:meta])* $($event_type:literal)|+ => $variant:ident $(($($payload:tt)+))?, $($rest:tt)+
    ) => {
        $crate::events!(@read_variants $head
            [$($known)* [[$(#[$meta])*] [$($event_type)|+] $variant $(($($payload)+))?]]
            $($rest)+
        );
    };
    (@read_variants $head:tt [$($known:tt)*]
        $(#[$meta:meta])* _ => $variant:ident $(($($payload:tt)+))? $(,)?
    ) => {
        $crate::events!(@write $head $($known)* [[$(#[$meta])*] [_] $variant $(($($payload)+))?]);
    };
    (@read_variants $head:tt [$($known:tt)*]
        $($(#[$meta:meta])* $($event_type:literal)|+ => $variant:ident $(($($payload:tt)+))? $(,)?)?
    ) => {
        ::core::compile_error!("the last variant of `events!` must be `_ => Name(Event)` or `_ => Name`: it is for the events of all other types");
    };
    (@write [$(#[$meta:meta])* $visibility:vis enum $name:ident]
        $([[$($variant_meta:tt)*] [$($event_type:tt)*] $variant:ident $(($($payload:tt)+))?])+
    ) => {
        $(#[$meta])*
        $visibility enum $name {
            $($($variant_meta)* $variant $(($($payload)+))?,)+
        }

        impl $crate::typed::FromEvent for $name {
            type Value = Self;
            type Error = $crate::json::JsonError;

            fn from_event(event: &$crate::Event) -> ::core::result::Result<Self, Self::Error> {
                #[allow(unused_imports)]
                use $crate::typed::ReadJson as _;

                ::core::result::Result::Ok(match event.event_type() {
                    $($($event_type)* => Self::$variant $(($crate::typed::Payload::<$($payload)+>::new(event).read()?))?,)+
                })
            }
        }
    };
}
