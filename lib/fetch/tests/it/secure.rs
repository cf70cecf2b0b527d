//! TLS.

use std::{net::Ipv4Addr, sync::Arc};

use fetch::{Config, FetchError, Fetcher, Guard, Limits, Trust};
use rustls::{RootCertStore, ServerConfig, pki_types::PrivatePkcs8KeyDer};
use tasks::Scope;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    house::{House, OPEN, found, moved, url},
    resolver::Names,
};

const TEA: &str = "tea.example";

/// A server with a certificate for [`TEA`] that answers with `answer`, and the certificate.
async fn secure_server(scope: &Scope, answer: Vec<u8>) -> (u16, Arc<RootCertStore>) {
    let listener = TcpListener::bind((OPEN, 0)).await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let made = rcgen::generate_simple_self_signed(vec![TEA.to_owned()]);
    let rcgen::CertifiedKey { cert, signing_key } = made.expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der()).into();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the usual versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("the key is the certificate's");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    scope.spawn_abortable("secure server", async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever does not trust it goes away.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let _asked = stream.read(&mut request).await.expect("they say something");
            stream.write_all(&answer).await.expect("they listen");
            // Not every server says good-bye.
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("it is a certificate");
    (port, Arc::new(roots))
}

fn fetcher(roots: &Arc<RootCertStore>) -> Fetcher {
    let names = [TEA, "tea.example.", "other.example"].map(|name| (name, vec![vec![OPEN]]));
    let (resolver, trust) = (Arc::new(Names::of(names)), Trust::Roots(roots.clone()));
    Fetcher::new(Config { resolver, trust, ..Config::default() })
}

async fn get(fetcher: &Fetcher, text: &str) -> Result<Vec<u8>, FetchError> {
    let limits = Limits::default();
    fetcher.get(&url(text), "*/*", &Guard::anywhere(), &limits).await?.bytes().await
}

#[tokio::test]
async fn a_secure_server_is_who_it_says() {
    let scope = Scope::root("test");
    let (port, roots) = secure_server(&scope, found("tea")).await;
    let trusting = fetcher(&roots);
    for host in [TEA, "tea.example.", "TEA.example"] {
        let got = get(&trusting, &format!("https://{host}:{port}/")).await;
        assert_eq!(got.expect("an answer"), b"tea", "{host}");
    }
    let stranger = fetcher(&Arc::new(RootCertStore::empty()));
    for (fetcher, host) in
        [(&trusting, "other.example"), (&trusting, "127.0.0.77"), (&stranger, TEA)]
    {
        let got = get(fetcher, &format!("https://{host}:{port}/")).await;
        assert!(matches!(got, Err(FetchError::Insecure { .. })), "{host}: {got:?}");
    }
}

#[tokio::test]
async fn who_goes_without_a_good_bye_has_said_what_they_said() {
    let scope = Scope::root("test");
    let whole = [
        "HTTP/1.1 200 OK\r\n\r\ntea",
        "HTTP/1.0 200 OK\r\n\r\ntea",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntea",
    ];
    for answer in whole {
        let (port, roots) = secure_server(&scope, answer.into()).await;
        let got = get(&fetcher(&roots), &format!("https://{TEA}:{port}/")).await;
        assert_eq!(got.expect("an answer"), b"tea", "{answer}");
    }
    for cut in [
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ntea",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\ntea\r\n",
        "HTTP/1.1 200 OK\r\n",
    ] {
        let (port, roots) = secure_server(&scope, cut.into()).await;
        let got = get(&fetcher(&roots), &format!("https://{TEA}:{port}/")).await;
        assert!(matches!(got, Err(FetchError::Broken { .. })), "{cut}: {got:?}");
    }
}

#[tokio::test]
async fn who_speaks_no_tls_is_not_secure() {
    let stranger = fetcher(&Arc::new(RootCertStore::empty()));
    // The house reads to the end of a request, which a handshake has not.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let answer = async {
        let (mut stream, _) = listener.accept().await.expect("somebody comes");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.expect("they listen");
        stream
    };
    let there = format!("https://127.0.0.1:{port}/");
    let (got, _stream) = tokio::join!(get(&stranger, &there), answer);
    assert!(matches!(got, Err(FetchError::Insecure { .. })), "{got:?}");
    let (got, _gone) =
        tokio::join!(get(&stranger, &there), async { listener.accept().await.map(drop) });
    assert!(matches!(got, Err(FetchError::Broken { .. })), "it was cut: {got:?}");
}

#[tokio::test]
async fn one_is_sent_from_secure_to_insecure_and_back() {
    let scope = Scope::root("test");
    let house = House::answering(found("tea")).await;
    let (port, roots) = secure_server(&scope, moved(302, house.url("/").as_str())).await;
    let there = House::answering(moved(301, &format!("https://{TEA}:{port}/"))).await;
    let limits = Limits::default();
    let secure = fetch::Opening { address: OPEN, port: Some(port) };
    let guard = Guard::public_or(vec![house.opening(), there.opening(), secure]);
    let got = fetcher(&roots).get(&there.url("/"), "*/*", &guard, &limits).await;
    assert_eq!(got.expect("an answer").url(), &house.url("/"));
    assert_eq!(house.visits().await, [OPEN]);
}
