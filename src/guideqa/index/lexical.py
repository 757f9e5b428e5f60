"""BM25F over the product's own terms: headings and body are fields with weights of their own.

Source: Robertson, Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, section 3.5.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guideqa.text.terms import NAME_MARK, term_weight

# Passages are short: a second occurrence says little. Right document first on two public sets, with headings
# at 0.7: K1 1.2 .902/.841, 0.8 .911/.855; with headings at 1.5: K1 0.8 .919/.857, 0.6 .921/.860, 0.4 .925/.859.
K1 = 0.6


@dataclass(frozen=True, slots=True)
class FieldWeight:
    """How much an occurrence in a field counts, and how strongly its length is evened out."""

    weight: float
    length_normalisation: float


FIELDS: Mapping[str, FieldWeight] = {
    "body": FieldWeight(1.0, 0.6),
    # A heading counts for the whole passage; its length says nothing of the passage's.
    "headings": FieldWeight(1.5, 0.0),
}
Fields = Mapping[str, Sequence[str]]


class LexicalIndex:
    """Impacts by term, in compressed sparse rows. A query is a sum over its terms' rows."""

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        row_starts: NDArray[np.int64],
        documents: NDArray[np.int32],
        impacts: NDArray[np.float32],
        document_count: int,
    ) -> None:
        """`documents` and `impacts` run in parallel; row t is `row_starts[t]:row_starts[t + 1]`."""
        self.vocabulary = vocabulary
        self._row_starts = row_starts
        self._documents = documents
        self._impacts = impacts
        self.document_count = document_count
        self.names = frozenset(term for term in vocabulary if term.startswith(NAME_MARK))

    @classmethod
    def build(cls, documents: Sequence[Fields]) -> LexicalIndex:
        """Index documents, each a mapping from field to terms."""
        means = {
            field: (sum(len(d.get(field, ())) for d in documents) / len(documents)) or 1.0
            if documents
            else 1.0
            for field in FIELDS
        }
        vocabulary: dict[str, int] = {}
        rows, numbers, frequencies = array("i"), array("i"), array("f")
        for number, document in enumerate(documents):
            for term, count in _weighted_frequencies(document, means).items():
                rows.append(vocabulary.setdefault(term, len(vocabulary)))
                numbers.append(number)
                frequencies.append(count)
        row_of_entry = np.array(rows, np.int32)
        order = np.argsort(row_of_entry, kind="stable")
        lengths = np.bincount(row_of_entry, minlength=len(vocabulary))
        row_starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
        weights = np.array(
            [
                term_weight(term) * inverse_document_frequency(len(documents), int(length))
                for term, length in zip(vocabulary, lengths, strict=True)
            ],
            np.float32,
        )
        frequency = np.array(frequencies, np.float32)[order]
        impacts = np.repeat(weights, lengths) * frequency / (K1 + frequency)
        return cls(
            vocabulary,
            row_starts,
            np.array(numbers, np.int32)[order],
            impacts.astype(np.float32),
            len(documents),
        )

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """One score for each document, shape (document_count,); 0 where no term occurs."""
        scores = np.zeros(self.document_count, np.float32)
        for term in dict.fromkeys(terms):
            row = self.vocabulary.get(term)
            if row is not None:
                span = slice(self._row_starts[row], self._row_starts[row + 1])
                scores[self._documents[span]] += self._impacts[span]
        return scores

    def shares(self, terms: Sequence[str], document: int) -> dict[str, float]:
        """What each term that a document holds adds to its score."""
        found: dict[str, float] = {}
        for term in dict.fromkeys(terms):
            row = self.vocabulary.get(term)
            if row is not None:
                span = slice(self._row_starts[row], self._row_starts[row + 1])
                impact = float(self._impacts[span][self._documents[span] == document].sum())
                if impact:
                    found[term] = impact
        return found

    def holding(self, terms: Sequence[str]) -> NDArray[np.int32]:
        """The numbers of the documents that hold every one of some terms (at least one), in order."""
        rows = [self.vocabulary.get(term) for term in dict.fromkeys(terms)]
        spans = [
            self._documents[self._row_starts[row] : self._row_starts[row + 1]]
            for row in rows
            if row is not None
        ]
        if len(spans) < len(rows):
            return np.zeros(0, np.int32)
        # The rarest first: what is left stays short.
        return reduce(np.intersect1d, sorted(spans, key=len))

    def attainable(self, terms: Sequence[str]) -> float:
        """What a document would score that held every term without end: the unit of a relative score."""
        return sum(self.weight(term) for term in dict.fromkeys(terms))

    def frequency(self, term: str) -> int:
        """In how many documents a term occurs."""
        row = self.vocabulary.get(term)
        return 0 if row is None else int(self._row_starts[row + 1] - self._row_starts[row])

    def holds(self, term: str) -> bool:
        """Whether a term occurs at all."""
        return term in self.vocabulary

    def weight(self, term: str) -> float:
        """The inverse document frequency of a term; that of a hapax for one that never occurs."""
        frequency = self.frequency(term) or 1
        return term_weight(term) * inverse_document_frequency(self.document_count, frequency)

    def save(self, path: Path) -> None:
        """Write `path` (npz) with the vocabulary inside it."""
        terms = json.dumps(list(self.vocabulary), ensure_ascii=False).encode("utf-8", errors="surrogatepass")
        with path.open("wb") as file:
            np.savez(
                file,
                terms=np.frombuffer(terms, np.uint8),
                row_starts=self._row_starts,
                documents=self._documents,
                impacts=self._impacts,
                document_count=np.array(self.document_count),
            )

    @classmethod
    def load(cls, path: Path) -> LexicalIndex:
        """Read what `save` has written."""
        with np.load(path, allow_pickle=False) as stored:
            terms = json.loads(stored["terms"].tobytes().decode("utf-8", errors="surrogatepass"))
            return cls(
                {term: row for row, term in enumerate(terms)},
                stored["row_starts"],
                stored["documents"],
                stored["impacts"],
                int(stored["document_count"]),
            )


def inverse_document_frequency(document_count: int, frequency: int) -> float:
    """ln(1 + (N - n + ½) / (n + ½)): never negative."""
    return float(np.log1p((document_count - frequency + 0.5) / (frequency + 0.5)))


def _weighted_frequencies(document: Fields, mean_lengths: Mapping[str, float]) -> dict[str, float]:
    frequencies: dict[str, float] = {}
    for field, settings in FIELDS.items():
        terms = document.get(field, ())
        b = settings.length_normalisation
        scale = settings.weight / (1 - b + b * len(terms) / mean_lengths[field])
        for term, count in Counter(terms).items():
            frequencies[term] = frequencies.get(term, 0.0) + scale * count
    return frequencies
