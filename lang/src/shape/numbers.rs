//! Numbers: ports, durations, switches.

use super::{Misshapen, no};
use crate::suggest::did_you_mean;
use crate::value::{Port, PortRange, Protocol};
use std::ops::RangeInclusive;

pub(super) fn number(word: &str, min: u64, max: u64) -> Result<u64, Misshapen> {
    let digits = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    match word.parse() {
        Ok(number) if digits && (min..=max).contains(&number) => Ok(number),
        _ if digits => Err(no(format!("is not within {min} to {max}"))),
        _ if is_range(word) => Err(no("is a range, and one number is meant")),
        _ => Err(no("is not a number")),
    }
}

/// Whether a word is a range of numbers.
pub(super) fn is_range(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    word.split_once('-').is_some_and(|(first, last)| digits(first) && digits(last))
}

pub(super) fn port_number(word: &str) -> Result<u16, Misshapen> {
    match number(word, 1, 65535) {
        Ok(number) => u16::try_from(number).map_err(|_| no("is not a port")),
        Err(fault) if is_range(word) => Err(fault.help("state the ports one by one")),
        Err(fault) => Err(fault.help("ports are 1 to 65535")),
    }
}

pub(super) fn port(word: &str) -> Result<Port, Misshapen> {
    let (number, protocol) = with_protocol(word)?;
    Ok(Port { number: port_number(number)?, protocol })
}

/// What stands before the slash, and the protocol behind it.
fn with_protocol(word: &str) -> Result<(&str, Protocol), Misshapen> {
    let (number, protocol) = word.split_once('/').unwrap_or((word, "tcp"));
    let protocol = match protocol {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        _ => {
            let help = did_you_mean(protocol, ["tcp", "udp", "sctp"])
                .unwrap_or_else(|| "protocols are `tcp`, `udp` and `sctp`".into());
            return Err(no(format!("has the unknown protocol `{protocol}`")).help(help));
        }
    };
    Ok((number, protocol))
}

pub(super) fn port_range(word: &str) -> Result<PortRange, Misshapen> {
    let (word, protocol) = with_protocol(word)?;
    let (first, last) = port_or_range(word)?;
    Ok(PortRange { first, last, protocol })
}

/// One port, or the first and the last of several.
pub(super) fn port_or_range(word: &str) -> Result<(u16, u16), Misshapen> {
    if word.contains('-') {
        return ports(word).map(|ports| (*ports.start(), *ports.end()));
    }
    port_number(word).map(|port| (port, port))
}

pub(super) fn ports(word: &str) -> Result<RangeInclusive<u16>, Misshapen> {
    let Some((first, last)) = word.split_once('-') else {
        return Err(no("is not a range of ports").help("write `first-last`, such as `30000-32767`"));
    };
    let (first, last) = (port_number(first)?, port_number(last)?);
    if first > last {
        return Err(no("ends before it begins").help(format!("write `{last}-{first}`")));
    }
    Ok(first..=last)
}

pub(super) fn duration(word: &str, min: u32, max: u32) -> Result<u32, Misshapen> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let count: u32 = digits.parse().map_err(|_| no("is not a duration"))?;
    let unit = match word.get(digits.len()..).unwrap_or("") {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        unit => {
            return Err(no(format!("has the unknown unit `{unit}`"))
                .help("units are `s`, `m`, `h` and `d`"));
        }
    };
    count
        .checked_mul(unit)
        .filter(|seconds| (min..=max).contains(seconds))
        .ok_or_else(|| no(format!("is not within {min} to {max} seconds")))
}

pub(super) fn version(word: &str) -> Result<(u16, u16), Misshapen> {
    let part = |part: &str| number(part, 0, 65535).ok().and_then(|part| u16::try_from(part).ok());
    let both = word.split_once('.').and_then(|(major, minor)| Some((part(major)?, part(minor)?)));
    both.ok_or_else(|| no("is not a version").help("write major and minor number: `5.4`"))
}

pub(super) fn switch(word: &str) -> Result<bool, Misshapen> {
    match word {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(no("is neither `on` nor `off`")),
    }
}
