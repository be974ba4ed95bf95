//! The `Retry-After` of a response (RFC 9110, section 10.2.3).

use core::{str, time::Duration};

use super::ResponseHead;

/// The longest time that is returned.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl ResponseHead {
    /// How long the server asks to wait before the next request: the value of `Retry-After`, in seconds or as a date. A
    /// date is read relative to the `Date` of the response itself, as there is no other clock here. `None` without
    /// `Retry-After`, if its value is neither, or if it is a date and the response has none.
    ///
    /// At most 365 days are returned, so that the time can be added to a clock.
    ///
    /// ```
    /// use core::time::Duration;
    /// use sse_proto::client::ResponseHead;
    ///
    /// let head = |fields: &[(&'static str, &'static str)]| {
    ///     ResponseHead { status: 503, headers: fields.iter().copied().collect() }
    /// };
    /// assert_eq!(head(&[("Retry-After", "120")]).retry_after(), Some(Duration::from_secs(120)));
    ///
    /// let date = ("Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT");
    /// assert_eq!(head(&[date]).retry_after(), None);
    /// let dated = head(&[("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), date]);
    /// assert_eq!(dated.retry_after(), Some(Duration::from_secs(30)));
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        let text = |name| str::from_utf8(self.headers.value(name)?).ok().map(str::trim_ascii);
        let value = text("retry-after")?;
        let wait = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            // A number that does not fit is a very long time.
            value.parse().unwrap_or(u64::MAX)
        } else {
            let now = seconds(text("date")?)?;
            seconds(value)?.saturating_sub(now)
        };
        Some(Duration::from_secs(wait).min(LONGEST))
    }
}

/// The seconds from the year 0 to an HTTP date, in any of the three forms that have to be understood (section 5.6.7).
fn seconds(date: &str) -> Option<u64> {
    let (weekday, rest) = date.split_once(' ')?;
    let parts = |text| Parts::new(text);
    match (weekday.strip_suffix(','), rest.contains('-')) {
        // Sun, 06 Nov 1994 08:49:37 GMT
        (Some(_), false) => {
            let [day, month, year, time, "GMT"] = parts(rest).array()? else { return None };
            at(number(day, 2)?, month, number(year, 4)?, time)
        }
        // Sunday, 06-Nov-94 08:49:37 GMT
        (Some(_), true) => {
            let [date, time, "GMT"] = parts(rest).array()? else { return None };
            let (day, rest) = date.split_once('-')?;
            let (month, year) = rest.split_once('-')?;
            let year = number(year, 2)?;
            at(number(day, 2)?, month, if year < 70 { 2000 + year } else { 1900 + year }, time)
        }
        // Sun Nov  6 08:49:37 1994
        (None, _) => {
            let [month, day, time, year] = parts(rest).array()?;
            at(number(day, day.len())?, month, number(year, 4)?, time)
        }
    }
}

/// The words of a text.
struct Parts<'a>(str::SplitAsciiWhitespace<'a>);

impl<'a> Parts<'a> {
    fn new(text: &'a str) -> Self {
        Self(text.split_ascii_whitespace())
    }

    /// All words, if there are exactly `N`.
    fn array<const N: usize>(mut self) -> Option<[&'a str; N]> {
        let mut words = [""; N];
        for word in &mut words {
            *word = self.0.next()?;
        }
        self.0.next().is_none().then_some(words)
    }
}

fn at(day: u64, month: &str, year: u64, time: &str) -> Option<u64> {
    let month = MONTHS.iter().position(|name| *name == month)?;
    let (hour, rest) = time.split_once(':')?;
    let (minute, second) = rest.split_once(':')?;
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    // A leap second is the 60th.
    if !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days before the month, with the year beginning in March so that a leap day is its last one.
    let (year, month) = if month < 2 { (year.checked_sub(1)?, month as u64 + 10) } else { (year, month as u64 - 2) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Parses a number of exactly `digits` digits.
fn number(text: &str, digits: usize) -> Option<u64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::{ResponseHead, seconds};

    #[test]
    fn all_forms_of_a_date_are_one_moment() {
        let first = seconds("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(seconds("Sunday, 06-Nov-94 08:49:37 GMT"), Some(first));
        assert_eq!(seconds("Sun Nov  6 08:49:37 1994"), Some(first));
        assert_eq!(seconds("Mon, 07 Nov 1994 08:49:37 GMT"), Some(first + 24 * 60 * 60));
    }

    #[test]
    fn days_are_counted_over_the_ends_of_months_and_leap_years() {
        let day = |date: &str| seconds(&["Mon, ", date, " 00:00:00 GMT"].concat()).unwrap() / (24 * 60 * 60);
        for (earlier, later, days) in [
            ("31 Dec 2025", "01 Jan 2026", 1),
            ("28 Feb 2024", "01 Mar 2024", 2),
            ("28 Feb 2025", "01 Mar 2025", 1),
            ("28 Feb 2000", "01 Mar 2000", 2),
            ("28 Feb 1900", "01 Mar 1900", 1),
            ("01 Jan 1970", "01 Jan 2026", 20454),
            ("31 Jul 2026", "01 Aug 2026", 1),
        ] {
            assert_eq!(day(later) - day(earlier), days, "{earlier} to {later}");
        }
    }

    #[test]
    fn a_date_is_read_against_the_date_of_the_response() {
        let wait = |fields: &[(&'static str, &'static str)]| {
            ResponseHead { status: 503, headers: fields.iter().copied().collect() }.retry_after()
        };
        let date = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(wait(&[("Retry-After", "120")]), Some(Duration::from_secs(120)));
        let year = Duration::from_secs(365 * 24 * 60 * 60);
        for long in ["31536000", "31536001", "18446744073709551615", "99999999999999999999999"] {
            assert_eq!(wait(&[("Retry-After", long)]), Some(year), "{long}");
        }
        assert_eq!(wait(&[("Retry-After", "31535999")]), Some(year - Duration::from_secs(1)));
        assert_eq!(wait(&[date, ("Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")]), Some(year));
        assert_eq!(wait(&[date, ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")]), Some(Duration::from_secs(30)));
        assert_eq!(wait(&[date, ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(Duration::ZERO));
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")]), None);
        for bad in ["", "-1", "+5", "1.5", "soon", "Sun, 06 Nov 1994", "Sun, 06 Foo 1994 08:49:37 GMT", "\u{fffd}"] {
            assert_eq!(wait(&[date, ("Retry-After", bad)]), None, "{bad:?}");
        }
        assert_eq!(wait(&[date]), None);
    }
}
