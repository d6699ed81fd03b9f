//! Child processes: started, observed through `/proc`, and ended by a signal or together with this process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;

/// A running program. Ends on drop, and when this process ends for any reason.
pub struct Program {
    child: Child,
    pub addr: SocketAddr,
}

impl Program {
    /// Starts a program and waits until it prints the address on which it listens.
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
        // Drain further output, so that the pipe does not fill up.
        thread::spawn(move || lines.for_each(drop));
        Ok(program)
    }

    /// Starts a program that listens at a known address and prints nothing.
    pub fn listening_at(mut command: Command, addr: SocketAddr) -> Outcome<Self> {
        Ok(Self { child: command.spawn()?, addr })
    }

    /// Processor time used so far, in user and kernel mode.
    pub fn cpu(&self) -> Outcome<Duration> {
        cpu_of(&self.child.id().to_string())
    }

    /// Resident memory in bytes.
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

    /// Number of open files and sockets.
    pub fn open_files(&self) -> Outcome<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// Sends SIGKILL and waits for the end.
    pub fn kill(mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) -> Outcome<()> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if asked.success() { Ok(()) } else { Err("SIGTERM could not be sent".into()) }
    }

    /// Waits up to `limit` and returns the exit status; `None` if the program is still running.
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
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds a command that is killed when this process ends. Start it from a long-lived thread, because the
/// kernel watches the parent thread.
pub fn ending_with_us(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]);
    command
}

/// Like [`ending_with_us`], restricted to these cores.
pub fn on_cores(cores: &str, program: &str) -> Command {
    let mut command = ending_with_us("taskset");
    command.args(["-c", cores, program]);
    command
}

/// Processor time used by this process.
pub fn own_cpu() -> Outcome<Duration> {
    cpu_of("self")
}

fn cpu_of(process: &str) -> Outcome<Duration> {
    /// `USER_HZ`, which is 100 on every Linux architecture in Rust's tier 1.
    const TICKS_A_SECOND: u64 = 100;
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // Skip the name, which may contain anything. utime and stime are fields 14 and 15, see proc(5).
    let rest = stat.rsplit_once(')').ok_or("odd /proc/…/stat")?.1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Ok(Duration::from_millis((ticks(11) + ticks(12)) * 1_000 / TICKS_A_SECOND))
}

/// Parses the address in a line such as `C-Suite is ready at http://127.0.0.1:3000`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let rest = line.split_once("http://")?.1;
    rest.split(|c: char| c == '/' || c.is_whitespace()).next()?.parse().ok()
}
