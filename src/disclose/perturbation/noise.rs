//! Noise: the discrete Laplace mechanism of the `opendp` library.
//!
//! In: how much one holding can change some whole numbers together, and the epsilon to spend on them. Out: the numbers with
//! noise, and the noise's standard error. Invariant: the library's own privacy map says that no more than epsilon is spent;
//! noise is drawn from a cryptographic generator that the operating system seeds, in whole numbers, so that no rounding of
//! floats tells anything.

use opendp::core::Measurement;
use opendp::domains::{AtomDomain, VectorDomain};
use opendp::measurements::make_laplace;
use opendp::measures::MaxDivergence;
use opendp::metrics::L1Distance;

use super::PerturbationError;

type Numbers = VectorDomain<AtomDomain<i64>>;

/// A way to add noise.
pub(super) struct Laplace {
    scale: f64,
    measurement: Measurement<Numbers, L1Distance<i64>, MaxDivergence, Vec<i64>>,
}

fn failed(error: opendp::error::Error) -> PerturbationError {
    PerturbationError::NoNoise(error.message.unwrap_or_else(|| format!("{:?}", error.variant)))
}

impl Laplace {
    /// Noise for numbers that one holding changes by at most `sensitivity` together.
    #[expect(clippy::cast_precision_loss, reason = "sensitivities are below 2^53")]
    pub(super) fn new(sensitivity: i64, epsilon: f64) -> Result<Self, PerturbationError> {
        let mut scale = sensitivity as f64 / epsilon;
        // The quotient is rounded; the library, which computes exactly, must agree that it is enough.
        for _ in 0..64 {
            let space = (VectorDomain::new(AtomDomain::<i64>::default()), L1Distance::<i64>::default());
            let measurement = make_laplace(space.0, space.1, scale, None).map_err(failed)?;
            if measurement.map(&sensitivity).map_err(failed)? <= epsilon {
                return Ok(Self { scale, measurement });
            }
            scale = scale.next_up();
        }
        Err(PerturbationError::NoNoise(format!("epsilon {epsilon} cannot be kept")))
    }

    /// The numbers, each with noise of its own.
    pub(super) fn add_to(&self, numbers: &Vec<i64>) -> Result<Vec<i64>, PerturbationError> {
        self.measurement.invoke(numbers).map_err(failed)
    }

    /// The standard deviation of the noise: with q = e^(-1/scale), the root of 2 q / (1 - q)^2.
    pub(super) fn standard_error(&self) -> f64 {
        let q = (-1.0 / self.scale).exp();
        (2.0 * q).sqrt() / -(-1.0 / self.scale).exp_m1()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_sensitivity_by_epsilon() {
        let noise = Laplace::new(200, 0.25).expect("noise");
        assert!((noise.scale - 800.0).abs() < 1e-9);
        // 800 times the root of two, a trifle less because the noise is in whole numbers.
        assert!((noise.standard_error() - 1_131.370_8).abs() < 1e-3, "{}", noise.standard_error());
        // Scale 1: q = 1/e, and 2 q / (1 - q)^2 = 1.841347.
        let narrow = Laplace::new(1, 1.0).expect("noise");
        assert!((narrow.standard_error().powi(2) - 1.841_347).abs() < 1e-5, "{}", narrow.standard_error());
    }

    #[test]
    fn epsilon_is_never_exceeded_by_rounding() {
        for (sensitivity, epsilon) in [(3, 0.1), (7, 0.3), (145_000_000, 0.062_5), (1 << 53, 0.000_1), (49, 0.7 / 3.0)]
        {
            let noise = Laplace::new(sensitivity, epsilon).expect("noise");
            assert!(noise.measurement.map(&sensitivity).expect("a loss") <= epsilon);
        }
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "numbers of a few digits")]
    fn noise_has_the_standard_error_that_is_stated() {
        // Of 40,000 draws, the standard deviation is known to within 0.6 % (the kurtosis of Laplace is 6): 4 % is seven of
        // those.
        const DRAWS: usize = 40_000;
        for (sensitivity, epsilon) in [(1, 1.0), (200, 0.25), (1_000_000, 0.5)] {
            let noise = Laplace::new(sensitivity, epsilon).expect("noise");
            let drawn = noise.add_to(&vec![1_000; DRAWS]).expect("drawn");
            let deviations = || drawn.iter().map(|&number| (number - 1_000) as f64);
            let mean = deviations().sum::<f64>() / DRAWS as f64;
            let spread = (deviations().map(|it| it * it).sum::<f64>() / DRAWS as f64).sqrt();
            let stated = noise.standard_error();
            assert!((spread / stated - 1.0).abs() < 0.04, "{spread} instead of {stated}");
            assert!(mean.abs() < 7.0 * stated / (DRAWS as f64).sqrt(), "the noise is centered: {mean}");
        }
    }
}
