//! Long lists whose items are not kept, and values that are sent once.
//!
//! A [`Stream`] collects changes; a render turns the ones not yet sent into markup, and once they
//! are on their way they are forgotten. So `render(&self)` stays pure: it reads, and the view's
//! task tells the stream afterwards. (A [`SharedView`](crate::SharedView)'s task keeps what it sent
//! of a stream, within the limits given to the browsers, for those that join later.)

use std::{
    collections::VecDeque,
    fmt::Debug,
    sync::{Arc, Mutex},
};

use crate::rendered::{Dynamic, Rendered, Sent, StreamChanges, StreamInsert};

/// A list whose items are sent and forgotten.
///
/// The container needs an `id` and `phx-update="stream"`, each item the `id` it is given:
///
/// ```
/// # use liveview::{html, Rendered, Stream};
/// # struct Log { lines: Stream<String> }
/// # impl Log { fn render(&self) -> Rendered {
/// html! {
///     <ol id="log" phx-update="stream">
///         {self.lines.each(|id, line| html! { <li id={id}>{line}</li> })}
///     </ol>
/// }
/// # }}
/// ```
#[derive(Debug)]
pub struct Stream<T> {
    name: &'static str,
    dom_id: fn(&T) -> String,
    /// For inserts that name none.
    limit: Option<i64>,
    pending: Arc<Mutex<Pending<T>>>,
}

#[derive(Debug)]
struct Pending<T> {
    changes: VecDeque<(u64, Change<T>)>,
    last: u64,
}

#[derive(Debug)]
enum Change<T> {
    Reset,
    Delete(String),
    Insert { item: Arc<T>, dom_id: String, place: Place },
}

impl<T> Clone for Change<T> {
    fn clone(&self) -> Self {
        match self {
            Change::Reset => Change::Reset,
            Change::Delete(id) => Change::Delete(id.clone()),
            Change::Insert { item, dom_id, place } => {
                Change::Insert { item: item.clone(), dom_id: dom_id.clone(), place: *place }
            }
        }
    }
}

/// Where an item goes, and how many stay.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// −1 appends, 0 prepends, n is an index among the children as they are after the removals that
    /// go out together with the insert.
    pub at: i64,
    /// +n keeps the first n, −n keeps the last n; the browser enforces it.
    pub limit: Option<i64>,
    /// Ignored unless the element is already shown.
    pub update_only: bool,
}

impl Place {
    /// After the last.
    pub const LAST: Place = Place { at: -1, limit: None, update_only: false };
    /// Before the first.
    pub const FIRST: Place = Place { at: 0, limit: None, update_only: false };

    /// At index `at`.
    pub const fn at(at: i64) -> Self {
        Place { at, limit: None, update_only: false }
    }

    /// With a limit on how many are shown.
    pub const fn limit(self, limit: i64) -> Self {
        Place { limit: Some(limit), ..self }
    }

    /// Only if the element is shown.
    pub const fn update_only(self) -> Self {
        Place { update_only: true, ..self }
    }
}

impl<T: Debug + Send + Sync + 'static> Stream<T> {
    /// A stream without items. `name` is unique among the streams of the view or component;
    /// `dom_id` gives an item's element id, unique in the document.
    pub fn new(name: &'static str, dom_id: fn(&T) -> String) -> Self {
        let pending = Pending { changes: VecDeque::new(), last: 0 };
        Self { name, dom_id, limit: None, pending: Arc::new(Mutex::new(pending)) }
    }

    /// A stream of which browsers keep the last `limit` items only.
    pub fn windowed(name: &'static str, dom_id: fn(&T) -> String, limit: usize) -> Self {
        let limit = i64::try_from(limit).map_or(i64::MIN, |limit| -limit);
        Self { limit: Some(limit), ..Self::new(name, dom_id) }
    }

    /// Appends an item, or updates the one with the same id in place.
    pub fn push(&mut self, item: T) {
        self.insert(item, Place::LAST);
    }

    /// Inserts an item at a place, or updates the one with the same id where it is.
    pub fn insert(&mut self, item: T, place: Place) {
        let dom_id = (self.dom_id)(&item);
        let place = Place { limit: place.limit.or(self.limit), ..place };
        self.change(Change::Insert { item: Arc::new(item), dom_id, place });
    }

    /// Inserts many, in this order, each at the place.
    pub fn extend(&mut self, items: impl IntoIterator<Item = T>, place: Place) {
        items.into_iter().for_each(|item| self.insert(item, place));
    }

    /// Removes the item whose element has this id.
    pub fn delete(&mut self, dom_id: impl Into<String>) {
        self.change(Change::Delete(dom_id.into()));
    }

    /// Removes everything that is shown.
    pub fn clear(&mut self) {
        let mut pending = self.pending.lock().expect("no panic while it is held");
        pending.changes.clear();
        pending.push(Change::Reset);
    }

    /// Shows `items` in place of everything that is shown.
    pub fn reset(&mut self, items: impl IntoIterator<Item = T>, place: Place) {
        self.clear();
        self.extend(items, place);
    }

    fn change(&mut self, change: Change<T>) {
        self.pending.lock().expect("no panic while it is held").push(change);
    }

    /// Renders what the browser has to be told: `item(id, item)` gives one element with that id.
    /// It should always be the same `html!`, with what differs inside.
    pub fn each(&self, render: impl Fn(&str, &T) -> Rendered) -> Dynamic {
        // The changes are copied out so that no caller's code runs while the lock is held.
        let (changes, last) = {
            let pending = self.pending.lock().expect("no panic while it is held");
            let changes: Vec<_> =
                pending.changes.iter().map(|(_, change)| change.clone()).collect();
            (changes, pending.last)
        };
        let mut told = StreamChanges {
            name: self.name,
            inserts: Vec::new(),
            deletes: Vec::new(),
            reset: false,
            sent: Some((self.pending.clone(), last)),
        };
        for change in changes {
            match change {
                Change::Reset => told.reset = true,
                Change::Delete(id) => {
                    told.inserts.retain(|insert: &StreamInsert| insert.dom_id != id);
                    told.deletes.push(id);
                }
                // Removed before it, so there is nothing to update; but the browser would bring back
                // what the same message removes.
                Change::Insert { dom_id, place: Place { update_only: true, .. }, .. }
                    if (told.reset || told.deletes.contains(&dom_id))
                        && !told.inserts.iter().any(|insert| insert.dom_id == dom_id) => {}
                Change::Insert { item, dom_id, place } => {
                    // The browser looks inserts up by id: of two for one element only the later
                    // content counts, at the place of the first.
                    let rendered = render(&dom_id, &item);
                    // One that is only an update would keep the later one from being shown.
                    if !place.update_only {
                        told.inserts
                            .retain(|insert| insert.dom_id != dom_id || !insert.update_only);
                    }
                    match told.inserts.iter_mut().find(|insert| insert.dom_id == dom_id) {
                        Some(known) => known.rendered = rendered,
                        None => told.inserts.push(StreamInsert {
                            dom_id,
                            at: place.at,
                            limit: place.limit,
                            update_only: place.update_only,
                            rendered,
                        }),
                    }
                }
            }
        }
        Dynamic::Stream(told)
    }
}

impl<T> Pending<T> {
    fn push(&mut self, change: Change<T>) {
        self.last += 1;
        self.changes.push_back((self.last, change));
    }
}

impl<T: Debug + Send + Sync> Sent for Mutex<Pending<T>> {
    fn sent(&self, upto: u64) {
        let mut pending = self.lock().expect("no panic while it is held");
        while pending.changes.front().is_some_and(|(number, _)| *number <= upto) {
            pending.changes.pop_front();
        }
    }
}

/// A value that is rendered when it was set and not kept afterwards: what the browser shows stays
/// until the next one (`temporary_assigns` in Phoenix).
#[derive(Debug)]
pub struct Temporary<T>(Arc<Mutex<Slot<T>>>);

#[derive(Debug)]
struct Slot<T> {
    value: Option<T>,
    number: u64,
}

impl<T: Debug + Send + 'static> Temporary<T> {
    /// A value to be sent with the next render.
    pub fn new(value: T) -> Self {
        Self(Arc::new(Mutex::new(Slot { value: Some(value), number: 1 })))
    }

    /// Replaces it.
    pub fn set(&mut self, value: T) {
        let mut slot = self.0.lock().expect("no panic while it is held");
        slot.number += 1;
        slot.value = Some(value);
    }

    /// Whether the value was sent and forgotten.
    pub fn is_sent(&self) -> bool {
        self.0.lock().expect("no panic while it is held").value.is_none()
    }

    /// Renders the value, or leaves what the browser has. `render` must not touch this value.
    pub fn show(&self, render: impl FnOnce(&T) -> Rendered) -> Dynamic {
        let slot = self.0.lock().expect("no panic while it is held");
        match &slot.value {
            None => Dynamic::Keep,
            Some(value) => Dynamic::Temporary(
                Box::new(Dynamic::Nested(render(value))),
                (self.0.clone(), slot.number),
            ),
        }
    }
}

impl<T: Debug + Send> Sent for Mutex<Slot<T>> {
    fn sent(&self, upto: u64) {
        let mut slot = self.lock().expect("no panic while it is held");
        if slot.number <= upto {
            slot.value = None;
        }
    }
}
