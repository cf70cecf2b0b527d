//! Who may do what: the table.

/// Everything that people can do in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    Read,
    Post,
    EditOwn,
    RemoveOwn,
    EditOthers,
    RemoveOthers,
    Retitle,
    SetVisibility,
    SetRetention,
    Knock,
    Admit,
    Expel,
    SetRole,
    Transfer,
    Leave,
    End,
    Erase,
}

impl Action {
    /// Why somebody who may not do it may not, in words for them.
    pub(crate) fn refusal(self) -> &'static str {
        match self {
            Self::Read | Self::Post | Self::Knock | Self::Leave => "You are not in this room.",
            Self::EditOwn | Self::RemoveOwn => "You are not in this room.",
            Self::EditOthers | Self::RemoveOthers => {
                "Only an owner of the room can change what others said."
            }
            Self::Transfer | Self::SetRole => "Only the owner of the room can do that.",
            _ => "Only an owner of the room can do that.",
        }
    }
}
