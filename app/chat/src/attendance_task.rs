//! The task that hands on who came, went or types, in the words of rooms.

use std::sync::Arc;

use presence::Diff;
use pubsub::{Received, Subscription};

use crate::{Attendance, activity::Lately};

/// Runs until it is dropped. Its queue is that of the presence, which says when it overflowed: then
/// everybody who looks at a room with people in it is told to look again.
pub(crate) async fn attendance_task(
    attendance: Attendance,
    mut diffs: Subscription<Diff>,
    lately: Arc<Lately>,
) {
    loop {
        match diffs.recv().await {
            Received::Hint(diff) => {
                let room = attendance.tell(&diff.topic);
                // Typing is nothing that lists of rooms show.
                if diff.joins.is_empty() && diff.leaves.is_empty() {
                    continue;
                }
                match room {
                    Some(room) => lately.note(&room),
                    None => lately.note_people(),
                }
            }
            Received::Lagged => {
                for topic in attendance.topics() {
                    attendance.tell(&topic);
                }
                lately.note_facts();
            }
        }
    }
}
