//! The addresses of this server itself.

use url::Url;

use crate::Link;

/// Where this server is: links there are shown as what they are, and are not fetched.
#[derive(Clone, Debug)]
pub(crate) struct Origins(Vec<url::Origin>);

impl Origins {
    /// `texts` such as `https://tea.example`; what is none is passed over.
    pub fn new(texts: &[String]) -> Self {
        let urls = texts.iter().filter_map(|text| Url::parse(text).ok());
        Self(urls.map(|url| url.origin()).collect())
    }

    pub fn has(&self, link: &Link) -> bool {
        self.0.contains(&link.url().origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::link;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_a_port() {
        let texts = ["https://Tea.test", "http://127.0.0.1:4000/", "nonsense"];
        let origins = Origins::new(&texts.map(str::to_owned));
        for ours in ["https://tea.test/r/kitchen", "https://tea.test:443", "http://127.0.0.1:4000/"]
        {
            assert!(origins.has(&link(ours)), "{ours}");
        }
        for theirs in ["http://tea.test/", "https://a.tea.test/", "http://127.0.0.1:4001/"] {
            assert!(!origins.has(&link(theirs)), "{theirs}");
        }
    }
}
