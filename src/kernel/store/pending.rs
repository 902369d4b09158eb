//! An apply that awaits its confirmation.
//!
//! Its file is `confirm.json`. To confirm is to remove that file, which needs no room on the disk;
//! to let it expire is to rename it. Only one of the two can succeed (rename(2), unlink(2)), so an
//! apply is never both confirmed and undone.

use super::{Kept, Store, fault, files};
use netc_lang::Diagnostic;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An apply that is undone unless it is confirmed in time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// What tells it from every other apply on this node.
    pub id: String,
    /// When it expires, in milliseconds since the boot: no change of the clock moves it.
    pub deadline_ms: u64,
    /// Whatever else is to be known of it.
    pub body: Value,
}

/// How a pending apply was settled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Settled {
    /// It has been confirmed now, and stays.
    Confirmed(Pending),
    /// It had expired before, and is or will be undone.
    Expired(Pending),
    /// There is none.
    Nothing,
}

impl Pending {
    /// How long it still waits.
    ///
    /// # Errors
    /// The time since the boot cannot be read.
    pub fn left(&self) -> io::Result<Duration> {
        Ok(Duration::from_millis(self.deadline_ms).saturating_sub(uptime()?))
    }

    /// The deadline that is as far from now.
    ///
    /// # Errors
    /// The time since the boot cannot be read.
    pub fn deadline(window: Duration) -> io::Result<u64> {
        let at = uptime()?.saturating_add(window).as_millis();
        Ok(u64::try_from(at).unwrap_or(u64::MAX))
    }
}

impl Store {
    /// Writes down that an apply awaits its confirmation, or gives it another deadline.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn await_confirmation(&self, pending: &Pending) -> Result<(), Diagnostic> {
        files::create(self.folder())?;
        files::write(&self.waiting(), &self.identity, pending)
    }

    /// The apply that awaits its confirmation.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn pending(&self) -> Result<Kept<Pending>, Diagnostic> {
        self.read_pending(&self.waiting())
    }

    /// The apply that was not confirmed in time, from then on until [`Store::forget_expired`].
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn expired(&self) -> Result<Kept<Pending>, Diagnostic> {
        self.read_pending(&self.over())
    }

    /// Confirms the apply that awaits it. Needs no lock.
    ///
    /// # Errors
    /// The file cannot be read or removed.
    pub fn confirm(&self) -> Result<Settled, Diagnostic> {
        if let Kept::Current(pending) = self.pending()?
            && files::remove(&self.waiting())?
        {
            return Ok(Settled::Confirmed(pending));
        }
        Ok(self.expired()?.current().map_or(Settled::Nothing, Settled::Expired))
    }

    /// Lets the apply expire: from now on it cannot be confirmed. `false` if it was confirmed
    /// before.
    ///
    /// # Errors
    /// The file cannot be renamed.
    pub fn expire(&self) -> Result<bool, Diagnostic> {
        files::rename(&self.waiting(), &self.over())
    }

    /// Forgets the apply that has expired, once it is undone.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn forget_expired(&self) -> Result<(), Diagnostic> {
        files::remove(&self.over()).map(drop)
    }

    fn read_pending(&self, path: &Path) -> Result<Kept<Pending>, Diagnostic> {
        let parse = |body| {
            serde_json::from_value(body).map_err(|error| fault::garbage(path, &error.to_string()))
        };
        Ok(match files::read(path, &self.identity)? {
            Kept::Current(body) => Kept::Current(parse(body)?),
            Kept::Stale(body) => Kept::Stale(parse(body)?),
            Kept::None => Kept::None,
        })
    }

    fn waiting(&self) -> PathBuf {
        self.folder().join("confirm.json")
    }

    fn over(&self) -> PathBuf {
        self.folder().join("expired.json")
    }
}

/// The time since the boot, with the time that the machine slept (`CLOCK_BOOTTIME`, proc_uptime(5)).
fn uptime() -> io::Result<Duration> {
    let text = fs::read_to_string("/proc/uptime")?;
    parse_uptime(&text).ok_or_else(|| io::Error::other("/proc/uptime cannot be understood"))
}

/// `12345.67 …`: seconds and hundredths.
fn parse_uptime(text: &str) -> Option<Duration> {
    let (seconds, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    let hundredths: u64 = hundredths.parse().ok().filter(|count| *count < 100)?;
    Some(Duration::from_secs(seconds.parse().ok()?) + Duration::from_millis(hundredths * 10))
}

#[cfg(test)]
mod tests {
    use super::super::tests::store;
    use super::*;
    use serde_json::json;

    fn pending() -> Pending {
        Pending { id: "a".into(), deadline_ms: 5, body: json!({ "node": "node0" }) }
    }

    #[test]
    fn confirmed_is_not_expired() {
        let (_base, store) = store();
        assert_eq!(store.confirm().unwrap(), Settled::Nothing);
        store.await_confirmation(&pending()).unwrap();
        assert_eq!(store.pending().unwrap(), Kept::Current(pending()));
        assert_eq!(store.confirm().unwrap(), Settled::Confirmed(pending()));
        assert!(!store.expire().unwrap());
        assert_eq!(store.confirm().unwrap(), Settled::Nothing);
    }

    #[test]
    fn expired_is_not_confirmed() {
        let (_base, store) = store();
        store.await_confirmation(&pending()).unwrap();
        assert!(store.expire().unwrap());
        assert!(!store.expire().unwrap());
        assert_eq!(store.confirm().unwrap(), Settled::Expired(pending()));
        assert_eq!(store.expired().unwrap(), Kept::Current(pending()));
        store.forget_expired().unwrap();
        assert_eq!(store.confirm().unwrap(), Settled::Nothing);
    }

    #[test]
    fn the_time_since_the_boot() {
        assert_eq!(parse_uptime("350735.47 234388.90\n"), Some(Duration::from_millis(350_735_470)));
        assert_eq!(parse_uptime("0.05 0.00"), Some(Duration::from_millis(50)));
        assert_eq!(parse_uptime(""), None);
        assert_eq!(parse_uptime("x.05"), None);
        let late = Pending {
            deadline_ms: Pending::deadline(Duration::from_secs(60)).unwrap(),
            ..pending()
        };
        let left = late.left().unwrap();
        assert!(left > Duration::from_secs(50) && left <= Duration::from_secs(60), "{left:?}");
        assert_eq!(pending().left().unwrap(), Duration::ZERO);
    }
}
