//! How codes of SOC are written.
//!
//! In: a text that is no code as it stands. Out: the code that it may mean. Invariant: of the details of O*NET (`15-1252.00`) the
//! detailed occupation counts; two digits alone are a major group.

pub(super) fn official(text: &str) -> Option<String> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let code = match text.split_once('.') {
        Some((code, detail)) if detail.len() == 2 && is_number(detail) && code.len() >= 6 => code,
        Some(_) => return None,
        None => text,
    };
    match code.len() {
        2 => Some(format!("{code}-0000")),
        6 if is_number(code) => Some(format!("{}-{}", &code[..2], &code[2..])),
        _ => Some(code.to_owned()),
    }
}

/// Groups were once written without the zeros behind them.
pub(super) fn earlier_form(code: &str, level: u8) -> Option<&str> {
    match level {
        2 => code.get(..2),
        3 => code.get(..4),
        5 => code.get(..6),
        _ => None,
    }
}
