//! The parts of an event or a message, as a format gives them: by name, or in their order.

use core::fmt;

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::{Retry, Text};

#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    OwnId,
    Retry,
    Text(Part),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Comment,
    Data,
    Event,
    Id,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) comment: Option<Text>,
    pub(super) data: Option<Text>,
    pub(super) event: Option<Text>,
    pub(super) id: Option<Text>,
    pub(super) own_id: Option<bool>,
    pub(super) retry: Option<Retry>,
}

/// Finds the parts.
pub(super) struct Parts {
    pub(super) what: &'static str,
    /// The fields in the order in which they are written.
    pub(super) order: &'static [(&'static str, Field)],
    /// Where they come without names, whether each is an option.
    pub(super) optional: bool,
}

impl<'de> Visitor<'de> for Parts {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values, A::Error> {
        let mut values = Values::default();
        while let Some(field) = map.next_key_seed(Name(self.order))? {
            match field {
                None => drop(map.next_value::<IgnoredAny>()?),
                Some(Field::OwnId) => values.own_id = map.next_value()?,
                Some(Field::Retry) => values.retry = map.next_value()?,
                Some(Field::Text(part)) => *values.text(part) = map.next_value()?,
            }
        }
        Ok(values)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Values, A::Error> {
        fn next<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(
            seq: &mut A,
            optional: bool,
        ) -> Result<Option<Option<T>>, A::Error> {
            if optional { seq.next_element() } else { Ok(seq.next_element()?.map(Some)) }
        }

        let mut values = Values::default();
        for (at, (_, field)) in self.order.iter().enumerate() {
            let missing = || Error::invalid_length(at, &self);
            match field {
                Field::OwnId => values.own_id = next(&mut seq, self.optional)?.ok_or_else(missing)?,
                Field::Retry => values.retry = next(&mut seq, self.optional)?.ok_or_else(missing)?,
                Field::Text(part) => *values.text(*part) = next(&mut seq, self.optional)?.ok_or_else(missing)?,
            }
        }
        Ok(values)
    }
}

impl Values {
    fn text(&mut self, part: Part) -> &mut Option<Text> {
        match part {
            Part::Comment => &mut self.comment,
            Part::Data => &mut self.data,
            Part::Event => &mut self.event,
            Part::Id => &mut self.id,
        }
    }
}

/// Finds the field of a name.
struct Name(&'static [(&'static str, Field)]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<Field>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Field>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<Field>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<Field>, E> {
        Ok(self.0.iter().find(|(known, _)| *known == name).map(|(_, field)| *field))
    }
}
