//! Generated businesses: what each metric is, on which days it has numbers, and the numbers.

use std::collections::BTreeMap;

use super::calendar::{Day, date, month_length, weekday};

/// On which days a metric has numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rhythm {
    Daily,
    /// Monday to Friday.
    Weekdays,
    EveryOtherDay,
    /// On this weekday.
    Weekly(i64),
    MonthlyFirst,
    MonthlyLast,
}

impl Rhythm {
    pub fn has(self, day: Day) -> bool {
        let (year, month, of_month) = date(day);
        match self {
            Self::Daily => true,
            Self::Weekdays => weekday(day) < 5,
            Self::EveryOtherDay => day % 2 == 0,
            Self::Weekly(on) => weekday(day) == on,
            Self::MonthlyFirst => of_month == 1,
            Self::MonthlyLast => of_month == month_length(year, month),
        }
    }
}

/// The shape of a metric's generated values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Whole, never negative, sometimes 0.
    Count,
    /// Cents; some days are negative because of refunds.
    Money,
    /// Cents that add up to 0 in each three days, as 0.1 + 0.2 − 0.3 do.
    Refunded,
    /// Up to three decimals, around 0 and below it.
    Signed,
    Percent,
    /// Less than 1, three decimals.
    Small,
    Zeros,
}

#[derive(Clone, Debug)]
pub struct Metric {
    pub slug: &'static str,
    pub name: &'static str,
    pub unit: &'static str,
    pub aggregation: &'static str,
    /// The metric that weights its days.
    pub weight: Option<&'static str>,
    pub kind: Kind,
    pub rhythm: Rhythm,
    /// One day in this many is missing; 0 for none.
    pub gap_every: u64,
    /// Whether it also has a value on a day outside its rhythm.
    pub is_irregular: bool,
    /// Thousandths by day.
    pub values: BTreeMap<Day, i128>,
    /// Thousandths by imported month: year and month.
    pub months: BTreeMap<(i64, i64), i128>,
}

#[derive(Clone, Debug)]
pub struct Business {
    /// The day on which its numbers are stored.
    pub stored: Day,
    pub metrics: Vec<Metric>,
}

/// Slug, name, unit, aggregation and kinds of the metrics. The first four are built in.
const METRICS: [(&str, &str, &str, &str, &[Kind]); 9] = [
    ("sessions", "Sessions", "", "sum", &[Kind::Count]),
    ("users", "Users", "", "distinct", &[Kind::Count, Kind::Zeros]),
    ("conversions", "Conversions", "", "sum", &[Kind::Count, Kind::Zeros]),
    ("revenue", "Revenue", "EUR", "sum", &[Kind::Money, Kind::Refunded, Kind::Money, Kind::Signed]),
    ("margin", "Margin", "%", "mean", &[Kind::Percent, Kind::Signed]),
    ("churn", "Churn rate", "percent", "mean", &[Kind::Small, Kind::Percent]),
    ("balance", "Cash balance", "EUR", "last", &[Kind::Signed, Kind::Refunded]),
    ("hours", "Hours open", "h", "sum", &[Kind::Small, Kind::Zeros, Kind::Count]),
    ("bounces", "Bounce rate", "%", "mean", &[Kind::Percent, Kind::Small]),
];
/// The metric that a mean is weighted by.
const WEIGHTED: (&str, &str) = ("bounces", "sessions");

const RHYTHMS: [Rhythm; 8] = [
    Rhythm::Daily,
    Rhythm::Daily,
    Rhythm::Daily,
    Rhythm::Weekdays,
    Rhythm::EveryOtherDay,
    Rhythm::Weekly(2),
    Rhythm::MonthlyFirst,
    Rhythm::MonthlyLast,
];

impl Business {
    /// Generates a business whose numbers end around `today`.
    pub fn generate(seed: u64, today: Day) -> Self {
        let mut random = Random(seed);
        // Most businesses measure everything in one rhythm; in others each metric has its own.
        let is_mixed = random.below(3) == 0;
        let common = RHYTHMS[random.below(4) as usize];
        // Today's number so far is there, or not; some businesses have moved to a zone where it is yesterday.
        let end = today + [-1, -1, 0, 0, 0, -2, 1][random.below(7) as usize];
        let metrics = METRICS.iter().map(|(slug, name, unit, aggregation, kinds)| {
            let rhythm = match is_mixed {
                true => RHYTHMS[random.below(RHYTHMS.len() as u64) as usize],
                false => common,
            };
            let kind = kinds[random.below(kinds.len() as u64) as usize];
            let is_sparse = matches!(rhythm, Rhythm::Daily | Rhythm::Weekdays);
            let gap_every = [0, 0, 13, 7][random.below(4) as usize] * u64::from(is_sparse);
            let (is_irregular, values) = (random.below(6) == 0, BTreeMap::new());
            let weight = (*slug == WEIGHTED.0).then_some(WEIGHTED.1);
            let months = BTreeMap::new();
            let mut metric = Metric {
                slug,
                name,
                unit,
                aggregation,
                weight,
                kind,
                rhythm,
                gap_every,
                is_irregular,
                values,
                months,
            };
            let length = [1, 5, 20, 45, 75, 430, 460, 500, 820][random.below(9) as usize];
            let ago = [0, 0, 0, 0, 1, 3, 9, 40, 170, 450][random.below(10) as usize];
            metric.fill(end - ago - length + 1, end - ago, &mut random);
            if is_irregular {
                metric.add_day(today, &mut random);
            }
            metric
        });
        let mut metrics: Vec<Metric> = metrics.collect();
        // Numbers of their own, so that the days of businesses do not depend on months.
        let mut random = Random(!seed);
        for metric in &mut metrics {
            if random.below(3) == 0 {
                metric.fill_months(today, &mut random);
            }
        }
        Self { stored: today, metrics }
    }

    pub fn metric(&self, slug: &str) -> &Metric {
        self.metrics.iter().find(|metric| metric.slug == slug).expect(slug)
    }
}

impl Metric {
    fn fill(&mut self, first: Day, last: Day, random: &mut Random) {
        for day in first..=last {
            let is_gap = self.gap_every > 0 && random.below(self.gap_every) == 0 && day != last;
            if self.rhythm.has(day) && !is_gap {
                self.add_day(day, random);
            }
        }
    }

    /// Adds months that end with the running one or some before it. Some have no days.
    fn fill_months(&mut self, today: Day, random: &mut Random) {
        if random.below(6) == 0 {
            self.values.clear();
        }
        let (year, month, _) = date(today);
        let running = year * 12 + month - 1;
        let newest = running - [0, 0, 1, 1, 2, 5, 15][random.below(7) as usize];
        let length = [1, 2, 13, 14, 26][random.below(5) as usize];
        for at in newest - length + 1..=newest {
            if random.below(9) > 0 {
                let value = self.value(at * 31, random);
                self.months.insert((at / 12, at % 12 + 1), value);
            }
        }
    }

    fn add_day(&mut self, day: Day, random: &mut Random) {
        let value = self.value(day, random);
        self.values.insert(day, value);
    }

    fn value(&self, day: Day, random: &mut Random) -> i128 {
        let part = random.below(1_000) as i128;
        // The level steps now and then, so that earlier windows differ.
        let level = 1 + i128::from(day / 37 % 4);
        let value = match self.kind {
            Kind::Count if part < 80 => 0,
            Kind::Count => (part * level) * 1_000,
            Kind::Money if part < 60 => -part * 4_130,
            Kind::Money => (part * 10 + 7) * level * 30,
            Kind::Refunded => [100, 200, -300][day as usize % 3],
            Kind::Signed => (part - 500) * level * 17,
            Kind::Percent => part * level * 10,
            Kind::Small => part * level / 4,
            Kind::Zeros => 0,
        };
        // Now and then a day is far from the others.
        if random.below(120) == 0 { value * 25 } else { value }
    }
}

/// Splitmix64, which generates the same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}
