//! Standard business metrics that can be switched on.

use super::{Aggregation, Metric};

/// What a standard metric is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    Count,
    /// The currency of the business.
    Money,
    Percent,
    /// Months.
    Duration,
}

impl UnitKind {
    /// Returns the unit as metrics store it.
    pub fn unit(self, currency: &str) -> String {
        match self {
            Self::Count => String::new(),
            Self::Money => currency.to_owned(),
            Self::Percent => "%".to_owned(),
            Self::Duration => "months".to_owned(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Sales,
    Costs,
    Cash,
    Customers,
    Marketing,
}

impl Group {
    pub const ALL: [Self; 5] =
        [Self::Sales, Self::Costs, Self::Cash, Self::Customers, Self::Marketing];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Sales => "Sales",
            Self::Costs => "Costs and profit",
            Self::Cash => "Cash",
            Self::Customers => "Customers",
            Self::Marketing => "Marketing",
        }
    }
}

/// Where the values of a standard metric come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// They are entered or imported.
    Entered(Aggregation),
    /// They are computed by a formula.
    Derived(&'static str),
}

/// A standard metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standard {
    pub slug: &'static str,
    pub name: &'static str,
    pub group: Group,
    pub unit: UnitKind,
    pub origin: Origin,
    pub higher_is_better: bool,
    /// Its meaning in one line.
    pub about: &'static str,
}

/// The months that cash lasts.
pub const RUNWAY: &str = "runway";
/// Stands in [`RUNWAY`]'s formula for the sum of the cost metrics in use.
const COSTS: &str = "{costs}";
/// The metrics that make up the costs of a business.
const COST_METRICS: [&str; 4] =
    ["cost-of-goods", "operating-expenses", "payroll", "marketing-spend"];

use Aggregation::{Last, Mean, Sum};
use Group::{Cash, Costs, Customers, Marketing, Sales};
use Origin::{Derived, Entered};
use UnitKind::{Count, Duration, Money, Percent};

const fn up(
    slug: &'static str,
    name: &'static str,
    group: Group,
    unit: UnitKind,
    origin: Origin,
    about: &'static str,
) -> Standard {
    Standard { slug, name, group, unit, origin, higher_is_better: true, about }
}

const fn down(
    slug: &'static str,
    name: &'static str,
    group: Group,
    unit: UnitKind,
    origin: Origin,
    about: &'static str,
) -> Standard {
    Standard { slug, name, group, unit, origin, higher_is_better: false, about }
}

/// All standard metrics, in the order of the page.
#[rustfmt::skip]
pub const CATALOGUE: [Standard; 24] = [
    up("orders", "Orders", Sales, Count, Entered(Sum), "Orders or receipts of the day."),
    down("refunds", "Refunds", Sales, Money, Entered(Sum), "Money paid back to customers."),
    up("average-order-value", "Average order value", Sales, Money, Derived("revenue / orders"), "What an order brings."),
    up("mrr", "MRR", Sales, Money, Entered(Last), "Monthly recurring revenue of all subscriptions at the end of the day."),
    down("cost-of-goods", "Cost of goods", Costs, Money, Entered(Sum), "What the goods or services sold that day cost you."),
    down("operating-expenses", "Operating expenses", Costs, Money, Entered(Sum), "Rent, software, energy and other running costs, without goods, payroll and marketing."),
    down("payroll", "Payroll", Costs, Money, Entered(Sum), "Wages, salaries and social charges."),
    up("gross-margin", "Gross margin", Costs, Percent, Derived("(revenue - cost-of-goods) / revenue * 100"), "The share of revenue that is left after the cost of goods."),
    up("operating-profit", "Operating profit", Costs, Money, Derived("revenue - cost-of-goods - operating-expenses - payroll - marketing-spend"), "Revenue less all costs."),
    up("cash-balance", "Cash balance", Cash, Money, Entered(Last), "Money in all accounts and tills at the end of the day."),
    down("receivables", "Receivables", Cash, Money, Entered(Last), "Invoices that customers have not paid yet."),
    down("payables", "Payables", Cash, Money, Entered(Last), "Bills that you have not paid yet."),
    up(RUNWAY, "Runway", Cash, Duration, Derived("cash-balance / (({costs} - revenue) / days * 30)"), "How many months the cash lasts if 30 days go on costing more than they bring."),
    up("new-customers", "New customers", Customers, Count, Entered(Sum), "Customers who bought for the first time."),
    up("active-customers", "Active customers", Customers, Count, Entered(Last), "Customers or subscribers at the end of the day."),
    down("churned-customers", "Churned customers", Customers, Count, Entered(Sum), "Customers who cancelled or left."),
    down("churn", "Churn", Customers, Percent, Entered(Mean), "The share of customers who leave within a month."),
    up("revenue-per-customer", "Revenue per customer and month", Customers, Money, Derived("revenue / active-customers / days * 30"), "What an active customer brings in 30 days."),
    up("leads", "Leads", Marketing, Count, Entered(Sum), "People who asked for an offer or left their address."),
    down("marketing-spend", "Marketing spend", Marketing, Money, Entered(Sum), "Advertising, agencies and fairs."),
    up("lead-conversion", "Lead conversion rate", Marketing, Percent, Derived("new-customers / leads * 100"), "New customers in relation to leads of the same days."),
    down("cac", "CAC", Marketing, Money, Derived("marketing-spend / new-customers"), "What it costs to win a customer."),
    up("ltv-to-cac", "LTV to CAC", Marketing, Count, Derived("(revenue - cost-of-goods) / days * 30 / active-customers / (churn / 100) / (marketing-spend / new-customers)"), "What a customer leaves before churning, after the cost of goods, in relation to what winning one costs."),
    up("return-on-marketing", "Revenue per marketing spend", Marketing, Count, Derived("revenue / marketing-spend"), "Revenue of the days for each unit of money spent on marketing."),
];

impl Standard {
    pub fn find(slug: &str) -> Option<&'static Self> {
        CATALOGUE.iter().find(|standard| standard.slug == slug)
    }

    /// Returns its formula if it is derived. Runway counts the costs that `stored` metrics record, or else operating
    /// expenses.
    pub fn formula(&self, stored: &[Metric]) -> Option<String> {
        let Derived(formula) = self.origin else { return None };
        let is_in_use =
            |slug: &&&str| stored.iter().any(|metric| metric.slug == **slug && !metric.archived);
        let mut costs: Vec<&str> = COST_METRICS.iter().filter(is_in_use).copied().collect();
        if costs.is_empty() {
            costs.push("operating-expenses");
        }
        Some(formula.replace(COSTS, &costs.join(" + ")))
    }

    /// Returns the metric that a business gets.
    pub fn metric(&self, currency: &str, stored: &[Metric]) -> Metric {
        Metric {
            slug: self.slug.to_owned(),
            name: self.name.to_owned(),
            unit: self.unit.unit(currency),
            higher_is_better: self.higher_is_better,
            aggregation: match self.origin {
                Entered(aggregation) => aggregation,
                Derived(_) => Aggregation::Mean,
            },
            weight: None,
            formula: self.formula(stored),
            archived: false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;
    use crate::analytics::model::{BUILT_IN, Formula, METRIC_NAME_MAX_CHARS, UNIT_MAX_CHARS};

    #[test]
    fn every_formula_uses_metrics_that_are_entered() {
        for standard in &CATALOGUE {
            let Some(formula) = standard.formula(&[]) else { continue };
            for slug in Formula::parse(&formula).unwrap().metrics() {
                let is_built_in = BUILT_IN.iter().any(|built_in| built_in.slug == slug);
                let is_entered =
                    Standard::find(slug).is_some_and(|it| matches!(it.origin, Entered(_)));
                assert!(is_built_in || is_entered, "{}: {slug}", standard.slug);
            }
        }
    }

    #[test]
    fn names_and_slugs_are_unique_and_fit() {
        let slugs: HashSet<&str> = CATALOGUE.iter().map(|it| it.slug).collect();
        let names: HashSet<&str> = CATALOGUE.iter().map(|it| it.name).collect();
        assert_eq!((slugs.len(), names.len()), (CATALOGUE.len(), CATALOGUE.len()));
        for standard in &CATALOGUE {
            assert!(standard.name.chars().count() <= METRIC_NAME_MAX_CHARS);
            assert!(standard.unit.unit("EUR").chars().count() <= UNIT_MAX_CHARS);
            assert!(BUILT_IN.iter().all(|built_in| built_in.slug != standard.slug));
        }
    }

    #[test]
    fn runway_counts_the_costs_that_are_recorded() {
        let runway = Standard::find(RUNWAY).unwrap();
        assert!(runway.formula(&[]).unwrap().contains("((operating-expenses - revenue)"));
        let own =
            |slug: &str, archived| Metric { slug: slug.into(), archived, ..Metric::default() };
        let stored = [
            own("payroll", false),
            own("cost-of-goods", false),
            own("rent", false),
            own("marketing-spend", true),
        ];
        let formula = runway.formula(&stored).unwrap();
        assert_eq!(formula, "cash-balance / ((cost-of-goods + payroll - revenue) / days * 30)");
    }

    #[test]
    fn money_is_in_the_currency_of_the_business() {
        let unit = |slug: &str| Standard::find(slug).unwrap().metric("CHF", &[]).unit;
        let units = ["payroll", "gross-margin", RUNWAY, "orders"].map(unit);
        assert_eq!(units, ["CHF", "%", "months", ""]);
    }
}
