//! nginx as a plain relay of the same upstream, on the server's core: what a stream costs a program that
//! neither reads nor stores it.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::process::{Program, on_cores};

const STARTS_WITHIN: Duration = Duration::from_secs(5);

/// Starts nginx on `cores` in front of `upstream`. Errors also: nginx is not installed.
pub fn start(folder: &Path, cores: &str, upstream: SocketAddr) -> Outcome<Program> {
    fs::create_dir_all(folder)?;
    let addr = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    let file = folder.join("nginx.conf");
    fs::write(&file, configuration(folder, addr, upstream))?;
    let mut command = on_cores(cores, "nginx");
    command.arg("-p").arg(folder).arg("-e").arg(folder.join("error.log")).arg("-c").arg(&file);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begin = Instant::now();
    let mut nginx = Program::listening_at(command, addr)?;
    while TcpStream::connect(addr).is_err() {
        if nginx.ended_within(Duration::ZERO)?.is_some() || begin.elapsed() > STARTS_WITHIN {
            return Err("nginx did not start; run scripts/setup test".into());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(nginx)
}

/// One process without a master, so that its processor time and memory are all there is. No buffering, as for
/// any event stream.
fn configuration(folder: &Path, addr: SocketAddr, upstream: SocketAddr) -> String {
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("  {name}_temp_path {}/{name};\n", folder.display()))
        .concat();
    format!(
        "daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nworker_rlimit_nofile 16384;\n\
         events {{ worker_connections 8192; }}\n\
         http {{\n  access_log off;\n{temporary}\
         \x20 client_body_buffer_size 64k;\n  keepalive_requests 1000000;\n  tcp_nodelay on;\n\
         \x20 upstream model {{ server {upstream}; keepalive 512; keepalive_requests 1000000; }}\n\
         \x20 server {{\n    listen {addr};\n    location / {{\n      proxy_pass http://model;\n\
         \x20     proxy_http_version 1.1;\n      proxy_set_header Connection \"\";\n      proxy_buffering off;\n\
         \x20     proxy_read_timeout 1h;\n    }}\n  }}\n}}\n",
        folder = folder.display(),
    )
}
