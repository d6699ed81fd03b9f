//! Attacks on a running server at its default limits. Response times of other tenants, and the
//! memory, disk and money that an attack costs, must each stay within a bound.

mod bystanders;
mod strangers;
mod tenants;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::pin::Pin;
use std::time::Instant;

use csuite_load::Outcome;
use csuite_load::client::{Client, connect_from};
use csuite_load::stats::quantile;
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use self::bystanders::{Bystanders, Felt};
use crate::Scale;
use crate::flushes::Flushes;
use crate::world::{Server, World};

/// Bounds for other tenants in milliseconds: the p99 of a page, and the increase of the p99 of a
/// send. The latter is extended by two flushes of the disk, because a send waits for the running
/// commit and for its own.
const PAGE_P99: f64 = 50.0;
const SEND_ADDED: f64 = 20.0;
/// Maximum resident memory in bytes.
const MOST_MEMORY: u64 = 500_000_000;

/// Growth of the database that is no sign of an attack: the write-ahead log takes up to some megabytes between checkpoints.
const LITTLE_DISK: u64 = 6_000_000;

/// An attack. `run` returns what it did, for the table.
struct Attack {
    name: &'static str,
    /// Overrides of limits that would hide what is measured.
    settings: &'static [(&'static str, &'static str)],
    /// Maximum growth of the database in bytes.
    most_disk: u64,
    /// Maximum spend of everybody but the bystanders in micro-dollars.
    most_money: i64,
    run: Run,
}

type Run = for<'a> fn(&'a World, &'a Server) -> Pin<Box<dyn Future<Output = Outcome<String>> + 'a>>;

const ATTACKS: [Attack; 14] = [
    Attack::of_strangers("heads without bodies", |_, server| {
        Box::pin(strangers::stalled_bodies(server))
    }),
    Attack::of_strangers("slow senders", |_, server| Box::pin(strangers::slow_senders(server))),
    Attack::of_strangers("sign-ups", |world, server| Box::pin(strangers::sign_ups(world, server))),
    Attack::of_strangers("wrong passwords", |_, server| Box::pin(strangers::sign_ins(server))),
    Attack::of_strangers("refused forms", |_, server| Box::pin(strangers::refused_forms(server))),
    Attack::of_strangers("unknown addresses", |_, server| Box::pin(strangers::unknown(server))),
    Attack::of_strangers("unknown addresses over h2c", |_, server| {
        Box::pin(strangers::unknown_over_http2(server))
    }),
    Attack {
        name: "reads of the API",
        settings: &[],
        most_disk: LITTLE_DISK,
        most_money: 0,
        run: |world, server| Box::pin(tenants::api_reads(world, server)),
    },
    Attack {
        name: "heavy pages",
        settings: &[("RATE_LIMIT_PAGES", "1000000/1m")],
        most_disk: 20_000_000,
        most_money: 0,
        run: |world, server| Box::pin(tenants::heavy_pages(world, server)),
    },
    Attack {
        name: "imports",
        settings: &[],
        most_disk: 200_000_000,
        most_money: 0,
        run: |world, server| Box::pin(tenants::imports(world, server)),
    },
    Attack {
        name: "stalled uploads",
        settings: &[],
        most_disk: LITTLE_DISK,
        most_money: 0,
        run: |world, server| Box::pin(tenants::stalled_uploads(world, server)),
    },
    Attack {
        name: "many faults",
        settings: &[],
        most_disk: LITTLE_DISK,
        most_money: 0,
        run: |world, server| Box::pin(tenants::many_faults(world, server)),
    },
    Attack {
        name: "event streams",
        settings: &[],
        most_disk: LITTLE_DISK,
        most_money: 0,
        run: |world, server| Box::pin(tenants::event_streams(world, server)),
    },
    Attack {
        name: "questions that grow",
        settings: &[("DEFAULT_BUDGET", "0.02")],
        most_disk: LITTLE_DISK,
        most_money: 20_000,
        run: |world, server| Box::pin(tenants::growing_questions(world, server)),
    },
];

impl Attack {
    const fn of_strangers(name: &'static str, run: Run) -> Self {
        Self { name, settings: &[], most_disk: LITTLE_DISK, most_money: 0, run }
    }
}

/// Returns the attackers' address. It is this machine's own network address, which the server treats
/// like any other. Without a network it is a loopback address, to which caps by address do not
/// apply.
fn address() -> IpAddr {
    own_address().unwrap_or(Ipv4Addr::new(127, 0, 1, 1).into())
}

/// Opens a connection from [`address`].
async fn connection(server: &Server) -> Outcome<TcpStream> {
    let (address, port) = (address(), server.addr().port());
    connect_from(address, SocketAddr::new(address, port)).await
}

/// Like [`connection`], with an HTTP client on it.
async fn client(server: &Server) -> Outcome<Client> {
    Client::over(connection(server).await?).await
}

/// Returns the address from which this machine would reach others; `None` without a network. Sends
/// nothing.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

/// Runs the attacks whose names contain `part` and prints their table. Returns whether every bound holds.
pub async fn run(scale: &Scale, part: &str) -> Outcome<bool> {
    println!(
        "| attack | what was done | pages of others, p50 / p99 (alone), ms | sends of others, p50 / p99 (alone), ms | slowest flush, ms | errors of others | memory, MB | disk, MB | money, $ | holds |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let mut all_hold = true;
    for attack in ATTACKS.iter().filter(|attack| attack.name.contains(part)) {
        eprintln!("attack: {}", attack.name);
        all_hold &= one(scale, attack).await?;
    }
    Ok(all_hold)
}

async fn one(scale: &Scale, attack: &Attack) -> Outcome<bool> {
    let world = World::at_default_limits(scale, &attack.name.replace(' ', "-"), attack.settings)?;
    let server = world.serve()?;
    let bystanders = Bystanders::arrive(&world, &server).await?;
    let alone = bystanders.feel(tokio::time::sleep(bystanders::ALONE)).await?.0;
    let disk = world.disk();
    let (flushes, began) = (Flushes::measure(world.folder())?, Instant::now());
    let (beside, done) =
        tokio::task::block_in_place(|| beside(&bystanders, attack, &world, &server))?;
    let flush = flushes.slowest(began, Instant::now()).as_secs_f64() * 1e3;
    drop(flushes);
    let memory = beside.most_memory.max(server.process.resident()?);
    let disk = world.disk().saturating_sub(disk);
    let money = world
        .number(
            "SELECT COALESCE(SUM(cost_micros), 0) FROM ledger_entries WHERE account_id NOT IN
               (SELECT id FROM accounts WHERE email LIKE 'bystander%')",
        )
        .await?;
    let faults = faults(attack, &alone, &beside, flush, (memory, disk, money));
    let [page, send] = [Felt::pages, Felt::sends].map(|of: fn(&Felt) -> &[f64]| {
        let [p50, p99] = [0.5, 0.99].map(|share| quantile(of(&beside), share));
        format!("{p50:.1} / {p99:.1} ({:.1})", quantile(of(&alone), 0.99))
    });
    println!(
        "| {} | {done} | {page} | {send} | {flush:.0} | {} | {:.0} | {:.1} | {:.4} | {} |",
        attack.name,
        beside.errors.len(),
        memory as f64 / 1e6,
        disk as f64 / 1e6,
        money as f64 / 1e6,
        if faults.is_empty() { "yes".to_owned() } else { format!("NO: {}", faults.join("; ")) }
    );
    Ok(faults.is_empty())
}

/// Runs the attack on a thread of its own, whose work does not delay the bystanders' measurements. Returns what they
/// felt, and what the attack did.
fn beside(
    bystanders: &Bystanders<'_>,
    attack: &Attack,
    world: &World,
    server: &Server,
) -> Outcome<(Felt, String)> {
    std::thread::scope(|scope| {
        let (ended, end) = tokio::sync::oneshot::channel();
        scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let done = match runtime {
                Ok(runtime) => runtime.block_on((attack.run)(world, server)),
                Err(error) => Err(error.into()),
            };
            ended.send(done)
        });
        let (felt, done) = Handle::current().block_on(bystanders.feel(end))?;
        Ok((felt, done??))
    })
}

fn faults(
    attack: &Attack,
    alone: &Felt,
    beside: &Felt,
    flush: f64,
    (memory, disk, money): (u64, u64, i64),
) -> Vec<String> {
    let page = quantile(beside.pages(), 0.99);
    let added = quantile(beside.sends(), 0.99) - quantile(alone.sends(), 0.99);
    let mut faults = Vec::new();
    let mut check = |holds: bool, fault: String| {
        if !holds {
            faults.push(fault);
        }
    };
    check(!beside.pages().is_empty() && !beside.sends().is_empty(), "nobody was served".to_owned());
    check(page <= PAGE_P99, format!("a page takes {page:.0} ms"));
    check(added <= SEND_ADDED + 2.0 * flush, format!("a send takes {added:.0} ms longer"));
    check(beside.errors.is_empty(), format!("errors, the first: {:?}", beside.errors.first()));
    check(memory <= MOST_MEMORY, format!("{memory} bytes of memory"));
    check(disk <= attack.most_disk, format!("{disk} bytes of disk"));
    check(money <= attack.most_money, format!("{money} micro-dollars"));
    faults
}
