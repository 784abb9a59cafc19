use std::io::{self, BufRead};

use fieldbook::{Book, Day, Sighting};

/// Read lines like "2026-05-04 swift 12" and print the totals.
fn main() -> io::Result<()> {
    let mut book = Book::default();
    for (number, line) in io::stdin().lock().lines().enumerate() {
        let line = line?;
        match parse(&line) {
            Some(sighting) => book.record(sighting),
            None => eprintln!("line {}: cannot read {line:?}", number + 1),
        }
    }
    print!("{book}");
    Ok(())
}

fn parse(line: &str) -> Option<Sighting> {
    let mut words = line.split_whitespace();
    let mut date = words.next()?.splitn(3, '-');
    let day = Day::new(
        date.next()?.parse().ok()?,
        date.next()?.parse().ok()?,
        date.next()?.parse().ok()?,
    )?;
    let species = words.next()?.to_string();
    let count = words.next().map_or(Some(1), |w| w.parse().ok())?;
    Some(Sighting { species, count, day })
}
