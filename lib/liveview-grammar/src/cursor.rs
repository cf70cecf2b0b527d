//! A place in a list of tokens that remembers where tokens stand in the source.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

use crate::markup::Gap;

/// Reads tokens one by one.
pub(crate) struct Cursor {
    tokens: Vec<TokenTree>,
    at: usize,
}

impl Cursor {
    pub(crate) fn new(tokens: TokenStream) -> Self {
        let mut flat = Vec::new();
        flatten(tokens, &mut flat);
        Self { tokens: flat, at: 0 }
    }

    pub(crate) fn peek(&self) -> Option<&TokenTree> {
        self.peek_at(0)
    }

    pub(crate) fn peek_at(&self, ahead: usize) -> Option<&TokenTree> {
        self.tokens.get(self.at + ahead)
    }

    pub(crate) fn next(&mut self) -> Option<TokenTree> {
        let token = self.peek().cloned()?;
        self.at += 1;
        Some(token)
    }

    pub(crate) fn skip(&mut self, tokens: usize) {
        self.at = (self.at + tokens).min(self.tokens.len());
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn rewind(&mut self, position: usize) {
        self.at = position;
    }

    /// The token before this place, or `None` at the start.
    pub(crate) fn previous(&self) -> Option<&TokenTree> {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at))
    }

    pub(crate) fn is_punct(&self, ahead: usize, punct: char) -> bool {
        is_punct(self.peek_at(ahead), punct)
    }

    /// Whether the tokens from here are exactly these punctuation characters.
    pub(crate) fn is_puncts(&self, puncts: &str) -> bool {
        puncts.chars().enumerate().all(|(ahead, punct)| self.is_punct(ahead, punct))
    }

    pub(crate) fn is_brace(&self, ahead: usize) -> bool {
        is_group(self.peek_at(ahead), Delimiter::Brace)
    }

    /// Takes a `{…}`.
    pub(crate) fn brace(&mut self) -> Option<Group> {
        match self.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let group = group.clone();
                self.at += 1;
                Some(group)
            }
            _ => None,
        }
    }

    /// The whitespace before the next token, or before the token after it and so on.
    pub(crate) fn gap(&self, ahead: usize) -> Whitespace {
        let before = (self.at + ahead).checked_sub(1).and_then(|at| self.tokens.get(at));
        match (before, self.peek_at(ahead)) {
            (Some(before), Some(after)) => whitespace(end_span(before), start_span(after)),
            _ => Whitespace::Unknown,
        }
    }

    /// The tokens from here up to `ahead`, without taking them.
    pub(crate) fn upcoming(&self, ahead: usize) -> TokenStream {
        self.tokens[self.at..self.at + ahead].iter().cloned().collect()
    }

    /// Takes the tokens up to `ahead`.
    pub(crate) fn take(&mut self, ahead: usize) -> TokenStream {
        let tokens = self.upcoming(ahead);
        self.at += ahead;
        tokens
    }

    /// How many tokens come before the first for which `found` holds.
    pub(crate) fn until(&self, found: impl FnMut(&TokenTree) -> bool) -> Option<usize> {
        self.tokens[self.at..].iter().position(found)
    }
}

/// `macro_rules!` hands its fragments over in groups that cannot be seen.
fn flatten(tokens: TokenStream, flat: &mut Vec<TokenTree>) {
    for token in tokens {
        match token {
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::None
                    && group.stream().into_iter().count() == 1 =>
            {
                flatten(group.stream(), flat);
            }
            token => flat.push(token),
        }
    }
}

pub(crate) fn is_punct(token: Option<&TokenTree>, punct: char) -> bool {
    matches!(token, Some(TokenTree::Punct(found)) if found.as_char() == punct)
}

pub(crate) fn is_ident(token: Option<&TokenTree>, name: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(found)) if found == name)
}

fn is_group(token: Option<&TokenTree>, delimiter: Delimiter) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
}

pub(crate) fn start_span(token: &TokenTree) -> Span {
    match token {
        TokenTree::Group(group) => group.span_open(),
        token => token.span(),
    }
}

pub(crate) fn end_span(token: &TokenTree) -> Span {
    match token {
        TokenTree::Group(group) => group.span_close(),
        token => token.span(),
    }
}

/// What stands between two tokens in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whitespace {
    Known(Gap),
    /// Made by another macro, or by a tool that keeps no positions.
    Unknown,
}

impl Whitespace {
    pub(crate) fn or(self, unknown: Gap) -> Gap {
        match self {
            Whitespace::Known(gap) => gap,
            Whitespace::Unknown => unknown,
        }
    }
}

/// The whitespace between two tokens, from their lines and columns.
pub(crate) fn whitespace(before: Span, after: Span) -> Whitespace {
    let (end, start) = (before.end(), after.start());
    if before.start() == end || start == after.end() || start < end {
        return Whitespace::Unknown;
    }
    Whitespace::Known(match (start.line > end.line, start.column > end.column) {
        (true, _) => Gap::Newline,
        (false, true) => Gap::Space,
        (false, false) => Gap::None,
    })
}
