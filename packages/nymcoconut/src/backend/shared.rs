//! The operations whose text is the same for both backends, written once.

macro_rules! shared_operations {
    () => {
        use ff::{Field, PrimeField};
        // One backend has some of these as its own methods.
        #[allow(unused_imports)]
        use group::{prime::PrimeCurveAffine, Curve, Group};
        #[allow(unused_imports)]
        use pairing::{MillerLoopResult, MultiMillerLoop};
        use rand_core::{CryptoRng, RngCore};

        use crate::DecodeError;

        /// Multiples of one point of G1 from a table.
        pub type FixedG1 = crate::backend::fixed::Fixed<G1>;
        /// Multiples of one point of G2 from a table.
        pub type FixedG2 = crate::backend::fixed::Fixed<G2>;

        /// A few secret multiples of one new point of G1.
        pub type CombG1 = crate::backend::variable::Comb<G1>;

        /// A sum of secret multiples of a few points of G1, in constant time.
        ///
        /// # Panics
        /// When the two lists differ in length.
        pub fn sum_of_multiples(points: &[G1Affine], scalars: &[Scalar]) -> G1 {
            crate::backend::variable::sum(points, scalars)
        }

        /// As [`msm_g1`], for scalars that are small numbers, or such numbers negated.
        ///
        /// # Panics
        /// When the two lists differ in length.
        pub fn msm_g1_small(points: &[G1Affine], scalars: &[Scalar]) -> G1 {
            sum_vartime::<G1>(points, scalars)
        }

        /// The 32 bytes of a scalar, little endian.
        pub fn encode_scalar(scalar: &Scalar) -> [u8; 32] {
            scalar.to_repr()
        }

        /// Reads a scalar: 32 bytes, little endian, below the group order.
        pub fn decode_scalar(bytes: &[u8], what: &'static str) -> Result<Scalar, DecodeError> {
            let repr = exactly::<32>(bytes, what)?;
            Option::<Scalar>::from(Scalar::from_repr(repr)).ok_or(DecodeError::Scalar { what })
        }

        /// The scalar of bytes that are known to be canonical, in constant time.
        pub fn canonical(bytes: &[u8; 32]) -> Scalar {
            // Bytes of `encode_scalar` are canonical, so the other value is never taken.
            Scalar::from_repr(*bytes).unwrap_or(Scalar::ZERO)
        }

        /// At most 64 bytes as a little-endian integer modulo the group order.
        ///
        /// # Panics
        /// When there are more than 64 bytes.
        pub fn reduce(bytes: &[u8]) -> Scalar {
            assert!(bytes.len() <= 64, "at most 64 bytes are reduced");
            let two_128 = Scalar::from(u64::MAX) + Scalar::ONE;
            let two_128 = two_128.square();
            bytes.chunks(16).rev().fold(Scalar::ZERO, |sum, chunk| {
                let mut repr = [0; 32];
                repr[..chunk.len()].copy_from_slice(chunk);
                sum * two_128 + canonical(&repr)
            })
        }

        /// A uniform scalar from 64 random bytes. Both backends make the same scalar of the same bytes.
        pub fn random_scalar(rng: &mut (impl RngCore + CryptoRng)) -> Scalar {
            let mut bytes = zeroize::Zeroizing::new([0; 64]);
            rng.fill_bytes(bytes.as_mut());
            reduce(bytes.as_ref())
        }

        /// A uniform scalar other than zero.
        ///
        /// A source that only ever gives zeros would never end this; after eight tries one is returned.
        pub fn random_nonzero_scalar(rng: &mut (impl RngCore + CryptoRng)) -> Scalar {
            (0..8).map(|_| random_scalar(rng)).find(|s| !bool::from(s.is_zero())).unwrap_or(Scalar::ONE)
        }

        /// A random weight of 128 bits, not zero, as 16 bytes, little endian.
        pub fn random_weight(rng: &mut (impl RngCore + CryptoRng)) -> [u8; 16] {
            let mut weight = [0; 16];
            rng.fill_bytes(&mut weight);
            if weight == [0; 16] {
                weight[0] = 1;
            }
            weight
        }

        /// Reads a compressed point of G1 other than the identity: canonical, on the curve, in the subgroup.
        pub fn decode_g1(bytes: &[u8], what: &'static str) -> Result<G1Affine, DecodeError> {
            let point = decode_g1_or_identity(bytes, what)?;
            if bool::from(point.is_identity()) {
                return Err(DecodeError::Identity { what });
            }
            Ok(point)
        }

        /// Reads a compressed point of G1: canonical, on the curve, in the subgroup.
        pub fn decode_g1_or_identity(bytes: &[u8], what: &'static str) -> Result<G1Affine, DecodeError> {
            let bytes = exactly::<48>(bytes, what)?;
            let point = Option::<G1Affine>::from(G1Affine::from_compressed_unchecked(&bytes))
                .ok_or(DecodeError::Point { what })?;
            if !bool::from(point.is_torsion_free()) {
                return Err(DecodeError::Subgroup { what });
            }
            Ok(point)
        }

        /// Reads a compressed point of G2 other than the identity: canonical, on the curve, in the subgroup.
        pub fn decode_g2(bytes: &[u8], what: &'static str) -> Result<G2Affine, DecodeError> {
            let point = decode_g2_or_identity(bytes, what)?;
            if bool::from(point.is_identity()) {
                return Err(DecodeError::Identity { what });
            }
            Ok(point)
        }

        /// Reads a compressed point of G2: canonical, on the curve, in the subgroup.
        pub fn decode_g2_or_identity(bytes: &[u8], what: &'static str) -> Result<G2Affine, DecodeError> {
            let bytes = exactly::<96>(bytes, what)?;
            let point = Option::<G2Affine>::from(G2Affine::from_compressed_unchecked(&bytes))
                .ok_or(DecodeError::Point { what })?;
            if !bool::from(point.is_torsion_free()) {
                return Err(DecodeError::Subgroup { what });
            }
            Ok(point)
        }

        /// Writes `zero` over secrets, in a way that the compiler does not leave out because nobody reads it.
        pub fn erase<V: Copy>(secrets: &mut [V], zero: V) {
            secrets.fill(zero);
            core::hint::black_box(secrets);
        }

        /// Affine coordinates of many points with one inversion.
        pub fn affine_g1(points: &[G1]) -> Vec<G1Affine> {
            <G1 as crate::backend::fixed::AddMany>::affine_many(points)
        }

        /// Affine coordinates of many points with one inversion.
        pub fn affine_g2(points: &[G2]) -> Vec<G2Affine> {
            <G2 as crate::backend::fixed::AddMany>::affine_many(points)
        }

        /// Whether the product of the pairings is one: a Miller loop for each pair, one final exponentiation.
        pub fn pairing_product_is_one(pairs: &[(&G1Affine, &G2Prepared)]) -> bool {
            Bls12::multi_miller_loop(pairs).final_exponentiation().is_identity().into()
        }

        fn exactly<const N: usize>(bytes: &[u8], what: &'static str) -> Result<[u8; N], DecodeError> {
            bytes.try_into().map_err(|_| DecodeError::Length { what, expected: N, got: bytes.len() })
        }
    };
}
