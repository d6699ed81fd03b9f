//! Real processes on a database of their own: the server, and the emulator as its upstream.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::net::SocketAddr;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use csuite_load::Outcome;
use csuite_load::client::{Client, get};
use csuite_load::people;
use csuite_load::process::{Program, ending_with_us};
use http_body_util::Full;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::time::sleep;

use crate::Scale;
use crate::member::Member;

const PROGRAM: &str = "csuite";

/// Creates the folder of a run, with a copy of the program, so that a concurrent build does not affect the
/// run. It is on the disk of the build rather than in memory, so that commits have their real cost.
pub fn folder() -> Outcome<TempDir> {
    let built = std::env::var_os("CSUITE_BIN").ok_or("CSUITE_BIN names no program")?;
    let built = Path::new(&built);
    let beside = built.parent().ok_or("a program without a folder")?;
    let folder = tempfile::Builder::new().prefix("torture.").tempdir_in(beside)?;
    let program = folder.path().join(PROGRAM);
    if fs::hard_link(built, &program).is_err() {
        fs::copy(built, &program)?;
    }
    Ok(folder)
}

/// Settings that disable all limits.
const SETTINGS: [(&str, &str); 16] = [
    ("ADDR", "127.0.0.1:0"),
    ("RATE_LIMIT_CHAT", "100000000/1m"),
    ("RATE_LIMIT_API", "100000000/1m"),
    ("RATE_LIMIT_STRICT", "100000000/1m"),
    ("RATE_LIMIT_SIGN_IN", "100000000/1m"),
    ("RATE_LIMIT_SIGN_UP", "100000000/1m"),
    ("RATE_LIMIT_CHAT_ALL", "100000000/1m"),
    ("DEFAULT_BUDGET", "0"),
    ("QUOTA_CONVERSATIONS", "1000000000"),
    ("QUOTA_MESSAGES", "1000000000"),
    ("QUOTA_STORAGE", "1000000000"),
    ("MAX_STREAMS_PER_MEMBER", "1000000"),
    ("RATE_LIMIT_PAGES", "100000000/1m"),
    ("FIREWORKS_API_KEY", "torture"),
    ("SHUTDOWN_SECONDS", "1"),
    ("RUST_LOG", "warn"),
];

/// The minimum of settings, with every limit at its default. The server listens on every address,
/// because caps by address do not apply to loopback.
const AT_DEFAULT_LIMITS: [(&str, &str); 5] = [
    ("ADDR", "0.0.0.0:0"),
    ("SIGN_UP", "open"),
    ("FIREWORKS_API_KEY", "torture"),
    ("SHUTDOWN_SECONDS", "1"),
    ("RUST_LOG", "error"),
];

/// The environment of a proof: a folder and an emulator, which outlive individual servers.
pub struct World {
    program: PathBuf,
    folder: PathBuf,
    emulator: Program,
    settings: Vec<(&'static str, String)>,
    /// [`SETTINGS`] or [`AT_DEFAULT_LIMITS`].
    common: &'static [(&'static str, &'static str)],
}

pub struct Server {
    pub process: Program,
}

impl Server {
    pub fn addr(&self) -> SocketAddr {
        self.process.addr
    }
}

impl World {
    /// Creates an empty world with these settings in addition to the common ones.
    pub fn new(scale: &Scale, name: &str, settings: &[(&'static str, &str)]) -> Outcome<Self> {
        let program = scale.folder.join(PROGRAM);
        let folder = scale.folder.join(name);
        fs::create_dir(&folder)?;
        let mut command = command(&program, &folder);
        command.args(["emulator", "--addr", "127.0.0.1:0"]);
        command.args(["--tokens-per-second", "0", "--first-token-ms", "0"]).env("RUST_LOG", "warn");
        let emulator = Program::start(command)?;
        let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Ok(Self { program, folder, emulator, settings, common: &SETTINGS })
    }

    /// Like [`World::new`], with every limit at its default.
    pub fn at_default_limits(
        scale: &Scale,
        name: &str,
        settings: &[(&'static str, &str)],
    ) -> Outcome<Self> {
        Ok(Self { common: &AT_DEFAULT_LIMITS, ..Self::new(scale, name, settings)? })
    }

    /// Starts a server on the existing database.
    pub fn serve(&self) -> Outcome<Server> {
        let mut command = command(&self.program, &self.folder);
        command.arg("serve").stderr(self.log_file()?);
        self.configure(&mut command);
        Ok(Server { process: Program::start(command)? })
    }

    /// Like [`World::serve`], but ignores SIGXFSZ: a write beyond the file size limit then fails with an
    /// error instead of ending the process.
    pub fn serve_on_a_disk_that_can_be_full(&self) -> Outcome<Server> {
        let mut command = command(Path::new("sh"), &self.folder);
        command.args(["-c", "trap '' XFSZ; exec \"$0\" serve"]).arg(&self.program);
        command.stderr(self.log_file()?);
        self.configure(&mut command);
        Ok(Server { process: Program::start(command)? })
    }

    fn configure(&self, command: &mut Command) {
        command
            .env("DATABASE_URL", format!("sqlite:{}", self.database_file().display()))
            .env("MODEL_TITLES", "0")
            .env("FIREWORKS_BASE_URL", format!("http://{}/inference/v1", self.emulator.addr))
            // No test here renders pages, and the real site may not be built yet.
            .env("SITE_ROOT", concat!(env!("CARGO_MANIFEST_DIR"), "/../site"))
            .envs(self.common.iter().copied())
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the size in bytes of the database with its log.
    pub fn disk(&self) -> u64 {
        let size = |end: &str| {
            let file = self.folder.join(format!("torture.db{end}"));
            fs::metadata(file).map_or(0, |it| it.len())
        };
        size("") + size("-wal")
    }

    fn database_file(&self) -> PathBuf {
        self.folder.join("torture.db")
    }

    fn log_file(&self) -> Outcome<File> {
        Ok(OpenOptions::new().create(true).append(true).open(self.folder.join("log"))?)
    }

    /// Returns the servers' log so far.
    pub fn log(&self) -> Outcome<String> {
        let mut text = String::new();
        File::open(self.folder.join("log"))?.read_to_string(&mut text)?;
        Ok(text)
    }

    /// Signs up a tenant, with a token for its owner.
    pub async fn sign_up(&self, server: &Server, name: &str) -> Outcome<Member> {
        self.sign_up_from(Ipv4Addr::LOCALHOST.into(), server, name).await
    }

    /// Like [`World::sign_up`], from an address of this machine.
    pub async fn sign_up_from(
        &self,
        source: IpAddr,
        server: &Server,
        name: &str,
    ) -> Outcome<Member> {
        let email = format!("{name}@torture.example");
        let client = Client::connect_from(source, server.addr()).await?;
        let cookie = people::sign_up_over(client, &email).await?;
        let mut command = command(&self.program, &self.folder);
        self.configure(&mut command);
        let output = command.args(["token", "create", "--email", &email]).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let token = String::from_utf8(output.stdout)?.trim().to_owned();
        Ok(Member { server: server.addr(), cookie, token })
    }

    /// Opens a second connection to the database. Close it before the server is killed, so that the next
    /// server finds the database exactly as the kill left it.
    pub async fn database(&self) -> Outcome<SqliteConnection> {
        let options = SqliteConnectOptions::new()
            .filename(self.database_file())
            .busy_timeout(Duration::from_secs(10));
        Ok(SqliteConnection::connect_with(&options).await?)
    }

    /// Queries a number from the database of a running server.
    pub async fn number(&self, sql: &'static str) -> Outcome<i64> {
        let mut database = self.database().await?;
        let number = sqlx::query_scalar(sql).fetch_one(&mut database).await?;
        database.close().await?;
        Ok(number)
    }

    /// Adds the emulator's token counts by conversation to `emitted`. Waits until all of `conversations`
    /// are reported, because the emulator may notice a dead server late.
    pub async fn note_emitted<'a>(
        &self,
        emitted: &mut HashMap<String, u64>,
        conversations: impl Iterator<Item = &'a str> + Clone,
    ) -> Outcome<()> {
        for _ in 0..500 {
            let mut client = Client::connect(self.emulator.addr).await?;
            let told = client.fetch(get("/inference/v1/emitted").body(Full::default())?).await?;
            for (conversation, tokens) in serde_json::from_slice::<HashMap<String, u64>>(&told)? {
                *emitted.entry(conversation).or_default() += tokens;
            }
            if conversations.clone().all(|conversation| emitted.contains_key(conversation)) {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
        Err("the emulator does not know of a conversation that was answered".into())
    }
}

/// Builds a command that reads no `.env` and inherits no settings.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = ending_with_us(&program.to_string_lossy());
    command.current_dir(folder).env_clear();
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
}
