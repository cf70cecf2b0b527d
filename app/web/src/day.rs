//! Days as forms have them.

/// Milliseconds of a day, in UTC.
pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// When the day `text`, such as `2026-11-21`, began in UTC, in milliseconds since the Unix epoch;
/// `None`: it is no day between the years 1 and 9999.
///
/// Dates to days by Howard Hinnant's `days_from_civil`.
pub(crate) fn start_ms(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i64>().ok())?
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if parts.next().is_some() || year < 1 || !(1..=days_in_month).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some((era * 146_097 + day_of_era - 719_468) * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::rfc3339;

    #[test]
    fn days_begin_when_they_do() {
        for day in
            ["1970-01-01", "2000-02-29", "2026-11-21", "1969-12-31", "0001-01-01", "9999-12-31"]
        {
            let start = start_ms(day).expect("it is a day");
            assert_eq!(rfc3339(start), format!("{day}T00:00:00Z"));
        }
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in [
            "",
            "today",
            "2026-11-31",
            "2025-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-1-1",
            "2026-11-21-1",
            "+026-11-21",
            "0000-01-01",
        ] {
            assert_eq!(start_ms(text), None, "{text}");
        }
    }
}
