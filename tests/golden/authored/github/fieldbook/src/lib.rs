//! A field book: observations that are appended and never changed.

use std::collections::BTreeMap;
use std::fmt;

/// One sighting.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    pub species: String,
    pub count: u32,
    pub day: Day,
}

/// Days since 1 March 2000: leap days then come last, and arithmetic is easy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i32);

impl Day {
    pub fn new(year: i32, month: u32, day: u32) -> Option<Day> {
        if !(1..=12).contains(&month) || day == 0 || day > 31 {
            return None;
        }
        let (y, m) = if month < 3 { (year - 2001, month + 9) } else { (year - 2000, month - 3) };
        let years = 365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400);
        let months = (153 * m as i32 + 2) / 5;
        Some(Day(years + months + day as i32 - 1))
    }
}

#[derive(Default)]
pub struct Book {
    sightings: Vec<Sighting>,
}

impl Book {
    pub fn record(&mut self, sighting: Sighting) {
        self.sightings.push(sighting);
    }

    /// Total of each species, in alphabetical order.
    pub fn totals(&self) -> BTreeMap<&str, u64> {
        let mut totals = BTreeMap::new();
        for s in &self.sightings {
            *totals.entry(s.species.as_str()).or_insert(0) += u64::from(s.count);
        }
        totals
    }

    pub fn first_of(&self, species: &str) -> Option<Day> {
        self.sightings.iter().filter(|s| s.species == species).map(|s| s.day).min()
    }
}

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (species, total) in self.totals() {
            writeln!(f, "{species:<24}{total:>8}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_consecutive_over_a_leap_day() {
        let before = Day::new(2024, 2, 29).unwrap();
        let after = Day::new(2024, 3, 1).unwrap();
        assert_eq!(after.0 - before.0, 1);
    }
}
