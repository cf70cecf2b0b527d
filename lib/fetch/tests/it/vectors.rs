//! Whatever is in `vectors.txt` is refused: asked for, looked up, and redirected to. Nobody is
//! connected to who should not be, although a server listens on every address of this machine.

use std::net::IpAddr;

use fetch::{FetchError, Fetcher, Guard, Limits, Refused};
use url::{Host, Url};

use crate::{
    house::{House, NOBODY, OPEN, fetcher, found, moved, url},
    resolver::Names,
};

/// One line of the file.
struct Vector {
    reason: &'static str,
    text: &'static str,
    /// What the name in it leads to.
    leads_to: Vec<IpAddr>,
}

fn vectors() -> Vec<Vector> {
    let lines = include_str!("../vectors.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let vectors: Vec<_> = lines.map(Vector::of).collect();
    assert!(vectors.len() >= 150, "there are {}", vectors.len());
    vectors
}

impl Vector {
    fn of(line: &'static str) -> Self {
        let fields: Vec<_> = line.split(' ').collect();
        let (reason, text, addresses) = match fields[..] {
            [reason, text] => (reason, text, ""),
            [reason, text, addresses] => (reason, text, addresses),
            _ => panic!("{line:?} has two or three words"),
        };
        let addresses = addresses.split(',').filter(|address| !address.is_empty());
        let leads_to = addresses.map(|text| text.parse().expect("an address")).collect();
        Self { reason, text, leads_to }
    }

    /// The URL; with `port`, the one that leads to a server if nobody refuses it.
    fn url(&self, port: Option<u16>) -> Option<Url> {
        let mut url = Url::parse(self.text).ok()?;
        if let Some(port) = port.filter(|_| self.reason == "not-public") {
            url.set_scheme("http").expect("both are of the web");
            url.set_port(Some(port)).expect("it has a host");
        }
        Some(url)
    }

    /// The addresses that it stands for.
    fn addresses(&self) -> Vec<IpAddr> {
        match self.url(None).as_ref().and_then(Url::host) {
            Some(Host::Ipv4(address)) => vec![address.into()],
            Some(Host::Ipv6(address)) => vec![address.into()],
            Some(Host::Domain(_)) | None => self.leads_to.clone(),
        }
    }

    #[track_caller]
    fn check<T: std::fmt::Debug>(&self, got: Result<T, FetchError>) {
        let Err(FetchError::Refused(refused)) = got else { panic!("{}: {got:?}", self.text) };
        let reason = match refused {
            Refused::TooLong => "too-long",
            Refused::Scheme => "scheme",
            Refused::Host => "host",
            Refused::Credentials => "credentials",
            Refused::Port(_) => "port",
            Refused::NotPublic(_) => "not-public",
            Refused::Denied(_) => "denied",
        };
        assert_eq!(reason, self.reason, "{}", self.text);
    }
}

fn names(vectors: &[Vector]) -> Names {
    let hosts: Vec<_> = vectors.iter().map(|vector| vector.url(None)).collect();
    let hosts = hosts.iter().map(|url| url.as_ref().and_then(Url::host_str).unwrap_or_default());
    let named = hosts.zip(vectors).filter(|(_, vector)| !vector.leads_to.is_empty());
    Names::of(named.map(|(host, vector)| (host, vec![vector.leads_to.clone()])))
}

async fn get(fetcher: &Fetcher, url: &Url, guard: &Guard) -> Result<Vec<u8>, FetchError> {
    fetcher.get(url, "*/*", guard, &Limits::default()).await?.bytes().await
}

/// A house that redirects from `/<status>/<number>` to the vector with that number.
async fn redirecting(locations: Vec<String>) -> House {
    House::open(move |path| {
        let mut words = path.split('/').skip(1);
        let (Some(status), Some(number)) = (words.next(), words.next()) else {
            return found("tea");
        };
        let number: usize = number.parse().expect("a number");
        moved(status.parse().expect("a status"), &locations[number])
    })
    .await
}

#[tokio::test]
async fn each_is_refused_as_it_stands() {
    let house = House::answering(found("tea")).await;
    let vectors = vectors();
    let fetcher = fetcher(names(&vectors));
    let closed = Guard::public_or(Vec::new());
    for vector in &vectors {
        for (port, guard) in
            [(None, &closed), (None, &house.guard()), (Some(house.port), &house.guard())]
        {
            match vector.url(port) {
                Some(url) => vector.check(get(&fetcher, &url, guard).await),
                None => assert_eq!(vector.reason, "no-url", "{}", vector.text),
            }
        }
    }
    assert_eq!(house.visits().await, NOBODY, "nobody was connected to");
}

#[tokio::test]
async fn each_is_refused_when_a_name_leads_there() {
    let house = House::answering(found("tea")).await;
    let vectors = vectors();
    let refused = vectors.iter().filter(|vector| vector.reason == "not-public");
    for vector in refused {
        for address in vector.addresses() {
            let fetcher = fetcher(Names::of([("tea.example", vec![vec![address]])]));
            for url in [
                "http://tea.example/",
                "https://tea.example/",
                &format!("http://tea.example:{}/", house.port),
            ] {
                vector.check(get(&fetcher, &url.parse().expect("a URL"), &house.guard()).await);
            }
        }
    }
    assert_eq!(house.visits().await, NOBODY, "nobody was connected to");
}

#[tokio::test]
async fn each_is_refused_after_a_redirect() {
    let vectors = vectors();
    let as_it_stands = vectors.iter().map(|vector| vector.text.to_owned());
    let raw = redirecting(as_it_stands.collect()).await;
    let fetcher = fetcher(names(&vectors));
    for (number, vector) in vectors.iter().enumerate() {
        let got = get(&fetcher, &raw.url(&format!("/302/{number}")), &raw.guard()).await;
        match got {
            Err(FetchError::Redirects { .. }) => assert_eq!(vector.reason, "no-url"),
            got => vector.check(got),
        }
    }
    let visits = raw.visits().await;
    assert_eq!(visits, vec![OPEN; vectors.len()], "only who redirects was connected to");
}

#[tokio::test]
async fn each_is_refused_after_every_kind_of_redirect() {
    // The port is known only once a house is open, so the one that redirects is another one.
    let house = House::answering(found("tea")).await;
    let vectors = vectors();
    let urls = vectors.iter().filter_map(|vector| Some((vector, vector.url(Some(house.port))?)));
    let (vectors, urls): (Vec<_>, Vec<_>) = urls.unzip();
    let away = redirecting(urls.iter().map(Url::to_string).collect()).await;
    let guard = Guard::public_or(vec![house.opening(), away.opening()]);
    let all = self::vectors();
    let fetcher = fetcher(names(&all));
    for status in [301, 302, 303, 307, 308] {
        for (number, vector) in vectors.iter().enumerate() {
            let got = get(&fetcher, &away.url(&format!("/{status}/{number}")), &guard).await;
            vector.check(got);
        }
        assert_eq!(away.visits().await, vec![OPEN; vectors.len()]);
        assert_eq!(house.visits().await, NOBODY, "nobody was connected to");
    }
}

/// Without this the tests above might pass because nobody listens.
#[tokio::test]
async fn without_a_guard_the_house_is_reached() {
    let house = House::answering(found("tea")).await;
    let vectors = vectors();
    let fetcher = fetcher(names(&vectors));
    let is_here = |address: &IpAddr| match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_unspecified(),
        IpAddr::V6(_) => false,
    };
    let mut reached = 0;
    for vector in vectors.iter().filter(|vector| vector.reason == "not-public") {
        if !vector.addresses().first().is_some_and(is_here) {
            continue;
        }
        let url = vector.url(Some(house.port)).expect("a URL");
        let got = get(&fetcher, &url, &Guard::anywhere()).await;
        assert_eq!(got.expect("an answer"), b"tea", "{url}");
        reached += 1;
    }
    assert!(reached >= 40, "only {reached} ways lead to this machine");
}

#[tokio::test]
async fn an_opening_opens_one_address_on_one_port() {
    let house = House::answering(found("tea")).await;
    let other = House::answering(found("no tea")).await;
    let tea = "tea.example";
    let fetcher = fetcher(Names::of([(tea, vec![vec![OPEN]])]));
    for host in [OPEN.to_string(), tea.to_owned()] {
        let there = url(&format!("http://{host}:{}/", house.port));
        let got = get(&fetcher, &there, &house.guard()).await;
        assert_eq!(got.expect("an answer"), b"tea", "{there}");
        for closed in [format!("http://{host}:{}/", other.port), format!("http://{host}/")] {
            let got = get(&fetcher, &url(&closed), &house.guard()).await;
            assert!(matches!(got, Err(FetchError::Refused(_))), "{closed}: {got:?}");
        }
    }
    assert_eq!(house.visits().await, [OPEN, OPEN]);
    assert_eq!(other.visits().await, NOBODY);
}
