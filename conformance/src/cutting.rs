//! The ways in which a stream can be cut into pieces.

use core::fmt;

/// Inputs up to this many bytes are cut in two at every place.
const CUT_EVERYWHERE: usize = 300;

/// Inputs from this many bytes on are cut in a few ways only, so that a run stays quick.
const LARGE: usize = 32 * 1024;

/// A way to cut a stream. What a reader makes of a stream must not depend on it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cutting {
    /// Where the pieces end.
    pub pieces: Pieces,
    /// Whether an empty piece comes before each piece and after the last one.
    pub with_empty: bool,
}

/// Where pieces end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pieces {
    /// After every CR, so that the LF of a CRLF comes late.
    AfterCr,
    /// Once, before the byte at this place.
    At(usize),
    /// After so many bytes each; zero is taken as one.
    Every(usize),
    /// At random places, the same for the same seed.
    Random(u64),
    /// Nowhere.
    Whole,
}

impl Cutting {
    /// A cutting without empty pieces.
    pub const fn new(pieces: Pieces) -> Self {
        Self { pieces, with_empty: false }
    }

    /// The same places, with empty pieces between.
    #[must_use]
    pub const fn with_empty(self) -> Self {
        Self { with_empty: true, ..self }
    }

    /// All cuttings that a case is run with.
    pub fn all(input: &[u8]) -> Vec<Self> {
        let mut pieces = vec![Pieces::Whole, Pieces::Every(1)];
        if input.len() < LARGE {
            pieces.extend([2, 3, 5, 7].map(Pieces::Every));
            pieces.extend((0..8).map(Pieces::Random));
        } else {
            pieces.extend([Pieces::Every(4096), Pieces::Random(0)]);
        }
        if input.contains(&b'\r') {
            pieces.push(Pieces::AfterCr);
        }
        if input.len() <= CUT_EVERYWHERE {
            pieces.extend((1..input.len()).map(Pieces::At));
        }
        pieces.into_iter().map(Self::new).flat_map(|cutting| [cutting, cutting.with_empty()]).collect()
    }

    /// Cuts `input`.
    ///
    /// ```
    /// use sse_conformance::{Cutting, Pieces};
    ///
    /// let cutting = Cutting::new(Pieces::Every(3));
    /// assert_eq!(cutting.cut(b"data: x\n"), [&b"dat"[..], b"a: ", b"x\n"]);
    /// assert_eq!(Cutting::new(Pieces::At(1)).with_empty().cut(b"\r\n"), [&b""[..], b"\r", b"", b"\n", b""]);
    /// ```
    pub fn cut<'a>(&self, input: &'a [u8]) -> Vec<&'a [u8]> {
        let pieces = self.pieces.cut(input);
        if !self.with_empty {
            return pieces;
        }
        let mut spaced: Vec<&[u8]> = pieces.into_iter().flat_map(|piece| [&[][..], piece]).collect();
        spaced.push(&[]);
        spaced
    }
}

impl fmt::Display for Cutting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pieces {
            Pieces::AfterCr => f.write_str("cut after every CR")?,
            Pieces::At(at) => write!(f, "cut before byte {at}")?,
            Pieces::Every(1) => f.write_str("byte by byte")?,
            Pieces::Every(length) => write!(f, "cut after every {length} bytes")?,
            Pieces::Random(seed) => write!(f, "cut at random (seed {seed})")?,
            Pieces::Whole => f.write_str("in one piece")?,
        }
        f.write_str(if self.with_empty { ", with empty pieces between" } else { "" })
    }
}

impl Pieces {
    fn cut(self, input: &[u8]) -> Vec<&[u8]> {
        match self {
            Self::AfterCr => input.split_inclusive(|byte| *byte == b'\r').collect(),
            Self::At(at) => {
                let (before, after) = input.split_at(at.min(input.len()));
                vec![before, after]
            }
            Self::Every(length) => input.chunks(length.max(1)).collect(),
            Self::Random(seed) => cut_at_random(input, seed),
            Self::Whole => vec![input],
        }
    }
}

/// Pieces whose mean length differs from seed to seed, so that some seeds give crumbs and some give few cuts.
fn cut_at_random(input: &[u8], seed: u64) -> Vec<&[u8]> {
    let mut random = SplitMix64(seed);
    let longest = 1 + random.below(input.len().clamp(1, 8192));
    let mut pieces = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(1 + random.below(longest)));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// The generator of Steele, Lea and Flood: a few lines, and good enough to place cuts.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`, which is not zero. The slight bias is of no consequence here.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}
