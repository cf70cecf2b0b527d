//! What is at an address, as far as it may be known: the answer's head, and how its body begins.
//!
//! Run with `cargo run -p fetch --example look -- https://example.com`. Try `http://127.0.0.1` and
//! `http://169.254.169.254` as well; a second argument such as `127.0.0.1:4000` opens one address.

use std::error::Error;

use fetch::{Config, Fetcher, Guard, Limits};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    match look().await {
        Ok(()) => {}
        Err(error) => {
            println!("nothing to see: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                println!("because: {error}");
                cause = error.source();
            }
        }
    }
}

async fn look() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("which address?")?.parse()?;
    let openings = arguments.map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?;
    let guard = Guard::public_or(openings);
    let fetcher = Fetcher::new(Config::default());
    let mut answer = fetcher.get(&url, "text/html,*/*;q=0.1", &guard, &Limits::default()).await?;
    println!("{} from {}", answer.status(), answer.url());
    println!("it is {:?}", answer.content_type());
    if let Some(piece) = answer.chunk().await? {
        let shown = &piece[..piece.len().min(500)];
        println!("it begins\n{}", String::from_utf8_lossy(shown));
    }
    Ok(())
}
