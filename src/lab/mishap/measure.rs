//! Measures of what a link suffers, as people type them and as they are shown.

use super::{Mishap, Strain};

/// A link that is slower than that is not slow but cut: no connection waits so long.
const LONGEST: u32 = 60_000_000;

/// Reads a delay, `50ms`, `1.5s` or `200us`: in microseconds.
///
/// # Errors
/// It is no such thing.
pub fn delay(word: &str) -> Result<u32, String> {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];
    let wrong = || "write a time such as 50ms, 1.5s or 200us".to_owned();
    let micros = number(word, &units).ok_or_else(wrong)?;
    match whole(micros) {
        Some(micros) if micros <= u64::from(LONGEST) => u32::try_from(micros).map_err(|_| wrong()),
        _ => Err("a link can be slower by 1us to 60s; `--link` cuts it".to_owned()),
    }
}

/// Reads a share of lost packets, `10%` or `0.5%`: of a million.
///
/// # Errors
/// It is no such thing.
pub fn loss(word: &str) -> Result<u32, String> {
    let share = number(word, &[("%", 1e4)]);
    let share = share.ok_or_else(|| "write a share such as 10% or 0.5%".to_owned())?;
    match whole(share).and_then(|share| u32::try_from(share).ok()) {
        Some(share) if share < 1_000_000 => Ok(share),
        _ => Err("a link can lose less than all packets; `--link` cuts it".to_owned()),
    }
}

/// Reads a rate, `1mbit`, `500kbit` or `2.5gbit`, as tc(8) does: in bits per second.
///
/// # Errors
/// It is no such thing.
pub fn rate(word: &str) -> Result<u64, String> {
    let units = [("gbit", 1e9), ("mbit", 1e6), ("kbit", 1e3), ("bit", 1.0)];
    let rate = number(&word.to_ascii_lowercase(), &units);
    let rate = rate.ok_or_else(|| "write a rate such as 1mbit, 500kbit or 10gbit".to_owned())?;
    // One packet a second is hardly a link, and more than 100 Gbit/s is not slower than without.
    let rate = whole(rate).filter(|rate| (8_000..=100_000_000_000).contains(rate));
    rate.ok_or_else(|| "a rate is from 8kbit to 100gbit".to_owned())
}

/// A number with its unit, in the smallest unit.
fn number(word: &str, units: &[(&str, f64)]) -> Option<f64> {
    let at = word.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let (digits, unit) = word.split_at_checked(at)?;
    let (_, factor) = units.iter().find(|(known, _)| *known == unit)?;
    Some(digits.parse::<f64>().ok()? * factor)
}

/// A measure without fractions, if it is more than nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in the range")]
fn whole(number: f64) -> Option<u64> {
    let rounded = number.round();
    (1.0..1e15).contains(&rounded).then_some(rounded as u64)
}

impl Strain {
    /// What it suffers, for people: `delay 50 ms, loss 10 %`.
    #[must_use]
    pub fn words(&self) -> String {
        let cut = self.cut.then(|| "cut".to_owned());
        let delay = self.delay.map(|micros| format!("delay {}", time(micros)));
        let loss = self.loss.map(|share| format!("loss {}%", parts(share.into(), 10_000)));
        let rate = self.rate.map(|rate| format!("rate {}", bits(rate)));
        let all: Vec<String> = [cut, delay, loss, rate].into_iter().flatten().collect();
        all.join(", ")
    }
}

impl Mishap {
    /// What is broken of it, for people, if it has so many links: `link cut`, `all links cut`,
    /// `down; eth1 loss 10%`.
    #[must_use]
    pub fn words(&self, of: usize) -> String {
        let suffer: Vec<_> = self.links.iter().filter(|(_, strain)| !strain.is_none()).collect();
        let first = suffer.first().map(|(_, strain)| strain.words());
        let same = suffer.iter().all(|(_, strain)| Some(strain.words()) == first);
        let links = match first {
            Some(words) if of < 2 => vec![format!("link {words}")],
            Some(words) if same && suffer.len() == of => vec![format!("all links {words}")],
            _ => {
                let each =
                    |(device, strain): &(&String, &Strain)| format!("{device} {}", strain.words());
                suffer.iter().map(each).collect()
            }
        };
        let down = self.down.then(|| "down".to_owned());
        down.into_iter().chain(links).collect::<Vec<_>>().join("; ")
    }
}

/// A time in its own unit.
fn time(micros: u32) -> String {
    match micros {
        1_000_000.. => format!("{}s", parts(micros.into(), 1_000_000)),
        1_000.. => format!("{}ms", parts(micros.into(), 1_000)),
        _ => format!("{micros}us"),
    }
}

/// A rate in its own unit.
fn bits(rate: u64) -> String {
    match rate {
        1_000_000_000.. => format!("{}gbit", parts(rate, 1_000_000_000)),
        1_000_000.. => format!("{}mbit", parts(rate, 1_000_000)),
        1_000.. => format!("{}kbit", parts(rate, 1_000)),
        _ => format!("{rate}bit"),
    }
}

/// A number in a greater unit, without zeros at its end.
fn parts(number: u64, of: u64) -> String {
    let digits = usize::try_from(of.ilog10()).unwrap_or(0);
    let text = format!("{}.{:0digits$}", number / of, number % of);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_shown_as_they_are_typed() {
        for word in ["50ms", "1.5s", "200us", "60s"] {
            assert_eq!(time(delay(word).unwrap()), word);
        }
        for word in ["10%", "0.5%", "0.0001%", "99.9%"] {
            assert_eq!(format!("{}%", parts(loss(word).unwrap().into(), 10_000)), word);
        }
        for word in ["1mbit", "8kbit", "2.5gbit", "1.544mbit"] {
            assert_eq!(bits(rate(word).unwrap()), word);
        }
    }

    #[test]
    fn what_is_no_measure_is_refused() {
        for word in ["50", "ms", "5 ms", "-5ms", "1h", "61s", "0ms", "1..5s", ""] {
            assert!(delay(word).is_err(), "{word}");
        }
        for word in ["10", "100%", "0%", "101%", "-1%", "%"] {
            assert!(loss(word).is_err(), "{word}");
        }
        for word in ["1mb", "1", "1bit", "200gbit", "mbit", "1mbps"] {
            assert!(rate(word).is_err(), "{word}");
        }
    }

    #[test]
    fn mishaps_are_said_shortly() {
        let strain = Strain { delay: Some(50_000), loss: Some(100_000), ..Strain::default() };
        let mishap = Mishap::default().and(false, &["eth0".to_owned()], strain);
        assert_eq!(mishap.words(1), "link delay 50ms, loss 10%");
        assert_eq!(mishap.and(true, &[], strain).words(2), "down; eth0 delay 50ms, loss 10%");
        let cut = Strain { cut: true, ..Strain::default() };
        let both = ["eth0".to_owned(), "eth1".to_owned()];
        assert_eq!(Mishap::default().and(false, &both, cut).words(2), "all links cut");
    }
}
