//! How much one address, and one person, may do in a while.
//!
//! A room has rules of its own about how fast somebody may speak in it. These limits are about the
//! house: whoever makes new guests, or goes from room to room, still comes from one address.
//!
//! Each is a generic cell rate algorithm (ITU-T I.371): one number per key, the moment at which the
//! key would be unused again if it did nothing more.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex},
};

use identity::GuestId;
use tasks::Clock;
use tokio::sync::watch;

/// How many keys are remembered. Full: the one that is nearest to being unused is forgotten.
const KEYS_MAX: usize = 100_000;

const MINUTE_US: i64 = 60_000_000;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A room is started, or opened at a free address.
    Room,
    /// Something is said or changed in a room.
    Message,
    /// Somebody asks to be let in.
    Knock,
    /// Somebody is invited to a private chat.
    Invite,
    /// Messages or rooms are looked for.
    Search,
    /// Somebody goes to a provider to sign in, or comes back.
    SignIn,
    /// Somebody takes another name.
    Name,
    /// A link is looked at on the page that previews links.
    Preview,
}

/// So many at once, and so many a minute from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub at_once: u32,
    pub per_minute: u32,
}

/// The rates of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// For everyone who comes from one address: a classroom, a household, an office.
    pub address: Rate,
    /// For one person, wherever they come from.
    pub person: Rate,
}

/// The rates of every kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateTable {
    pub rooms: Rates,
    pub messages: Rates,
    pub knocks: Rates,
    pub invites: Rates,
    pub searches: Rates,
    pub sign_ins: Rates,
    pub names: Rates,
    pub previews: Rates,
}

impl Default for RateTable {
    /// Thirty people behind one address can talk, each as fast as one room lets them.
    fn default() -> Self {
        let rates = |address: (u32, u32), person: (u32, u32)| Rates {
            address: Rate { at_once: address.0, per_minute: address.1 },
            person: Rate { at_once: person.0, per_minute: person.1 },
        };
        Self {
            rooms: rates((60, 30), (10, 2)),
            messages: rates((600, 1_800), (60, 120)),
            knocks: rates((60, 30), (10, 4)),
            invites: rates((100, 60), (10, 6)),
            searches: rates((300, 600), (40, 60)),
            sign_ins: rates((60, 60), (10, 10)),
            names: rates((100, 60), (10, 6)),
            previews: rates((300, 300), (60, 60)),
        }
    }
}

impl RateTable {
    fn of(&self, kind: Kind) -> Rates {
        match kind {
            Kind::Room => self.rooms,
            Kind::Message => self.messages,
            Kind::Knock => self.knocks,
            Kind::Invite => self.invites,
            Kind::Search => self.searches,
            Kind::SignIn => self.sign_ins,
            Kind::Name => self.names,
            Kind::Preview => self.previews,
        }
    }
}

/// Why something is refused for now, in words for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuch {
    kind: Kind,
    /// Others at the same address are meant as well.
    is_address: bool,
    wait_s: u64,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Kind::Room => "rooms",
            Kind::Message => "messages",
            Kind::Knock => "knocks",
            Kind::Invite => "invitations",
            Kind::Search => "searches",
            Kind::SignIn => "attempts to sign in",
            Kind::Name => "new names",
            Kind::Preview => "previews",
        };
        let whose = if self.is_address { " from your network" } else { "" };
        let (wait, unit) = match self.wait_s {
            ..=1 => (1, "second"),
            seconds @ ..=90 => (seconds, "seconds"),
            seconds => (seconds.div_ceil(60), "minutes"),
        };
        write!(f, "Too many {what}{whose} in a short time. Please try again in {wait} {unit}.")
    }
}

/// Remembers who did how much. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Limits {
    rates: watch::Receiver<RateTable>,
    clock: Clock,
    ledger: Arc<Mutex<Ledger>>,
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").finish_non_exhaustive()
    }
}

impl Limits {
    /// Limits whose rates may change while they are asked.
    pub fn new(rates: watch::Receiver<RateTable>, clock: Clock) -> Self {
        Self { rates, clock, ledger: Arc::default() }
    }

    /// The usual limits.
    pub fn usual(clock: Clock) -> Self {
        let (_fixed, rates) = watch::channel(RateTable::default());
        Self::new(rates, clock)
    }

    /// Counts one thing that `me`, who comes from `peer`, wants to do.
    ///
    /// An IPv6 address stands for its network of 64 bits. An address of this machine says nothing
    /// about who asks (it is a proxy that did not tell, or a test), so only the person counts then.
    ///
    /// # Errors
    /// It is too much for now; nothing was counted.
    pub fn check(&self, kind: Kind, peer: Option<IpAddr>, me: &GuestId) -> Result<(), TooMuch> {
        let rates = self.rates.borrow().of(kind);
        let now_us = self.clock.now_ms().saturating_mul(1_000);
        let person = Some((Who::Person(me.clone()), rates.person));
        let address = peer.and_then(network).map(|ip| (Who::Address(ip), rates.address));
        let mut ledger = self.ledger.lock().expect("no panic while the ledger is held");
        let mut charges = Vec::with_capacity(2);
        for (who, rate) in [person, address].into_iter().flatten() {
            let is_address = matches!(who, Who::Address(_));
            let key = Key { kind, who };
            let until_us = rate.charge(ledger.until_us(&key), now_us).map_err(|wait_us| {
                let wait_s = u64::try_from(wait_us).unwrap_or_default().div_ceil(1_000_000);
                TooMuch { kind, is_address, wait_s }
            })?;
            charges.push((key, until_us));
        }
        for (key, until_us) in charges {
            ledger.set(key, until_us, now_us);
        }
        Ok(())
    }
}

impl Rate {
    /// The moment at which a key is unused again after one more; or how long it has to wait for that,
    /// in microseconds.
    fn charge(self, until_us: Option<i64>, now_us: i64) -> Result<i64, i64> {
        let step_us = MINUTE_US / i64::from(self.per_minute.max(1));
        let charged = until_us.unwrap_or(now_us).max(now_us) + step_us;
        let ahead_max = step_us * i64::from(self.at_once.max(1));
        match charged - now_us - ahead_max {
            ..=0 => Ok(charged),
            wait_us => Err(wait_us),
        }
    }
}

/// The network that an address stands for; `None`: this machine.
fn network(peer: IpAddr) -> Option<IpAddr> {
    match peer.to_canonical() {
        ip if ip.is_loopback() || ip.is_unspecified() => None,
        IpAddr::V6(ip) => {
            let network = u128::from(ip) >> 64 << 64;
            Some(IpAddr::V6(Ipv6Addr::from(network)))
        }
        ip => Some(ip),
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Who {
    Person(GuestId),
    Address(IpAddr),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    kind: Kind,
    who: Who,
}

/// Until when each key is in use, in microseconds since the Unix epoch.
#[derive(Default)]
struct Ledger {
    until_us: HashMap<Key, i64>,
    by_time: BTreeSet<(i64, Key)>,
}

impl Ledger {
    fn until_us(&self, key: &Key) -> Option<i64> {
        self.until_us.get(key).copied()
    }

    fn set(&mut self, key: Key, until_us: i64, now_us: i64) {
        if let Some(before) = self.until_us.insert(key.clone(), until_us) {
            self.by_time.remove(&(before, key.clone()));
        }
        self.by_time.insert((until_us, key));
        self.forget(now_us);
    }

    /// Forgets the keys that are unused again, which changes no answer; and what is too many.
    fn forget(&mut self, now_us: i64) {
        while let Some((until_us, _)) = self.by_time.first()
            && (*until_us <= now_us || self.by_time.len() > KEYS_MAX)
        {
            let Some((_, key)) = self.by_time.pop_first() else { return };
            self.until_us.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use identity::GuestSession;

    use super::*;

    fn limits(address: Rate, person: Rate) -> (Limits, Clock) {
        let table = RateTable { rooms: Rates { address, person }, ..RateTable::default() };
        let (_fixed, rates) = watch::channel(table);
        let clock = Clock::manual(1_000_000);
        (Limits::new(rates, clock.clone()), clock)
    }

    const MANY: Rate = Rate { at_once: 1_000, per_minute: 1_000 };
    const THREE: Rate = Rate { at_once: 3, per_minute: 6 };

    fn somebody() -> GuestId {
        GuestSession::fresh().guest_id()
    }

    fn peer(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn so_many_at_once_and_then_one_by_one() {
        let (limits, clock) = limits(MANY, THREE);
        let ana = somebody();
        let start = || limits.check(Kind::Room, None, &ana);
        for _ in 0..3 {
            assert_eq!(start(), Ok(()));
        }
        let refusal = start().expect_err("three were allowed");
        assert_eq!(
            refusal.to_string(),
            "Too many rooms in a short time. Please try again in 10 seconds."
        );
        clock.advance_ms(9_999);
        assert!(start().is_err(), "what was refused was not counted, and what was counted stays");
        clock.advance_ms(1);
        assert_eq!(start(), Ok(()));
        assert!(start().is_err());
        clock.advance_ms(60_000);
        for _ in 0..3 {
            assert_eq!(start(), Ok(()), "a pause gives back no more than all of it");
        }
        assert!(start().is_err());
    }

    #[test]
    fn kinds_and_people_are_counted_apart() {
        let (limits, _) = limits(MANY, Rate { at_once: 1, per_minute: 1 });
        let (ana, ben) = (somebody(), somebody());
        assert_eq!(limits.check(Kind::Room, None, &ana), Ok(()));
        assert!(limits.check(Kind::Room, None, &ana).is_err());
        assert_eq!(limits.check(Kind::Room, None, &ben), Ok(()));
        assert_eq!(limits.check(Kind::Message, None, &ana), Ok(()));
    }

    #[test]
    fn new_guests_of_one_network_are_counted_together() {
        let check = |first: &str, second: &str| {
            let (limits, _) = limits(Rate { at_once: 1, per_minute: 1 }, MANY);
            assert_eq!(limits.check(Kind::Room, peer(first), &somebody()), Ok(()));
            limits.check(Kind::Room, peer(second), &somebody())
        };
        let refusal = check("192.0.2.1", "::ffff:192.0.2.1").expect_err("it is the same address");
        assert!(refusal.to_string().contains("from your network"), "{refusal}");
        assert!(check("2001:db8::1", "2001:db8::ffff").is_err(), "one network");
        assert_eq!(check("2001:db8::1", "2001:db8:0:1::1"), Ok(()), "two networks");
        assert_eq!(check("192.0.2.1", "192.0.2.2"), Ok(()), "two addresses");
        assert_eq!(check("127.0.0.1", "127.0.0.1"), Ok(()), "this machine is nobody");
        assert_eq!(check("::1", "::1"), Ok(()), "this machine is nobody");
    }

    #[test]
    fn one_who_is_refused_does_not_use_up_what_others_at_the_address_have() {
        let (limits, _) = limits(THREE, Rate { at_once: 1, per_minute: 1 });
        let ana = somebody();
        assert_eq!(limits.check(Kind::Room, peer("192.0.2.1"), &ana), Ok(()));
        for _ in 0..10 {
            assert!(limits.check(Kind::Room, peer("192.0.2.1"), &ana).is_err());
        }
        assert_eq!(limits.check(Kind::Room, peer("192.0.2.1"), &somebody()), Ok(()));
        assert_eq!(limits.check(Kind::Room, peer("192.0.2.1"), &somebody()), Ok(()));
        assert!(limits.check(Kind::Room, peer("192.0.2.1"), &somebody()).is_err());
    }

    #[test]
    fn rates_may_change_meanwhile() {
        let (change, rates) = watch::channel(RateTable::default());
        let limits = Limits::new(rates, Clock::manual(0));
        let ana = somebody();
        assert_eq!(limits.check(Kind::Name, None, &ana), Ok(()));
        let none = Rate { at_once: 1, per_minute: 1 };
        change.send_modify(|table| table.names = Rates { address: none, person: none });
        assert!(limits.check(Kind::Name, None, &ana).is_err());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut ledger = Ledger::default();
        let key = |n: u32| {
            let ip = IpAddr::V4(std::net::Ipv4Addr::from_bits(n));
            Key { kind: Kind::Room, who: Who::Address(ip) }
        };
        for n in 0..KEYS_MAX as u32 + 10 {
            ledger.set(key(n), i64::from(n) + 1_000, 0);
        }
        assert_eq!((ledger.until_us.len(), ledger.by_time.len()), (KEYS_MAX, KEYS_MAX));
        assert_eq!(ledger.until_us(&key(9)), None, "the oldest is forgotten");
        assert!(ledger.until_us(&key(10)).is_some());
        ledger.set(key(10), 50, i64::from(u32::MAX));
        assert!(ledger.until_us.is_empty() && ledger.by_time.is_empty(), "all are unused again");
    }
}
