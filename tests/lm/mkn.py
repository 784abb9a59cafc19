"""Modified Kneser-Ney in plain Python, from its definition: what the estimator is held against."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
Ngram = tuple[str, ...]


def amounts(values: Sequence[int]) -> list[float]:
    n = [0] + [sum(v == k for v in values) for k in (1, 2, 3, 4)]
    if 0 in n[1:4]:
        return [0, 0.5, 1, 1.5]
    y = n[1] / (n[1] + 2 * n[2])
    found = [0.0] + [k - (k + 1) * y * n[k + 1] / n[k] for k in (1, 2, 3)]
    return found if all(0 <= d <= k for k, d in enumerate(found)) else [0, 0.5, 1, 1.5]


def counts(sentences: Sequence[Sequence[str]], order: int) -> Counter[Ngram]:
    found: Counter[Ngram] = Counter()
    for sentence in sentences:
        words = (BEGIN, *sentence, END)
        for n in range(1, order + 1):
            found.update(words[i : i + n] for i in range(len(words) - n + 1))
    return found


def model(sentences: Sequence[Sequence[str]], order: int, cutoffs: Sequence[int]) -> dict[Ngram, tuple[float, float]]:
    """N-gram -> logarithms to base 10 of its probability and of its back-off weight (0 for none)."""
    true = counts(sentences, order)
    lefts: dict[Ngram, set[str]] = defaultdict(set)
    for gram in true:
        if len(gram) > 1:
            lefts[gram[1:]].add(gram[0])
    adjusted = {g: c if len(g) == order or g[0] == BEGIN else len(lefts[g]) for g, c in true.items() if g != (BEGIN,)}
    vocabulary = {g[0] for g in adjusted if len(g) == 1} | {UNKNOWN}
    by_order = {n: {g: c for g, c in adjusted.items() if len(g) == n} for n in range(1, order + 1)}
    taken = {n: amounts(list(found.values())) for n, found in by_order.items()}

    def off(n: int, count: int) -> float:
        return taken[n][min(count, 3)]

    def cut(gram: Ngram) -> bool:
        return len(gram) > 1 and true[gram] <= cutoffs[len(gram) - 1]

    total = sum(by_order[1].values())
    rest = sum(off(1, c) for c in by_order[1].values()) / total / len(vocabulary)
    chance: dict[Ngram, float] = {(w,): rest for w in vocabulary}
    for gram, count in by_order[1].items():
        chance[gram] += (count - off(1, count)) / total
    weights: dict[Ngram, float] = {}
    for n in range(2, order + 1):
        sums: Counter[Ngram] = Counter()
        lost: Counter[Ngram] = Counter()
        for gram, count in by_order[n].items():
            sums[gram[:-1]] += count
            lost[gram[:-1]] += count if cut(gram) else off(n, count)
        for context in sums:
            weights[context] = lost[context] / sums[context]
        for gram, count in by_order[n].items():
            if not cut(gram):
                share = (count - off(n, count)) / sums[gram[:-1]]
                chance[gram] = share + weights[gram[:-1]] * chance[gram[1:]]
    found = {g: (math.log10(p), math.log10(weights.get(g, 1.0))) for g, p in chance.items()}
    return found | {(BEGIN,): (0.0, math.log10(weights.get((BEGIN,), 1.0)))}
