//! An enum with a variant for each type of event.

/// Writes an enum whose variants are chosen by the event's type, and its [`FromEvent`](crate::typed::FromEvent).
///
/// A variant's payload is read from the event's data as JSON. A payload written `Event` is the event as it was
/// received; a variant without one does not look at the data. The last variant, `_`, is for all other types, so that
/// none is lost: the type `message` of events that name none can be one of the others, too.
///
/// The payload types are [`Deserialize`](serde::Deserialize), and not borrowed.
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
    (@write [$(#[$meta:meta])* $visibility:vis enum $name:ident]
        $([[$($variant_meta:tt)*] [$($event_type:tt)*] $variant:ident $(($($payload:tt)+))?])+
    ) => {
        $(#[$meta])*
        $visibility enum $name {
            $($($variant_meta)* $variant $(($($payload)+))?,)+
        }

        impl $crate::typed::FromEvent for $name {
            type Error = $crate::json::JsonError;

            fn from_event(event: &$crate::Event) -> ::core::result::Result<Self, Self::Error> {
                ::core::result::Result::Ok(match event.event_type() {
                    $($($event_type)* => Self::$variant $(($crate::events!(@payload event $($payload)+)))?,)+
                })
            }
        }
    };
    (@payload $event:ident Event) => { ::core::clone::Clone::clone($event) };
    (@payload $event:ident $payload:ty) => { $event.json::<$payload>()? };
}
