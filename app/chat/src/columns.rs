//! How values of this crate stand in the columns of read models.

use eventsourcing::rusqlite::{
    self, Row, ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Type, ValueRef},
};
use identity::{Guest, GuestId, GuestName};

use crate::{Manner, MessageId, Role, RoomId, Visibility};

/// SQL's integers end at 2⁶³, which no number reaches by counting; a larger one asks for "the end".
pub(crate) fn as_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What was written by [`as_sql`].
pub(crate) fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A column holds what was never written there.
pub(crate) fn damaged(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
}

/// The person in these two columns.
pub(crate) fn guest(row: &Row<'_>, id: &str, name: &str) -> rusqlite::Result<Guest> {
    let id = GuestId::parse(row.get_ref(id)?.as_str()?).map_err(damaged)?;
    Ok(Guest { id, name: GuestName::recorded(row.get(name)?) })
}

/// As [`guest`]; `None` where the first is `NULL`.
pub(crate) fn guest_or_none(
    row: &Row<'_>,
    id: &str,
    name: &str,
) -> rusqlite::Result<Option<Guest>> {
    if row.get_ref(id)? == ValueRef::Null {
        return Ok(None);
    }
    guest(row, id, name).map(Some)
}

/// Ids are text.
macro_rules! text_column {
    ($id:ident) => {
        impl ToSql for $id {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.as_str()))
            }
        }

        impl FromSql for $id {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::parse(value.as_str()?).map_err(|error| FromSqlError::Other(Box::new(error)))
            }
        }
    };
}

text_column!(RoomId);
text_column!(MessageId);

/// Values of a few kinds are numbers, which stay what they are: there are files with them.
macro_rules! number_column {
    ($kind:ident { $($value:ident = $number:literal),+ $(,)? }) => {
        impl ToSql for $kind {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(match self { $(Self::$value => $number,)+ }))
            }
        }

        impl FromSql for $kind {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_i64()? {
                    $($number => Ok(Self::$value),)+
                    other => Err(FromSqlError::OutOfRange(other)),
                }
            }
        }
    };
}

number_column!(Manner { Said = 0_i64, Did = 1 });
number_column!(Visibility { Public = 0_i64, Unlisted = 1, Private = 2 });
// The strongest first, which is how members are listed.
number_column!(Role {
    Owner = 0_i64,
    CoOwner = 1,
    Member = 2,
    Visitor = 3,
    Outsider = 4,
    Expelled = 5,
});
