"""How close the vectors of a corpus lie to one another: the unit in which a cosine says something.

Models spread their cosines differently (multilingual-e5 between 0.75 and 0.92, others over most of 0..1), and
so do corpora. In deviations from what any two passages have, one set of weights serves them all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guideqa.encoder.protocol import Vectors

_SAMPLE = 200
# Few passages say little of the spread: as many of these values are mixed in. Measured on the guidebook.
_PRIOR_PASSAGES = 30
_PRIOR_DEVIATION = 0.023


@dataclass(frozen=True, slots=True)
class Background:
    """Mean and standard deviation of the cosines between different passages of a corpus."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, vectors: Vectors) -> Background:
        """Measure it on evenly spaced passages; `vectors` has shape (passages, dimension), rows of length 1."""
        if len(vectors) < 2:
            return cls(0.85, _PRIOR_DEVIATION)
        sample = vectors[:: max(1, len(vectors) // _SAMPLE)][:_SAMPLE]
        cosines = (sample @ sample.T)[np.triu_indices(len(sample), 1)]
        share = len(sample) / (len(sample) + _PRIOR_PASSAGES)
        deviation = share * float(cosines.std()) + (1 - share) * _PRIOR_DEVIATION
        return cls(float(cosines.mean()), deviation)

    def standardized(self, cosine: float) -> float:
        """A cosine in deviations from the mean."""
        return (cosine - self.mean) / self.deviation
