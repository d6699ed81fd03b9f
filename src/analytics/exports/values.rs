//! Reads a table's values by a complete reading.

use std::collections::{HashMap, HashSet};

use time::Date;

use super::Terms;
use super::faults::{Faults, whole};
use super::numerals::{self, Numeral};
use super::periods::{NEW, Values};
use super::placing::{self, Places};
use super::records::{self, Record};
use super::rules::Rules;
use super::table::Table;
use crate::analytics::model::{Counting, FIRST_YEAR, Grain, Reading, Refusal, Role};

/// Returns the slug whose values a role sets, and the sign.
fn target(role: &Role) -> Option<(String, f64)> {
    match role {
        Role::Metric { slug } => Some((slug.clone(), 1.0)),
        Role::Subtract { slug } => Some((slug.clone(), -1.0)),
        Role::NewMetric { name, .. } => Some((format!("{NEW}{name}"), 1.0)),
        Role::Date | Role::LeaveOut => None,
    }
}

struct Reader<'a> {
    table: Table<'a>,
    reading: &'a Reading,
    terms: &'a Terms<'a>,
    /// Columns with values: the column, the place of its metric in `slugs`, the sign.
    targets: Vec<(usize, usize, f64)>,
    /// The number of columns up to the last one with a name.
    named: usize,
    /// The places of revenue and of the metric that counts rows.
    revenue: Option<usize>,
    counts: Option<usize>,
    rules: Rules<'a>,
    faults: Faults,
    values: Values,
    /// The place of each period in `values`.
    places: HashMap<Date, usize>,
    in_periods: Places,
    /// Orders that were counted.
    orders: HashSet<&'a str>,
    /// Rows that were read, if those that are alike count once.
    rows: HashSet<String>,
    currency: HashMap<String, &'static str>,
    /// Whether the numbers of a column have a percent sign.
    percents: HashMap<usize, bool>,
    /// Whether times are those of a day's start only, so that the dates are days already.
    only_midnights: bool,
    /// The first and the last day, if they are left out.
    edges: Option<(Date, Date)>,
}

/// Reads the values. `told` receives the number of rows read so far. Errors: the faults of cells.
pub fn read(
    table: Table<'_>,
    reading: &Reading,
    terms: &Terms<'_>,
    told: &impl Fn(u32),
) -> Result<Values, Refusal> {
    if !reading.open.is_empty() {
        return Err(whole("Questions about this file are open. Answer them first."));
    }
    placing::check_calendar(reading, terms.calendar)?;
    let known_column = |column: &usize| *column < reading.columns.len();
    let rules_fit = reading.list.as_ref().is_none_or(|list| {
        !reading.across
            && list.once_by.as_ref().is_none_or(known_column)
            && list.rows.iter().all(|rule| known_column(&rule.column))
    });
    if !rules_fit {
        return Err(whole("This reading names columns that the table does not have."));
    }
    let targets: Vec<(usize, String, f64)> = reading
        .columns
        .iter()
        .enumerate()
        .filter_map(|(column, it)| target(&it.role).map(|(slug, sign)| (column, slug, sign)))
        .collect();
    let counts = reading.list.as_ref().and_then(|list| list.counts.clone());
    let mut slugs: Vec<String> =
        targets.iter().map(|(_, slug, _)| slug.clone()).chain(counts.clone()).collect();
    let mut seen = HashSet::new();
    slugs.retain(|slug| seen.insert(slug.clone()));
    let is_added = |slug: &String| {
        reading.new_metrics().iter().any(|new| super::provisional_slug(new.name) == *slug)
    };
    let known = |slug: &String| {
        terms.measures.iter().any(|measure| measure.slug == *slug)
            || slug.starts_with(NEW) && is_added(slug)
    };
    let is_counted = |(_, slug, _): &(usize, String, f64)| Some(slug) == counts.as_ref();
    if targets.iter().any(is_counted) {
        return Err(whole(
            "A column holds the metric that also counts the rows. Choose one of both.",
        ));
    }
    if let Some(unknown) = slugs.iter().find(|slug| !known(slug)) {
        return Err(whole(format!(
            "There is no metric “{unknown}”. Choose another one for its column."
        )));
    }
    if slugs.is_empty() {
        return Err(whole("No column is chosen for a metric. Choose at least one."));
    }
    let positive = targets.iter().filter(|(_, _, sign)| *sign > 0.0).map(|(_, slug, _)| slug);
    let mut once = HashSet::new();
    if let Some(slug) = positive.into_iter().find(|slug| !once.insert((*slug).clone())) {
        return Err(whole(format!(
            "Two columns are chosen for the metric “{slug}”. Choose one of them."
        )));
    }
    let place = |slug: &str| slugs.iter().position(|it| it == slug);
    let (revenue, counts) = (place("revenue"), counts.as_deref().and_then(place));
    let targets = targets
        .iter()
        .filter_map(|(column, slug, sign)| Some((*column, place(slug)?, *sign)))
        .collect();
    let values = Values { grain: reading.grain, slugs, ..Values::default() };
    let mut backwards = (0..reading.columns.len()).rev();
    let named = backwards.find(|column| table.is_named(*column)).map_or(0, |last| last + 1);
    let mut reader = Reader {
        table,
        reading,
        terms,
        targets,
        named,
        revenue,
        counts,
        rules: Rules::new(reading),
        faults: Faults::default(),
        values,
        places: HashMap::new(),
        in_periods: Places::default(),
        orders: HashSet::new(),
        rows: HashSet::new(),
        currency: HashMap::new(),
        percents: HashMap::new(),
        only_midnights: false,
        edges: None,
    };
    reader.all(told);
    let Reader { faults, values, .. } = reader;
    if let Some(refusal) = faults.refusal() {
        return Err(refusal);
    }
    if values.periods.is_empty() {
        return Err(whole("This table names its columns but has no rows with values."));
    }
    Ok(values)
}

/// How many rows are read between two reports.
const TOLD_EVERY: usize = 1_000;

impl<'a> Reader<'a> {
    fn all(&mut self, told: &impl Fn(u32)) {
        let records =
            records::classify(&self.table, self.reading.date_column, self.reading.skips_totals);
        self.only_midnights = !records::has_times(&records);
        self.edges = self.edges(&records);
        for record in 0..records.len() {
            if let Some(order) = self.order(record) {
                self.rules.learn(&self.table, record, order);
            }
        }
        for (record, what) in records.into_iter().enumerate() {
            match what {
                Record::Entry(stamp) => self.entry(record, &stamp),
                Record::Total | Record::Note => {}
                Record::Undated | Record::CalledTotal => self.undated(record),
            }
            if record.is_multiple_of(TOLD_EVERY) {
                told(u32::try_from(self.values.periods.len()).unwrap_or(u32::MAX));
            }
        }
    }

    fn edges(&self, records: &[Record]) -> Option<(Date, Date)> {
        let format = self.reading.date_format.filter(|_| self.reading.skips_edges)?;
        let stamps = records.iter().filter_map(|record| match record {
            Record::Entry(stamp) => Some(stamp),
            _ => None,
        });
        let days = stamps.filter_map(|stamp| {
            Some(stamp.day_in(stamp.resolve(format)?.0, self.reading.times_in_utc, self.terms.zone))
        });
        days.fold(None, |edges, day| match edges {
            None => Some((day, day)),
            Some((first, last)) => Some((day.min(first), day.max(last))),
        })
    }

    fn date_name(&self) -> &'a str {
        self.reading.columns.get(self.reading.date_column).map_or("date", |column| &column.name)
    }

    /// Returns the number of the order that a row belongs to.
    fn order(&self, record: usize) -> Option<&'a str> {
        let id = self.reading.list.as_ref()?.once_by?;
        Some(self.table.cell(record, id)).filter(|id| !id.is_empty())
    }

    fn undated(&mut self, record: usize) {
        let column = self.reading.date_column;
        let (line, cell) = (self.table.line(record, column), self.table.cell(record, column));
        let kind = if cell.is_empty() {
            "A date is missing. Add it, or remove the row."
        } else {
            "This is not a date. Write it as 2026-11-23, or remove the row."
        };
        self.faults.add(line, self.date_name(), cell, kind);
    }

    fn entry(&mut self, record: usize, stamp: &super::dates::Stamp) {
        let column = self.reading.date_column;
        let line = self.table.line(record, column);
        let cell = self.table.cell(record, column);
        let resolved = self.reading.date_format.and_then(|format| stamp.resolve(format));
        let Some((start, stated)) = resolved else {
            let kind =
                "This date is written otherwise than the others. Write all of them in one way.";
            return self.faults.add(line, self.date_name(), cell, kind);
        };
        self.values.entries += 1;
        // A file that mixes periods would store one of them as another.
        if stated != Grain::Day && Some(stated) != self.reading.grain {
            let kind = format!(
                "This is a {}, and the others are not. Import periods of one length.",
                stated.name()
            );
            return self.faults.add(line, self.date_name(), cell, &kind);
        }
        let date = match stated {
            Grain::Day if self.only_midnights => start,
            Grain::Day => stamp.day_in(start, self.reading.times_in_utc, self.terms.zone),
            _ => start,
        };
        let grain = self.reading.grain.unwrap_or_default();
        let placed = self.in_periods.place(self.reading, (date, stated), self.terms.calendar);
        let date = match placed {
            Ok(date) => date,
            Err(kind) => return self.faults.add(line, self.date_name(), cell, &kind),
        };
        if date > self.terms.today {
            let today = crate::format::date::day(self.terms.today);
            let name = grain.name();
            let kind = format!("This {name} is in the future. In your time zone it is {today}.");
            return self.faults.add(line, self.date_name(), cell, &kind);
        }
        if date.year() < FIRST_YEAR {
            let kind =
                format!("This date is too long ago. Dates begin with the year {FIRST_YEAR}.");
            return self.faults.add(line, self.date_name(), cell, &kind);
        }
        if self.edges.is_some_and(|(first, last)| date == first || date == last) {
            return;
        }
        if self.is_ragged(record, line) || self.is_duplicate(record) {
            return;
        }
        let counting = self.rules.of(&self.table, record, self.order(record));
        if counting == Counting::LeftOut {
            return;
        }
        self.add(record, line, date, counting);
    }

    /// Returns whether a row of a text file has fewer or more cells than the header, and adds the fault.
    fn is_ragged(&mut self, record: usize, line: u32) -> bool {
        if self.table.is_across() || self.table.grid.is_typed() {
            return false;
        }
        let row = self.table.place.rows[record];
        let wanted = self.reading.columns.len();
        let cells = self.table.grid.width(row);
        let has_more = (wanted..cells).any(|column| !self.table.grid.cell(row, column).is_empty());
        if cells >= self.named && !has_more {
            return false;
        }
        let kind = format!(
            "This line has {cells} cells, the header has {wanted}. Is a separator or a quotation mark missing?"
        );
        self.faults.add(line, "", "", &kind);
        true
    }

    fn is_duplicate(&mut self, record: usize) -> bool {
        if !self.reading.drop_duplicates {
            return false;
        }
        !self.rows.insert(self.table.text(record))
    }

    fn add(&mut self, record: usize, line: u32, date: Date, counting: Counting) {
        let list = self.reading.list.as_ref();
        let order = self.order(record);
        let is_first = order.is_none_or(|order| !self.orders.contains(order));
        let amount_once = list.is_some_and(|list| list.amount_once);
        let mut found: Vec<(usize, usize, f64)> = Vec::new();
        for at in 0..self.targets.len() {
            let (column, slot, sign) = self.targets[at];
            if let Some(value) = self.value(record, column) {
                let value = match counting {
                    Counting::Subtracts => -value.abs(),
                    _ => value * sign,
                };
                if !amount_once || is_first || counting != Counting::Counts {
                    found.push((column, slot, value));
                }
            }
        }
        let has_id = list.is_some_and(|list| list.once_by.is_some());
        if has_id && order.is_none() && found.is_empty() {
            return;
        }
        let of_revenue = found.iter().filter(|(_, slot, _)| Some(*slot) == self.revenue);
        let amount: f64 = of_revenue.map(|(_, _, value)| value).sum();
        let is_refund = counting != Counting::Counts || amount < 0.0;
        if let Some(slot) = self.counts {
            let one = if is_first && !is_refund { 1.0 } else { 0.0 };
            found.push((usize::MAX, slot, one));
        }
        if let Some(order) = order.filter(|_| !is_refund) {
            self.orders.insert(order);
        }
        if found.is_empty() {
            return;
        }
        let place = *self.places.entry(date).or_insert_with(|| {
            self.values.periods.push(date);
            self.values.lines.push(line);
            let cells = self.values.cells.len() + self.values.slugs.len();
            self.values.cells.resize(cells, None);
            self.values.periods.len() - 1
        });
        for (column, slot, value) in found {
            self.put((place, slot), line, column, value);
        }
    }

    fn put(&mut self, (place, slot): (usize, usize), line: u32, column: usize, value: f64) {
        let columns = &self.reading.columns;
        // Of one row, an amount and the refunds to subtract are added.
        let sums = columns
            .get(column)
            .is_none_or(|it| it.sums || matches!(it.role, Role::Subtract { .. }));
        let cell = &mut self.values.cells[place * self.values.slugs.len() + slot];
        match cell {
            None => *cell = Some(value),
            Some(sum) if sums => *sum = rounded(*sum + value),
            Some(_) => {
                let name = columns.get(column).map_or("", |column| &column.name);
                let kind = "This date has a value already, in an earlier row. Keep one of them, or add them up.";
                self.faults.add(line, name, "", kind);
            }
        }
    }

    /// Returns the value of a cell. `None` for no value and for a fault.
    fn value(&mut self, record: usize, column: usize) -> Option<f64> {
        let rule = &self.reading.columns[column];
        let (line, cell) = (self.table.line(record, column), self.table.cell(record, column));
        let number = match self.table.numeral(record, column) {
            Numeral::Nothing => return None,
            Numeral::Number(number) => number,
            Numeral::Other => {
                let is_formula = cell.starts_with(['=', '@'])
                    || cell.starts_with(['+', '-']) && cell.contains(['(', '|', '!']);
                let kind = if is_formula {
                    "This is a formula. Formulas are not calculated; export the values instead."
                } else {
                    "This is not a number. Leave the cell empty where a value is unknown."
                };
                self.faults.add(line, &rule.name, cell, kind);
                return None;
            }
        };
        if let Some(currency) = number.currency {
            let known = self.currency.entry(rule.name.clone()).or_insert(currency);
            if !numerals::may_be_same(known, currency) {
                let kind = "This column has amounts in several currencies, which are never added. Export one currency.";
                self.faults.add(line, &rule.name, cell, kind);
                return None;
            }
        }
        if !matches!(number.value(None), Some(0.0)) {
            let known = *self.percents.entry(column).or_insert(number.is_percent);
            if known != number.is_percent {
                let kind = "Some numbers of this column have a percent sign, and others have none. Write all of them in one way.";
                self.faults.add(line, &rule.name, cell, kind);
                return None;
            }
        }
        let mark = rule.decimals.map(|decimals| decimals.mark());
        let Some(value) = number.value(mark) else {
            let kind = match rule.decimals {
                Some(_) => {
                    "This number is written otherwise than the others. Write all numbers in one format."
                }
                None => {
                    "This number can be read in two ways. Write it without a thousands separator."
                }
            };
            self.faults.add(line, &rule.name, cell, kind);
            return None;
        };
        Some(if rule.factor > 1 { rounded(value * f64::from(rule.factor)) } else { value })
    }
}

/// Removes what adding binary fractions leaves behind.
pub fn rounded(value: f64) -> f64 {
    if value.abs() < 1e9 { (value * 1e6).round() / 1e6 } else { value }
}
