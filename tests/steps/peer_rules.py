"""The peers' thresholds on our signals, in their order: what tests and benchmarks compare decisions by."""

from __future__ import annotations

LIMITS = {2: 0.20, 3: 0.18, 4: 0.16, 5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}

GOPHER_QUALITY = (
    ("gopher_short_doc", lambda r: r["gopher_num_words"] < 50),
    ("gopher_long_doc", lambda r: r["gopher_num_words"] > 100_000),
    ("gopher_below_avg_threshold", lambda r: r["gopher_mean_word_length"] < 3),
    ("gopher_above_avg_threshold", lambda r: r["gopher_mean_word_length"] > 10),
    ("gopher_too_many_hashes", lambda r: r["gopher_hash_word_ratio"] > 0.1),
    ("gopher_too_many_ellipsis", lambda r: r["gopher_ellipsis_word_ratio"] > 0.1),
    ("gopher_too_many_bullets", lambda r: r["gopher_bullet_lines_frac"] > 0.9),
    ("gopher_too_many_end_ellipsis", lambda r: r["gopher_ellipsis_lines_frac"] > 0.3),
    ("gopher_below_alpha_threshold", lambda r: r["gopher_alpha_words_frac"] < 0.8),
    ("gopher_enough_stop_words", lambda r: r["gopher_num_stop_words"] < 2),
)
FINEWEB = (
    ("line_punct_ratio", lambda r: r["fineweb_line_punct_ratio"] < 0.12),
    ("short_line_ratio", lambda r: r["fineweb_short_line_ratio"] > 0.67),
    ("char_dup_ratio", lambda r: r["fineweb_char_dup_ratio"] > 0.01),
    ("list_ratio", lambda r: r["fineweb_new_line_ratio"] > 0.3),
)


def keeps(row: dict[str, float]) -> bool:
    """Gopher's thresholds."""
    whole = {"gopher_dup_line_frac": 0.3, "gopher_dup_para_frac": 0.3, "gopher_dup_line_char_frac": 0.2,
             "gopher_dup_para_char_frac": 0.2}  # fmt: skip
    whole |= {f"gopher_{'top' if n < 5 else 'dup'}_{n}_gram_char_frac": limit for n, limit in LIMITS.items()}
    return not any(row[name] > limit for name, limit in whole.items())
