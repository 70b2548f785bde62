//! The generator of random numbers that Ruby uses: MT19937 of Matsumoto and Nishimura, and how Ruby takes bounded
//! integers and floats out of it.

use num_bigint::BigInt;
use num_traits::Signed;

const SIZE: usize = 624;
const MIDDLE: usize = 397;

/// A generator with its state.
#[derive(Clone)]
pub(super) struct Twister {
    state: Vec<u32>,
    next: usize,
}

impl Twister {
    /// Of a seed of any size; its sign does not count.
    pub(super) fn new(seed: &BigInt) -> Self {
        let words = seed.abs().iter_u32_digits().collect::<Vec<_>>();
        match words.as_slice() {
            [] => Self::of_word(0),
            [single] => Self::of_word(*single),
            // Ruby drops a highest word of one.
            [several @ .., 1] | several => Self::of_words(several),
        }
    }

    fn of_word(seed: u32) -> Self {
        let mut state = vec![seed; SIZE];
        let mut last = seed;
        for (place, word) in (0_u32..).zip(state.iter_mut()).skip(1) {
            last = 1_812_433_253_u32
                .wrapping_mul(last ^ (last >> 30))
                .wrapping_add(place);
            *word = last;
        }
        Self { state, next: SIZE }
    }

    fn of_words(key: &[u32]) -> Self {
        let mut made = Self::of_word(19_650_218);
        let state = &mut made.state;
        let (mut i, mut j) = (1, 0);
        for _ in 0..SIZE.max(key.len()) {
            let before = state[i - 1] ^ (state[i - 1] >> 30);
            let count = u32::try_from(j).unwrap_or(0);
            state[i] = (state[i] ^ before.wrapping_mul(1_664_525))
                .wrapping_add(key[j])
                .wrapping_add(count);
            i = Self::step(state, i);
            j = (j + 1) % key.len();
        }
        for _ in 1..SIZE {
            let before = state[i - 1] ^ (state[i - 1] >> 30);
            let count = u32::try_from(i).unwrap_or(0);
            state[i] = (state[i] ^ before.wrapping_mul(1_566_083_941)).wrapping_sub(count);
            i = Self::step(state, i);
        }
        state[0] = 0x8000_0000;
        made
    }

    /// The place behind, around the end.
    fn step(state: &mut [u32], place: usize) -> usize {
        if place + 1 < SIZE {
            return place + 1;
        }
        state[0] = state[SIZE - 1];
        1
    }

    fn refill(&mut self) {
        for place in 0..SIZE {
            let following = self.state[(place + 1) % SIZE];
            let joined = (self.state[place] & 0x8000_0000) | (following & 0x7fff_ffff);
            let twist = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[place] = self.state[(place + MIDDLE) % SIZE] ^ (joined >> 1) ^ twist;
        }
        self.next = 0;
    }

    /// The next 32 bits.
    pub(super) fn next_u32(&mut self) -> u32 {
        if self.next >= SIZE {
            self.refill();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// An integer from zero up to a limit, which it can reach.
    pub(super) fn up_to(&mut self, limit: u64) -> u64 {
        if limit == 0 {
            return 0;
        }
        let mask = u64::MAX >> limit.leading_zeros();
        loop {
            let mut value = 0;
            if mask >> 32 != 0 {
                value = u64::from(self.next_u32()) << 32 & mask;
                // Ruby asks for the lower half only when the upper one is not too large already.
                if value > limit {
                    continue;
                }
            }
            value |= u64::from(self.next_u32()) & mask;
            if value <= limit {
                return value;
            }
        }
    }

    /// A float from zero on, below one.
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit into a float")]
    pub(super) fn float(&mut self) -> f64 {
        let (high, low) = (self.next_u32() >> 5, self.next_u32() >> 6);
        let bits = u64::from(high) << 26 | u64::from(low);
        bits as f64 / 9_007_199_254_740_992.0
    }

    /// A float from zero up to one, which it can reach.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "54 bits at most are left"
    )]
    pub(super) fn float_inclusive(&mut self) -> f64 {
        let (high, low) = (self.next_u32(), self.next_u32());
        let bits = u128::from(high) << 32 | u128::from(low);
        let spread = bits * ((1_u128 << 53) | 1);
        (spread >> 64) as u64 as f64 / 9_007_199_254_740_992.0
    }

    /// So many bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count);
        while bytes.len() < count {
            let left = count - bytes.len();
            bytes.extend(self.next_u32().to_le_bytes().iter().take(left));
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_numbers_come_out() {
        // From the authors' own output for the key 0x123, 0x234, 0x345, 0x456, and for the seed 5489.
        let mut twister = Twister::of_words(&[0x123, 0x234, 0x345, 0x456]);
        assert_eq!(twister.next_u32(), 1_067_595_299);
        assert_eq!(twister.next_u32(), 955_945_823);
        let mut twister = Twister::new(&BigInt::from(5489));
        assert_eq!(twister.next_u32(), 3_499_211_612);
    }

    #[test]
    fn limits_are_kept() {
        let mut twister = Twister::new(&BigInt::from(1));
        for limit in [0, 1, 6, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            assert!(twister.up_to(limit) <= limit);
        }
    }
}
