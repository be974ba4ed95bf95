//! Which limit a value passes first.

use super::field::Field;
use crate::{DecodeError, LimitKind, Limits, OnExcess};

/// A limit is passed by the bytes of a value that are at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Excess {
    /// How many of the bytes at hand are within the limit. Which limit is passed, and where, does not depend on how
    /// the stream was cut.
    pub(super) at: usize,
    pub(super) error: DecodeError,
    pub(super) on_excess: OnExcess,
}

impl Excess {
    /// Looks whether `more` bytes pass a limit, where the line has given `in_line` of the `kept` bytes so far.
    #[inline]
    pub(super) fn check(limits: &Limits, field: Field, in_line: usize, kept: usize, more: usize) -> Option<Self> {
        let (limit, value) = match field {
            Field::Data => (LimitKind::Data, limits.data),
            Field::Event => (LimitKind::EventType, limits.event_type),
            Field::Id => (LimitKind::Id, limits.id),
            Field::Comment | Field::Retry | Field::Unknown => (LimitKind::Line, limits.line),
        };
        let line = limits.line;
        if kept + more <= value.max && in_line + more <= line.max {
            return None;
        }
        let value_room = value.max.saturating_sub(kept);
        let line_room = line.max.saturating_sub(in_line);
        if kept + more > value.max && value_room <= line_room {
            let error = DecodeError { limit, max: value.max, size: kept + more };
            Some(Self { at: value_room, error, on_excess: value.on_excess })
        } else if more > 0 {
            let error = DecodeError { limit: LimitKind::Line, max: line.max, size: in_line + more };
            Some(Self { at: line_room, error, on_excess: line.on_excess })
        } else {
            None
        }
    }
}
