//! Inputs for fuzz targets: seeds, changed as a fuzzer's bytes say. `cargo test` runs each target for a moment, always
//! with the same bytes; `make fuzz` runs them for long, with bytes that coverage guides.

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

/// The longest string of bytes in `cargo test`.
const MOST_BYTES: usize = 128;
/// The longest input in bytes.
const LONGEST: usize = 4_096;

/// Runs a fuzz target: `fuzz_target!(count, |bytes: &[u8]| …)`. `count`: how many inputs `cargo test` tries.
macro_rules! fuzz_target {
    ($count:expr, $target:expr) => {{
        #[cfg(fuzzing)]
        bolero::check!().for_each($target);
        #[cfg(not(fuzzing))]
        $crate::fuzzing::each($count, $target);
    }};
}
pub(crate) use fuzz_target;

/// Calls `target` with `count` strings of bytes, the same in every run.
#[cfg_attr(fuzzing, expect(dead_code))]
pub fn each(count: usize, mut target: impl FnMut(&[u8])) {
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..count {
        let mut bytes = vec![0; random.random_range(0..=MOST_BYTES)];
        random.fill_bytes(&mut bytes);
        target(&bytes);
    }
}

/// Returns one of `seeds` after the changes that `bytes` encode: deletions, repetitions, bytes, and parts of
/// other seeds. The same bytes always make the same input.
pub fn mutated(seeds: &[&str], bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.iter().map(|byte| usize::from(*byte));
    let pick = |n: usize| seeds.get(n % seeds.len().max(1)).map_or("", |seed| seed).as_bytes();
    let mut input = pick(bytes.next().unwrap_or(0)).to_vec();
    while let Some(change) = bytes.next() {
        let (high, low) = (bytes.next().unwrap_or(0), bytes.next().unwrap_or(0));
        let at = (high * 256 + low) % (input.len() + 1);
        let length = bytes.next().unwrap_or(1);
        let end = (at + length).min(input.len());
        let part = match change % 5 {
            0 => Vec::new(),
            1 => vec![u8::try_from(length).unwrap_or(0)],
            2 => [&input[at..end], &input[at..end]].concat(),
            3 => {
                let other = pick(change / 5);
                let from = low % (other.len() + 1);
                other[from..(from + length).min(other.len())].to_vec()
            }
            _ => pick(length).to_vec(),
        };
        // Only a deletion and a repetition replace what is there.
        let end = if matches!(change % 5, 0 | 2) { end } else { at };
        input.splice(at..end, part);
        input.truncate(LONGEST);
    }
    input
}

/// As [`mutated`], with invalid UTF-8 replaced.
pub fn mutated_text(seeds: &[&str], bytes: &[u8]) -> String {
    String::from_utf8_lossy(&mutated(seeds, bytes)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_used_and_mutated() {
        assert_eq!(mutated(&["abc", "de"], &[1]), b"de");
        assert_eq!(mutated(&["abc", "de"], &[0, 1, 0, 1, b'x']), b"axbc");
        assert_eq!(mutated(&["abc", "de"], &[0, 0, 0, 1, 1]), b"ac");
        assert_eq!(mutated(&["abc", "de"], &[0, 2, 0, 0, 2]), b"ababc");
        assert_eq!(mutated(&[], &[7, 3, 9, 9, 9]), b"");
    }
}
