//! `update` of a deployment or an instance group. Nothing of it reaches a template; a Director checks it all the same.

use super::reader::Read;
use crate::deployment::document::Node;
use crate::deployment::read::Sources;

const STRATEGIES: [&str; 2] = ["create-swap-delete", "delete-create"];
const ORDERS: [&str; 2] = ["parallel", "serial"];

/// Checks a section. `whole` is one that has to say everything.
///
/// # Errors
/// What a Director finds first.
pub(super) fn check(sources: &Sources, map: &Node, whole: bool) -> Read<()> {
    let text = |key: &str| {
        if whole {
            return sources.required_text(map, key).map(Some);
        }
        sources.text(map, key)
    };
    let fault = |key: &str, message: String| {
        let at = map.get(key).unwrap_or(map);
        Err(sources.place(at).fault(message))
    };
    text("canaries")?;
    text("max_in_flight")?;
    let times = ["canary_watch_time", "update_watch_time"];
    let given = [text(times[0])?, text(times[1])?];
    for (key, time) in times.into_iter().zip(given) {
        if let Some(message) = time.and_then(|time| watch_time(&time)) {
            return fault(key, message.to_owned());
        }
    }
    if let Some(strategy) = sources.text(map, "vm_strategy")?
        && !STRATEGIES.contains(&strategy.as_str())
    {
        let known = STRATEGIES.join(", ");
        let message = format!("Invalid vm_strategy '{strategy}', valid strategies are: {known}");
        return fault("vm_strategy", message);
    }
    sources.truth(map, "serial")?;
    if let Some(order) = sources.text(map, "initial_deploy_az_update_strategy")?
        && !ORDERS.contains(&order.as_str())
    {
        let known = ORDERS.join(", ");
        let message = format!(
            "Invalid initial_deploy_az_update_strategy '{order}', valid strategies are: '{known}'"
        );
        return fault("initial_deploy_az_update_strategy", message);
    }
    Ok(())
}

/// What is wrong with a time in milliseconds, or a range of two.
fn watch_time(text: &str) -> Option<&'static str> {
    const SHAPE: &str = "Watch time should be an integer or a range of two integers";
    let number = |part: &str| {
        let part = part.trim();
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.trim_start_matches('0').to_owned())
    };
    let Some((first, last)) = text.split_once('-') else {
        return number(text).is_none().then_some(SHAPE);
    };
    let (Some(first), Some(last)) = (number(first), number(last)) else {
        return Some(SHAPE);
    };
    // As numbers without leading zeros: the longer one is the larger.
    let falls = (first.len(), &first) > (last.len(), &last);
    falls.then_some("Min watch time cannot be greater than max watch time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watch_times_are_integers_or_ranges() {
        for (text, right) in [
            ("1", true),
            ("1-30000", true),
            (" 1 - 2 ", true),
            ("007-7", true),
            ("10-9", false),
            ("1-2-3", false),
            ("x", false),
            ("", false),
            ("-1", false),
        ] {
            assert_eq!(watch_time(text).is_none(), right, "{text}");
        }
    }
}
