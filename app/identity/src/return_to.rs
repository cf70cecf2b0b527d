//! Where somebody goes on after signing in.

/// The longest address that is kept, in bytes.
const BYTES_MAX: usize = 1024;

/// `address` if it is a path on this site, else the first page.
///
/// The link to sign in may have been made by anybody: it must not lead elsewhere. Browsers read
/// `//host` and `/\host` as another site, take `\` for `/`, and drop tabs and line breaks first.
pub(crate) fn local_path(address: &str) -> String {
    let is_local = address.starts_with('/')
        && !address.starts_with("//")
        && address.len() <= BYTES_MAX
        && address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_local { address.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn a_path_on_this_site_is_kept() {
        for path in ["/", "/me", "/r/kitchen/17?page=2#message-17", "/a//b", "/r/%E2%80%AE"] {
            assert_eq!(local_path(path), path);
        }
    }

    #[test]
    fn what_leads_elsewhere_leads_to_the_first_page() {
        let long = format!("/{}", "a".repeat(BYTES_MAX));
        let wrong = [
            "",
            "me",
            "https:",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            "javascript:alert(1)",
            " /me",
            "/me\r\nSet-Cookie: a=b",
            "/é",
            &long,
        ];
        for address in wrong {
            assert_eq!(local_path(address), "/", "{address:?}");
        }
    }

    proptest::proptest! {
        /// Whatever it is given, a browser that follows it stays here.
        #[test]
        fn nothing_leads_elsewhere(address in r"[/\\]{0,3}[ -~\t\n]{0,12}") {
            let here = Url::parse("https://chat.example.org/sign-in").expect("an address");
            let there = here.join(&local_path(&address)).expect("a path");
            proptest::prop_assert_eq!(there.origin(), here.origin());
        }
    }
}
