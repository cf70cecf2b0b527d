//! The cards of links under a message: the same for everyone.

use liveview::{Rendered, html};

/// A card ready to be shown.
#[derive(Debug)]
pub(crate) struct Card {
    /// What it is called within its message.
    link: String,
    url: String,
    site: String,
    title: Option<String>,
    description: Option<String>,
    picture: Option<Picture>,
}

#[derive(Debug)]
struct Picture {
    path: String,
    width: u32,
    height: u32,
}

impl Card {
    /// Takes what is shown of `card` in the room at `/r/<slug>`.
    pub(crate) fn of(slug: &str, card: &chat::Card) -> Self {
        let picture = card.image.as_ref().map(|image| Picture {
            path: format!("/r/{slug}/cards/{}", image.id),
            width: image.width,
            height: image.height,
        });
        Self {
            link: card.link.clone(),
            url: card.url.clone(),
            site: card.site.clone(),
            title: card.title.clone(),
            description: card.description.clone(),
            picture,
        }
    }

    /// The height is fixed by the style, so that nothing moves when the picture comes. The button is
    /// there for everyone, and shown to whom it is of use.
    fn render(&self) -> Rendered {
        let name = self.title.as_deref().unwrap_or(&self.site);
        html! {
            <li class="card" data-link={self.link}>
                <a class="card-link" href={self.url} target="_blank" rel="noopener noreferrer nofollow ugc">
                    {self.picture.as_ref().map(Picture::render)}
                    <span class="card-text">
                        <span class="card-site" dir="auto">{self.site.as_str()}</span>
                        {self.title.as_ref().map(|title| html! { <span class="card-title" dir="auto">{title.as_str()}</span> })}
                        {self.description.as_ref().map(|text| html! { <span class="card-description" dir="auto">{text.as_str()}</span> })}
                    </span>
                </a>
                <button type="button" class="card-dismiss" aria-label={format!("Remove the card: {name}")}>"×"</button>
            </li>
        }
    }
}

impl Picture {
    fn render(&self) -> Rendered {
        html! { <img class="card-picture" src={self.path} width={self.width} height={self.height} alt="" loading="lazy" decoding="async"> }
    }
}

/// All cards of one message.
pub(crate) fn render(cards: &[Card]) -> Rendered {
    html! {
        <ul class="cards" aria-label="Links">
            for card in cards {
                {card.render()}
            }
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> chat::Card {
        chat::Card {
            link: "https://example.org/?a=1&b=2".to_owned(),
            url: "https://example.org/?a=1&b=\"2\"".to_owned(),
            site: "<b>Example".to_owned(),
            title: Some("\"Tea\" <script>alert(1)</script>".to_owned()),
            description: Some("A & B".to_owned()),
            image: Some(chat::CardImage { id: "7-0123".to_owned(), width: 480, height: 252 }),
        }
    }

    fn html(card: &chat::Card) -> String {
        Card::of("amber-kettle-42", card).render().to_html()
    }

    #[test]
    fn whatever_a_page_says_of_itself_is_text() {
        let html = html(&card());
        assert!(!html.contains("<b>") && !html.contains("<script"), "{html}");
        assert!(html.contains("&lt;b&gt;Example") && html.contains("A &amp; B"), "{html}");
        assert!(html.contains("href=\"https://example.org/?a=1&amp;b=&quot;2&quot;\""), "{html}");
    }

    #[test]
    fn a_picture_has_its_size_and_comes_from_here() {
        let with = html(&card());
        let image = "src=\"/r/amber-kettle-42/cards/7-0123\" width=\"480\" height=\"252\"";
        assert!(with.contains(image), "{with}");
        assert!(!html(&chat::Card { image: None, ..card() }).contains("<img"));
    }

    #[test]
    fn a_card_may_say_little() {
        let little = chat::Card { title: None, description: None, image: None, ..card() };
        let html = html(&little);
        assert!(!html.contains("card-title") && !html.contains("card-description"), "{html}");
        assert!(html.contains("aria-label=\"Remove the card: &lt;b&gt;Example\""), "{html}");
    }
}
