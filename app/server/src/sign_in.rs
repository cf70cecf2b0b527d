//! Who may say who somebody is: the `[[sign_in]]` tables of the configuration file.

use std::{fs, path::Path};

use anyhow::Context;
use identity::{GITHUB_API_URL, GITHUB_WEB_URL, Provider};
use serde::Deserialize;

use crate::settings::place;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    sign_in: Vec<Entry>,
}

/// One way to sign in.
#[derive(Debug, Deserialize)]
#[serde(tag = "provider", rename_all = "lowercase", deny_unknown_fields)]
enum Entry {
    GitHub {
        client_id: String,
        client_secret: Option<String>,
        web_url: Option<String>,
        api_url: Option<String>,
    },
    OpenId {
        id: String,
        label: String,
        issuer: String,
        client_id: String,
        client_secret: Option<String>,
    },
}

/// The ways to sign in that the file at `path` has. Secrets that it leaves out are taken from
/// `environment`: `TEAHOUSE_SIGN_IN_<ID>_SECRET`.
///
/// # Errors
/// The file cannot be read, has a mistake, or a secret is missing; in words for the host.
pub fn read(
    path: &Path,
    environment: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Vec<Provider>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text, environment).with_context(|| format!("a mistake in {}", path.display()))
}

fn parse(
    text: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Vec<Provider>> {
    let file: File =
        toml::from_str(text).map_err(|error| anyhow::Error::msg(place(text, &error)))?;
    file.sign_in.into_iter().map(|entry| provider(entry, &environment)).collect()
}

fn provider(
    entry: Entry,
    environment: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Provider> {
    let secret = |id: &str, given: Option<String>| {
        let variable = variable(id);
        given.or_else(|| environment(&variable)).with_context(|| {
            format!("{id} has no secret: say client_secret there, or set {variable}")
        })
    };
    Ok(match entry {
        Entry::GitHub { client_id, client_secret, web_url, api_url } => Provider::GitHub {
            client_id,
            client_secret: secret("github", client_secret)?,
            web_url: web_url.unwrap_or_else(|| GITHUB_WEB_URL.to_owned()),
            api_url: api_url.unwrap_or_else(|| GITHUB_API_URL.to_owned()),
        },
        Entry::OpenId { id, label, issuer, client_id, client_secret } => {
            let client_secret = secret(&id, client_secret)?;
            Provider::OpenId { id, label, issuer, client_id, client_secret }
        }
    })
}

/// Where the secret of a provider is looked for.
fn variable(id: &str) -> String {
    format!("TEAHOUSE_SIGN_IN_{}_SECRET", id.to_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: &str = r#"
[[sign_in]]
provider = "github"
client_id = "tea"

[[sign_in]]
provider = "openid"
id = "the-house"
label = "The house"
issuer = "https://login.example.org"
client_id = "tea"
client_secret = "pot"
"#;

    #[test]
    fn secrets_are_said_in_the_file_or_in_the_environment() {
        let environment =
            |name: &str| (name == "TEAHOUSE_SIGN_IN_GITHUB_SECRET").then(|| "cup".to_owned());
        let providers = parse(BOTH, environment).expect("it is right");
        assert_eq!(providers[0], Provider::github("tea", "cup"));
        assert_eq!((providers[1].id(), providers[1].label()), ("the-house", "The house"));

        let mistake = parse(BOTH, |_| None).expect_err("one secret is missing").to_string();
        assert!(mistake.contains("TEAHOUSE_SIGN_IN_GITHUB_SECRET"), "{mistake}");
        assert_eq!(variable("the-house"), "TEAHOUSE_SIGN_IN_THE_HOUSE_SECRET");
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let mistake = |text: &str| parse(text, |_| None).expect_err("it is wrong").to_string();
        assert!(mistake("\n[[sign_up]]\n").starts_with("line 2: "));
        let unknown = "[[sign_in]]\nprovider = \"carrier pigeon\"\n";
        assert!(mistake(unknown).contains("carrier pigeon"), "{}", mistake(unknown));
    }
}
