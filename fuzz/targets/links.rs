//! The links in a message are found whatever it says.
#![no_main]

use fuzz::{Link, links};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &str| {
    let few = links(body, 3);
    assert!(few.len() <= 3);
    let all = links(body, usize::MAX);
    assert!(all.starts_with(&few), "fewer are the first of all");
    for (index, link) in all.iter().enumerate() {
        assert!(!all[..index].contains(link), "{} is there twice", link.as_str());
        assert_eq!(Link::parse(link.as_str()).as_ref(), Ok(link), "a normal form is its own");
    }
});
