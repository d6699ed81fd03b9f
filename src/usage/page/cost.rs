//! Amounts of money: rounded to cents, with the exact digits on demand, in print and for screen readers.

use leptos::prelude::*;

use crate::format::money::{brief_dollars, exact_dollars, rounded_dollars};

/// An amount. The checkbox of [`ExactAmounts`] shows its exact digits.
#[component]
pub fn Cost(micros: i64) -> impl IntoView {
    let (rounded, exact) = (rounded_dollars(micros), exact_dollars(micros));
    if exact.trim_end_matches('0') == rounded.trim_end_matches('0') {
        return view! { <data value=micros.to_string()>{rounded}</data> }.into_any();
    }
    view! {
        <data class="cost" value=micros.to_string() title=exact>
            <span class="cost-rounded" aria-hidden="true">
                {rounded}
            </span>
            <span class="cost-exact">{exact.clone()}</span>
        </data>
    }
    .into_any()
}

/// The mean cost of a reply, or a dash without replies.
#[component]
pub fn CostEach(micros: i64, replies: u64) -> impl IntoView {
    match each(micros, replies) {
        Some(mean) => {
            view! { <data value=mean.to_string()>{brief_dollars(mean)}</data> }.into_any()
        }
        None => view! { "–" }.into_any(),
    }
}

/// Returns the mean cost of a reply in micro-dollars, rounded half up.
pub fn each(micros: i64, replies: u64) -> Option<i64> {
    let replies = i64::try_from(replies).ok().filter(|replies| *replies > 0)?;
    Some(micros.saturating_add(replies / 2) / replies)
}

/// Switches all amounts of the page to exact digits. The style sheet does it, without a script.
#[component]
pub fn ExactAmounts() -> impl IntoView {
    view! {
        <label class="exact-amounts">
            <input type="checkbox" autocomplete="off" />
            "Show exact amounts"
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(micros: i64) -> String {
        Owner::new().with(|| view! { <Cost micros /> }.to_html())
    }

    #[test]
    fn an_amount_is_rounded_for_the_eye_and_exact_for_everything_else() {
        let html = html(12_345);
        assert!(html.contains("title=\"$0.012345\"") && html.contains("value=\"12345\""), "{html}");
        assert!(html.contains("aria-hidden=\"true\" class=\"cost-rounded\">$0.01<"), "{html}");
        assert!(html.contains("class=\"cost-exact\">$0.012345<"), "{html}");
    }

    #[test]
    fn an_amount_of_whole_cents_is_stated_once() {
        for (micros, text) in [(0, "$0.00"), (5_000_000, "$5.00"), (10_000, "$0.01")] {
            let html = html(micros);
            assert!(html.contains(&format!(">{text}<")) && !html.contains("cost-exact"), "{html}");
        }
    }

    #[test]
    fn the_mean_cost_of_no_reply_is_unknown() {
        assert_eq!((each(100, 0), each(100, 3), each(101, 2)), (None, Some(33), Some(51)));
    }
}
