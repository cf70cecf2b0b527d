//! How long a room keeps what is said: in words, and as people choose it.

use chat::{IDLE_MS_MAX, IDLE_MS_MIN, Retention};
use liveview::Params;

const MINUTE_MS: i64 = 60 * 1_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The idle times that are offered, in milliseconds; others are typed.
pub(crate) const CHOICES: [i64; 5] = [10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, DAY_MS, 7 * DAY_MS];

/// One line for whoever is in the room; `None` for a room that keeps everything.
pub(crate) fn sentence(retention: Retention) -> Option<String> {
    match retention {
        Retention::Kept => None,
        Retention::Fleeting { idle_ms } => {
            Some(format!("Erased {} after the last person has left", span(idle_ms)))
        }
    }
}

/// "30 minutes", "1 day": the largest units that say it exactly.
pub(crate) fn span(ms: i64) -> String {
    let units = [(DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute"), (1_000, "second")];
    let exact = units.into_iter().find(|(unit_ms, _)| ms >= *unit_ms && ms % unit_ms == 0);
    let (unit_ms, unit) = exact.unwrap_or((1_000, "second"));
    match ms / unit_ms {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    }
}

/// What a form says: `retention` is `kept`, one of [`CHOICES`], or `own` with `minutes` beside it.
/// `None`: it says nothing that makes sense.
pub(crate) fn read(params: &Params) -> Option<Retention> {
    let idle_ms = match params.get("retention")? {
        "kept" => return Some(Retention::Kept),
        "own" => params.get("minutes")?.trim().parse::<i64>().ok()?.checked_mul(MINUTE_MS)?,
        chosen => chosen.parse().ok()?,
    };
    // The room says why others are not possible.
    let idle_ms = idle_ms.clamp(IDLE_MS_MIN - 1, IDLE_MS_MAX + 1);
    Some(Retention::Fleeting { idle_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let cases = [
            (1_000, "1 second"),
            (90_000, "90 seconds"),
            (30 * MINUTE_MS, "30 minutes"),
            (90 * MINUTE_MS, "90 minutes"),
            (DAY_MS, "1 day"),
            (7 * DAY_MS, "7 days"),
        ];
        for (ms, said) in cases {
            assert_eq!(span(ms), said);
        }
    }

    #[test]
    fn a_retention_is_chosen_or_typed() {
        let read = |text: &str| read(&Params::decode(text));
        let fleeting = |idle_ms| Some(Retention::Fleeting { idle_ms });
        assert_eq!(read("retention=kept"), Some(Retention::Kept));
        assert_eq!(read("retention=600000"), fleeting(10 * MINUTE_MS));
        assert_eq!(read("retention=own&minutes=+45+"), fleeting(45 * MINUTE_MS));
        assert_eq!(read("retention=own&minutes=99999999"), fleeting(IDLE_MS_MAX + 1));
        for nonsense in ["", "retention=", "retention=own", "retention=own&minutes=soon"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
