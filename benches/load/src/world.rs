//! The machine, the emulator, and servers with a signed-up member.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::Outcome;
use crate::people::sign_up;
use crate::process::{Program, on_cores};

/// The first core belongs to the server, the others to the emulator and the load generator. See
/// `scripts/bench`.
pub const SERVER_CORE: &str = "0";
const EMAIL: &str = "owner@bench.example";

/// State shared by all parts.
pub struct World {
    /// Path of the `csuite` program.
    program: String,
    /// The cores that are not the server's, in `taskset` format.
    other_cores: String,
    /// Path of the built site.
    pub site: PathBuf,
    /// The databases of this run; `scripts/bench` removes it.
    folder: PathBuf,
    pub emulator: Program,
}

impl World {
    pub fn start() -> Outcome<Self> {
        let setting = |name: &str| {
            std::env::var(name).map_err(|_| format!("{name} is not set; run this as scripts/bench"))
        };
        let program = setting("CSUITE_BIN")?;
        let other_cores = setting("BENCH_CORES")?;
        let site = PathBuf::from(setting("BENCH_SITE")?);
        let folder = PathBuf::from(setting("BENCH_FOLDER")?);
        let mut command = on_cores(&other_cores, &program);
        command.current_dir(&folder).args(["emulator", "--addr", "127.0.0.1:0"]);
        command.args(["--tokens-per-second", "0", "--first-token-ms", "0"]).env("RUST_LOG", "warn");
        let emulator = Program::start(command)?;
        Ok(Self { program, other_cores, site, folder, emulator })
    }

    /// Starts a server with an empty database and the emulator as upstream.
    pub fn server(&self, name: &str) -> Outcome<Server> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        let mut command = on_cores(SERVER_CORE, &self.program);
        command.arg("serve");
        self.configure(&mut command, &folder);
        command.env("ADDR", "127.0.0.1:0");
        let upstream = format!("http://{}/v1", self.emulator.addr);
        command
            .env("MODEL_TITLES", "0")
            .env("FIREWORKS_BASE_URL", upstream)
            .env("FIREWORKS_API_KEY", "bench");
        let process = Program::start(command)?;
        Ok(Server { process, folder })
    }

    /// Disables all limits. The working directory is the server's own folder, so it reads no `.env`.
    fn configure(&self, command: &mut Command, folder: &Path) {
        const UNLIMITED: &str = "100000000/1m";
        command
            .current_dir(folder)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("DATABASE_URL", format!("sqlite:{}", folder.join("bench.db").display()));
        command
            .env("SITE_ROOT", &self.site)
            .env("RUST_LOG", "warn")
            .env("RUST_BACKTRACE", "1")
            .env("SHUTDOWN_SECONDS", "0");
        for tier in ["CHAT", "CHAT_ALL", "API", "STRICT", "SIGN_IN", "SIGN_UP", "PAGES"] {
            command.env(format!("RATE_LIMIT_{tier}"), UNLIMITED);
        }
        command.env("DEFAULT_BUDGET", "0").env("FIREWORKS_MAX_TOKENS", "16384");
        for quota in ["CONVERSATIONS", "MESSAGES", "STORAGE"] {
            command.env(format!("QUOTA_{quota}"), "1000000000");
        }
    }

    /// Signs up a tenant on this server.
    pub async fn member(&self, server: &Server) -> Outcome<Member> {
        let cookie = sign_up(server.addr(), EMAIL).await?;
        Ok(Member { cookie, token: self.token(server)? })
    }

    /// Returns the messages of a reply's prompt before its question.
    pub fn prompt(&self, server: &Server, message: &str) -> Outcome<Vec<Value>> {
        let mut command = Command::new(&self.program);
        self.configure(&mut command, &server.folder);
        let output = command.args(["replay", message]).output()?;
        let text = String::from_utf8(output.stdout)?;
        let system = text.split("\n=== system ===\n").nth(1).ok_or("replay printed no prompt")?;
        let system = system.split("\n\n=== user ===\n").next().unwrap_or(system);
        Ok(vec![json!({ "role": "system", "content": system })])
    }

    fn token(&self, server: &Server) -> Outcome<String> {
        let mut command = Command::new(&self.program);
        self.configure(&mut command, &server.folder);
        let output = command.args(["token", "create", "--email", EMAIL]).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Describes the machine in one line.
    pub fn machine(&self) -> String {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model =
            cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or("?").to_owned();
        format!(
            "{}; server on core {SERVER_CORE}, emulator and load on {}; load average at the start {load}",
            model.unwrap_or("unknown processor"),
            self.other_cores
        )
    }

    /// All cores in `taskset` format.
    pub fn all_cores(&self) -> String {
        format!("{SERVER_CORE},{}", self.other_cores)
    }

    /// The folder of this run, on the disk of the databases.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// A server under measurement.
pub struct Server {
    pub process: Program,
    folder: PathBuf,
}

impl Server {
    pub fn addr(&self) -> SocketAddr {
        self.process.addr
    }
}

/// A signed-up member.
pub struct Member {
    pub cookie: String,
    pub token: String,
}
