//! Benchmarks of metrics: a large import, and pages that show ten years of many metrics.

use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, COOKIE};
use hyper::{Method, StatusCode};
use time::macros::date;
use time::{Date, Duration};
use tokio::time::{Instant, sleep};

use crate::Outcome;
use crate::client::{Client, form, with_token};
use crate::page::{Pace, ask_steadily};
use crate::report::{Report, Row, Target};
use crate::stats::{median, quantile};
use crate::world::{Member, Server, World};

const LONG: i64 = 100_000;
const TEN_YEARS: i64 = 3_653;
const METRICS: usize = 20;
/// The last day of every imported file.
const LAST_DAY: Date = date!(2026 - 10 - 31);
const HEAD: &str = "date,sessions,users,conversions,revenue";
const PAGES: [&str; 4] = [
    "/dashboard",
    "/analytics",
    "/analytics?metric=metric-7&range=all",
    "/analytics?range=all&page=70",
];
/// One request every 50 ms, longer than any page takes, so that no requests queue.
const PACE: Pace = Pace { a_second: 20, seconds: 10 };

pub async fn measure(world: &World, report: &mut Report) -> Outcome<()> {
    eprintln!("bench: an import of {LONG} days");
    let server = world.server("import")?;
    let member = world.member(&server).await?;
    let took = import(&server, &member, sheet(LONG, 0)).await?;
    let name = format!("import of {LONG} days");
    report.add(Row::new(name, Target::AtMost(5.0), took, "s"));

    eprintln!("bench: pages of ten years with {METRICS} metrics");
    let server = world.server("numbers")?;
    let member = world.member(&server).await?;
    make_metrics(&server, &member).await?;
    import(&server, &member, sheet(TEN_YEARS, METRICS)).await?;
    let waited = until_insights(&server, &member).await?;
    let name = format!("from an import of ten years with {METRICS} metrics to its insights");
    report.add(Row::new(name, Target::None, waited, "s"));
    for path in PAGES {
        let times = ask_steadily(server.addr(), &member, path, PACE).await?;
        let note = format!("median {:.2}, worst {:.2}", median(&times), quantile(&times, 1.0));
        let name = format!("{path}, ten years with {METRICS} metrics, p99");
        report.add(Row::new(name, Target::AtMost(20.0), quantile(&times, 0.99), "ms").note(note));
    }
    Ok(())
}

/// Builds a file with `days` days up to [`LAST_DAY`], newest first, with `own` custom metrics.
pub fn sheet(days: i64, own: usize) -> String {
    let mut text = String::from(HEAD);
    (0..own).for_each(|n| text.push_str(&format!(",metric-{n}")));
    for back in 0..days {
        let (sessions, users) = (300 + back % 911, 200 + back % 101);
        text.push_str(&format!(
            "\n{},{sessions},{users},{},{}.25",
            LAST_DAY - Duration::days(back),
            back % 31,
            1_000 + back % 9_973
        ));
        (0..own).for_each(|n| text.push_str(&format!(",{}.{n}", 100 + back % 977)));
    }
    text
}

/// Imports a file and returns the seconds until it is stored.
pub async fn import(server: &Server, member: &Member, sheet: String) -> Outcome<f64> {
    let mut client = Client::connect(server.addr()).await?;
    let call = with_token("/c-suite/analytics/import", &member.token)
        .method(Method::POST)
        .header(CONTENT_TYPE, "text/csv")
        .body(sheet.into())?;
    let begun = Instant::now();
    client.fetch(call).await?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Returns the seconds until the first insights are listed.
pub async fn until_insights(server: &Server, member: &Member) -> Outcome<f64> {
    let mut client = Client::connect(server.addr()).await?;
    let begun = Instant::now();
    while begun.elapsed().as_secs() < 60 {
        let call = with_token("/c-suite/insights", &member.token).body(Full::default())?;
        let found: serde_json::Value = serde_json::from_slice(&client.fetch(call).await?)?;
        if found["data"].as_array().is_some_and(|data| !data.is_empty()) {
            return Ok(begun.elapsed().as_secs_f64());
        }
        sleep(std::time::Duration::from_millis(50)).await;
    }
    Err("no insights came within a minute".into())
}

async fn make_metrics(server: &Server, member: &Member) -> Outcome<()> {
    let mut client = Client::connect(server.addr()).await?;
    for n in 0..METRICS {
        let fields = format!("slug=&name=metric+{n}&unit=&better=higher&aggregation=sum");
        let mut call = form("/api/save_metric", "/analytics/metrics", fields)?;
        call.headers_mut().insert(COOKIE, member.cookie.parse()?);
        let status = client.send(call).await?.status();
        if status != StatusCode::FOUND && status != StatusCode::SEE_OTHER {
            return Err(format!("metric {n} was answered {status}").into());
        }
    }
    Ok(())
}
