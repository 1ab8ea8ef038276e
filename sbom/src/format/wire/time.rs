//! Dates and times as documents state them.

/// Whether `text` is a date and time of RFC 3339, §5.6.
pub(in crate::format) fn is_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = |part: &[u8], shape: &[u8]| {
        part.len() == shape.len()
            && part.iter().zip(shape).all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                _ => byte.eq_ignore_ascii_case(like),
            })
    };
    let Some((start, mut rest)) = bytes.split_at_checked(19) else { return false };
    if !shape(start, b"0000-00-00T00:00:00") {
        return false;
    }
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        rest = fraction.split_at_checked(digits).map_or(&[], |(_, rest)| rest);
        if digits == 0 {
            return false;
        }
    }
    let zone = shape(rest, b"Z") || shape(rest, b"+00:00") || shape(rest, b"-00:00");
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    let zone_in_range = rest.len() == 1
        || (number(text.len() - 5, text.len() - 3) < Some(24)
            && number(text.len() - 2, text.len()) < Some(60));
    let day = text.get(..10).is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok());
    zone && zone_in_range
        && day
        && number(11, 13) < Some(24)
        && number(14, 16) < Some(60)
        && number(17, 19) < Some(61)
}
