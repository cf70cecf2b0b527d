//! Every delivery of every message, checked.

/// What one viewer has received.
#[derive(Clone, Debug, Default)]
pub struct Received(Vec<u32>);

/// What went wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audit {
    pub deliveries: u64,
    pub lost: u64,
    pub doubled: u64,
    /// Viewers that saw another order than the first one.
    pub disordered: u64,
}

impl Received {
    /// Takes note of message `number`.
    pub fn add(&mut self, number: u32) {
        self.0.push(number);
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl Audit {
    /// Compares what `viewers` received of `sent` messages, numbered from 0.
    pub fn of(viewers: &[Received], sent: u32) -> Self {
        let mut audit = Audit::default();
        for viewer in viewers {
            let mut times = vec![0_u64; sent as usize];
            viewer.0.iter().for_each(|number| times[*number as usize] += 1);
            audit.deliveries += viewer.0.len() as u64;
            audit.lost += times.iter().filter(|times| **times == 0).count() as u64;
            audit.doubled += times.iter().map(|times| times.saturating_sub(1)).sum::<u64>();
            audit.disordered += u64::from(viewer.0 != viewers[0].0);
        }
        audit
    }

    pub fn is_clean(&self) -> bool {
        self.lost + self.doubled + self.disordered == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_doubled_or_disordered_is_counted() {
        let viewer = |numbers: &[u32]| Received(numbers.to_vec());
        assert!(Audit::of(&[viewer(&[1, 0, 2]), viewer(&[1, 0, 2])], 3).is_clean());
        let audit = Audit::of(&[viewer(&[0, 1, 2]), viewer(&[0, 2, 2])], 3);
        assert_eq!((audit.lost, audit.doubled, audit.disordered), (1, 1, 1));
    }
}
