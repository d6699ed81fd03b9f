//! Programs: started, read in `/proc`, ended by a signal or with us.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// A running program. Dropping it ends it; so does the end of this process, however that comes.
pub struct Program {
    child: Child,
    pub addr: SocketAddr,
}

impl Program {
    /// Starts a program and waits until its output names the address where it listens.
    pub fn start(mut command: Command) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("a program without output")?;
        let mut program = Self { child, addr: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut lines = BufReader::new(output).lines();
        program.addr = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| address_in(&line))
            .ok_or_else(|| format!("{command:?} ended before it said where it listens"))?;
        // What else it says must not fill the pipe.
        thread::spawn(move || lines.for_each(drop));
        Ok(program)
    }

    /// Processor time it has used, in user and kernel mode.
    pub fn cpu(&self) -> Outcome<Duration> {
        cpu_of(&self.child.id().to_string())
    }

    /// Resident memory, in bytes.
    pub fn resident(&self) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next()).ok_or("no VmRSS")?;
        Ok(kilobytes.parse::<u64>()? * 1024)
    }
}

impl Program {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Files and sockets it has open.
    pub fn open_files(&self) -> Outcome<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// Ends it as SIGKILL does: it can do nothing about it.
    pub fn kill(mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end.
    pub fn terminate(&self) -> Outcome<()> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if asked.success() { Ok(()) } else { Err("SIGTERM could not be sent".into()) }
    }

    /// How it ended, once it has; none where it still runs after `limit`.
    pub fn ended_within(&mut self, limit: Duration) -> Outcome<Option<ExitStatus>> {
        let until = Instant::now() + limit;
        loop {
            let ended = self.child.try_wait()?;
            if ended.is_some() || Instant::now() > until {
                return Ok(ended);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that is killed when this process ends. To be started by a thread that lives as long: it is
/// that thread whose end the system watches.
pub fn ending_with_us(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    command
}

/// The same, on these cores only.
pub fn on_cores(cores: &str, program: &str) -> Command {
    let mut command = ending_with_us("taskset");
    command.args(["-c", cores, program]);
    command
}

/// Processor time this process itself has used.
pub fn own_cpu() -> Outcome<Duration> {
    cpu_of("self")
}

fn cpu_of(process: &str) -> Outcome<Duration> {
    /// `USER_HZ`, the same on every Linux architecture that Rust's tier 1 knows.
    const TICKS_A_SECOND: u64 = 100;
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // Behind the name, which may hold anything; utime and stime are fields 14 and 15 of proc(5).
    let rest = stat.rsplit_once(')').ok_or("odd /proc/…/stat")?.1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Ok(Duration::from_millis((ticks(11) + ticks(12)) * 1_000 / TICKS_A_SECOND))
}

/// The address in a line such as `C-Suite is ready at http://127.0.0.1:3000`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let rest = line.split_once("http://")?.1;
    rest.split(|c: char| c == '/' || c.is_whitespace()).next()?.parse().ok()
}
