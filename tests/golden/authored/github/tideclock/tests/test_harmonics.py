import unittest
from datetime import datetime, timedelta, timezone

from tideclock.harmonics import EPOCH, Constituent, height, turning_points

M2 = Constituent("M2", 28.9841042, 2.0, 0.0)


class HeightTest(unittest.TestCase):
    def test_a_single_wave_is_highest_at_its_phase(self):
        self.assertAlmostEqual(height([M2], EPOCH), 2.0)

    def test_it_is_lowest_half_a_period_later(self):
        half = timedelta(hours=180 / M2.speed)
        self.assertAlmostEqual(height([M2], EPOCH + half), -2.0, places=6)

    def test_a_naive_moment_is_refused(self):
        with self.assertRaises(ValueError):
            height([M2], datetime(2026, 1, 1))

    def test_high_and_low_water_alternate(self):
        kinds = [high for _, high in turning_points([M2], EPOCH)]
        self.assertTrue(all(a != b for a, b in zip(kinds, kinds[1:])))


if __name__ == "__main__":
    unittest.main()
